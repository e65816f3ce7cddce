/* Cuts an expression's source into tokens. */
#include "expression/lex.h"

#include <stdint.h>

static bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_name(char c) { return is_name_start(c) || is_digit(c); }

/* Longest first. */
static const struct sign { const char *sign; enum token_kind kind; } signs[] = {
    {"?//", TOKEN_QUESTION_ALTERNATIVE}, {"//=", TOKEN_ASSIGNMENT},
    {"..", TOKEN_RECURSE}, {"//", TOKEN_ALTERNATIVE}, {"==", TOKEN_EQUAL}, {"!=", TOKEN_NOT_EQUAL},
    {"<=", TOKEN_LESS_EQUAL}, {">=", TOKEN_GREATER_EQUAL}, {"|=", TOKEN_ASSIGNMENT}, {"+=", TOKEN_ASSIGNMENT},
    {"-=", TOKEN_ASSIGNMENT}, {"*=", TOKEN_ASSIGNMENT}, {"/=", TOKEN_ASSIGNMENT}, {"%=", TOKEN_ASSIGNMENT},
    {"=", TOKEN_ASSIGNMENT}, {".", TOKEN_DOT}, {"|", TOKEN_PIPE}, {",", TOKEN_COMMA}, {":", TOKEN_COLON},
    {";", TOKEN_SEMICOLON}, {"?", TOKEN_QUESTION}, {"<", TOKEN_LESS}, {">", TOKEN_GREATER}, {"+", TOKEN_PLUS},
    {"-", TOKEN_MINUS}, {"*", TOKEN_STAR}, {"/", TOKEN_SLASH}, {"%", TOKEN_PERCENT}, {"(", TOKEN_OPEN_PAREN},
    {")", TOKEN_CLOSE_PAREN}, {"[", TOKEN_OPEN_BRACKET}, {"]", TOKEN_CLOSE_BRACKET}, {"{", TOKEN_OPEN_BRACE},
    {"}", TOKEN_CLOSE_BRACE}, {"\"", TOKEN_STRING},
};

static size_t skip_space(struct text s, size_t at) {
    while (at < s.length) {
        char c = s.at[at];
        if (c == '#')
            while (at < s.length && s.at[at] != '\n')
                at++;
        else if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
            at++;
        else
            break;
    }
    return at;
}

static size_t skip_name(struct text s, size_t at) {
    while (at < s.length && is_name(s.at[at]))
        at++;
    return at;
}

static size_t skip_digits(struct text s, size_t at) {
    while (at < s.length && is_digit(s.at[at]))
        at++;
    return at;
}

/* A JSON number without sign; what jq takes beyond (.5, 1., 007) is a bad number. */
static struct token lex_number(struct text s, size_t at) {
    struct token token = {TOKEN_NUMBER, at, skip_digits(s, at)};
    if (s.at[at] == '0' && token.end > at + 1)
        token.kind = TOKEN_BAD_NUMBER;
    if (token.end < s.length && s.at[token.end] == '.') {
        size_t fraction = token.end + 1;
        token.end = skip_digits(s, fraction);
        if (token.end == fraction)
            token.kind = TOKEN_BAD_NUMBER;
    }
    if (token.end < s.length && (s.at[token.end] == 'e' || s.at[token.end] == 'E')) {
        size_t digits = token.end + 1;
        if (digits < s.length && (s.at[digits] == '+' || s.at[digits] == '-'))
            digits++;
        size_t end = skip_digits(s, digits);
        if (end > digits)
            token.end = end;
        else
            token.kind = TOKEN_BAD_NUMBER;
    }
    return token;
}

struct token lex_next(struct text s, size_t position) {
    size_t at = skip_space(s, position);
    if (at >= s.length)
        return (struct token){TOKEN_END, s.length, s.length};
    char c = s.at[at], next = at + 1 < s.length ? s.at[at + 1] : '\0';
    if (is_name_start(c))
        return (struct token){TOKEN_NAME, at, skip_name(s, at)};
    if (is_digit(c))
        return lex_number(s, at);
    if (c == '.' && is_digit(next))
        return (struct token){TOKEN_BAD_NUMBER, at, skip_digits(s, at + 1)};
    if (c == '.' && is_name_start(next))
        return (struct token){TOKEN_FIELD, at, skip_name(s, at + 1)};
    if (c == '$')
        return (struct token){TOKEN_VARIABLE, at, skip_name(s, at + 1)};
    if (c == '@')
        return (struct token){TOKEN_FORMAT, at, skip_name(s, at + 1)};
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        size_t length = strlen(signs[i].sign);
        if (s.length - at >= length && memcmp(s.at + at, signs[i].sign, length) == 0)
            return (struct token){signs[i].kind, at, at + length};
    }
    size_t end = at + 1;   /* a whole code point, for the message */
    while (end < s.length && ((unsigned char)s.at[end] & 0xc0) == 0x80)
        end++;
    return (struct token){TOKEN_UNKNOWN, at, end};
}

#define LEX_OPEN_MOST 256

/* The stack holds what was opened: a bracket, a string's quote, or the `(` of an interpolation. */
size_t lex_closing_brace(struct text s, size_t position) {
    char stack[LEX_OPEN_MOST];
    size_t depth = 0;
    for (size_t at = position; at < s.length; at++) {
        char c = s.at[at];
        if (depth && stack[depth - 1] == '"') {
            if (c == '\\') {
                at++;
                if (at < s.length && s.at[at] == '(') {
                    if (depth == LEX_OPEN_MOST)
                        return SIZE_MAX;
                    stack[depth++] = '(';
                }
            } else if (c == '"') {
                depth--;
            }
        } else if (c == '"' || c == '(' || c == '[' || c == '{') {
            if (depth == LEX_OPEN_MOST)
                return SIZE_MAX;
            stack[depth++] = c;
        } else if (c == ')' || c == ']' || c == '}') {
            if (depth == 0 && c == '}')
                return at;
            if (depth)
                depth--;
        } else if (c == '#') {
            while (at + 1 < s.length && s.at[at + 1] != '\n')
                at++;
        }
    }
    return SIZE_MAX;
}
