/* The strict JSON reader: one pass, no recursion.
 *
 * Members that are read stand on a scratch stack, each container followed by its children so far; when a container
 * closes, its children are copied into the arena as one array and leave the stack. An open container's node keeps in
 * `count` where its own parent stands, so that no second stack is needed.
 */
#include "base/json_part.h"

#include "base/utf8.h"

#define SCRATCH_ON_STACK 64
#define NO_PARENT UINT32_MAX
#define KEY_SHOWN_MOST 48

struct reader {
    const char *start, *at, *end;
    struct arena *arena;
    struct error *error;
    unsigned depth, depth_most;
    uint32_t open;                /* scratch place of the innermost open container */
    uint32_t count, room;         /* of `scratch` */
    struct json_member *scratch;
    void *scratch_allocated;
};

enum step { STEP_VALUE, STEP_AFTER_VALUE, STEP_DONE };

static enum outcome reader_refuse(struct reader *r, const char *code, const char *at, const char *what) {
    return error_set(r->error, OUTCOME_REJECT, code, "at byte %zu: %s", (size_t)(at - r->start), what);
}

static inline void reader_skip_space(struct reader *r) {
    const char *at = r->at;
    while (at < r->end && (unsigned char)*at <= ' ' && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    r->at = at;
}

/* Doubles the scratch stack. All of it ends in the arena, so that the arena's ceiling holds for it too. */
static bool scratch_grow(struct reader *r) {
    size_t bytes = (size_t)r->room * sizeof *r->scratch;
    if (r->room >= UINT32_MAX / 2 || bytes > r->arena->ceiling_bytes) {
        r->arena->failed = true;
        return false;
    }
    void *grown = memory_resize(r->scratch_allocated, 2 * bytes);
    if (!grown) {
        r->arena->failed = true;
        return false;
    }
    if (!r->scratch_allocated)
        memcpy(grown, r->scratch, bytes);
    r->scratch = r->scratch_allocated = grown;
    r->room *= 2;
    return true;
}

/* ── strings ── */

static int hex_digit(char byte) {
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* The code unit of "\uXXXX" at `at`, or -1. */
static int escaped_unit(const char *at, const char *end) {
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
        return -1;
    int unit = 0;
    for (int i = 2; i < 6; i++) {
        int digit = hex_digit(at[i]);
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

static char *put_code_point(char *to, uint32_t point) {
    if (point < 0x80) {
        *to++ = (char)point;
    } else if (point < 0x800) {
        *to++ = (char)(0xC0 | point >> 6);
        *to++ = (char)(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
        *to++ = (char)(0xE0 | point >> 12);
        *to++ = (char)(0x80 | (point >> 6 & 0x3F));
        *to++ = (char)(0x80 | (point & 0x3F));
    } else {
        *to++ = (char)(0xF0 | point >> 18);
        *to++ = (char)(0x80 | (point >> 12 & 0x3F));
        *to++ = (char)(0x80 | (point >> 6 & 0x3F));
        *to++ = (char)(0x80 | (point & 0x3F));
    }
    return to;
}

/* Decodes the \u escape at r->at (a pair when it is the first half of one). */
static enum outcome read_unicode_escape(struct reader *r, char **to) {
    const char *at = r->at;
    int unit = escaped_unit(at, r->end);
    if (unit < 0)
        return reader_refuse(r, "json_syntax", at, "\\u is not followed by four hexadecimal digits");
    if (unit == 0)
        return reader_refuse(r, "json_nul", at, "a string holds U+0000");
    uint32_t point = (uint32_t)unit;
    r->at += 6;
    if (unit >= 0xD800 && unit <= 0xDFFF) {
        int second = unit < 0xDC00 ? escaped_unit(r->at, r->end) : -1;
        if (second < 0xDC00 || second > 0xDFFF)
            return reader_refuse(r, "json_surrogate", at, "a surrogate stands alone");
        point = 0x10000 + ((point & 0x3FF) << 10) + ((uint32_t)second & 0x3FF);
        r->at += 6;
    }
    *to = put_code_point(*to, point);
    return OUTCOME_OK;
}

/* Decodes the escape at r->at, which is a backslash. */
static enum outcome read_escape(struct reader *r, char **to) {
    static const char plain[256] = {['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b',
                                    ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t'};
    if (r->end - r->at < 2)
        return reader_refuse(r, "json_syntax", r->at, "the text ends within a string");
    if (r->at[1] == 'u')
        return read_unicode_escape(r, to);
    char byte = plain[(unsigned char)r->at[1]];
    if (!byte)
        return reader_refuse(r, "json_syntax", r->at, "no such escape in JSON");
    *(*to)++ = byte;
    r->at += 2;
    return OUTCOME_OK;
}

/* Passes over bytes that stand for themselves; stops at '"' or a backslash. */
static enum outcome skip_unescaped(struct reader *r) {
    for (;;) {
        const char *at = json_skip_plain(r->at, r->end, true);
        r->at = at;
        if (at == r->end)
            return reader_refuse(r, "json_syntax", at, "the text ends within a string");
        if (*at == '"' || *at == '\\')
            return OUTCOME_OK;
        if (*at == '\0')
            return reader_refuse(r, "json_nul", at, "a string holds U+0000");
        if ((unsigned char)*at < 0x20)
            return reader_refuse(r, "json_syntax", at, "a control character stands in a string; escape it");
        do {
            size_t length = utf8_length(r->at, r->end);
            if (length == 0)
                return reader_refuse(r, "json_utf8", r->at, "not UTF-8");
            r->at += length;
        } while (r->at < r->end && (unsigned char)*r->at >= 0x80);
    }
}

/* The closing quote of the string whose content goes on at `at`, or the end. */
static const char *string_end(const char *at, const char *end) {
    for (; at < end && *at != '"'; at++)
        if (*at == '\\' && end - at > 1)
            at++;
    return at;
}

/* A string with escapes: r->at is at the first of them. Decoding never makes it longer. */
static enum outcome read_escaped_string(struct reader *r, const char *content, struct text *ret) {
    char *decoded = arena_alloc(r->arena, (size_t)(string_end(r->at, r->end) - content) + 1);
    if (!decoded)
        return error_no_memory(r->error);
    size_t length = (size_t)(r->at - content);
    memcpy(decoded, content, length);
    char *to = decoded + length;
    while (*r->at != '"') {
        enum outcome outcome = read_escape(r, &to);
        if (outcome)
            return outcome;
        const char *from = r->at;
        outcome = skip_unescaped(r);
        if (outcome)
            return outcome;
        memcpy(to, from, (size_t)(r->at - from));
        to += r->at - from;
    }
    r->at++;
    *ret = text_span(decoded, (size_t)(to - decoded));
    return OUTCOME_OK;
}

/* r->at is at the opening quote. */
static enum outcome read_string(struct reader *r, struct text *ret) {
    const char *content = ++r->at;
    enum outcome outcome = skip_unescaped(r);
    if (outcome)
        return outcome;
    if (*r->at == '\\')
        return read_escaped_string(r, content, ret);
    *ret = text_span(content, (size_t)(r->at - content));
    r->at++;
    return OUTCOME_OK;
}

/* ── numbers and names ── */

/* Below this many bytes and without an exponent no number reaches a double's end. */
#define NUMBER_SURELY_IN_RANGE 300

static const char *skip_digits(const char *at, const char *end) {
    while (at < end && (unsigned char)(*at - '0') <= 9)
        at++;
    return at;
}

static enum outcome read_number(struct reader *r, struct text *ret) {
    const char *start = r->at, *at = start + (*start == '-'), *end = r->end, *digits = at;
    at = skip_digits(at, end);
    if (at == digits)
        return reader_refuse(r, "json_syntax", start, "no value is written like this");
    if (*digits == '0' && at - digits > 1)
        return reader_refuse(r, "json_syntax", start, "a number starts with a needless zero");
    if (at < end && *at == '.') {
        digits = ++at;
        at = skip_digits(at, end);
        if (at == digits)
            return reader_refuse(r, "json_syntax", at, "digits are missing behind the decimal point");
    }
    bool exponent = at < end && (*at == 'e' || *at == 'E');
    if (exponent) {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        digits = at;
        at = skip_digits(at, end);
        if (at == digits)
            return reader_refuse(r, "json_syntax", at, "digits are missing in the exponent");
    }
    r->at = at;
    struct text number = text_span(start, (size_t)(at - start));
    if ((exponent || number.length > NUMBER_SURELY_IN_RANGE) && json_number_overflows(number))
        return reader_refuse(r, "json_number_range", start, "the number is beyond the range of a double");
    *ret = number;
    return OUTCOME_OK;
}

static enum outcome read_name(struct reader *r, struct json *value) {
    static const struct {
        struct text name;
        enum json_type type;
    } names[] = {{{"null", 4}, JSON_NULL}, {{"true", 4}, JSON_TRUE}, {{"false", 5}, JSON_FALSE}};
    size_t left = (size_t)(r->end - r->at);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct text name = names[i].name;
        if (left >= name.length && memcmp(r->at, name.at, name.length) == 0) {
            r->at += name.length;
            value->type = names[i].type;
            return OUTCOME_OK;
        }
    }
    return reader_refuse(r, "json_syntax", r->at, "no value is written like this");
}

/* ── containers ── */

/* Up to this many members keys are compared one by one where a small filter cannot tell them apart. */
#define DUPLICATES_BY_FILTER_MOST 64

/* Eight bits of a key's length, first and last eight bytes. */
static inline unsigned key_mark(struct text key) {
    uint64_t first = 0, last = 0;
    if (key.length >= 8) {
        memcpy(&first, key.at, 8);
        memcpy(&last, key.at + key.length - 8, 8);
    } else {
        for (size_t i = 0; i < key.length; i++)
            first = first << 8 | (unsigned char)key.at[i];
    }
    uint64_t mixed = (first ^ key.length) * UINT64_C(0x9E3779B97F4A7C15) + last * UINT64_C(0xC2B2AE3D27D4EB4F);
    return (unsigned)(mixed >> 56);
}

static const struct json_member *find_duplicate_by_filter(const struct json_member *members, uint32_t count) {
    uint64_t seen[4] = {0}; /* 256 bits, one for each mark */
    unsigned char marks[DUPLICATES_BY_FILTER_MOST];
    for (uint32_t i = 0; i < count; i++) {
        struct text key = members[i].key;
        unsigned mark = marks[i] = (unsigned char)key_mark(key);
        uint64_t bit = UINT64_C(1) << (mark & 63), *word = &seen[mark >> 6];
        if (*word & bit)
            for (uint32_t j = 0; j < i; j++)
                if (marks[j] == mark && text_equal(members[j].key, key))
                    return &members[i];
        *word |= bit;
    }
    return NULL;
}

/* Gives a member whose key stands twice, or NULL. */
static enum outcome find_duplicate(struct reader *r, const struct json_member *members, uint32_t count,
                                   const struct json_member **ret) {
    *ret = NULL;
    if (count <= DUPLICATES_BY_FILTER_MOST) {
        *ret = find_duplicate_by_filter(members, count);
        return OUTCOME_OK;
    }
    _cleanup_memory_ const struct json_member **sorted = memory_alloc(sizeof(void *) * (size_t)count);
    if (!sorted)
        return error_no_memory(r->error);
    for (uint32_t i = 0; i < count; i++)
        sorted[i] = &members[i];
    json_sort_members(sorted, count);
    for (uint32_t i = 1; i < count && !*ret; i++)
        if (text_equal(sorted[i - 1]->key, sorted[i]->key))
            *ret = sorted[i];
    return OUTCOME_OK;
}

static enum outcome refuse_duplicate(struct reader *r, const struct json *object, struct text key) {
    size_t length = key.length;
    if (length > KEY_SHOWN_MOST)
        for (length = KEY_SHOWN_MOST; length && ((unsigned char)key.at[length] & 0xC0) == 0x80;)
            length--;
    return error_set(r->error, OUTCOME_REJECT, "json_duplicate_key",
                     "the object at byte %zu has the key \"%.*s\" more than once", (size_t)(object->text.at - r->start),
                     (int)length, key.at);
}

/* The innermost container is whole; r->at is behind its bracket. */
static enum outcome close_container(struct reader *r) {
    struct json *container = &r->scratch[r->open].value;
    struct json_member *first = &r->scratch[r->open + 1];
    uint32_t parent = container->count, count = r->count - r->open - 1;
    if (container->type == JSON_OBJECT && count > 1) {
        const struct json_member *duplicate;
        enum outcome outcome = find_duplicate(r, first, count, &duplicate);
        if (outcome)
            return outcome;
        if (duplicate)
            return refuse_duplicate(r, container, duplicate->key);
    }
    if (count) {
        container->children = arena_new_array(r->arena, count, struct json_member);
        if (!container->children)
            return error_no_memory(r->error);
        memcpy(container->children, first, count * sizeof *first);
    }
    container->count = count;
    container->text.length = (size_t)(r->at - container->text.at);
    r->count = r->open + 1;
    r->open = parent;
    r->depth--;
    return OUTCOME_OK;
}

/* Puts the next member of the innermost container (an object's with its key) onto the scratch stack. */
static enum outcome next_member(struct reader *r, bool object) {
    if (r->count == r->room && !scratch_grow(r))
        return error_no_memory(r->error);
    struct json_member *member = &r->scratch[r->count++];
    *member = (struct json_member){0};
    if (!object)
        return OUTCOME_OK;
    reader_skip_space(r);
    if (r->at == r->end || *r->at != '"')
        return reader_refuse(r, "json_syntax", r->at, "a key in double quotes is missing");
    enum outcome outcome = read_string(r, &member->key);
    if (outcome)
        return outcome;
    reader_skip_space(r);
    if (r->at == r->end || *r->at != ':')
        return reader_refuse(r, "json_syntax", r->at, "a colon is missing behind the key");
    r->at++;
    return OUTCOME_OK;
}

static enum outcome open_container(struct reader *r, struct json *value, enum step *step) {
    bool object = *r->at == '{';
    if (r->depth >= r->depth_most)
        return error_set(r->error, OUTCOME_REJECT, "json_depth", "at byte %zu: nested deeper than %u levels",
                         (size_t)(r->at - r->start), r->depth_most);
    r->depth++;
    value->type = object ? JSON_OBJECT : JSON_ARRAY;
    value->text.at = r->at++;
    value->count = r->open;
    r->open = r->count - 1;
    reader_skip_space(r);
    if (r->at < r->end && *r->at == (object ? '}' : ']')) {
        r->at++;
        *step = STEP_AFTER_VALUE;
        return close_container(r);
    }
    *step = STEP_VALUE;
    return next_member(r, object);
}

/* Reads what comes next into the newest member. */
static enum outcome read_value(struct reader *r, enum step *step) {
    struct json *value = &r->scratch[r->count - 1].value;
    reader_skip_space(r);
    if (r->at == r->end)
        return reader_refuse(r, "json_syntax", r->at, "the text ends where a value is missing");
    *step = STEP_AFTER_VALUE;
    switch (*r->at) {
    case '"':
        value->type = JSON_STRING;
        return read_string(r, &value->text);
    case '{':
    case '[':
        return open_container(r, value, step);
    case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
        value->type = JSON_NUMBER;
        return read_number(r, &value->text);
    default:
        return read_name(r, value);
    }
}

/* Behind a value: a comma and the next member, the container's end, or the end of all. */
static enum outcome read_after_value(struct reader *r, enum step *step) {
    if (r->open == NO_PARENT) {
        *step = STEP_DONE;
        return OUTCOME_OK;
    }
    reader_skip_space(r);
    if (r->at == r->end)
        return reader_refuse(r, "json_syntax", r->at, "the text ends within an array or object");
    bool object = r->scratch[r->open].value.type == JSON_OBJECT;
    char byte = *r->at++;
    if (byte == ',') {
        *step = STEP_VALUE;
        return next_member(r, object);
    }
    if (byte == (object ? '}' : ']'))
        return close_container(r);
    return reader_refuse(r, "json_syntax", r->at - 1,
                         object ? "a comma or } is missing" : "a comma or ] is missing");
}

enum outcome json_read(struct arena *arena, struct text source, unsigned depth_most, struct json *ret,
                       struct error *error) {
    struct json_member on_stack[SCRATCH_ON_STACK];
    const char *start = source.at ? source.at : "";
    struct reader r = {.start = start, .at = start, .end = start + source.length, .arena = arena, .error = error,
                       .depth_most = depth_most, .open = NO_PARENT, .count = 1, .room = SCRATCH_ON_STACK,
                       .scratch = on_stack};
    on_stack[0] = (struct json_member){0};
    enum step step = STEP_VALUE;
    enum outcome outcome = OUTCOME_OK;
    while (!outcome && step != STEP_DONE)
        outcome = step == STEP_VALUE ? read_value(&r, &step) : read_after_value(&r, &step);
    reader_skip_space(&r);
    if (!outcome && r.at < r.end)
        outcome = reader_refuse(&r, "json_trailing", r.at, "something stands behind the value");
    if (!outcome)
        *ret = r.scratch[0].value;
    memory_free(r.scratch_allocated);
    return outcome;
}
