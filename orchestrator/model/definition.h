/* A compiled definition: what the engine reads. Built and owned by definition/; immutable; everything in it lives in
 * one arena. Steps, items, materials, parties are referred to by index; text is UTF-8.
 *
 * The meaning of every key is DESIGN §4's; the reference for writers of definitions is config/README.md. */
#ifndef YJS_MODEL_DEFINITION_H
#define YJS_MODEL_DEFINITION_H

#include "base/json.h"
#include "base/text.h"
#include "base/time.h"

struct expression;      /* expression/expression.h */
struct schema;          /* wire/schema.h */

#define NO_INDEX UINT16_MAX

struct title { struct text zh_hant, zh_hans, en; };
/* The three languages as members of the object that is open: {"zh-Hant": …, "zh-Hans": …, "en": …}. */
void title_write(struct json_writer *, struct title);

enum step_kind { STEP_TASK, STEP_LOOKUP, STEP_APPROVE, STEP_INSPECTION, STEP_PUBLICITY, STEP_WAIT, STEP_THING,
                 STEP_DELEGATED, STEP_DELIVER, STEP_KIND_COUNT };
enum join_mode { JOIN_ALL, JOIN_AT_LEAST };       /* any = at least 1 */
enum on_refused { ON_REFUSED_BLOCK, ON_REFUSED_CONTINUE, ON_REFUSED_CLOSE, ON_REFUSED_COMPENSATE };
enum on_timeout { ON_TIMEOUT_EXPIRE, ON_TIMEOUT_INCIDENT };
/* What an objection to a publicity does. The first four as a refusal, but that `continue` lets the period run on. */
enum on_objection { ON_OBJECTION_BLOCK, ON_OBJECTION_CONTINUE, ON_OBJECTION_CLOSE, ON_OBJECTION_COMPENSATE,
                    ON_OBJECTION_INCIDENT, ON_OBJECTION_DECIDE };

/* A limit as the definition says it. Machine durations are exact; legal ones are resolved by calendar/. */
enum limit_unit { LIMIT_NONE, LIMIT_MICROSECONDS, LIMIT_WORKDAYS, LIMIT_HALF_DAYS, LIMIT_BUSINESS_HOURS,
                  LIMIT_CALENDAR_DAYS, LIMIT_ON_THE_SPOT, LIMIT_UNTIL_DATE };
struct limit_time { enum limit_unit unit; int64_t amount; /* count, µs, or a moment */ };

struct join_rule {
    enum join_mode mode;
    uint16_t at_least;                  /* for JOIN_AT_LEAST */
    struct limit_time deadline;         /* LIMIT_NONE: none; then the join opens with what is there */
};

struct retry_rule { uint32_t attempts; int64_t first_us, most_us, give_up_after_us; };

/* Who works on a step: a fixed department, or a member of a group picked by data; and the office of which region. */
struct department_rule {
    struct text id;                     /* fixed; absent when by group */
    struct text group;
    const struct expression *is;        /* gives the member's id */
    const struct expression *at;        /* gives the region code; NULL: the case's region */
};

/* An item that shares the visit of an inspection: its department looks at it. */
struct inspected_item {
    uint16_t item;
    const struct expression *when;       /* NULL: always */
    const struct expression *input;      /* what its department is given; NULL: the step's `input` */
};

enum wait_for { WAIT_FOR_DURATION, WAIT_UNTIL, WAIT_SIGNAL, WAIT_SIGNED };

/* Dates within which something may begin; half open; `opens_us` and `closes_us` TIME_NONE: not bounded. */
struct window { bool present; int64_t opens_us, closes_us; };

