/* worklist: the department has no system: its staff see what is to be done, claim it and answer it over this API.
 *
 * GET  /worklist?step=…&person=…&most=…     what the person holds, then what lies ready, by priority, then the oldest
 * GET  /worklist/task?id=…                  one task with its whole document
 * POST /worklist/claim   {"task", "person"}             409 when someone else holds it
 * POST /worklist/release {"task", "person"}
 * POST /worklist/answer  {"task", "person", "answer": {"kind": …}}   only who holds it may answer */
#include <stddef.h>
#include <stdlib.h>
#include "base/time.h"
#include "desk.h"
#include "drivers.h"

struct settings { const char *token; int64_t claim_us; };

#define AT(field) offsetof(struct settings, field)
static const struct setting settings_table[] = {
    {"token", SETTING_TEXT, AT(token), NULL, true, "bearer token of the department's front end", NULL},
    {"claim", SETTING_DURATION, AT(claim_us), "8h", false, "a claim without an answer runs out after this", NULL},
    SETTINGS_END,
};

struct worklist { struct desk desk; const struct settings *s; };

static void put_row(struct buffer *out, const struct yjs_task *task) {
    struct desk_state state = desk_state_of(task);
    char at[TIME_TEXT_SIZE];
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, '{');
    const struct { const char *key; const char *value; } fields[] = {
        {"task", task->id}, {"type", task->type}, {"number", task->number}, {"thing", task->thing}, {"step", task->step},
        {"held_by", state.mark ? state.holder : NULL},
    };
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        json_key(&w, text_from(fields[i].key));
        json_put_text(&w, text_from(fields[i].value));
    }
    json_key(&w, TEXT("priority"));
    json_put_int64(&w, task->priority);
    json_key(&w, TEXT("taken_at"));
    json_put_text(&w, time_format_utc(task->taken_at_us, at));
    json_key(&w, TEXT("until"));
    if (state.mark)
        json_put_text(&w, time_format_utc(state.until_us, at));
    else
        json_put_null(&w);
    json_close(&w, '}');
}

struct listing { struct buffer out; const char *step, *person; int64_t left; bool any; };

/* One that lies ready. */
static bool list_one(void *user, struct yjs_task *task) {
    struct listing *l = user;
    size_t length = strcspn(task->step, ".");
    if (l->left == 0)
        return false;
    if (l->step && (strlen(l->step) != length || strncmp(l->step, task->step, length)))
        return true;
    if (l->any)
        buffer_put_byte(&l->out, ',');
    l->any = true;
    put_row(&l->out, task);
    return --l->left > 0;
}

static bool list_held(void *user, struct yjs_task *task) {
    struct listing *l = user;
    struct desk_state state = desk_state_of(task);
    return state.mark == 0 || strcmp(l->person, state.holder) != 0 || list_one(user, task);
}

static void serve_list(struct worklist *l, struct yjs_request *request) {
    const char *most = yjs_request_query(request, "most");
    struct listing listing = {.step = yjs_request_query(request, "step"), .person = yjs_request_query(request, "person"), .left = 100};
    if (most && (!text_to_int64(text_from(most), &listing.left) || listing.left < 1 || listing.left > 1000)) {
        desk_problem(request, "parameter_bad", "most is 1 to 1000", NULL);
        return;
    }
    buffer_init(&listing.out, 8u * 1024 * 1024);
    buffer_put_string(&listing.out, "{\"tasks\":[");
    if (listing.person)
        yjs_each(host_adapter(l->desk.host), list_held, &listing);
    desk_each(&l->desk, list_one, &listing);
    buffer_put_string(&listing.out, "]}");
    yjs_reply(request, 200, "application/json", buffer_text(&listing.out).at, listing.out.length);
    buffer_free(&listing.out);
}

static void serve_task(struct worklist *l, struct yjs_request *request) {
    const char *id = yjs_request_query(request, "id");
    struct yjs_task *task = id ? yjs_find(host_adapter(l->desk.host), id) : NULL;
    struct buffer out;
    if (!task) {
        desk_problem(request, "task_unknown", NULL, NULL);
        return;
    }
    buffer_init(&out, 4u * 1024 * 1024);
    buffer_put_string(&out, "{\"row\":");
    put_row(&out, task);
    buffer_put_string(&out, ",\"request\":");
    if (desk_put_request(&l->desk, task, &out)) {
        buffer_put_byte(&out, '}');
        yjs_reply(request, 200, "application/json", buffer_text(&out).at, out.length);
    } else {
        desk_problem(request, "mapping_failed", "the task's request mapping failed; the task was answered `error`", NULL);
    }
    buffer_free(&out);
}

