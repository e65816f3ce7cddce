/* Walks the one table of settings: file, environment, flags, reference. */
#include "cli/settings.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/time.h"

enum setting_kind { KIND_TEXT, KIND_PATH, KIND_COUNT, KIND_BYTES, KIND_DURATION, KIND_BOOL };
struct setting { const char *name; enum setting_kind kind; size_t offset; const char *default_value; bool reloads; const char *help; };

static const struct setting table[] = {
#define X(member, kind, name, default_, reloads, help) {name, KIND_##kind, offsetof(struct settings, member), default_, reloads, help},
    SETTINGS(X)
#undef X
};
enum { SETTING_COUNT = sizeof table / sizeof table[0] };
static const char properties_prefix[] = "kafka.properties.";

static const struct setting *find(struct text name) {
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (text_is(name, table[i].name))
            return &table[i];
    return NULL;
}

/* The part before a dot: "http". */
static bool is_group(struct text name) {
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (strlen(table[i].name) > name.length && table[i].name[name.length] == '.' && text_equal(text_span(table[i].name, name.length), name))
            return true;
    return false;
}

static const char *nearest(struct text name) {
    const char *best = NULL;
    unsigned least = name.length > 6 ? 5 : 3;
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        unsigned distance = text_distance(name, text_from(table[i].name), least);
        if (distance < least) {
            least = distance;
            best = table[i].name;
        }
    }
    return best;
}

static bool parse_bytes(struct text t, int64_t *ret) {
    static const struct { const char *suffix; int64_t factor; } units[] = {
        {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"", 1}};
    for (size_t i = 0; i < 4; i++)
        if (text_ends_with(t, units[i].suffix)) {
            t.length -= strlen(units[i].suffix);
            if (!text_to_int64(t, ret) || *ret < 0 || *ret > INT64_MAX / units[i].factor)
                return false;
            *ret *= units[i].factor;
            return true;
        }
    return false;
}

/* ---- what is wrong ---- */

struct gathering { struct settings *settings; struct fault_list *faults; bool *given; };   /* given: by the file already */

static void put_fault(struct settings *settings, struct fault_list *faults, const struct setting_origin *origin, const char *code,
                      struct text remedy, struct text message) {
    fault_list_add(faults, &settings->arena,
                   &(struct fault){.severity = FAULT_ERROR, .code = code, .file = origin->file, .line = origin->line,
                                   .column = origin->column, .message = message, .remedy = remedy});
}

void settings_fault(struct settings *settings, struct fault_list *faults, const char *name, const char *remedy, const char *format, ...) {
    char room[1024];
    va_list arguments;
    va_start(arguments, format);
    text_print(room, sizeof room, format, arguments);
    va_end(arguments);
    struct setting_origin origin = {TEXT("default"), 0, 0};
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (strcmp(table[i].name, name) == 0 && !text_is_none(settings->origins[i].file))
            origin = settings->origins[i];
    struct text property = text_from(name);
    for (uint32_t i = 0; i < settings->kafka_property_count && text_starts_with(property, properties_prefix); i++)
        if (text_is(settings->kafka_properties[i].name, name + sizeof properties_prefix - 1))
            origin = settings->kafka_properties[i].origin;
    put_fault(settings, faults, &origin, "setting_bad", text_copy(&settings->arena, text_from(remedy)),
              text_format(&settings->arena, "%s: %s", name, room));
}

/* ---- values ---- */

static bool parse(const struct setting *setting, struct text value, int64_t *ret) {
    switch (setting->kind) {
    case KIND_TEXT:
    case KIND_PATH: return true;
    case KIND_COUNT: return text_to_int64(value, ret) && *ret > 0 && *ret <= 1000000000;
    case KIND_BYTES: return parse_bytes(value, ret);
    case KIND_DURATION: return duration_parse(value, ret, NULL) == OUTCOME_OK && *ret > 0;
    case KIND_BOOL: *ret = text_is(value, "true"); return *ret || text_is(value, "false");
    }
    return false;
}

