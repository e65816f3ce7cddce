/* Prints the tables as the reference in config/README.md, so that what people read is what the checker walks. */
#include "definition/keys.h"

static void put_cell(struct buffer *out, const char *text) {
    for (; *text; text++) {
        if (*text == '|')
            buffer_put_byte(out, '\\');
        buffer_put_byte(out, *text);
    }
}

static void put_value(struct buffer *out, const struct key_row *row) {
    buffer_put_string(out, value_type_title(row->type));
    if (row->words) {
        struct text rest = text_from(row->words);
        buffer_put_string(out, ": ");
        while (rest.length) {
            size_t blank = text_find(rest, ' ');
            size_t length = blank == SIZE_MAX ? rest.length : blank;
            buffer_format(out, "`%.*s`%s", (int)length, rest.at, blank == SIZE_MAX ? "" : ", ");
            rest = blank == SIZE_MAX ? TEXT_NONE : text_span(rest.at + blank + 1, rest.length - blank - 1);
        }
    }
    if (row->type == VALUE_COUNT)
        buffer_format(out, " from %lld to %lld", (long long)row->least, (long long)row->most);
}

static void put_kinds(struct buffer *out, unsigned kinds) {
    const char *between = "";
    for (int kind = 0; kind < STEP_KIND_COUNT; kind++)
        if (kinds >> kind & 1) {
            buffer_format(out, "%s%s", between, step_kind_name((enum step_kind)kind));
            between = ", ";
        }
}

static void put_shape(struct buffer *out, const struct shape *shape) {
    bool is_step = shape == &shape_step;
    buffer_format(out, "#### %s\n\n| key | value | %smeaning |\n|---|---|%s---|\n", shape->title, is_step ? "kinds | " : "",
                  is_step ? "---|" : "");
    for (const struct key_row *row = shape->rows; row->key; row++) {
        if (row->flags & KEY_CANONICAL)
            continue;
        buffer_format(out, "| `%s`%s | ", row->key, row->flags & KEY_REQUIRED ? " (needed)" : "");
        put_value(out, row);
        buffer_put_string(out, " | ");
        if (is_step) {
            if (row->kinds)
                put_kinds(out, row->kinds);
            else
                buffer_put_string(out, "all");
            buffer_put_string(out, " | ");
        }
        put_cell(out, row->meaning);
        buffer_put_string(out, " |\n");
    }
    buffer_put_byte(out, '\n');
}

void definition_keys_write_markdown(struct buffer *out) {
    for (size_t i = 0; shapes_definition[i]; i++)
        put_shape(out, shapes_definition[i]);
}

void directory_keys_write_markdown(struct buffer *out) {
    for (size_t i = 0; shapes_directory[i]; i++)
        put_shape(out, shapes_directory[i]);
}

void calendar_keys_write_markdown(struct buffer *out) {
    for (size_t i = 0; shapes_calendar[i]; i++)
        put_shape(out, shapes_calendar[i]);
}

void definition_faults_write_markdown(struct buffer *out) {
    buffer_put_string(out, "| code | what is wrong | what to do |\n|---|---|---|\n");
    for (const struct fault_code *row = definition_fault_codes; row->code; row++) {
        buffer_format(out, "| `%s`%s | ", row->code, row->severity == FAULT_WARNING ? " (warning)" : "");
        put_cell(out, row->meaning);
        buffer_put_string(out, " | ");
        put_cell(out, row->remedy);
        buffer_put_string(out, " |\n");
    }
}
