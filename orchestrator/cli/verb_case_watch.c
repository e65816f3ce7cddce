/* case watch: cases as they move, drawn anew in a terminal, a line a change elsewhere. And their timeline. */
#include <poll.h>
#include <time.h>

#include "cli/verb_part.h"
#include "model/limits.h"

enum { WATCHED_MOST = 100, STEPS_MOST = 2048, LINES_MOST = 60 };
#define WATCH_INTERVAL_US (250 * 1000)
#define AWAY_INTERVAL_US (2 * TIME_SECOND_US)

struct shown_step {
    char name[160], state[24];
};
struct watched {
    struct text id;
    int64_t version;        /* of `row`; 0: nothing read yet */
    struct arena arenas[2]; /* the row now, and the one before: swapped */
    unsigned turn;
    struct json row;
    const struct json *plan;                /* the definition's steps; NULL: not known */
    bool closed;
    char status[96];        /* the law's words that plain lines have said last */
    struct shown_step *shown; /* what plain lines have said */
    uint32_t shown_count;
};

struct text case_step_name(struct arena *arena, const struct json *step) {
    int64_t index = member_int64(step, "index", -1);
    return index < 0 ? member(step, "step")
                     : text_format(arena, "%.*s.%lld", TEXT_ARG(member(step, "step")), (long long)index);
}

/* *ret_changed: the row is a new one. False: it was said how to end. */
static bool look(struct invocation *c, struct watched *w, bool *ret_changed, bool *ret_away,
                 enum verb_status *ret_status) {
    struct arena *arena = &w->arenas[w->turn ^ 1];
    struct arena own = c->arena;
    char tag[40];
    snprintf(tag, sizeof tag, "\"%lld\"", (long long)w->version);
    arena_reset(arena);
    c->arena = *arena; /* so that a watch of days does not grow */
    struct client_request request = {.method = "GET",
                                     .path = path_of(c, "/v1/cases/", w->id.at, ""),
                                     .if_none_match = w->version ? tag : NULL,
                                     .quiet_away = w->version > 0};
    struct client_answer answer = {0};
    bool fine = client_do(c, &request, &answer, ret_status);
    *arena = c->arena;
    c->arena = own;
    *ret_away = !fine && *ret_status == STATUS_AWAY;
    *ret_changed = fine && answer.status == 200;
    if (*ret_changed) {
        w->turn ^= 1;
        w->row = answer.json;
        w->version = member_int64(&w->row, "version", 1);
        w->closed = text_is(member(&w->row, "phase"), "closed");
    }
    return fine || (*ret_away && w->version > 0);
}

/* ---- plain lines ---- */

static void say(struct invocation *c, const struct watched *w, struct text step, struct text state, struct text rest) {
    char room[TIME_TEXT_SIZE];
    struct text now = time_format_china(display_now_us(), room);
    printf("%.8s  %.*s  %-24.*s %s%-12.*s%s %.*s\n", now.at + 11, TEXT_ARG(w->id), TEXT_ARG(step),
           display_colour(&c->display, display_colour_of(state)), TEXT_ARG(state),
           display_colour(&c->display, COLOUR_PLAIN), TEXT_ARG(rest));
}

static struct shown_step *find_shown(struct watched *w, struct text name) {
    for (uint32_t i = 0; i < w->shown_count; i++)
        if (text_is(name, w->shown[i].name))
            return &w->shown[i];
    if (w->shown_count == STEPS_MOST)
        return NULL;
    struct shown_step *shown = &w->shown[w->shown_count++];
    snprintf(shown->name, sizeof shown->name, "%.*s", TEXT_ARG(name));
    snprintf(shown->state, sizeof shown->state, "waiting");
    return shown;
}

static struct text step_rest(struct arena *arena, const struct json *step) {
    struct text department = member(step, "department"), ended = member(step, "ended_at"),
                reason = member(step, "reason");
    struct text took = text_is_none(ended) || text_is_none(member(step, "asked_at"))
                           ? TEXT_NONE
                           : display_between(arena, member(step, "asked_at"), ended, display_now_us());
    return text_format(arena, "%.*s%s%.*s%s%.*s", TEXT_ARG(department), took.length ? "  " : "", TEXT_ARG(took),
                       reason.length ? "  " : "", TEXT_ARG(reason));
}