static void set(struct gathering *g, const struct setting *setting, struct text value, const struct setting_origin *origin) {
    static const char *const wanted[] = {"text", "a path", "a number from 1", "a size such as 48MiB",
                                         "a duration such as 200ms, 5s, 30d", "true or false"};
    struct settings *settings = g->settings;
    void *at = (char *)settings + setting->offset;
    int64_t number = 0;
    settings->origins[setting - table] = *origin;
    if (!parse(setting, value, &number))
        put_fault(settings, g->faults, origin, "setting_bad",
                  text_format(&settings->arena, "%s. It is %s unless told otherwise.", setting->help,
                              *setting->default_value ? setting->default_value : "empty"),
                  text_format(&settings->arena, "%s must be %s, not \"%.*s\"", setting->name, wanted[setting->kind], TEXT_ARG(value)));
    else if (setting->kind == KIND_TEXT || setting->kind == KIND_PATH)
        *(struct text *)at = text_copy(&settings->arena, value);
    else if (setting->kind == KIND_BOOL)
        *(bool *)at = number != 0;
    else
        *(int64_t *)at = number;
}

static void set_property(struct gathering *g, struct text name, struct text value, const struct setting_origin *origin) {
    struct settings *settings = g->settings;
    if (settings->kafka_property_count == SETTINGS_PROPERTIES_MOST) {
        put_fault(settings, g->faults, origin, "setting_bad", TEXT("Leave some out."),
                  text_format(&settings->arena, "at most %d of %s*", SETTINGS_PROPERTIES_MOST, properties_prefix));
        return;
    }
    settings->kafka_properties[settings->kafka_property_count++] =
        (struct setting_property){text_copy(&settings->arena, name), text_copy(&settings->arena, value), *origin};
}

static void set_by_name(struct gathering *g, struct text name, struct text value, const struct setting_origin *origin) {
    struct settings *settings = g->settings;
    size_t prefix = sizeof properties_prefix - 1;
    const struct setting *setting = find(name);
    if (text_starts_with(name, properties_prefix) && name.length > prefix) {
        set_property(g, text_span(name.at + prefix, name.length - prefix), value, origin);
    } else if (!setting) {
        const char *near = nearest(name);
        put_fault(settings, g->faults, origin, "setting_unknown",
                  near ? text_format(&settings->arena, "Did you mean %s?", near) : TEXT("yjsd --settings prints all of them."),
                  text_format(&settings->arena, "there is no setting \"%.*s\"", TEXT_ARG(name)));
    } else if (g->given && g->given[setting - table]) {
        put_fault(settings, g->faults, origin, "setting_twice", TEXT("Keep one of the two."),
                  text_format(&settings->arena, "%s stands twice", setting->name));
    } else {
        if (g->given)
            g->given[setting - table] = true;
        set(g, setting, value, origin);
    }
}

/* ---- the file ---- */

struct walk { struct gathering *gathering; yaml_document_t *document; struct text file; };

static void malformed(struct walk *walk, const struct setting_origin *origin, const char *what) {
    put_fault(walk->gathering->settings, walk->gathering->faults, origin, "setting_bad",
              TEXT("Write it as in config/orchestrator.yaml; yjsd --settings yaml prints all of them."), text_from(what));
}

static void walk_node(struct walk *walk, yaml_node_t *node, char *name, size_t length, unsigned depth) {
    struct setting_origin origin = {walk->file, (uint32_t)node->start_mark.line + 1, (uint32_t)node->start_mark.column + 1};
    if (node->type == YAML_SCALAR_NODE && node->data.scalar.length == 0 && is_group(text_span(name, length)))
        return;   /* everything in it is commented out */
    if (node->type == YAML_SCALAR_NODE && length > 0) {
        set_by_name(walk->gathering, text_span(name, length),
                    text_span((const char *)node->data.scalar.value, node->data.scalar.length), &origin);
        return;
    }
    if (node->type != YAML_MAPPING_NODE || depth > 4) {
        malformed(walk, &origin, "settings are names with values");
        return;
    }
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
        yaml_node_t *key = yaml_document_get_node(walk->document, pair->key);
        yaml_node_t *value = yaml_document_get_node(walk->document, pair->value);
        if (!key || !value || key->type != YAML_SCALAR_NODE || length + key->data.scalar.length + 2 > 128) {
            malformed(walk, &origin, "a setting's name is a short word");
            continue;
        }
        size_t longer = length;
        if (length > 0)
            name[longer++] = '.';
        memcpy(name + longer, key->data.scalar.value, key->data.scalar.length);
        walk_node(walk, value, name, longer + key->data.scalar.length, depth + 1);
    }
}

