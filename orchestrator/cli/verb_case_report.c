/* What nobody had to carry: a case's hand-offs, the values not keyed again, the answers recorded on a department's behalf. */
#include "cli/verb_part.h"

struct report {
    struct table hand_offs;
    uint32_t hand_off_count, measured_count, task_count;
    uint64_t value_count;
    int64_t hand_off_sum_us, hand_off_most_us;
};

static uint64_t count_values(const struct json *value) {
    if (!value || value->type == JSON_NULL)
        return 0;
    if (value->type != JSON_ARRAY && value->type != JSON_OBJECT)
        return 1;
    uint64_t count = 0;
    for (uint32_t i = 0; i < value->count; i++)
        count += count_values(&value->children[i].value);
    return count;
}

static bool is(const struct json *event, const char *kind) { return text_is(member(event, "kind"), kind); }

/* The answer that caused a task: the last step that ended at the same moment, before it. */
static const struct json *cause_of(const struct json *events, uint32_t task) {
    struct text at = member(json_at(events, task), "at");
    for (uint32_t i = task; i-- > 0 && text_equal(member(json_at(events, i), "at"), at);)
        if (is(json_at(events, i), "step_ended") && member(json_get_string(json_at(events, i), "data"), "department").length > 0)
            return json_at(events, i);
    return NULL;
}

static void take_hand_off(struct invocation *c, struct report *r, const struct json *from, const struct json *to) {
    const struct json *ended = json_get_string(from, "data");
    int64_t at, sent = member_int64(ended, "sent", TIME_NONE);
    struct text took = TEXT_NONE;
    if (sent != TIME_NONE && time_parse(member(from, "at"), &at, NULL) == OUTCOME_OK) {
        int64_t took_us = at > sent ? at - sent : 0;
        took = display_duration(&c->arena, took_us);
        r->hand_off_sum_us += took_us;
        r->hand_off_most_us = took_us > r->hand_off_most_us ? took_us : r->hand_off_most_us;
        r->measured_count++;
    }
    r->hand_off_count++;
    table_put(&r->hand_offs, text_format(&c->arena, "%.*s (%.*s)", TEXT_ARG(member(ended, "department")), TEXT_ARG(member(from, "step"))));
    table_put(&r->hand_offs, text_format(&c->arena, "%.*s (%.*s)", TEXT_ARG(member(json_get_string(to, "data"), "department")),
                                         TEXT_ARG(member(to, "step"))));
    table_put(&r->hand_offs, took);
}

static void take_events(struct invocation *c, struct report *r, const struct json *events) {
    for (uint32_t i = 0; i < events->count; i++) {
        const struct json *event = json_at(events, i), *data = json_get_string(event, "data");
        if (!is(event, "step_asked") || member_int64(data, "attempt", 1) > 1)
            continue;
        r->task_count++;
        r->value_count += count_values(json_get_string(json_get_string(data, "data"), "input"));
        const struct json *cause = cause_of(events, i);
        if (cause)
            take_hand_off(c, r, cause, event);
    }
}

/* "tax 2, housing 1". */
static struct text answered_for(struct invocation *c, const struct json *figures) {
    const struct json *list = json_get_string(figures, "answered_for");
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, 65536);
    for (uint32_t i = 0; list && i < list->count; i++)
        buffer_format(&out, "%s%.*s %.*s", i ? ", " : "", TEXT_ARG(member(json_at(list, i), "department")),
                      TEXT_ARG(member(json_at(list, i), "count")));
    return out.length ? text_copy(&c->arena, buffer_text(&out)) : TEXT("none");
}

static void print_report(struct invocation *c, const struct report *r, const struct json *figures) {
    int64_t mean_us = r->measured_count ? r->hand_off_sum_us / r->measured_count : 0;
    if (r->hand_off_count > 0) {
        table_print(&r->hand_offs, &c->display, stdout);
        fputc('\n', stdout);
    }
    struct text took = r->measured_count ? text_format(&c->arena, "%.*s on average, %.*s at most", TEXT_ARG(display_duration(&c->arena, mean_us)),
                                                       TEXT_ARG(display_duration(&c->arena, r->hand_off_most_us)))
                                         : TEXT_NONE;
    struct text answered = answered_for(c, figures);
    const struct pair pairs[] = {
        {"tasks", text_format(&c->arena, "%u", r->task_count), COLOUR_PLAIN},
        {"hand-offs by nobody", text_format(&c->arena, "%u", r->hand_off_count), COLOUR_STRONG},
        {"each took", took, COLOUR_PLAIN},
        {"values carried", text_format(&c->arena, "%llu", (unsigned long long)r->value_count), COLOUR_PLAIN},
        {"asked once", text_format(&c->arena, "%.*s data, of them %.*s for several departments", TEXT_ARG(member(figures, "fields")),
                                   TEXT_ARG(member(figures, "shared"))), COLOUR_PLAIN},
        {"not asked again", text_format(&c->arena, "%.*s keyings saved", TEXT_ARG(member(figures, "keyings_saved"))), COLOUR_STRONG},
        {"fetched, not asked", text_format(&c->arena, "%.*s materials", TEXT_ARG(member(figures, "fetched"))), COLOUR_STRONG},
        {"代錄 remained", answered, text_is(answered, "none") ? COLOUR_GOOD : COLOUR_BAD},
    };
    print_pairs(&c->display, pairs, sizeof pairs / sizeof pairs[0]);
}

static void print_report_json(const struct report *r, const struct client_answer *figures) {
    int64_t mean_us = r->measured_count ? r->hand_off_sum_us / r->measured_count : 0;
    printf("{\"tasks\":%u,\"hand_offs\":%u,\"hand_off_mean_us\":%lld,\"hand_off_most_us\":%lld,\"values_carried\":%llu,\"figures\":%.*s}\n",
           r->task_count, r->hand_off_count, (long long)mean_us, (long long)r->hand_off_most_us,
           (unsigned long long)r->value_count, TEXT_ARG(figures->body));
}

enum verb_status verb_case_report(struct invocation *c) {
    static const char *const headings[] = {"FROM", "TO", ">TOOK", NULL};
    struct client_answer figures;
    struct json events;
    enum verb_status status;
    struct report report = {0};
    invocation_set(c, "limit", "1000000");
    if (!client_get(c, path_of(c, "/v1/cases/", invocation_argument(c, 0), "/figures"), &figures, &status) ||
        !list_items_by(c, path_of(c, "/v1/cases/", invocation_argument(c, 0), "/timeline"), "after", &events, &status))
        return status;
    table_begin(&report.hand_offs, &c->arena, headings);
    take_events(c, &report, &events);
    if (c->json)
        print_report_json(&report, &figures);
    else
        print_report(c, &report, &figures.json);
    return STATUS_DONE;
}
