/* A YAML file as a tree of nodes that know their line and column, and the list of faults found in it.
 * Used while reading the configuration, from the main thread; the tree lives as long as the process. */
#ifndef YJS_HOST_NODE_H
#define YJS_HOST_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include "base/text.h"

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };
struct node_member;
struct node {
    enum node_kind kind;
    bool plain;                    /* a scalar without quotes: may be a number, true, false, null */
    const char *text;              /* of a scalar; NUL-terminated */
    struct node_member *members;   /* of a list (key NULL) or map */
    size_t count;
    int line, column;              /* from 1 */
};
struct node_member { const struct node *key; struct node *value; };

#define FAULTS_MOST 200
struct faults { const char *file; struct buffer text; size_t count; };
/* Lines by their places; those of one place as they were found. */
void faults_sort(struct faults *);

/* Notes `file:line:column: code: message`. */
void fault_add(struct faults *, const struct node *, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The whole file; NULL with a fault when it cannot be read or is no YAML. */
struct node *node_read_file(const char *path, struct faults *);
void node_free(struct node *);
const struct node *node_get(const struct node *map, const char *key);
/* The node as JSON: plain scalars that look like numbers, true, false or null are those. */
void node_write_json(struct buffer *, const struct node *);

#endif
