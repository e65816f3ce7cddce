/* thing diff, graph, matrix: what changed between two definitions, what one looks like, who receives what by it. */
#include "cli/files.h"
#include "cli/verb_part.h"
#include "definition/definition.h"
#include "definition/matrix.h"
#include "model/limits.h"

struct shelf {
    struct invocation *invocation;
    struct database database;         /* opened when a name is no file */
    const struct directory *directory;
};

static enum verb_status compile(struct shelf *s, struct text source, const char *name, const char *root, const struct definition **ret) {
    struct invocation *c = s->invocation;
    struct error error = {0};
    struct fault_list faults = {0};
    struct file_root files = {root};
    struct source_reader reader = file_source_reader(&files);
    const struct definition_context context = {.reader = root ? &reader : NULL, .directory = root ? s->directory : NULL};
    if (definition_compile(&c->arena, source, text_from(name), &context, &faults, ret, &error) == OUTCOME_OK)
        return STATUS_DONE;
    if (faults.count == 0)
        return invocation_failed(c, &error);
    _cleanup_buffer_ struct buffer text;
    buffer_init(&text, (size_t)16 << 20);
    fault_list_write_text(&faults, &text);
    display_put_safe_lines(stderr, buffer_text(&text));
    return STATUS_REFUSED;
}

/* By the thing's name (its current one) or by hash, from the database. */
static enum verb_status load_published(struct shelf *s, struct text name, const struct definition **ret) {
    struct invocation *c = s->invocation;
    enum verb_status status = STATUS_REFUSED;
    struct record_list rows;
    struct json row;
    struct error error;
    if (!s->database.records && !database_open(c, &s->database, &status))
        return status;
    if (!database_ask(c, &s->database, "thing_show", &name, 1, &rows, &status))
        return status;
    if (rows.count == 0 || json_read(&c->arena, rows.at[0], LIMIT_json_depth_most * 2, &row, NULL) != OUTCOME_OK ||
        !json_get_string(&row, "canonical")) {
        error_set(&error, OUTCOME_REJECT, "thing_unknown", "\"%.*s\" is neither a file nor a published thing or hash", TEXT_ARG(name));
        return invocation_failed(c, &error);
    }
    return compile(s, json_get_string(&row, "canonical")->text, name.at, NULL, ret);
}

static enum verb_status load(struct shelf *s, const char *name, const struct definition **ret) {
    struct text source;
    enum verb_status status;
    if (strcmp(name, "-") != 0 && !file_is_there(name))
        return strchr(name, '/') || strchr(name, '.')
                   ? (read_input(s->invocation, name, LIMIT_definition_bytes_most, &source, &status), status)
                   : load_published(s, text_from(name), ret);
    const char *root = file_project_root(name, &s->invocation->arena);
    if (!s->directory && (status = thing_directory(s->invocation, root, &s->directory)) != STATUS_DONE)
        return status;
    return read_input(s->invocation, name, LIMIT_definition_bytes_most, &source, &status)
               ? compile(s, source, input_name(name), root, ret)
               : status;
}

static enum verb_status print_difference(struct invocation *c, const struct definition *before, const struct definition *after) {
    struct difference_list list = {0};
    struct error error = {0};
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, (size_t)32 << 20);
    if (definition_diff(before, after, &c->arena, &list, &error) != OUTCOME_OK)
        return invocation_failed(c, &error);
    if (c->json)
        definition_diff_write_json(&list, &out);
    else
        definition_diff_write_text(&list, &out);
    display_put_safe_lines(stdout, buffer_text(&out));
    if (c->json)
        fputc('\n', stdout);
    return STATUS_DONE;
}

