/* Reads a command line by the table of verbs, and says what is wrong with it in words that help. */
#include "cli/verb.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/client.h"

#define INVOCATION_ARENA_BYTES ((size_t)1 << 30)

const char *verb_title(const struct verb *verb, char room[64]) {
    snprintf(room, 64, "%s%s%s", verb->noun, verb->name ? " " : "", verb->name ? verb->name : "");
    return room;
}

const struct verb *verb_find(const char *noun, const char *name) {
    for (const struct verb *verb = verb_table; verb->noun; verb++)
        if (strcmp(verb->noun, noun) == 0 && (!verb->name || (name && strcmp(verb->name, name) == 0)))
            return verb;
    return NULL;
}

bool verb_noun_is(const char *noun) {
    for (const struct verb *verb = verb_table; verb->noun; verb++)
        if (strcmp(verb->noun, noun) == 0)
            return true;
    return false;
}

const char *verb_nearest(const char *word, const char *const *words, uint32_t count) {
    const char *best = NULL;
    unsigned least = strlen(word) > 3 ? 4 : 3;
    for (uint32_t i = 0; i < count; i++) {
        unsigned distance = text_distance(text_from(word), text_from(words[i]), least);
        if (distance < least || (!best && strlen(word) > 1 && strncmp(word, words[i], strlen(word)) == 0)) {
            least = distance < least ? distance : least;
            best = words[i];
        }
    }
    return best;
}

const char *invocation_option(const struct invocation *c, const char *name) {
    for (uint32_t i = c->value_count; i-- > 0;)
        if (strcmp(c->values[i].option, name) == 0)
            return c->values[i].value;
    return NULL;
}

void invocation_set(struct invocation *c, const char *option, const char *value) {
    c->values[c->value_count++] = (struct invocation_value){option, value};
}

struct text invocation_text(const struct invocation *c, const char *option) {
    return text_from(invocation_option(c, option));
}

const char *invocation_argument(const struct invocation *c, uint32_t n) {
    return n < c->argument_count ? c->arguments[n] : NULL;
}

enum verb_status invocation_failed(struct invocation *c, const struct error *error) {
    if (c->json) {
        _cleanup_buffer_ struct buffer out;
        struct json_writer w;
        buffer_init(&out, 65536);
        json_begin(&w, &out);
        json_open(&w, '{');
        json_key(&w, TEXT("code"));
        json_put_text(&w, text_from(error->code));
        json_key(&w, TEXT("detail"));
        json_put_text(&w, text_from(error->message));
        json_close(&w, '}');
        fprintf(stderr, "%.*s\n", TEXT_ARG(buffer_text(&out)));
    } else {
        fprintf(stderr, "yjsctl: %s [%s]\n", error->message, error->code);
    }
    return error->outcome == OUTCOME_RETRY ? STATUS_AWAY : STATUS_REFUSED;
}

/* `about`: what the help to be seen is of; "" the whole. */
static enum verb_status say_usage(struct invocation *c, const char *about, const char *said) {
    if (!c->json) {
        fprintf(stderr, "yjsctl: %s\nyjsctl: see: yjsctl help%s%s\n", said, *about ? " " : "", about);
        return STATUS_USAGE;
    }
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    char see[96];
    buffer_init(&out, 65536);
    snprintf(see, sizeof see, "yjsctl help%s%s", *about ? " " : "", about);
    json_begin(&w, &out);
    json_open(&w, '{');
    json_key(&w, TEXT("code"));
    json_put_text(&w, TEXT("usage"));
    json_key(&w, TEXT("detail"));
    json_put_text(&w, text_from(said));
    json_key(&w, TEXT("see"));
    json_put_text(&w, text_from(see));
    json_close(&w, '}');
    fprintf(stderr, "%.*s\n", TEXT_ARG(buffer_text(&out)));
    return STATUS_USAGE;
}

enum verb_status invocation_usage(struct invocation *c, const char *format, ...) {
    char room[64], said[1024];
    va_list arguments;
    va_start(arguments, format);
    text_print(said, sizeof said, format, arguments);
    va_end(arguments);
    return say_usage(c, c->verb ? verb_title(c->verb, room) : "", said);
}

void invocation_say(struct invocation *c, const char *format, ...) {
    if (c->json)
        return;
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    fputc('\n', stdout);
}

static enum verb_status settings_faulty(struct invocation *c, const struct fault_list *faults) {
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, 1 << 20);
    if (c->json)
        fault_list_write_json(faults, &out);
    else
        fault_list_write_text(faults, &out);
    fprintf(stderr, "%.*s%s", TEXT_ARG(buffer_text(&out)), c->json ? "\n" : "");
    return STATUS_REFUSED;
}

