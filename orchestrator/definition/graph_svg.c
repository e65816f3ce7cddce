/* The drawing in SVG: boxes in layers from left to right, with names, departments, limits, joins and conditions. */
#include "definition/graph.h"
#include "definition/layout.h"

#include "definition/limit.h"

#define BOX_WIDTH 208.0
#define LAYER_WIDTH 288.0
#define GAP 26.0
#define MARGIN 28.0
#define HEAD 64.0
#define LINE 19.0
#define BADGE_ROOM 6.0         /* for the condition on a box's upper edge */
#define TITLE_COLUMNS 24u     /* of 7.6 units each at 15 px */
#define SMALL_COLUMNS 30u
#define WHO_COLUMNS 27u       /* its letters are a little larger, and a limit's digits wide */
#define TITLE_LINES_MOST 3u

/* Fill and edge by kind: who moves the case on is seen at a glance. */
static const struct { const char *fill, *edge; } colours[STEP_KIND_COUNT] = {
    [STEP_TASK] = {"#eef4fb", "#2f6db3"},       [STEP_LOOKUP] = {"#eef8f1", "#3a8a5c"},
    [STEP_APPROVE] = {"#f5f0fb", "#7a52b3"},    [STEP_INSPECTION] = {"#fdf3e7", "#b8741a"},
    [STEP_PUBLICITY] = {"#fdf3e7", "#b8741a"},  [STEP_WAIT] = {"#fbf8e6", "#9a8412"},
    [STEP_THING] = {"#eef4fb", "#2f6db3"},      [STEP_DELEGATED] = {"#f1f3f5", "#6b7680"},
    [STEP_DELIVER] = {"#fbeef2", "#b03a63"},
};

static void put_escaped(struct buffer *out, struct text t) {
    for (size_t i = 0; i < t.length; i++) {
        switch (t.at[i]) {
        case '<': buffer_put_string(out, "&lt;"); break;
        case '>': buffer_put_string(out, "&gt;"); break;
        case '&': buffer_put_string(out, "&amp;"); break;
        case '"': buffer_put_string(out, "&quot;"); break;
        default:
            buffer_put_byte(out, (unsigned char)t.at[i] < 0x20 ? ' ' : t.at[i]);
        }
    }
}

static size_t code_point_bytes(struct text t) {
    unsigned char lead = (unsigned char)t.at[0];
    size_t bytes = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    return bytes < t.length ? bytes : t.length;
}

static bool is_wide(struct text t) { return graph_columns(text_span(t.at, code_point_bytes(t))) == 2; }

/* The first line of `t` within `most` columns, broken at a blank or beside a CJK sign; takes it off `t`. */
static struct text take_line(struct text *t, size_t most) {
    size_t columns = 0, at = 0, breakable = 0;
    while (at < t->length) {
        struct text rest = text_span(t->at + at, t->length - at);
        size_t bytes = code_point_bytes(rest);
        columns += graph_columns(text_span(rest.at, bytes));
        if (columns > most)
            break;
        if (at && (is_wide(rest) || rest.at[0] == ' '))
            breakable = at;
        at += bytes;
    }
    if (at < t->length) {
        struct text rest = text_span(t->at + at, t->length - at);
        if (is_wide(rest) || rest.at[0] == ' ')
            breakable = at;
        at = breakable ? breakable : at;
    }
    struct text line = text_span(t->at, at);
    while (at < t->length && t->at[at] == ' ')
        at++;
    *t = text_span(t->at + at, t->length - at);
    return line;
}

static size_t count_lines(struct text t) {
    size_t lines = 0;
    while (t.length && lines < TITLE_LINES_MOST) {
        take_line(&t, TITLE_COLUMNS);
        lines++;
    }
    return lines ? lines : 1;
}

static struct text cut(const struct graph *g, struct text t, size_t most) {
    size_t columns = 0, at = 0;
    if (graph_columns(t) <= most)
        return t;
    while (at < t.length) {
        size_t bytes = code_point_bytes(text_span(t.at + at, t.length - at));
        columns += graph_columns(text_span(t.at + at, bytes));
        if (columns > most - 1)
            break;
        at += bytes;
    }
    return text_format(g->arena, "%.*s…", (int)at, t.at);
}

