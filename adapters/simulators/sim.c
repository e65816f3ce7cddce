/* The part all simulated departments share. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "base/time.h"
#include "sim.h"

static const struct setting common[] = {
    {"seed", SETTING_INT, 0, "1", false, "the same seed gives each task the same fate", NULL},
    {"latency", SETTING_RANGE, 0, "0ms", false, "how long work takes: 50ms..300ms", NULL},
    {"refuse", SETTING_RATE, 0, "0", false, "share of tasks refused", NULL},
    {"fail", SETTING_RATE, 0, "0", false, "share of tries that fail for a technical reason", NULL},
    {"record", SETTING_TEXT, 0, NULL, false, "file to which everything done is appended", NULL},
    {"results", SETTING_TEXT, 0, NULL, false, "YAML or JSON file: step -> result template", NULL},
    SETTINGS_END,
};

static void usage(const struct sim *sim, int code) {
    FILE *out = code ? stderr : stdout;
    fprintf(out, "%s: %s\n\n", sim->name, sim->help);
    for (const struct setting *s = common; s->name; s++)
        fprintf(out, "  --%-12s %s%s%s\n", s->name, s->help, s->fallback ? "; default " : "", s->fallback ? s->fallback : "");
    for (const struct sim_option *o = sim->options; o && o->name; o++)
        fprintf(out, "  --%-12s %s%s%s\n", o->name, o->help, o->fallback ? "; default " : "", o->fallback ? o->fallback : "");
    exit(code);
}

static void fail(const struct sim *sim, const char *name, const char *value) {
    fprintf(stderr, "%s: --%s: %s cannot be used; see --help\n", sim->name, name, value ? value : "a value is missing");
    exit(2);
}

static bool read_rate(const char *text, double *ret) {
    char *end;
    *ret = strtod(text, &end);
    return end != text && !*end && *ret >= 0 && *ret <= 1;
}

static bool read_latency(const char *text, struct setting_range *ret) {
    const char *dots = strstr(text, "..");
    if (duration_parse(dots ? text_span(text, (size_t)(dots - text)) : text_from(text), &ret->least_us, NULL))
        return false;
    ret->most_us = ret->least_us;
    return !dots || (!duration_parse(text_from(dots + 2), &ret->most_us, NULL) && ret->least_us <= ret->most_us);
}

static bool read_results(struct sim *sim, const char *path) {
    struct faults faults = {.file = path};
    buffer_init(&faults.text, 65536);
    sim->results = node_read_file(path, &faults);
    fputs(buffer_text(&faults.text).at, stderr);
    buffer_free(&faults.text);
    return sim->results != NULL;
}

static bool read_common(struct sim *sim, const char *name, const char *value) {
    int64_t seed;
    if (!strcmp(name, "seed")) {
        bool good = text_to_int64(text_from(value), &seed);
        sim->seed = good ? (uint64_t)seed : 0;
        return good;
    }
    if (!strcmp(name, "latency"))
        return read_latency(value, &sim->latency);
    if (!strcmp(name, "refuse"))
        return read_rate(value, &sim->refuse);
    if (!strcmp(name, "fail"))
        return read_rate(value, &sim->fail);
    if (!strcmp(name, "record"))
        return (sim->record_fd = open(value, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644)) >= 0;
    return !strcmp(name, "results") && read_results(sim, value);
}

void sim_options(struct sim *sim, int count, char **arguments) {
    sim->seed = 1;
    sim->record_fd = -1;
    for (struct sim_option *o = sim->options; o && o->name; o++)
        o->value = o->fallback;
    for (int i = 1; i < count; i += 2) {
        const char *name = arguments[i] + 2, *value = i + 1 < count ? arguments[i + 1] : NULL;
        if (!strcmp(arguments[i], "--help") || !strcmp(arguments[i], "-h"))
            usage(sim, 0);
        if (strncmp(arguments[i], "--", 2) || !value)
            fail(sim, arguments[i], value);
        struct sim_option *own = sim->options;
        while (own && own->name && strcmp(own->name, name))
            own++;
        if (own && own->name)
            own->value = value;
        else if (!read_common(sim, name, value))
            fail(sim, name, value);
    }
}

const char *sim_option(const struct sim *sim, const char *name) {
    for (const struct sim_option *o = sim->options; o->name; o++)
        if (!strcmp(o->name, name))
            return o->value;
    abort();
}

int sim_option_number(const struct sim *sim, const char *name, int most) {
    int64_t number;
    if (text_to_int64(text_from(sim_option(sim, name)), &number) && number >= 0 && number <= most)
        return (int)number;
    fprintf(stderr, "%s: --%s is a number of 0 to %d\n", sim->name, name, most);
    exit(2);
}

int64_t sim_latency_us(const struct sim *sim, struct text task) {
    double span = (double)(sim->latency.most_us - sim->latency.least_us);
    return sim->latency.least_us + (int64_t)(template_draw(sim->seed, task, 0) * span);
}

bool sim_fails(const struct sim *sim, struct text task, unsigned try_number) {
    return try_number < 5 && template_draw(sim->seed, task, 100 + try_number) < sim->fail;
}

static const struct node *result_of(const struct sim *sim, struct text step) {
    char name[128];
    size_t dot = text_find(step, '.');
    snprintf(name, sizeof(name), "%.*s", (int)(dot == SIZE_MAX ? step.length : dot), step.at ? step.at : "");
    const struct node *result = node_get(sim->results, name);
    return result ? result : node_get(sim->results, "*");
}

void sim_answer(const struct sim *sim, const struct json *envelope, struct buffer *out) {
    struct text task = json_get_text(envelope, TEXT("task")), type = json_get_text(envelope, TEXT("type"));
    struct template_values values = {.task = task, .number = json_get_text(envelope, TEXT("number")),
                                     .step = json_get_text(envelope, TEXT("step")), .seq = template_seq(task),
                                     .input = json_get_string(envelope, "input")};
    if (!text_is(type, "compensate") && template_draw(sim->seed, task, 1) < sim->refuse) {
        buffer_put_string(out, "{\"kind\":\"rejected\",\"reason\":\"refused by the simulated department\"}");
        return;
    }
    const struct node *result = result_of(sim, values.step);
    struct buffer source;
    buffer_init(&source, 65536);
    if (result)
        node_write_json(&source, result);
    else
        buffer_put_string(&source, "{}");
    buffer_put_string(out, "{\"kind\":\"result\",\"result\":");
    template_write(out, buffer_text(&source), &values);
    buffer_put_byte(out, '}');
    buffer_free(&source);
}

int64_t sim_now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * TIME_SECOND_US + now.tv_nsec / 1000;
}

void sim_record(const struct sim *sim, const char *what, struct text task, struct text data) {
    if (sim->record_fd < 0)
        return;
    char room[TIME_TEXT_SIZE];
    struct buffer line;
    struct json_writer w;
    buffer_init(&line, 1024 * 1024);
    json_begin(&w, &line);
    json_open(&w, '{');
    json_key(&w, TEXT("at"));
    json_put_text(&w, time_format_utc(sim_now_us(), room));
    json_key(&w, TEXT("what"));
    json_put_text(&w, text_from(what));
    json_key(&w, TEXT("task"));
    json_put_text(&w, task);
    json_key(&w, TEXT("data"));
    json_put_raw(&w, data);
    json_close(&w, '}');
    buffer_put_byte(&line, '\n');
    if (write(sim->record_fd, buffer_text(&line).at, line.length) != (ssize_t)line.length)
        fprintf(stderr, "%s: the record cannot be written\n", sim->name);
    buffer_free(&line);
}

void sim_sleep_us(int64_t us) {
    struct timespec pause = {.tv_sec = us / TIME_SECOND_US, .tv_nsec = us % TIME_SECOND_US * 1000};
    while (us > 0 && nanosleep(&pause, &pause))
        continue;
}
