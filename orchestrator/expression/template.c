/* Input mappings: JSON values whose strings hold ${ … } become one tree. */
#include "expression/internal.h"
#include "expression/lex.h"

/* ---- faults with their place --------------------------------------------------------------------------------------*/

static void put_key(struct buffer *out, struct text key) {
    for (size_t i = 0; i < key.length; i++) {
        if (key.at[i] == '~' || key.at[i] == '/')
            buffer_put_string(out, key.at[i] == '~' ? "~0" : "~1");
        else
            buffer_put_byte(out, key.at[i]);
    }
}

static void put_pointer(struct buffer *out, const struct place *place) {
    if (!place)
        return;
    put_pointer(out, place->parent);   /* at most EXPRESSION_VALUE_DEPTH_MOST deep */
    buffer_put_byte(out, '/');
    if (place->key.at)
        put_key(out, place->key);
    else
        buffer_put_int64(out, place->index);
}

bool walk_fault(struct walk *w, const struct place *place, const struct json *value) {
    _cleanup_buffer_ struct buffer pointer = {0};
    buffer_init(&pointer, 64 << 10);
    put_pointer(&pointer, place);
    struct expression_fault *fault = arena_new(w->making.arena, struct expression_fault);
    struct text kept = text_copy(w->making.arena, buffer_text(&pointer));
    if (!fault || text_is_none(kept) || strcmp(w->making.fault.code, "out_of_memory") == 0)
        return making_no_memory(&w->making);
    *fault = w->making.fault;
    fault->pointer = kept;
    fault->value = value;
    if (w->last)
        w->last->next = fault;
    else
        w->first = fault;
    w->last = fault;
    w->making.fault = (struct expression_fault){0};
    return true;
}

enum outcome walk_end(struct walk *w, const struct expression *root, const struct expression **ret,
                      struct expression_fault *ret_fault) {
    if (w->making.fault.code || (!root && !w->first)) {
        making_no_memory(&w->making);
        *ret_fault = w->making.fault;
        return OUTCOME_FATAL;
    }
    if (w->first) {
        *ret_fault = *w->first;
        return OUTCOME_REJECT;
    }
    *ret = root;
    return OUTCOME_OK;
}

/* ---- strings ------------------------------------------------------------------------------------------------------*/

static bool opens_at(struct text s, size_t at) {
    return at + 1 < s.length && s.at[at] == '$' && s.at[at + 1] == '{';
}

static bool fault_unclosed(struct making *m, size_t at) {
    return making_fault(m, (uint32_t)at, "template_unclosed",
                        "`${` has no `}`; for the two signs themselves write $${");
}

/* The whole string is one ${ … }, white space around it aside: *ret_open and *ret_close are its bounds. */
static bool is_single(struct text s, size_t *ret_open, size_t *ret_close) {
    size_t open = 0, end = s.length;
    while (open < end && (s.at[open] == ' ' || s.at[open] == '\n' || s.at[open] == '\t' || s.at[open] == '\r'))
        open++;
    while (end > open && (s.at[end - 1] == ' ' || s.at[end - 1] == '\n' || s.at[end - 1] == '\t' || s.at[end - 1] == '\r'))
        end--;
    if (!opens_at(s, open))
        return false;
    *ret_open = open + 2;
    *ret_close = lex_closing_brace(s, open + 2);
    return *ret_close != SIZE_MAX && *ret_close + 1 == end;
}

/* Literal text from `at` up to the next `${` or the end, `$${` undone. */
static bool literal_piece(struct making *m, struct text s, size_t *at, struct text *ret) {
    char *out = arena_alloc(m->arena, s.length - *at + 1);
    if (!out)
        return making_no_memory(m);
    size_t length = 0;
    while (*at < s.length && !opens_at(s, *at)) {
        if (s.at[*at] == '$' && opens_at(s, *at + 1)) {
            memcpy(out + length, "${", 2);
            length += 2;
            *at += 3;
        } else {
            out[length++] = s.at[(*at)++];
        }
    }
    *ret = text_span(out, length);
    return true;
}