struct step_definition {
    struct text id;
    enum step_kind kind;
    struct title title;
    struct department_rule department;   /* all absent for approve, wait, thing */
    uint16_t item;                       /* NO_INDEX: none */
    struct text uncounted;               /* reason for which the time of this step is not counted; absent: it is */
    uint16_t need_count, dependent_count;
    const uint16_t *needs, *dependents;  /* direct ones */
    struct join_rule join;
    const struct expression *when;       /* NULL: always */
    const struct expression *input;      /* NULL: {} */
    uint16_t material_count;
    const uint16_t *materials;
    struct retry_rule retry;
    struct limit_time timeout;           /* LIMIT_NONE: none */
    enum on_timeout timeout_then;
    enum on_refused on_refused, on_expired;
    bool reversible;
    struct { bool present; struct department_rule department; const struct expression *input; } compensate;
    int32_t priority;                    /* higher first; 0 default */
    struct window window;                /* it begins only within */
    bool is_fetch;                       /* made by the compiler: the lookup of a material, asked by who needs it */
    uint16_t fetches;                    /* … which one */
    const struct schema *result_schema;  /* NULL: any object */
    struct text result_schema_name;      /* its path, schemas/… */
    const struct schema *input_schema;   /* what the department is given; NULL: any object */
    struct text input_schema_name;       /* its path: a task's dataschema */
    uint32_t line, column;               /* where the source says it; 0 when loaded from the canonical form */

    /* each */
    bool is_each;
    const struct expression *each_in;    /* gives an array */
    struct text each_as;
    struct join_rule gather;             /* over the elements */

    /* by kind */
    struct { struct text source; int64_t cache_us; struct text basis;
             char least_trust;   /* 'A' to 'C', 0: any */
             uint16_t of_count; const uint16_t *of; /* parties on whose consent it rests; none: every party's */ } lookup;
    struct { const struct expression *condition; bool has_check; struct department_rule check_department;
             struct limit_time check_within; struct text on_fail; const struct expression *check_input;
             struct text revoked_by; /* on_fail `revoke`: who is asked to */ } approve;
    struct { enum wait_for mode; struct limit_time span; const struct expression *until; struct text signal;
             uint16_t party_count; const uint16_t *parties; } wait;
    struct { uint16_t thing; const struct expression *form; } thing;   /* index into things */
    struct { uint16_t item_count; const struct inspected_item *items; uint16_t rounds; } inspection;
    struct { struct limit_time span; enum on_objection on_objection; uint16_t told_count; const struct text *told; } publicity;
    struct { struct text system; const struct expression *follow; } delegated;
    struct { struct text by; const struct expression *what; } deliver;
};

/* 個人信息保護法 13, 29, 31: a basis that is a person's own, to give, refuse and withdraw; a duty of the law or a court's
 * appointment is not. */
static inline bool basis_is_separate(struct text basis) { return text_is(basis, "separate_consent"); }   /* 單獨同意 */
static inline bool basis_is_consent(struct text basis) {
    return text_is(basis, "consent") || basis_is_separate(basis) || text_is(basis, "guardian");
}
enum { ITEM_EXTENSION_DAYS = 10 };       /* 行政許可法 42 */
/* Is a result of the step, or of one of its elements, held against the step's `result`? What the lead of a visit, those
 * who are told of a publicity or decide an objection, and a later check say is no result of the step. */
static inline bool step_kind_has_result_schema(enum step_kind kind, int32_t index) {
    if (kind == STEP_INSPECTION)
        return index >= 0;
    return kind != STEP_PUBLICITY && (kind != STEP_APPROVE || index < 0);
}
static inline bool step_has_result_schema(const struct step_definition *step, int32_t index) {
    return step_kind_has_result_schema(step->kind, index);
}
/* What a material that is brought is worth, by how it was `seen` at the window: B, C; D: only brought. */
static inline char trust_as_seen(struct text seen) {
    return text_is(seen, "original") ? 'B' : text_is(seen, "certified_copy") ? 'C' : 'D';
}

