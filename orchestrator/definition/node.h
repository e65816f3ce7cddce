/* A source as a tree that remembers its places: what YAML (or a canonical form) says, with the line and column of
 * every key and value, and beside each value the same as struct json for expressions and schemas. */
#ifndef YJS_DEFINITION_NODE_H
#define YJS_DEFINITION_NODE_H

#include "definition/fault.h"

enum node_style { NODE_PLAIN, NODE_SINGLE_QUOTED, NODE_DOUBLE_QUOTED, NODE_LITERAL, NODE_FOLDED };

struct node_member;
struct node {
    enum json_type type;
    enum node_style style;         /* of a scalar */
    struct text text;              /* string: decoded; number: as written */
    struct place place;
    uint32_t count;
    struct node_member *members;   /* of an object or array (then without key) */
    struct json *value;            /* the same as JSON, set by node_to_json */
};
struct node_member { struct text key; struct place key_place; struct node node; };

/* Reads YAML. Faults: yaml_syntax, yaml_alias, yaml_tag, yaml_documents, yaml_key, yaml_depth, yaml_size, duplicate_key.
 * False when the tree can't be trusted (nothing further is to be checked) or there is no memory. */
bool node_read_yaml(struct arena *, struct text source, struct faults *, struct node *ret);
/* The same tree of a value that was read as JSON; places are PLACE_NONE. False: no memory. */
bool node_from_json(struct arena *, const struct json *, struct node *ret);
/* Sets `value` throughout. False: no memory. */
bool node_to_json(struct arena *, struct node *);
/* A copy whose members may be changed without touching the original. False: no memory. */
bool node_copy(struct arena *, const struct node *, struct node *ret);

/* Member of an object; NULL when it is not there or `node` is NULL or no object. */
const struct node *node_get(const struct node *, const char *key);
const struct node_member *node_member_of(const struct node *, const char *key);
/* The node whose JSON is `value`, in the tree under `node`; NULL: none. */
const struct node *node_of_value(const struct node *, const struct json *value);
static inline bool node_is_text(const struct node *n) { return n && n->type == JSON_STRING; }
static inline bool node_is_true(const struct node *n) { return n && n->type == JSON_TRUE; }
static inline struct text node_text(const struct node *n) {
    return n && (n->type == JSON_STRING || n->type == JSON_NUMBER) ? n->text : TEXT_NONE;
}

/* The place in `source` of byte `offset` of the decoded string of a scalar node: through quotes, escapes and the
 * indentation of block scalars. The node's own place where it can't be told. */
struct place node_place_within(const struct node *, struct text source, size_t offset);

#endif
