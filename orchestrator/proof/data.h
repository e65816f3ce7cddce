/* What data a definition is tried with.
 *
 * A case's way depends on data only through a few expressions: `when`, `approve: if`, `each: in`, whom a department rule
 * picks, until when a wait lasts. For each source of data (the form; the result of a step, or its signal's data) examples
 * are made that differ in what those expressions read: every value of an enum, true and false, the literals compared with
 * and their neighbours, lists of no, one and two elements, a member that is absent. Only what the source's schema allows
 * is kept; two examples that no expression can tell apart are one.
 *
 * So data are real, never abstract: whatever is found can be played again. What it can't see is a condition that only a
 * value nobody compares with would decide: a condition that was never seen true (or false) is reported. */
#ifndef YJS_PROOF_DATA_H
#define YJS_PROOF_DATA_H

#include "proof/proof.h"
#include "proof/sample.h"

enum { DATA_STEP_WORDS = 16, DATA_EXAMPLES_MOST = 16384, DATA_TRIES_MOST = 400000 };
struct step_set { uint64_t word[DATA_STEP_WORDS]; };
static inline bool set_has(const struct step_set *s, uint16_t i) { return s->word[i / 64] >> (i % 64) & 1; }
static inline void set_add(struct step_set *s, uint16_t i) { s->word[i / 64] |= UINT64_C(1) << (i % 64); }

struct data_source {
    uint16_t step;                     /* NO_INDEX: the form */
    const struct schema_source *root;  /* document of its schema; NULL: any object */
    const struct json *schema;
    const struct schema *compiled;
    uint32_t count;                    /* examples; the first is the plain one */
    struct json *at;
    struct text *bytes;
};

/* Something of a source that an expression reads, and its value for each example; it matters as long as its owner has
 * not begun. */
struct data_atom { uint16_t owner, source; const struct expression *expression; bool is_length; uint64_t *values; };

struct data {
    const struct proof_options *options;
    const struct definition *definition;
    struct arena *arena;
    struct schema_library library;
    struct json canonical;
    struct data_source *sources;       /* the first is the form's */
    uint32_t source_count;
    uint16_t *source_of;               /* by step; NO_INDEX: none of its data is asked for */
    struct data_atom *atoms;
    uint32_t atom_count, atom_room;
    uint64_t *readers;                 /* [step]: set of the steps whose flow reads .steps.<step> in any way; 16 words each */
    struct step_set *ancestors;        /* of each step */
    struct step_set *ended_before;     /* those of them that have surely ended when it begins */
    bool cut;                          /* there were more combinations than are tried */
};

/* REJECT no_example: for some source nothing could be made that its schema allows; the message names it. */
enum outcome data_prepare(struct data *, const struct proof_options *, struct arena *, struct error *);

/* Parties and materials that go with every form, as JSON; late: without what may come later (容缺受理), for a subject of a grade
 * that may. Absent: no memory. */
struct text data_extra(const struct data *, bool late);
bool data_has_late_materials(const struct data *);

/* The expressions of a step that its way depends on; `visit` for each. */
void data_flow_expressions(const struct definition *, uint16_t step, void (*visit)(void *, const struct expression *), void *context);

static inline bool data_is_read_by(const struct data *d, uint16_t step, uint16_t reader) {
    return d->readers[(size_t)step * DATA_STEP_WORDS + reader / 64] >> (reader % 64) & 1;
}

#endif
