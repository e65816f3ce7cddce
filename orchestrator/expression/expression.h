/* Expressions: a closed subset of jq, the language inside ${ … } of a definition.
 *
 * Called by the definition compiler (parse, check types and paths, all while publishing) and by the engine (evaluate,
 * inside decide only). Pure: no I/O, no clock, no random number; every function here may be called from any thread,
 * an arena and a budget belong to one thread at a time. A parsed expression is immutable and may be shared.
 *
 * The language (jq 1.6 is the measure; DIFFERENCES below):
 *   paths         .   .a.b   .["a b"]   ."a b"   .a[0]   .a[-1]   .a[.i]   .a[1:3]   a `?` behind any of them
 *   literals      decimal numbers, "strings with \(interpolation)", true, false, null
 *   constructors  [a, b]   {a: .x, "b": 1, (.key): 2, c}   a member's value is one term: {a: (.x + 1)}
 *   operators     | , // or and == != < <= > >= + - * / %  unary -  ?   with jq's precedences; , only inside [ ]
 *   if c then a elif d then b else e end; parentheses; comments from # to the end of the line
 *   collections   [ .[] | select(.x > 1) | .y ]   [ .list[].name ]   map(f)   select(f) and empty only inside them
 *   functions     the table of expression_function_next()
 * An expression yields exactly one value. What generates several (.[] outside a collection, range), loops (reduce,
 * recurse), names things (def, as, $x), asks the world (env, input, now) or needs a regular expression is refused by
 * name with the reason; an unknown function is refused with the nearest known name.
 *
 * DIFFERENCES from jq 1.6
 *   - Numbers are decimal text: what is only moved stays as written (0.10, 12345678901234567890); + - * are exact within
 *     EXPRESSION_DIGITS_MOST digits and refused beyond; / gives EXPRESSION_DIVISION_DIGITS significant digits, half to
 *     even; comparison is exact; tostring and interpolation give the number as written. No NaN, no infinity.
 *   - A `?` outside a collection gives null where jq gives no value at all; inside one the element is left out, as in jq.
 *   - tonumber takes a JSON number and nothing else (no white space, "01", "+1", "nan").
 *   - % is exact for integers of any size within the digit bound (jq goes through int64).
 *   - index of a string counts code points (jq 1.6 counts bytes, 1.7 code points).
 *   - join wants a string between the parts; reverse wants an array or null; flatten's depth is a number.
 *   - `if` may stand as a member's value without parentheses, and `.a?//1` is `.a? // 1` (as in jq 1.7).
 *
 * Errors of evaluation are OUTCOME_REJECT with one of these codes (the same bad data always gives the same code):
 *   expression_type          an operator or a function met a type it has no meaning for (jq errors too)
 *   expression_division      division or remainder by zero
 *   expression_number        text that is no number, or a result past a double's range
 *   expression_digits        more than EXPRESSION_DIGITS_MOST digits
 *   expression_depth         a value nested deeper than EXPRESSION_VALUE_DEPTH_MOST
 *   expression_steps         budget: more than EXPRESSION_STEPS_MOST steps
 *   expression_bytes         budget: more than EXPRESSION_BYTES_MOST bytes made, or a result (also one that becomes text)
 *                            of more than EXPRESSION_RESULT_BYTES_MOST
 *   expression_not_boolean   expression_evaluate_condition only: the value is neither true nor false
 * and OUTCOME_FATAL out_of_memory when the arena is full.
 */
#ifndef YJS_EXPRESSION_EXPRESSION_H
#define YJS_EXPRESSION_EXPRESSION_H

#include "base/json.h"
#include "model/limits.h"

