/* The files that settings name, each read to its end, and what is wrong with all of them as one list. */
#include "cli/daemon_config.h"

#include "base/log.h"
#include "cli/files.h"
#include "model/limits.h"

bool daemon_read_named(struct settings *settings, const char *setting, const char *path, struct arena *arena, struct text *ret,
                       struct fault_list *faults) {
    struct error error = {0};
    if (file_read(path, LIMIT_definition_bytes_most, arena, ret, &error) == OUTCOME_OK)
        return true;
    settings_fault(settings, faults, setting, "Correct the path; it is relative to the folder above config/.", "%s", error.message);
    return false;
}

void daemon_add_faults(struct settings *settings, struct fault_list *faults, const struct fault_list *more) {
    struct arena *arena = &settings->arena;
    for (uint32_t i = 0; i < more->count; i++) {
        struct fault one = more->at[i];   /* its texts may be gone with the file's arena */
        one.file = text_copy(arena, one.file);
        one.message = text_copy(arena, one.message);
        one.remedy = text_copy(arena, one.remedy);
        fault_list_add(faults, arena, &one);
    }
}

void daemon_read_directory(struct settings *settings, struct arena *arena, const struct directory **ret, struct fault_list *faults) {
    const char *path = settings_path(settings, settings->departments);
    struct fault_list more = {0};
    struct text source;
    if (!path || !daemon_read_named(settings, "departments", path, arena, &source, faults))
        return;
    directory_compile(arena, source, text_from(path), &more, ret, NULL);
    daemon_add_faults(settings, faults, &more);
}

void daemon_order_faults(const struct settings *settings, struct fault_list *faults) {
    for (uint32_t i = 1; i < faults->count; i++) {
        struct fault one = faults->at[i];
        uint32_t to = i;
        for (; text_equal(one.file, settings->file) && to > 0; to--) {
            const struct fault *before = &faults->at[to - 1];
            if (text_equal(before->file, one.file) &&
                (before->line < one.line || (before->line == one.line && before->column <= one.column)))
                break;
            faults->at[to] = *before;
        }
        faults->at[to] = one;
    }
}

void daemon_log_faults(const struct fault_list *faults, const char *why) {
    for (uint32_t i = 0; i < faults->count; i++)
        log_error("reload_fault", "what was read again has a fault", LOG_TEXT("file", faults->at[i].file), LOG_INT("line", faults->at[i].line),
                  LOG_INT("column", faults->at[i].column), LOG_TEXT("why", faults->at[i].message), LOG_TEXT("remedy", faults->at[i].remedy));
    log_error("reload_refused", "what was read is not sound; everything stays as it was", LOG_INT("faults", faults->error_count),
              LOG_STRING("why", why ? why : "see the faults"));
}
