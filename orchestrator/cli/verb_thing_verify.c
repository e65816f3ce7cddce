/* thing verify: a definition proven, or a script that shows where it fails. */
#include <dirent.h>
#include <time.h>

#include "cli/files.h"
#include "cli/verb_part.h"
#include "cli/workshop.h"
#include "model/limits.h"
#include "model/state.h"
#include "proof/proof.h"

enum { SCRIPTS_MOST = 64, STATES_MOST = 2000000, SECONDS_MOST = 120 };
#define VERIFY_ARENA_BYTES ((size_t)1 << 30)

struct material { struct json application; bool has_application; const struct json *scripts[SCRIPTS_MOST]; uint32_t script_count; };

static int64_t running_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static bool goes_on(void *context) { return running_us() < *(const int64_t *)context; }

static enum outcome read_application(struct arena *arena, const char *path, struct material *m, struct error *error) {
    struct text source;
    enum outcome outcome = file_read(path, LIMIT_message_bytes_most, arena, &source, error);
    if (outcome == OUTCOME_OK)
        outcome = json_read(arena, source, LIMIT_json_depth_most, &m->application, error);
    m->has_application = outcome == OUTCOME_OK;
    return outcome;
}

static enum outcome add_script(struct arena *arena, const char *path, struct material *m, struct error *error) {
    if (m->script_count == SCRIPTS_MOST)
        return OUTCOME_OK;
    enum outcome outcome = workshop_script(arena, path, &m->scripts[m->script_count], error);
    m->script_count += outcome == OUTCOME_OK;
    return outcome;
}

/* config/samples/<thing>.json and the scripts in config/samples/scripts/<thing>/ of the project, where nothing else is named. */
static enum outcome find_samples(const struct workshop *w, struct text thing, struct material *m, struct error *error) {
    struct invocation *c = w->invocation;
    const char *root = w->root;
    struct text sample = text_format(&c->arena, "%s/config/samples/%.*s.json", root, TEXT_ARG(thing));
    struct text folder = text_format(&c->arena, "%s/config/samples/scripts/%.*s", root, TEXT_ARG(thing));
    enum outcome outcome = OUTCOME_OK;
    if (!m->has_application && file_is_there(sample.at))
        outcome = read_application(&c->arena, sample.at, m, error);
    DIR *scripts = m->script_count == 0 && outcome == OUTCOME_OK ? opendir(folder.at) : NULL;
    for (struct dirent *entry = scripts ? readdir(scripts) : NULL; entry && outcome == OUTCOME_OK; entry = readdir(scripts))
        if (text_ends_with(text_from(entry->d_name), ".yaml"))
            outcome = add_script(&c->arena, text_format(&c->arena, "%s/%s", folder.at, entry->d_name).at, m, error);
    if (scripts)
        closedir(scripts);
    return outcome;
}

static enum outcome gather(const struct workshop *w, struct text thing, struct material *m, struct error *error) {
    struct invocation *c = w->invocation;
    const char *application = invocation_option(c, "application");
    enum outcome outcome = application ? read_application(&c->arena, application, m, error) : OUTCOME_OK;
    for (uint32_t i = 0; i < c->value_count && outcome == OUTCOME_OK; i++)
        if (strcmp(c->values[i].option, "script") == 0)
            outcome = add_script(&c->arena, c->values[i].value, m, error);
    return outcome == OUTCOME_OK ? find_samples(w, thing, m, error) : outcome;
}

/* ---- what is printed ---- */

static void put_days(char room[32], int64_t eighths) {
    snprintf(room, 32, "%g", (double)eighths / 8);
}

static void print_way(const struct invocation *c, const struct proof_report *r) {
    static const char *const headings[] = {"ITEM", "BY STEP", "WORKDAYS>", "SO FAR>", NULL};
    struct table table;
    struct arena *arena = (struct arena *)&c->arena;
    char days[32], end[32], promise[32];
    put_days(end, r->way_eighths);
    put_days(promise, r->promise_eighths);
    if (r->promise_eighths)
        printf("\nThe longest promised way takes %s workdays; the case promises %s.\n", end, promise);
    else
        printf("\nThe longest promised way takes %s workdays; the case promises nothing in working days.\n", end);
    table_begin(&table, arena, headings);
    for (uint32_t i = 0; i < r->way_count; i++) {
        put_days(days, r->way[i].eighths);
        put_days(end, r->way[i].end_eighths);
        table_put(&table, r->way[i].item);
        table_put(&table, r->way[i].step);
        table_put(&table, text_copy(arena, text_from(days)));
        table_put(&table, text_copy(arena, text_from(end)));
    }
    if (r->way_count)
        table_print(&table, &c->display, stdout);
    if (r->silence_workdays * 8 > r->promise_eighths && r->promise_eighths > 0)
        printf("Where those who have promised nothing are silent until their deadline, it closes after %lld workdays.\n",
               (long long)r->silence_workdays);
}

