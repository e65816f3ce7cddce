/* Many cases a process: `thing run` asked over standard input, so that a differential test is not spent on starting
 * programs.
 *
 * A request is a line: {"things": ["<definition>", …], "departments": "<departments.yaml>", "script": {…}}; the last
 * thing runs, those before it are its sub-things. The answer is what `thing run` prints, then one line
 * {"run": "ok"} or {"run": "<code>", "message": "…"}. A gate that is passed wrongly aborts: the asker sees the end. */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "cli/thing_run.h"
#include "definition/definition.h"
#include "model/limits.h"

enum { THINGS_MOST = 16 };
#define ARENA_MOST ((size_t)256 << 20)

struct workshop {
    struct arena arena;
    const struct directory *directory;
    const struct definition *things[THINGS_MOST];
    uint32_t thing_count;
};

static const struct definition *find_thing(void *context, struct text thing, struct text hash) {
    const struct workshop *w = context;
    for (uint32_t i = 0; i < w->thing_count; i++)
        if (text_is_none(hash) ? text_equal(w->things[i]->thing, thing) : text_equal(w->things[i]->hash, hash))
            return w->things[i];
    return NULL;
}

static const struct definition *find_by_hash(void *context, struct text hash) { return find_thing(context, TEXT_NONE, hash); }

static enum outcome compile(struct workshop *w, struct text source, struct error *error) {
    struct fault_list faults = {0};
    const struct definition_context context = {.directory = w->directory, .find_thing = find_thing, .find_context = w};
    if (w->thing_count == THINGS_MOST)
        return error_set(error, OUTCOME_REJECT, "too_many_things", "more than %d definitions", THINGS_MOST);
    enum outcome outcome = definition_compile(&w->arena, source, TEXT("thing.yaml"), &context, &faults, &w->things[w->thing_count], error);
    if (outcome == OUTCOME_OK)
        w->thing_count++;
    return outcome;
}

static enum outcome serve(struct workshop *w, struct text line, struct error *error) {
    struct json request;
    enum outcome outcome = json_read(&w->arena, line, LIMIT_json_depth_most, &request, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    struct fault_list faults = {0};
    struct text departments = json_get_text(&request, TEXT("departments"));
    if (!text_is_none(departments) &&
        (outcome = directory_compile(&w->arena, departments, TEXT("departments.yaml"), &faults, &w->directory, error)) != OUTCOME_OK)
        return outcome;
    const struct json *things = json_get(&request, TEXT("things"));
    for (uint32_t i = 0; things && i < things->count; i++)
        if ((outcome = compile(w, json_at(things, i)->text, error)) != OUTCOME_OK)
            return outcome;
    if (w->thing_count == 0)
        return error_set(error, OUTCOME_REJECT, "no_thing", "a request names at least one definition");
    const struct thing_run what = {.definition = w->things[w->thing_count - 1], .directory = w->directory,
                                   .find_definition = find_by_hash, .context = w};
    bool closed;
    return thing_run(&what, json_get(&request, TEXT("script")), stdout, &closed, error);
}

static void answer(enum outcome outcome, const struct error *error) {
    _cleanup_buffer_ struct buffer line;
    struct json_writer w;
    buffer_init(&line, LIMIT_message_bytes_most);
    json_begin(&w, &line);
    json_open(&w, '{');
    json_key(&w, TEXT("run"));
    json_put_text(&w, outcome == OUTCOME_OK ? TEXT("ok") : text_from(error->code));
    if (outcome != OUTCOME_OK) {
        json_key(&w, TEXT("message"));
        json_put_text(&w, text_from(error->message));
    }
    json_close(&w, '}');
    fwrite(line.at, 1, line.length, stdout);
    fputc('\n', stdout);
    fflush(stdout);
}

int main(void) {
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    while ((length = getline(&line, &room, stdin)) > 0) {
        struct workshop w = {0};
        struct error error = {0};
        arena_init(&w.arena, ARENA_MOST);
        enum outcome outcome = serve(&w, (struct text){line, (size_t)length - (line[length - 1] == '\n')}, &error);
        answer(outcome, &error);
        for (uint32_t i = 0; i < w.thing_count; i++)
            definition_free(w.things[i]);
        arena_free(&w.arena);
    }
    free(line);
    return 0;
}