#define EXPRESSION_SOURCE_BYTES_MOST LIMIT_expression_bytes_most   /* of one ${ … } */
#define EXPRESSION_NESTING_MOST 64             /* brackets, if … end and calls within each other in the source */
#define EXPRESSION_HEIGHT_MOST 512             /* of the tree: a long chain of operators; bounds every recursion */
#define EXPRESSION_STEPS_MOST LIMIT_expression_steps_most          /* of one evaluation: a few milliseconds */
#define EXPRESSION_RESULT_BYTES_MOST LIMIT_expression_result_bytes_most   /* of the result, roughly as JSON text */
#define EXPRESSION_BYTES_MOST (4u << 20)       /* made by one evaluation, intermediate values included */
#define EXPRESSION_DIGITS_MOST 200             /* of an operand or result of arithmetic */
#define EXPRESSION_DIVISION_DIGITS 34          /* as IEEE 754 decimal128 */
#define EXPRESSION_VALUE_DEPTH_MOST LIMIT_json_depth_most

/* ---- The tree ---------------------------------------------------------------------------------------------------*/

enum expression_kind {
    EXPRESSION_IDENTITY,      /* .            no child */
    EXPRESSION_LITERAL,       /* `literal` */
    EXPRESSION_FIELD,         /* child 0 . `name` (also .["name"]) */
    EXPRESSION_INDEX,         /* child 0 [ child 1 ]; child 1 reads the same input as the whole */
    EXPRESSION_SLICE,         /* child 0 [ child 1 : child 2 ]; a missing end is the literal null */
    EXPRESSION_ITERATE,       /* child 0 []   in collections only */
    EXPRESSION_TRY,           /* child 0 ?    (a `?` directly behind a path step is `optional` of that step) */
    EXPRESSION_PIPE,          /* child 0 | child 1 */
    EXPRESSION_COMMA,         /* all children, in collections only */
    EXPRESSION_NEGATE,        /* - child 0 */
    EXPRESSION_BINARY,        /* child 0 `operator` child 1 */
    EXPRESSION_AND,           /* child 0, child 1 */
    EXPRESSION_OR,
    EXPRESSION_ALTERNATIVE,   /* child 0 // child 1 */
    EXPRESSION_IF,            /* child 0 then child 1 else child 2 */
    EXPRESSION_ARRAY,         /* [ ] around what each child yields (each may yield none or many) */
    EXPRESSION_OBJECT,        /* children in pairs: key, value */
    EXPRESSION_INTERPOLATION, /* the children's values as text, one after another; `optional`: null as nothing */
    EXPRESSION_CALL,          /* `function` with children as arguments */
};

enum expression_operator {
    EXPRESSION_ADD, EXPRESSION_SUBTRACT, EXPRESSION_MULTIPLY, EXPRESSION_DIVIDE, EXPRESSION_MODULO,
    EXPRESSION_EQUAL, EXPRESSION_NOT_EQUAL, EXPRESSION_LESS, EXPRESSION_LESS_EQUAL, EXPRESSION_GREATER,
    EXPRESSION_GREATER_EQUAL,
    /* These three come from plain conditions only and have no sign in jq. */
    EXPRESSION_INCLUDES,      /* array has an equal element; string has the string within; null: false */
    EXPRESSION_OVER,          /* two numbers or two strings, greater; null: false */
    EXPRESSION_UNDER,
};

struct expression {
    enum expression_kind kind;
    enum expression_operator operator;           /* BINARY */
    bool optional;                               /* FIELD, INDEX, SLICE, ITERATE followed by `?` */
    bool collected;                              /* inside a collection: a failing `?` yields nothing instead of null */
    bool many;                                   /* may yield more than one value (in collections only) */
    uint16_t height;                             /* 1 for a leaf */
    uint32_t offset;                             /* byte in its source where it (or its operator) stands */
    uint32_t count;
    const struct expression *const *children;    /* `count` of them, none NULL */
    struct text name;                            /* FIELD */
    struct json literal;                         /* LITERAL */
    const struct expression_function *function;  /* CALL */
};

