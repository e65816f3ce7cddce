/* Reads an expression's source into its tree: a parser by recursive descent with jq's precedences. Here are the
 * operators and the whole; terms are in parse_term.c. */
#include "expression/parse_part.h"

struct expression *parse_fault(struct parser *p, const char *expected) {
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

bool parse_expect(struct parser *p, enum token_kind kind, const char *expected) {
    if (!at_token(p, kind))
        return parse_fault(p, expected) != NULL;
    advance(p);
    return true;
}

bool parse_enter(struct parser *p) {
    if (p->nesting >= EXPRESSION_NESTING_MOST)
        return making_fault(p->making, here(p), "expression_nesting",
                            "nested deeper than %d; compute a part of it elsewhere", EXPRESSION_NESTING_MOST);
    p->nesting++;
    return true;
}

/* ---- lists of nodes under way -------------------------------------------------------------------------------------*/

bool nodes_add(struct parser *p, struct node_list *list, const struct expression *node) {
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

struct expression *nodes_make(struct parser *p, enum expression_kind kind, uint32_t offset,
                              const struct node_list *list) {
    struct expression *node = node_new(p->making, kind, offset, list->count);
    if (!node)
        return NULL;
    for (uint32_t i = 0; i < list->count; i++)
        node_child(node, i, list->at[i]);
    return node_close(p->making, node);
}

struct expression *nodes_make_one(struct parser *p, enum expression_kind kind, uint32_t offset,
                                  const struct expression *child) {
    struct node_list one = {0};
    return nodes_add(p, &one, child) ? nodes_make(p, kind, offset, &one) : NULL;
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
    if (!parse_enter(p))
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
    return operand ? nodes_make_one(p, EXPRESSION_NEGATE, offset, operand) : NULL;
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

struct expression *parse_pipe(struct parser *p) {
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
        return parse_fault(p, "an operator or the end");
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