/* --config, YJS_CONFIG, the one of the folder one stands in, the system's; none: defaults and environment. */
enum verb_status invocation_settings(struct invocation *c) {
    if (c->settings_read)
        return STATUS_DONE;
    static const char *const usual[] = {"config/orchestrator.yaml", "/etc/yijianshi/orchestrator.yaml", NULL};
    const char *file = invocation_option(c, "config");
    if (!file)
        file = getenv("YJS_CONFIG");
    for (int i = 0; !file && usual[i]; i++)
        if (access(usual[i], R_OK) == 0)
            file = usual[i];
    struct error error = {0};
    struct fault_list faults;
    if (settings_gather(&c->settings, file && *file ? file : NULL, c->flags, c->flag_count, &faults, &error) != OUTCOME_OK)
        return invocation_failed(c, &error);
    c->settings_read = true;
    return faults.error_count ? settings_faulty(c, &faults) : STATUS_DONE;
}

/* ---- reading ---- */

struct reading {
    struct invocation *call;
    const char *noun;
    const char **argv;
    int argc;
    bool help, options_over;
    enum verb_status status;
};

static const struct verb_option *find_in(const struct verb_option *options, const char *name, size_t length) {
    for (; options && options->name; options++)
        if (strlen(options->name) == length && strncmp(options->name, name, length) == 0)
            return options;
    return NULL;
}

/* Before the verb is known every common option is taken. */
static const struct verb_option *find_option(const struct verb *verb, const char *name, size_t length) {
    const struct verb_option *option = find_in(verb ? verb->options : NULL, name, length);
    if (!option)
        option = find_in(verb_options_everywhere, name, length);
    if (!option && (!verb || verb->needs & NEEDS_SERVER))
        option = find_in(verb_options_server, name, length);
    if (!option && (!verb || verb->needs & NEEDS_SETTINGS))
        option = find_in(verb_options_settings, name, length);
    return option;
}

static void unknown_option(struct reading *r, const char *argument) {
    const struct verb *verb = r->call->verb;
    const struct verb_option *lists[] = {verb ? verb->options : NULL, verb_options_everywhere,
                                         !verb || verb->needs & NEEDS_SERVER ? verb_options_server : NULL,
                                         !verb || verb->needs & NEEDS_SETTINGS ? verb_options_settings : NULL};
    const char *words[64] = {NULL};
    uint32_t count = 0;
    for (size_t i = 0; i < 4; i++)
        for (const struct verb_option *o = lists[i]; o && o->name && count < 64; o++)
            words[count++] = o->name;
    char name[128];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(argument + 2, "="), argument + 2);
    const char *near = verb_nearest(name, words, count);
    r->status = invocation_usage(r->call, "unknown option --%s%s%s%s", name, near ? "; did you mean --" : "", near ? near : "",
                                 near ? "?" : "");
}

static bool is_choice(const char *choices, const char *value) {
    size_t length = strlen(value);
    for (const char *at = choices; *at; at += *at == ' ') {
        size_t word = strcspn(at, " ");
        if (word == length && strncmp(at, value, length) == 0)
            return true;
        at += word;
    }
    return false;
}

static bool put_value(struct reading *r, const struct verb_option *option, const char *value) {
    struct invocation *c = r->call;
    if (option->value && option->choices && !is_choice(option->choices, value)) {
        invocation_usage(c, "--%s takes one of: %s; not \"%s\"", option->name, option->choices, value);
    } else if (!option->many && invocation_option(c, option->name) && option->value) {
        invocation_usage(c, "--%s stands twice", option->name);
    } else {
        c->values[c->value_count++] = (struct invocation_value){option->name, value};
        return true;
    }
    r->status = STATUS_USAGE;
    return false;
}

/* argv[*i] begins with "--"; takes its value too. */
static bool read_option(struct reading *r, int *i) {
    struct invocation *c = r->call;
    const char *argument = r->argv[*i], *name = argument + 2;
    size_t length = strcspn(name, "=");
    const struct verb_option *option = find_option(c->verb, name, length);
    struct setting_flag flag;
    if (!option && (!c->verb || c->verb->needs & NEEDS_SETTINGS) && settings_flag(argument, &flag)) {
        if (!flag.value && *i + 1 < r->argc)
            flag.value = r->argv[++*i];
        if (!flag.value || c->flag_count == INVOCATION_FLAGS_MOST) {
            r->status = invocation_usage(c, flag.value ? "too many settings" : "%s needs a value", argument);
            return false;
        }
        c->flags[c->flag_count++] = flag;
        return true;
    }
    if (!option) {
        unknown_option(r, argument);
        return false;
    }
    if (!option->value) {
        if (name[length] == '=') {
            r->status = invocation_usage(c, "--%s takes no value", option->name);
            return false;
        }
        return put_value(r, option, "");
    }
    const char *value = name[length] == '=' ? name + length + 1 : *i + 1 < r->argc ? r->argv[++*i] : NULL;
    if (!value) {
        r->status = invocation_usage(c, "--%s needs a value: %s", option->name, option->value);
        return false;
    }
    return put_value(r, option, value);
}

