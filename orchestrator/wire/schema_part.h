/* What the schema files share: the compiled form. Not for others; they include schema.h. */
#ifndef YJS_WIRE_SCHEMA_PART_H
#define YJS_WIRE_SCHEMA_PART_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/map.h"
#include "wire/schema.h"
#include "wire/schema_format.h"

/* ---- numbers: schema_number.c ---- */

/* A decimal in normal form: digits without leading and trailing zeros, times 10^exponent; zero has no digits. */
struct decimal {
    bool negative;
    int64_t exponent;
    const char *digits;       /* into the text it was read from; a '.' may stand among them and is not counted */
    size_t span_bytes;        /* with the '.' */
    size_t digit_count;
};
/* An exponent beyond ±10^15 is held there: no comparison can tell the difference. */
struct decimal decimal_read(struct text number);
bool decimal_is_integer(struct text number);
/* Is `number` a whole multiple of `step` > 0 with at most 18 digits? Exact; linear in the digits. */
bool decimal_is_multiple(struct text number, const struct decimal *step);
uint64_t decimal_hash(struct text number);

/* ---- patterns: schema_regex.c (ECMA 262 read and rewritten), schema_pattern.c (PCRE2) ---- */

/* Reads an ECMA 262 regular expression; writes PCRE2's form when `out` is not NULL. False with a reason. */
bool regex_translate(struct text ecma, struct buffer *out, const char **why);

struct schema_pattern {
    struct text source;
    pcre2_code *code;
    struct schema_pattern *next;
};

/* ---- the compiled schema ---- */

enum {
    ON_NULL = 1 << JSON_NULL, ON_BOOLEAN = 1 << JSON_FALSE | 1 << JSON_TRUE, ON_NUMBER = 1 << JSON_NUMBER,
    ON_STRING = 1 << JSON_STRING, ON_ARRAY = 1 << JSON_ARRAY, ON_OBJECT = 1 << JSON_OBJECT, ON_ALL = 0x7f,
};

enum schema_keyword_kind {
    KEYWORD_REF, KEYWORD_TYPE, KEYWORD_ENUM, KEYWORD_CONST, KEYWORD_MINIMUM, KEYWORD_MAXIMUM, KEYWORD_EXCLUSIVE_MINIMUM,
    KEYWORD_EXCLUSIVE_MAXIMUM, KEYWORD_MULTIPLE_OF, KEYWORD_MIN_LENGTH, KEYWORD_MAX_LENGTH, KEYWORD_PATTERN,
    KEYWORD_FORMAT, KEYWORD_CONTENT_ENCODING, KEYWORD_CONTENT_MEDIA_TYPE, KEYWORD_ITEMS, KEYWORD_CONTAINS,
    KEYWORD_MIN_ITEMS, KEYWORD_MAX_ITEMS, KEYWORD_UNIQUE_ITEMS, KEYWORD_OBJECT, KEYWORD_MIN_PROPERTIES,
    KEYWORD_MAX_PROPERTIES, KEYWORD_PROPERTY_NAMES, KEYWORD_DEPENDENCIES, KEYWORD_ALL_OF, KEYWORD_ANY_OF,
    KEYWORD_ONE_OF, KEYWORD_NOT, KEYWORD_IF, KEYWORD_KINDS,
};

struct schema_node;

struct schema_values { const struct json *value; const uint64_t *hashes; const uint32_t *order; uint32_t count; };
struct schema_nodes { struct schema_node **node; uint32_t count; };

/* A name that `properties` or `required` mentions. */
struct schema_property { struct text key; uint64_t hash; struct schema_node *node; bool required; };
struct schema_name_pattern { struct schema_pattern *pattern; struct schema_node *node; };
struct schema_object {
    struct schema_property *properties;      /* in the schema's order */
    uint32_t property_count, required_count;
    uint32_t *slots, slot_mask;              /* hash table: index + 1 into properties, 0 is empty; NULL when none */
    struct schema_name_pattern *patterns;
    uint32_t pattern_count;
    struct schema_node *additional;          /* NULL: anything */
};
struct schema_dependency { struct text key; struct schema_node *node; const struct json *names; };

struct schema_keyword {
    enum schema_keyword_kind kind;
    unsigned applies;                        /* ON_…: the types of value it has a say about */
    union {
        struct schema_node *node;                                            /* ref, contains, propertyNames, not */
        struct { unsigned mask; bool integer; } type;                        /* integer: only whole numbers */
        struct schema_values values;                                         /* enum, const */
        struct { struct text text; int64_t whole; bool is_whole; } bound;    /* minimum … */
        struct { struct decimal step; struct text text; } multiple;
        uint64_t size;                                                       /* minLength … */
        struct schema_pattern *pattern;
        const struct format *format;
        bool decode_first;                                                   /* contentMediaType: it is base64 */
        struct { struct schema_nodes first; struct schema_node *rest; } items;   /* rest NULL: anything */
        struct schema_object object;
        struct { struct schema_dependency *dependency; uint32_t count; } dependencies;
        struct schema_nodes nodes;                                           /* allOf, anyOf, oneOf */
        struct { struct schema_node *test, *then, *otherwise; } branch;      /* then, otherwise may be NULL */
    };
};

struct schema_node {
    const struct json *source;
    struct text at;                          /* JSON pointer within its document */
    struct text base;                        /* its base URI */
    enum { NODE_ANYTHING, NODE_NOTHING, NODE_KEYWORDS } verdict;
    struct schema_keyword *keywords;
    uint32_t keyword_count;
    struct schema_node *next;                /* in the compiler's list */
};

