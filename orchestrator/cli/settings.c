/* Walks the one table of settings: file, environment, flags, reference. */
#include "cli/settings.h"

#include <ctype.h>
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

static const char *nearest(struct text name) {
    const char *best = NULL;
    unsigned least = 5;
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

/* `where`: file:line:column, or the variable, or the flag: for the message. */
static enum outcome set(struct settings *settings, const struct setting *setting, struct text value, const char *where,
                        struct error *error) {
    void *at = (char *)settings + setting->offset;
    bool fine = true;
    switch (setting->kind) {
    case KIND_TEXT:
    case KIND_PATH:
        *(struct text *)at = text_copy(&settings->arena, value);
        return text_is_none(*(struct text *)at) ? error_no_memory(error) : OUTCOME_OK;
    case KIND_COUNT:
        fine = text_to_int64(value, at) && *(int64_t *)at > 0 && *(int64_t *)at <= 1000000000;
        break;
    case KIND_BYTES:
        fine = parse_bytes(value, at);
        break;
    case KIND_DURATION:
        fine = duration_parse(value, at, NULL) == OUTCOME_OK && *(int64_t *)at > 0;
        break;
    case KIND_BOOL:
        fine = text_is(value, "true") || text_is(value, "false");
        *(bool *)at = text_is(value, "true");
        break;
    }
    static const char *const wanted[] = {"text", "a path", "a number from 1", "a size such as 48MiB",
                                         "a duration such as 200ms, 5s, 30d", "true or false"};
    return fine ? OUTCOME_OK
                : error_set(error, OUTCOME_REJECT, "setting_bad", "%s: %s must be %s, not \"%.*s\"", where, setting->name,
                            wanted[setting->kind], TEXT_ARG(value));
}

static enum outcome set_by_name(struct settings *settings, struct text name, struct text value, const char *where,
                                struct error *error) {
    if (text_starts_with(name, properties_prefix) && name.length >= sizeof properties_prefix) {
        if (settings->kafka_property_count == SETTINGS_PROPERTIES_MOST)
            return error_set(error, OUTCOME_REJECT, "setting_bad", "%s: at most %d Kafka properties", where, SETTINGS_PROPERTIES_MOST);
        struct text property = text_span(name.at + sizeof properties_prefix - 1, name.length - sizeof properties_prefix + 1);
        settings->kafka_properties[settings->kafka_property_count++] =
            (struct setting_property){text_copy(&settings->arena, property), text_copy(&settings->arena, value)};
        return settings->arena.failed ? error_no_memory(error) : OUTCOME_OK;
    }
    const struct setting *setting = find(name);
    if (setting)
        return set(settings, setting, value, where, error);
    const char *near = nearest(name);
    return error_set(error, OUTCOME_REJECT, "setting_unknown", "%s: there is no setting \"%.*s\"%s%s%s", where, TEXT_ARG(name),
                     near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

/* ---- the file ---- */

struct walk { struct settings *settings; yaml_document_t *document; const char *file; struct error *error; };

static enum outcome walk_node(struct walk *walk, yaml_node_t *node, char *name, size_t length, unsigned depth) {
    char where[512];
    snprintf(where, sizeof where, "%s:%zu:%zu", walk->file, node->start_mark.line + 1, node->start_mark.column + 1);
    if (node->type == YAML_SCALAR_NODE && length > 0)
        return set_by_name(walk->settings, text_span(name, length),
                           text_span((const char *)node->data.scalar.value, node->data.scalar.length), where, walk->error);
    if (node->type != YAML_MAPPING_NODE || depth > 4)
        return error_set(walk->error, OUTCOME_REJECT, "setting_bad", "%s: settings are names with values", where);
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
        yaml_node_t *key = yaml_document_get_node(walk->document, pair->key);
        yaml_node_t *value = yaml_document_get_node(walk->document, pair->value);
        if (!key || !value || key->type != YAML_SCALAR_NODE || length + key->data.scalar.length + 2 > 128)
            return error_set(walk->error, OUTCOME_REJECT, "setting_bad", "%s: a setting's name is a short word", where);
        size_t longer = length;
        if (length > 0)
            name[longer++] = '.';
        memcpy(name + longer, key->data.scalar.value, key->data.scalar.length);
        enum outcome outcome = walk_node(walk, value, name, longer + key->data.scalar.length, depth + 1);
        if (outcome != OUTCOME_OK)
            return outcome;
    }
    return OUTCOME_OK;
}

static enum outcome read_file(struct settings *settings, const char *file, struct error *error) {
    FILE *stream = fopen(file, "re");
    if (!stream)
        return error_set(error, OUTCOME_REJECT, "settings_unreadable", "%s: %m", file);
    yaml_parser_t parser;
    yaml_document_t document;
    enum outcome outcome = OUTCOME_OK;
    if (!yaml_parser_initialize(&parser)) {
        fclose(stream);
        return error_no_memory(error);
    }
    yaml_parser_set_input_file(&parser, stream);
    if (!yaml_parser_load(&parser, &document)) {
        outcome = error_set(error, OUTCOME_REJECT, "settings_unreadable", "%s:%zu:%zu: %s", file, parser.problem_mark.line + 1,
                            parser.problem_mark.column + 1, parser.problem ? parser.problem : "is no YAML");
    } else {
        yaml_node_t *root = yaml_document_get_root_node(&document);
        char name[256];
        struct walk walk = {settings, &document, file, error};
        if (root)
            outcome = walk_node(&walk, root, name, 0, 0);
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    fclose(stream);
    return outcome;
}

/* Paths in config/orchestrator.yaml stand in the project's root: the folder above config/. Elsewhere beside the file. */
static enum outcome find_root(struct settings *settings, const char *file, struct error *error) {
    char *real = file ? realpath(file, NULL) : realpath(".", NULL);
    if (!real)
        return error_set(error, OUTCOME_REJECT, "settings_unreadable", "%s: %m", file ? file : ".");
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

enum outcome settings_read(struct settings *ret, const char *file, const struct setting_flag *flags, uint32_t flag_count,
                           struct error *error) {
    struct settings *settings = ret;
    memset(settings, 0, sizeof *settings);
    arena_init(&settings->arena, 1 << 20);
    enum outcome outcome = find_root(settings, file, error);
    for (size_t i = 0; outcome == OUTCOME_OK && i < SETTING_COUNT; i++)
        outcome = set(settings, &table[i], text_from(table[i].default_value), "default", error);
    if (outcome == OUTCOME_OK && file) {
        settings->file = text_copy(&settings->arena, text_from(file));
        outcome = read_file(settings, file, error);
    }
    for (size_t i = 0; outcome == OUTCOME_OK && i < SETTING_COUNT; i++) {
        char name[96];
        environment_name(&table[i], name);
        const char *value = getenv(name);
        if (value)
            outcome = set(settings, &table[i], text_from(value), name, error);
    }
    for (uint32_t i = 0; outcome == OUTCOME_OK && i < flag_count; i++)
        outcome = set_by_name(settings, text_from(flags[i].name), text_from(flags[i].value), "command line", error);
    if (outcome != OUTCOME_OK)
        settings_free(settings);
    return outcome;
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
