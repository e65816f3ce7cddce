/* Who was given what of a case, on which basis: told from the journal's events and the definition's matrix (definition/matrix.h),
 * so that nothing has to be written beside the journal. Pure.
 *
 * Which fields a step's input reads is the definition's; of these the ones that the form has at that moment are told: more
 * may stand there than a department learnt (a condition that chose the other branch), never less. Materials, corrections and
 * what came later are told as the event has them. */
#ifndef YJS_PRIVACY_DISCLOSURE_H
#define YJS_PRIVACY_DISCLOSURE_H

#include "definition/matrix.h"

/* PIPL 13, 29, 31: only the consents can be refused or withdrawn. */
enum basis_kind { BASIS_DUTY, BASIS_CONSENT, BASIS_SEPARATE_CONSENT, BASIS_GUARDIAN, BASIS_COURT };
enum basis_kind basis_kind_of(struct text basis);
const char *basis_kind_name(enum basis_kind);

/* How one definition gives: made once for all cases of a definition and region. */
struct disclosing {
    const struct definition *definition;       /* as it holds in the region */
    const struct directory *directory;         /* NULL: ids stand for departments' names */
    struct text language;
    struct matrix matrix;
};
struct disclosure_event {
    struct text case_id, kind, step, at;       /* step_asked, undo_asked, correction_sent or materials_sent */
    const struct json *fields;                 /* of the event */
};
/* One entry: {case, at, step, index?, attempt, what, department, department_title, region, basis {kind, law?}, fields
 * [{field, title, personal}], results [{result, title}: what of earlier
 * steps' results it reads], materials [{id, title, digest?}]}. `form`: as it was
 * then. False: no memory. */
bool disclosure_put(struct json_writer *, const struct disclosing *, const struct json *form, const struct disclosure_event *,
                    struct arena *scratch);

#endif
