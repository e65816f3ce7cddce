/* The mappings between our words and the department's: a task into its request, its response into answers. */
#include <stdlib.h>
#include "base/log.h"
#include "host.h"

static jv envelope(const struct yjs_task *task) {
    jv data = jv_parse_sized(task->data, (int)task->data_length);
    if (jv_get_kind(data) != JV_KIND_OBJECT) {
        jv_free(data);
        data = jv_object();
    }
    data = jv_object_set(data, jv_string("task"), jv_string(task->id));
    data = jv_object_set(data, jv_string("type"), jv_string(task->type));
    data = jv_object_set(data, jv_string("number"), jv_string(task->number));
    data = jv_object_set(data, jv_string("thing"), jv_string(task->thing));
    data = jv_object_set(data, jv_string("step"), jv_string(task->step));
    data = jv_object_set(data, jv_string("attempt"), jv_number((double)task->attempt));
    if (task->correction) {
        jv correction = jv_parse(task->correction);
        if (jv_is_valid(correction))
            data = jv_object_set(data, jv_string("correction"), correction);
        else
            jv_free(correction);
    }
    return data;
}

static void fail_mapping(struct yjs_task *task, const char *code, const char *what, jv fault) {
    char message[400];
    jv reason = jv_invalid_get_msg(fault);
    snprintf(message, sizeof(message), "%s: %s", what, jv_get_kind(reason) == JV_KIND_STRING ? jv_string_value(reason) : "nothing came of it");
    jv_free(reason);
    log_error("mapping_failed", "a mapping of this step failed; the task is answered `error`", LOG_STRING("task", task->id),
              LOG_STRING("code", code));
    yjs_fail(task, YJS_NEVER, code, message);
}

static char *dump(jv value, size_t *ret_length) {
    jv text = jv_dump_string(value, 0);
    size_t length = (size_t)jv_string_length_bytes(jv_copy(text));
    char *copy = strndup(jv_string_value(text), length);
    jv_free(text);
    if (!copy)
        abort();
    *ret_length = length;
    return copy;
}

char *host_envelope(const struct yjs_task *task, size_t *ret_length) { return dump(envelope(task), ret_length); }

char *host_request(struct host *h, struct yjs_task *task, const char *callback, size_t *ret_length) {
    const struct host_step *step = host_step(h, task);
    jv value = envelope(task);
    if (callback)
        value = jv_object_set(value, jv_string("callback"), jv_string(callback));
    if (step->require) {
        jv verdict = mapping_run(step->require, jv_copy(value));
        bool holds = jv_get_kind(verdict) == JV_KIND_TRUE;
        jv_free(verdict);
        if (!holds) {
            jv_free(value);
            yjs_fail(task, YJS_NEVER, "bad_input", "the task's input is not what this step requires");
            return NULL;
        }
    }
    if (step->request)
        value = mapping_run(step->request, value);
    if (!jv_is_valid(value)) {
        fail_mapping(task, "request_mapping", "the request mapping", value);
        return NULL;
    }
    return dump(value, ret_length);
}

/* One answer document: {kind, …}. */
static enum host_verdict post(struct yjs_task *task, jv document) {
    jv name = jv_get_kind(document) == JV_KIND_OBJECT ? jv_object_get(jv_copy(document), jv_string("kind")) : jv_invalid();
    enum yjs_kind kind;
    bool known = jv_get_kind(name) == JV_KIND_STRING && yjs_kind_parse(jv_string_value(name), &kind);
    jv_free(name);
    if (!known) {
        jv_free(document);
        yjs_fail(task, YJS_NEVER, "answer_mapping", "what the department answered is no answer: `kind` is missing or unknown");
        return HOST_FAULTY;
    }
    jv text = jv_dump_string(jv_object_delete(document, jv_string("kind")), 0);
    int verdict = yjs_answer(task, kind, jv_string_value(text), (size_t)jv_string_length_bytes(jv_copy(text)));
    jv_free(text);
    return verdict ? HOST_FAULTY : yjs_kind_is_final(kind) ? HOST_FINAL : HOST_OPEN;
}

static bool is_nothing(jv answer) {
    if (jv_get_kind(answer) != JV_KIND_OBJECT)
        return jv_get_kind(answer) == JV_KIND_NULL;
    jv pending = jv_object_get(jv_copy(answer), jv_string("pending"));
    bool is = jv_get_kind(pending) == JV_KIND_TRUE;
    jv_free(pending);
    return is;
}

static jv as_answer(jv body) {
    bool list = jv_get_kind(body) == JV_KIND_ARRAY && jv_array_length(jv_copy(body)) > 0;
    jv first = list ? jv_array_get(jv_copy(body), 0) : jv_copy(body);
    bool speaks = jv_get_kind(first) == JV_KIND_OBJECT && jv_object_has(jv_copy(first), jv_string("kind"));
    jv_free(first);
    if (speaks || is_nothing(body))
        return body;
    return jv_object_set(jv_object_set(jv_object(), jv_string("kind"), jv_string("result")), jv_string("result"), body);
}

