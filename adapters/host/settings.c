/* Reads YAML maps by tables of settings. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/time.h"
#include "settings.h"

static const char *const type_names[] = {
    [SETTING_TEXT] = "text", [SETTING_INT] = "number", [SETTING_BOOL] = "true|false", [SETTING_DURATION] = "duration",
    [SETTING_RANGE] = "duration range", [SETTING_RATE] = "rate 0..1", [SETTING_CHOICE] = "choice", [SETTING_NODE] = "map or list",
};
/* How a value of the type is written, for who wrote something else. */
static const char *const type_examples[] = {
    [SETTING_TEXT] = "text", [SETTING_INT] = "10", [SETTING_BOOL] = "true or false", [SETTING_DURATION] = "250ms, 90s, 5m, 1d",
    [SETTING_RANGE] = "200ms or 50ms..300ms", [SETTING_RATE] = "0.05", [SETTING_CHOICE] = "", [SETTING_NODE] = "",
};

/* The variable's value; `NAME:-FALLBACK` as in a shell: the fallback when it is not set or empty. */
static const char *from_environment(const char *text) {
    const char *fallback = strstr(text, ":-");
    if (!fallback)
        return getenv(text);
    char *name = strndup(text, (size_t)(fallback - text));
    const char *value = name ? getenv(name) : NULL;
    free(name);
    return value && *value ? value : fallback + 2;
}

const char *settings_resolve(const char *text) {
    if (!strncmp(text, "env:", 4))
        return from_environment(text + 4);
    if (strncmp(text, "file:", 5))
        return text;
    FILE *file = fopen(text + 5, "r");
    char *line = NULL;
    size_t room = 0;
    ssize_t length = file ? getline(&line, &room, file) : -1;
    if (file)
        fclose(file);
    if (length < 0) {
        free(line);
        return NULL;
    }
    line[strcspn(line, "\r\n")] = '\0';
    return line;        /* kept as long as the process */
}

static bool read_range(const char *text, struct setting_range *ret) {
    const char *dots = strstr(text, "..");
    struct text least = dots ? text_span(text, (size_t)(dots - text)) : text_from(text);
    struct setting_range range;
    if (duration_parse(least, &range.least_us, NULL))
        return false;
    range.most_us = range.least_us;
    if (dots && duration_parse(text_from(dots + 2), &range.most_us, NULL))
        return false;
    *ret = range;
    return range.least_us <= range.most_us;
}

static bool read_choice(const char *text, const char *const *choices, int *ret) {
    for (int i = 0; choices[i]; i++)
        if (!strcmp(choices[i], text)) {
            *ret = i;
            return true;
        }
    return false;
}

static bool read_scalar(const struct setting *s, const char *text, void *field) {
    char *end;
    if (!(text = settings_resolve(text)))
        return false;
    switch (s->type) {
    case SETTING_TEXT:
        *(const char **)field = text;
        return true;
    case SETTING_INT: return text_to_int64(text_from(text), field) && *(int64_t *)field >= 0;
    case SETTING_BOOL:
        *(bool *)field = !strcmp(text, "true");
        return !strcmp(text, "true") || !strcmp(text, "false");
    case SETTING_DURATION: return !duration_parse(text_from(text), field, NULL);
    case SETTING_RANGE: return read_range(text, field);
    case SETTING_RATE:
        errno = 0;
        *(double *)field = strtod(text, &end);
        return !errno && end != text && !*end && *(double *)field >= 0 && *(double *)field <= 1;
    case SETTING_CHOICE: return read_choice(text, s->choices, field);
    case SETTING_NODE: break;
    }
    return false;
}

static void refuse_value(const struct setting *s, const struct node *value, struct faults *faults) {
    char words[256] = "";
    for (size_t i = 0; s->type == SETTING_CHOICE && s->choices[i]; i++)
        snprintf(words + strlen(words), sizeof(words) - strlen(words), "%s%s", i ? ", " : "one of ", s->choices[i]);
    fault_add(faults, value, "bad_value", "`%s`: %s is no %s; write %s (%s)", s->name, value ? value->text : s->fallback, type_names[s->type],
              *words ? words : type_examples[s->type], s->help);
}

static void read_one(const struct setting *s, const struct node *value, void *into, struct faults *faults) {
    void *field = (char *)into + s->offset;
    if (s->type == SETTING_NODE) {
        *(const struct node **)field = value;
        return;
    }
    if (!value && !s->fallback) {
        return;
    }
    if (value && value->kind != NODE_SCALAR)
        fault_add(faults, value, "bad_value", "`%s` is a %s, not a map or list", s->name, type_names[s->type]);
    else if (s->type == SETTING_TEXT && !read_scalar(s, value ? value->text : s->fallback, field))
        fault_add(faults, value, "no_value", "`%s`: the file or variable of %s cannot be read", s->name, value ? value->text : s->fallback);
    else if (s->type != SETTING_TEXT && !read_scalar(s, value ? value->text : s->fallback, field))
        refuse_value(s, value, faults);
}

static const char *nearest(const char *key, const struct setting_binding *bindings) {
    const char *best = NULL;
    unsigned least = 4;
    for (const struct setting_binding *b = bindings; b->table; b++)
        for (const struct setting *s = b->table; s->name; s++) {
            unsigned distance = text_distance(text_from(key), text_from(s->name), 3);
            if (distance < least) {
                least = distance;
                best = s->name;
            }
        }
    return best;
}

static bool is_known(const char *key, const struct setting_binding *bindings) {
    for (const struct setting_binding *b = bindings; b->table; b++)
        for (const struct setting *s = b->table; s->name; s++)
            if (!strcmp(s->name, key))
                return true;
    return false;
}

void settings_read(const struct node *node, const struct setting_binding *bindings, struct faults *faults) {
    if (node && node->kind != NODE_MAP) {
        fault_add(faults, node, "bad_value", "a map of settings is needed here");
        return;
    }
    for (size_t i = 0; node && i < node->count; i++) {
        const struct node *key = node->members[i].key;
        if (!key->text || is_known(key->text, bindings))
            continue;
        const char *best = nearest(key->text, bindings);
        fault_add(faults, key, "unknown_key", "no such key: `%s`%s%s%s", key->text, best ? "; did you mean `" : "",
                  best ? best : "", best ? "`?" : "");
    }
    for (const struct setting_binding *b = bindings; b->table; b++)
        for (const struct setting *s = b->table; s->name; s++) {
            const struct node *value = node_get(node, s->name);
            if (!value && s->required)
                fault_add(faults, node, "missing_key", "`%s` is needed: %s", s->name, s->help);
            else
                read_one(s, value, b->into, faults);
        }
}

void settings_print(FILE *out, const struct setting *table, const char *indent) {
    for (const struct setting *s = table; s && s->name; s++) {
        fprintf(out, "%s%-16s %s", indent, s->name, s->type == SETTING_CHOICE ? "" : type_names[s->type]);
        for (int i = 0; s->type == SETTING_CHOICE && s->choices[i]; i++)
            fprintf(out, "%s%s", i ? "|" : "", s->choices[i]);
        if (s->fallback)
            fprintf(out, ", default %s", s->fallback[0] ? s->fallback : "empty");
        fprintf(out, "%s\n%s                 %s\n", s->required ? ", needed" : "", indent, s->help);
    }
}