static const struct proof_code *explained(const char *code) {
    const struct proof_code *row = proof_codes;
    while (row->code && strcmp(row->code, code) != 0)
        row++;
    return row;
}

/* The scripts into a folder, one a fault: <thing>.<n>.<code>.yaml. */
static enum outcome write_scripts(struct invocation *c, struct text thing, const struct proof_report *r, struct error *error) {
    const char *folder = invocation_option(c, "scripts");
    for (uint32_t i = 0; folder && i < r->fault_count; i++) {
        struct text path = text_format(&c->arena, "%s/%.*s.%u.%s.yaml", folder, TEXT_ARG(thing), i + 1, r->faults[i].code);
        FILE *out = text_is_none(r->faults[i].script) ? NULL : fopen(path.at, "we");
        if (!out && !text_is_none(r->faults[i].script))
            return error_set(error, OUTCOME_REJECT, "file_unwritable", "%s can't be written", path.at);
        if (out) {
            fwrite(r->faults[i].script.at, 1, r->faults[i].script.length, out);
            fclose(out);
        }
    }
    return OUTCOME_OK;
}

static void print_text(const struct workshop *w, struct text thing, const struct proof_report *r, int64_t took_us) {
    const struct invocation *c = w->invocation;
    bool holds = r->verdict == PROOF_HOLDS;
    printf("%s: %.*s %s", w->path, TEXT_ARG(thing),
           holds ? "holds: every combination of outcomes was tried" : r->verdict == PROOF_FAILS ? "fails" : "not exhausted");
    if (r->verdict == PROOF_NOT_EXHAUSTED)
        printf(" (%s): no fault was found, but not everything was tried", r->stopped_by);
    printf("\n  %llu states, %llu transitions, %llu ends, %u forms, %u of %u steps begin, %.2f s\n",
           (unsigned long long)r->states, (unsigned long long)r->transitions, (unsigned long long)r->ends, r->forms,
           r->steps_happened, r->steps, (double)took_us / 1e6);
    if (holds)
        printf("  Every case ends; every step can happen; no join waits for ever; what is granted stays granted unless the "
               "definition says otherwise.\n");
    if (!text_is_none(r->never_refused))
        printf("  No data that were tried make the rule of these steps false: %.*s.\n", TEXT_ARG(r->never_refused));
    for (uint32_t i = 0; i < r->fault_count; i++) {
        const struct proof_fault *f = &r->faults[i];
        printf("\n%.*s: %.*s [%s]\n    %s\n", TEXT_ARG(f->subject), TEXT_ARG(f->message), f->code, explained(f->code)->remedy);
        if (!text_is_none(f->script) && !invocation_has(c, "scripts"))
            printf("    A script for thing run that shows it:\n\n%.*s", TEXT_ARG(f->script));
    }
    print_way(c, r);
}

