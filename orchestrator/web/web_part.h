/* What the files of web/ share: one request with its caller, its answer, and the server they hang on. */
#ifndef YJS_WEB_PART_H
#define YJS_WEB_PART_H

#include <microhttpd.h>
#include <pthread.h>

#include "base/json.h"
#include "base/list.h"
#include "model/input.h"
#include "privacy/personal.h"
#include "web/once.h"
#include "web/problem.h"
#include "web/route.h"
#include "web/web.h"

#define REQUEST_ARENA_BYTES ((size_t)64 << 20)   /* a list of 200 cases with all they have stays far below */
#define REPLY_BYTES_MOST ((size_t)64 << 20)
enum { PARAMETERS_MOST = 24, HEADERS_MOST = 8, FAULTS_MOST = 100, PAGE_ROWS_MOST = 200, PAGE_ROWS = 50 };

/* An applicant has his case; `name` is then the person within it ("seller.0", "seller.0.agent"). */
struct caller { enum role role; int64_t token; struct text name, department, region, case_id; };
struct parameter { struct text name, value; };

/* Where a request stands between libmicrohttpd's calls. */
enum request_stage { STAGE_NEW, STAGE_BODY, STAGE_WAITING, STAGE_ANSWERED };

struct request {
    struct web *web;
    struct MHD_Connection *connection;
    struct arena arena;
    enum request_stage stage;
    int64_t started_us;                      /* monotonic */
    /* asked */
    struct text uri, method;
    const struct route *route;
    struct text at[ROUTE_NAMES_MOST];        /* what stands in the places of {…}, decoded */
    struct parameter parameters[PARAMETERS_MOST];
    uint32_t parameter_count;
    struct caller caller;
    struct buffer body;
    size_t body_bytes;                       /* those that were not kept too */
    struct json json;                        /* the body read, by body_fields */
    /* answered: status 0 = not yet */
    unsigned status;
    const char *content_type;
    struct buffer out;
    struct parameter headers[HEADERS_MOST];
    uint32_t header_count;
    struct problem_fault faults[FAULTS_MOST];
    uint32_t fault_count;
    struct vault_upload *upload;             /* a BODY_FILE under way */
    int send_fd;                             /* the answer's content, -1: `out` is */
    int64_t send_bytes;
    struct keeping *keeping;                 /* an upload that is being kept, a material that is brought; keepers.c's */
    bool counted;                            /* the upload stands in the person's allowance */
    struct text codes;                       /* query codes that the answer to a submission shows, JSON; absent: none */
    struct waiter *waiter;                   /* of a command's answer; watch.c's */
    void (*answered)(struct request *, int64_t id, int32_t status, struct text body);   /* instead of command_answered */
    struct stream *stream;                   /* of a case's events; watch.c's */
};

struct route_count { int64_t by_class[6], microseconds; };   /* atomic */

struct token_slot { char hash[65]; int64_t until_us; struct caller caller; char name[128], department[72], region[72]; };
enum { TOKEN_SLOTS = 256, WRONG_SLOTS = 1024 };
/* Wrong query codes from one address. */
struct wrong_slot { uint64_t address; int64_t since_us; uint32_t count; };

struct web {
    struct web_settings settings;
    struct records_port records;
    struct clock_port clock;
    struct MHD_Daemon *daemon;
    char *certificate, *key;
    uint16_t port;
    bool stopped;
    pthread_mutex_t tokens_mutex;
    struct token_slot tokens[TOKEN_SLOTS];
    struct wrong_slot wrong[WRONG_SLOTS];
    struct forms *forms;
    struct once *results, *veils;
    struct watch *watch;
    struct keepers *keepers;                 /* NULL: nothing is uploaded */
    int64_t inbox_asked_us, inbox_waiting;   /* atomic: the last count of waiting commands */
    int64_t requests_open, streams_open;     /* atomic */
    struct route_count *counts;              /* one a route, one more for what has none */
};

/* ---- request.c: what was asked ---- */
struct text request_header(struct request *, const char *name);          /* absent: not there */
struct text request_parameter(struct request *, const char *name);       /* absent: not there; empty too */
/* Splits path and query, decodes; false when a percent-encoding or UTF-8 is broken. */
bool request_parse(struct request *, struct text *ret_path);
/* What stands in the route's places, decoded into `at`; false when it is broken or too long: answered. */
bool request_names(struct request *, const struct text raw[ROUTE_NAMES_MOST]);
/* A member of the body, looked for by body_fields. `type` JSON_TRUE stands for both booleans, JSON_NULL for any. */
struct bound { size_t bytes; const char *limit; };
#define MOST(limit) {LIMIT_##limit, #limit}                     /* a row of model/limits.h, which the refusal names */
#define UNBOUNDED {0, NULL}                                     /* but for the body's own limit */
struct field { const char *name; enum json_type type; bool required; struct bound most; const struct json **ret; };
/* Reads the body as an object with these members and no other; false: answered with all that is wrong. */
bool body_fields(struct request *, const struct field *, uint32_t count);
#define BODY_FIELDS(request, ...) \
    body_fields((request), (const struct field[]){__VA_ARGS__}, sizeof((struct field[]){__VA_ARGS__}) / sizeof(struct field))