struct uncounted { struct text reason; bool of_statute; struct text basis; };
struct item_definition {
    struct text id, code, department, basis;
    struct title title;
    struct limit_time promise, statute, correction_within;
    uint16_t extension_days;             /* 延長: working days at most, once */
    uint16_t uncounted_count;
    const struct uncounted *uncounted;
    uint16_t first_step, last_step;
};
enum if_not_found { IF_NOT_FOUND_ASK, IF_NOT_FOUND_REFUSE, IF_NOT_FOUND_CONTINUE };
struct material_definition {
    struct text id;
    struct title title;
    bool required;
    bool from_lookup;                    /* else from the applicant */
    struct text lookup_source, basis;
    const struct expression *lookup_input;
    uint16_t of_count; const uint16_t *of;   /* as of a lookup */
    char least_trust;                    /* as of a lookup; of what is brought: by the way it came (engine/material.c); 0: any */
    uint16_t fetch_step;                 /* the lookup, NO_INDEX: none */
    enum if_not_found if_not_found;
    uint16_t any_of_count;               /* a group: one of these is enough */
    const uint16_t *any_of;
    struct limit_time tolerable_until;   /* LIMIT_NONE: not tolerable */
    struct text tolerable_trust;         /* "AB" */
    struct text if_missing;              /* "refuse" … */
    const struct expression *when;       /* needed only when */
};
struct party_definition { struct text id; struct title title; bool many, signs, agent_allowed; };
/* A thing that is used as a sub-case: its hash was fixed when this definition was published. */
struct thing_reference { struct text thing, hash; };

struct definition {
    struct text thing;
    struct text hash;                    /* 64 hexadecimal digits of the canonical form; absent when not canonical */
    struct title title;
    uint16_t region_count;  const struct text *regions;
    struct limit_time promise;
    struct window window;                /* applications are taken only within … */
    bool holds_early;                    /* … but those that come before it wait for it to open */
    uint16_t step_count;     const struct step_definition *steps;      /* in an order in which needs come first */
    uint16_t item_count;     const struct item_definition *items;
    uint16_t material_count; const struct material_definition *materials;
    const struct expression *trust;      /* the credit subject's grade, "A" to "D"; NULL: the application says it */
    struct { struct text by, basis; } offered;   /* 免申即享: who may start cases without an application; absent: nobody */
    uint16_t fetch_count;                /* of the steps, the last ones: lookups of materials */
    uint16_t party_count;    const struct party_definition *parties;
    uint16_t thing_count;    const struct thing_reference *things;
    const struct json *form;             /* the form's JSON Schema */
    const struct schema *form_schema;    /* compiled */
    const uint16_t *step_order_by_id;    /* indices sorted by id, for definition_find_step */
    uint32_t schema_count; struct schema *const *schemas;   /* all of them, for definition_free */
    struct text canonical;               /* the canonical JSON: what is hashed, stored and compiled again */
    /* Regions where items, limits or departments differ: each a whole definition with the same steps in the same
     * order, the same hash. A case runs on definition_for_region of its region from its first event on. */
    uint16_t override_count; const struct region_override *overrides;
};
struct region_override { struct text region; const struct definition *definition; };

/* The definition as it holds in `region`: the override of that region, else of its city (first four digits + "00"),
 * else the definition itself. */
static inline const struct definition *definition_for_region(const struct definition *d, struct text region) {
    const struct definition *city = d;
    for (uint16_t i = 0; i < d->override_count; i++) {
        struct text r = d->overrides[i].region;
        if (text_equal(r, region)) return d->overrides[i].definition;
        if (r.length == 6 && region.length == 6 && memcmp(r.at, region.at, 4) == 0 && memcmp(r.at + 4, "00", 2) == 0)
            city = d->overrides[i].definition;
    }
    return city;
}

/* Is a material in a group of which one is enough? */
static inline bool definition_group_has(const struct definition *d, uint16_t group, uint16_t material) {
    for (uint16_t i = 0; i < d->materials[group].any_of_count; i++)
        if (d->materials[group].any_of[i] == material) return true;
    return false;
}
/* Does the step list the material, or a group that it is in? */
static inline bool definition_step_lists(const struct definition *d, uint16_t step, uint16_t material) {
    for (uint16_t i = 0; i < d->steps[step].material_count; i++)
        if (d->steps[step].materials[i] == material || definition_group_has(d, d->steps[step].materials[i], material)) return true;
    return false;
}

/* Index of a step by its id, NO_INDEX when there is none. */
uint16_t definition_find_step(const struct definition *, struct text id);
const char *step_kind_name(enum step_kind);
bool step_kind_parse(struct text, enum step_kind *ret);

#endif
