/* Reads the terms of an expression: literals, strings, constructors, `if`, calls, and the steps behind them. */
#include "expression/parse_part.h"

/* ---- strings ------------------------------------------------------------------------------------------------------*/

static bool parse_string_parts(struct parser *p, struct node_list *parts) {
    size_t at = p->token.end;
    for (;;) {
        struct text piece;
        bool interpolation;
        uint32_t offset = (uint32_t)at;
        if (!string_read_piece(p->making, p->source, p->token.at, &at, &piece, &interpolation))
            return false;
        if ((piece.length || (!interpolation && parts->count == 0)) &&
            !nodes_add(p, parts, node_literal(p->making, offset, json_string(piece))))
            return false;
        if (!interpolation) {
            p->token.end = at;
            advance(p);
            return true;
        }
        struct token quote = p->token;
        p->token = lex_next(p->source, at);
        if (!nodes_add(p, parts, parse_pipe(p)))
            return false;
        if (!at_token(p, TOKEN_CLOSE_PAREN))
            return parse_fault(p, "`)` of \\( )") != NULL;
        at = p->token.end;
        p->token = quote;
    }
}

static struct expression *parse_string(struct parser *p) {
    uint32_t offset = here(p);
    struct node_list parts = {0};
    if (!parse_enter(p) || !parse_string_parts(p, &parts))
        return NULL;
    p->nesting--;
    if (parts.count == 1 && parts.at[0]->kind == EXPRESSION_LITERAL && parts.at[0]->literal.type == JSON_STRING)
        return node_literal(p->making, offset, parts.at[0]->literal);
    return nodes_make(p, EXPRESSION_INTERPOLATION, offset, &parts);
}

/* ---- constructors -------------------------------------------------------------------------------------------------*/

static struct expression *parse_array(struct parser *p) {
    uint32_t offset = here(p);
    struct node_list elements = {0};
    advance(p);
    if (!at_token(p, TOKEN_CLOSE_BRACKET)) {
        const struct expression *content = parse_pipe(p);
        if (!content)
            return NULL;
        if (content->kind != EXPRESSION_COMMA && !nodes_add(p, &elements, content))
            return NULL;
        for (uint32_t i = 0; content->kind == EXPRESSION_COMMA && i < content->count; i++)
            if (!nodes_add(p, &elements, content->children[i]))
                return NULL;
    }
    if (!parse_expect(p, TOKEN_CLOSE_BRACKET, "`]`"))
        return NULL;
    return nodes_make(p, EXPRESSION_ARRAY, offset, &elements);
}

/* jq's ExpD: terms and `|` only. */
static struct expression *parse_member_value(struct parser *p) {
    struct expression *value = NULL;
    do {
        uint32_t offset = here(p);
        if (value)
            advance(p);
        bool negative = at_token(p, TOKEN_MINUS);
        uint32_t sign = here(p);
        if (negative)
            advance(p);
        struct expression *term = parse_postfix(p);
        if (negative)
            term = nodes_make_one(p, EXPRESSION_NEGATE, sign, term);
        value = value ? node_binary(p->making, EXPRESSION_PIPE, 0, offset, value, term) : term;
    } while (value && at_token(p, TOKEN_PIPE));
    if (value && !at_token(p, TOKEN_COMMA) && !at_token(p, TOKEN_CLOSE_BRACE) && !at_token(p, TOKEN_END)) {
        making_fault(p->making, here(p), "expression_syntax",
                     "a member's value is one term; put parentheses around it: {a: (.x + 1)}");
        return NULL;
    }
    return value;
}

