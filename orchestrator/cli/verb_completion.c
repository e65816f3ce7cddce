/* Completion for bash, zsh and fish, from the table: nouns, verbs, options, the words options take, settings, files. */
#include "cli/verb.h"

/* "kafka.bootstrap" as the option --kafka-bootstrap; ends with name == NULL. */
static const struct verb_option *settings_as_options(void) {
    enum { MOST = 128, NAME_BYTES = 64 };
    static struct verb_option options[MOST + 1];
    static char names[MOST][NAME_BYTES];
    struct setting_about about;
    for (size_t i = 0; i < MOST && settings_about(i, &about); i++) {
        snprintf(names[i], NAME_BYTES, "%s", about.name);
        for (char *at = names[i]; *at; at++)
            *at = *at == '.' || *at == '_' ? '-' : *at;
        options[i] = (struct verb_option){names[i], about.is_path ? "FILE" : "VALUE", NULL, false, about.help};
    }
    return options;
}

static void put_options(FILE *out, const struct verb_option *options, const char *between) {
    for (; options->name; options++)
        fprintf(out, "%s--%s", between, options->name);
}

static void put_all_options(FILE *out, const struct verb *verb) {
    put_options(out, verb->options, " ");
    put_options(out, verb_options_everywhere, " ");
    if (verb->needs & NEEDS_SERVER)
        put_options(out, verb_options_server, " ");
    if (verb->needs & NEEDS_SETTINGS) {
        put_options(out, verb_options_settings, " ");
        put_options(out, settings_as_options(), " ");
    }
}

/* Lines `pattern) …`: what completes an option's value. Of a verb's own options the verb stands in the pattern, since two
 * verbs may have options of one name with other words. */
static void put_bash_values(FILE *out, const char *verb, const struct verb_option *options) {
    for (; options->name; options++) {
        if (!options->value)
            continue;
        fprintf(out, verb ? "    \"%s --%s\")" : "    %s*\" --%s\")", verb ? verb : "", options->name);
        if (strcmp(options->value, "FILE") == 0)
            fputs(" COMPREPLY=($(compgen -f -- \"$word\"));", out);
        else if (options->choices)
            fprintf(out, " COMPREPLY=($(compgen -W '%s' -- \"$word\"));", options->choices);
        fputs(" return ;;\n", out);
    }
}

static void put_all_bash_values(FILE *out) {
    char title[64];
    for (const struct verb *verb = verb_table; verb->noun; verb++) {
        snprintf(title, sizeof title, "%s %s", verb->noun, verb->name ? verb->name : "");
        put_bash_values(out, title, verb->options);
    }
    put_bash_values(out, NULL, verb_options_everywhere);
    put_bash_values(out, NULL, verb_options_server);
    put_bash_values(out, NULL, verb_options_settings);
    put_bash_values(out, NULL, settings_as_options());
}

/* Options behind which a value stands, for telling it from a noun or a verb. */
static void put_valued(FILE *out, const struct verb_option *options) {
    for (; options->name; options++)
        if (options->value)
            fprintf(out, "--%s ", options->name);
}

static void put_all_valued(FILE *out) {
    for (const struct verb *verb = verb_table; verb->noun; verb++)
        put_valued(out, verb->options);
    put_valued(out, verb_options_everywhere);
    put_valued(out, verb_options_server);
    put_valued(out, verb_options_settings);
    put_valued(out, settings_as_options());
}

static void put_nouns(FILE *out) {
    for (const struct verb_noun *noun = verb_nouns; noun->noun; noun++)
        fprintf(out, "%s%s", noun == verb_nouns ? "" : " ", noun->noun);
}

/* Cases `noun) words ;;` of the verbs of a noun. */
static void put_bash_verbs(FILE *out) {
    for (const struct verb_noun *noun = verb_nouns; noun->noun; noun++) {
        char words[512] = "";
        for (const struct verb *verb = verb_table; verb->noun; verb++)
            if (verb->name && strcmp(verb->noun, noun->noun) == 0)
                snprintf(words + strlen(words), sizeof words - strlen(words), "%s%s", *words ? " " : "", verb->name);
        if (*words)
            fprintf(out, "        %s) verbs='%s' ;;\n", noun->noun, words);
    }
}