static void unreadable(struct gathering *g, const struct setting_origin *origin, const char *what) {
    put_fault(g->settings, g->faults, origin, "settings_unreadable", TEXT("Mend it, or name another file by --config."),
              text_copy(&g->settings->arena, text_from(what)));
}

static enum outcome read_file(struct gathering *g, struct text file, struct error *error) {
    struct setting_origin origin = {file, 0, 0};
    bool given[SETTING_COUNT] = {false};
    FILE *stream = fopen(file.at, "re");
    if (!stream) {
        unreadable(g, &origin, strerror(errno));
        return OUTCOME_OK;
    }
    yaml_parser_t parser;
    yaml_document_t document;
    if (!yaml_parser_initialize(&parser)) {
        fclose(stream);
        return error_no_memory(error);
    }
    yaml_parser_set_input_file(&parser, stream);
    if (!yaml_parser_load(&parser, &document)) {
        origin.line = (uint32_t)parser.problem_mark.line + 1;
        origin.column = (uint32_t)parser.problem_mark.column + 1;
        unreadable(g, &origin, parser.problem ? parser.problem : "is no YAML");
    } else {
        yaml_node_t *root = yaml_document_get_root_node(&document);
        char name[256];
        struct walk walk = {g, &document, file};
        g->given = given;
        if (root)
            walk_node(&walk, root, name, 0, 0);
        g->given = NULL;
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    fclose(stream);
    return OUTCOME_OK;
}

/* Paths in config/orchestrator.yaml stand in the project's root: the folder above config/. Elsewhere beside the file. */
static enum outcome find_root(struct settings *settings, const char *file, struct error *error) {
    char *real = file ? realpath(file, NULL) : realpath(".", NULL);
    if (!real) {   /* a file that is not there is a fault of its own */
        settings->root = TEXT(".");
        return OUTCOME_OK;
    }
    struct text root = text_from(real);
    if (file) {
        char *slash = strrchr(real, '/');
        root.length = (size_t)(slash - real);
        if (text_ends_with(root, "/config"))
            root.length -= strlen("/config");
    }
    settings->root = text_copy(&settings->arena, root);
    free(real);
    return text_is_none(settings->root) ? error_no_memory(error) : OUTCOME_OK;
}

static void environment_name(const struct setting *setting, char room[96]) {
    size_t n = (size_t)snprintf(room, 96, "YJS_%s", setting->name);
    for (size_t i = 0; i < n && i < 95; i++)
        room[i] = room[i] == '.' ? '_' : (char)toupper((unsigned char)room[i]);
}

enum outcome settings_gather(struct settings *ret, const char *file, const struct setting_flag *flags, uint32_t flag_count,
                             struct fault_list *faults, struct error *error) {
    struct settings *settings = ret;
    struct gathering g = {.settings = settings, .faults = faults};
    memset(settings, 0, sizeof *settings);
    memset(faults, 0, sizeof *faults);
    arena_init(&settings->arena, 1 << 20);
    enum outcome outcome = find_root(settings, file, error);
    for (size_t i = 0; i < SETTING_COUNT; i++)
        set(&g, &table[i], text_from(table[i].default_value), &(struct setting_origin){TEXT_NONE, 0, 0});
    if (outcome == OUTCOME_OK && file) {
        settings->file = text_copy(&settings->arena, text_from(file));
        outcome = read_file(&g, settings->file, error);
    }
    for (size_t i = 0; outcome == OUTCOME_OK && i < SETTING_COUNT; i++) {
        char name[96];
        environment_name(&table[i], name);
        const char *value = getenv(name);
        if (value)
            set(&g, &table[i], text_from(value), &(struct setting_origin){text_copy(&settings->arena, text_from(name)), 0, 0});
    }
    for (uint32_t i = 0; outcome == OUTCOME_OK && i < flag_count; i++)
        set_by_name(&g, text_from(flags[i].name), text_from(flags[i].value),
                    &(struct setting_origin){text_format(&settings->arena, "--%s", flags[i].name), 0, 0});
    if (outcome == OUTCOME_OK && settings->arena.failed)
        outcome = error_no_memory(error);
    if (outcome != OUTCOME_OK)
        settings_free(settings);
    return outcome;
}

void settings_compare(const struct settings *left, const struct settings *right, struct buffer *ret_names) {
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const void *a = (const char *)left + table[i].offset, *b = (const char *)right + table[i].offset;
        bool is_text = table[i].kind == KIND_TEXT || table[i].kind == KIND_PATH, is_bool = table[i].kind == KIND_BOOL;
        bool same = is_text   ? text_equal(*(const struct text *)a, *(const struct text *)b)
                    : is_bool ? *(const bool *)a == *(const bool *)b
                              : *(const int64_t *)a == *(const int64_t *)b;
        if (!same && !table[i].reloads)
            buffer_format(ret_names, "%s%s", ret_names->length ? ", " : "", table[i].name);
    }
    bool same = left->kafka_property_count == right->kafka_property_count;
    for (uint32_t i = 0; same && i < left->kafka_property_count; i++)
        same = text_equal(left->kafka_properties[i].name, right->kafka_properties[i].name) &&
               text_equal(left->kafka_properties[i].value, right->kafka_properties[i].value);
    if (!same)
        buffer_format(ret_names, "%skafka.properties", ret_names->length ? ", " : "");
}

