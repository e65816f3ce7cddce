/* What the files of press/ share. */
#ifndef YJS_PRESS_PART_H
#define YJS_PRESS_PART_H

#include <cairo-pdf.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <pango/pangocairo.h>

#include "press/press.h"

#define MM (72.0 / 25.4)
#define PAGE_WIDTH (210 * MM)
#define PAGE_HEIGHT (297 * MM)
#define STAMP_RADIUS (21 * MM)               /* 國發〔1999〕25號: a department's seal is 42 mm across */

struct seal { EVP_PKEY *key; X509 *certificate; STACK_OF(X509) *chain; };

/* Where the mark stands, for the signature's field: points from the lower left corner. */
struct stamp_place { int page; double left, bottom, right, top; };

/* ---- paper.c: pages, type, tables ---- */
struct paper {
    cairo_t *cairo;
    PangoContext *context;
    const struct letter *letter;
    bool sealed;
    double tight;                            /* of the distance between lines: 1, less when it would not fit well */
    int page;
    double y;                                /* where the next line begins */
    int unknown_glyphs;
};
enum weight { PLAIN, BOLD };
struct type { double size, leading; enum weight weight; };
void paper_begin(struct paper *);            /* the first page's frame */
void paper_finish(struct paper *);           /* the last page is shown */
void paper_need(struct paper *, double height);   /* a new page when there is less left */
/* Text from the left margin on, `indent` for its first line, justified; over pages. */
void paper_flow(struct paper *, struct text, struct type, double left, double indent);
/* One line or more, centred; shrunk until it has `lines_most` lines. */
void paper_centre(struct paper *, struct text, struct type, int lines_most);
void paper_row(struct paper *, struct text label, struct text, double height_least, bool first);
PangoLayout *paper_layout(struct paper *, struct text, struct type, double width);
extern const double paper_left, paper_width, paper_bottom;

/* ---- stamp.c ---- */
/* The round mark around (x, y): circle, star, the name on the arc, the kind of seal below. */
void stamp_draw(struct paper *, double x, double y, struct text name);

/* ---- sign.c ---- */
/* The PDF with a signature as an incremental update behind it. */
enum outcome sign_pdf(struct text pdf, const struct seal *, const struct stamp_place *, struct buffer *out, struct error *);
/* CMS SignedData over the two spans, DER, at most `room` bytes. */
enum outcome seal_sign(const struct seal *, struct text before, struct text behind, unsigned char *ret, size_t room,
                       size_t *ret_length, struct error *);
/* As many bytes as seal_sign may need. */
size_t seal_room(const struct seal *);

#endif
