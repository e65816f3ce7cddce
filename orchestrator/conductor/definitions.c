/* Published definitions, compiled and kept: immutable, so what is known by its hash never changes. Which of a thing is
 * current is asked of the store every now and then. */
#include "conductor/internal.h"
#include "definition/definition.h"

static const struct definition *find_thing(void *context, struct text thing, struct text hash) {
    struct conductor *c = context;
    struct error error = {0};
    return text_is_none(hash) ? definitions_current(c, thing, &error) : definitions_get(c, hash, &error);
}

void definitions_forget(struct known_definition *known) {
    definition_free(known->definition);
    arena_free(&known->arena);
    memory_free(known);
}

static struct known_definition *compile(struct conductor *c, const struct store_definition *row, struct error *error) {
    struct known_definition *known = memory_alloc(sizeof *known);
    if (!known) {
        error_no_memory(error);
        return NULL;
    }
    arena_init(&known->arena, 64u << 20);
    struct fault_list faults;
    struct definition_context context = {.find_thing = find_thing, .find_context = c};
    if (definition_compile(&known->arena, row->canonical, row->thing, &context, &faults, &known->definition, error) != OUTCOME_OK) {
        log_error("definition_unreadable", "a published definition can't be compiled", LOG_TEXT("thing", row->thing),
                  LOG_TEXT("hash", row->hash), LOG_STRING("why", error ? error->message : ""));
        arena_free(&known->arena);
        memory_free(known);
        return NULL;
    }
    known->hash = text_copy(&known->arena, row->hash);
    if (text_is_none(known->hash)) {
        definitions_forget(known);
        error_no_memory(error);
        return NULL;
    }
    return known;
}

const struct definition *definitions_get(struct conductor *c, struct text hash, struct error *error) {
    struct known_definition *known = map_get(&c->definitions, hash);
    if (known)
        return known->definition;
    struct arena arena;
    arena_init(&arena, 64u << 20);
    struct store_definition *rows = NULL;
    uint32_t count = 0;
    enum outcome outcome = c->ports.store.definitions(c->ports.store.context, hash, &arena, &rows, &count, error);
    c->doubtful |= outcome == OUTCOME_RETRY;
    if (outcome == OUTCOME_OK && count == 0)
        error_set(error, OUTCOME_REJECT, "definition_unknown", "no definition has the hash %.*s", TEXT_ARG(hash));
    if (outcome == OUTCOME_OK && count > 0 && (known = compile(c, &rows[0], error)) &&
        !map_put(&c->definitions, known->hash, known)) {
        definitions_forget(known);
        known = NULL;
        error_no_memory(error);
    }
    c->doubtful |= !known && error && error->outcome == OUTCOME_FATAL;
    arena_free(&arena);
    return known ? known->definition : NULL;
}

const struct definition *definitions_current(struct conductor *c, struct text thing, struct error *error) {
    struct text *hash = map_get(&c->current, thing);
    if (!hash) { /* just published, perhaps */
        definitions_refresh(c, INT64_MAX);
        hash = map_get(&c->current, thing);
    }
    if (!hash) {
        error_set(error, OUTCOME_REJECT, "thing_unknown", "no thing \"%.*s\" is published", TEXT_ARG(thing));
        return NULL;
    }
    return definitions_get(c, *hash, error);
}

void definitions_refresh(struct conductor *c, int64_t monotonic_us) {
    if (monotonic_us < c->definitions_at_us)
        return;
    c->definitions_at_us = conductor_monotonic(c) + c->settings.definitions_poll_us;
    struct store_definition *rows = NULL;
    uint32_t count = 0;
    struct error error = {0};
    map_clear(&c->current);
    arena_reset(&c->current_arena);
    if (c->ports.store.definitions(c->ports.store.context, TEXT_NONE, &c->current_arena, &rows, &count, &error) != OUTCOME_OK) {
        c->definitions_at_us = 0;
        c->doubtful = true;
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        if (rows[i].current && !map_put(&c->current, rows[i].thing, &rows[i].hash)) {
            c->definitions_at_us = 0;
            c->doubtful = true;
        }
}
