/* The round mark of a seal: a circle, a star, the name on the arc above it, the kind of seal below. A picture, no proof. */
#include "press/press_part.h"

#include <math.h>

#define STAMP_NAME_MOST 40                   /* characters on the arc; what is longer is set smaller */

static void star(cairo_t *cairo, double x, double y, double radius) {
    double inner = radius * sin(M_PI / 10) / sin(7 * M_PI / 10);
    cairo_new_path(cairo);
    for (int i = 0; i < 10; i++) {
        double angle = -M_PI / 2 + i * M_PI / 5, r = i % 2 ? inner : radius;
        cairo_line_to(cairo, x + r * cos(angle), y + r * sin(angle));
    }
    cairo_close_path(cairo);
    cairo_fill(cairo);
}

/* One character with its foot towards the centre, at `angle` (0: the top), narrowed as on engraved seals. */
static void arc_character(struct paper *paper, struct text character, double size, double x, double y, double angle) {
    PangoLayout *layout = paper_layout(paper, character, (struct type){size, size, BOLD}, 0);
    PangoRectangle ink;
    pango_layout_get_extents(layout, &ink, NULL);
    double width = (double)ink.width / PANGO_SCALE, top = (double)ink.y / PANGO_SCALE, left = (double)ink.x / PANGO_SCALE;
    cairo_save(paper->cairo);
    cairo_translate(paper->cairo, x, y);
    cairo_rotate(paper->cairo, angle);
    cairo_translate(paper->cairo, 0, -STAMP_RADIUS * 0.90);
    cairo_scale(paper->cairo, 0.82, 1.0);
    cairo_move_to(paper->cairo, -width / 2 - left, -top);
    pango_cairo_show_layout(paper->cairo, layout);
    cairo_restore(paper->cairo);
    g_object_unref(layout);
}

void stamp_draw(struct paper *paper, double x, double y, struct text name) {
    cairo_t *cairo = paper->cairo;
    size_t points = text_code_points(name), at = 0;
    double spread = points <= 8 ? 215 : points <= 12 ? 245 : 280, size = points <= 12 ? 17 : points <= 18 ? 14 : points <= 24 ? 11.5 : 7.5;
    double step = points > 1 ? spread / (double)(points - 1) : 0, angle = points > 1 ? -spread / 2 : 0;
    if (points > 1 && step > 32) {
        step = 32;
        angle = -step * (double)(points - 1) / 2;
    }
    cairo_save(cairo);
    cairo_set_source_rgba(cairo, 0.84, 0.06, 0.06, 0.88);
    cairo_set_line_width(cairo, 1.2 * MM);
    cairo_new_path(cairo);
    cairo_arc(cairo, x, y, STAMP_RADIUS - 0.6 * MM, 0, 2 * M_PI);
    cairo_stroke(cairo);
    star(cairo, x, y, 6.5 * MM);
    for (size_t i = 0; i < points && i < STAMP_NAME_MOST; i++, angle += step) {
        size_t next = at + 1;
        while (next < name.length && ((unsigned char)name.at[next] & 0xc0) == 0x80)
            next++;
        arc_character(paper, text_span(name.at + at, next - at), size, x, y, angle * M_PI / 180);
        at = next;
    }
    PangoLayout *below = paper_layout(paper, TEXT("政务服务电子印章"), (struct type){9, 9, BOLD}, 0);
    PangoRectangle ink;
    pango_layout_get_extents(below, &ink, NULL);
    cairo_move_to(cairo, x - (ink.x + ink.width / 2.0) / PANGO_SCALE, y + 10.5 * MM - (double)ink.y / PANGO_SCALE);
    pango_cairo_show_layout(cairo, below);
    g_object_unref(below);
    cairo_restore(cairo);
}
