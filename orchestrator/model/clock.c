/* The gates of clocks and of acceptance: which state may follow which, as tables. */
#include "model/clock.h"

#include "model/names.h"
#include "model/state.h"

static const char *const kind_names[CLOCK_KIND_COUNT] = {
    [CLOCK_NONE] = "none", [CLOCK_PROMISE] = "promise", [CLOCK_STATUTE] = "statute", [CLOCK_DELIVERY] = "delivery",
};
static const char *const clock_names[CLOCK_STATE_COUNT] = {
    [CLOCK_IDLE] = "idle", [CLOCK_RUNNING] = "running", [CLOCK_PAUSED] = "paused", [CLOCK_STOPPED] = "stopped",
};
static const char *const light_names[LIGHT_COUNT] = {
    [LIGHT_GREEN] = "green", [LIGHT_YELLOW] = "yellow", [LIGHT_RED] = "red", [LIGHT_DEEP_RED] = "deep_red",
};
static const char *const phase_names[ITEM_PHASE_COUNT] = {
    [ITEM_WAITING] = "waiting",   [ITEM_RECEIVED] = "received", [ITEM_CORRECTING] = "correcting",
    [ITEM_ACCEPTED] = "accepted", [ITEM_ENDED] = "ended",
};

NAMES_DEFINE(clock_kind, clock_kind_name, clock_kind_parse, kind_names)
NAMES_DEFINE(clock_light, clock_light_name, clock_light_parse, light_names)
const char *clock_state_name(enum clock_state state) { return names_of(clock_names, CLOCK_STATE_COUNT, (size_t)state); }
const char *item_phase_name(enum item_phase phase) { return names_of(phase_names, ITEM_PHASE_COUNT, (size_t)phase); }

/* Bit n: may move to value n. */
#define TO(value) (1u << (value))
static const unsigned clock_moves[CLOCK_STATE_COUNT] = {
    [CLOCK_IDLE] = TO(CLOCK_RUNNING) | TO(CLOCK_PAUSED),
    [CLOCK_RUNNING] = TO(CLOCK_PAUSED) | TO(CLOCK_STOPPED),
    [CLOCK_PAUSED] = TO(CLOCK_RUNNING) | TO(CLOCK_STOPPED),
    [CLOCK_STOPPED] = 0,
};
static const unsigned item_moves[ITEM_PHASE_COUNT] = {
    [ITEM_WAITING] = TO(ITEM_RECEIVED),
    [ITEM_RECEIVED] = TO(ITEM_CORRECTING) | TO(ITEM_ACCEPTED) | TO(ITEM_ENDED),
    [ITEM_CORRECTING] = TO(ITEM_RECEIVED) | TO(ITEM_ACCEPTED) | TO(ITEM_ENDED),   /* received: it is asked anew */
    [ITEM_ACCEPTED] = TO(ITEM_ENDED),
    [ITEM_ENDED] = 0,
};

bool clock_may_move(enum clock_state from, enum clock_state to) {
    return from < CLOCK_STATE_COUNT && to < CLOCK_STATE_COUNT && (clock_moves[from] & TO(to)) != 0;
}

bool item_may_move(enum item_phase from, enum item_phase to) {
    return from < ITEM_PHASE_COUNT && to < ITEM_PHASE_COUNT && (item_moves[from] & TO(to)) != 0;
}

void clock_move(enum clock_state *state, enum clock_state to) {
    if (!clock_may_move(*state, to))
        state_refuse_move("clock", clock_state_name(*state), clock_state_name(to));
    *state = to;
}

void item_move(enum item_phase *phase, enum item_phase to) {
    if (!item_may_move(*phase, to))
        state_refuse_move("item", item_phase_name(*phase), item_phase_name(to));
    *phase = to;
}
