/* Verbs: what yjsctl can be told, as one table (verb_table.c). From its rows come the reading of the command line, the
 * help, the completion of three shells, the man page and the Markdown reference, so that none of them can lie.
 *
 * Who calls: yjsctl's main, once; everything runs on its thread. */
#ifndef YJS_CLI_VERB_H
#define YJS_CLI_VERB_H

#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/display.h"
#include "cli/settings.h"

/* How yjsctl ends; the man page prints this table. */
#define VERB_STATUSES(X) \
    X(DONE, 0, "done") \
    X(REFUSED, 1, "refused, or faults were found: they are printed") \
    X(USAGE, 2, "the command line is wrong: nothing was done") \
    X(AWAY, 3, "the server, the database or the broker does not answer, or is busy: try again later") \
    X(FORBIDDEN, 4, "not allowed: the token is missing, bad, or of another role") \
    X(UNDECIDED, 5, "not exhausted: the budget ended before the answer was known")
enum verb_status {
#define X(name, number, what) STATUS_##name = number,
    VERB_STATUSES(X)
#undef X
};

/* `value`: what stands for the option's value in the help, NULL for a switch. "FILE" completes file names. `choices`:
 * the only words it takes, separated by spaces; NULL: any. */
struct verb_option { const char *name, *value, *choices; bool many; const char *help; };
enum { VERB_OPTIONS_MOST = 12 };

/* What a verb talks to; each brings its own options (verb_common_options). */
enum verb_needs { NEEDS_NOTHING = 0, NEEDS_SERVER = 1, NEEDS_SETTINGS = 2 };

struct invocation;
struct verb {
    const char *noun, *name;              /* "thing", "check"; a verb of its own has no name: "stats", NULL */
    const char *arguments;                /* for people: "FILE…"; starts with FILE when they are files */
    unsigned least, most;                 /* how many; `most` UINT_MAX: any number */
    unsigned needs;
    enum verb_status (*run)(struct invocation *);
    const char *summary;                  /* one line without a full stop */
    const char *help;                     /* paragraphs, separated by empty lines */
    struct verb_option options[VERB_OPTIONS_MOST];   /* ends with name == NULL */
};
extern const struct verb verb_table[];                      /* ends with noun == NULL; nouns stand together */
extern const struct verb_option verb_options_everywhere[];  /* --json … */
extern const struct verb_option verb_options_server[];
extern const struct verb_option verb_options_settings[];
struct verb_noun { const char *noun, *what; };
extern const struct verb_noun verb_nouns[];                 /* in the table's order, with a line each */

/* ---- an invocation: a verb with what stood behind it ---- */

enum { INVOCATION_FLAGS_MOST = 32 };
struct invocation_value { const char *option, *value; };
struct client;
struct invocation {
    const struct verb *verb;
    const char **arguments;                       /* within argv */
    uint32_t argument_count;
    struct invocation_value *values;              /* room for one an argument and a few more */
    uint32_t value_count;
    struct setting_flag flags[INVOCATION_FLAGS_MOST];
    uint32_t flag_count;
    bool json;                                    /* --json */
    struct display display;
    struct arena arena;                           /* freed with the invocation */
    struct settings settings;                     /* after invocation_settings */
    bool settings_read;
    struct client *client;                        /* after the first request */
};

/* The value of an option that stood there (of several the last), NULL when it did not; a switch gives "". */
const char *invocation_option(const struct invocation *, const char *name);
static inline bool invocation_has(const struct invocation *c, const char *name) { return invocation_option(c, name) != NULL; }
/* The n'th argument, NULL past the last one. */
const char *invocation_argument(const struct invocation *, uint32_t n);
/* As if the option had stood there; at most INVOCATION_VALUES_MORE times. */
enum { INVOCATION_VALUES_MORE = 8 };
void invocation_set(struct invocation *, const char *option, const char *value);
struct text invocation_text(const struct invocation *, const char *option);   /* absent when it did not stand there */

/* Reads file, environment and flags into invocation->settings, once. Says what is wrong. */
enum verb_status invocation_settings(struct invocation *);
/* Says an error of a floor below on standard error (as JSON with --json) and gives the status it ends with. */
enum verb_status invocation_failed(struct invocation *, const struct error *);
/* The same for what the command line lacks: STATUS_USAGE, with how to ask for help. */
enum verb_status invocation_usage(struct invocation *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A sentence for people on standard output; nothing with --json. */
void invocation_say(struct invocation *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Reads the command line into *ret (zeroed by the caller). False: *ret_status is how to end, everything was said. */
bool invocation_read(struct invocation *ret, int argc, const char **argv, enum verb_status *ret_status);
void invocation_free(struct invocation *);

/* ---- what is printed from the table ---- */
void verb_print_overview(const struct display *, FILE *);
void verb_print_noun(const struct display *, const char *noun, FILE *);
void verb_print_help(const struct display *, const struct verb *, FILE *);
void verb_print_man(FILE *);
void verb_print_markdown(FILE *);
bool verb_print_completion(const char *shell, FILE *);      /* false: no such shell */
const struct verb *verb_find(const char *noun, const char *name);
bool verb_noun_is(const char *noun);
/* "thing check" */
const char *verb_title(const struct verb *, char room[64]);
/* The nearest known word of `count`, NULL when none is near. */
const char *verb_nearest(const char *word, const char *const *words, uint32_t count);

/* ---- handlers: verb_<noun>.c ---- */
#define VERB_HANDLERS(X) \
    X(thing_check) X(thing_publish) X(thing_list) X(thing_show) X(thing_diff) X(thing_graph) X(thing_matrix) X(thing_run) \
    X(thing_verify) X(thing_checklist) X(thing_form) \
    X(case_submit) X(case_show) X(case_list) X(case_timeline) X(case_report) X(case_watch) X(case_withdraw) X(case_sign) X(case_contact) X(case_signal) \
    X(case_clock) X(case_rate) X(case_settle) X(case_documents) X(case_document) X(document_verify) X(seal_create) X(case_close) X(case_void) X(case_correction) X(case_materials) X(case_objection) \
    X(case_form) X(case_reveal) X(case_disclosures) X(case_consent) X(material_put) X(material_get) X(material_show) X(task_list) X(task_show) X(task_claim) X(task_release) X(task_answer) \
    X(incident_list) X(incident_show) X(incident_retry) X(incident_skip) X(incident_reassign) X(incident_refuse) X(incident_acknowledge) \
    X(notice_list) X(notice_show) X(notice_retry) X(dead_list) X(dead_show) X(dead_redrive) X(dead_discard) X(department_list) X(department_show) X(shard_list) X(stats) \
    X(topic_apply) X(topic_list) X(db_migrate) X(db_status) X(token_create) X(token_list) X(token_revoke) \
    X(schema_check) X(calendar_due) X(calendar_show) X(calendar_publish) X(id_check) X(completion) X(man) X(reference) X(help) X(version)
#define X(name) enum verb_status verb_##name(struct invocation *);
VERB_HANDLERS(X)
#undef X

#endif