static void say_changes(struct invocation *c, struct watched *w) {
    const struct json *steps = json_get_string(&w->row, "steps");
    struct arena *arena = &w->arenas[w->turn];
    for (uint32_t i = 0; steps && i < steps->count; i++) {
        const struct json *step = json_at(steps, i);
        struct text name = case_step_name(arena, step), state = member(step, "state");
        struct shown_step *shown = find_shown(w, name);
        if (!shown || text_is(state, shown->state))
            continue;
        snprintf(shown->state, sizeof shown->state, "%.*s", TEXT_ARG(state));
        say(c, w, name, state, step_rest(arena, step));
    }
    struct text words = case_status(c, arena, &w->row);
    if (words.length > 0 && !text_is(words, w->status)) {
        snprintf(w->status, sizeof w->status, "%.*s", TEXT_ARG(words));
        say(c, w, TEXT("case"), words, TEXT(""));
    }
    if (w->closed)
        say(c, w, TEXT("case"), member(&w->row, "outcome"),
            display_between(arena, member(&w->row, "started_at"), member(&w->row, "closed_at"), display_now_us()));
    fflush(stdout);
}

static void say_json(struct watched *w) {
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, (size_t)64 << 20);
    json_write(&out, &w->row);
    printf("%.*s\n", TEXT_ARG(buffer_text(&out)));
    fflush(stdout);
}

/* ---- a terminal ---- */

static const char *mark_of(struct text state) {
    static const struct {
        const char *state, *mark;
    } marks[] = {{"granted", "✓"},     {"refused", "✗"}, {"expired", "✗"},     {"stuck", "!"},
                 {"undo_stuck", "!"},  {"skipped", "–"}, {"unsatisfied", "–"}, {"cancelled", "–"},
                 {"compensated", "↶"}, {"waiting", "·"}, {"running", "▸"},     {"retrying", "↻"}};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (text_is(state, marks[i].state))
            return marks[i].mark;
    return "▸";
}

static void draw_line(struct invocation *c, FILE *out, struct text line, enum colour colour) {
    unsigned columns = c->display.columns ? c->display.columns : 80;
    fputs(display_colour(&c->display, colour), out);
    display_put_safe(out, display_cut(line, columns - 1));
    fprintf(out, "%s\033[K\n", display_colour(&c->display, COLOUR_PLAIN));
}

static void draw_step(struct invocation *c, FILE *out, struct arena *arena, const struct json *step, int64_t now) {
    struct text state = member(step, "state"), asked = member(step, "asked_at"), name = case_step_name(arena, step);
    struct text took = text_is_none(asked) ? TEXT("") : display_between(arena, asked, member(step, "ended_at"), now);
    unsigned width = display_width(name);
    draw_line(c, out,
              text_format(arena, "  %s %.*s%*s %-12.*s %-18.*s %8.*s  %.*s", mark_of(state), TEXT_ARG(name),
                          width < 24 ? (int)(24 - width) : 0, "", TEXT_ARG(state), TEXT_ARG(member(step, "department")),
                          TEXT_ARG(took), TEXT_ARG(member(step, "reason"))),
              display_colour_of(state));
}

static void draw_waiting(struct invocation *c, FILE *out, struct arena *arena, const struct json *planned) {
    draw_line(c, out,
              text_format(arena, "  %s %-24.*s %-12s %.*s", mark_of(TEXT("waiting")), TEXT_ARG(member(planned, "id")), "waiting",
                          TEXT_ARG(member(planned, "department"))),
              COLOUR_FAINT);
}

