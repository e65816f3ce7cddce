/* Event <-> JSON, as it stands in the journal. Kind, version, moment and step are columns of their own; the JSON has
 * the rest, absent fields left out. Field names are the wire: they never change meaning; EVENT_WIRE_VERSION counts
 * incompatible changes, and a reader knows the version before as well. */
#ifndef YJS_WIRE_EVENT_CODEC_H
#define YJS_WIRE_EVENT_CODEC_H

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "model/event.h"

/* Appends the event's JSON object; out->failed when it does not fit. */
void event_write(struct buffer *out, const struct event *);

/* Reads an event back from its row. Texts point into `data` or the arena. REJECT event_unreadable (a kind or version
 * this program does not know, or JSON that is none): the journal is from a newer program or damaged. */
enum outcome event_read(struct arena *, struct text kind, uint32_t version, int64_t at_us, struct text step,
                        struct text data, struct event *ret, struct error *);

#endif
