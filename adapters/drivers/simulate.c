/* simulate: a department that answers by itself, out of a seed; for trials, tests and load. */
#include <stddef.h>
#include <stdlib.h>
#include "drivers.h"
#include "template.h"

struct settings {
    int64_t seed;
    struct setting_range latency;
    double refuse, fail, correct;
    bool accept;
    const char *refusal, *results;
    const struct node *result;
};
struct step_settings { const struct node *result; };

#define AT(field) offsetof(struct settings, field)
static const struct setting settings_table[] = {
    {"seed", SETTING_INT, AT(seed), "1", false, "the same seed gives each task the same fate", NULL},
    {"latency", SETTING_RANGE, AT(latency), "0ms", false, "how long the work takes: 50ms..300ms", NULL},
    {"refuse", SETTING_RATE, AT(refuse), "0", false, "share of tasks answered `rejected`", NULL},
    {"fail", SETTING_RATE, AT(fail), "0", false, "share of tasks answered `error`, retryable", NULL},
    {"correct", SETTING_RATE, AT(correct), "0", false, "share of tasks first answered `correction`; then it waits for the applicant", NULL},
    {"accept", SETTING_BOOL, AT(accept), "false", false, "answer `accepted` before the result", NULL},
    {"refusal", SETTING_TEXT, AT(refusal), "refused by the simulated department", false, "reason of a rejection", NULL},
    {"results", SETTING_TEXT, AT(results), NULL, false, "YAML or JSON file: step (`<step>/undo`, `*`) -> result template; a step's own `result` comes first", NULL},
    {"result", SETTING_NODE, AT(result), NULL, false, "result template of all other steps: {filing_no: \"HT${seq}\", unit: \"${input.unit_number}\"}", NULL},
    SETTINGS_END,
};
static const struct setting step_table[] = {
    {"result", SETTING_NODE, offsetof(struct step_settings, result), NULL, false, "result template of this step", NULL},
    SETTINGS_END,
};

/* A template as JSON text, made at its first use. */
struct template { const struct node *result; char *source; bool needs_input; };
struct simulate {
    struct host *host;
    const struct settings *s;
    struct node *results;              /* of the file; NULL: none */
    struct template *templates;
    size_t template_count;
    struct buffer out, source;
    struct arena arena;
};

static struct node *read_results(const struct settings *s, struct faults *faults) {
    return s->results ? node_read_file(s->results, faults) : NULL;
}

static void simulate_check(const void *settings, const struct node *at, struct faults *faults) {
    const struct settings *s = settings;
    struct faults own = {.file = s->results};
    buffer_init(&own.text, 65536);
    struct node *results = read_results(s, &own);
    if (s->results && (!results || results->kind != NODE_MAP))
        fault_add(faults, at, "bad_value", "`results`: %s", own.count ? buffer_text(&own.text).at : "the file is no mapping of steps");
    if (results)
        node_free(results);
    buffer_free(&own.text);
}

static int simulate_open(struct host *host, void **ret, struct yjs_error *error) {
    struct simulate *m = calloc(1, sizeof(*m));
    if (!m)
        abort();
    m->host = host;
    m->s = host_settings(host);
    buffer_init(&m->out, 65536);
    buffer_init(&m->source, 65536);
    arena_init(&m->arena, 4 * 1024 * 1024);
    *ret = m;
    struct faults faults = {.file = m->s->results};
    buffer_init(&faults.text, 65536);
    m->results = read_results(m->s, &faults);
    bool fine = m->results || !m->s->results;
    if (!fine) {
        snprintf(error->code, sizeof(error->code), "bad_results");
        snprintf(error->message, sizeof(error->message), "%.*s", (int)sizeof(error->message) - 1, buffer_text(&faults.text).at);
    }
    buffer_free(&faults.text);
    return fine ? 0 : -1;
}

static void simulate_close(void *self) {
    struct simulate *m = self;
    buffer_free(&m->out);
    buffer_free(&m->source);
    arena_free(&m->arena);
    for (size_t i = 0; i < m->template_count; i++)
        free(m->templates[i].source);
    free(m->templates);
    if (m->results)
        node_free(m->results);
    free(m);
}

/* Of the file: the step's without an element's index, for a compensation `<step>/undo`; then `*`. NULL: there is none. */
static const struct node *result_of(const struct simulate *m, const struct yjs_task *task) {
    char name[160];
    bool undo = !strcmp(task->type, "compensate");
    snprintf(name, sizeof(name), "%.*s%s", (int)strcspn(task->step, "."), task->step, undo ? "/undo" : "");
    const struct node *result = node_get(m->results, name);
    return result ? result : node_get(m->results, "*");
}