/* The rows of one step (its elements too), or what the plan says of it while it has none. */
static unsigned draw_planned(struct invocation *c, FILE *out, struct arena *arena, const struct watched *w,
                             const struct json *planned, int64_t now) {
    const struct json *steps = json_get_string(&w->row, "steps");
    unsigned lines = 0;
    for (uint32_t i = 0; steps && i < steps->count; i++)
        if (text_equal(member(json_at(steps, i), "step"), member(planned, "id"))) {
            draw_step(c, out, arena, json_at(steps, i), now);
            lines++;
        }
    if (lines > 0)
        return lines;
    draw_waiting(c, out, arena, planned);
    return 1;
}

static unsigned draw_case(struct invocation *c, FILE *out, struct watched *w, int64_t now) {
    struct arena *arena = &w->arenas[w->turn ^ 1];
    const struct json *steps = json_get_string(&w->row, "steps");
    struct text phase = w->closed ? member(&w->row, "outcome") : member(&w->row, "phase");
    unsigned lines = 1, ended = 0;
    arena_reset(arena);
    struct text words = case_status(c, arena, &w->row);
    for (uint32_t i = 0; steps && i < steps->count; i++)
        ended += !text_is_none(member(json_at(steps, i), "ended_at")) && member_int64(json_at(steps, i), "index", -1) < 0;
    draw_line(c, out,
              text_format(arena, "%.*s  %.*s  %.*s%s%.*s  %u/%u  %.*s", TEXT_ARG(w->id), TEXT_ARG(member(&w->row, "thing")),
                          TEXT_ARG(words), words.length ? "  " : "", TEXT_ARG(phase), ended, w->plan ? w->plan->count : steps ? steps->count : 0,
                          TEXT_ARG(display_between(arena, member(&w->row, "started_at"), member(&w->row, "closed_at"), now))),
              COLOUR_STRONG);
    for (uint32_t i = 0; w->plan && i < w->plan->count; i++)
        lines += draw_planned(c, out, arena, w, json_at(w->plan, i), now);
    for (uint32_t i = 0; !w->plan && steps && i < steps->count; i++, lines++)
        draw_step(c, out, arena, json_at(steps, i), now);
    return lines;
}

static unsigned lines_of(const struct watched *w, uint32_t count) {
    unsigned lines = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct json *steps = json_get_string(&w[i].row, "steps");
        uint32_t rows = steps ? steps->count : 0;
        lines += 1 + (w[i].plan && w[i].plan->count > rows ? w[i].plan->count : rows);
    }
    return lines;
}

/* Up to where the last drawing began, and all of it again. */
static unsigned draw(struct invocation *c, struct watched *w, uint32_t count, unsigned drawn) {
    unsigned lines = 0;
    int64_t now = display_now_us();
    if (drawn > 0)
        printf("\033[%uA", drawn);
    for (uint32_t i = 0; i < count; i++)
        lines += draw_case(c, stdout, &w[i], now);
    printf("\033[J");
    fflush(stdout);
    return lines;
}

/* ---- the loop ---- */

/* The steps that the case will have, those that nobody was asked yet too. Without them the drawing is shorter. */
static void find_plan(struct invocation *c, struct watched *w) {
    struct client_answer answer;
    enum verb_status ignored;
    struct text hash = member(&w->row, "definition");
    if (text_is_none(hash))
        return;
    hash = text_copy(&c->arena, hash);
    if (!client_get(c, path_of(c, "/v1/things/", hash.at, ""), &answer, &ignored))
        return;
    const struct json *steps = json_get_string(&answer.json, "steps");
    w->plan = steps && steps->type == JSON_ARRAY ? steps : NULL;
    struct json *kept = w->plan ? arena_new(&c->arena, struct json) : NULL;
    if (kept)
        *kept = *steps;
    w->plan = kept;
}