/* Sets of JSON types: the sum of 1 << JSON_NULL … 1 << JSON_OBJECT. True and false are types of their own. */
#define EXPRESSION_TYPE(json_type) (1u << (json_type))
#define EXPRESSION_TYPE_NULL EXPRESSION_TYPE(JSON_NULL)
#define EXPRESSION_TYPE_FALSE EXPRESSION_TYPE(JSON_FALSE)
#define EXPRESSION_TYPE_TRUE EXPRESSION_TYPE(JSON_TRUE)
#define EXPRESSION_TYPE_BOOLEAN (EXPRESSION_TYPE_FALSE | EXPRESSION_TYPE_TRUE)
#define EXPRESSION_TYPE_NUMBER EXPRESSION_TYPE(JSON_NUMBER)
#define EXPRESSION_TYPE_STRING EXPRESSION_TYPE(JSON_STRING)
#define EXPRESSION_TYPE_ARRAY EXPRESSION_TYPE(JSON_ARRAY)
#define EXPRESSION_TYPE_OBJECT EXPRESSION_TYPE(JSON_OBJECT)
#define EXPRESSION_TYPE_ANY 0x7fu

/* A row of the table of functions; what a person may look up. */
struct expression_function {
    const char *name;
    uint8_t arity;
    uint8_t id;                  /* of the evaluator */
    bool filter;                 /* its argument is run on each element (map, select, sort_by), not once */
    unsigned input_types;        /* types of `.` it takes; any other is expression_type */
    unsigned argument_types;     /* of its argument's value (ANY for a filter) */
    unsigned result_types;
    const char *difference;      /* from jq 1.6; NULL when there is none */
    const char *summary;         /* one line for a reference page */
};
/* Walks the table: NULL gives the first row, the last row gives NULL. */
const struct expression_function *expression_function_next(const struct expression_function *row);

/* ---- Parsing ----------------------------------------------------------------------------------------------------*/

/* What is wrong with a source. `code` is one of: expression_syntax, expression_too_long, expression_nesting,
 * expression_refused (a construct of jq that stays outside, the message says why), expression_unknown_function,
 * expression_arity, expression_many_values, expression_utf8, expression_empty, template_unclosed (a `${` without `}`),
 * condition_shape, condition_field, condition_operand, out_of_memory. */
struct expression_fault {
    const char *code;                  /* static */
    struct text message;               /* in the arena: what is wrong and what to do */
    uint32_t offset;                   /* byte offset in the faulty source string (0 … its length) */
    struct text pointer;               /* templates and conditions: RFC 6901 pointer of the string or value; else "" */
    const struct json *value;          /* templates and conditions: that very node; else NULL */
    const struct expression_fault *next;   /* further faults of the same template or condition, in source order */
};

/* `source` is the text inside ${ }; it must live as long as the tree, which is made in the arena (strings and numbers
 * point into the source). OUTCOME_OK; OUTCOME_REJECT with *ret_fault filled (the one case where a ret_ is written
 * without success; it may not be NULL); OUTCOME_FATAL with fault code out_of_memory. */
enum outcome expression_parse(struct arena *, struct text source, const struct expression **ret,
                              struct expression_fault *ret_fault);

/* Tree of `when:` or `approve.if:` as it stands in a definition: a string "${ expr }", true or false, or the plain form
 *   {field: form.area, OP: value …}   OP of is, not, has, over, under (value: any JSON, ${ } allowed), exists (true or
 *                                     false); several OPs must all hold
 *   {all: [condition, …]}   {any: [condition, …]}   at least one condition each
 * `field` is a dotted path of names and indices without a leading dot (form.owners.0.name).
 * A path that leads to nothing is null, and null: is nothing but null, is `not` anything else, has nothing, is never
 * over or under, does not exist. `over` and `under` compare number with number or string with string (dates as
 * YYYY-MM-DD); anything else is expression_type at evaluation, as is `has` on what is neither string nor array.
 * `condition` must live as long as the tree. All faults are listed. */
enum outcome expression_from_condition(struct arena *, const struct json *condition, const struct expression **ret,
                                       struct expression_fault *ret_fault);

/* Tree of an input mapping: any JSON value in which a string "${ expr }" (white space around it allowed) is that
 * expression's value, a string with ${ … } amid text is the text with the values in it (a string as it is, null as
 * nothing, anything else as JSON), and all else is literal. "$${" stands for a plain "${". Members keep their order;
 * keys are literal. All faults are listed. */