static void print_bash(FILE *out) {
    fputs("# bash completion for yjsctl; made by `yjsctl completion bash`\n_yjsctl() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} noun='' verb='' i valued=' ",
          out);
    put_all_valued(out);
    fputs("'\n    # --format=svg comes as three words\n"
          "    if [[ $word == = ]]; then word=''; elif [[ $before == = ]]; then before=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
          "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "        [[ ${COMP_WORDS[i]} == -* || ${COMP_WORDS[i]} == = || ${COMP_WORDS[i-1]} == = ]] && continue\n"
          "        [[ $valued == *\" ${COMP_WORDS[i-1]} \"* ]] && continue\n"
          "        if [[ -z $noun ]]; then noun=${COMP_WORDS[i]}; elif [[ -z $verb ]]; then verb=${COMP_WORDS[i]}; "
          "fi\n    done\n"
          "    case \"$noun $verb $before\" in\n",
          out);
    put_all_bash_values(out);
    fputs("    esac\n    if [[ $word == -* ]]; then\n        local options=''\n        case \"$noun $verb\" in\n", out);
    for (const struct verb *verb = verb_table; verb->noun; verb++) {
        fprintf(out, "        \"%s %s\"%s) options='", verb->noun, verb->name ? verb->name : "", verb->name ? "" : "*");
        put_all_options(out, verb);
        fputs("' ;;\n", out);
    }
    fputs("        esac\n        COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n        return\n    fi\n"
          "    if [[ -z $noun || $noun == help && -z $verb ]]; then\n        COMPREPLY=($(compgen -W '",
          out);
    put_nouns(out);
    fputs("' -- \"$word\"))\n        return\n    fi\n    [[ $noun == help ]] && noun=$verb verb=''\n    if [[ -z $verb "
          "]]; then\n"
          "        local verbs=''\n        case $noun in\n        completion) verbs='bash zsh fish' ;;\n",
          out);
    put_bash_verbs(out);
    fputs("        esac\n        COMPREPLY=($(compgen -W \"$verbs\" -- \"$word\"))\n        return\n    fi\n    case "
          "\"$noun $verb\" in\n",
          out);
    for (const struct verb *verb = verb_table; verb->noun; verb++)
        if (strncmp(verb->arguments, "FILE", 4) == 0)
            fprintf(out, "    \"%s %s\") COMPREPLY=($(compgen -f -- \"$word\")) ;;\n", verb->noun,
                    verb->name ? verb->name : "");
    fputs("    esac\n}\ncomplete -o filenames -F _yjsctl yjsctl\n", out);
}

/* zsh: single quotes in texts doubled out, ':' and '[' escaped where _arguments reads them. */
static void put_zsh(FILE *out, const char *text) {
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else if (strchr("[]:", *text))
            fprintf(out, "\\%c", *text);
        else
            fputc(*text, out);
    }
}

static void put_zsh_options(FILE *out, const struct verb_option *options) {
    for (; options->name; options++) {
        fprintf(out, " '%s--%s[", options->many ? "*" : "", options->name);
        put_zsh(out, options->help);
        fputc(']', out);
        if (options->value && strcmp(options->value, "FILE") == 0)
            fputs(":file:_files", out);
        else if (options->value && options->choices)
            fprintf(out, ":%s:(%s)", options->value, options->choices);
        else if (options->value)
            fprintf(out, ":%s: ", options->value);
        fputc('\'', out);
    }
}

