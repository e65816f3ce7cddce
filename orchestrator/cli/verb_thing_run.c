/* thing run: the definition writer's test kit. */
#include "cli/files.h"
#include "cli/publish.h"
#include "cli/script.h"
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
    w->thing_count++;
    return STATUS_DONE;
}

static enum verb_status run_script(struct workshop *w, const char *path) {
    struct invocation *c = w->invocation;
    struct error error = {0}, named;
    struct arena arena;
    const struct json *script;
    bool closed;
    arena_init(&arena, (size_t)64 << 20);
    struct fault_list faults = {0};
    enum outcome outcome = script_read(&arena, path, &script, &faults, &error);
    if (faults.count > 0)
        print_faults(&faults);
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