static void serve_get(void *user, struct yjs_request *request) {
    struct worklist *l = user;
    if (!yjs_request_has_token(request, l->s->token))
        desk_problem(request, "token_bad", NULL, NULL);
    else if (!strcmp(request->path, "/worklist"))
        serve_list(l, request);
    else if (!strcmp(request->path, "/worklist/task"))
        serve_task(l, request);
    else
        desk_problem(request, "route_unknown", NULL, NULL);
}

enum verb { VERB_CLAIM, VERB_RELEASE, VERB_ANSWER, VERBS };
static const char *const verbs[VERBS] = {"/claim", "/release", "/answer"};

/* NULL, or the code of why the person may not do this to the task. */
static const char *refusal(enum verb verb, const struct desk_state *state, struct text person) {
    bool held = state->mark != 0, own = held && text_is(person, state->holder);
    if (verb == VERB_CLAIM)
        return state->asked ? "task_corrected" : held && !own ? "task_claimed" : NULL;
    return own ? NULL : "task_not_claimed";
}

static void act(struct worklist *l, struct yjs_request *request, enum verb verb, struct yjs_task *task, const struct json *body) {
    struct text person = json_get_text(body, TEXT("person"));
    const struct json *answer = json_get_string(body, "answer");
    struct desk_state state = desk_state_of(task);
    struct host_fault fault = {"", "must be an object"};
    const char *refused = refusal(verb, &state, person), *said = verb == VERB_CLAIM ? "held" : "ready";
    bool faulty = !refused && verb == VERB_ANSWER && (!answer || answer->type != JSON_OBJECT);
    if (refused) {
        desk_problem(request, refused, NULL, NULL);
        return;
    }
    if (verb == VERB_CLAIM)
        desk_hold(&l->desk, task, person, yjs_now_us() + l->s->claim_us);
    else if (verb == VERB_RELEASE)
        desk_release(&l->desk, task);
    else if (!faulty)
        faulty = !strcmp(said = desk_answer(&l->desk, task, answer, &fault), "faulty");
    if (faulty) {
        desk_problem(request, "answer_faulty", "the answer was not taken, the task stays open", &fault);
        return;
    }
    if (yjs_commit(host_adapter(l->desk.host))) {
        desk_problem(request, "store_away", "try again", NULL);
        return;
    }
    char reply[64];
    snprintf(reply, sizeof(reply), "{\"state\":\"%s\"}", said);
    reply_json(request, 200, reply);
}

static void serve_post(void *user, struct yjs_request *request) {
    struct worklist *l = user;
    struct arena arena;
    struct json body;
    char id[1024];
    int verb = 0;
    arena_init(&arena, 64u * 1024 * 1024);
    if (desk_admit(request, l->s->token, &arena, &body)) {
        while (verb < VERBS && strcmp(request->rest, verbs[verb]))
            verb++;
        snprintf(id, sizeof(id), "%.*s", TEXT_ARG(json_get_text(&body, TEXT("task"))));
        struct yjs_task *task = yjs_find(host_adapter(l->desk.host), id);
        if (verb == VERBS)
            desk_problem(request, "route_unknown", NULL, NULL);
        else if (!task)
            desk_problem(request, "task_unknown", NULL, NULL);
        else if (json_get_text(&body, TEXT("person")).length == 0 || json_get_text(&body, TEXT("person")).length > 100)
            desk_problem(request, "body_invalid", "person is needed, at most 100 bytes", NULL);
        else
            act(l, request, (enum verb)verb, task, &body);
    }
    arena_free(&arena);
}

static int worklist_open(struct host *host, void **ret, struct yjs_error *error) {
    struct worklist *l = calloc(1, sizeof(*l));
    if (!l)
        abort();
    desk_open(&l->desk, host);
    l->s = host_settings(host);
    *ret = l;
    if (!yjs_route(host_adapter(host), "GET", "/worklist", serve_get, l) && !yjs_route(host_adapter(host), "POST", "/worklist", serve_post, l))
        return 0;
    *error = (struct yjs_error){"no_listener", "the driver worklist needs the department's `http: {port: …}`"};
    return -1;
}

static void worklist_close(void *self) {
    desk_close(self);
    free(self);
}

const struct yjs_driver driver_worklist = {
    .name = "worklist", .help = "no system: staff list, claim and answer tasks over the adapter's HTTP port",
    .settings = settings_table, .settings_size = sizeof(struct settings),
    .open = worklist_open, .close = worklist_close,
    .handler = {.start = desk_start, .restored = desk_restored, .forget = desk_forget, .cancel = desk_cancel},
};
