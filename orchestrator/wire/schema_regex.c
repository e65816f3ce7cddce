/* Reads a regular expression of ECMA 262 (2018, flag u) and writes the same for PCRE2, because the two differ where it
 * hurts: `$`, `.`, `\s`, `\cX`, `\v`, `\uXXXX`, `[]`, names of properties; and because what ECMA does not know (\Z, \A,
 * possessive quantifiers, verbs, inline flags) must be refused instead of meaning something.
 *
 * Looser than the flag u in one point, as schemas in the wild need it: any ASCII punctuation may be escaped, and a
 * brace or bracket that closes nothing stands for itself. */
#include "wire/schema_part.h"

#define GROUPS_MOST 200         /* nested; PCRE2's own limit is 250 */
#define POINT_NONE UINT32_MAX

struct regex {
    struct text source;
    size_t at;
    struct buffer *out;
    const char *why;
    unsigned groups;             /* capturing groups in the whole expression */
    bool names;                  /* it has named groups */
    unsigned depth;
    bool asserts[GROUPS_MOST];   /* is the open group an assertion, which takes no quantifier? */
};

static bool refuse(struct regex *r, const char *why) {
    r->why = why;
    return false;
}
static void put(struct regex *r, const char *string) {
    if (r->out)
        buffer_put_string(r->out, string);
}
static void put_span(struct regex *r, size_t from) {
    if (r->out)
        buffer_put(r->out, r->source.at + from, r->at - from);
}
static void put_point(struct regex *r, uint32_t point) {
    if (r->out)
        buffer_format(r->out, "\\x{%x}", (unsigned)point);
}
static int peek(const struct regex *r, size_t ahead) {
    return r->at + ahead < r->source.length ? (unsigned char)r->source.at[r->at + ahead] : -1;
}
static bool take(struct regex *r, const char *literal) {
    size_t length = strlen(literal);
    if (r->source.length - r->at < length || memcmp(r->source.at + r->at, literal, length) != 0)
        return false;
    r->at += length;
    return true;
}
static bool is_digit(int c) { return c >= '0' && c <= '9'; }
static bool is_letter(int c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/* Exactly `count` hexadecimal digits; POINT_NONE when they are not there. */
static uint32_t hex(struct regex *r, unsigned count) {
    uint32_t value = 0;
    for (unsigned i = 0; i < count; i++) {
        int c = peek(r, i), low = c | 32;
        if (!is_digit(c) && (low < 'a' || low > 'f'))
            return POINT_NONE;
        value = value * 16 + (uint32_t)(is_digit(c) ? c - '0' : low - 'a' + 10);
    }
    r->at += count;
    return value;
}

/* Behind \u: XXXX, a pair of surrogates, or {X…}. */
static uint32_t unicode_escape(struct regex *r) {
    if (take(r, "{")) {
        uint32_t value = 0;
        unsigned digits = 0;
        for (uint32_t digit; (digit = hex(r, 1)) != POINT_NONE && value <= 0x10ffff; digits++)
            value = value * 16 + digit;
        bool surrogate = value >= 0xd800 && value <= 0xdfff;
        return digits && value <= 0x10ffff && !surrogate && take(r, "}") ? value : POINT_NONE;
    }
    uint32_t high = hex(r, 4);
    if (high == POINT_NONE || high < 0xd800 || high > 0xdfff)
        return high;
    uint32_t low = high <= 0xdbff && take(r, "\\u") ? hex(r, 4) : POINT_NONE;
    if (low == POINT_NONE || low < 0xdc00 || low > 0xdfff)
        return POINT_NONE;
    return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

/* Behind a backslash: an escape that stands for one character. */
static bool character_escape(struct regex *r, bool in_class, uint32_t *ret) {
    static const char controls[] = "t\tn\nv\vf\fr\r";
    int c = peek(r, 0);
    if (c < 0)
        return refuse(r, "a backslash stands at the end");
    r->at++;
    for (size_t i = 0; controls[i]; i += 2)
        if (c == controls[i])
            return *ret = (uint32_t)controls[i + 1], true;
    if (c == 'b' && in_class)
        return *ret = '\b', true;
    if (c == 'c' && is_letter(peek(r, 0)))
        return *ret = (uint32_t)peek(r, 0) & 31, r->at++, true;
    if (c == '0' && !is_digit(peek(r, 0)))
        return *ret = 0, true;
    if (c == 'x' || c == 'u') {
        *ret = c == 'x' ? hex(r, 2) : unicode_escape(r);
        return *ret != POINT_NONE ? true : refuse(r, "\\x or \\u is not followed by a character's code");
    }
    if (c >= 0x80 || is_letter(c) || is_digit(c) || c < 0x20 || c == '_')
        return refuse(r, "an escape that ECMA 262 does not know");
    return *ret = (uint32_t)c, true;
}

/* ECMA 262 white space and line ends, and their complement; PCRE2's \s is ASCII only. */
#define SPACE "\\x{9}-\\x{d}\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}" \
    "\\x{205f}\\x{3000}\\x{feff}"
#define NO_SPACE                                                                                                      \
    "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-"     \
    "\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}"

/* General categories by their long names (Unicode PropertyValueAliases), which PCRE2 does not know. */
static const char *const categories[][2] = {
    {"Letter", "L"}, {"Cased_Letter", "L&"}, {"LC", "L&"}, {"Uppercase_Letter", "Lu"}, {"Lowercase_Letter", "Ll"},
    {"Titlecase_Letter", "Lt"}, {"Modifier_Letter", "Lm"}, {"Other_Letter", "Lo"}, {"Mark", "M"},
    {"Combining_Mark", "M"}, {"Nonspacing_Mark", "Mn"}, {"Spacing_Mark", "Mc"}, {"Enclosing_Mark", "Me"},
    {"Number", "N"}, {"Decimal_Number", "Nd"}, {"digit", "Nd"}, {"Letter_Number", "Nl"}, {"Other_Number", "No"},
    {"Punctuation", "P"}, {"punct", "P"}, {"Connector_Punctuation", "Pc"}, {"Dash_Punctuation", "Pd"},
    {"Open_Punctuation", "Ps"}, {"Close_Punctuation", "Pe"}, {"Initial_Punctuation", "Pi"},
    {"Final_Punctuation", "Pf"}, {"Other_Punctuation", "Po"}, {"Symbol", "S"}, {"Math_Symbol", "Sm"},
    {"Currency_Symbol", "Sc"}, {"Modifier_Symbol", "Sk"}, {"Other_Symbol", "So"}, {"Separator", "Z"},
    {"Space_Separator", "Zs"}, {"Line_Separator", "Zl"}, {"Paragraph_Separator", "Zp"}, {"Other", "C"},
    {"Control", "Cc"}, {"cntrl", "Cc"}, {"Format", "Cf"}, {"Surrogate", "Cs"}, {"Private_Use", "Co"},
    {"Unassigned", "Cn"},
};

/* Behind \p or \P: {Name} or {Name=Value}. */
static bool property_escape(struct regex *r, bool negative) {
    size_t from = r->at + 1;
    if (!take(r, "{"))
        return refuse(r, "\\p is followed by a property's name in braces");
    while (is_letter(peek(r, 0)) || is_digit(peek(r, 0)) || peek(r, 0) == '_' || peek(r, 0) == '=')
        r->at++;
    struct text name = text_part(r->source, from, r->at - from);
    if (name.length == 0 || !take(r, "}"))
        return refuse(r, "\\p is followed by a property's name in braces");
    size_t equals = text_find(name, '=');
    const char *kind = "";
    if (equals != SIZE_MAX) {
        struct text key = text_part(name, 0, equals);
        name = text_part(name, equals + 1, name.length - equals - 1);
        kind = text_is(key, "Script") || text_is(key, "sc") ? "sc="
               : text_is(key, "Script_Extensions") || text_is(key, "scx") ? "scx=" : "";
        if (!*kind && !text_is(key, "General_Category") && !text_is(key, "gc"))
            return refuse(r, "\\p names no property of Unicode that has values");
    }
    if (text_is(name, "Assigned")) {
        name = TEXT("Cn");
        negative = !negative;
    }
    for (size_t i = 0; !*kind && i < sizeof categories / sizeof categories[0]; i++)
        if (text_is(name, categories[i][0]))
            name = text_from(categories[i][1]);
    if (r->out)
        buffer_format(r->out, "\\%c{%s%.*s}", negative ? 'P' : 'p', kind, TEXT_ARG(name));
    return true;
}

/* Behind a backslash: \d \D \s \S \w \W \p \P. *ret_taken says whether it was one. */
static bool class_escape(struct regex *r, bool in_class, bool *ret_taken) {
    int c = peek(r, 0);
    *ret_taken = c > 0 && strchr("dDsSwWpP", c);
    if (!*ret_taken)
        return true;
    r->at++;
    if (c == 'p' || c == 'P')
        return property_escape(r, c == 'P');
    if (c == 's' || c == 'S') {
        put(r, in_class ? "" : "[");
        put(r, c == 's' ? SPACE : NO_SPACE);
        put(r, in_class ? "" : "]");
        return true;
    }
    put(r, (const char[]){'\\', (char)c, '\0'});
    return true;
}

/* One member of a class: *ret is its character, POINT_NONE when it is a set (already written). */
static bool class_atom(struct regex *r, uint32_t *ret) {
    if (take(r, "\\")) {
        bool set;
        if (!class_escape(r, true, &set))
            return false;
        *ret = POINT_NONE;
        return set || character_escape(r, true, ret);
    }
    *ret = format_next_code_point(r->source, &r->at);
    return true;
}

/* Behind [ */
static bool character_class(struct regex *r) {
    bool negative = take(r, "^");
    if (take(r, "]")) {
        put(r, negative ? "[\\x{0}-\\x{10ffff}]" : "(?!)");
        return true;
    }
    put(r, negative ? "[^" : "[");
    while (!take(r, "]")) {
        uint32_t first, last;
        if (peek(r, 0) < 0)
            return refuse(r, "a [ is not closed");
        if (!class_atom(r, &first))
            return false;
        bool range = peek(r, 0) == '-' && peek(r, 1) != ']' && peek(r, 1) >= 0;
        if (first != POINT_NONE)
            put_point(r, first);
        if (!range)
            continue;
        r->at++;
        if (first == POINT_NONE)
            return refuse(r, "a range in [ ] begins with a set of characters");
        put(r, "-");
        if (!class_atom(r, &last))
            return false;
        if (last == POINT_NONE || last < first)
            return refuse(r, "a range in [ ] is out of order or ends with a set of characters");
        put_point(r, last);
    }
    put(r, "]");
    return true;
}

static bool group_name(struct regex *r, char close) {
    size_t from = r->at;
    while (is_letter(peek(r, 0)) || peek(r, 0) == '_' || (r->at > from && is_digit(peek(r, 0))))
        r->at++;
    if (r->at == from || r->at - from > 32 || peek(r, 0) != close)
        return refuse(r, "a group's name has 1 to 32 letters, digits and _ and is closed by >");
    r->at++;
    put_span(r, from);
    return true;
}

/* Behind ( */
static bool open_group(struct regex *r) {
    static const char *const assertions[] = {"?=", "?!", "?<=", "?<!"};
    if (r->depth == GROUPS_MOST)
        return refuse(r, "groups are nested too deep");
    bool *asserts = &r->asserts[r->depth++];
    *asserts = false;
    put(r, "(");
    for (size_t i = 0; i < 4; i++) {
        if (take(r, assertions[i])) {
            *asserts = true;
            put(r, assertions[i]);
            return true;
        }
    }
    if (take(r, "?:")) {
        put(r, "?:");
        return true;
    }
    if (take(r, "?<")) {
        put(r, "?<");
        return group_name(r, '>');
    }
    return peek(r, 0) == '?' ? refuse(r, "a group beginning with (? that ECMA 262 does not know") : true;
}

static bool back_reference(struct regex *r) {
    size_t number = 0, from = r->at;
    while (is_digit(peek(r, 0)) && r->at - from < 4)
        number = number * 10 + (size_t)(r->source.at[r->at++] - '0');
    if (number == 0 || number > r->groups)
        return refuse(r, "a back-reference to a group that is not there");
    if (r->out)
        buffer_format(r->out, "\\g{%zu}", number);
    return true;
}

/* Behind a backslash, outside of a class. *ret_atom: may a quantifier follow? */
static bool escape(struct regex *r, bool *ret_atom) {
    bool set;
    int c = peek(r, 0);
    if (c == 'b' || c == 'B') {
        put(r, c == 'b' ? "\\b" : "\\B");
        r->at++;
        *ret_atom = false;
        return true;
    }
    if (c >= '1' && c <= '9')
        return back_reference(r);
    if (c == 'k' && r->names) {
        r->at++;
        put(r, "\\k<");
        return take(r, "<") ? group_name(r, '>') : refuse(r, "\\k is followed by a group's name in < >");
    }
    if (!class_escape(r, false, &set))
        return false;
    uint32_t point;
    if (set)
        return true;
    if (!character_escape(r, false, &point))
        return false;
    put_point(r, point);
    return true;
}

/* {n}, {n,}, {n,m} at the current place; false when it is none (then nothing was taken). */
static bool take_braces(struct regex *r) {
    size_t from = r->at, i = 1;
    while (is_digit(peek(r, i)))
        i++;
    bool digits = i > 1;
    if (peek(r, i) == ',')
        for (i++; is_digit(peek(r, i));)
            i++;
    if (!digits || peek(r, i) != '}')
        return false;
    r->at += i + 1;
    put_span(r, from);
    return true;
}

/* Quantifier behind an atom, if there is one. *ret_taken says so. */
static bool quantifier(struct regex *r, bool *ret_taken) {
    int c = peek(r, 0);
    *ret_taken = true;
    if (c == '*' || c == '+' || c == '?') {
        put(r, (const char[]){(char)c, '\0'});
        r->at++;
    } else if (c != '{' || !take_braces(r)) {
        *ret_taken = false;
        return true;
    }
    if (take(r, "?"))
        put(r, "?");
    return true;
}

static void count_groups(struct regex *r) {
    bool in_class = false;
    for (size_t i = 0; i < r->source.length; i++) {
        char c = r->source.at[i], next = i + 1 < r->source.length ? r->source.at[i + 1] : '\0';
        char third = i + 2 < r->source.length ? r->source.at[i + 2] : '\0';
        char fourth = i + 3 < r->source.length ? r->source.at[i + 3] : '\0';
        if (c == '\\') {
            i++;
        } else if (in_class) {
            in_class = c != ']';
        } else if (c == '[') {
            in_class = true;
        } else if (c == '(') {
            bool named = next == '?' && third == '<' && fourth != '=' && fourth != '!';
            r->groups += next != '?' || named;
            r->names |= named;
        }
    }
}

/* One term. *ret_atom: may a quantifier follow? */
static bool term(struct regex *r, bool *ret_atom) {
    *ret_atom = true;
    if (take(r, "\\"))
        return escape(r, ret_atom);
    if (take(r, "["))
        return character_class(r);
    if (take(r, "(")) {
        *ret_atom = false;
        return open_group(r);
    }
    if (take(r, ")")) {
        if (r->depth == 0)
            return refuse(r, "a ) closes nothing");
        *ret_atom = !r->asserts[--r->depth];
        put(r, ")");
        return true;
    }
    int c = peek(r, 0);
    if (c == '*' || c == '+' || c == '?')
        return refuse(r, "a quantifier has nothing to repeat");
    if (c == '^' || c == '$' || c == '|') {
        put(r, (const char[]){(char)c, '\0'});
        r->at++;
        *ret_atom = false;
        return true;
    }
    if (take(r, ".")) {
        put(r, "[^\\x{a}\\x{d}\\x{2028}\\x{2029}]");
        return true;
    }
    size_t from = r->at;
    uint32_t point = format_next_code_point(r->source, &r->at);
    if (point == '{' || point == '}' || point == ']' || point < 0x20)
        put_point(r, point);
    else
        put_span(r, from);
    return true;
}

bool regex_translate(struct text ecma, struct buffer *out, const char **why) {
    struct regex r = {.source = ecma, .out = out, .why = ""};
    count_groups(&r);
    while (r.at < ecma.length) {
        bool atom, quantified = false;
        if (!term(&r, &atom) || (atom && !quantifier(&r, &quantified))) {
            *why = r.why;
            return false;
        }
        size_t before = r.at;
        if ((!atom || quantified) && peek(&r, 0) == '{' && take_braces(&r)) {
            r.at = before;
            *why = "a quantifier has nothing to repeat";
            return false;
        }
    }
    if (r.depth > 0) {
        *why = "a ( is not closed";
        return false;
    }
    return true;
}

bool format_is_regex(struct text t, const char **why) { return regex_translate(t, NULL, why); }