void settings_free(struct settings *settings) { arena_free(&settings->arena); }

bool settings_flag(const char *argument, struct setting_flag *ret) {
    if (strncmp(argument, "--", 2) != 0)
        return false;
    const char *equals = strchr(argument, '=');
    size_t length = equals ? (size_t)(equals - argument) - 2 : strlen(argument) - 2;
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const char *name = table[i].name;
        if (strlen(name) != length)
            continue;
        size_t j = 0;
        while (j < length && (argument[2 + j] == name[j] || (argument[2 + j] == '-' && (name[j] == '.' || name[j] == '_'))))
            j++;
        if (j == length) {
            *ret = (struct setting_flag){name, equals ? equals + 1 : NULL};
            return true;
        }
    }
    return false;
}

bool settings_about(size_t n, struct setting_about *ret) {
    if (n >= SETTING_COUNT)
        return false;
    *ret = (struct setting_about){table[n].name, table[n].help, table[n].kind == KIND_PATH};
    return true;
}

void settings_print_reference(FILE *out) {
    fputs("| setting | environment | default | on SIGHUP | what |\n|---|---|---|---|---|\n", out);
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        char name[96];
        environment_name(&table[i], name);
        fprintf(out, "| `%s` | `%s` | %s%s%s | %s | %s |\n", table[i].name, name, *table[i].default_value ? "`" : "",
                table[i].default_value, *table[i].default_value ? "`" : "", table[i].reloads ? "read again" : "", table[i].help);
    }
    fputs("| `kafka.properties.*` | | | | Handed to librdkafka as they are: TLS, SASL and the like |\n", out);
}

void settings_print_yaml(FILE *out) {
    char group[64] = "";
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const char *dot = strchr(table[i].name, '.');
        size_t length = dot ? (size_t)(dot - table[i].name) : 0;
        if (dot && (strlen(group) != length || strncmp(group, table[i].name, length) != 0))
            fprintf(out, "%.*s:\n", (int)length, table[i].name);
        snprintf(group, sizeof group, "%.*s", (int)length, table[i].name);
        const char *indent = dot ? "  " : "";
        fprintf(out, "%s# %s\n%s# %s: \"%s\"\n", indent, table[i].help, indent, dot ? dot + 1 : table[i].name, table[i].default_value);
    }
}

const char *settings_path(struct settings *settings, struct text path) {
    if (path.length == 0)
        return NULL;
    struct text whole = path.at[0] == '/' ? text_copy(&settings->arena, path)
                                          : text_format(&settings->arena, "%.*s/%.*s", TEXT_ARG(settings->root), TEXT_ARG(path));
    return whole.at;
}
