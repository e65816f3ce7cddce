/* The item → field matrix: which department receives which datum of the application and which material, at which step,
 * on which basis. For the lawyer who answers for "only what the item needs". Read from the compiled definition, so it says
 * what the engine will do. (What asking once saves is counted in notice/.) Pure. */
#ifndef YJS_DEFINITION_MATRIX_H
#define YJS_DEFINITION_MATRIX_H

#include "definition/definition.h"

enum matrix_kind { MATRIX_FIELD, MATRIX_MATERIAL };
struct matrix_row {
    enum matrix_kind kind;
    struct text name;                          /* child.name, guardians[].phone; a material's id */
    struct text title;                         /* "The child / Name": in the language asked for, else the name */
    bool personal;                             /* a field marked x-personal */
    const struct step_definition *step;        /* fetch_<material>: a material is fetched by a step that the compiler makes */
    const struct item_definition *item;        /* NULL: the step works on none */
    struct text department;                    /* an id; a group's id for a member picked by data */
    struct text basis;                         /* of the look-up, else of the item; absent: neither names one */
};
struct matrix {
    struct matrix_row *rows;                   /* by step in the definition's order, fields in the form's */
    uint32_t count, room;
    uint32_t personal_without_basis;           /* rows: neither a look-up nor an item says why */
};

/* `language`: zh-Hant, zh-Hans or en. All in the arena. FATAL: no memory. */
enum outcome definition_matrix(const struct definition *, struct text language, struct arena *, struct matrix *ret,
                               struct error *);
/* `directory` may be NULL: then ids stand for departments' names. RFC 4180 with a heading, UTF-8 with its mark (spreadsheets read it by that), CRLF. */
void matrix_write_csv(const struct matrix *, const struct directory *, struct text language, struct buffer *);
/* {"rows":[…],"personal_without_basis":n} */
void matrix_write_json(const struct matrix *, const struct directory *, struct text language, struct buffer *);
struct text matrix_title(const struct title *, struct text language, struct text otherwise);
struct text matrix_department_title(const struct directory *, struct text id, struct text language);

#endif
