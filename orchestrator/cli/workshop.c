/* Definitions, the directory and scripts for the verbs that try a definition without a server. */
#include "cli/workshop.h"

#include "cli/calendar_files.h"
#include "cli/files.h"
#include "cli/script.h"
#include "cli/verb_part.h"
#include "model/limits.h"

/* What --things names, else what stands beside the definition under its own name. */
static const struct definition *find_thing(void *context, struct text thing, struct text hash) {
    struct workshop *w = context;
    for (uint32_t i = 0; i < w->thing_count; i++)
        if (text_is_none(hash) ? text_equal(w->things[i]->thing, thing) : text_equal(w->things[i]->hash, hash))
            return w->things[i];
    const char *first = w->path, *slash = strrchr(first, '/');
    struct text beside = text_format(&w->invocation->arena, "%.*s%.*s.yaml", slash ? (int)(slash - first + 1) : 0, first,
                                     TEXT_ARG(thing));
    if (!text_is_none(hash) || text_is_none(beside) || w->depth >= LIMIT_nesting_most || !file_is_there(beside.at) ||
        text_is(beside, first))
        return NULL;
    w->depth++;
    enum verb_status status = workshop_add(w, beside.at);
    w->depth--;
    return status == STATUS_DONE ? w->things[w->thing_count - 1] : NULL;
}

const struct definition *workshop_find(void *context, struct text hash) {
    return find_thing(context, TEXT_NONE, hash);
}

static void print_faults(const struct fault_list *faults) {
    _cleanup_buffer_ struct buffer text;
    buffer_init(&text, (size_t)16 << 20);
    fault_list_write_text(faults, &text);
    display_put_safe_lines(stderr, buffer_text(&text));
}

enum verb_status workshop_add(struct workshop *w, const char *path) {
    struct invocation *c = w->invocation;
    struct error error = {0};
    struct text source;
    struct fault_list faults = {0};
    struct file_root root = {file_project_root(path, &c->arena)};
    struct source_reader reader = file_source_reader(&root);
    enum verb_status status;
    if (w->thing_count >= WORKSHOP_THINGS_MOST - LIMIT_nesting_most)
        return invocation_usage(c, "more than %d definitions", WORKSHOP_THINGS_MOST);
    if (!read_input(c, path, LIMIT_definition_bytes_most, &source, &status))
        return status;
    const struct definition_context context = {
        .reader = &reader, .directory = w->directory, .find_thing = find_thing, .find_context = w};
    const struct definition *made = NULL;   /* sub-things that are found on the way come before it */
    enum outcome outcome = definition_compile(&c->arena, source, text_from(path), &context, &faults, &made, &error);
    if (outcome != OUTCOME_OK) {
        print_faults(&faults);
        return faults.count > 0 ? STATUS_REFUSED : invocation_failed(c, &error);
    }
    w->things[w->thing_count++] = made;
    return STATUS_DONE;
}

enum outcome workshop_script(struct arena *arena, const char *path, const struct json **ret, struct error *error) {
    struct fault_list faults = {0};
    enum outcome outcome = script_read(arena, path, ret, &faults, error);
    if (faults.count > 0)
        print_faults(&faults);
    return outcome;
}

static enum verb_status read_calendar(struct workshop *w, const char *root) {
    struct invocation *c = w->invocation;
    struct error error = {0};
    const char *folder = calendar_folder(invocation_option(c, "calendar"), root, &c->arena);
    if (!folder || calendar_read_folder(folder, &c->arena, &w->calendar, &error) == OUTCOME_OK)
        return STATUS_DONE;
    return invocation_failed(c, &error);
}

enum verb_status workshop_worse(enum verb_status a, enum verb_status b) {
    if (a == STATUS_UNDECIDED || b == STATUS_UNDECIDED)
        return a == STATUS_DONE || a == STATUS_UNDECIDED ? (b == STATUS_DONE ? a : b) : a;
    return a > b ? a : b;
}

static void let_things_go(struct workshop *w) {
    for (uint32_t i = 0; i < w->thing_count; i++)
        definition_free(w->things[i]);
    w->thing_count = 0;
}

static void read_surroundings(struct workshop *w, const char *path) {
    const char *root = file_project_root(path, &w->invocation->arena);
    if (w->root && strcmp(root, w->root) == 0)
        return;
    w->root = root;
    w->directory = NULL;
    w->calendar = NULL;
    w->surroundings = thing_directory(w->invocation, root, &w->directory);
    w->surroundings = workshop_worse(w->surroundings, read_calendar(w, root));
}

enum verb_status workshop_take(struct workshop *w, const char *path) {
    struct invocation *c = w->invocation;
    let_things_go(w);
    w->path = path;
    read_surroundings(w, path);
    enum verb_status status = w->surroundings;
    for (uint32_t i = 0; i < c->value_count; i++)
        if (strcmp(c->values[i].option, "things") == 0)
            status = workshop_worse(status, workshop_add(w, c->values[i].value));
    return workshop_worse(status, workshop_add(w, path));
}

enum verb_status workshop_open(struct workshop *w, struct invocation *c) {
    *w = (struct workshop){.invocation = c};
    return workshop_take(w, invocation_argument(c, 0));
}

void workshop_close(struct workshop *w) { let_things_go(w); }
