/* Draws a definition for people: as Mermaid and dot text here, as SVG in graph_svg.c. */
#include "definition/graph.h"

#include "definition/limit.h"
#include "model/limits.h"

#define GRAPH_ARENA_BYTES ((size_t)128 << 20)
#define CONDITION_COLUMNS 40

bool graph_format_parse(struct text name, enum graph_format *ret) {
    static const struct { const char *name; enum graph_format format; } rows[] = {
        {"mermaid", GRAPH_MERMAID}, {"dot", GRAPH_DOT}, {"svg", GRAPH_SVG}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (text_is(name, rows[i].name)) {
            *ret = rows[i].format;
            return true;
        }
    return false;
}

struct text graph_title(const struct graph *g, const struct title *title, struct text otherwise) {
    struct text text = text_is(g->language, "zh-Hant") ? title->zh_hant
                     : text_is(g->language, "zh-Hans") ? title->zh_hans : title->en;
    return text.length ? text : otherwise;
}

struct text graph_worker(const struct graph *g, const struct step_definition *step) {
    if (step->department.id.at) {
        const struct department *department = g->directory ? directory_find(g->directory, step->department.id) : NULL;
        return department ? graph_title(g, &department->title, department->id) : step->department.id;
    }
    if (step->department.group.at)
        return step->department.group;
    if (step->kind == STEP_THING && step->thing.thing != NO_INDEX)
        return g->definition->things[step->thing.thing].thing;
    if (step->kind == STEP_WAIT && step->wait.mode == WAIT_SIGNAL)
        return step->wait.signal;
    return TEXT_NONE;
}

/* ---- conditions ---- */

static void put_condition(struct buffer *out, const struct json *value, unsigned depth) {
    static const char *const joints[] = {"all", "any"};
    if (depth > 4)
        return;
    if (value->type == JSON_STRING) {
        struct text t = value->text;
        while (t.length && (t.at[0] == ' ' || t.at[0] == '$' || t.at[0] == '{'))
            t = text_span(t.at + 1, t.length - 1);
        while (t.length && (t.at[t.length - 1] == ' ' || t.at[t.length - 1] == '}' || t.at[t.length - 1] == '\n'))
            t.length--;
        buffer_put_text(out, t);
        return;
    }
    for (size_t k = 0; k < 2; k++) {
        const struct json *list = json_get(value, text_from(joints[k]));
        for (uint32_t i = 0; list && list->type == JSON_ARRAY && i < list->count; i++) {
            if (i)
                buffer_put_string(out, k ? " or " : " and ");
            put_condition(out, &list->children[i].value, depth + 1);
        }
    }
    struct text field = json_get_text(value, TEXT("field"));
    if (!field.at)
        return;
    if (text_starts_with(field, "form."))
        field = text_span(field.at + 5, field.length - 5);
    buffer_put_text(out, field);
    for (uint32_t i = 0; i < value->count; i++) {
        const struct json_member *member = &value->children[i];
        if (text_is(member->key, "field"))
            continue;
        buffer_format(out, " %.*s ", TEXT_ARG(member->key));
        if (member->value.type == JSON_STRING)
            buffer_put_text(out, member->value.text);
        else
            json_write(out, &member->value);
    }
}

static size_t columns_at(const char *at) {
    unsigned char lead = (unsigned char)*at;
    return lead >= 0xe2 && !(lead == 0xe2 && (unsigned char)at[1] < 0xba) ? 2 : (lead & 0xc0) == 0x80 ? 0 : 1;
}

size_t graph_columns(struct text t) {
    size_t columns = 0;
    for (size_t i = 0; i < t.length; i++)
        columns += columns_at(t.at + i);
    return columns;
}

static struct text shorten(struct arena *arena, struct text t, size_t most) {
    size_t columns = 0;
    for (size_t i = 0; i < t.length; i++) {
        columns += columns_at(t.at + i);
        if (columns > most && ((unsigned char)t.at[i] & 0xc0) != 0x80)
            return text_format(arena, "%.*s…", (int)i, t.at);
    }
    return t;
}

struct text graph_condition(const struct graph *g, const struct step_definition *step, size_t most) {
    struct buffer out;
    if (!step->when || !g->steps)
        return step->when ? TEXT("when …") : TEXT_NONE;
    buffer_init(&out, 1 << 16);
    for (uint32_t i = 0; i < g->steps->count; i++) {
        const struct json *row = &g->steps->children[i].value, *when = json_get_string(row, "when");
        if (when && text_equal(json_get_text(row, TEXT("id")), step->id))
            put_condition(&out, when, 0);
    }
    for (size_t i = 0; i < out.length; i++)
        if (out.at[i] == '\n')
            out.at[i] = ' ';
    struct text text = shorten(g->arena, text_copy(g->arena, buffer_text(&out)), most);
    buffer_free(&out);
    return text.length ? text : TEXT("when …");
}

struct text graph_join(const struct graph *g, const struct join_rule *join, uint16_t of) {
    char room[LIMIT_TIME_TEXT_SIZE];
    struct text mode = join->mode == JOIN_ALL ? TEXT_NONE
        : join->at_least == 1 ? TEXT("any") : of ? text_format(g->arena, "%u of %u", join->at_least, of)
                                                 : text_format(g->arena, "at least %u", join->at_least);
    if (join->deadline.unit == LIMIT_NONE)
        return mode;
    return text_format(g->arena, "%.*s%s≤ %.*s", TEXT_ARG(mode), mode.at ? ", " : "",
                       TEXT_ARG(limit_format(join->deadline, room)));
}

struct text graph_limit(const struct graph *g, const struct step_definition *step) {
    char room[LIMIT_TIME_TEXT_SIZE];
    struct limit_time limit = {LIMIT_NONE, 0};
    if (step->kind == STEP_WAIT && step->wait.mode == WAIT_FOR_DURATION)
        limit = step->wait.span;
    else if (step->kind == STEP_PUBLICITY)
        limit = step->publicity.span;
    else if (step->item != NO_INDEX)
        limit = g->definition->items[step->item].promise;
    return limit.unit == LIMIT_NONE ? TEXT_NONE : text_copy(g->arena, limit_format(limit, room));
}

/* ---- text formats ---- */

/* Both formats quote labels alike; what would end them is replaced. */
static void put_label(struct buffer *out, struct text t) {
    for (size_t i = 0; i < t.length; i++) {
        char c = t.at[i];
        if (c == '"')
            buffer_put_byte(out, '\'');
        else if (c == '\\' || c == '\n' || c == '\r')
            buffer_put_byte(out, ' ');
        else
            buffer_put_byte(out, c);
    }
}

static void put_step_label(const struct graph *g, const struct step_definition *step, const char *line_break) {
    struct text worker = graph_worker(g, step), limit = graph_limit(g, step);
    struct text condition = graph_condition(g, step, CONDITION_COLUMNS), join = graph_join(g, &step->join, step->need_count);
    put_label(g->out, graph_title(g, &step->title, step->id));
    if (worker.at) {
        buffer_put_string(g->out, line_break);
        put_label(g->out, worker);
    }
    if (step->kind != STEP_TASK)
        buffer_format(g->out, "%s%s", worker.at ? " · " : line_break, step_kind_name(step->kind));
    if (limit.at)
        buffer_format(g->out, " · %.*s", TEXT_ARG(limit));
    if (step->is_each)
        buffer_format(g->out, "%seach %.*s", line_break, TEXT_ARG(step->each_as));
    if (join.at)
        buffer_format(g->out, "%sjoin %.*s", line_break, TEXT_ARG(join));
    if (condition.at) {
        buffer_format(g->out, "%s? ", line_break);
        put_label(g->out, condition);
    }
}

static void write_mermaid(struct graph *g) {
    static const char *const opens[STEP_KIND_COUNT] = {
        [STEP_TASK] = "[\"", [STEP_LOOKUP] = "[(\"", [STEP_APPROVE] = "{{\"", [STEP_INSPECTION] = "[/\"",
        [STEP_PUBLICITY] = "([\"", [STEP_WAIT] = "([\"", [STEP_THING] = "[[\"", [STEP_DELEGATED] = "[\"",
        [STEP_DELIVER] = ">\""};
    static const char *const closes[STEP_KIND_COUNT] = {
        [STEP_TASK] = "\"]", [STEP_LOOKUP] = "\")]", [STEP_APPROVE] = "\"}}", [STEP_INSPECTION] = "\"/]",
        [STEP_PUBLICITY] = "\"])", [STEP_WAIT] = "\"])", [STEP_THING] = "\"]]", [STEP_DELEGATED] = "\"]",
        [STEP_DELIVER] = "\"]"};
    buffer_put_string(g->out, "flowchart LR\n");
    for (uint16_t i = 0; i < g->definition->step_count; i++) {
        const struct step_definition *step = &g->definition->steps[i];
        buffer_format(g->out, "    s_%.*s%s", TEXT_ARG(step->id), opens[step->kind]);   /* s_: "end" is Mermaid's word */
        put_step_label(g, step, "<br>");
        buffer_format(g->out, "%s\n", closes[step->kind]);
    }
    for (uint16_t i = 0; i < g->definition->step_count; i++)
        for (uint16_t k = 0; k < g->definition->steps[i].need_count; k++) {
            const struct step_definition *step = &g->definition->steps[i];
            buffer_format(g->out, "    s_%.*s %s s_%.*s\n", TEXT_ARG(g->definition->steps[step->needs[k]].id),
                          step->when ? "-.->" : "-->", TEXT_ARG(step->id));
        }
}

static void write_dot(struct graph *g) {
    buffer_format(g->out, "digraph \"%.*s\" {\n    rankdir=LR;\n    node [shape=box, style=rounded];\n",
                  TEXT_ARG(g->definition->thing));
    for (uint16_t i = 0; i < g->definition->step_count; i++) {
        const struct step_definition *step = &g->definition->steps[i];
        buffer_format(g->out, "    \"%.*s\" [label=\"", TEXT_ARG(step->id));
        put_step_label(g, step, "\\n");
        buffer_format(g->out, "\"%s];\n", step->is_each ? ", peripheries=2" : "");
    }
    for (uint16_t i = 0; i < g->definition->step_count; i++)
        for (uint16_t k = 0; k < g->definition->steps[i].need_count; k++) {
            const struct step_definition *step = &g->definition->steps[i];
            buffer_format(g->out, "    \"%.*s\" -> \"%.*s\"%s;\n", TEXT_ARG(g->definition->steps[step->needs[k]].id),
                          TEXT_ARG(step->id), step->when ? " [style=dashed]" : "");
        }
    buffer_put_string(g->out, "}\n");
}

void definition_graph(const struct definition *definition, const struct directory *directory, struct text language,
                      enum graph_format format, struct buffer *out) {
    _cleanup_(arena_free) struct arena arena;
    arena_init(&arena, GRAPH_ARENA_BYTES);
    struct json canonical = {0};
    struct definition drawn = *definition;
    drawn.step_count -= drawn.fetch_count;   /* lookups of materials belong to the steps that are given them */
    struct graph g = {.arena = &arena, .definition = &drawn, .directory = directory, .language = language, .out = out};
    if (definition->canonical.at &&
        json_read(&arena, definition->canonical, LIMIT_json_depth_most, &canonical, NULL) == OUTCOME_OK)
        g.steps = json_get_string(&canonical, "steps");
    if (format == GRAPH_MERMAID)
        write_mermaid(&g);
    else if (format == GRAPH_DOT)
        write_dot(&g);
    else
        graph_write_svg(&g);
    out->failed |= arena.failed;
}
