/* A letter onto paper: head, addressee, what it says, name and date with the seal over them. */
#include "press/press_part.h"

#include <pthread.h>

#include "base/time.h"

/* Fonts are found and loaded once; Pango's map is used by one thread at a time. */
struct press { PangoFontMap *fonts; pthread_mutex_t mutex; };

#define BODY ((struct type){14, 25, PLAIN})
#define ENTRY ((struct type){13, 22, PLAIN})
#define SIGNATURE_HEIGHT (44 * MM)

enum outcome press_create(struct press **ret, struct error *error) {
    struct press *press = memory_alloc(sizeof *press);
    if (!press)
        return error_no_memory(error);
    press->fonts = pango_cairo_font_map_new();
    pthread_mutex_init(&press->mutex, NULL);
    *ret = press;
    return OUTCOME_OK;
}

void press_free(struct press *press) {
    if (!press)
        return;
    g_object_unref(press->fonts);
    pthread_mutex_destroy(&press->mutex);
    memory_free(press);
}

static void set_blocks(struct paper *paper) {
    const struct letter *letter = paper->letter;
    bool english = text_is(letter->language, "en");
    enum block_kind before = BLOCK_PARAGRAPH;
    for (uint32_t i = 0; i < letter->block_count; i++) {
        const struct block *block = &letter->blocks[i];
        bool row = block->kind == BLOCK_ROW || block->kind == BLOCK_BLANK, row_before = before == BLOCK_ROW || before == BLOCK_BLANK;
        if (row != row_before && i > 0)
            paper->y += 8;
        if (row)
            paper_row(paper, block->label, block->text, block->kind == BLOCK_BLANK ? 30 : 0, !row_before || i == 0);
        else if (block->kind == BLOCK_ENTRY) {
            paper_need(paper, ENTRY.leading);
            double top = paper->y;
            int page = paper->page;
            paper_flow(paper, block->text, ENTRY, 50, 0);
            double bottom = paper->y;
            if (page == paper->page)
                paper->y = top;
            paper_flow(paper, block->label, ENTRY, 28, 0);
            paper->y = page == paper->page ? bottom : paper->y;
        } else
            paper_flow(paper, block->text, BODY, 0, english || block->kind == BLOCK_HEADING ? 0 : 2 * BODY.size);
        if (english && block->kind == BLOCK_PARAGRAPH)
            paper->y += 6;
        before = block->kind;
    }
}

/* Name over date at the right, the mark's centre over both (騎年蓋月). True: they stand alone on a page. */
static bool set_signature(struct paper *paper, struct stamp_place *place) {
    int page = paper->page;
    paper_need(paper, SIGNATURE_HEIGHT);
    bool alone = paper->page != page;
    double width = 80 * MM, left = paper_left + paper_width - width - 8 * MM, middle = left + width / 2;
    double top = paper->y + 13 * MM;
    double y = paper->y + 24 * MM;
    if (paper->sealed) {   /* first, so that name and date are read over it */
        stamp_draw(paper, middle, y, paper->letter->seal_name);
        *place = (struct stamp_place){paper->page, middle - STAMP_RADIUS, PAGE_HEIGHT - y - STAMP_RADIUS, middle + STAMP_RADIUS,
                                      PAGE_HEIGHT - y + STAMP_RADIUS};
    }
    struct text lines[] = {paper->letter->issuer, paper->letter->date};
    for (int i = 0; i < 2; i++) {
        struct type type = {14, 25, PLAIN};
        PangoLayout *layout = paper_layout(paper, lines[i], type, width);
        pango_layout_set_alignment(layout, PANGO_ALIGN_CENTER);
        cairo_move_to(paper->cairo, left, top);
        pango_cairo_show_layout(paper->cairo, layout);
        int height;
        pango_layout_get_size(layout, NULL, &height);
        top += (double)height / PANGO_SCALE + 3;
        g_object_unref(layout);
    }
    return alone;
}

static cairo_status_t take(void *context, const unsigned char *bytes, unsigned length) {
    struct buffer *out = context;
    buffer_put(out, bytes, length);
    return out->failed ? CAIRO_STATUS_NO_MEMORY : CAIRO_STATUS_SUCCESS;
}

