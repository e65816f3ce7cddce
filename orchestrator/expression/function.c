/* The table of functions, and of jq's names that stay outside with the reason, so that a definition's writer is told
 * what to use instead. */
#include "expression/internal.h"

#include <stdio.h>

#define T_ANY EXPRESSION_TYPE_ANY
#define T_NULL EXPRESSION_TYPE_NULL
#define T_BOOLEAN EXPRESSION_TYPE_BOOLEAN
#define T_NUMBER EXPRESSION_TYPE_NUMBER
#define T_STRING EXPRESSION_TYPE_STRING
#define T_ARRAY EXPRESSION_TYPE_ARRAY
#define T_OBJECT EXPRESSION_TYPE_OBJECT
#define T_ITERABLE (T_ARRAY | T_OBJECT)

static const char decimal_text[] = "numbers keep their decimal text";

static const struct expression_function functions[] = {
    /* name, arity, id, filter, input, argument, result, difference, summary */
    {"length", 0, FUNCTION_LENGTH, false, T_ANY & ~T_BOOLEAN, 0, T_NUMBER, NULL,
     "code points of a string, elements of an array, members of an object, size of a number, 0 for null"},
    {"keys", 0, FUNCTION_KEYS, false, T_ITERABLE, 0, T_ARRAY, NULL, "sorted keys of an object, positions of an array"},
    {"has", 1, FUNCTION_HAS, false, T_ITERABLE | T_NULL, T_ANY, T_BOOLEAN, NULL,
     "is there a member of that key, an element at that position?"},
    {"in", 1, FUNCTION_IN, false, T_ANY, T_ITERABLE | T_NULL, T_BOOLEAN, NULL, "has, the other way round"},
    {"contains", 1, FUNCTION_CONTAINS, false, T_ANY, T_ANY, T_BOOLEAN, NULL,
     "is the argument within: substring, elements, members"},
    {"inside", 1, FUNCTION_INSIDE, false, T_ANY, T_ANY, T_BOOLEAN, NULL, "contains, the other way round"},
    {"type", 0, FUNCTION_TYPE, false, T_ANY, 0, T_STRING, NULL, "null, boolean, number, string, array or object"},
    {"not", 0, FUNCTION_NOT, false, T_ANY, 0, T_BOOLEAN, NULL, "true for null and false, false for all else"},
    {"add", 0, FUNCTION_ADD, false, T_ITERABLE, 0, T_ANY, NULL, "the elements joined by +; null for none"},
    {"any", 0, FUNCTION_ANY, false, T_ITERABLE, 0, T_BOOLEAN, NULL, "is one element true?"},
    {"any", 1, FUNCTION_ANY, true, T_ITERABLE, T_ANY, T_BOOLEAN, NULL, "does one element meet the condition?"},
    {"all", 0, FUNCTION_ALL, false, T_ITERABLE, 0, T_BOOLEAN, NULL, "is every element true?"},
    {"all", 1, FUNCTION_ALL, true, T_ITERABLE, T_ANY, T_BOOLEAN, NULL, "does every element meet the condition?"},
    {"min", 0, FUNCTION_MIN, false, T_ARRAY, 0, T_ANY, NULL, "the least element; null for none"},
    {"max", 0, FUNCTION_MAX, false, T_ARRAY, 0, T_ANY, NULL, "the greatest element; null for none"},
    {"min_by", 1, FUNCTION_MIN_BY, true, T_ARRAY, T_ANY, T_ANY, NULL, "the element whose value is least"},
    {"max_by", 1, FUNCTION_MAX_BY, true, T_ARRAY, T_ANY, T_ANY, NULL, "the element whose value is greatest"},
    {"sort", 0, FUNCTION_SORT, false, T_ARRAY, 0, T_ARRAY, NULL, "the elements in order"},
    {"sort_by", 1, FUNCTION_SORT_BY, true, T_ARRAY, T_ANY, T_ARRAY, NULL, "the elements in the order of that value"},
    {"group_by", 1, FUNCTION_GROUP_BY, true, T_ARRAY, T_ANY, T_ARRAY, NULL, "arrays of those equal in that value"},
    {"unique", 0, FUNCTION_UNIQUE, false, T_ARRAY, 0, T_ARRAY, NULL, "the elements in order, each once"},
    {"unique_by", 1, FUNCTION_UNIQUE_BY, true, T_ARRAY, T_ANY, T_ARRAY, NULL, "one element of each value, in order"},
    {"reverse", 0, FUNCTION_REVERSE, false, T_ARRAY | T_NULL, 0, T_ARRAY,
     "an array or null only (jq 1.6 takes what is empty or zero, too)", "the elements from the last to the first"},
    {"first", 0, FUNCTION_FIRST, false, T_ARRAY | T_NULL, 0, T_ANY, NULL, "the first element; null for none"},
    {"last", 0, FUNCTION_LAST, false, T_ARRAY | T_NULL, 0, T_ANY, NULL, "the last element; null for none"},
    {"index", 1, FUNCTION_INDEX, false, T_ARRAY | T_STRING | T_NULL, T_ANY, T_NUMBER | T_NULL,
     "counts code points; jq 1.6 counts bytes", "where the argument first stands; null when it does not"},
    {"flatten", 0, FUNCTION_FLATTEN, false, T_ITERABLE, 0, T_ARRAY, NULL, "arrays within arrays laid out as one"},
    {"flatten", 1, FUNCTION_FLATTEN, false, T_ITERABLE, T_NUMBER, T_ARRAY,
     "the depth is a number (jq 1.6 looks at it only when it meets an array)", "so many levels laid out"},
    {"to_entries", 0, FUNCTION_TO_ENTRIES, false, T_ITERABLE, 0, T_ARRAY, NULL, "[{key, value}, …] of the members"},
    {"from_entries", 0, FUNCTION_FROM_ENTRIES, false, T_ITERABLE, 0, T_OBJECT, NULL, "the object of such entries"},
    {"with_entries", 1, FUNCTION_WITH_ENTRIES, true, T_ITERABLE, T_ANY, T_OBJECT, NULL,
     "to_entries | map(f) | from_entries"},
    {"map", 1, FUNCTION_MAP, true, T_ITERABLE, T_ANY, T_ARRAY, NULL, "[ .[] | f ]"},
    {"select", 1, FUNCTION_SELECT, true, T_ANY, T_ANY, T_ANY, NULL, "in collections: leaves out what does not meet f"},
    {"values", 0, FUNCTION_VALUES, false, T_ANY, 0, T_ANY & ~T_NULL, NULL, "in collections: leaves out null"},
    {"empty", 0, FUNCTION_EMPTY, false, T_ANY, 0, 0, NULL, "in collections: yields nothing"},
    {"floor", 0, FUNCTION_FLOOR, false, T_NUMBER, 0, T_NUMBER, NULL, "the integer below"},
    {"ceil", 0, FUNCTION_CEIL, false, T_NUMBER, 0, T_NUMBER, NULL, "the integer above"},
    {"round", 0, FUNCTION_ROUND, false, T_NUMBER, 0, T_NUMBER, NULL, "the nearest integer, halves away from zero"},
    {"fabs", 0, FUNCTION_FABS, false, T_NUMBER, 0, T_NUMBER, NULL, "the number without its sign"},
    {"tonumber", 0, FUNCTION_TONUMBER, false, T_NUMBER | T_STRING, 0, T_NUMBER,
     "a JSON number and nothing else", "the number that a string writes"},
    {"tostring", 0, FUNCTION_TOSTRING, false, T_ANY, 0, T_STRING, decimal_text, "a string as it is, all else as JSON"},
    {"tojson", 0, FUNCTION_TOJSON, false, T_ANY, 0, T_STRING, decimal_text, "the value as JSON"},
    {"startswith", 1, FUNCTION_STARTSWITH, false, T_STRING, T_STRING, T_BOOLEAN, NULL, "does it begin so?"},
    {"endswith", 1, FUNCTION_ENDSWITH, false, T_STRING, T_STRING, T_BOOLEAN, NULL, "does it end so?"},
    {"ltrimstr", 1, FUNCTION_LTRIMSTR, false, T_ANY, T_ANY, T_ANY, NULL, "without that beginning, if it has it"},
    {"rtrimstr", 1, FUNCTION_RTRIMSTR, false, T_ANY, T_ANY, T_ANY, NULL, "without that end, if it has it"},
    {"split", 1, FUNCTION_SPLIT, false, T_STRING, T_STRING, T_ARRAY, NULL, "the parts between the separators"},
    {"join", 1, FUNCTION_JOIN, false, T_ITERABLE, T_STRING, T_STRING,
     "the separator is a string; numbers keep their decimal text", "the parts with the separator between, null as \"\""},
    {"ascii_downcase", 0, FUNCTION_ASCII_DOWNCASE, false, T_STRING, 0, T_STRING, NULL, "A-Z as a-z"},
    {"ascii_upcase", 0, FUNCTION_ASCII_UPCASE, false, T_STRING, 0, T_STRING, NULL, "a-z as A-Z"},
};
#define FUNCTION_COUNT (sizeof(functions) / sizeof(functions[0]))