/* Counts (parts NULL) or makes the pieces of a mixed string. */
static bool mixed_parts(struct making *m, struct text s, struct expression *node, uint32_t *ret_count) {
    uint32_t count = 0;
    for (size_t at = 0; at < s.length;) {
        const struct expression *part;
        if (opens_at(s, at)) {
            size_t close = lex_closing_brace(s, at + 2);
            if (close == SIZE_MAX)
                return fault_unclosed(m, at);
            part = node ? parse_source(m, text_span(s.at, close), at + 2) : NULL;
            at = close + 1;
        } else {
            struct text piece;
            uint32_t offset = (uint32_t)at;
            if (!literal_piece(m, s, &at, &piece))
                return false;
            part = node ? node_literal(m, offset, json_string(piece)) : NULL;
        }
        if (node && !part)
            return false;
        if (node)
            node_child(node, count, part);
        count++;
    }
    *ret_count = count;
    return true;
}

const struct expression *template_string(struct making *m, const struct json *value) {
    struct text s = value->text;
    size_t open, close;
    uint32_t count;
    if (!s.length || !memmem(s.at, s.length, "${", 2))
        return node_literal(m, 0, *value);
    if (is_single(s, &open, &close))
        return parse_source(m, text_span(s.at, close), open);
    if (!mixed_parts(m, s, NULL, &count))
        return NULL;
    struct expression *node = node_new(m, EXPRESSION_INTERPOLATION, 0, count);
    if (!node || !mixed_parts(m, s, node, &count))
        return NULL;
    node->optional = true;
    if (count == 1 && node->children[0]->kind == EXPRESSION_LITERAL)   /* nothing but $${ */
        return node->children[0];
    return node_close(m, node);
}

/* ---- values -------------------------------------------------------------------------------------------------------*/

/* A literal that is the very value: text with `$${` undone is not. */
static bool is_unchanged(const struct expression *node, const struct json *value) {
    return node->kind == EXPRESSION_LITERAL && node->literal.text.at == value->text.at &&
           node->literal.children == value->children;
}

static const struct expression *template_container(struct walk *w, const struct place *place, const struct json *value,
                                                   unsigned depth) {
    bool object = value->type == JSON_OBJECT, literal = true;
    struct expression *node = node_new(&w->making, object ? EXPRESSION_OBJECT : EXPRESSION_ARRAY, 0,
                                       value->count * (object ? 2 : 1));
    if (!node)
        return NULL;
    for (uint32_t i = 0; i < value->count; i++) {
        const struct json_member *member = &value->children[i];
        struct place here = {place, object ? member->key : TEXT_NONE, i};
        const struct expression *child = template_node(w, &here, &member->value, depth + 1);
        if (w->making.fault.code)
            return NULL;   /* no memory; other faults are in the list by now, and the walk goes on */
        literal &= child && is_unchanged(child, &member->value);
        if (object)
            node_child(node, 2 * i, node_literal(&w->making, 0, json_string(member->key)));
        node_child(node, object ? 2 * i + 1 : i, child);
    }
    if (literal)
        return node_literal(&w->making, 0, *value);
    for (uint32_t i = 0; i < node->count; i++)
        if (!node->children[i])
            return NULL;
    return node_close(&w->making, node);
}

/* NULL: a fault is in the list, or the making has no memory. A value without any expression is one literal. */
const struct expression *template_node(struct walk *w, const struct place *place, const struct json *value,
                                       unsigned depth) {
    const struct expression *node = NULL;
    if (value->type == JSON_ARRAY || value->type == JSON_OBJECT) {
        if (depth < EXPRESSION_VALUE_DEPTH_MOST)
            node = template_container(w, place, value, depth);
        else
            making_fault(&w->making, 0, "expression_nesting", "the value is nested deeper than %d",
                         EXPRESSION_VALUE_DEPTH_MOST);
    } else if (value->type == JSON_STRING) {
        node = template_string(&w->making, value);
    } else {
        node = node_literal(&w->making, 0, *value);
    }
    if (!node && w->making.fault.code)
        walk_fault(w, place, value);
    return node;
}

enum outcome expression_from_template(struct arena *arena, const struct json *value, const struct expression **ret,
                                      struct expression_fault *ret_fault) {
    struct walk walk = {.making.arena = arena};
    const struct expression *root = template_node(&walk, NULL, value, 0);
    return walk_end(&walk, root, ret, ret_fault);
}
