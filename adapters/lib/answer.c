/* Answers: the table of kinds, the check that an answer says what its kind needs, and its way into the outbox. */
#include <stdio.h>
#include <stdlib.h>
#include "internal.h"

enum need { NEED_NOTHING, NEED_TEXT, NEED_OBJECT, NEED_ARRAY, NEED_BOOL, NEED_NUMBER };
static const struct {
    const char *name;
    bool final;
    struct { const char *member; enum need type; } needs[2];
} kinds[YJS_KINDS] = {
    [YJS_RECEIVED] = {"received", false, {{0}}},
    [YJS_ACCEPTED] = {"accepted", false, {{0}}},
    [YJS_NOT_ACCEPTED] = {"not_accepted", true, {{"reason", NEED_TEXT}}},
    [YJS_CORRECTION] = {"correction", false, {{"reasons", NEED_ARRAY}}},
    [YJS_SPECIAL_START] = {"special_start", false, {{"procedure", NEED_TEXT}}},
    [YJS_SPECIAL_END] = {"special_end", false, {{"procedure", NEED_TEXT}}},
    [YJS_EXTEND] = {"extend", false, {{"reason", NEED_TEXT}, {"days", NEED_NUMBER}}},
    [YJS_RESULT] = {"result", true, {{"result", NEED_OBJECT}}},
    [YJS_REJECTED] = {"rejected", true, {{"reason", NEED_TEXT}}},
    [YJS_CANCELLED] = {"cancelled", true, {{0}}},
    [YJS_CANCEL_REFUSED] = {"cancel_refused", false, {{"reason", NEED_TEXT}}},
    [YJS_ERROR] = {"error", true, {{"message", NEED_TEXT}, {"retryable", NEED_BOOL}}},
};

const char *yjs_kind_name(enum yjs_kind kind) { return kind < YJS_KINDS ? kinds[kind].name : "unknown"; }
bool yjs_kind_is_final(enum yjs_kind kind) { return kind < YJS_KINDS && kinds[kind].final; }

bool yjs_kind_parse(const char *name, enum yjs_kind *ret) {
    for (int kind = 0; name && kind < YJS_KINDS; kind++)
        if (!strcmp(kinds[kind].name, name)) {
            *ret = (enum yjs_kind)kind;
            return true;
        }
    return false;
}

static bool has_type(const struct json *value, enum need type) {
    switch (type) {
    case NEED_TEXT: return value && value->type == JSON_STRING && value->text.length > 0;
    case NEED_OBJECT: return value && value->type == JSON_OBJECT;
    case NEED_ARRAY: return value && value->type == JSON_ARRAY && value->count > 0;
    case NEED_BOOL: return value && (value->type == JSON_TRUE || value->type == JSON_FALSE);
    case NEED_NUMBER: return value && value->type == JSON_NUMBER;
    case NEED_NOTHING: break;
    }
    return true;
}

static bool answer_stands(struct yjs_adapter *a, enum yjs_kind kind, const char *data, size_t length, const char **ret_member,
                          const char **ret_why) {
    static const char *const words[] = {
        [NEED_TEXT] = "must be a text that is not empty", [NEED_OBJECT] = "must be an object",
        [NEED_ARRAY] = "must be a list that is not empty", [NEED_BOOL] = "must be true or false", [NEED_NUMBER] = "must be a number"};
    struct json value;
    *ret_member = NULL;
    *ret_why = length > ANSWER_MOST_BYTES ? "longer than 64 KiB" : "not a JSON object";
    arena_reset(&a->answer_arena);
    if (length > ANSWER_MOST_BYTES || json_read(&a->answer_arena, text_span(data, length), JSON_DEPTH_MOST, &value, NULL) ||
        value.type != JSON_OBJECT)
        return false;
    for (int i = 0; i < 2 && kinds[kind].needs[i].member; i++) {
        *ret_member = kinds[kind].needs[i].member;
        *ret_why = words[kinds[kind].needs[i].type];
        if (!has_type(json_get(&value, text_from(*ret_member)), kinds[kind].needs[i].type))
            return false;
    }
    return true;
}

bool yjs_answer_stands(struct yjs_task *open, enum yjs_kind kind, const char *data, size_t length, const char **ret_member,
                       const char **ret_why) {
    return answer_stands(open->adapter, kind, data, length, ret_member, ret_why);
}

static void answer_post(struct yjs_adapter *a, struct task *t, enum yjs_kind kind, const char *data, size_t length) {
    struct answer *answer = adapter_alloc(sizeof(*answer) + length + 1);
    answer->task = t;
    answer->kind = kind;
    answer->n = ++t->answer_count;
    answer->of_kind = ++t->answers[kind];
    answer->length = length;
    memcpy(answer->data, data, length);
    time_format_utc(t->time_us ? t->time_us : yjs_now_us(), answer->time);
    t->references++;
    if (t->stored)
        store_put_answer(&a->store, answer);
    outbox_append(a, answer);
    a->counters.answers[kind]++;
}

/* Also for a task that has ended: only inbound.c does that, to refuse a cancellation. */
int task_answer(struct yjs_adapter *a, struct task *t, enum yjs_kind kind, const char *data, size_t length) {
    char replacement[256];
    int verdict = 0;
    const char *member, *why;
    if (!answer_stands(a, kind, data, length, &member, &why)) {
        const char *fault = member ? member : why;
        log_error("bad_answer", "the answer is not what its kind needs; answered `error` in its place",
                  LOG_STRING("task", t->open.id), LOG_STRING("kind", yjs_kind_name(kind)), LOG_STRING("fault", fault));
        bool large = length > ANSWER_MOST_BYTES;
        length = (size_t)snprintf(replacement, sizeof(replacement),
                                  "{\"message\":\"the adapter's answer `%s` is faulty: %s\",\"retryable\":false,"
                                  "\"code\":\"%s\"}",
                                  yjs_kind_name(kind), fault, large ? "answer_too_large" : "bad_answer");
        data = replacement;
        kind = YJS_ERROR;
        verdict = -1;
    }
    answer_post(a, t, kind, data, length);
    if (kind == YJS_CANCEL_REFUSED)
        task_cancel_answered(a, t);
    if (!yjs_kind_is_final(kind))
        return verdict;
    task_end(a, t, STORED_ANSWERED, false);
    return verdict;
}

int yjs_answer(struct yjs_task *open, enum yjs_kind kind, const char *data, size_t length) {
    struct task *t = (struct task *)open;
    struct yjs_adapter *a = open->adapter;
    if (t->place == PLACE_ENDED || kind >= YJS_KINDS)
        return 0;
    if (kind != YJS_ERROR && t->place == PLACE_RUNNING && a->breaker.failures_in_row)
        breaker_succeeded(a);
    return task_answer(a, t, kind, data, length);
}
