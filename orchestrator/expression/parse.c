/* Reads an expression's source into its tree: a parser by recursive descent with jq's precedences. */
#include "expression/internal.h"
#include "expression/lex.h"

#include <stdio.h>

struct parser {
    struct making *making;
    struct text source;
    struct token token;      /* the one to be read next */
    unsigned nesting;
};

static struct expression *parse_pipe(struct parser *);
static struct expression *parse_postfix(struct parser *);
static struct expression *parse_string(struct parser *);

static void advance(struct parser *p) { p->token = lex_next(p->source, p->token.end); }
static bool at_token(const struct parser *p, enum token_kind kind) { return p->token.kind == kind; }
static struct text token_text(const struct parser *p) {
    return text_span(p->source.at + p->token.at, p->token.end - p->token.at);
}
static uint32_t here(const struct parser *p) { return (uint32_t)p->token.at; }
static bool at_name(const struct parser *p, const char *name) {
    return at_token(p, TOKEN_NAME) && text_is(token_text(p), name);
}

static struct expression *fault_syntax(struct parser *p, const char *expected) {
    if (at_token(p, TOKEN_END))
        making_fault(p->making, here(p), "expression_syntax", "the expression ends where %s should stand", expected);
    else if (at_token(p, TOKEN_BAD_NUMBER))
        making_fault(p->making, here(p), "expression_syntax",
                     "%.*s is not written as a JSON number: digits before and behind the point, no leading zero",
                     TEXT_ARG(token_text(p)));
    else if (at_token(p, TOKEN_ASSIGNMENT))
        making_fault(p->making, here(p), "expression_refused",
                     "%.*s: an expression changes nothing; equality is ==, a changed object is . + {a: 1}",
                     TEXT_ARG(token_text(p)));
    else if (at_token(p, TOKEN_UNKNOWN))
        making_fault(p->making, here(p), "expression_syntax",
                     "`%.*s` has no meaning here; a member whose name is not [A-Za-z_][A-Za-z0-9_]* is read as .[\"name\"]",
                     TEXT_ARG(token_text(p)));
    else
        making_fault(p->making, here(p), "expression_syntax", "`%.*s` stands where %s should stand",
                     TEXT_ARG(token_text(p)), expected);
    return NULL;
}

static bool expect(struct parser *p, enum token_kind kind, const char *expected) {
    if (!at_token(p, kind))
        return fault_syntax(p, expected) != NULL;
    advance(p);
    return true;
}

static bool enter(struct parser *p) {
    if (p->nesting >= EXPRESSION_NESTING_MOST)
        return making_fault(p->making, here(p), "expression_nesting",
                            "nested deeper than %d; compute a part of it elsewhere", EXPRESSION_NESTING_MOST);
    p->nesting++;
    return true;
}

/* ---- lists of nodes under way -------------------------------------------------------------------------------------*/

struct node_list { const struct expression **at; uint32_t count, room; };

static bool nodes_add(struct parser *p, struct node_list *list, const struct expression *node) {
    if (!node)
        return false;
    if (list->count == list->room) {
        uint32_t room = list->room ? list->room * 2 : 4;
        const struct expression **grown = arena_new_array(p->making->arena, room, const struct expression *);
        if (!grown)
            return making_no_memory(p->making);
        if (list->count)
            memcpy(grown, list->at, list->count * sizeof(*grown));
        list->at = grown;
        list->room = room;
    }
    list->at[list->count++] = node;
    return true;
}

static struct expression *nodes_make(struct parser *p, enum expression_kind kind, uint32_t offset,
                                     const struct node_list *list) {
    struct expression *node = node_new(p->making, kind, offset, list->count);
    if (!node)
        return NULL;
    for (uint32_t i = 0; i < list->count; i++)
        node_child(node, i, list->at[i]);
    return node_close(p->making, node);
}

static struct expression *make_one(struct parser *p, enum expression_kind kind, uint32_t offset,
                                   const struct expression *child) {
    struct node_list one = {0};
    return nodes_add(p, &one, child) ? nodes_make(p, kind, offset, &one) : NULL;
}

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
            return fault_syntax(p, "`)` of \\( )") != NULL;
        at = p->token.end;
        p->token = quote;
    }
}

