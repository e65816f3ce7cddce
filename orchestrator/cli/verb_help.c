/* Help for people, and the verbs about yjsctl itself: all from the table. */
#include <stdlib.h>

#include "cli/verb.h"
#include "store/migrate.h"

static const char strong_[] = "\033[1m", plain_[] = "\033[0m";
static const char *strong(const struct display *d) {
    return d->colours ? strong_ : "";
}
static const char *plain(const struct display *d) {
    return d->colours ? plain_ : "";
}

void verb_print_overview(const struct display *display, FILE *out) {
    fprintf(out, "%syjsctl%s: the command line of yijianshi\n\nusage: yjsctl NOUN VERB [ARGUMENT…] [--OPTION…]\n\n",
            strong(display), plain(display));
    for (const struct verb_noun *noun = verb_nouns; noun->noun; noun++) {
        fprintf(out, "  %s%-11s%s %s", strong(display), noun->noun, plain(display), noun->what);
        const char *between = ": ";
        for (const struct verb *verb = verb_table; verb->noun; verb++)
            if (verb->name && strcmp(verb->noun, noun->noun) == 0) {
                fprintf(out, "%s%s", between, verb->name);
                between = ", ";
            }
        fputc('\n', out);
    }
    fputs("\nyjsctl help NOUN VERB explains; yjsctl man is the whole manual.\n", out);
}

void verb_print_noun(const struct display *display, const char *noun, FILE *out) {
    for (const struct verb_noun *n = verb_nouns; n->noun; n++)
        if (strcmp(n->noun, noun) == 0)
            fprintf(out, "%s%s%s: %s\n\n", strong(display), noun, plain(display), n->what);
    for (const struct verb *verb = verb_table; verb->noun; verb++) {
        char room[64], usage[160];
        if (strcmp(verb->noun, noun) != 0)
            continue;
        snprintf(usage, sizeof usage, "%s %s", verb_title(verb, room), verb->arguments);
        unsigned width = display_width(text_from(usage));
        fprintf(out, "  %s%s%s%*s %s\n", strong(display), usage, plain(display), width < 28 ? (int)(28 - width) : 0, "",
                verb->summary);
    }
    fprintf(out, "\nyjsctl help %s VERB explains one.\n", noun);
}

/* Words of a paragraph, broken at 88 columns behind `indent`. */
static void print_wrapped(FILE *out, const char *text, unsigned indent, unsigned column) {
    const unsigned most = 88;
    while (*text) {
        size_t length = strcspn(text, " \n");
        unsigned width = display_width(text_span(text, length));
        if (column > indent && column + 1 + width > most) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', out);
            column++;
        } else if (column < indent) {
            fprintf(out, "%*s", (int)(indent - column), "");
            column = indent;
        }
        fwrite(text, 1, length, out);
        column += width;
        text += length;
        if (text[0] == '\n' && text[1] == '\n') {
            fprintf(out, "\n\n");
            column = 0;
            text++;
        }
        text += *text != '\0';
    }
    fputc('\n', out);
}

static void print_options(const struct display *display, const struct verb_option *options, const char *heading,
                          FILE *out) {
    if (!options->name)
        return;
    fprintf(out, "\n%s%s%s\n", strong(display), heading, plain(display));
    for (; options->name; options++) {
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", options->name, options->value ? " " : "",
                 options->value ? options->value : "");
        fprintf(out, "  %s", left);
        unsigned column = 2 + display_width(text_from(left));
        if (column > 25) {
            fputc('\n', out);
            column = 0;
        }
        if (options->choices && *options->choices) {
            char help[600];
            snprintf(help, sizeof help, "%s (%s)", options->help, options->choices);
            print_wrapped(out, help, 26, column);
        } else {
            print_wrapped(out, options->help, 26, column);
        }
    }
}

void verb_print_help(const struct display *display, const struct verb *verb, FILE *out) {
    char room[64];
    fprintf(out, "%syjsctl %s%s %s%s\n\n", strong(display), verb_title(verb, room), plain(display), verb->arguments,
            verb->options[0].name ? " [OPTION…]" : "");
    fprintf(out, "%s.\n\n", verb->summary);
    print_wrapped(out, verb->help, 0, 0);
    print_options(display, verb->options, "Options", out);
    if (verb->needs & NEEDS_SERVER)
        print_options(display, verb_options_server, "Where the server is", out);
    if (verb->needs & NEEDS_SETTINGS)
        print_options(display, verb_options_settings, "Settings", out);
    print_options(display, verb_options_everywhere, "Everywhere", out);
}

enum verb_status verb_help(struct invocation *c) {
    const char *noun = invocation_argument(c, 0), *name = invocation_argument(c, 1);
    const struct verb *verb = noun ? verb_find(noun, name) : NULL;
    if (!noun) {
        verb_print_overview(&c->display, stdout);
    } else if (verb) {
        verb_print_help(&c->display, verb, stdout);
    } else if (verb_noun_is(noun) && !name) {
        verb_print_noun(&c->display, noun, stdout);
    } else {
        const char *words[128];
        uint32_t count = 0;
        bool known = verb_noun_is(noun);
        for (const struct verb *v = verb_table; v->noun && count < 128; v++)
            if (!known || strcmp(v->noun, noun) == 0)
                words[count++] = known ? v->name : v->noun;
        const char *near = verb_nearest(known ? name : noun, words, count);
        return invocation_usage(c, "there is no verb \"%s%s%s\"%s%s%s", noun, name ? " " : "", name ? name : "",
                                near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    }
    return STATUS_DONE;
}

enum verb_status verb_version(struct invocation *c) {
    if (c->json)
        printf("{\"version\":\"%s\",\"database\":%d}\n", YJS_VERSION, migrate_version());
    else
        printf("yjsctl %s (database version %d)\n", YJS_VERSION, migrate_version());
    return STATUS_DONE;
}

enum verb_status verb_man(struct invocation *c) {
    (void)c;
    verb_print_man(stdout);
    return STATUS_DONE;
}

enum verb_status verb_reference(struct invocation *c) {
    (void)c;
    verb_print_markdown(stdout);
    return STATUS_DONE;
}

enum verb_status verb_completion(struct invocation *c) {
    const char *shell = invocation_argument(c, 0);
    return verb_print_completion(shell, stdout)
               ? STATUS_DONE
               : invocation_usage(c, "there is completion for bash, zsh and fish, not for \"%s\"", shell);
}