enum outcome expression_from_template(struct arena *, const struct json *value, const struct expression **ret,
                                      struct expression_fault *ret_fault);

/* ---- Evaluation -------------------------------------------------------------------------------------------------*/

/* What `.` is at the top: {form, case, parties, materials, steps, <as name>…}, asked for path by path, so that nobody
 * builds all of `.steps` to read `.steps.tax.result.receipt_no`. */
struct expression_lookup {
    const struct text *path;     /* in: the literal member names from the root on, as far as they are literal */
    size_t count;                /* in: their number; 0 asks for the whole scope object */
    struct arena *arena;         /* in: for nodes made for the answer; they must live as long as the result */
    const struct json *value;    /* out: what stands at the first `used` names; NULL is null */
    size_t used;                 /* out: at most `count`; the evaluator takes the remaining names out of `value` */
};
struct expression_scope {
    /* OUTCOME_OK, or what the evaluation then ends with. A name that is not there is answered by value NULL with any
     * `used`. `.form.home.area` asks {form, home, area}: a resolver that has the form at hand answers it with used = 1;
     * `.steps.tax.state` may be answered with used = 3 by a node made on the spot; `.steps` asks {steps}. */
    enum outcome (*resolve)(void *context, struct expression_lookup *, struct error *);
    void *context;
};
/* A scope over one JSON object; `object` must outlive its use. */
struct expression_scope expression_scope_of(const struct json *object);

/* What one evaluation may still spend. One budget may be handed through several evaluations. */
struct expression_budget {
    uint32_t steps_left;
    uint32_t bytes_left;
};
#define EXPRESSION_BUDGET ((struct expression_budget){EXPRESSION_STEPS_MOST, EXPRESSION_BYTES_MOST})

/* The value shares nodes and bytes with the tree, the scope's values and the arena: it lives as long as the shortest of
 * them. REJECT and FATAL as above, and whatever the scope's resolver returns. */
enum outcome expression_evaluate(const struct expression *, const struct expression_scope *, struct expression_budget *,
                                 struct arena *, struct json *ret, struct error *);
/* The same for `when` and `if`: anything but true and false is REJECT expression_not_boolean. */
enum outcome expression_evaluate_condition(const struct expression *, const struct expression_scope *,
                                           struct expression_budget *, struct arena *, bool *ret, struct error *);

/* ---- What the checker asks --------------------------------------------------------------------------------------*/

/* A place in the scope that the expression uses as a value (it and all below it). */
struct expression_path {
    const struct text *segments;   /* names from the root on; an absent text is "any element or member" */
    size_t count;                  /* 0: the whole scope */
    const struct expression *at;   /* the node that reads it, for its offset */
};
/* Calls `visit` for every path read, in source order, a path as often as it is read. Follows pipes, map, select, sort_by
 * and the like: `.form.people | map(.name)` is {form, people, <any>, name}. `[2]` is "any", a slice
 * counts as its array. Where it cannot follow (a value built and taken apart again) it names more than is read, never less.
 * `scratch` is for the walk. False when there is no memory. */
bool expression_paths(const struct expression *, struct arena *scratch,
                      void (*visit)(void *context, const struct expression_path *), void *context);

/* What is known of the scope's types, from schemas; NULL function: nothing. `path` as in expression_lookup. */
struct expression_typing {
    unsigned (*type_of)(void *context, const struct text *path, size_t count);   /* a set of types, never 0 */
    void *context;
};
/* The types the expression's value may have: never too few (an error yields no type). `typing` may be NULL. So for a
 * `when`: no bit of BOOLEAN: it never decides; no TRUE: never true; no FALSE: never false; another bit: may be an
 * incident; 0: it fails on whatever data. `scratch` holds folded constants. */
unsigned expression_type(const struct expression *, const struct expression_typing *typing, struct arena *scratch);

/* True when the expression reads nothing of the scope and has a value; *ret is the value. */
bool expression_constant(const struct expression *, struct arena *, struct json *ret);

#endif
