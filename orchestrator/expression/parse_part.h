/* What the two halves of the parser share: parse.c has the operators and the whole, parse_term.c what stands between
 * them. */
#ifndef YJS_EXPRESSION_PARSE_PART_H
#define YJS_EXPRESSION_PARSE_PART_H

#include "expression/internal.h"
#include "expression/lex.h"

struct parser {
    struct making *making;
    struct text source;
    struct token token;      /* the one to be read next */
    unsigned nesting;
};

static inline void advance(struct parser *p) { p->token = lex_next(p->source, p->token.end); }
static inline bool at_token(const struct parser *p, enum token_kind kind) { return p->token.kind == kind; }
static inline struct text token_text(const struct parser *p) {
    return text_span(p->source.at + p->token.at, p->token.end - p->token.at);
}
static inline uint32_t here(const struct parser *p) { return (uint32_t)p->token.at; }
static inline bool at_name(const struct parser *p, const char *name) {
    return at_token(p, TOKEN_NAME) && text_is(token_text(p), name);
}

/* Notes the fault of the token that stands here; always NULL. */
struct expression *parse_fault(struct parser *, const char *expected);
/* Passes over a token of `kind`; false, with a fault, when another stands here. */
bool parse_expect(struct parser *, enum token_kind kind, const char *expected);
/* One level deeper (the caller takes it back from `nesting`); false, with a fault, past the limit. */
bool parse_enter(struct parser *);

/* Nodes under way: how many there will be is known at their end. */
struct node_list { const struct expression **at; uint32_t count, room; };

/* False when `node` is NULL (its fault is noted) or there is no memory. */
bool nodes_add(struct parser *, struct node_list *, const struct expression *node);
struct expression *nodes_make(struct parser *, enum expression_kind, uint32_t offset, const struct node_list *);
/* A node with one child; NULL when `child` is. */
struct expression *nodes_make_one(struct parser *, enum expression_kind, uint32_t offset,
                                  const struct expression *child);

/* The grammar's two doors: a whole expression, and a term with what is attached to it. NULL with a fault. */
struct expression *parse_pipe(struct parser *);
struct expression *parse_postfix(struct parser *);

#endif
