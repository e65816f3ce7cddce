/* The language as tables: every mapping of a definition with its keys, their types and meanings. The checker walks
 * them; config/README.md prints them (definition_keys_write_markdown), and a test holds the two together. */
#ifndef YJS_DEFINITION_KEYS_H
#define YJS_DEFINITION_KEYS_H

#include "definition/node.h"

enum value_type {
    VALUE_TEXT,             /* text that is not empty */
    VALUE_ID,               /* [a-z][a-z0-9_]*, at most LIMIT_name_bytes_most */
    VALUE_IDS,              /* a list of them */
    VALUE_TITLE,            /* {zh-Hant, zh-Hans, en} */
    VALUE_BOOLEAN,
    VALUE_COUNT,            /* a whole number from `least` to `most` */
    VALUE_LIMIT,            /* 3 workdays, 4h … (definition/limit.h) */
    VALUE_DURATION,         /* 4h, 90s (base/time.h) */
    VALUE_CONDITION,        /* "${ … }" or the plain form */
    VALUE_TEMPLATE,         /* any value, "${ … }" in its strings */
    VALUE_WORD,             /* one of `words` */
    VALUE_WORDS,            /* a list of them */
    VALUE_SCHEMA,           /* the path of a JSON Schema, or the schema itself */
    VALUE_REGION,           /* six digits in quotes (GB/T 2260) */
    VALUE_REGIONS,
    VALUE_TEXTS,            /* a list of text */
    VALUE_SHAPE,            /* a mapping of `shape` */
    VALUE_SHAPES,           /* a list of them */
    VALUE_MAP,              /* a mapping of any id to a mapping of `shape` */
    VALUE_REGION_MAP,       /* a mapping of region codes to mappings of `shape` */
    VALUE_ID_MAP,           /* a mapping of ids to ids */
    VALUE_WORD_OR_SHAPE,
    VALUE_ID_OR_SHAPE,
    VALUE_TEXT_OR_SHAPE,
    VALUE_LIMIT_OR_SHAPE,
    VALUE_ANY,              /* written by the machine (canonical form) */
};

enum { KEY_REQUIRED = 1, KEY_CANONICAL = 2 /* in a canonical form only */, KEY_OWN = 4 /* a kind's own */ };

struct shape;
struct key_row {
    const char *key;
    enum value_type type;
    const struct shape *shape;
    const char *words;      /* separated by blanks */
    int64_t least, most;    /* VALUE_COUNT */
    unsigned flags;
    unsigned kinds;         /* of a step: bits 1 << enum step_kind; 0: every kind */
    const char *meaning;
};
struct shape { const char *name; const char *title; const struct key_row *rows; /* ends with key == NULL */ };

extern const struct shape shape_definition, shape_step, shape_join, shape_each, shape_department_rule, shape_retry,
    shape_timeout, shape_compensate, shape_check, shape_inspected, shape_delegated, shape_window, shape_window_whole, shape_offered, shape_party, shape_item, shape_uncounted, shape_material,
    shape_lookup_from, shape_tolerable, shape_override, shape_override_item, shape_override_step, shape_directory,
    shape_department, shape_group, shape_office, shape_calendar_year, shape_calendar_holiday, shape_calendar_closure,
    shape_calendar_hours_file, shape_calendar_hours;
/* All of them in the order of the reference; ends with NULL. */
extern const struct shape *const shapes_definition[], *const shapes_directory[], *const shapes_calendar[];

const char *value_type_title(enum value_type);

/* Checks a mapping against its shape, everything below included: unknown_key, missing_key, wrong_type, bad_id,
 * bad_region, bad_word, bad_limit, bad_duration, bad_count, title_missing_language, name_too_long, key_of_other_kind,
 * unknown_kind. What is wrong is reported, and is left for later steps to pass over. */
void shape_check_node(struct faults *, const struct shape *, const struct node *, bool is_canonical);

/* The kind of a step: `kind`, else the kind whose own mapping it has (approve: {…}), else task. */
enum step_kind step_kind_of(const struct node *step);
/* A key of a step, also one that stands in the mapping of its kind. */
const struct node *step_get(const struct node *step, const char *key);

bool id_is_well_formed(struct text);
bool region_is_well_formed(struct text);
/* The nearest of `count` texts, for "did you mean"; absent when none is near. */
struct text nearest_of(struct text wanted, const struct text *known, size_t count);

/* Markdown tables of every mapping, for config/README.md. */
void definition_keys_write_markdown(struct buffer *);
void directory_keys_write_markdown(struct buffer *);
void calendar_keys_write_markdown(struct buffer *);
void definition_faults_write_markdown(struct buffer *);

#endif
