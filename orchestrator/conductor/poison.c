/* An input that kills the daemon: after a death by a fatal signal inputs are tried one at a time, each named in the
 * store before anything of it is read; one that was being tried at two deaths is refused as `crashed`, and with that the blame ends:
 * a timer has the same name at its next coming, which begins anew.
 * An input for which there is no memory, though it is tried alone, would be tried for ever and hold up all shards: at the eighth
 * try it is refused as `no_room`. */
#include "conductor/internal.h"

enum { POISON_DEATHS = 2, NO_ROOM_TRIES = 8 };

void poison_taken(struct conductor *c, struct shard *shard, const struct store_shard *taken) {
    shard->trying = text_copy(&c->arena, taken->trying);
    shard->deaths = taken->trying_deaths;
    if (!c->settings.crashed && text_is_none(taken->trying))
        return;
    if (!c->careful)
        log_warn("careful", "a daemon died by a fatal signal here: inputs are tried one at a time for a while");
    c->careful = true;
    c->batch_most = 1;
    c->careful_left = 2 * c->settings.batch_inputs_most; /* past what was in flight */
}

static struct text name_of(struct arena *arena, const struct pending *pending) {
    if (pending->message)
        return text_format(arena, "%.*s@%d:%lld", TEXT_ARG(pending->message->topic), pending->message->partition,
                           (long long)pending->message->offset);
    if (pending->row)
        return text_format(arena, "inbox:%lld", (long long)pending->row->id);
    return text_format(arena, "%s:%.*s", pending->origin == ORIGIN_CALENDAR ? "calendar" : "timer",
                       TEXT_ARG(pending->input.case_id));
}

/* The input's place among those without room, or the one that is most easily done without. */
static size_t no_room_place(const struct conductor *c, uint64_t name) {
    size_t place = 0;
    for (size_t i = 0; i < sizeof c->no_room / sizeof *c->no_room; i++) {
        if (c->no_room[i].name == name)
            return i;
        if (c->no_room[i].tries < c->no_room[place].tries)
            place = i;
    }
    return place;
}

void poison_no_room(struct conductor *c, const struct batch *batch) {
    if (batch->pending.count != 1)
        return;
    uint64_t name = text_hash(name_of(&c->turn_arena, batch->pending.at));   /* the batch's own arena may be full */
    size_t place = no_room_place(c, name);
    c->no_room[place].tries = c->no_room[place].name == name ? c->no_room[place].tries + 1 : 1;
    c->no_room[place].name = name;
}

/* Is it one that found no memory too often? With the refusal that is forgotten. */
static bool has_no_room(struct conductor *c, uint64_t name) {
    size_t place = no_room_place(c, name);
    if (c->no_room[place].name != name || c->no_room[place].tries < NO_ROOM_TRIES)
        return false;
    c->no_room[place].tries = 0;
    return true;
}

enum outcome poison_name(struct conductor *c, struct batch *batch, struct pending *pending, struct error *error) {
    bool is_alone = c->batch_most == 1;   /* as it is for long after an input found no memory */
    if (!c->careful && !is_alone)
        return OUTCOME_OK;
    struct shard *shard = &c->shards[pending->shard];
    struct text name = name_of(batch->arena, pending);
    if (text_is_none(name))
        return error_no_memory(error);
    if (has_no_room(c, text_hash(name))) {
        pending->dead = true;
        error_set(&pending->error, OUTCOME_REJECT, "no_room", "this input took more memory than there is each of the %d times that it was tried", NO_ROOM_TRIES);
        return OUTCOME_OK;
    }
    if (!c->careful)
        return OUTCOME_OK;
    bool again = text_equal(name, shard->trying);
    if (again && shard->deaths >= POISON_DEATHS) {
        pending->dead = true;
        error_set(&pending->error, OUTCOME_REJECT, "crashed", "the daemon died %d times while it tried this input",
                  shard->deaths);
        if (!mutation_is(blame_kept))
            shard->trying = TEXT_NONE;   /* as the refusal writes it; a batch that is lost reads it again */
        return OUTCOME_OK;
    }
    struct store_shard row = {.shard = shard->number, .epoch = shard->epoch, .next_seq = shard->next_seq,
                              .published_seq = shard->written_published_seq, .trying = name,
                              .trying_deaths = again ? shard->deaths : 0};
    return c->ports.store.trying(c->ports.store.context, &row, error);
}
