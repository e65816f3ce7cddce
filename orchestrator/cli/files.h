/* Files for the pure floors: definitions, forms, schemas and the directory of departments come in through these. */
#ifndef YJS_CLI_FILES_H
#define YJS_CLI_FILES_H

#include "base/arena.h"
#include "base/error.h"
#include "definition/definition.h"

/* The whole file. REJECT file_unreadable (with the system's reason) or file_too_long. `path` NULL or "-": standard input. */
enum outcome file_read(const char *path, size_t bytes_most, struct arena *, struct text *ret, struct error *);

bool file_is_there(const char *path);

/* Reads below one folder; what leads out of it is refused. `root` must stay valid. */
struct file_root { const char *root; };
struct source_reader file_source_reader(struct file_root *);

/* The project's root for a definition's file: the nearest folder above it that holds schemas/, else its own folder. In
 * the arena. */
const char *file_project_root(const char *path, struct arena *);

/* config/departments.yaml, compiled; faults go to standard error as text. */
enum outcome file_directory(const char *path, struct arena *, const struct directory **ret, struct error *);

#endif
