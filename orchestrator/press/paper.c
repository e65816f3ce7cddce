/* Pages and type: text flows over pages line by line, rows of a table stay whole. */
#include "press/press_part.h"

#include <math.h>
#include <stdio.h>

const double paper_left = 28 * MM, paper_width = 156 * MM, paper_bottom = 297 * MM - 30 * MM;
#define PAPER_TOP (30 * MM)
#define LABEL_WIDTH (36 * MM)
#define CELL_PADDING 5.0
#define SMALL ((struct type){8, 11, PLAIN})

static void red(cairo_t *cairo) { cairo_set_source_rgb(cairo, 0.80, 0.05, 0.05); }
static void black(cairo_t *cairo) { cairo_set_source_rgb(cairo, 0, 0, 0); }

PangoLayout *paper_layout(struct paper *paper, struct text text, struct type type, double width) {
    PangoLayout *layout = pango_layout_new(paper->context);
    PangoFontDescription *font = pango_font_description_new();
    bool hant = text_is(paper->letter->language, "zh-Hant");
    pango_font_description_set_family_static(font, hant ? "Noto Serif CJK TC, Noto Serif, serif" : "Noto Serif CJK SC, Noto Serif, serif");
    pango_font_description_set_weight(font, type.weight == BOLD ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_font_description_set_absolute_size(font, type.size * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_text(layout, text.at ? text.at : "", (int)text.length);
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    if (width > 0)
        pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
    paper->unknown_glyphs += pango_layout_get_unknown_glyphs_count(layout);
    return layout;
}

/* The lines of a layout, each `leading` high, from paper->y on, `left` from the margin. */
static void draw_lines(struct paper *paper, PangoLayout *layout, double leading, double left, bool breaks) {
    PangoLayoutIter *at = pango_layout_get_iter(layout);
    do {
        PangoLayoutLine *line = pango_layout_iter_get_line_readonly(at);
        PangoRectangle rectangle;
        pango_layout_iter_get_line_extents(at, NULL, &rectangle);
        if (breaks)
            paper_need(paper, leading);
        cairo_move_to(paper->cairo, left + (double)rectangle.x / PANGO_SCALE, paper->y + leading * 0.72);
        pango_cairo_show_layout_line(paper->cairo, line);
        paper->y += leading;
    } while (pango_layout_iter_next_line(at));
    pango_layout_iter_free(at);
}

static void draw_at(struct paper *paper, struct text text, struct type type, double left, double width, double y, PangoAlignment alignment) {
    PangoLayout *layout = paper_layout(paper, text, type, width);
    double kept = paper->y;
    pango_layout_set_alignment(layout, alignment);
    paper->y = y;
    draw_lines(paper, layout, type.leading, left, false);
    paper->y = kept;
    g_object_unref(layout);
}

/* Page number between dashes; how the seal is checked; that it is a copy. */
static void frame(struct paper *paper) {
    char room[32];
    int length = snprintf(room, sizeof room, "— %d —", paper->page);
    black(paper->cairo);
    draw_at(paper, text_span(room, (size_t)length), (struct type){10.5, 14, PLAIN}, paper_left, paper_width, paper_bottom + 14 * MM,
            PANGO_ALIGN_CENTER);
    cairo_set_source_rgb(paper->cairo, 0.35, 0.35, 0.35);
    draw_at(paper, paper->letter->number, SMALL, paper_left, paper_width, paper_bottom + 8 * MM, PANGO_ALIGN_RIGHT);
    draw_at(paper, paper->sealed ? paper->letter->foot : paper->letter->foot_unsealed, SMALL, paper_left, paper_width,
            paper_bottom + 8 * MM, PANGO_ALIGN_LEFT);
    if (!text_is_none(paper->letter->copy)) {
        red(paper->cairo);
        draw_at(paper, paper->letter->copy, (struct type){9, 12, PLAIN}, paper_left, paper_width, 12 * MM, PANGO_ALIGN_RIGHT);
    }
    black(paper->cairo);
}

static void head(struct paper *paper) {
    bool english = text_is(paper->letter->language, "en");
    _cleanup_buffer_ struct buffer number;
    buffer_init(&number, 4096);
    buffer_put_text(&number, paper->letter->number_label);
    buffer_put_text(&number, paper->letter->number);
    red(paper->cairo);
    paper_centre(paper, paper->letter->issuer, english ? (struct type){22, 30, BOLD} : (struct type){32, 44, BOLD}, 1);
    black(paper->cairo);
    paper->y += 4;
    paper_centre(paper, buffer_text(&number), (struct type){11, 16, PLAIN}, 1);
    paper->y += 4;
    red(paper->cairo);
    cairo_set_line_width(paper->cairo, 1.6);
    cairo_move_to(paper->cairo, paper_left, paper->y);
    cairo_line_to(paper->cairo, paper_left + paper_width, paper->y);
    cairo_stroke(paper->cairo);
    black(paper->cairo);
    paper->y += 22;
    paper_centre(paper, paper->letter->title, english ? (struct type){18, 26, BOLD} : (struct type){22, 32, BOLD}, 2);
    paper->y += 12;
}

void paper_begin(struct paper *paper) {
    paper->page = 1;
    paper->y = PAPER_TOP - 8 * MM;
    frame(paper);
    head(paper);
}

void paper_finish(struct paper *paper) { cairo_show_page(paper->cairo); }

void paper_need(struct paper *paper, double height) {
    if (paper->y + height <= paper_bottom)
        return;
    cairo_show_page(paper->cairo);
    paper->page++;
    paper->y = PAPER_TOP;
    frame(paper);
}

void paper_flow(struct paper *paper, struct text text, struct type type, double left, double indent) {
    PangoLayout *layout = paper_layout(paper, text, type, paper_width - left);
    pango_layout_set_indent(layout, (int)(indent * PANGO_SCALE));
    pango_layout_set_justify(layout, !text_is(paper->letter->language, "en"));
    draw_lines(paper, layout, type.leading * paper->tight, paper_left + left, true);
    g_object_unref(layout);
}

void paper_centre(struct paper *paper, struct text text, struct type type, int lines_most) {
    PangoLayout *layout = paper_layout(paper, text, type, paper_width);
    while (pango_layout_get_line_count(layout) > lines_most && type.size > 9) {
        g_object_unref(layout);
        type.leading *= (type.size - 1) / type.size;
        type.size -= 1;
        layout = paper_layout(paper, text, type, paper_width);
    }
    pango_layout_set_alignment(layout, PANGO_ALIGN_CENTER);
    draw_lines(paper, layout, type.leading, paper_left, true);
    g_object_unref(layout);
}

static double fixed(double at) { return round(at * 100) / 100; }

void paper_row(struct paper *paper, struct text label, struct text text, double height_least, bool first) {
    const struct type type = {11, 17 * paper->tight, PLAIN};
    PangoLayout *cells[] = {paper_layout(paper, label, type, LABEL_WIDTH - 2 * CELL_PADDING),
                            paper_layout(paper, text, type, paper_width - LABEL_WIDTH - 2 * CELL_PADDING)};
    double lines[] = {pango_layout_get_line_count(cells[0]), pango_layout_get_line_count(cells[1])};
    double height = fmax((lines[0] > lines[1] ? lines[0] : lines[1]) * type.leading + 2 * CELL_PADDING * paper->tight, height_least * paper->tight);
    int page = paper->page;
    paper_need(paper, height);
    double top = fixed(paper->y), bottom = fixed(paper->y + height), right = paper_left + paper_width, middle = paper_left + LABEL_WIDTH;
    for (int i = 0; i < 2; i++) {
        paper->y = top + (height - lines[i] * type.leading) / 2;
        draw_lines(paper, cells[i], type.leading, (i ? middle : paper_left) + CELL_PADDING, false);
        g_object_unref(cells[i]);
    }
    cairo_set_line_width(paper->cairo, 0.6);
    const double verticals[] = {paper_left, middle, right};
    for (int i = 0; i < 3; i++) {
        cairo_move_to(paper->cairo, verticals[i], top);
        cairo_line_to(paper->cairo, verticals[i], bottom);
    }
    for (int i = first || paper->page != page ? 0 : 1; i < 2; i++) {
        cairo_move_to(paper->cairo, paper_left, i ? bottom : top);
        cairo_line_to(paper->cairo, right, i ? bottom : top);
    }
    cairo_stroke(paper->cairo);
    paper->y = bottom;
}