static enum verb_status watch_all(struct invocation *c, struct watched *w, uint32_t count) {
    bool said_away = false, drawing = c->display.terminal && !c->json, first = true;
    unsigned drawn = 0;
    for (;;) {
        bool all_closed = true, away = false;
        for (uint32_t i = 0; i < count; i++) {
            bool changed, this_away;
            enum verb_status status = STATUS_DONE;
            if (w[i].closed)
                continue;
            if (!look(c, &w[i], &changed, &this_away, &status))
                return status;
            if (first && drawing && changed)
                find_plan(c, &w[i]);
            away = away || this_away;
            if (changed && c->json)
                say_json(&w[i]);
            else if (changed && !drawing)
                say_changes(c, &w[i]);
            all_closed = all_closed && w[i].closed;
        }
        if (first && drawing && lines_of(w, count) > (c->display.rows ? c->display.rows - 1 : LINES_MOST)) {
            drawing = false; /* more than the screen holds */
            for (uint32_t i = 0; i < count; i++)
                say_changes(c, &w[i]);
        }
        first = false;
        if (drawing)
            drawn = draw(c, w, count, drawn);
        if (all_closed || ferror(stdout))
            return STATUS_DONE;
        if (away != said_away)
            fprintf(stderr, away ? "yjsctl: the server does not answer; trying on\n" : "yjsctl: the server is back\n");
        said_away = away;
        struct timespec pause = {away ? 2 : 0, away ? 0 : WATCH_INTERVAL_US * 1000};
        nanosleep(&pause, NULL);
    }
}

enum verb_status case_watch(struct invocation *c, const struct text *ids, uint32_t count) {
    enum verb_status status = STATUS_REFUSED;
    struct watched *w = arena_new_array(&c->arena, count, struct watched);
    if (!w)
        return status;
    bool fine = true;
    for (uint32_t i = 0; i < count; i++) {
        w[i].id = text_copy(&c->arena, ids[i]);
        w[i].shown = arena_new_array(&c->arena, STEPS_MOST, struct shown_step);
        fine = fine && w[i].shown && !text_is_none(w[i].id);
        for (int j = 0; j < 2; j++)
            arena_init(&w[i].arenas[j], (size_t)64 << 20);
    }
    if (fine)
        status = watch_all(c, w, count);
    for (uint32_t i = 0; i < count; i++)
        for (int j = 0; j < 2; j++)
            arena_free(&w[i].arenas[j]);
    return status;
}

enum verb_status verb_case_watch(struct invocation *c) {
    struct text ids[WATCHED_MOST];
    for (uint32_t i = 0; i < c->argument_count; i++)
        ids[i] = text_from(invocation_argument(c, i));
    return case_watch(c, ids, c->argument_count);
}

/* ---- timeline ---- */

struct timeline {
    struct invocation *invocation;
    int64_t version;
    bool over;   /* closed, or nobody reads */
};

static void print_detail(struct invocation *c, const char *name, struct text value) {
    if (value.length == 0)
        return;
    printf(" %s%s=%s", display_colour(&c->display, COLOUR_FAINT), name, display_colour(&c->display, COLOUR_PLAIN));
    display_put_safe(stdout, value);
}

/* What stands within the event's own data: which signal, why an operator did it, whose contact was changed. */
static void print_particulars(struct invocation *c, struct arena *arena, struct text kind, const struct json *data) {
    const struct json *extra = json_get_string(data, "extra"), *own = json_get_string(data, "data");
    const struct json *changed = json_get_string(own, "changed");
    if (text_is(kind, "signal_noted"))
        print_detail(c, "signal", member(data, "id"));
    if (text_is(kind, "operator_acted")) {
        print_detail(c, "why", member(extra, "reason"));
        print_detail(c, "evidence", member(extra, "evidence"));
        print_detail(c, "confirmed_by", member(extra, "confirmed_by"));
    }
    if (!text_is(kind, "contact_changed"))
        return;
    print_detail(c, "person", text_format(arena, "%.*s.%.*s%s", TEXT_ARG(member(own, "party")), TEXT_ARG(member(own, "index")),
                                          json_is_true(json_get_string(own, "agent")) ? ".agent" : ""));
    for (uint32_t i = 0; changed && changed->type == JSON_ARRAY && i < changed->count; i++)
        print_detail(c, "changed", json_at(changed, i)->text);
}

