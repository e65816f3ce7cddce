/* The files of config/calendar, each a year (2026.yaml) or the business hours (hours.yaml), and the calendar they make.
 *
 * Who calls: yjsctl calendar, the daemon (publishing; loading what was published), the tests. Pure; any thread, one at a
 * time per arena. The keys are in definition/keys_calendar.c and config/README.md; faults are those of a checker, each
 * with file, line, column and a code.
 *
 * A calendar as a whole has a canonical form (JSON of all its files, by name, keys sorted); its SHA-256 is the version.
 * Publishing a file replaces the one of its name in the whole. */
#ifndef YJS_DEFINITION_CALENDAR_FILE_H
#define YJS_DEFINITION_CALENDAR_FILE_H

#include "calendar/calendar.h"
#include "definition/definition.h"

struct calendar_source { struct text file_name, source; };

/* `before`: the canonical form of a whole, whose files stay where `sources` have none of their name; absent: none.
 * OK: *ret and what it refers to live in `arena`, *ret_canonical (may be NULL) too; *faults may have warnings. REJECT:
 * *faults has at least one error, *error (may be NULL) the first. FATAL: out_of_memory. *faults is initialised here.
 * Bounds: LIMIT_definition_bytes_most a file and the whole. */
enum outcome calendar_compile(struct arena *, struct text before, const struct calendar_source *sources, uint32_t count,
                              struct fault_list *faults, const struct calendar **ret, struct text *ret_canonical,
                              struct error *);

#endif
