/* Reads files for the floors that may not. */
#include "cli/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/limits.h"

enum outcome file_read(const char *path, size_t bytes_most, struct arena *arena, struct text *ret, struct error *error) {
    bool standard = !path || strcmp(path, "-") == 0;
    FILE *stream = standard ? stdin : fopen(path, "re");
    if (!stream)
        return error_set(error, OUTCOME_REJECT, "file_unreadable", "%s: %s", path, strerror(errno));
    _cleanup_buffer_ struct buffer content;
    buffer_init(&content, bytes_most + 1);
    char room[65536];
    size_t n;
    while ((n = fread(room, 1, sizeof room, stream)) > 0 && !content.failed)
        buffer_put(&content, room, n);
    bool broken = ferror(stream) != 0;
    int reason = errno;
    if (!standard)
        fclose(stream);
    if (broken)
        return error_set(error, OUTCOME_REJECT, "file_unreadable", "%s: %s", standard ? "standard input" : path, strerror(reason));
    if (content.failed || content.length > bytes_most)
        return error_set(error, OUTCOME_REJECT, "file_too_long", "%s is longer than %zu bytes", standard ? "standard input" : path,
                         bytes_most);
    *ret = text_copy(arena, buffer_text(&content));
    return text_is_none(*ret) ? error_no_memory(error) : OUTCOME_OK;
}

bool file_is_there(const char *path) { return access(path, R_OK) == 0; }

static enum outcome read_below(void *context, struct text path, struct arena *arena, struct text *ret, struct error *error) {
    const struct file_root *root = context;
    struct text rest = path;
    bool leaves = path.length == 0 || path.at[0] == '/' || text_find(path, '\0') != SIZE_MAX;
    while (rest.length > 0 && !leaves) {
        size_t slash = text_find(rest, '/');
        struct text part = slash == SIZE_MAX ? rest : text_span(rest.at, slash);
        leaves = text_is(part, "..");
        rest = slash == SIZE_MAX ? text_span(rest.at, 0) : text_span(rest.at + slash + 1, rest.length - slash - 1);
    }
    if (leaves)
        return error_set(error, OUTCOME_REJECT, "file_unreadable", "\"%.*s\" leads out of the project's folder", TEXT_ARG(path));
    struct text whole = text_format(arena, "%s/%.*s", root->root, TEXT_ARG(path));
    if (text_is_none(whole))
        return error_no_memory(error);
    return file_read(whole.at, LIMIT_definition_bytes_most, arena, ret, error);
}

struct source_reader file_source_reader(struct file_root *root) {
    return (struct source_reader){.context = root, .read = read_below};
}

const char *file_project_root(const char *path, struct arena *arena) {
    bool standard = !path || strcmp(path, "-") == 0;
    char *real = realpath(standard ? "." : path, NULL);
    if (!real)
        return ".";
    /* Standard input stands in the folder one stands in. */
    struct text own = text_format(arena, "%s%s", real, standard ? "/-" : "");
    free(real);
    if (text_is_none(own))
        return ".";
    char *folder = arena_copy(arena, own.at, own.length);
    for (char *slash = folder ? strrchr(folder, '/') : NULL; slash; slash = strrchr(folder, '/')) {
        *slash = '\0';
        struct text schemas = text_format(arena, "%s/schemas", folder);
        if (!text_is_none(schemas) && access(schemas.at, X_OK) == 0)
            return *folder ? folder : "/";
    }
    char *last = arena_copy(arena, own.at, own.length), *slash = last ? strrchr(last, '/') : NULL;
    if (!slash)
        return ".";
    *slash = '\0';
    return last;
}

enum outcome file_directory(const char *path, struct arena *arena, const struct directory **ret, struct error *error) {
    struct text source;
    struct fault_list faults = {0};
    enum outcome outcome = file_read(path, LIMIT_definition_bytes_most, arena, &source, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    outcome = directory_compile(arena, source, text_from(path), &faults, ret, error);
    if (faults.count > 0) {
        _cleanup_buffer_ struct buffer out;
        buffer_init(&out, 1 << 20);
        fault_list_write_text(&faults, &out);
        fprintf(stderr, "%.*s", TEXT_ARG(buffer_text(&out)));
    }
    return outcome;
}