static const char no_names[] = "an expression names nothing; write the value where it is used";
static const char no_loops[] = "an expression must end within its budget; use map, select, add, any, all";
static const char no_world[] = "an expression sees the case alone, so that the same case always gives the same steps";
static const char no_clock[] = "times and due dates belong to the calendar and the case's clocks";
static const char no_regex[] = "regular expressions can't be bounded; use startswith, endswith, contains, split, or a "
                               "pattern in the form's schema";
static const char no_paths[] = "an expression changes nothing; build the value with { } and +";
static const char no_errors[] = "an expression does not raise or catch errors; use ? and //";
static const char no_inexact[] = "numbers are exact decimals; this would round";
static const char no_bytes[] = "text is text; encodings belong to an adapter's mapping";
static const char no_modules[] = "a definition stands alone";
static const char no_stream[] = "exactly one value comes out; use .[0], first, last or a slice";

static const struct refusal { const char *name, *reason; } refusals[] = {
    {"def", no_names}, {"as", no_names}, {"label", no_names}, {"break", no_names}, {"__loc__", no_names},
    {"reduce", no_loops}, {"foreach", no_loops}, {"range", no_loops}, {"recurse", no_loops}, {"recurse_down", no_loops},
    {"until", no_loops}, {"while", no_loops}, {"repeat", no_loops}, {"walk", no_loops}, {"combinations", no_loops},
    {"limit", no_stream}, {"isempty", no_stream}, {"nth", no_stream},
    {"env", no_world}, {"input", no_world}, {"inputs", no_world}, {"debug", no_world}, {"stderr", no_world},
    {"input_filename", no_world}, {"input_line_number", no_world}, {"get_search_list", no_world}, {"halt", no_world},
    {"halt_error", no_world}, {"modulemeta", no_world}, {"builtins", no_world}, {"splits", no_regex},
    {"now", no_clock}, {"localtime", no_clock}, {"gmtime", no_clock}, {"mktime", no_clock}, {"strftime", no_clock},
    {"strptime", no_clock}, {"strflocaltime", no_clock}, {"todate", no_clock}, {"fromdate", no_clock},
    {"fromdateiso8601", no_clock}, {"todateiso8601", no_clock}, {"date", no_clock}, {"dateadd", no_clock},
    {"datesub", no_clock}, {"test", no_regex}, {"match", no_regex}, {"capture", no_regex}, {"scan", no_regex},
    {"sub", no_regex}, {"gsub", no_regex}, {"ascii", no_bytes}, {"implode", no_bytes}, {"explode", no_bytes},
    {"utf8bytelength", no_bytes}, {"path", no_paths}, {"paths", no_paths}, {"del", no_paths},
    {"leaf_paths", no_paths}, {"getpath", no_paths}, {"setpath", no_paths}, {"delpaths", no_paths}, {"to_stream", no_paths},
    {"tostream", no_paths}, {"fromstream", no_paths}, {"truncate_stream", no_paths}, {"map_values", no_paths},
    {"error", no_errors}, {"try", no_errors}, {"catch", no_errors}, {"sqrt", no_inexact}, {"pow", no_inexact},
    {"log", no_inexact}, {"log2", no_inexact}, {"log10", no_inexact}, {"exp", no_inexact}, {"exp2", no_inexact},
    {"exp10", no_inexact}, {"infinite", no_inexact}, {"nan", no_inexact}, {"isnan", no_inexact},
    {"isinfinite", no_inexact}, {"isnormal", no_inexact}, {"import", no_modules}, {"include", no_modules},
    {"module", no_modules}, {"fromjson", "a value of the case is never JSON in a string; give it its own field"},
    {"abs", "jq 1.6 does not know it; fabs is its name"},
    {"keys_unsorted", "the order of members means nothing; use keys"},
};

