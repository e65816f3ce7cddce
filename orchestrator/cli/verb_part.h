/* What handlers of verbs share: the database's records, a walk over pages, answers printed. For cli/verb_*.c alone. */
#ifndef YJS_CLI_VERB_PART_H
#define YJS_CLI_VERB_PART_H

#include "base/json.h"
#include "base/time.h"
#include "cli/client.h"
#include "cli/verb.h"
#include "port/records.h"

/* ---- verb_records.c: the database by database.url ---- */
struct records;
struct database { struct records *records; struct records_port port; };
/* False: it was said, *ret_status is how to end. Close it in any case (safe on a zeroed struct). */
bool database_open(struct invocation *, struct database *ret, enum verb_status *ret_status);
void database_close(struct database *);
bool database_ask(struct invocation *, struct database *, const char *query, const struct text *parameters, uint32_t count,
                  struct record_list *ret, enum verb_status *ret_status);
/* Who does it: the operating system's user, for the rows' `by`. In the arena. */
struct text invocation_user(struct invocation *);

/* ---- verb_print.c ---- */
/* Pages of a list: GET `path` (with parameters, without cursor) until --limit items or the end; false: it was said.
 * `*ret`: JSON array of items in the arena. */
bool list_items(struct invocation *, struct text path, struct json *ret, enum verb_status *ret_status);
/* The same where the page's place is given by another parameter. */
bool list_items_by(struct invocation *, struct text path, const char *cursor_name, struct json *ret, enum verb_status *ret_status);
/* --json: {"items":[…]}; true: printed. */
bool list_print_json(struct invocation *, const struct json *items);
/* The table of `count` rows, or `none`, a sentence, when there are none; always STATUS_DONE. */
enum verb_status list_print(struct invocation *, const struct table *, uint32_t count, const char *none);
void print_json(struct text json);                        /* pretty, with a line end */
void print_value(const struct json *);
/* One row a member, "name  value"; `names` ends with NULL; what is not there is left out. */
struct pair { const char *name; struct text value; enum colour colour; };
void print_pairs(const struct display *, const struct pair *pairs, uint32_t count);
/* A member as text, whatever its type: numbers as written, booleans, absent for null. */
struct text member(const struct json *object, const char *name);
int64_t member_int64(const struct json *object, const char *name, int64_t otherwise);
/* JSON object being written: {"reason": …, "data": …}; absent values are left out. */
struct body_member { const char *name; struct text value; bool raw; };
struct text body_of(struct invocation *, const struct body_member *members, uint32_t count);
#define BODY_OF(invocation_, ...) \
    body_of((invocation_), (const struct body_member[]){__VA_ARGS__}, sizeof((struct body_member[]){__VA_ARGS__}) / sizeof(struct body_member))
/* --data: JSON, or @FILE, or @- ; absent when it did not stand there. */
bool data_option(struct invocation *, const char *option, struct text *ret, enum verb_status *ret_status);
/* How a file is called in messages. */
static inline const char *input_name(const char *path) { return strcmp(path, "-") == 0 ? "(standard input)" : path; }
/* A whole file or standard input ("-"). */
bool read_input(struct invocation *, const char *path, size_t bytes_most, struct text *ret, enum verb_status *ret_status);
/* A report's `faults` as a compiler prints them; `out` NULL: they are counted alone. *ret_errors of *ret_count are errors. */
void print_report_faults(const struct json *report, FILE *out, unsigned *ret_errors, unsigned *ret_count);
/* The next line of `in` without its end; `*line` and `*room` are getline's, to be freed by the caller. */
bool read_line(FILE *in, char **line, size_t *room, struct text *ret);
/* "/v1/cases/" ID "/" tail, encoded; tail may be "". */
struct text path_of(struct invocation *, const char *head, const char *segment, const char *tail);
/* GET `path` with the first argument behind it: its members, or with --json the answer as it came. */
enum verb_status print_one(struct invocation *, const char *path);
/* An answer that is one row: for people, or as it came with --json. */
enum verb_status print_answer(struct invocation *, const struct client_answer *);
/* A command for a case or step was sent: prints what became of it. */
enum verb_status print_command(struct invocation *, const struct client_answer *, const char *what);

/* ---- what verbs share with others ---- */
struct directory;
/* --departments, or config/departments.yaml of the project at `root`; none: NULL and a word about it. verb_thing.c */
enum verb_status thing_directory(struct invocation *, const char *root, const struct directory **ret);
/* Until all are closed. verb_case_watch.c */
enum verb_status case_watch(struct invocation *, const struct text *ids, uint32_t count);
/* The law's words for where a case stands ("受理", "辦結 准予"), in the display's language; absent: none. verb_case.c */
struct text case_status(struct invocation *, struct arena *, const struct json *row);
/* "tax", "bank_check.3" of a step's row. verb_case_watch.c */
struct text case_step_name(struct arena *, const struct json *step);

#endif