/* Leaves the key's expression in *ret_key; *ret_short: it may stand without a value. */
static bool parse_member_key(struct parser *p, struct expression **ret_key, bool *ret_short) {
    uint32_t offset = here(p);
    *ret_short = true;
    if (at_token(p, TOKEN_NAME)) {
        *ret_key = node_literal(p->making, offset, json_string(token_text(p)));
        advance(p);
    } else if (at_token(p, TOKEN_STRING)) {
        *ret_key = parse_string(p);
    } else if (at_token(p, TOKEN_OPEN_PAREN)) {
        *ret_short = false;
        advance(p);
        *ret_key = parse_pipe(p);
        if (*ret_key && !parse_expect(p, TOKEN_CLOSE_PAREN, "`)`"))
            return false;
    } else {
        return parse_fault(p, "a member's name") != NULL;
    }
    return *ret_key != NULL;
}

static struct expression *shorthand_value(struct parser *p, uint32_t offset, const struct expression *key) {
    struct expression *identity = node_new(p->making, EXPRESSION_IDENTITY, offset, 0);
    if (!identity)
        return NULL;
    if (key->kind == EXPRESSION_LITERAL)
        return node_field(p->making, offset, identity, key->literal.text);
    return node_binary(p->making, EXPRESSION_INDEX, 0, offset, identity, key);
}

static bool parse_member(struct parser *p, struct node_list *members) {
    uint32_t offset = here(p);
    struct expression *key = NULL, *value;
    bool may_be_short = false;
    if (!parse_member_key(p, &key, &may_be_short))
        return false;
    if (at_token(p, TOKEN_COLON)) {
        advance(p);
        value = parse_member_value(p);
    } else if (may_be_short && (at_token(p, TOKEN_COMMA) || at_token(p, TOKEN_CLOSE_BRACE))) {
        value = shorthand_value(p, offset, key);
    } else {
        return parse_fault(p, may_be_short ? "`:`, `,` or `}`" : "`:`") != NULL;
    }
    return nodes_add(p, members, key) && nodes_add(p, members, value);
}

static struct expression *parse_object(struct parser *p) {
    uint32_t offset = here(p);
    struct node_list members = {0};
    advance(p);
    while (!at_token(p, TOKEN_CLOSE_BRACE)) {
        if (!parse_member(p, &members))
            return NULL;
        if (!at_token(p, TOKEN_COMMA))
            break;
        advance(p);
        if (at_token(p, TOKEN_CLOSE_BRACE))
            return parse_fault(p, "a member's name");
    }
    if (!parse_expect(p, TOKEN_CLOSE_BRACE, "`,` or `}`"))
        return NULL;
    return nodes_make(p, EXPRESSION_OBJECT, offset, &members);
}

/* ---- terms --------------------------------------------------------------------------------------------------------*/

static struct expression *parse_if_rest(struct parser *p, uint32_t offset) {
    struct node_list parts = {0};
    advance(p);
    if (!nodes_add(p, &parts, parse_pipe(p)))
        return NULL;
    if (!at_name(p, "then"))
        return parse_fault(p, "`then`");
    advance(p);
    if (!nodes_add(p, &parts, parse_pipe(p)))
        return NULL;
    struct expression *otherwise = NULL;
    if (at_name(p, "elif")) {
        if (!parse_enter(p))
            return NULL;
        otherwise = parse_if_rest(p, here(p));
        p->nesting--;
    } else if (at_name(p, "else")) {
        advance(p);
        otherwise = parse_pipe(p);
        if (otherwise && !at_name(p, "end"))
            return parse_fault(p, "`end`");
        advance(p);
    } else {
        return parse_fault(p, at_name(p, "end") ? "`else` (an `if` always has one)" : "`elif` or `else`");
    }
    return nodes_add(p, &parts, otherwise) ? nodes_make(p, EXPRESSION_IF, offset, &parts) : NULL;
}