const struct expression_function *expression_function_next(const struct expression_function *row) {
    if (!row)
        return functions;
    return row + 1 < functions + FUNCTION_COUNT ? row + 1 : NULL;
}

const struct expression_function *function_find(struct text name, uint32_t arity) {
    for (size_t i = 0; i < FUNCTION_COUNT; i++)
        if (functions[i].arity == arity && text_is(name, functions[i].name))
            return &functions[i];
    return NULL;
}

const char *function_refusal(struct text name) {
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
        if (text_is(name, refusals[i].name))
            return refusals[i].reason;
    return NULL;
}

static const char *nearest_name(struct text name) {
    const char *nearest = NULL;
    unsigned least = name.length < 4 ? 2 : 4;   /* so many letters wrong, and it is another word */
    for (size_t i = 0; i < FUNCTION_COUNT; i++) {
        unsigned distance = text_distance(name, text_from(functions[i].name), least - 1);
        if (distance < least) {
            least = distance;
            nearest = functions[i].name;
        }
    }
    return nearest;
}

bool function_refuse(struct making *m, uint32_t offset, struct text name, uint32_t arity) {
    for (uint32_t other = 0; other <= 1; other++)
        if (function_find(name, other) && !(function_find(name, 0) && function_find(name, 1)))
            return making_fault(m, offset, "expression_arity", "%.*s takes %s, not %u", TEXT_ARG(name),
                                other == 0 ? "no argument" : "one argument", arity);
    if (function_find(name, 0))
        return making_fault(m, offset, "expression_arity", "%.*s takes at most one argument, not %u", TEXT_ARG(name),
                            arity);
    const char *reason = function_refusal(name);
    if (reason)
        return making_fault(m, offset, "expression_refused", "%.*s is not part of the language: %s", TEXT_ARG(name),
                            reason);
    const char *nearest = nearest_name(name);
    if (nearest)
        return making_fault(m, offset, "expression_unknown_function", "there is no function %.*s; the nearest is %s",
                            TEXT_ARG(name), nearest);
    return making_fault(m, offset, "expression_unknown_function",
                        "there is no function %.*s (a member is read with a point: .%.*s)", TEXT_ARG(name),
                        TEXT_ARG(name));
}