enum verb_status verb_thing_diff(struct invocation *c) {
    struct shelf s = {.invocation = c};
    const struct definition *before = NULL, *after = NULL;
    enum verb_status status = load(&s, invocation_argument(c, c->argument_count - 1), &after);
    if (status == STATUS_DONE)
        status = c->argument_count == 2 ? load(&s, invocation_argument(c, 0), &before) : load_published(&s, after->thing, &before);
    if (status == STATUS_DONE && !text_equal(before->thing, after->thing))
        fprintf(stderr, "yjsctl: these are two things, %.*s and %.*s\n", TEXT_ARG(before->thing), TEXT_ARG(after->thing));
    if (status == STATUS_DONE)
        status = print_difference(c, before, after);
    definition_free(before);
    definition_free(after);
    database_close(&s.database);
    return status;
}

static void print_graph_json(const struct definition *definition, struct text format, struct text graph) {
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, (size_t)64 << 20);
    json_begin(&w, &out);
    json_open(&w, '{');
    json_key(&w, TEXT("thing"));
    json_put_text(&w, definition->thing);
    json_key(&w, TEXT("format"));
    json_put_text(&w, format);
    json_key(&w, TEXT("graph"));
    json_put_text(&w, graph);
    json_close(&w, '}');
    printf("%.*s\n", TEXT_ARG(buffer_text(&out)));
}

enum verb_status verb_thing_graph(struct invocation *c) {
    struct shelf s = {.invocation = c};
    const struct definition *definition = NULL;
    enum graph_format format = GRAPH_MERMAID;
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, (size_t)32 << 20);
    if (invocation_has(c, "format"))
        graph_format_parse(invocation_text(c, "format"), &format);
    enum verb_status status = load(&s, invocation_argument(c, 0), &definition);
    if (status == STATUS_DONE) {
        definition_graph(definition, s.directory, c->display.language, format, &out);
        if (c->json)
            print_graph_json(definition, invocation_has(c, "format") ? invocation_text(c, "format") : TEXT("mermaid"), buffer_text(&out));
        else
            fwrite(out.at, 1, out.length, stdout);
    }
    definition_free(definition);
    database_close(&s.database);
    return status;
}

static void print_matrix(struct invocation *c, const struct matrix *m, const struct directory *directory) {
    static const char *const headings[] = {"STEP", "DEPARTMENT*", "ITEM", "RECEIVES", "TITLE*", "PERSONAL", "BASIS*", NULL};
    struct table table;
    table_begin(&table, &c->arena, headings);
    for (uint32_t i = 0; i < m->count; i++) {
        const struct matrix_row *row = &m->rows[i];
        table_put(&table, row->step->id);
        table_put(&table, matrix_department_title(directory, row->department, c->display.language));
        table_put(&table, row->item ? row->item->code : TEXT_NONE);
        table_put(&table, row->kind == MATRIX_FIELD ? row->name : text_format(&c->arena, "(%.*s)", TEXT_ARG(row->name)));
        table_put(&table, row->title);
        table_put(&table, row->personal ? TEXT("yes") : TEXT_NONE);
        table_put(&table, row->basis);
    }
    table_print(&table, &c->display, stdout);
    if (m->personal_without_basis > 0)
        printf("\n%u row%s no basis: give the step an item.\n", m->personal_without_basis,
               m->personal_without_basis == 1 ? " of personal data names" : "s of personal data name");
}

enum verb_status verb_thing_matrix(struct invocation *c) {
    struct shelf s = {.invocation = c};
    const struct definition *definition = NULL;
    struct matrix matrix;
    struct error error = {0};
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, (size_t)64 << 20);
    enum verb_status status = load(&s, invocation_argument(c, 0), &definition);
    if (status == STATUS_DONE &&
        definition_matrix(definition, c->display.language, &c->arena, &matrix, &error) != OUTCOME_OK)
        status = invocation_failed(c, &error);
    else if (status == STATUS_DONE && !c->json && !invocation_has(c, "csv"))
        print_matrix(c, &matrix, s.directory);
    else if (status == STATUS_DONE) {
        if (c->json)
            matrix_write_json(&matrix, s.directory, c->display.language, &out);
        else
            matrix_write_csv(&matrix, s.directory, c->display.language, &out);
        fwrite(out.at, 1, out.length, stdout);
        if (c->json)
            fputc('\n', stdout);
    }
    definition_free(definition);
    database_close(&s.database);
    return status;
}
