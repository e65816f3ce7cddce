/* Holds what a query says against the table of parameters. */
#include "web/parameter.h"

#include <stdlib.h>

#include "model/limits.h"
#include "model/notice.h"
#include "web/web_part.h"
#include "wire/input_codec.h"

#define BYTES(limit) 0, LIMIT_##limit, #limit
#define WORDS(list) PARAMETER_WORD, list, 0, 0, NULL
enum { TOPIC_BYTES_MOST = 249 };   /* Kafka's */

const struct parameter_rule parameter_table[] = {
    {"thing", PARAMETER_ID, NULL, BYTES(name_bytes_most)},
    {"department", PARAMETER_ID, NULL, BYTES(name_bytes_most)},
    {"item", PARAMETER_ID, NULL, BYTES(name_bytes_most)},
    {"code", PARAMETER_ID, NULL, BYTES(name_bytes_most)},
    {"channel", PARAMETER_TEXT, NULL, BYTES(name_bytes_most)},
    {"recipient", PARAMETER_TEXT, NULL, BYTES(person_bytes_most)},
    {"topic", PARAMETER_TEXT, NULL, 0, TOPIC_BYTES_MOST, "Kafka's limit"},
    {"case", PARAMETER_TEXT, NULL, BYTES(case_id_bytes_most)},
    {"task_at", PARAMETER_TASK_AT, NULL, 0, LIMIT_id_bytes_most * 2, "twice id_bytes_most"},
    {"incident", PARAMETER_TEXT, NULL, BYTES(id_bytes_most)},
    {"clock_at", PARAMETER_TEXT, NULL, BYTES(id_bytes_most)},
    {"number", PARAMETER_NUMBER, NULL, 0, INT64_MAX, NULL},
    {"q", PARAMETER_TEXT, NULL, BYTES(id_bytes_most)},
    {"region", PARAMETER_REGION, NULL, 0, 0, NULL},
    {"phase", WORDS("running, stopping, closed, open")},
    {"outcome", WORDS("granted, partial, refused, withdrawn, terminated, void")},
    {"scope", WORDS("all")},
    {"open", WORDS("yes, no")},
    {"step_state", WORDS("running, retrying, stuck, cancelling, undoing, undo_retrying, undo_stuck")},
    {"light", WORDS("yellow, red, deep_red")},
    {"clock", WORDS("promise, statute")},
    {"kind", PARAMETER_NOTICE, NULL, 0, 0, NULL},
    {"audience", WORDS("party, window, department, supervisor")},
    {"notice_state", WORDS("waiting, sent, shown, given_up, dropped")},
    {"copy", WORDS("party, masked")},
    {"language", WORDS("zh-Hant, zh-Hans, en")},
    {"changed_since", PARAMETER_MOMENT, NULL, 0, 0, NULL},
    {"from", PARAMETER_TEXT, NULL, BYTES(name_bytes_most)},
    {"duration", PARAMETER_TEXT, NULL, BYTES(name_bytes_most)},
    {"after", PARAMETER_NUMBER, NULL, 0, INT32_MAX, NULL},
    {"limit", PARAMETER_NUMBER, NULL, 1, PAGE_ROWS_MOST, NULL},
    {NULL, PARAMETER_TEXT, NULL, 0, 0, NULL},
};

const struct parameter_rule *parameter_next(struct text *list, struct text *ret_name) {
    if (list->length == 0)
        return NULL;
    size_t comma = text_find(*list, ',');
    struct text one = comma == SIZE_MAX ? *list : text_span(list->at, comma);
    *list = comma == SIZE_MAX ? TEXT("") : text_span(list->at + comma + 1, list->length - comma - 1);
    size_t colon = text_find(one, ':');
    struct text rule = colon == SIZE_MAX ? one : text_span(one.at + colon + 1, one.length - colon - 1);
    *ret_name = colon == SIZE_MAX ? one : text_span(one.at, colon);
    for (const struct parameter_rule *row = parameter_table; row->name; row++)
        if (text_is(rule, row->name))
            return row;
    abort();
}

static const struct parameter_rule *rule_of(const struct route *route, struct text name) {
    struct text list = text_from(route->parameters), known;
    const struct parameter_rule *rule;
    while ((rule = parameter_next(&list, &known)))
        if (text_equal(known, name))
            return rule;
    return NULL;
}