enum { SCHEMA_EFFORTS = 3 };                  /* how hard a match is tried: schema_pattern.c */
struct schema {
    struct schema_node *root;
    struct schema_pattern *patterns;         /* all of them, for schema_free */
    pcre2_match_context *limits[SCHEMA_EFFORTS];   /* by effort, the least first */
    struct arena *arena;
    size_t steps_most;
};

extern const char *const schema_keyword_names[KEYWORD_KINDS];

/* ---- faults: schema_fault.c ---- */

/* Adds one; false when the list is full (then `cut` is set) or memory failed. `list` NULL does nothing. */
bool schema_fault_add(struct schema_fault_list *, struct arena *, const struct schema_fault *);

/* ---- locations: schema_location.c, schema_uri.c ---- */

/* Resolves a reference against a base (RFC 3986 §5.2); a base that is no hierarchical URI takes only fragments. The
 * result lives in the arena or is one of the arguments. */
struct text uri_resolve(struct arena *, struct text base, struct text reference);
/* Splits at '#': *uri without it, *fragment behind it, still percent-encoded. An absent fragment is empty. */
void uri_split(struct text reference, struct text *uri, struct text *fragment);
/* Percent-decoding into the arena; absent when it is not well made. */
struct text uri_decode(struct arena *, struct text);

struct location { const struct json *value; struct text base, at; };
struct location_index {
    struct arena *arena;
    const struct schema_options *options;
    struct map by_uri;                       /* "uri#anchor" or "uri" -> struct location */
    struct map by_value;                     /* address of the json -> struct location, for known subschemas */
    bool *loaded;                            /* per document of the options */
    bool metaschema_loaded, failed;
    struct schema_fault_list *faults;
};
enum outcome location_index_init(struct location_index *, struct arena *, const struct json *root,
                                 const struct schema_options *, struct schema_fault_list *faults, struct location *ret);
void location_index_free(struct location_index *);
/* Where does a `$ref` lead? NULL on success, otherwise the code: schema_ref_missing, schema_ref_remote. */
const char *location_find(struct location_index *, struct text base, struct text reference, struct location *ret);
/* Pointer to a child: at + "/" + escaped key. */
struct text location_child(struct arena *, struct text at, struct text key);

extern const char schema_metaschema_uri[];
extern const char schema_metaschema_text[];

/* ---- compiling: schema_compile.c, schema_keyword.c ---- */

struct compilation {
    struct arena *arena;
    const struct schema_options *options;
    struct schema *schema;
    struct schema_fault_list *faults;
    struct schema_fault_list own;            /* when the caller wants none */
    struct location_index index;
    struct map nodes;                        /* address of the json -> struct schema_node */
    struct schema_node *first, *last;        /* all nodes in the order they were met, which is that of compiling */
    size_t node_count;
    const struct schema_node *current;
    bool failed;                             /* no memory */
};
/* The node for a subschema; compiled later from the work list. `at` is its pointer. */
struct schema_node *compile_child(struct compilation *, const struct json *value, struct text at);
struct schema_node *compile_location(struct compilation *, const struct location *);
void compile_fault(struct compilation *, struct text keyword, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
struct schema_pattern *compile_pattern(struct compilation *, struct text keyword, struct text source);
/* Compiles the keywords of an object schema into node->keywords. */
void compile_keywords(struct compilation *, struct schema_node *);
void compile_object(struct compilation *, struct schema_node *, struct schema_keyword *);
/* Does draft-07 know this keyword (annotations included)? */
bool schema_keyword_is_known(struct text);

/* ---- values: schema_equal.c ---- */

uint64_t schema_value_hash(const struct json *);
/* The elements of a list, or the value itself, as a set. */
struct schema_values schema_values_make(struct arena *, const struct json *value, bool is_list);
bool schema_values_has(const struct schema_values *, const struct json *);
/* Two equal elements: their indexes. False when all differ. *steps is lowered by the comparisons made, to 0 when they
 * were too many. False and arena->failed when memory is short. */
bool schema_find_twins(const struct json *array, struct arena *scratch, size_t *steps, uint32_t *ret_first,
                       uint32_t *ret_second);

/* ---- validating: schema_validate.c and its parts ---- */

struct instance_path { const struct instance_path *up; struct text key; size_t index; };

struct validation {
    const struct schema *schema;
    struct arena *scratch;
    struct schema_fault_list *faults;        /* NULL: only the verdict */
    unsigned quiet;                          /* > 0: inside anyOf, not …: no fault is written */
    unsigned depth;
    size_t steps;                            /* left */
    bool stopped;                            /* the list is full, work is exceeded, no memory: unwind */
    bool exceeded, no_memory;
    pcre2_match_data *match;
};
bool validate_node(struct validation *, const struct schema_node *, const struct json *, const struct instance_path *);
/* Only the verdict, of one node, by which `scratch` need not be empty. */
enum outcome schema_node_validate(const struct schema *, const struct schema_node *, const struct json *,
                                  struct arena *scratch);
/* Notes a fault (unless quiet) and returns false. */
bool validate_fault(struct validation *, const struct instance_path *, enum schema_keyword_kind, struct text property,
                    const char *format, ...) __attribute__((format(printf, 5, 6)));
bool validate_exceeded(struct validation *);
bool validate_pattern(struct validation *, const struct schema_pattern *, struct text);
bool validate_object(struct validation *, const struct schema_keyword *, const struct json *,
                     const struct instance_path *);
bool validate_content(struct validation *, const struct schema_keyword *, const struct json *,
                      const struct instance_path *);
const struct schema_property *schema_property_find(const struct schema_object *, struct text key);
/* Does `pattern` match? For the comparison of schemas; false also when it cannot be decided. */
bool schema_pattern_matches(const struct schema *, const struct schema_pattern *, struct text);

#endif