static const struct template *template_of(struct simulate *m, const struct node *result) {
    for (size_t i = 0; i < m->template_count; i++)
        if (m->templates[i].result == result)
            return &m->templates[i];
    m->templates = realloc(m->templates, (m->template_count + 1) * sizeof(*m->templates));
    buffer_clear(&m->source);
    node_write_json(&m->source, result);
    char *source = strdup(buffer_text(&m->source).at);
    if (!m->templates || !source)
        abort();
    m->templates[m->template_count] = (struct template){result, source, strstr(source, "input.") != NULL};
    return &m->templates[m->template_count++];
}

static void grant(struct simulate *m, struct yjs_task *task, const struct node *result) {
    struct json data;
    struct template_values values = {.task = text_from(task->id), .number = text_from(task->number),
                                     .step = text_from(task->step), .seq = template_seq(text_from(task->id))};
    const struct template *template = template_of(m, result);
    arena_reset(&m->arena);
    if (template->needs_input && !json_read(&m->arena, text_span(task->data, task->data_length), 64, &data, NULL))
        values.input = json_get_string(&data, "input");
    buffer_clear(&m->out);
    buffer_put_string(&m->out, "{\"result\":");
    template_write(&m->out, text_from(template->source), &values);
    buffer_put_byte(&m->out, '}');
    yjs_answer(task, YJS_RESULT, m->out.at, m->out.length);
}

static void refuse(struct simulate *m, struct yjs_task *task) {
    buffer_clear(&m->out);
    buffer_put_string(&m->out, "{\"reason\":");
    json_write_string(&m->out, text_from(m->s->refusal));
    buffer_put_byte(&m->out, '}');
    yjs_answer(task, YJS_REJECTED, m->out.at, m->out.length);
}

static void decide(struct simulate *m, struct yjs_task *task) {
    struct text id = text_from(task->id);
    const struct settings *s = m->s;
    const struct host_step *step = host_step(m->host, task);
    const struct step_settings *own = step->settings;
    const struct node *result = own->result ? own->result : result_of(m, task);
    result = result ? result : s->result;
    bool undo = !strcmp(task->type, "compensate");
    uint64_t seed = (uint64_t)s->seed;
    if (s->fail > 0 && template_draw(seed, id, 1) < s->fail)
        answer_literal(task, YJS_ERROR, "{\"message\":\"the simulated department failed\",\"retryable\":true,\"code\":\"simulated\"}");
    else if (s->refuse > 0 && !undo && template_draw(seed, id, 2) < s->refuse)
        refuse(m, task);
    else if (s->correct > 0 && !undo && !task->correction && template_draw(seed, id, 3) < s->correct) {
        answer_literal(task, YJS_CORRECTION, "{\"reasons\":[{\"what\":\"form\",\"why\":\"to be completed\"}]}");
        yjs_wait(task, "{\"corrected\":false}", YJS_NEVER_WAKE);
    } else if (step->answer) {
        size_t length;
        char *request = host_request(m->host, task, NULL, &length);
        if (request)
            host_answer(m->host, task, 200, request, length);
        free(request);
    } else if (result)
        grant(m, task, result);
    else
        answer_literal(task, YJS_RESULT, "{\"result\":{}}");
}

static void simulate_start(void *self, struct yjs_task *task) {
    struct simulate *m = self;
    const struct settings *s = m->s;
    bool first = task->state == NULL;
    if (first && s->accept)
        answer_literal(task, YJS_ACCEPTED, "{}");
    if (first && s->latency.most_us > 0) {
        int64_t span = s->latency.most_us - s->latency.least_us;
        double draw = template_draw((uint64_t)s->seed, text_from(task->id), 0);
        yjs_wait(task, "{}", yjs_now_us() + s->latency.least_us + (int64_t)(draw * (double)span));
        return;
    }
    decide(m, task);
}

const struct yjs_driver driver_simulate = {
    .name = "simulate", .help = "no department at all: answers by itself from a seed, for trials, tests and load",
    .keep = YJS_KEEP_OFFSETS,
    .settings = settings_table, .settings_size = sizeof(struct settings),
    .step_settings = step_table, .step_size = sizeof(struct step_settings), .check = simulate_check,
    .open = simulate_open, .close = simulate_close, .handler = {.start = simulate_start},
};