static bool is_id(struct text t) {
    for (size_t i = 0; i < t.length; i++) {
        char c = t.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    return true;
}

bool parameter_is_region(struct text t) {
    bool digits = t.length == 6;
    for (size_t i = 0; i < t.length && digits; i++)
        digits = t.at[i] >= '0' && t.at[i] <= '9';
    return digits;
}

static bool is_among(struct text words, struct text t) {
    while (words.length > 0) {
        size_t comma = text_find(words, ',');
        if (text_equal(comma == SIZE_MAX ? words : text_span(words.at, comma), t))
            return true;
        words = comma == SIZE_MAX ? TEXT("") : text_span(words.at + comma + 2, words.length - comma - 2);
    }
    return false;
}

static bool is_task(struct text t) {
    struct text case_id, step;
    int32_t index;
    uint32_t attempt, undo;
    return task_id_split(t, &case_id, &step, &index, &attempt, &undo);
}

static bool is_task_at(struct text t) {
    size_t first = text_find(t, '~');
    struct text rest = first == SIZE_MAX ? TEXT("") : text_span(t.at + first + 1, t.length - first - 1);
    size_t second = text_find(rest, '~');
    int64_t priority, asked_us;
    return second != SIZE_MAX && text_to_int64(text_span(t.at, first), &priority) && priority >= -INT16_MAX && priority <= INT16_MAX &&
           text_to_int64(text_span(rest.at, second), &asked_us) && is_task(text_span(rest.at + second + 1, rest.length - second - 1));
}

/* What the value should have been, absent: it is. */
static struct text wrong(struct arena *arena, const struct parameter_rule *rule, struct text value) {
    enum notice_kind notice;
    int64_t number;
    if (rule->limit && value.length > (size_t)rule->most)
        return text_format(arena, "at most %lld bytes long (%s)", (long long)rule->most, rule->limit);
    switch (rule->kind) {
    case PARAMETER_TEXT: return TEXT_NONE;
    case PARAMETER_ID: return is_id(value) ? TEXT_NONE : TEXT("an id: lower-case letters, digits and _");
    case PARAMETER_WORD: return is_among(text_from(rule->words), value) ? TEXT_NONE : text_format(arena, "one of %s", rule->words);
    case PARAMETER_NOTICE: return notice_kind_parse(value, &notice) ? TEXT_NONE : TEXT("a kind of notice: accepted, correction, closed …");
    case PARAMETER_REGION: return parameter_is_region(value) ? TEXT_NONE : TEXT("a region code of six digits (GB/T 2260)");
    case PARAMETER_MOMENT: return time_parse(value, &number, NULL) == OUTCOME_OK ? TEXT_NONE : TEXT("a date-time as in RFC 3339");
    case PARAMETER_TASK_AT: return is_task_at(value) ? TEXT_NONE : TEXT("`next` of the page before");
    case PARAMETER_NUMBER: break;
    }
    if (text_to_int64(value, &number) && number >= rule->least && number <= rule->most)
        return TEXT_NONE;
    if (rule->most == INT64_MAX)
        return text_format(arena, "a number from %lld on", (long long)rule->least);
    return text_format(arena, "a number from %lld to %lld", (long long)rule->least, (long long)rule->most);
}

static bool stands_before(const struct request *request, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        if (text_equal(request->parameters[i].name, request->parameters[n].name))
            return true;
    return false;
}

/* Which there are, for people. */
static void refuse_unknown(struct request *request, struct text name) {
    struct text list = text_from(request->route->parameters), known;
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, 1024);
    while (parameter_next(&list, &known))
        buffer_format(&out, "%s%.*s", out.length ? ", " : "", TEXT_ARG(known));
    reply_problem(request, "parameter_unknown", "there is no parameter \"%.*s\" here; this path takes %s",
                  TEXT_HEAD(name),
                  out.length ? buffer_text(&out).at : "none");
}

bool parameters_check(struct request *request) {
    _cleanup_buffer_ struct buffer faults;
    buffer_init(&faults, 8192);
    for (uint32_t i = 0; i < request->parameter_count; i++) {
        const struct parameter *given = &request->parameters[i];
        const struct parameter_rule *rule = rule_of(request->route, given->name);
        if (!rule) {
            refuse_unknown(request, given->name);
            return false;
        }
        const char *and = faults.length ? "; " : "";
        struct text should = given->value.length ? wrong(&request->arena, rule, given->value) : TEXT_NONE;
        if (stands_before(request, i))
            buffer_format(&faults, "%s%.*s stands twice", and, TEXT_ARG(given->name));
        else if (should.length)
            buffer_format(&faults, "%s%.*s is %.*s", and, TEXT_ARG(given->name), TEXT_ARG(should));
    }
    if (faults.length == 0)
        return true;
    reply_problem(request, "parameter_bad", "%.*s", TEXT_ARG(buffer_text(&faults)));
    return false;
}
