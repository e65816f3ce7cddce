/* Scripts refer to others and to applications, so that a script says only what is particular to it. */
#include "cli/script.h"

#include <string.h>

#include "cli/files.h"
#include "definition/definition.h"
#include "model/limits.h"

enum { LIKE_MOST = 8 };   /* scripts like scripts like … */

static const char *beside(struct arena *arena, const char *path, struct text name) {
    const char *slash = strrchr(path, '/');
    struct text whole = name.at[0] == '/' || !slash ? name
                                                    : text_format(arena, "%.*s/%.*s", (int)(slash - path), path, TEXT_ARG(name));
    return text_copy(arena, whole).at;
}

/* `members` over `base`; merging, but for what stands in `whole`, which is taken as it is. */
static const struct json *laid_over(struct arena *arena, const struct json *base, const struct json *members,
                                    const char *const *whole) {
    struct json patch = json_object(arena, members->count), rest = json_object(arena, members->count);
    struct json *both = arena_new(arena, struct json), *result = arena_new(arena, struct json);
    if (!both || !result || arena->failed)
        return NULL;
    patch.count = rest.count = 0;
    for (uint32_t i = 0; i < members->count; i++) {
        bool is_whole = false, is_reference = text_is(members->children[i].key, "like") ||
                                              text_is(members->children[i].key, "application") ||
                                              text_is(members->children[i].key, "thing");
        for (const char *const *name = whole; name && *name; name++)
            is_whole |= text_is(members->children[i].key, *name);
        if (!is_reference && (is_whole || !whole))
            rest.children[rest.count++] = members->children[i];
        else if (!is_reference)
            patch.children[patch.count++] = members->children[i];
    }
    *both = json_merged(arena, base, &patch);
    *result = json_object(arena, both->count + rest.count);
    result->count = 0;
    for (uint32_t i = 0; i < both->count && !arena->failed; i++)
        if (!json_get(&rest, both->children[i].key))
            result->children[result->count++] = both->children[i];
    for (uint32_t i = 0; i < rest.count && !arena->failed; i++)
        result->children[result->count++] = rest.children[i];
    return arena->failed ? NULL : result;
}

static enum outcome read_application(struct arena *arena, const char *path, struct text name, const struct json **base,
                                     struct error *error) {
    struct text source;
    struct json *application = arena_new(arena, struct json);
    const char *file = beside(arena, path, name);
    if (!application || !file)
        return error_no_memory(error);
    enum outcome outcome = file_read(file, LIMIT_message_bytes_most, arena, &source, error);
    if (outcome == OUTCOME_OK)
        outcome = json_read(arena, source, LIMIT_json_depth_most, application, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (application->type != JSON_OBJECT)
        return error_set(error, OUTCOME_REJECT, "run_script_bad", "%s is no application: {\"thing\": …, \"form\": {…}}", file);
    *base = laid_over(arena, *base, application, NULL);
    return *base ? OUTCOME_OK : error_no_memory(error);
}

static enum outcome read_one(struct arena *arena, const char *path, int depth, const struct json **ret,
                             struct fault_list *faults, struct error *error) {
    static const char *const whole[] = {"inputs", "expect", NULL};
    struct json nothing = json_object(arena, 0);
    const struct json *script, *base = &nothing;
    struct text source;
    enum outcome outcome = file_read(path, LIMIT_definition_bytes_most, arena, &source, error);
    if (outcome == OUTCOME_OK)
        outcome = definition_yaml_to_json(arena, source, text_from(path), faults, &script, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (script->type != JSON_OBJECT)
        return error_set(error, OUTCOME_REJECT, "run_script_bad", "%s: a script is a mapping", path);
    struct text like = json_get_text(script, TEXT("like")), application = json_get_text(script, TEXT("application"));
    if (!text_is_none(like) && depth == LIKE_MOST)
        return error_set(error, OUTCOME_REJECT, "run_script_bad", "%s: scripts are like scripts more than %d deep", path, LIKE_MOST);
    if (!text_is_none(like)) {
        const char *file = beside(arena, path, like);
        outcome = file ? read_one(arena, file, depth + 1, &base, faults, error) : error_no_memory(error);
    }
    if (outcome == OUTCOME_OK && !text_is_none(application))
        outcome = read_application(arena, path, application, &base, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    *ret = laid_over(arena, base, script, whole);
    return *ret ? OUTCOME_OK : error_no_memory(error);
}

enum outcome script_read(struct arena *arena, const char *path, const struct json **ret, struct fault_list *faults,
                         struct error *error) {
    return read_one(arena, path, 0, ret, faults, error);
}