static struct expression *parse_call(struct parser *p) {
    uint32_t offset = here(p);
    struct text name = token_text(p);
    struct node_list arguments = {0};
    const char *refusal = function_refusal(name);
    if (refusal) {
        function_refuse(p->making, offset, name, 0);
        return NULL;
    }
    advance(p);
    if (at_token(p, TOKEN_OPEN_PAREN)) {
        do {
            advance(p);
            if (!nodes_add(p, &arguments, parse_pipe(p)))
                return NULL;
        } while (at_token(p, TOKEN_SEMICOLON));
        if (!parse_expect(p, TOKEN_CLOSE_PAREN, "`)` or `;`"))
            return NULL;
    }
    const struct expression_function *function = function_find(name, arguments.count);
    if (!function) {
        function_refuse(p->making, offset, name, arguments.count);
        return NULL;
    }
    struct expression *call = nodes_make(p, EXPRESSION_CALL, offset, &arguments);
    if (call)
        call->function = function;
    return call;
}

static struct expression *parse_name(struct parser *p) {
    static const struct { const char *name; enum json_type type; } words[] = {
        {"true", JSON_TRUE}, {"false", JSON_FALSE}, {"null", JSON_NULL}};
    static const char *const parts[] = {"and", "or", "then", "elif", "else", "end"};
    struct text name = token_text(p);
    uint32_t offset = here(p);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (text_is(name, words[i].name)) {
            advance(p);
            return node_literal(p->making, offset, (struct json){.type = words[i].type});
        }
    if (text_is(name, "if"))
        return parse_if_rest(p, offset);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (text_is(name, parts[i]))
            return parse_fault(p, "a value");
    return parse_call(p);
}

static struct expression *parse_number(struct parser *p) {
    struct text number = token_text(p);
    uint32_t offset = here(p);
    if (!decimal_is_number(number)) {
        making_fault(p->making, offset, "expression_syntax", "the number lies past a double's range");
        return NULL;
    }
    advance(p);
    return node_literal(p->making, offset, (struct json){.type = JSON_NUMBER, .text = number});
}

static struct expression *refuse_token(struct parser *p) {
    static const struct { enum token_kind kind; const char *reason; } reasons[] = {
        {TOKEN_VARIABLE, "an expression names nothing; write the value where it is used"},
        {TOKEN_FORMAT, "formats belong to an adapter's mapping; tojson and tostring are there"},
        {TOKEN_RECURSE, "searching all of a value can't be checked; write the path"},
    };
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (at_token(p, reasons[i].kind)) {
            making_fault(p->making, here(p), "expression_refused", "%.*s is not part of the language: %s",
                         TEXT_ARG(token_text(p)), reasons[i].reason);
            return NULL;
        }
    return parse_fault(p, "a value");
}

/* `.name`, or a point with a string behind it. */
static struct expression *parse_step(struct parser *p, const struct expression *base) {
    uint32_t offset = here(p);
    if (at_token(p, TOKEN_FIELD)) {
        struct text name = token_text(p);
        advance(p);
        return node_field(p->making, offset, base, text_span(name.at + 1, name.length - 1));
    }
    advance(p);
    if (!at_token(p, TOKEN_STRING))
        return parse_fault(p, "a member's name");
    struct expression *name = parse_string(p);
    if (name && name->kind == EXPRESSION_LITERAL)
        return node_field(p->making, offset, base, name->literal.text);
    return name ? node_binary(p->making, EXPRESSION_INDEX, 0, offset, base, name) : NULL;
}

static struct expression *parse_slice(struct parser *p, uint32_t offset, const struct expression *base,
                                      const struct expression *from) {
    struct node_list parts = {0};
    const struct expression *to;
    if (!from)
        from = node_literal(p->making, here(p), JSON_NULL_VALUE);
    advance(p);
    if (at_token(p, TOKEN_CLOSE_BRACKET))
        to = node_literal(p->making, here(p), JSON_NULL_VALUE);
    else
        to = parse_pipe(p);
    if (!to || !parse_expect(p, TOKEN_CLOSE_BRACKET, "`]`") || !nodes_add(p, &parts, base) ||
        !nodes_add(p, &parts, from) || !nodes_add(p, &parts, to))
        return NULL;
    return nodes_make(p, EXPRESSION_SLICE, offset, &parts);
}

