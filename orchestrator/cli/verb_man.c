/* The manual page (troff, man(7)) and the Markdown reference, from the table. */
#include "cli/verb.h"

/* troff: a line that begins with . or ' would be a request, - a hyphen, \ an escape. */
static void put_roff(FILE *out, const char *text) {
    bool start = true;
    for (; *text; text++) {
        if (start && (*text == '.' || *text == '\''))
            fputs("\\&", out);
        start = false;
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else if (*text == '\'')
            fputs("\\(aq", out);
        else if (*text == '~')
            fputs("\\(ti", out);
        else if (*text == '\n' && text[1] == '\n')
            fputs("\n.PP\n", out), text++, start = true;
        else
            fputc(*text, out);
    }
}

static void put_roff_option(FILE *out, const struct verb_option *o) {
    fputs(".TP\n.B \\-\\-", out);
    put_roff(out, o->name);
    if (o->value)
        fprintf(out, " \\fI%s\\fR", o->value);
    fputc('\n', out);
    put_roff(out, o->help);
    if (o->choices && *o->choices) {
        fputs(" (", out);
        put_roff(out, o->choices);
        fputc(')', out);
    }
    fputs(o->many ? ". May stand several times.\n" : ".\n", out);
}

static void put_roff_options(FILE *out, const struct verb_option *options) {
    for (; options->name; options++)
        put_roff_option(out, options);
}

static void put_roff_verb(FILE *out, const struct verb *verb) {
    char room[64];
    fprintf(out, ".SS yjsctl %s", verb_title(verb, room));
    fputs(*verb->arguments ? " " : "", out);
    put_roff(out, verb->arguments);
    fputc('\n', out);
    put_roff(out, verb->summary);
    fputs(".\n.PP\n", out);
    put_roff(out, verb->help);
    fputc('\n', out);
    if (verb->options[0].name) {
        fputs(".RS\n", out);
        put_roff_options(out, verb->options);
        fputs(".RE\n", out);
    }
}

static const struct {
    const char *name, *what;
} environment[] = {
    {"YJS_URL", "The HTTP API, unless --url stands there"},
    {"YJS_TOKEN", "The bearer token, unless --token-file stands there"},
    {"YJS_CONFIG", "The settings' file, unless --config stands there"},
    {"YJS_…", "Each setting by its name, as YJS_DATABASE_URL; yjsd --settings lists them"},
    {"NO_COLOR", "Not empty: no colours"},
    {"COLUMNS", "Width of the terminal, where it is to be another"},
    {"LC_ALL, LC_MESSAGES, LANG", "Language of titles"},
    {NULL, NULL},
};
static const struct {
    const char *name, *what;
} files[] = {
    {"~/.config/yijianshi/token", "The bearer token; mode 0600"},
    {"config/orchestrator.yaml, /etc/yijianshi/orchestrator.yaml", "Settings"},
    {"config/departments.yaml", "The directory of departments"},
    {NULL, NULL},
};
static const struct {
    int number;
    const char *what;
} statuses[] = {
#define X(name, number, what) {number, what},
    VERB_STATUSES(X)
#undef X
        {0, NULL},
};

void verb_print_man(FILE *out) {
    fputs(".\\\" Made by yjsctl man from its table of verbs.\n.TH YJSCTL 1 \"\" \"yijianshi " YJS_VERSION
          "\" \"yijianshi\"\n"
          ".SH NAME\nyjsctl \\- the command line of yijianshi\n.SH SYNOPSIS\n.B yjsctl\n.I noun "
          "verb\n[\\fIargument\\fR ...] [\\fIoption\\fR ...]\n"
          ".SH DESCRIPTION\nChecks and publishes definitions of one\\-things, submits and follows cases, mends what is "
          "stuck, and sets up "
          "database, topics and tokens. Output is for people; with \\-\\-json it is for programs.\n.SH VERBS\n",
          out);
    for (const struct verb *verb = verb_table; verb->noun; verb++)
        put_roff_verb(out, verb);
    fputs(".SH OPTIONS OF ALL VERBS\n", out);
    put_roff_options(out, verb_options_everywhere);
    fputs(".SH OPTIONS OF VERBS THAT ASK THE SERVER\n", out);
    put_roff_options(out, verb_options_server);
    fputs(".SH OPTIONS OF VERBS THAT READ SETTINGS\n", out);
    put_roff_options(out, verb_options_settings);
    fputs(".SH EXIT STATUS\n", out);
    for (int i = 0; statuses[i].what; i++) {
        fprintf(out, ".TP\n.B %d\n", statuses[i].number);
        put_roff(out, statuses[i].what);
        fputs(".\n", out);
    }
    fputs(".SH ENVIRONMENT\n", out);
    for (int i = 0; environment[i].name; i++) {
        fprintf(out, ".TP\n.B %s\n", environment[i].name);
        put_roff(out, environment[i].what);
        fputs(".\n", out);
    }
    fputs(".SH FILES\n", out);
    for (int i = 0; files[i].name; i++) {
        fputs(".TP\n.I ", out);
        put_roff(out, files[i].name);
        fputc('\n', out);
        put_roff(out, files[i].what);
        fputs(".\n", out);
    }
    fputs(".SH SEE ALSO\n.BR \"yjsd \\-\\-help\" ,\n.B \"yjsd \\-\\-settings\"\n", out);
}

static void put_markdown_options(FILE *out, const struct verb_option *options) {
    if (!options->name)
        return;
    fputs("| option | what |\n|---|---|\n", out);
    for (; options->name; options++) {
        fprintf(out, "| `--%s%s%s` | %s", options->name, options->value ? " " : "",
                options->value ? options->value : "", options->help);
        if (options->choices && *options->choices)
            fprintf(out, ": %s", options->choices);
        fputs(" |\n", out);
    }
    fputc('\n', out);
}

void verb_print_markdown(FILE *out) {
    fputs("# yjsctl\n\nMade by `yjsctl reference` from its table of verbs.\n\n", out);
    for (const struct verb_noun *noun = verb_nouns; noun->noun; noun++) {
        fprintf(out, "## %s: %s\n\n", noun->noun, noun->what);
        for (const struct verb *verb = verb_table; verb->noun; verb++) {
            char room[64];
            if (strcmp(verb->noun, noun->noun) != 0)
                continue;
            fprintf(out, "### `yjsctl %s%s%s`\n\n%s.\n\n%s\n\n", verb_title(verb, room), *verb->arguments ? " " : "",
                    verb->arguments, verb->summary, verb->help);
            put_markdown_options(out, verb->options);
        }
    }
    fputs("## Options of all verbs\n\n", out);
    put_markdown_options(out, verb_options_everywhere);
    fputs("Verbs that ask the server:\n\n", out);
    put_markdown_options(out, verb_options_server);
    fputs("Verbs that read settings:\n\n", out);
    put_markdown_options(out, verb_options_settings);
    fputs("## Exit status\n\n| status | what |\n|---|---|\n", out);
    for (int i = 0; statuses[i].what; i++)
        fprintf(out, "| %d | %s |\n", statuses[i].number, statuses[i].what);
}
