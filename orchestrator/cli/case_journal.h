/* A case's journal as the engine's events, read from the database for what is derived from it beside the conductor: documents,
 * clocks as of now. Any thread; everything lives in the arena. */
#ifndef YJS_CLI_CASE_JOURNAL_H
#define YJS_CLI_CASE_JOURNAL_H

#include "model/event.h"
#include "port/records.h"

struct case_journal { struct event *events; uint32_t count, room; };

/* REJECT case_unknown. RETRY: the store is away. FATAL: no memory, or a row that can't be read. */
enum outcome case_journal_read(const struct records_port *, struct text case_id, struct arena *, struct case_journal *ret,
                               struct error *);

#endif