static void print_event(struct invocation *c, struct arena *arena, const struct json *event) {
    char room[TIME_TEXT_SIZE];
    int64_t at;
    struct text time = TEXT("-");
    if (time_parse(member(event, "at"), &at, NULL) == OUTCOME_OK) {
        time = time_format_china(at, room);
        time = text_format(arena, "%.5s %.8s.%03d", time.at + 5, time.at + 11, (int)(at % TIME_SECOND_US / 1000));
    }
    const struct json *data = json_get_string(event, "data");
    const struct json *status = json_get_string(event, "status");
    static const char *const wanted[] = {"item",   "clock", "state",   "outcome", "department", "answer", "fate",
                                         "reason", "code",  "attempt", "child",   "actor",      "light",  "basis", NULL};
    struct text step = member(event, "step"), index = member(data, "index");
    if (index.length > 0)
        step = text_format(arena, "%.*s.%.*s", TEXT_ARG(step), TEXT_ARG(index));
    printf("%5.*s  %.*s  %-22.*s %-24.*s", TEXT_ARG(member(event, "version")), TEXT_ARG(time),
           TEXT_ARG(member(event, "kind")), TEXT_ARG(step));
    print_particulars(c, arena, member(event, "kind"), data);
    for (int i = 0; wanted[i]; i++)
        print_detail(c, wanted[i], member(data, wanted[i]));
    int64_t due = member_int64(data, "due", TIME_NONE);
    if (due != TIME_NONE) {
        time_format_china(due, room);
        print_detail(c, "due", text_format(arena, "%.16s", room));
    }
    if (status)
        printf("  %s%.*s%s", display_colour(&c->display, COLOUR_STRONG), TEXT_ARG(json_get_text(status, c->display.language)),
               display_colour(&c->display, COLOUR_PLAIN));
    fputc('\n', stdout);
}

static bool take_event(void *context, struct text name, struct text id, struct text data) {
    struct timeline *timeline = context;
    struct arena arena;
    struct json event;
    arena_init(&arena, (size_t)64 << 20);
    if (timeline->invocation->json)
        printf("%.*s\n", TEXT_ARG(data));
    else if (json_read(&arena, data, LIMIT_json_depth_most + 16, &event, NULL) == OUTCOME_OK)
        print_event(timeline->invocation, &arena, &event);
    arena_free(&arena);
    text_to_int64(id, &timeline->version);
    timeline->over = fflush(stdout) != 0 || text_is(name, "case_closed");
    return !timeline->over;
}

/* A stream that ends before the case does (the daemon stopped) is taken up behind the last event. */
static enum verb_status follow(struct invocation *c) {
    struct timeline timeline = {.invocation = c};
    enum verb_status status = STATUS_DONE;
    for (bool said = false;;) {
        struct text path = path_of(c, "/v1/cases/", invocation_argument(c, 0), "/events?after=");
        path = text_format(&c->arena, "%.*s%lld", TEXT_ARG(path), (long long)timeline.version);
        int64_t before = timeline.version;
        enum outcome outcome = client_stream(c, path, take_event, &timeline, &status);
        if (outcome == OUTCOME_REJECT)
            return status;
        if (timeline.over)
            return STATUS_DONE;
        if (outcome == OUTCOME_RETRY && timeline.version == 0) {
            fprintf(stderr, "yjsctl: the server does not answer; is yjsd running, is --url or YJS_URL right?\n");
            return STATUS_AWAY;
        }
        said = said && timeline.version == before;
        if (!said)
            fprintf(stderr, "yjsctl: the stream ended; trying on\n");
        said = true;
        struct timespec pause = {1, 0};
        nanosleep(&pause, NULL);
    }
}

enum verb_status verb_case_timeline(struct invocation *c) {
    struct json items;
    enum verb_status status;
    if (invocation_has(c, "follow"))
        return follow(c);
    /* A timeline is read whole unless told otherwise. */
    if (!invocation_has(c, "limit"))
        invocation_set(c, "limit", "1000000");
    if (!list_items_by(c, path_of(c, "/v1/cases/", invocation_argument(c, 0), "/timeline"), "after", &items, &status))
        return status;
    if (list_print_json(c, &items))
        return STATUS_DONE;
    for (uint32_t i = 0; i < items.count; i++)
        print_event(c, &c->arena, json_at(&items, i));
    return STATUS_DONE;
}
