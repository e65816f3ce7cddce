/* What a JSON Schema says about a path: can it be there, of which types, with which values. For the checks of
 * expressions; says "cannot be" only of what the schema's writer can't have meant. */
#ifndef YJS_DEFINITION_SCHEMA_WALK_H
#define YJS_DEFINITION_SCHEMA_WALK_H

#include "base/json.h"

/* A schema document and the others its references may reach. */
struct schema_source { struct text path; const struct json *value; };
struct schema_library { const struct schema_source *at; size_t count; };

enum schema_reach {
    REACH_NONE,      /* no document has it: properties are declared and this one is not among them, or it is no object */
    REACH_OPEN,      /* nothing is said about it */
    REACH_FOUND,     /* declared */
};
struct schema_answer {
    enum schema_reach reach;
    size_t segments;             /* REACH_NONE: so many of the path's segments can be there */
    unsigned types;              /* REACH_FOUND: a set of 1 << json_type; null included where it may be absent */
    unsigned declared_types;     /* REACH_FOUND: the same without what absence adds */
    struct text near;            /* REACH_NONE: a declared property with a name like the missing one; or absent */
    const struct json *allowed[8];   /* REACH_FOUND: arrays of `enum`s of which one must hold it, when all_listed */
    size_t allowed_count;
    bool all_listed;
};

/* `segments`: names from the document's root; an absent text is any element or member. */
struct schema_answer schema_walk(const struct schema_library *, const struct schema_source *root,
                                 const struct text *segments, size_t count);

/* The subschema to which `reference` leads from the document at `path`; *ret_path is the document it stands in.
 * NULL: nothing is there. */
const struct json *schema_resolve(const struct schema_library *, struct text path, const struct json *document,
                                  struct text reference, const struct schema_source **ret_source);
/* "schemas/a/b.json" and "../c.json#/x" give "schemas/c.json"; false when it leads out of the root, is absolute or has
 * a scheme. Writes at most `size` bytes. */
bool schema_path_join(struct text base, struct text reference, char *room, size_t size, struct text *ret);

/* Calls `visit` for every declared leaf (a property without properties of its own, through items too). `segments` as
 * above. False from `visit` ends the walk. Depth is bounded; references are followed.
 * False: no memory. */
struct schema_leaf { const struct text *segments; size_t count; const struct json *schema; };
bool schema_leaves(const struct schema_library *, const struct schema_source *root,
                   bool (*visit)(void *context, const struct schema_leaf *), void *context);

#endif
