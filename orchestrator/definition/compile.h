/* One compilation under way: what the files of definition/ share with each other and nobody else. */
#ifndef YJS_DEFINITION_COMPILE_H
#define YJS_DEFINITION_COMPILE_H

#include "base/map.h"
#include "definition/keys.h"
#include "definition/schema_walk.h"
#include "expression/expression.h"
#include "wire/schema.h"

/* A schema that the definition names or carries; its compiled form is shared by all that name it. */
struct schema_entry {
    struct text path;                /* as the definition writes it; for an inline one a name made of its place */
    const struct json *value;
    struct schema *schema;           /* NULL: a document that only others refer to, or it was refused */
    bool is_inline, is_refused, refers_outside;
    uint32_t index;                  /* in compiler.schemas and the library */
};

/* A field marked x-personal and whether anything reads it. */
struct personal_field { const struct text *segments; size_t count; bool is_read; };

struct compiler {
    struct arena *arena;
    struct text source;              /* for places within scalars; absent for a canonical form */
    bool is_canonical;
    struct faults faults;
    const struct definition_context *context;
    struct node *root;
    struct definition *out;

    /* shared by a definition and its regional variants */
    struct schema_library library;
    struct schema_entry **schemas;
    uint32_t schema_count, schema_room;

    struct party_definition *parties;
    struct item_definition *items;
    struct material_definition *materials;
    struct step_definition *steps;   /* in the compiled order */
    const struct node **step_nodes, **item_nodes, **material_nodes;
    struct map step_ids, item_ids, material_ids, party_ids;   /* id -> index + 1 */
    struct thing_reference *things;
    uint64_t *ancestors;             /* step_count rows of ancestor_words */
    uint32_t ancestor_words;
    const struct schema_entry *form;
    const struct schema_entry **item_forms, **step_results, **step_inputs;   /* NULL: none */
    struct personal_field *personal;
    uint32_t personal_count, personal_room;
};


