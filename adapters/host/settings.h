/* Settings as tables: a row names a key, its type, default and help; code reads YAML by it and --help prints it.
 * A text may be `env:NAME`, `env:NAME:-FALLBACK` or `file:PATH`: then its value is the variable's (the fallback when it
 * is not set or empty), or the file's first line (for secrets). */
#ifndef YJS_HOST_SETTINGS_H
#define YJS_HOST_SETTINGS_H

#include <stdint.h>
#include <stdio.h>
#include "node.h"

enum setting_type {
    SETTING_TEXT,         /* const char * */
    SETTING_INT,          /* int64_t, not negative */
    SETTING_BOOL,         /* bool */
    SETTING_DURATION,     /* int64_t microseconds: "250ms", "1h30m" */
    SETTING_RANGE,        /* struct setting_range: "50ms..300ms" or one duration */
    SETTING_RATE,         /* double from 0 to 1 */
    SETTING_CHOICE,       /* int: index into choices */
    SETTING_NODE,         /* const struct node *: what the owner reads itself */
};
struct setting_range { int64_t least_us, most_us; };
struct setting {
    const char *name;
    enum setting_type type;
    size_t offset;                 /* of the field in the owner's struct */
    const char *fallback;          /* as written in YAML; NULL: none (zero) */
    bool required;
    const char *help;
    const char *const *choices;    /* of SETTING_CHOICE; ends with NULL */
};
#define SETTINGS_END {.name = NULL}
struct setting_binding { const struct setting *table; void *into; };

/* What `env:…` or `file:…` stands for, or the text itself, kept as long as the process; NULL: it cannot be had. */
const char *settings_resolve(const char *text);
/* Fills the structs from a map node (NULL: only defaults). A key in none of the tables is a fault that names the
 * nearest. Bindings end with table NULL. Strings live as long as the tree or the process. */
void settings_read(const struct node *, const struct setting_binding *, struct faults *);
/* The table for people: name, type, default, help. */
void settings_print(FILE *, const struct setting *, const char *indent);

#endif