static void put_metadata(cairo_surface_t *surface, const struct letter *letter) {
    char room[TIME_TEXT_SIZE];
    _cleanup_buffer_ struct buffer text;
    const struct { cairo_pdf_metadata_t name; struct text value; } rows[] = {
        {CAIRO_PDF_METADATA_TITLE, letter->title}, {CAIRO_PDF_METADATA_AUTHOR, letter->issuer},
        {CAIRO_PDF_METADATA_SUBJECT, letter->number}, {CAIRO_PDF_METADATA_CREATOR, TEXT("yijianshi")},
        {CAIRO_PDF_METADATA_CREATE_DATE, time_format_china(letter->at_us, room)},
        {CAIRO_PDF_METADATA_MOD_DATE, time_format_china(letter->at_us, room)},
    };
    buffer_init(&text, 4096);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        buffer_clear(&text);
        buffer_put_text(&text, rows[i].value);
        if (!text.failed && text.at)
            cairo_pdf_surface_set_metadata(surface, rows[i].name, text.at);
    }
}

/* How far lines may come together so that name and seal do not stand alone on a page. */
static const double tightness[] = {1, 0.92, 0.85};

static bool set_pages(struct press *press, struct paper *paper, struct stamp_place *place) {
    char language[16] = "";
    struct text wanted = paper->letter->language;
    memcpy(language, wanted.at, wanted.length < sizeof language ? wanted.length : 0);
    paper->context = pango_font_map_create_context(press->fonts);
    pango_context_set_language(paper->context, pango_language_from_string(language));
    pango_cairo_update_context(paper->cairo, paper->context);
    paper_begin(paper);
    paper_flow(paper, paper->letter->addressee, BODY, 0, 0);
    set_blocks(paper);
    bool alone = set_signature(paper, place);
    paper_finish(paper);
    g_object_unref(paper->context);
    return alone;
}

static enum outcome set(struct press *press, const struct letter *letter, bool sealed, struct buffer *out, struct stamp_place *place,
                        struct error *error) {
    cairo_status_t status = CAIRO_STATUS_SUCCESS;
    bool alone = true;
    for (size_t i = 0; alone && i < sizeof tightness / sizeof *tightness && status == CAIRO_STATUS_SUCCESS; i++) {
        struct paper paper = {.letter = letter, .sealed = sealed, .tight = tightness[i]};
        buffer_clear(out);
        cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(take, out, PAGE_WIDTH, PAGE_HEIGHT);
        cairo_pdf_surface_restrict_to_version(surface, CAIRO_PDF_VERSION_1_4);   /* one table of objects, which sign.c reads */
        put_metadata(surface, letter);
        paper.cairo = cairo_create(surface);
        alone = set_pages(press, &paper, place);
        cairo_destroy(paper.cairo);
        cairo_surface_finish(surface);
        status = cairo_surface_status(surface);
        cairo_surface_destroy(surface);
        if (paper.unknown_glyphs > 0)
            return error_set(error, OUTCOME_REJECT, "document_font", "no font here has all characters of the letter: install a CJK font "
                                                                     "such as Debian's fonts-noto-cjk");
    }
    return out->failed ? error_no_memory(error)
           : status != CAIRO_STATUS_SUCCESS
               ? error_set(error, OUTCOME_FATAL, "press_failed", "the page could not be drawn: %s", cairo_status_to_string(status))
               : OUTCOME_OK;
}

enum outcome press_print(struct press *press, const struct letter *letter, const struct seal *seal, struct buffer *out,
                         struct error *error) {
    _cleanup_buffer_ struct buffer plain;
    struct stamp_place place = {0};
    buffer_init(&plain, PRESS_BYTES_MOST);
    pthread_mutex_lock(&press->mutex);
    enum outcome outcome = set(press, letter, seal != NULL, &plain, &place, error);
    pthread_mutex_unlock(&press->mutex);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (seal)
        return sign_pdf(buffer_text(&plain), seal, &place, out, error);
    buffer_put_text(out, buffer_text(&plain));
    return out->failed ? error_no_memory(error) : OUTCOME_OK;
}