static void print_report_json(struct text thing, const struct proof_report *r, int64_t took_us) {
    struct buffer out;
    struct json_writer w;
    buffer_init(&out, (size_t)64 << 20);
    json_begin(&w, &out);
    json_open(&w, '{');
#define PUT(name, how, value) do { json_key(&w, TEXT(name)); how(&w, value); } while (0)
    PUT("thing", json_put_text, thing);
    PUT("verdict", json_put_text, text_from(proof_verdict_name(r->verdict)));
    PUT("not_exhausted", json_put_text, text_from(r->stopped_by));
    PUT("states", json_put_int64, (int64_t)r->states);
    PUT("transitions", json_put_int64, (int64_t)r->transitions);
    PUT("ends", json_put_int64, (int64_t)r->ends);
    PUT("forms", json_put_int64, r->forms);
    PUT("examples", json_put_int64, r->examples);
    PUT("steps", json_put_int64, r->steps);
    PUT("steps_happened", json_put_int64, r->steps_happened);
    PUT("never_refused", json_put_text, r->never_refused);
    PUT("took_ms", json_put_int64, took_us / 1000);
    json_key(&w, TEXT("outcomes"));
    json_open(&w, '[');
    for (int i = 1; i < CASE_OUTCOME_COUNT; i++)
        if (r->outcomes >> i & 1)
            json_put_text(&w, text_from(state_outcome_name((enum case_outcome)i)));
    json_close(&w, ']');
    json_key(&w, TEXT("faults"));
    json_open(&w, '[');
    for (uint32_t i = 0; i < r->fault_count; i++) {
        json_open(&w, '{');
        PUT("code", json_put_text, text_from(r->faults[i].code));
        PUT("subject", json_put_text, r->faults[i].subject);
        PUT("message", json_put_text, r->faults[i].message);
        PUT("remedy", json_put_text, text_from(explained(r->faults[i].code)->remedy));
        PUT("script", json_put_text, r->faults[i].script);
        json_close(&w, '}');
    }
    json_close(&w, ']');
    PUT("promise_eighths", json_put_int64, r->promise_eighths);
    PUT("silence_workdays", json_put_int64, r->silence_workdays);
    PUT("longest_eighths", json_put_int64, r->way_eighths);
    json_key(&w, TEXT("longest_way"));
    json_open(&w, '[');
    for (uint32_t i = 0; i < r->way_count; i++) {
        json_open(&w, '{');
        PUT("item", json_put_text, r->way[i].item);
        PUT("step", json_put_text, r->way[i].step);
        PUT("eighths", json_put_int64, r->way[i].eighths);
        PUT("end_eighths", json_put_int64, r->way[i].end_eighths);
        json_close(&w, '}');
    }
    json_close(&w, ']');
#undef PUT
    json_close(&w, '}');
    print_json(buffer_text(&out));
    buffer_free(&out);
}

static bool number_option(struct invocation *c, const char *name, int64_t otherwise, int64_t *ret) {
    struct text given = invocation_text(c, name);
    *ret = otherwise;
    return text_is_none(given) || (text_to_int64(given, ret) && *ret > 0);
}

static enum verb_status verify(struct workshop *w) {
    struct invocation *c = w->invocation;
    const struct definition *definition = workshop_definition(w);
    struct material material = {.has_application = false};
    struct error error = {0};
    struct arena arena;
    struct proof_report report;
    int64_t states, seconds, began_us = running_us();
    if (!number_option(c, "states", STATES_MOST, &states) || !number_option(c, "seconds", SECONDS_MOST, &seconds))
        return invocation_usage(c, "--states and --seconds want a number above 0");
    if (gather(w, definition->thing, &material, &error) != OUTCOME_OK)
        return invocation_failed(c, &error);
    int64_t until_us = began_us + seconds * 1000000;
    struct proof_options options = {
        .definition = definition, .directory = w->directory, .find_definition = workshop_find, .find_context = w,
        .region = invocation_text(c, "region"), .application = material.has_application ? &material.application : NULL,
        .scripts = material.scripts, .script_count = material.script_count, .states_most = (uint64_t)states,
        .go_on = goes_on, .go_on_context = &until_us,
    };
    if (time_parse(TEXT("2026-03-02T09:00:00+08:00"), &options.start_us, &error) != OUTCOME_OK)
        return invocation_failed(c, &error);
    arena_init(&arena, VERIFY_ARENA_BYTES);
    enum outcome outcome = proof_run(&options, &arena, &report, &error);
    if (outcome == OUTCOME_OK)
        outcome = write_scripts(c, definition->thing, &report, &error);
    if (outcome == OUTCOME_OK && c->json)
        print_report_json(definition->thing, &report, running_us() - began_us);
    else if (outcome == OUTCOME_OK)
        print_text(w, definition->thing, &report, running_us() - began_us);
    arena_free(&arena);
    if (outcome != OUTCOME_OK)
        return invocation_failed(c, &error);
    return report.verdict == PROOF_HOLDS ? STATUS_DONE : report.verdict == PROOF_FAILS ? STATUS_REFUSED : STATUS_UNDECIDED;
}

enum verb_status verb_thing_verify(struct invocation *c) {
    struct workshop w = {.invocation = c};
    enum verb_status worst = STATUS_DONE;
    if (c->argument_count > 1 && (invocation_has(c, "application") || invocation_has(c, "script")))
        return invocation_usage(c, "--application and --script are those of one definition");
    for (uint32_t i = 0; i < c->argument_count && worst != STATUS_USAGE; i++) {
        enum verb_status status = workshop_take(&w, invocation_argument(c, i));
        if (status == STATUS_DONE)
            status = verify(&w);
        worst = workshop_worse(worst, status);
    }
    workshop_close(&w);
    return worst;
}
