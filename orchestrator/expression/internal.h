/* What the files of expression/ share with each other and nobody else: making nodes, the evaluation under way, decimal
 * arithmetic, and the ids of the functions' table. */
#ifndef YJS_EXPRESSION_INTERNAL_H
#define YJS_EXPRESSION_INTERNAL_H

#include "expression/expression.h"

/* ---- making trees (tree.c, function.c) --------------------------------------------------------------------------*/

/* A making under way: the first fault ends a parse; out_of_memory ends everything. */
struct making {
    struct arena *arena;
    struct expression_fault fault;   /* code NULL while all is well */
};

/* Notes a fault unless one is there already; always false. */
bool making_fault(struct making *, uint32_t offset, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool making_no_memory(struct making *);
/* A node with room for `count` children, to be set by node_child and closed by node_close. NULL: no memory. */
struct expression *node_new(struct making *, enum expression_kind, uint32_t offset, uint32_t count);
void node_child(struct expression *, uint32_t index, const struct expression *child);
/* Sets the height; NULL and a fault when it is past the limit. */
struct expression *node_close(struct making *, struct expression *);
struct expression *node_literal(struct making *, uint32_t offset, struct json value);
struct expression *node_binary(struct making *, enum expression_kind, enum expression_operator, uint32_t offset,
                               const struct expression *left, const struct expression *right);
struct expression *node_field(struct making *, uint32_t offset, const struct expression *base, struct text name);
/* Refuses a tree in which something that yields none or many stands where one value is needed; sets `collected` and
 * `many`. The node belongs to the caller, who made it. */
bool flow_check(struct making *, const struct expression *root);

/* Parses source from byte `start` to its end, so that offsets count from the start of the string around a ${ }. NULL: see
 * the making's fault. */
const struct expression *parse_source(struct making *, struct text source, size_t start);
/* One piece of the string literal whose quote stands at `quote`, from *at to its end or to a `\(`; *at is then behind. */
bool string_read_piece(struct making *, struct text source, size_t quote, size_t *at, struct text *ret,
                       bool *ret_interpolation);
/* The tree of one template string (template.c); NULL: see the making's fault. */
const struct expression *template_string(struct making *, const struct json *value);

/* Where one is in a template or condition, for RFC 6901. */
struct place { const struct place *parent; struct text key; uint32_t index; };
/* A walk over a template or condition that goes on behind a fault. */
struct walk {
    struct making making;
    struct expression_fault *first, *last;
};
/* Moves the making's fault to the list, with its place; false when there is no memory. */
bool walk_fault(struct walk *, const struct place *, const struct json *value);
enum outcome walk_end(struct walk *, const struct expression *root, const struct expression **ret,
                      struct expression_fault *ret_fault);
const struct expression *template_node(struct walk *, const struct place *, const struct json *value, unsigned depth);

const struct expression_function *function_find(struct text name, uint32_t arity);
/* Notes why `name` with `arity` arguments is no function of the language; always false. */
bool function_refuse(struct making *, uint32_t offset, struct text name, uint32_t arity);
/* Why a keyword or name of jq stays outside; NULL when it is not one of those. */
const char *function_refusal(struct text name);

/* ---- evaluation (evaluate.c, operate.c, call*.c) ----------------------------------------------------------------*/

enum yield { YIELD_VALUE, YIELD_NOTHING, YIELD_FAILED };

struct evaluation {
    const struct expression_scope *scope;
    struct expression_budget *budget;
    struct arena *arena;
    struct error error;
    bool final;                 /* the error is a limit, no memory or the scope's: `?` does not pass over it */
};

struct value_list {
    struct json_member *at;
    uint32_t count, room;
};

/* `input` NULL is the scope itself. */
enum yield evaluate_one(struct evaluation *, const struct expression *, const struct json *input, struct json *ret);
/* All of the scope. */
bool evaluate_scope(struct evaluation *, struct json *ret);
bool evaluate_many(struct evaluation *, const struct expression *, const struct json *input, struct value_list *);
enum yield call_function(struct evaluation *, const struct expression *, const struct json *input, struct json *ret);

/* All of these return false when the evaluation has failed, the error being set. */
bool spend_steps(struct evaluation *, size_t steps);
void *spend_alloc(struct evaluation *, size_t bytes);   /* NULL: failed */
bool fail_type(struct evaluation *, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool fail_with(struct evaluation *, bool final, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
const char *type_word(const struct json *);             /* "a string", "null", … */
bool value_is_true(const struct json *);                /* all but null and false */

bool list_add(struct evaluation *, struct value_list *, struct text key, struct json value);
/* Sets a member, replacing one of the same key in its place. */
bool list_set(struct evaluation *, struct value_list *, struct text key, struct json value);
struct json list_array(const struct value_list *);
struct json list_object(const struct value_list *);

/* jq's order over all values. */
bool value_compare(struct evaluation *, const struct json *a, const struct json *b, int *ret);
bool value_equal(struct evaluation *, const struct json *a, const struct json *b, bool *ret);
bool value_operate(struct evaluation *, enum expression_operator, const struct json *a, const struct json *b,
                   struct json *ret);
bool value_negate(struct evaluation *, const struct json *, struct json *ret);
bool value_field(struct evaluation *, const struct json *, struct text name, struct json *ret);
bool value_index(struct evaluation *, const struct json *, const struct json *key, struct json *ret);
bool value_slice(struct evaluation *, const struct json *, const struct json *from, const struct json *to,
                 struct json *ret);
/* A string as it is, all else as JSON. */
bool value_text(struct evaluation *, const struct json *, struct text *ret);
bool value_json_text(struct evaluation *, const struct json *, struct text *ret);
bool value_check(struct evaluation *, const struct json *);
bool value_split(struct evaluation *, struct text whole, struct text by, struct json *ret);
bool value_integer(struct evaluation *, int64_t, struct json *ret);
/* Position of `part` in `whole` from `start` on, in bytes; SIZE_MAX when it is not there. */
size_t text_search(struct text whole, struct text part, size_t start);

/* The value of an expression that reads nothing. False: it reads something (*ret_closed false) or always fails. */
bool evaluate_closed(const struct expression *, struct arena *, bool *ret_closed, struct json *ret);

/* Sorts `count` elements by keys[i] (NULL: by themselves), stable; ret_order: the sorted positions. */
bool value_sort(struct evaluation *, const struct json_member *elements, const struct json *keys, uint32_t count,
                uint32_t **ret_order);
enum yield call_collection(struct evaluation *, const struct expression *, const struct json *input,
                           const struct json *argument, struct json *ret);
enum yield call_text(struct evaluation *, const struct expression *, const struct json *input,
                     const struct json *argument, struct json *ret);
bool collection_to_entries(struct evaluation *, const struct json *input, struct json *ret);
bool collection_from_entries(struct evaluation *, const struct json *input, struct json *ret);
enum yield call_filter(struct evaluation *, const struct expression *, const struct json *input, struct json *ret);

/* ---- decimal.c: arithmetic on decimal text ----------------------------------------------------------------------*/

enum decimal_result { DECIMAL_OK, DECIMAL_DIGITS, DECIMAL_RANGE, DECIMAL_DIVISION };
enum decimal_rounding { DECIMAL_FLOOR, DECIMAL_CEIL, DECIMAL_ROUND, DECIMAL_TRUNCATE };
#define DECIMAL_TEXT_SIZE 512

/* Operands: JSON number texts. ret_text holds DECIMAL_TEXT_SIZE bytes; the length is written on DECIMAL_OK only. */
enum decimal_result decimal_operate(enum expression_operator, struct text a, struct text b, char *ret_text,
                                    size_t *ret_length);
enum decimal_result decimal_round(enum decimal_rounding, struct text, char *ret_text, size_t *ret_length);
/* Is it a JSON number within a double's range? */
bool decimal_is_number(struct text);
double decimal_double(struct text);   /* nearest; for indices and counts only */

enum function_id {
    FUNCTION_LENGTH, FUNCTION_KEYS, FUNCTION_HAS, FUNCTION_IN, FUNCTION_CONTAINS, FUNCTION_INSIDE, FUNCTION_TYPE,
    FUNCTION_NOT, FUNCTION_ADD, FUNCTION_ANY, FUNCTION_ALL, FUNCTION_MIN, FUNCTION_MAX, FUNCTION_SORT, FUNCTION_UNIQUE,
    FUNCTION_REVERSE, FUNCTION_FIRST, FUNCTION_LAST, FUNCTION_INDEX, FUNCTION_FLATTEN, FUNCTION_TO_ENTRIES,
    FUNCTION_FROM_ENTRIES, FUNCTION_FLOOR, FUNCTION_CEIL, FUNCTION_ROUND, FUNCTION_FABS, FUNCTION_TONUMBER,
    FUNCTION_TOSTRING, FUNCTION_TOJSON, FUNCTION_STARTSWITH, FUNCTION_ENDSWITH, FUNCTION_LTRIMSTR, FUNCTION_RTRIMSTR,
    FUNCTION_SPLIT, FUNCTION_JOIN, FUNCTION_ASCII_DOWNCASE, FUNCTION_ASCII_UPCASE,
    FUNCTION_MAP, FUNCTION_SELECT, FUNCTION_VALUES, FUNCTION_EMPTY, FUNCTION_WITH_ENTRIES, FUNCTION_SORT_BY,
    FUNCTION_GROUP_BY, FUNCTION_UNIQUE_BY, FUNCTION_MIN_BY, FUNCTION_MAX_BY,
};

#endif