/* What stands under the title: who, and how long. */
static struct text second_line(const struct graph *g, const struct step_definition *step) {
    struct text worker = graph_worker(g, step), limit = graph_limit(g, step);
    struct text first = worker.at ? worker : text_from(step_kind_name(step->kind));
    if (!limit.at)
        return cut(g, first, WHO_COLUMNS);
    return text_format(g->arena, "%.*s · %.*s", TEXT_ARG(cut(g, first, WHO_COLUMNS - 3 - graph_columns(limit))),
                       TEXT_ARG(limit));
}

static struct text third_line(const struct graph *g, const struct step_definition *step) {
    struct text gather = step->is_each ? graph_join(g, &step->gather, 0) : TEXT_NONE;
    if (step->is_each)
        return text_format(g->arena, "each %.*s%s%.*s", TEXT_ARG(step->each_as), gather.at ? " · " : "", TEXT_ARG(gather));
    bool is_said = step->kind == STEP_TASK || !graph_worker(g, step).at;   /* without a worker the line above says it */
    return is_said ? TEXT_NONE : text_from(step_kind_name(step->kind));
}

static double box_height(const struct graph *g, const struct step_definition *step) {
    size_t lines = count_lines(graph_title(g, &step->title, step->id)) + 1 + (third_line(g, step).at != NULL);
    return 18 + (double)lines * LINE + (step->when ? BADGE_ROOM : 0);
}

static double layer_x(uint16_t layer) { return MARGIN + layer * LAYER_WIDTH; }

static void put_line(const struct graph *g, const struct layout *l, const struct layout_line *line) {
    const struct step_definition *to = &g->definition->steps[line->to];
    buffer_put_string(g->out, "<path class=\"line\" d=\"");
    for (uint32_t k = 0; k + 1 < line->count; k++) {
        const struct layout_node *a = &l->nodes[l->path[line->first + k]], *b = &l->nodes[l->path[line->first + k + 1]];
        double x1 = layer_x(a->layer) + BOX_WIDTH, x2 = layer_x(b->layer) - (k + 2 == line->count ? 7 : 0);
        double y1 = HEAD + a->y, y2 = HEAD + b->y, middle = (x1 + x2) / 2;
        if (k == 0)
            buffer_format(g->out, "M%.1f %.1f", x1, y1);
        else
            buffer_format(g->out, "L%.1f %.1f", x1, y1);
        buffer_format(g->out, "C%.1f %.1f %.1f %.1f %.1f %.1f", middle, y1, middle, y2, x2, y2);
    }
    buffer_format(g->out, "\"%s marker-end=\"url(#tip)\"/>\n", to->when ? " stroke-dasharray=\"5 4\"" : "");
}

static void put_badge(const struct graph *g, double x, double y, struct text text, const char *class) {
    text = cut(g, text, SMALL_COLUMNS);
    double width = (double)graph_columns(text) * 6.3 + 12;
    buffer_format(g->out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"17\" rx=\"8.5\"/>"
                          "<text class=\"badge\" x=\"%.1f\" y=\"%.1f\">", class, x, y - 8.5, width, x + 6, y + 4);
    put_escaped(g->out, text);
    buffer_put_string(g->out, "</text>\n");
}

static void put_box(const struct graph *g, const struct layout_node *n) {
    const struct step_definition *step = &g->definition->steps[n->step];
    double x = layer_x(n->layer), top = HEAD + n->y - n->height / 2, y = top + 22 + (step->when ? BADGE_ROOM : 0);
    struct text title = graph_title(g, &step->title, step->id), third = third_line(g, step);
    struct text condition = graph_condition(g, step, SMALL_COLUMNS), join = graph_join(g, &step->join, step->need_count);
    buffer_format(g->out, "<g id=\"step-%.*s\">\n", TEXT_ARG(step->id));
    for (int shadow = step->is_each ? 2 : 0; shadow >= 0; shadow--)
        buffer_format(g->out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.0f\" height=\"%.1f\" rx=\"8\" fill=\"%s\" stroke=\"%s\""
                              " stroke-width=\"1.4\"%s/>\n",
                      x + shadow * 4, top + shadow * 4, BOX_WIDTH, n->height, colours[step->kind].fill,
                      colours[step->kind].edge, step->kind == STEP_THING ? " stroke-dasharray=\"1 0\"" : "");
    for (size_t k = 0; k < TITLE_LINES_MOST && title.length; k++) {
        struct text line = take_line(&title, TITLE_COLUMNS);
        buffer_format(g->out, "<text class=\"title\" x=\"%.1f\" y=\"%.1f\">", x + 12, y);
        put_escaped(g->out, line);
        buffer_format(g->out, "%s</text>\n", k + 1 == TITLE_LINES_MOST && title.length ? "…" : "");
        y += LINE;
    }
    buffer_format(g->out, "<text class=\"who\" x=\"%.1f\" y=\"%.1f\">", x + 12, y);
    put_escaped(g->out, second_line(g, step));
    buffer_put_string(g->out, "</text>\n");
    if (third.at) {
        buffer_format(g->out, "<text class=\"kind\" x=\"%.1f\" y=\"%.1f\" fill=\"%s\">", x + 12, y + LINE,
                      colours[step->kind].edge);
        put_escaped(g->out, cut(g, third, SMALL_COLUMNS));
        buffer_put_string(g->out, "</text>\n");
    }
    if (condition.at)
        put_badge(g, x + 10, top, text_format(g->arena, "? %.*s", TEXT_ARG(condition)), "if");
    if (join.at)
        put_badge(g, x + 10, top + n->height, join, "join");
    buffer_put_string(g->out, "</g>\n");
}

