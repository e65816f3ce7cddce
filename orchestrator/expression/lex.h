/* Tokens of the language; used by parse.c and by template.c, which looks for the `}` that ends an expression. */
#ifndef YJS_EXPRESSION_LEX_H
#define YJS_EXPRESSION_LEX_H

#include "base/text.h"

enum token_kind {
    TOKEN_END, TOKEN_NAME, TOKEN_FIELD, TOKEN_NUMBER, TOKEN_STRING, TOKEN_VARIABLE, TOKEN_FORMAT, TOKEN_ASSIGNMENT,
    TOKEN_BAD_NUMBER, TOKEN_UNKNOWN,
    TOKEN_DOT, TOKEN_RECURSE, TOKEN_PIPE, TOKEN_COMMA, TOKEN_COLON, TOKEN_SEMICOLON, TOKEN_QUESTION, TOKEN_ALTERNATIVE,
    TOKEN_QUESTION_ALTERNATIVE, TOKEN_EQUAL, TOKEN_NOT_EQUAL, TOKEN_LESS, TOKEN_LESS_EQUAL, TOKEN_GREATER,
    TOKEN_GREATER_EQUAL, TOKEN_PLUS, TOKEN_MINUS, TOKEN_STAR, TOKEN_SLASH, TOKEN_PERCENT, TOKEN_OPEN_PAREN,
    TOKEN_CLOSE_PAREN, TOKEN_OPEN_BRACKET, TOKEN_CLOSE_BRACKET, TOKEN_OPEN_BRACE, TOKEN_CLOSE_BRACE,
};

struct token {
    enum token_kind kind;
    size_t at, end;         /* bytes in the source; a string's token is its opening quote alone */
};

/* The token at or behind `position`, white space and comments passed over. */
struct token lex_next(struct text source, size_t position);
/* Position of the `}` that closes what was opened before `position`; SIZE_MAX when there is none. Strings,
 * interpolations, comments and brackets within are passed over. */
size_t lex_closing_brace(struct text source, size_t position);

#endif