static struct expression *parse_bracket(struct parser *p, const struct expression *base) {
    uint32_t offset = here(p);
    advance(p);
    if (at_token(p, TOKEN_CLOSE_BRACKET)) {
        advance(p);
        return nodes_make_one(p, EXPRESSION_ITERATE, offset, base);
    }
    const struct expression *key = at_token(p, TOKEN_COLON) ? NULL : parse_pipe(p);
    if (at_token(p, TOKEN_COLON) && (key || !p->making->fault.code)) {
        struct token colon = p->token, next = lex_next(p->source, colon.end);
        if (!key && next.kind == TOKEN_CLOSE_BRACKET) {
            advance(p);
            return parse_fault(p, "an end of the slice");
        }
        return parse_slice(p, offset, base, key);
    }
    if (!key || !parse_expect(p, TOKEN_CLOSE_BRACKET, "`]`"))
        return NULL;
    if (key->kind == EXPRESSION_LITERAL && key->literal.type == JSON_STRING)
        return node_field(p->making, offset, base, key->literal.text);
    return node_binary(p->making, EXPRESSION_INDEX, 0, offset, base, key);
}

static struct expression *parse_primary(struct parser *p) {
    uint32_t offset = here(p);
    struct expression *node;
    switch (p->token.kind) {
    case TOKEN_DOT: {
        struct token next = lex_next(p->source, p->token.end);
        node = node_new(p->making, EXPRESSION_IDENTITY, offset, 0);
        if (!node || next.kind == TOKEN_STRING)
            return node ? parse_step(p, node) : NULL;
        advance(p);
        return node;
    }
    case TOKEN_FIELD:
        node = node_new(p->making, EXPRESSION_IDENTITY, offset, 0);
        return node ? parse_step(p, node) : NULL;
    case TOKEN_NUMBER:
        return parse_number(p);
    case TOKEN_STRING:
        return parse_string(p);
    case TOKEN_NAME:
        return parse_name(p);
    case TOKEN_OPEN_PAREN:
        advance(p);
        node = parse_pipe(p);
        return node && parse_expect(p, TOKEN_CLOSE_PAREN, "`)`") ? node : NULL;
    case TOKEN_OPEN_BRACKET:
        return parse_array(p);
    case TOKEN_OPEN_BRACE:
        return parse_object(p);
    default:
        return refuse_token(p);
    }
}

/* The step that was just made becomes optional; anything else, and a second `?`, is wrapped. */
static struct expression *parse_question(struct parser *p, struct expression *node, bool is_step) {
    uint32_t offset = here(p);
    if (at_token(p, TOKEN_QUESTION_ALTERNATIVE))   /* `?` and then `//` */
        p->token = (struct token){TOKEN_ALTERNATIVE, p->token.at + 1, p->token.end};
    else
        advance(p);
    if (is_step && !node->optional) {
        node->optional = true;
        return node;
    }
    return nodes_make_one(p, EXPRESSION_TRY, offset, node);
}

struct expression *parse_postfix(struct parser *p) {
    if (!parse_enter(p))
        return NULL;
    bool is_step = at_token(p, TOKEN_FIELD) || (at_token(p, TOKEN_DOT) &&
                   lex_next(p->source, p->token.end).kind == TOKEN_STRING);
    struct expression *node = parse_primary(p);
    while (node) {
        if (at_token(p, TOKEN_FIELD) ||
            (at_token(p, TOKEN_DOT) && lex_next(p->source, p->token.end).kind == TOKEN_STRING)) {
            node = parse_step(p, node);
            is_step = true;
        } else if (at_token(p, TOKEN_OPEN_BRACKET)) {
            node = parse_bracket(p, node);
            is_step = true;
        } else if (at_token(p, TOKEN_QUESTION) || at_token(p, TOKEN_QUESTION_ALTERNATIVE)) {
            node = parse_question(p, node, is_step);
        } else {
            break;
        }
    }
    p->nesting--;
    return node;
}
