/* A signature into a PDF, as an incremental update: the file that Cairo wrote stays as it is, byte for byte, and what is new
 * stands behind it (ISO 32000-2, 7.5.6 and 12.8). Reads the classic table of objects, which a PDF 1.4 of Cairo's has. */
#include "press/press_part.h"

#include <stdio.h>
#include <stdlib.h>

#define OBJECTS_MOST 100000
#define UPDATE_BYTES_MOST ((size_t)1 << 20)
/* Three numbers of ten digits each: their room is kept while they are not known. */
#define RANGE_PLACEHOLDER "[0 0000000000 0000000000 0000000000]"

struct source {
    struct text pdf;
    long xref, root, info, size;             /* place of the table, numbers of objects */
};

static long number_at(struct text t, size_t at) {
    long value = 0;
    while (at < t.length && (t.at[at] == ' ' || t.at[at] == '\n' || t.at[at] == '\r'))
        at++;
    for (; at < t.length && t.at[at] >= '0' && t.at[at] <= '9' && value < 1000000000; at++)
        value = value * 10 + (t.at[at] - '0');
    return value;
}

static size_t find(struct text t, const char *word, size_t from) {
    const char *at = from < t.length ? memmem(t.at + from, t.length - from, word, strlen(word)) : NULL;
    return at ? (size_t)(at - t.at) : SIZE_MAX;
}

static size_t find_last(struct text t, const char *word) {
    size_t last = SIZE_MAX;
    for (size_t at = find(t, word, 0); at != SIZE_MAX; at = find(t, word, at + 1))
        last = at;
    return last;
}

/* The number behind a key; 0: none. */
static long value_of(struct text dictionary, const char *key) {
    size_t at = find(dictionary, key, 0);
    return at == SIZE_MAX ? 0 : number_at(dictionary, at + strlen(key));
}

static bool read_source(struct text pdf, struct source *ret) {
    size_t start = find_last(pdf, "startxref"), trailer = find_last(pdf, "trailer");
    if (start == SIZE_MAX || trailer == SIZE_MAX)
        return false;
    struct text dictionary = text_span(pdf.at + trailer, pdf.length - trailer);
    *ret = (struct source){pdf, number_at(pdf, start + strlen("startxref")), value_of(dictionary, "/Root"), value_of(dictionary, "/Info"),
                           value_of(dictionary, "/Size")};
    return ret->root > 0 && ret->size > 0 && ret->size < OBJECTS_MOST && (size_t)ret->xref < pdf.length;
}

/* What stands between "n 0 obj" and "endobj". */
static bool find_object(const struct source *s, long number, struct text *ret) {
    struct text table = text_span(s->pdf.at + s->xref, s->pdf.length - (size_t)s->xref);
    size_t line = find(table, "\n", find(table, "\n", 0) + 1);   /* behind "xref" and "0 n" */
    size_t entry = line + 1 + (size_t)number * 20;
    if (number <= 0 || number >= s->size || line == SIZE_MAX || entry + 20 > table.length)
        return false;
    size_t at = (size_t)number_at(table, entry), begin = find(s->pdf, "obj", at), end = find(s->pdf, "endobj", at);
    if (begin == SIZE_MAX || end == SIZE_MAX || begin > end)
        return false;
    *ret = text_span(s->pdf.at + begin + 3, end - begin - 3);
    return true;
}

/* The number of a page's object; the tree of pages that Cairo makes has one floor. */
static long find_page(const struct source *s, const struct text *catalog, int page) {
    struct text pages;
    if (!find_object(s, value_of(*catalog, "/Pages"), &pages))
        return 0;
    size_t at = find(pages, "/Kids", 0);
    at = at == SIZE_MAX ? at : find(pages, "[", at);
    for (int i = 1; at != SIZE_MAX && i < page; i++)
        at = find(pages, "R", at + 1);
    return at == SIZE_MAX ? 0 : number_at(pages, at + 1);
}

struct update { struct buffer *out; long numbers[4]; size_t places[4]; };

static void begin_object(struct update *u, int i) {
    u->places[i] = u->out->length;
    buffer_format(u->out, "%ld 0 obj\n", u->numbers[i]);
}

/* A dictionary as it was, with more in it. */
static void put_more(struct buffer *out, struct text object, const char *more) {
    size_t begin = find(object, "<<", 0);
    buffer_put(out, object.at, begin + 2);
    buffer_put_string(out, more);
    buffer_put(out, object.at + begin + 2, object.length - begin - 2);
    buffer_put_string(out, "endobj\n");
}