static void put_head(const struct graph *g, double width, double height) {
    char room[LIMIT_TIME_TEXT_SIZE];
    const struct definition *d = g->definition;
    buffer_format(g->out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\""
        " font-family=\"'Noto Sans CJK SC','Noto Sans SC','Source Han Sans SC','PingFang SC','Microsoft YaHei',"
        "'WenQuanYi Micro Hei',sans-serif\" role=\"img\">\n<title>", width, height, width, height);
    put_escaped(g->out, graph_title(g, &d->title, d->thing));
    buffer_put_string(g->out,
        "</title>\n<style>.head{font-size:18px;font-weight:600;fill:#1c2733}.sub{font-size:12px;fill:#5b6770}"
        ".title{font-size:15px;font-weight:600;fill:#1c2733}.who{font-size:12.5px;fill:#44505a}.kind{font-size:12px}"
        ".badge{font-size:11.5px;fill:#1c2733}.if{fill:#fff8d6;stroke:#c9a400}.join{fill:#fff;stroke:#6b7680}"
        ".line{fill:none;stroke:#8794a0;stroke-width:1.5}</style>\n"
        "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"1\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\""
        " markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#8794a0\"/></marker></defs>\n"
        "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
    buffer_format(g->out, "<text class=\"head\" x=\"%.0f\" y=\"30\">", MARGIN);
    put_escaped(g->out, graph_title(g, &d->title, d->thing));
    buffer_format(g->out, "</text>\n<text class=\"sub\" x=\"%.0f\" y=\"48\">%.*s · %u", MARGIN, TEXT_ARG(d->thing),
                  d->step_count);
    buffer_put_string(g->out, d->step_count == 1 ? " step" : " steps");
    if (d->promise.unit != LIMIT_NONE)
        buffer_format(g->out, " · %.*s", TEXT_ARG(limit_format(d->promise, room)));
    buffer_put_string(g->out, "</text>\n");
}

void graph_write_svg(struct graph *g) {
    const struct definition *d = g->definition;
    struct layout layout = {0};
    double *heights = arena_new_array(g->arena, d->step_count, double);
    if (!heights)
        return;
    for (uint16_t i = 0; i < d->step_count; i++)
        heights[i] = box_height(g, &d->steps[i]);
    if (!layout_make(g->arena, d, heights, GAP, &layout)) {
        g->out->failed = true;
        return;
    }
    double width = 2 * MARGIN + (layout.layer_count ? layout.layer_count - 1 : 0) * LAYER_WIDTH + BOX_WIDTH + 10;
    double title_width = 2 * MARGIN + (double)graph_columns(graph_title(g, &d->title, d->thing)) * 9.4;
    put_head(g, width > title_width ? width : title_width, HEAD + layout.height + MARGIN + 8);
    for (uint32_t i = 0; i < layout.line_count; i++)
        put_line(g, &layout, &layout.lines[i]);
    for (uint32_t i = 0; i < layout.node_count; i++)
        if (layout.nodes[i].step != NO_INDEX)
            put_box(g, &layout.nodes[i]);
    buffer_put_string(g->out, "</svg>\n");
}
