/* Reads YAML by libyaml into nodes with their places. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>
#include "base/json.h"
#include "node.h"

#define DEPTH_MOST 32

void fault_add(struct faults *f, const struct node *at, const char *code, const char *format, ...) {
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    text_print(message, sizeof(message), format, arguments);
    va_end(arguments);
    for (char *at_newline = message; (at_newline = strchr(at_newline, '\n'));)
        *at_newline = ' ';   /* a fault is a line */
    if (f->count++ < FAULTS_MOST)
        buffer_format(&f->text, "%s:%d:%d: %s: %s\n", f->file, at ? at->line : 1, at ? at->column : 1, code, message);
}

struct fault_line { const char *at; size_t length, order; long line, column; };

static int compare_lines(const void *left, const void *right) {
    const struct fault_line *a = left, *b = right;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    if (a->column != b->column)
        return a->column < b->column ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

void faults_sort(struct faults *f) {
    struct fault_line lines[FAULTS_MOST] = {{.at = NULL}};
    struct buffer sorted;
    size_t count = 0, named = strlen(f->file);
    const char *at = buffer_text(&f->text).at, *end = at ? at + f->text.length : at;
    for (const char *stop; at && at < end && count < FAULTS_MOST && (stop = memchr(at, '\n', (size_t)(end - at))); at = stop + 1, count++) {
        lines[count] = (struct fault_line){.at = at, .length = (size_t)(stop - at) + 1, .order = count};
        char *behind = NULL;
        if (lines[count].length > named && strncmp(at, f->file, named) == 0 && at[named] == ':') {
            lines[count].line = strtol(at + named + 1, &behind, 10);
            lines[count].column = *behind == ':' ? strtol(behind + 1, NULL, 10) : 0;
        }
    }
    qsort(lines, count, sizeof(*lines), compare_lines);
    buffer_init(&sorted, 1024 * 1024);
    for (size_t i = 0; i < count; i++)
        buffer_put(&sorted, lines[i].at, lines[i].length);
    if (sorted.failed) {
        buffer_free(&sorted);
        return;
    }
    buffer_free(&f->text);
    f->text = sorted;
}

static void *need(size_t count, size_t size) {
    void *memory = calloc(count ? count : 1, size);
    if (!memory)
        abort();
    return memory;
}

static struct node *convert(yaml_document_t *document, int id, unsigned depth, struct faults *faults) {
    yaml_node_t *from = yaml_document_get_node(document, id);
    struct node *node = need(1, sizeof(*node));
    node->line = (int)from->start_mark.line + 1;
    node->column = (int)from->start_mark.column + 1;
    if (depth > DEPTH_MOST) {
        fault_add(faults, node, "too_deep", "nested more than %d deep", DEPTH_MOST);
        node->text = strdup("");
    } else if (from->type == YAML_SCALAR_NODE) {
        node->text = strndup((const char *)from->data.scalar.value, from->data.scalar.length);
        node->plain = from->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    } else if (from->type == YAML_SEQUENCE_NODE) {
        node->kind = NODE_LIST;
        node->count = (size_t)(from->data.sequence.items.top - from->data.sequence.items.start);
        node->members = need(node->count, sizeof(*node->members));
        for (size_t i = 0; i < node->count; i++)
            node->members[i].value = convert(document, from->data.sequence.items.start[i], depth + 1, faults);
    } else if (from->type == YAML_MAPPING_NODE) {
        node->kind = NODE_MAP;
        node->count = (size_t)(from->data.mapping.pairs.top - from->data.mapping.pairs.start);
        node->members = need(node->count, sizeof(*node->members));
        for (size_t i = 0; i < node->count; i++) {
            struct node *key = convert(document, from->data.mapping.pairs.start[i].key, depth + 1, faults);
            if (key->kind != NODE_SCALAR)
                fault_add(faults, key, "bad_key", "a key is a plain name");
            else
                for (size_t j = 0; j < i; j++)
                    if (node->members[j].key->text && !strcmp(node->members[j].key->text, key->text))
                        fault_add(faults, key, "doubled_key", "the key `%s` stands twice", key->text);
            node->members[i] = (struct node_member){
                key, convert(document, from->data.mapping.pairs.start[i].value, depth + 1, faults)};
        }
    }
    return node;
}

struct node *node_read_file(const char *path, struct faults *faults) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        fault_add(faults, NULL, "cannot_read", "%s", strerror(errno));
        return NULL;
    }
    yaml_parser_t parser;
    yaml_document_t document;
    yaml_parser_initialize(&parser);
    yaml_parser_set_input_file(&parser, file);
    struct node *root = NULL;
    if (!yaml_parser_load(&parser, &document)) {
        struct node at = {.line = (int)parser.problem_mark.line + 1, .column = (int)parser.problem_mark.column + 1};
        fault_add(faults, &at, "bad_yaml", "%s", parser.problem ? parser.problem : "cannot be read");
    } else {
        if (yaml_document_get_root_node(&document))
            root = convert(&document, 1, 1, faults);
        else
            fault_add(faults, NULL, "empty", "the file is empty");
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    fclose(file);
    return root;
}

void node_free(struct node *node) {
    if (!node)
        return;
    for (size_t i = 0; i < node->count; i++) {
        node_free((struct node *)(uintptr_t)node->members[i].key);
        node_free(node->members[i].value);
    }
    free(node->members);
    free((char *)(uintptr_t)node->text);
    free(node);
}

const struct node *node_get(const struct node *map, const char *key) {
    for (size_t i = 0; map && map->kind == NODE_MAP && i < map->count; i++)
        if (map->members[i].key->text && !strcmp(map->members[i].key->text, key))
            return map->members[i].value;
    return NULL;
}

static bool is_json_word(const char *text) {
    struct arena arena;
    struct json value;
    arena_init(&arena, 4096);
    bool is = !json_read(&arena, text_from(text), 1, &value, NULL) && value.type != JSON_STRING &&
              value.type != JSON_OBJECT && value.type != JSON_ARRAY;
    arena_free(&arena);
    return is;
}

void node_write_json(struct buffer *out, const struct node *node) {
    if (node->kind == NODE_SCALAR) {
        if (node->plain && (node->text[0] == '\0' || !strcmp(node->text, "~")))
            buffer_put_string(out, "null");
        else if (node->plain && is_json_word(node->text))
            buffer_put_string(out, node->text);
        else
            json_write_string(out, text_from(node->text));
        return;
    }
    buffer_put_byte(out, node->kind == NODE_LIST ? '[' : '{');
    for (size_t i = 0; i < node->count; i++) {
        if (i)
            buffer_put_byte(out, ',');
        if (node->kind == NODE_MAP) {
            json_write_string(out, text_from(node->members[i].key->text));
            buffer_put_byte(out, ':');
        }
        node_write_json(out, node->members[i].value);
    }
    buffer_put_byte(out, node->kind == NODE_LIST ? ']' : '}');
}