static void print_zsh(FILE *out) {
    fputs("#compdef yjsctl\n# zsh completion for yjsctl; made by `yjsctl completion zsh`\n_yjsctl() {\n    local -a "
          "words_\n"
          "    if (( CURRENT == 2 )); then\n        words_=(",
          out);
    for (const struct verb_noun *noun = verb_nouns; noun->noun; noun++) {
        fprintf(out, "'%s:", noun->noun);
        put_zsh(out, noun->what);
        fputs("' ", out);
    }
    fputs(")\n        _describe noun words_\n        return\n    fi\n    if (( CURRENT == 3 )); then\n        case "
          "$words[2] in\n",
          out);
    for (const struct verb_noun *noun = verb_nouns; noun->noun; noun++) {
        bool some = false;
        for (const struct verb *verb = verb_table; verb->noun; verb++) {
            if (!verb->name || strcmp(verb->noun, noun->noun) != 0)
                continue;
            if (!some)
                fprintf(out, "        %s) words_=(", noun->noun);
            some = true;
            fprintf(out, "'%s:", verb->name);
            put_zsh(out, verb->summary);
            fputs("' ", out);
        }
        fputs(some ? "); _describe verb words_; return ;;\n" : "", out);
    }
    fputs("        completion) words_=(bash zsh fish); _describe shell words_; return ;;\n        esac\n    fi\n    "
          "case \"$words[2] $words[3]\" in\n",
          out);
    for (const struct verb *verb = verb_table; verb->noun; verb++) {
        fprintf(out, "    %s%s%s) _arguments", verb->noun, verb->name ? "\\ " : "\\ *", verb->name ? verb->name : "");
        put_zsh_options(out, verb->options);
        put_zsh_options(out, verb_options_everywhere);
        if (verb->needs & NEEDS_SERVER)
            put_zsh_options(out, verb_options_server);
        if (verb->needs & NEEDS_SETTINGS)
            put_zsh_options(out, verb_options_settings);
        if (verb->needs & NEEDS_SETTINGS)
            put_zsh_options(out, settings_as_options());
        fprintf(out, "%s ;;\n", strncmp(verb->arguments, "FILE", 4) == 0 ? " '*:file:_files'" : "");
    }
    fputs("    esac\n}\n_yjsctl \"$@\"\n", out);
}

static void put_fish(FILE *out, const char *text) {
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
}

static void put_fish_options(FILE *out, const struct verb_option *options, const char *condition) {
    for (; options->name; options++) {
        fprintf(out, "complete -c yjsctl -n '%s' -l %s", condition, options->name);
        if (options->value && strcmp(options->value, "FILE") == 0)
            fputs(" -r -F", out);
        else if (options->value && options->choices)
            fprintf(out, " -x -a '%s'", options->choices);
        else if (options->value)
            fputs(" -x", out);
        fputs(" -d '", out);
        put_fish(out, options->help);
        fputs("'\n", out);
    }
}

static void print_fish(FILE *out) {
    fputs("# fish completion for yjsctl; made by `yjsctl completion fish`\ncomplete -c yjsctl -f\n", out);
    for (const struct verb_noun *noun = verb_nouns; noun->noun; noun++) {
        fprintf(out, "complete -c yjsctl -n __fish_use_subcommand -a %s -d '", noun->noun);
        put_fish(out, noun->what);
        fputs("'\n", out);
    }
    fputs("complete -c yjsctl -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n", out);
    for (const struct verb *verb = verb_table; verb->noun; verb++) {
        char condition[256];
        if (verb->name) {
            fprintf(out,
                    "complete -c yjsctl -n '__fish_seen_subcommand_from %s; and test (count (commandline -opc)) -eq 2' "
                    "-a %s -d '",
                    verb->noun, verb->name);
            put_fish(out, verb->summary);
            fputs("'\n", out);
            snprintf(condition, sizeof condition, "__fish_seen_subcommand_from %s; and __fish_seen_subcommand_from %s",
                     verb->noun, verb->name);
        } else {
            snprintf(condition, sizeof condition, "__fish_seen_subcommand_from %s", verb->noun);
        }
        put_fish_options(out, verb->options, condition);
        if (verb->needs & NEEDS_SERVER)
            put_fish_options(out, verb_options_server, condition);
        if (verb->needs & NEEDS_SETTINGS)
            put_fish_options(out, verb_options_settings, condition);
        if (verb->needs & NEEDS_SETTINGS)
            put_fish_options(out, settings_as_options(), condition);
        if (strncmp(verb->arguments, "FILE", 4) == 0)
            fprintf(out, "complete -c yjsctl -n '%s' -F\n", condition);
    }
    put_fish_options(out, verb_options_everywhere, "true");
}

bool verb_print_completion(const char *shell, FILE *out) {
    static const struct {
        const char *shell;
        void (*print)(FILE *);
    } shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++)
        if (strcmp(shell, shells[i].shell) == 0) {
            shells[i].print(out);
            return true;
        }
    return false;
}
