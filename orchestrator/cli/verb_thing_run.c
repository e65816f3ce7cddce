/* thing run: the definition writer's test kit. */
#include "cli/files.h"
#include "cli/publish.h"
#include "cli/thing_run.h"
#include "cli/verb_part.h"
#include "model/limits.h"

enum { THINGS_MOST = 64 };

struct workshop {
    struct invocation *invocation;
    const struct directory *directory;
    const struct definition *things[THINGS_MOST]; /* sub-things; the one that runs last */
    uint32_t thing_count;
};

static const struct definition *find_thing(void *context, struct text thing, struct text hash) {
    const struct workshop *w = context;
    for (uint32_t i = 0; i < w->thing_count; i++)
        if (text_is_none(hash) ? text_equal(w->things[i]->thing, thing) : text_equal(w->things[i]->hash, hash))
            return w->things[i];
    return NULL;
}

static const struct definition *find_by_hash(void *context, struct text hash) {
    return find_thing(context, TEXT_NONE, hash);
}

static void print_faults(const struct fault_list *faults) {
    _cleanup_buffer_ struct buffer text;
    buffer_init(&text, (size_t)16 << 20);
    fault_list_write_text(faults, &text);
    display_put_safe_lines(stderr, buffer_text(&text));
}

static enum verb_status add_thing(struct workshop *w, const char *path) {
    struct invocation *c = w->invocation;
    struct error error = {0};
    struct text source;
    struct fault_list faults = {0};
    struct file_root root = {file_project_root(path, &c->arena)};
    struct source_reader reader = file_source_reader(&root);
    enum verb_status status;
    if (w->thing_count == THINGS_MOST)
        return invocation_usage(c, "more than %d definitions", THINGS_MOST);
    if (!read_input(c, path, LIMIT_definition_bytes_most, &source, &status))
        return status;
    const struct definition_context context = {
        .reader = &reader, .directory = w->directory, .find_thing = find_thing, .find_context = w};
    enum outcome outcome =
        definition_compile(&c->arena, source, text_from(path), &context, &faults, &w->things[w->thing_count], &error);
    if (outcome != OUTCOME_OK) {
        print_faults(&faults);
        return faults.count > 0 ? STATUS_REFUSED : invocation_failed(c, &error);
    }
    const struct definition *definition = w->things[w->thing_count++];
    uint32_t before = faults.count;
    if (definition_runs(definition, text_from(path), &c->arena, &faults))
        return STATUS_DONE;
    faults.at += before;
    faults.count -= before;
    print_faults(&faults);
    return STATUS_REFUSED;
}

/* `application: FILE` of a script, beside it: what it has and the script lacks. */
static enum outcome add_application(struct arena *arena, const char *path, const struct json **script, struct error *error) {
    struct text name = json_get_text(*script, TEXT("application")), source;
    if (text_is_none(name))
        return OUTCOME_OK;
    const char *slash = strrchr(path, '/');
    struct text whole = name.at[0] == '/' || !slash ? name : text_format(arena, "%.*s/%.*s", (int)(slash - path), path, TEXT_ARG(name));
    struct json *application = arena_new(arena, struct json), *both = arena_new(arena, struct json);
    whole = text_copy(arena, whole);
    if (!application || !both || text_is_none(whole))
        return error_no_memory(error);
    enum outcome outcome = file_read(whole.at, LIMIT_message_bytes_most, arena, &source, error);
    if (outcome == OUTCOME_OK)
        outcome = json_read(arena, source, LIMIT_json_depth_most, application, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (application->type != JSON_OBJECT)
        return error_set(error, OUTCOME_REJECT, "run_script_bad", "%s is no application: {\"thing\": …, \"form\": {…}}", whole.at);
    *both = json_object(arena, (*script)->count + application->count);
    both->count = 0;
    for (uint32_t i = 0; i < (*script)->count; i++)
        if (!text_is((*script)->children[i].key, "application"))
            both->children[both->count++] = (*script)->children[i];
    for (uint32_t i = 0; i < application->count; i++)
        if (!text_is(application->children[i].key, "thing") && !json_get(*script, application->children[i].key))
            both->children[both->count++] = application->children[i];
    *script = both;
    return OUTCOME_OK;
}

static enum outcome read_script(struct arena *arena, const char *path, const struct json **ret, struct error *error) {
    struct text source;
    struct fault_list faults = {0};
    enum outcome outcome = file_read(path, LIMIT_definition_bytes_most, arena, &source, error);
    if (outcome == OUTCOME_OK)
        outcome = definition_yaml_to_json(arena, source, text_from(path), &faults, ret, error);
    if (outcome != OUTCOME_OK)
        print_faults(&faults);
    return outcome == OUTCOME_OK ? add_application(arena, path, ret, error) : outcome;
}

static enum verb_status run_script(struct workshop *w, const char *path) {
    struct invocation *c = w->invocation;
    struct error error = {0}, named;
    struct arena arena;
    const struct json *script;
    bool closed;
    arena_init(&arena, (size_t)64 << 20);
    enum outcome outcome = read_script(&arena, path, &script, &error);
    if (outcome == OUTCOME_OK) {
        const struct thing_run what = {.definition = w->things[w->thing_count - 1], .directory = w->directory,
                                       .find_definition = find_by_hash, .context = w, .quiet = invocation_has(c, "quiet")};
        outcome = thing_run(&what, script, stdout, &closed, &error);
    }
    arena_free(&arena);
    if (outcome == OUTCOME_OK)
        return STATUS_DONE;
    error_set(&named, outcome, error.code, "%s: %s", path, error.message);
    return invocation_failed(c, &named);
}

static bool is_script(const struct invocation_value *value) { return strcmp(value->option, "script") == 0; }

enum verb_status verb_thing_run(struct invocation *c) {
    struct workshop w = {.invocation = c};
    enum verb_status status, worst;
    if (!invocation_has(c, "script") && c->argument_count < 2)
        return invocation_usage(c, "name a script, by --script or behind the definition");
    status = thing_directory(c, file_project_root(invocation_argument(c, 0), &c->arena), &w.directory);
    for (uint32_t i = 0; i < c->value_count && status == STATUS_DONE; i++)
        if (strcmp(c->values[i].option, "things") == 0)
            status = add_thing(&w, c->values[i].value);
    if (status == STATUS_DONE)
        status = add_thing(&w, invocation_argument(c, 0));
    worst = status;
    for (uint32_t i = 0; i < c->value_count + c->argument_count && status == STATUS_DONE; i++) {
        bool option = i < c->value_count;
        if (option ? !is_script(&c->values[i]) : i == c->value_count)
            continue;
        enum verb_status one = run_script(&w, option ? c->values[i].value : invocation_argument(c, i - c->value_count));
        worst = one > worst ? one : worst;
    }
    for (uint32_t i = 0; i < w.thing_count; i++)
        definition_free(w.things[i]);
    return worst;
}
