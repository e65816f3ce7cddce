/* The tree of a source: access, its JSON, and where in the file a byte of a decoded string stands. */
#include "definition/node.h"

const struct node_member *node_member_of(const struct node *node, const char *key) {
    if (!node || node->type != JSON_OBJECT)
        return NULL;
    for (uint32_t i = 0; i < node->count; i++)
        if (text_is(node->members[i].key, key))
            return &node->members[i];
    return NULL;
}

const struct node *node_get(const struct node *node, const char *key) {
    const struct node_member *member = node_member_of(node, key);
    return member ? &member->node : NULL;
}

static bool to_json(struct arena *arena, struct node *node, struct json *slot) {
    *slot = (struct json){.type = node->type, .text = node->text};
    node->value = slot;
    if (node->type != JSON_ARRAY && node->type != JSON_OBJECT)
        return true;
    slot->count = node->count;
    slot->children = arena_new_array(arena, node->count, struct json_member);
    if (!slot->children)
        return false;
    for (uint32_t i = 0; i < node->count; i++) {
        slot->children[i].key = node->members[i].key;
        if (!to_json(arena, &node->members[i].node, &slot->children[i].value))
            return false;
    }
    return true;
}

bool node_to_json(struct arena *arena, struct node *node) {
    struct json *slot = arena_new(arena, struct json);
    return slot && to_json(arena, node, slot);
}

bool node_from_json(struct arena *arena, const struct json *value, struct node *ret) {
    struct node node = {.type = value->type, .text = value->text};
    if (value->type == JSON_ARRAY || value->type == JSON_OBJECT) {
        node.text = TEXT_NONE;
        node.count = value->count;
        node.members = arena_new_array(arena, value->count, struct node_member);
        if (!node.members)
            return false;
        for (uint32_t i = 0; i < node.count; i++) {
            node.members[i].key = value->children[i].key;
            if (!node_from_json(arena, &value->children[i].value, &node.members[i].node))
                return false;
        }
    }
    *ret = node;
    return true;
}

bool node_copy(struct arena *arena, const struct node *from, struct node *ret) {
    struct node node = *from;
    if (node.count) {
        node.members = arena_new_array(arena, node.count, struct node_member);
        if (!node.members)
            return false;
        for (uint32_t i = 0; i < node.count; i++) {
            node.members[i] = from->members[i];
            if (!node_copy(arena, &from->members[i].node, &node.members[i].node))
                return false;
        }
    }
    *ret = node;
    return true;
}

const struct node *node_of_value(const struct node *node, const struct json *value) {
    if (!node || node->value == value)
        return node;
    for (uint32_t i = 0; i < node->count; i++) {
        const struct node *found = node_of_value(&node->members[i].node, value);
        if (found)
            return found;
    }
    return NULL;
}

/* ---- places within a scalar ---- */

struct cursor { struct text source; size_t at; struct place place; };

static size_t code_point_length(const struct cursor *c) {
    unsigned char lead = (unsigned char)c->source.at[c->at];
    size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    return length <= c->source.length - c->at ? length : c->source.length - c->at;
}

/* Bytes of the line break here (CR LF, LF, CR, and YAML 1.1's NEL, LS, PS), 0: none. */
static size_t break_length(const struct cursor *c) {
    size_t left = c->source.length - c->at;
    const char *at = c->source.at + c->at;
    if (left >= 2 && memcmp(at, "\r\n", 2) == 0)
        return 2;
    if (left >= 1 && (*at == '\n' || *at == '\r'))
        return 1;
    if (left >= 2 && memcmp(at, "\xc2\x85", 2) == 0)
        return 2;
    if (left >= 3 && (memcmp(at, "\xe2\x80\xa8", 3) == 0 || memcmp(at, "\xe2\x80\xa9", 3) == 0))
        return 3;
    return 0;
}

/* One character of the source on; false at its end. */
static bool cursor_step(struct cursor *c) {
    if (c->at >= c->source.length)
        return false;
    size_t break_bytes = break_length(c);
    if (break_bytes) {
        c->at += break_bytes;
        c->place = (struct place){c->place.line + 1, 1};
        return true;
    }
    c->at += code_point_length(c);
    c->place.column++;
    return true;
}

static bool cursor_go_to(struct cursor *c, struct place place) {
    while (c->place.line < place.line || (c->place.line == place.line && c->place.column < place.column))
        if (!cursor_step(c))
            return false;
    return c->place.line == place.line && c->place.column == place.column;
}