/* `limit` of a page: 1 … 200, 50. Values were held against web/parameter.h before any handler ran. */
uint32_t request_limit(struct request *);
/* A page that is empty behind a cursor: is the cursor a row at all? `query` asks for it by `key`. False: answered. */
bool request_cursor_stands(struct request *, const struct record_list *page, const char *query, struct text key);
int64_t request_now_us(const struct request *);
struct text encode_segment(struct arena *, struct text);                 /* percent-encoded, '/' too */
/* W3C traceparent when the header is one, else absent. */
struct text request_traceparent(struct request *);

/* ---- reply.c: what is answered. The first answer stands. ---- */
void reply_header(struct request *, const char *name, struct text value);
void reply_json(struct request *, unsigned status, struct text json);
/* {"items":[rows],"next":cursor of the last shown}; rows has one more than `limit` when there are more. */
void reply_page(struct request *, const struct record_list *rows, uint32_t limit, const char *cursor);
void reply_problem(struct request *, const char *code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* With a status of its own (what the conductor answered). */
void reply_problem_status(struct request *, unsigned status, const char *code, struct text detail);
/* Takes an answer back that has not left. */
void reply_forget(struct request *);
/* An error of a port or floor below. */
void reply_error(struct request *, const struct error *);
/* Adds a fault to the problem that will be answered; texts are copied. */
void request_fault(struct request *, struct text pointer, const char *keyword, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
enum MHD_Result reply_send(struct request *);

/* ---- auth.c ---- */
/* Who is it? False: answered with 401 (or 503). */
bool auth_caller(struct request *);
/* May a caller see what belongs to this department (and region)? Others than departments may. */
bool auth_department(const struct request *, struct text department, struct text region);
void auth_forget(struct web *);                                         /* a token was revoked */
/* May the caller see journals' data, with what is personal masked? */
bool auth_sees_data(const struct request *);

/* applicant.c: by number and query code, the base64 behind "Basic ". False: answered. */
bool applicant_enter(struct request *, struct text encoded);
/* parties.c: codes for the persons of an application that stands in the inbox, into request->codes. */
void parties_give_codes(struct request *, struct text case_id, struct text extra);
/* progress.c: may the caller do this ("sign", "correct", "withdraw", "rate", "consent")? An agent as far as his authority goes; others
 * than applicants always. False: answered. */
bool party_may(struct request *, const char *act);

/* ---- records ---- */
/* A query; false: answered. */
bool ask(struct request *, const char *query, const struct text *parameters, uint32_t count, struct record_list *ret);
#define ASK(request, query, ret, ...) \
    ask((request), (query), (const struct text[]){__VA_ARGS__}, sizeof((struct text[]){__VA_ARGS__}) / sizeof(struct text), (ret))

/* ---- command.c ---- */
/* An input of `kind` with the caller as actor and the request's identity; case id etc. are the caller's to fill. */
struct input command_input(struct request *, enum input_kind, struct text case_id);
/* Writes it into the inbox and answers, or waits when the client wishes so. `own`: the number was drawn by us. */
void command_send(struct request *, const struct input *, bool own_number);
/* Many at once, each with its own key suffix; false: answered. */
bool command_put(struct request *, const struct input *, const struct text *key_suffix, uint32_t count, struct record_ticket *ret);
/* After a wait: answers by what became of it. */
void command_answered(struct request *, int64_t id, int32_t status, struct text body);
/* Are there too many waiting? True: answered with 503. */
bool command_is_full(struct request *);

/* ---- cases.c ---- */
/* The row of the case that the path names, for who may see it; false: answered. */
bool case_find(struct request *, struct text *ret_source, struct json *ret);

/* ---- status.c ---- */
/* A row of the query case_events with the law's words as its first member `status`, without its `said`; the row as it is
 * when it says nothing or can't be read. */
struct text status_of_row(struct arena *, struct text row);
/* The case's row with `status` and, when it is closed, `ending`. Absent: answered. */
struct text status_of_case(struct request *, const struct json *row, struct text source);
/* The same for a list's rows, by one question more. False: answered. */
bool status_of_cases(struct request *, struct record_list *cases);

/* ---- forms.c ---- */
enum outcome forms_create(struct forms **ret);
void forms_free(struct forms *);
/* The form's schema in a row of thing_show; NULL: none. */
const struct json *thing_form(const struct json *row);
/* Holds `form` against the current schema of `thing`; adds the faults to the request. REJECT form_invalid, thing_unknown. */
enum outcome forms_check(struct request *, struct text thing, const struct json *form, struct error *);

struct schema;
/* Holds `value` against the schema; its faults become the request's, their pointers below `pointer`. REJECT <what>_invalid. */
enum outcome schema_hold(struct request *, const struct schema *, const struct json *value, const char *pointer, const char *what,
                         struct error *);

/* ---- results.c ---- */
enum outcome results_create(struct once **ret);
void results_free(struct once *);
/* Holds a result, as its input carries it in `value`, against the schema of the step it answers. False: answered, with
 * all faults. What there is no schema for, and any other answer, stands. */
bool results_stand(struct request *, const struct input *);

/* ---- veil.c: what is personal, masked ---- */
/* A case's: what is personal in its definition, and which values it has there. */
struct veil { const struct personal *personal; struct personal_values known; struct json form; };
enum outcome veils_create(struct once **ret);
void veils_free(struct once *);
/* Everything lives in the arena. REJECT case_unknown; RETRY: the store is away. */
enum outcome veil_load(struct web *, struct text case_id, struct arena *, struct veil *ret, struct error *);
/* A row that has an event's `kind`, `step` and `data`, masked. Absent: it can't be, so it must not be shown. */
struct text veil_row(struct arena *, const struct veil *, struct text row);
/* All rows of a case; false: answered. */
bool veil_rows(struct request *, struct text case_id, struct record_list *);

/* ---- veil_letters.c ---- */
/* Words masked where known values stand in them, and ids and telephone numbers wherever. Never absent. */
struct text veil_words(struct arena *, const struct personal_values *known, struct text);
/* A dead letter's row with its bytes and message masked; absent: it can't be. */
struct text veil_letter(struct request *, const struct json *row);
/* The `message` of all rows, each by its `case_id` if it has one; false: answered. */
bool veil_messages(struct request *, struct record_list *);

/* ---- keepers.c: uploads at their end, materials on their way out ---- */
/* Starts `count` threads. FATAL no_thread: *ret is set nonetheless. */
enum outcome keepers_create(struct web *, uint32_t count, struct keepers **ret, struct error *);
/* Hands request->upload over and lets the connection sleep until it is kept; then the route is handled again, with
 * request->keeping set. False: answered (vault_busy). */
bool keepers_take(struct request *);
/* The same with a material that is to be handed out. */
bool keepers_fetch(struct request *, struct text digest);
/* How it went; what vault_port's keep says, or RETRY not_ready. */
enum outcome keepers_kept(struct request *, struct vault_kept *ret, struct error *);
/* A descriptor at its beginning, the caller's; else what vault_port's fetch says, or RETRY not_ready. */
enum outcome keepers_fetched(struct request *, int *ret_fd, int64_t *ret_size, struct error *);
void keepers_forget(struct request *);                                  /* the request has ended */
void keepers_stop(struct keepers *);                                    /* waits for what is being kept */
void keepers_free(struct keepers *);

/* ---- sweep.c: materials that no case names ---- */
int64_t sweep_every_us(const struct web *);
/* One round; `stops` is asked between. */
void sweep_materials(struct web *, bool (*stops)(void *context), void *context);

/* ---- uploads.c ---- */
/* Before the first byte: may this person upload one more for the case? Others than applicants may. False: answered. */
bool upload_may_begin(struct request *);
void upload_forget(struct request *);                                   /* the request has ended */

/* ---- materials.c ---- */
/* `row` of a query with the material's address as its first member. */
void material_reply(struct request *, unsigned status, struct text row, struct text digest);
/* Holds what a request names as materials (a JSON array, absent: none) against what is kept, when there is a vault: each
 * digest must be kept, size and media type be what they are, the type one that the definition names. *ret: the list with
 * uri, size and media_type filled in. The definition: `case_id`'s, else the current one of `thing`. `pointer`: where the list
 * stands in the body. False: answered. */
bool materials_stand(struct request *, struct text case_id, struct text thing, const char *pointer, struct text list, struct text *ret);

/* ---- watch.c ---- */
enum outcome watch_create(struct web *, struct watch **ret, struct error *);
void watch_stop(struct watch *);                                        /* resumes everybody; the thread ends */
void watch_free(struct watch *);
/* Suspends the connection until the command is answered or `wait_us` is over. False: no memory. */
bool watch_command(struct request *, int64_t inbox_id, int64_t wait_us);
/* The answer that came while it was suspended; status 0: none. Ends the waiting. */
void watch_command_take(struct request *, int64_t *ret_id, int32_t *ret_status, struct text *ret_body);
/* The request becomes an event stream from behind version `after`. `data`: whose data it shows: "yes" (all), a
 * department's id (its own steps'), or absent. False: no memory. */
bool watch_stream(struct request *, struct text case_id, int64_t after, struct text data);
struct MHD_Response *watch_response(struct request *);
void watch_forget(struct request *);                                    /* the request has ended */

#endif