void compiler_fault(struct compiler *, struct place, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void compiler_fault_remedy(struct compiler *, struct place, const char *code, struct text remedy, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Index of an id in one of the maps, NO_INDEX when it is not there. */
uint16_t compiler_find(const struct map *, struct text id);
/* Is the id this one's? Not when it has none, or is the second of a doubled id: that was reported, what follows from it
 * need not be. */
static inline bool compiler_owns(const struct map *ids, struct text id, uint16_t index) { return compiler_find(ids, id) == index; }
/* A fault `code` about an unknown id with the nearest known one. */
void compiler_unknown(struct compiler *, struct place, const char *code, const char *what, const struct map *known,
                      struct text id);
static inline bool compiler_is_ancestor(const struct compiler *c, uint16_t step, uint16_t ancestor) {
    return c->ancestors[(size_t)step * c->ancestor_words + ancestor / 64] >> (ancestor % 64) & 1;
}

/* ---- small readers: what is of a wrong type was reported by its shape and reads as absent ---- */
struct title read_title(struct compiler *, const struct node *);
/* A date, or a moment with its offset: the beginning of the day or its end; TIME_NONE when there is none (bad_date). */
int64_t compile_moment(struct compiler *, const struct node *, bool is_end);
struct limit_time read_limit(const struct node *);           /* LIMIT_NONE when absent */
int64_t read_duration_us(const struct node *, int64_t otherwise);
int64_t read_count(const struct node *, int64_t otherwise);

/* ---- schemas.c ---- */
/* The schema a value names (a path) or carries (a mapping): read, its references too, and compiled once. NULL when there
 * is none; faults unknown_schema, bad_json, bad_schema are reported at the value. */
const struct schema_entry *schemas_get(struct compiler *, const struct node *value, const char *key);
struct schema_answer schemas_walk(struct compiler *, const struct schema_entry *, const struct text *segments,
                                  size_t count);
void schemas_free(struct compiler *);

/* ---- compile_parts.c, compile_order.c, compile_step.c ---- */
/* The mappings of the list `key`, in order, entered in `ids`: of two of one id the first. A doubled, bad or missing id
 * hides nothing else that is wrong with what carries it. */
uint16_t compiler_gather(struct compiler *, const char *key, struct map *ids, const struct node ***ret);
void compile_parties(struct compiler *);
/* A list of ids of parties, as indices; an unknown one, or one that stands twice or does not sign as it must, is a fault. */
uint16_t read_party_list(struct compiler *, const struct node *list, bool must_sign, const uint16_t **ret);
/* `of` of a lookup: whose consent its basis is. */
uint16_t compile_consent_of(struct compiler *, const struct node *list, struct text basis, const uint16_t **ret);
void compile_items(struct compiler *);
void compile_materials(struct compiler *);
bool compile_step_order(struct compiler *);                 /* ids, needs, order, ancestors; false: no memory */
void compile_steps(struct compiler *);
struct department_rule compile_department(struct compiler *, const struct node *value, const struct node *at,
                                          uint16_t step, bool as_is_known);
/* ---- compile_material.c: lookups of materials, steps behind all others ---- */
char read_least_trust(const struct node *);                  /* 0: any */
uint16_t fetch_steps_count(struct compiler *);
bool fetch_steps_place(struct compiler *, uint16_t first);   /* ids and nodes; false: no memory */
void fetch_step_compile(struct compiler *, uint16_t step);

/* ---- compile_kind.c: inspection, publicity, delegated, windows, signatures, checks ---- */
struct reading;
void compile_inspection(struct compiler *, struct reading *, const struct node *, struct step_definition *);
/* What all items' departments are given by the step's own `input` they are entitled to, too. */
void check_inspection_input(struct reading *, const struct node *input, const struct step_definition *);
void compile_publicity(struct compiler *, const struct node *, struct step_definition *);
void compile_check(struct compiler *, struct reading *, const struct node *n, const struct node *check,
                   struct step_definition *);
void compile_signed(struct compiler *, const struct node *parties, struct step_definition *);
struct window compile_window(struct compiler *, const struct node *);
void compile_offered(struct compiler *, const struct node *);
void compile_delegated(struct compiler *, struct reading *, const struct node *, struct step_definition *);

/* ---- check_scope.c: expressions and what they read ---- */
struct reading {
    struct compiler *compiler;
    uint16_t step;                   /* whose expression; NO_INDEX: of a material or before any step */
    bool as_is_known;                /* the `as` name may be read */
    bool undoes;                     /* a compensation's: what the step (or the element) was granted with may be read */
    const struct department_rule *receiver;   /* who is given what is read; NULL: nobody */
    const char *key;                 /* for messages: "when", "input" … */
};
/* Compiles and checks; NULL when absent or faulty. */
const struct expression *read_condition(struct reading *, const struct node *);
const struct expression *read_template(struct reading *, const struct node *);
/* The same, and the value must be able to have one of `types` (a set of 1 << json_type). */
const struct expression *read_typed(struct reading *, const struct node *, unsigned types, const char *wanted);

/* The types that a template's value may have, by the schemas; ANY when it can't be read. */
unsigned read_type(struct reading *, const struct node *);
/* `input` (NULL: none) against the schema of what the department wants. */
void check_input(struct reading *, const struct schema_entry *, const struct node *);

/* ---- checks over the whole ---- */
void check_graph(struct compiler *);         /* joins, unreachable steps, compensation */
void check_clocks(struct compiler *);        /* promise, statute, uncounted times, the longest path */
void check_items_agree(struct compiler *);
void check_personal(struct compiler *);
void check_materials(struct compiler *);     /* materials nobody is given, entitlements */
void check_things(struct compiler *);        /* recursion */
void personal_gather(struct compiler *);
/* The first of those who are asked by `rule` (a department, or any member of its group) that may not be given the field
 * or material; NULL: all may. */
const struct department *entitled_not_to_field(const struct compiler *, const struct department_rule *rule,
                                               const struct text *segments, size_t count);
const struct department *entitled_not_to_material(const struct compiler *, const struct department_rule *rule,
                                                  struct text material);

/* ---- canonical.c ---- */
/* Writes the canonical form of the compiled source into out->canonical and its hash. False: no memory or too large. */
bool canonical_make(struct compiler *);

#endif