static char here(const struct cursor *c) { return c->at < c->source.length ? c->source.at[c->at] : '\0'; }

/* An escape of a double-quoted scalar: characters of the source, and bytes that it stands for. */
static size_t escape_source_length(char letter) {
    return letter == 'x' ? 4 : letter == 'u' ? 6 : letter == 'U' ? 10 : 2;
}
static size_t escape_decoded_length(const struct cursor *c) {
    char letter = c->at + 1 < c->source.length ? c->source.at[c->at + 1] : '\0';
    if (letter == 'N' || letter == '_')
        return 2;
    if (letter == 'L' || letter == 'P')
        return 3;
    size_t digits = escape_source_length(letter) - 2;
    unsigned long code = 0;
    for (size_t i = 0; i < digits && c->at + 2 + i < c->source.length; i++) {
        char digit = c->source.at[c->at + 2 + i];
        code = code * 16 + (unsigned long)(digit <= '9' ? digit - '0' : (digit | 32) - 'a' + 10);
    }
    return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

/* Folds the line breaks of a plain or quoted scalar: one break is one space, n breaks are n-1 line feeds. */
static size_t skip_breaks(struct cursor *c) {
    size_t breaks = 0;
    while (break_length(c) || (breaks && (here(c) == ' ' || here(c) == '\t'))) {
        breaks += break_length(c) != 0;
        cursor_step(c);
    }
    return breaks > 1 ? breaks - 1 : breaks;
}

static struct place place_in_flow_scalar(struct cursor c, enum node_style style, size_t offset) {
    if (style != NODE_PLAIN)
        cursor_step(&c);
    for (size_t decoded = 0; decoded < offset;) {
        if (break_length(&c)) {
            decoded += skip_breaks(&c);
            continue;
        }
        struct cursor blank = c;   /* blanks before a break are not part of the value */
        while (here(&blank) == ' ' || here(&blank) == '\t')
            cursor_step(&blank);
        if (break_length(&blank)) {
            c = blank;
            continue;
        }
        size_t steps = 1, bytes = c.at < c.source.length ? code_point_length(&c) : 1;
        if (style == NODE_DOUBLE_QUOTED && here(&c) == '\\') {
            char letter = c.at + 1 < c.source.length ? c.source.at[c.at + 1] : '\0';
            steps = escape_source_length(letter);
            bytes = letter == '\n' || letter == '\r' ? 0 : escape_decoded_length(&c);
        } else if (style == NODE_SINGLE_QUOTED && here(&c) == '\'') {
            steps = 2;
        }
        if (decoded + bytes > offset)
            break;
        for (size_t i = 0; i < steps; i++)
            if (!cursor_step(&c))
                return c.place;
        decoded += bytes;
    }
    return c.place;
}

static struct place place_in_block_scalar(struct cursor c, size_t offset) {
    while (!break_length(&c))   /* the header: | or > with its indicators */
        if (!cursor_step(&c))
            return c.place;
    cursor_step(&c);
    struct cursor first = c;
    while (here(&first) == ' ' || break_length(&first))
        if (!cursor_step(&first))
            return c.place;
    uint32_t indentation = first.place.column - 1;
    size_t decoded = 0;
    for (;;) {
        while (c.place.column <= indentation && here(&c) == ' ')
            cursor_step(&c);
        while (!break_length(&c)) {
            if (decoded >= offset)
                return c.place;
            size_t bytes = c.at < c.source.length ? code_point_length(&c) : 0;
            if (!cursor_step(&c))
                return c.place;
            decoded += bytes;
        }
        if (decoded >= offset || !cursor_step(&c))
            return c.place;
        decoded++;
    }
}

struct place node_place_within(const struct node *node, struct text source, size_t offset) {
    struct cursor c = {source, 0, {1, 1}};
    if (!node || node->place.line == 0)
        return PLACE_NONE;
    if (node->type != JSON_STRING)
        return node->place;
    if (source.length >= 3 && memcmp(source.at, "\xef\xbb\xbf", 3) == 0)
        c.at = 3;
    if (!cursor_go_to(&c, node->place))
        return node->place;
    if (node->style == NODE_LITERAL || node->style == NODE_FOLDED)
        return place_in_block_scalar(c, offset);
    return place_in_flow_scalar(c, node->style, offset);
}
