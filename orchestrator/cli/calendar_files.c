/* Reads a folder of calendar files for the floors that may not. */
#include "cli/calendar_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/files.h"
#include "model/limits.h"

#define FILES_MOST 128

const char *calendar_folder(const char *given, const char *root, struct arena *arena) {
    if (given)
        return given;
    struct text own = text_format(arena, "%s/config/calendar", root);
    if (!text_is_none(own) && file_is_there(own.at))
        return own.at;
    return file_is_there("/etc/yijianshi/calendar") ? "/etc/yijianshi/calendar" : NULL;
}

static int is_yaml(const struct dirent *entry) {
    return entry->d_name[0] != '.' && text_ends_with(text_from(entry->d_name), ".yaml");
}

static enum outcome read_sources(const char *folder, struct dirent **entries, int entry_count, struct arena *arena,
                                 struct calendar_source *sources, struct error *error) {
    for (int i = 0; i < entry_count; i++) {
        struct text path = text_format(arena, "%s/%s", folder, entries[i]->d_name);
        if (text_is_none(path))
            return error_no_memory(error);
        sources[i].file_name = path;
        enum outcome outcome = file_read(path.at, LIMIT_definition_bytes_most, arena, &sources[i].source, error);
        if (outcome != OUTCOME_OK)
            return outcome;
    }
    return OUTCOME_OK;
}

enum outcome calendar_read_folder(const char *folder, struct arena *arena, const struct calendar **ret,
                                  struct error *error) {
    struct calendar_source sources[FILES_MOST];
    struct fault_list faults = {0};
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_yaml, alphasort);
    if (count < 0)
        return error_set(error, OUTCOME_REJECT, "file_unreadable", "%s: %s", folder, strerror(errno));
    enum outcome outcome = count > FILES_MOST
        ? error_set(error, OUTCOME_REJECT, "calendar_too_long", "%s has more than %d files", folder, FILES_MOST)
        : read_sources(folder, entries, count, arena, sources, error);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    if (outcome == OUTCOME_OK)
        outcome = calendar_compile(arena, TEXT_NONE, sources, (uint32_t)count, &faults, ret, NULL, error);
    if (faults.count > 0) {
        _cleanup_buffer_ struct buffer out;
        buffer_init(&out, 1 << 20);
        fault_list_write_text(&faults, &out);
        fprintf(stderr, "%.*s", TEXT_ARG(buffer_text(&out)));
    }
    return outcome;
}