static void unknown_word(struct reading *r, const char *word) {
    const char *words[64] = {NULL};
    uint32_t count = 0;
    for (const struct verb *verb = verb_table; verb->noun && count < 64; verb++)
        if (r->noun ? strcmp(verb->noun, r->noun) == 0 : count == 0 || strcmp(words[count - 1], verb->noun) != 0)
            words[count++] = r->noun ? verb->name : verb->noun;
    const char *near = verb_nearest(word, words, count);
    const char *noun = r->noun ? r->noun : "", *blank = r->noun ? " " : "";
    char meant[160] = "", said[512];
    if (near)
        snprintf(meant, sizeof meant, "; did you mean \"%s%s%s\"?", noun, blank, near);
    snprintf(said, sizeof said, "unknown verb \"%s%s%.200s\"%s", noun, blank, word, meant);
    r->status = say_usage(r->call, noun, said);
}

static bool read_word(struct reading *r, const char *word) {
    struct invocation *c = r->call;
    if (c->verb) {
        c->arguments[c->argument_count++] = word;
        return true;
    }
    if (!r->noun && verb_noun_is(word)) {
        r->noun = word;
        c->verb = verb_find(word, NULL);
        return true;
    }
    if (r->noun)
        c->verb = verb_find(r->noun, word);
    if (c->verb)
        return true;
    unknown_word(r, word);
    return false;
}

static bool read_all(struct reading *r) {
    for (int i = 1; i < r->argc; i++) {
        const char *argument = r->argv[i];
        bool dashes = argument[0] == '-' && argument[1] != '\0' && !r->options_over;
        if (dashes && strcmp(argument, "--") == 0) {
            r->options_over = true;
        } else if (dashes && (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0)) {
            r->help = true;
        } else if (dashes && strcmp(argument, "--version") == 0) {
            r->noun = "version";
            r->call->verb = verb_find("version", NULL);
        } else if (dashes && strcmp(argument, "-o") == 0) {
            r->argv[i] = "--output";   /* as everywhere */
            if (!read_option(r, &i))
                return false;
        } else if (dashes && argument[1] == '-') {
            if (!read_option(r, &i))
                return false;
        } else if (dashes) {
            r->status = invocation_usage(r->call, "unknown option %s: options are long, such as --json", argument);
            return false;
        } else if (!read_word(r, argument)) {
            return false;
        }
    }
    return true;
}

static bool print_help(struct reading *r) {
    const struct display *display = &r->call->display;
    if (r->call->verb)
        verb_print_help(display, r->call->verb, stdout);
    else if (r->noun)
        verb_print_noun(display, r->noun, stdout);
    else
        verb_print_overview(display, stdout);
    r->status = STATUS_DONE;
    return false;
}

/* Options that stood before the verb, and are none of its own. */
static bool options_fit(struct reading *r) {
    struct invocation *c = r->call;
    for (uint32_t i = 0; i < c->value_count; i++)
        if (!find_option(c->verb, c->values[i].option, strlen(c->values[i].option))) {
            r->status = invocation_usage(c, "--%s is no option of this verb", c->values[i].option);
            return false;
        }
    if (c->flag_count > 0 && !(c->verb->needs & NEEDS_SETTINGS)) {
        r->status = invocation_usage(c, "the setting %s is none of this verb", c->flags[0].name);
        return false;
    }
    return true;
}

bool invocation_read(struct invocation *c, int argc, const char **argv, enum verb_status *ret_status) {
    struct reading r = {.call = c, .argv = argv, .argc = argc};
    char room[64];
    arena_init(&c->arena, INVOCATION_ARENA_BYTES);
    c->display = display_of(stdout);
    c->values = arena_new_array(&c->arena, (size_t)argc + INVOCATION_VALUES_MORE, struct invocation_value);
    c->arguments = arena_new_array(&c->arena, (size_t)argc + 1, const char *);
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        c->json |= strcmp(argv[i], "--json") == 0;   /* known before anything is wrong */
    bool fine = c->arguments && c->values && read_all(&r);
    if (fine && r.help) {
        fine = print_help(&r);
    } else if (fine && !c->verb) {
        if (r.noun)
            verb_print_noun(&c->display, r.noun, stderr);
        else
            verb_print_overview(&c->display, stderr);
        r.status = STATUS_USAGE;
        fine = false;
    }
    if (fine && (c->argument_count < c->verb->least || c->argument_count > c->verb->most)) {
        r.status = invocation_usage(c, "%s: yjsctl %s%s%s",
                                    c->argument_count < c->verb->least ? "something is missing" : "too much",
                                    verb_title(c->verb, room), *c->verb->arguments ? " " : "", c->verb->arguments);
        fine = false;
    }
    fine = fine && options_fit(&r);
    const char *colour = fine ? invocation_option(c, "colour") : NULL;
    if (colour && strcmp(colour, "auto") != 0)
        c->display.colours = strcmp(colour, "always") == 0;
    if (fine && invocation_has(c, "language"))
        c->display.language = invocation_text(c, "language");
    *ret_status = r.status;
    return fine;
}

void invocation_free(struct invocation *c) {
    client_free(c->client);
    if (c->settings_read)
        settings_free(&c->settings);
    arena_free(&c->arena);
}