static void put_table(struct update *u, const struct source *s) {
    size_t table = u->out->length;
    buffer_put_string(u->out, "xref\n");
    for (int i = 0; i < 4; i++)
        buffer_format(u->out, "%ld 1\n%010zu 00000 n \n", u->numbers[i], u->places[i]);
    buffer_format(u->out, "trailer\n<< /Size %ld /Root %ld 0 R", s->size + 2, s->root);
    if (s->info)
        buffer_format(u->out, " /Info %ld 0 R", s->info);
    buffer_format(u->out, " /Prev %ld >>\nstartxref\n%zu\n%%%%EOF\n", s->xref, table);
}

/* Signature and field, page and catalog with them; *ret_range, *ret_contents: where their placeholders stand. */
static bool put_update(const struct source *s, const struct stamp_place *place, size_t room, struct buffer *out, size_t *ret_range,
                       size_t *ret_contents) {
    struct text catalog, page;
    char more[128];
    if (!find_object(s, s->root, &catalog))
        return false;
    long number = find_page(s, &catalog, place->page);
    if (!find_object(s, number, &page) || find(page, "/Annots", 0) != SIZE_MAX || find(catalog, "/AcroForm", 0) != SIZE_MAX)
        return false;
    struct update u = {out, {s->size, s->size + 1, number, s->root}, {0}};
    begin_object(&u, 0);
    buffer_put_string(out, "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /ByteRange ");
    *ret_range = out->length;
    buffer_put_string(out, RANGE_PLACEHOLDER " /Contents <");
    *ret_contents = out->length;
    for (size_t i = 0; i < room; i++)
        buffer_put_string(out, "00");
    buffer_put_string(out, "> >>\nendobj\n");
    begin_object(&u, 1);
    buffer_format(out, "<< /Type /Annot /Subtype /Widget /FT /Sig /T (seal) /F 132 /V %ld 0 R /P %ld 0 R /Rect [%.2f %.2f %.2f %.2f] >>\n"
                       "endobj\n", s->size, number, place->left, place->bottom, place->right, place->top);
    begin_object(&u, 2);
    snprintf(more, sizeof more, " /Annots [ %ld 0 R ]", s->size + 1);
    put_more(out, page, more);
    begin_object(&u, 3);
    snprintf(more, sizeof more, " /AcroForm << /Fields [ %ld 0 R ] /SigFlags 3 >>", s->size + 1);
    put_more(out, catalog, more);
    put_table(&u, s);
    return !out->failed;
}

static void write_hex(char *at, const unsigned char *bytes, size_t length) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < length; i++) {
        at[2 * i] = digits[bytes[i] >> 4];
        at[2 * i + 1] = digits[bytes[i] & 15];
    }
}

enum outcome sign_pdf(struct text pdf, const struct seal *seal, const struct stamp_place *place, struct buffer *out, struct error *error) {
    struct source source;
    size_t room = seal_room(seal), range, contents, length, begin = out->length;
    char written[sizeof RANGE_PLACEHOLDER];
    if (begin != 0)
        return error_set(error, OUTCOME_FATAL, "press_failed", "a PDF begins a file");
    buffer_put_text(out, pdf);
    if (!read_source(pdf, &source) || !put_update(&source, place, room, out, &range, &contents))
        return out->failed ? error_no_memory(error)
                           : error_set(error, OUTCOME_FATAL, "press_failed", "the PDF is not as Cairo writes it: it can't be sealed");
    size_t behind = contents + 2 * room + 1;   /* the brackets belong to what is left out */
    int count = snprintf(written, sizeof written, "[0 %zu %zu %zu", contents - 1, behind, out->length - behind);
    memset(written + count, ' ', sizeof written - 2 - (size_t)count);
    written[sizeof written - 2] = ']';
    memcpy(out->at + range, written, sizeof written - 1);
    unsigned char *der = memory_alloc(room);
    if (!der)
        return error_no_memory(error);
    enum outcome outcome = seal_sign(seal, text_span(out->at, contents - 1), text_span(out->at + behind, out->length - behind), der, room,
                                     &length, error);
    if (outcome == OUTCOME_OK)
        write_hex(out->at + contents, der, length);
    memory_free(der);
    return outcome;
}