static struct expression *parse_string(struct parser *p) {
    uint32_t offset = here(p);
    struct node_list parts = {0};
    if (!enter(p) || !parse_string_parts(p, &parts))
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
    if (!expect(p, TOKEN_CLOSE_BRACKET, "`]`"))
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
            term = make_one(p, EXPRESSION_NEGATE, sign, term);
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
        if (*ret_key && !expect(p, TOKEN_CLOSE_PAREN, "`)`"))
            return false;
    } else {
        return fault_syntax(p, "a member's name") != NULL;
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
    struct expression *key, *value;
    bool may_be_short;
    if (!parse_member_key(p, &key, &may_be_short))
        return false;
    if (at_token(p, TOKEN_COLON)) {
        advance(p);
        value = parse_member_value(p);
    } else if (may_be_short && (at_token(p, TOKEN_COMMA) || at_token(p, TOKEN_CLOSE_BRACE))) {
        value = shorthand_value(p, offset, key);
    } else {
        return fault_syntax(p, may_be_short ? "`:`, `,` or `}`" : "`:`") != NULL;
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
            return fault_syntax(p, "a member's name");
    }
    if (!expect(p, TOKEN_CLOSE_BRACE, "`,` or `}`"))
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
        return fault_syntax(p, "`then`");
    advance(p);
    if (!nodes_add(p, &parts, parse_pipe(p)))
        return NULL;
    struct expression *otherwise = NULL;
    if (at_name(p, "elif")) {
        if (!enter(p))
            return NULL;
        otherwise = parse_if_rest(p, here(p));
        p->nesting--;
    } else if (at_name(p, "else")) {
        advance(p);
        otherwise = parse_pipe(p);
        if (otherwise && !at_name(p, "end"))
            return fault_syntax(p, "`end`");
        advance(p);
    } else {
        return fault_syntax(p, at_name(p, "end") ? "`else` (an `if` always has one)" : "`elif` or `else`");
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
        if (!expect(p, TOKEN_CLOSE_PAREN, "`)` or `;`"))
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
            return fault_syntax(p, "a value");
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
    return fault_syntax(p, "a value");
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
        return fault_syntax(p, "a member's name");
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
    if (!to || !expect(p, TOKEN_CLOSE_BRACKET, "`]`") || !nodes_add(p, &parts, base) || !nodes_add(p, &parts, from) ||
        !nodes_add(p, &parts, to))
        return NULL;
    return nodes_make(p, EXPRESSION_SLICE, offset, &parts);
}

static struct expression *parse_bracket(struct parser *p, const struct expression *base) {
    uint32_t offset = here(p);
    advance(p);
    if (at_token(p, TOKEN_CLOSE_BRACKET)) {
        advance(p);
        return make_one(p, EXPRESSION_ITERATE, offset, base);
    }
    const struct expression *key = at_token(p, TOKEN_COLON) ? NULL : parse_pipe(p);
    if (at_token(p, TOKEN_COLON) && (key || !p->making->fault.code)) {
        struct token colon = p->token, next = lex_next(p->source, colon.end);
        if (!key && next.kind == TOKEN_CLOSE_BRACKET) {
            advance(p);
            return fault_syntax(p, "an end of the slice");
        }
        return parse_slice(p, offset, base, key);
    }
    if (!key || !expect(p, TOKEN_CLOSE_BRACKET, "`]`"))
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
        return node && expect(p, TOKEN_CLOSE_PAREN, "`)`") ? node : NULL;
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
    return make_one(p, EXPRESSION_TRY, offset, node);
}

static struct expression *parse_postfix(struct parser *p) {
    if (!enter(p))
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

/* ---- operators ----------------------------------------------------------------------------------------------------*/

enum level { LEVEL_ALTERNATIVE, LEVEL_OR, LEVEL_AND, LEVEL_COMPARE, LEVEL_ADD, LEVEL_MULTIPLY, LEVEL_UNARY };

static const struct binary { enum token_kind token; const char *word; enum level level; enum expression_kind kind;
                             enum expression_operator operator; } binaries[] = {
    {TOKEN_ALTERNATIVE, NULL, LEVEL_ALTERNATIVE, EXPRESSION_ALTERNATIVE, 0},
    {TOKEN_NAME, "or", LEVEL_OR, EXPRESSION_OR, 0},
    {TOKEN_NAME, "and", LEVEL_AND, EXPRESSION_AND, 0},
    {TOKEN_EQUAL, NULL, LEVEL_COMPARE, EXPRESSION_BINARY, EXPRESSION_EQUAL},
    {TOKEN_NOT_EQUAL, NULL, LEVEL_COMPARE, EXPRESSION_BINARY, EXPRESSION_NOT_EQUAL},
    {TOKEN_LESS, NULL, LEVEL_COMPARE, EXPRESSION_BINARY, EXPRESSION_LESS},
    {TOKEN_LESS_EQUAL, NULL, LEVEL_COMPARE, EXPRESSION_BINARY, EXPRESSION_LESS_EQUAL},
    {TOKEN_GREATER, NULL, LEVEL_COMPARE, EXPRESSION_BINARY, EXPRESSION_GREATER},
    {TOKEN_GREATER_EQUAL, NULL, LEVEL_COMPARE, EXPRESSION_BINARY, EXPRESSION_GREATER_EQUAL},
    {TOKEN_PLUS, NULL, LEVEL_ADD, EXPRESSION_BINARY, EXPRESSION_ADD},
    {TOKEN_MINUS, NULL, LEVEL_ADD, EXPRESSION_BINARY, EXPRESSION_SUBTRACT},
    {TOKEN_STAR, NULL, LEVEL_MULTIPLY, EXPRESSION_BINARY, EXPRESSION_MULTIPLY},
    {TOKEN_SLASH, NULL, LEVEL_MULTIPLY, EXPRESSION_BINARY, EXPRESSION_DIVIDE},
    {TOKEN_PERCENT, NULL, LEVEL_MULTIPLY, EXPRESSION_BINARY, EXPRESSION_MODULO},
};

static const struct binary *binary_here(const struct parser *p) {
    for (size_t i = 0; i < sizeof(binaries) / sizeof(binaries[0]); i++)
        if (at_token(p, binaries[i].token) && (!binaries[i].word || at_name(p, binaries[i].word)))
            return &binaries[i];
    return NULL;
}

static struct expression *parse_level(struct parser *p, enum level least);

static struct expression *parse_unary(struct parser *p) {
    if (!at_token(p, TOKEN_MINUS))
        return parse_postfix(p);
    uint32_t offset = here(p);
    if (!enter(p))
        return NULL;
    advance(p);
    struct expression *operand = parse_level(p, LEVEL_MULTIPLY);   /* jq: -a * b is -(a * b) */
    p->nesting--;
    if (operand && operand->kind == EXPRESSION_LITERAL && operand->literal.type == JSON_NUMBER &&
        operand->literal.text.at[0] != '-') {
        struct text negative = text_format(p->making->arena, "-%.*s", TEXT_ARG(operand->literal.text));
        if (text_is_none(negative)) {
            making_no_memory(p->making);
            return NULL;
        }
        return node_literal(p->making, offset, (struct json){.type = JSON_NUMBER, .text = negative});
    }
    return operand ? make_one(p, EXPRESSION_NEGATE, offset, operand) : NULL;
}

static struct expression *parse_level(struct parser *p, enum level least) {
    struct expression *left = parse_unary(p);
    const struct binary *binary;
    bool compared = false;
    while (left && (binary = binary_here(p)) && binary->level >= least) {
        if (binary->level == LEVEL_COMPARE && compared) {
            making_fault(p->making, here(p), "expression_syntax", "comparisons do not chain; join two by `and`");
            return NULL;
        }
        compared = binary->level == LEVEL_COMPARE;
        uint32_t offset = here(p);
        advance(p);
        struct expression *right = parse_level(p, binary->level + 1);
        left = node_binary(p->making, binary->kind, binary->operator, offset, left, right);
    }
    return left;
}

static struct expression *parse_comma(struct parser *p) {
    struct node_list values = {0};
    uint32_t offset = 0;
    struct expression *first = parse_level(p, LEVEL_ALTERNATIVE);
    if (!at_token(p, TOKEN_COMMA) || !nodes_add(p, &values, first))
        return first;
    while (at_token(p, TOKEN_COMMA)) {
        offset = values.count == 1 ? here(p) : offset;
        advance(p);
        if (!nodes_add(p, &values, parse_level(p, LEVEL_ALTERNATIVE)))
            return NULL;
    }
    return nodes_make(p, EXPRESSION_COMMA, offset, &values);
}

static struct expression *parse_pipe(struct parser *p) {
    struct expression *left = parse_comma(p);
    while (left && at_token(p, TOKEN_PIPE)) {
        uint32_t offset = here(p);
        advance(p);
        left = node_binary(p->making, EXPRESSION_PIPE, 0, offset, left, parse_comma(p));
    }
    return left;
}

static const struct expression *parse_whole(struct parser *p, size_t start) {
    if (p->source.length - start > EXPRESSION_SOURCE_BYTES_MOST) {
        making_fault(p->making, (uint32_t)(start + EXPRESSION_SOURCE_BYTES_MOST), "expression_too_long",
                     "the expression has %zu bytes, the limit is %d", p->source.length - start,
                     EXPRESSION_SOURCE_BYTES_MOST);
        return NULL;
    }
    if (!text_is_utf8(p->source) || text_find(p->source, '\0') != SIZE_MAX) {
        making_fault(p->making, (uint32_t)start, "expression_utf8", "the expression is not UTF-8 text");
        return NULL;
    }
    p->token = lex_next(p->source, start);
    if (at_token(p, TOKEN_END)) {
        making_fault(p->making, (uint32_t)start, "expression_empty", "there is no expression between ${ and }");
        return NULL;
    }
    struct expression *root = parse_pipe(p);
    if (root && !at_token(p, TOKEN_END))
        return fault_syntax(p, "an operator or the end");
    return root;
}

const struct expression *parse_source(struct making *making, struct text source, size_t start) {
    struct parser parser = {.making = making, .source = source};
    const struct expression *root = parse_whole(&parser, start);
    if (root && flow_check(making, root))
        return root;
    if (!making->fault.code)
        making_no_memory(making);
    return NULL;
}

enum outcome expression_parse(struct arena *arena, struct text source, const struct expression **ret,
                              struct expression_fault *ret_fault) {
    struct making making = {.arena = arena};
    const struct expression *root = parse_source(&making, source, 0);
    if (root) {
        *ret = root;
        return OUTCOME_OK;
    }
    *ret_fault = making.fault;
    return strcmp(making.fault.code, "out_of_memory") == 0 ? OUTCOME_FATAL : OUTCOME_REJECT;
}