static enum host_verdict post_all(struct yjs_task *task, jv answers) {
    if (is_nothing(answers)) {
        jv_free(answers);
        return HOST_NOTHING;
    }
    if (jv_get_kind(answers) != JV_KIND_ARRAY)
        return post(task, answers);
    enum host_verdict verdict = HOST_FAULTY;
    int count = jv_array_length(jv_copy(answers));
    if (count == 0)
        yjs_fail(task, YJS_NEVER, "answer_mapping", "what the department answered is an empty list");
    for (int i = 0; i < count; i++) {
        verdict = post(task, jv_array_get(jv_copy(answers), i));
        if (verdict != HOST_OPEN)
            break;
    }
    jv_free(answers);
    return verdict;
}

/* What the department said, as a document of answers; invalid, with a message: the mapping failed, or it is no JSON. */
static jv answers_of(const struct host_step *step, const struct yjs_task *task, int status, const char *body, size_t length) {
    jv value = length ? jv_parse_sized(body, (int)length) : jv_null();
    if (!jv_is_valid(value)) {
        jv_free(value);
        if (!step->answer)
            return jv_invalid_with_msg(jv_string("not JSON"));
        value = jv_string_sized(body, (int)length);
    }
    if (!step->answer)
        return as_answer(value);
    jv input = jv_object_set(jv_object(), jv_string("status"), jv_number(status));
    input = jv_object_set(jv_object_set(input, jv_string("body"), value), jv_string("task"), envelope(task));
    return mapping_run(step->answer, input);
}

enum host_verdict host_answer(struct host *h, struct yjs_task *task, int status, const char *body, size_t length) {
    const struct host_step *step = host_step(h, task);
    jv answers = answers_of(step, task, status, body, length);
    if (jv_is_valid(answers))
        return post_all(task, answers);
    if (step->answer) {
        fail_mapping(task, "answer_mapping", "the answer mapping", answers);
    } else {
        jv_free(answers);
        yjs_fail(task, YJS_NEVER, "answer_not_json", "the department's system answered something that is not JSON");
    }
    return HOST_FAULTY;
}

/* ---- before it is taken ---- */

static bool fault_is(struct host_fault *ret, const char *pointer, const char *member, const char *message) {
    snprintf(ret->pointer, sizeof(ret->pointer), "%s%s%s", pointer, member ? "/" : "", member ? member : "");
    snprintf(ret->message, sizeof(ret->message), "%s", message);
    return false;
}

static bool one_stands(struct yjs_task *task, jv document, const char *pointer, struct host_fault *ret) {
    jv name = jv_get_kind(document) == JV_KIND_OBJECT ? jv_object_get(jv_copy(document), jv_string("kind")) : jv_invalid();
    const char *member, *why;
    enum yjs_kind kind;
    bool known = jv_get_kind(name) == JV_KIND_STRING && yjs_kind_parse(jv_string_value(name), &kind);
    jv_free(name);
    if (!known) {
        jv_free(document);
        return fault_is(ret, pointer, "kind", "is missing, or no kind of answer; see adapters/README.md");
    }
    jv text = jv_dump_string(jv_object_delete(document, jv_string("kind")), 0);
    bool stands = yjs_answer_stands(task, kind, jv_string_value(text), (size_t)jv_string_length_bytes(jv_copy(text)), &member, &why);
    jv_free(text);
    return stands || fault_is(ret, pointer, member, why);
}

bool host_answer_stands(struct host *h, struct yjs_task *task, const char *body, size_t length, struct host_fault *ret) {
    const struct host_step *step = host_step(h, task);
    jv answers = answers_of(step, task, 0, body, length);
    bool stands = true;
    if (!jv_is_valid(answers)) {
        jv reason = jv_invalid_get_msg(answers);
        fault_is(ret, "", NULL, jv_get_kind(reason) == JV_KIND_STRING ? jv_string_value(reason) : "nothing came of its mapping");
        jv_free(reason);
        return false;
    }
    bool list = jv_get_kind(answers) == JV_KIND_ARRAY;
    int count = is_nothing(answers) ? 0 : list ? jv_array_length(jv_copy(answers)) : 1;
    if (list && count == 0)
        stands = fault_is(ret, "", NULL, "is an empty list");
    for (int i = 0; i < count && stands; i++) {
        char pointer[16] = "";
        if (list)
            snprintf(pointer, sizeof(pointer), "/%d", i);
        stands = one_stands(task, list ? jv_array_get(jv_copy(answers), i) : jv_copy(answers), pointer, ret);
    }
    jv_free(answers);
    if (!stands && step->answer)   /* the pointer is into what the mapping made of it, which nobody has seen */
        ret->pointer[0] = '\0';
    return stands;
}
