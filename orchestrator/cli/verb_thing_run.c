/* thing run: the definition writer's test kit. */
#include "cli/thing_run.h"
#include "cli/verb_part.h"
#include "cli/workshop.h"

static enum verb_status run_script(struct workshop *w, const char *path) {
    struct invocation *c = w->invocation;
    struct error error = {0}, named;
    struct arena arena;
    const struct json *script;
    bool closed;
    arena_init(&arena, (size_t)64 << 20);
    enum outcome outcome = workshop_script(&arena, path, &script, &error);
    if (outcome == OUTCOME_OK && w->thing_count == 0) {
        arena_free(&arena);   /* the definition has faults: the script was only read, for its own */
        return STATUS_DONE;
    }
    if (outcome == OUTCOME_OK) {
        const struct thing_run what = {.definition = workshop_definition(w), .directory = w->directory,
                                       .calendar = w->calendar, .find_definition = workshop_find, .context = w, .quiet = invocation_has(c, "quiet")};
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
    struct workshop w = {0};
    enum verb_status status, worst;
    if (!invocation_has(c, "script") && c->argument_count < 2)
        return invocation_usage(c, "name a script, by --script or behind the definition");
    status = workshop_open(&w, c);
    worst = status;
    if (status != STATUS_DONE)
        workshop_close(&w);
    for (uint32_t i = 0; i < c->value_count + c->argument_count && status != STATUS_USAGE; i++) {
        bool option = i < c->value_count;
        if (option ? !is_script(&c->values[i]) : i == c->value_count)
            continue;
        enum verb_status one = run_script(&w, option ? c->values[i].value : invocation_argument(c, i - c->value_count));
        worst = one > worst ? one : worst;
    }
    workshop_close(&w);
    return worst;
}
