/* The engine: what one input does to one case. Pure: no I/O, no clock, no random; the same arguments give the same
 * events. The same code serves the daemon, the dry run, the simulator and the tests. Semantics: DESIGN §3.
 *
 * The caller's loop for one input:
 *     engine_decide(world, state, input, arena, &events)
 *     for each event: case_apply(state, event); engine_commands(event, &commands)
 * and writes events and rows in one transaction before it publishes the commands. */
#ifndef YJS_ENGINE_ENGINE_H
#define YJS_ENGINE_ENGINE_H

#include "base/arena.h"
#include "base/error.h"
#include "model/case.h"
#include "model/command.h"
#include "model/directory.h"
#include "model/event.h"
#include "model/input.h"
#include "model/notice.h"

struct calendar;                       /* calendar/calendar.h */

struct world {
    const struct definition *definition;              /* the case's pinned one */
    /* a sub-thing's definition by hash; NULL when not known. */
    const struct definition *(*find_definition)(void *context, struct text hash);
    void *context;
    const struct directory *directory;
    const struct calendar *calendar;                  /* NULL: weekends only */
};

/* Prepares an empty case (phase none) for `id`, in `arena`, on `definition`; FATAL out_of_memory. */
enum outcome case_init(struct case_state *, struct arena *, const struct definition *, struct text id);

/* What `input` does to `before`. OK: *ret_events (in `arena`, texts borrowed from input, state and arena) has the
 * events in order, versions set; it may be empty (nothing to do, e.g. a timer with nothing due), and holds one
 * EVENT_ANSWER_RECORDED for what had no effect. REJECT: the input can't be an input of this case at all (unknown step,
 * a department that is not the topic's, result against its schema): dead letter, with the code. FATAL: no memory. */
enum outcome engine_decide(const struct world *, const struct case_state *before, const struct input *, struct arena *,
                           struct event_list *ret_events, struct error *);

/* One event's effect on the state: the only code that changes a case. False when there is no memory (the case is then
 * not to be used). The event must be the next one (version). */
bool case_apply(struct case_state *, const struct event *);

/* *to becomes a case of its own in `arena` that goes on from where `from` stands, outside of a decision. It shares texts
 * with `from`, which must outlive it and may not be changed meanwhile. False: no memory. */
bool case_copy(struct case_state *to, const struct case_state *from, struct arena *);

/* What an event asks of the world; needs nothing but the event and the case's id. Text pointers into the event. */
void engine_commands(struct text case_id, const struct event *, struct command_list *ret);

/* May an event of this kind ask something of another case of its root? Spares engine_commands where only that is
 * wanted. */
bool engine_asks_cases(enum event_kind);

/* What people are told of an event, the case being as the event left it; NOTICE_NONE: nothing. */
enum notice_kind engine_notice(const struct case_state *after, const struct event *);

/* START_CHILD, STOP_CHILD, TELL_CHILD and TELL_PARENT as the input that the other case (ret->case_id) gets in the same batch; at_us
 * is the event's, texts are the event's and `case_id`. False for commands that publish. When a child can't be started
 * (its input is rejected), give its parent an INPUT_CHILD_ENDED with outcome none and the reason. */
bool engine_command_input(struct text case_id, const struct command *, struct input *ret);

/* The earliest moment at which a timer of this case is due; TIME_NONE when nothing is. */
int64_t case_next_due(const struct case_state *);

/* The case as JSON for people and programs: the state that `thing run` prints last and the API shows. */
void case_write_json(const struct case_state *, struct buffer *);

#endif
