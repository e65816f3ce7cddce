/* From the database to a letter: journal, definition, calendar; the seal of who issues it. */
#include "cli/documents.h"

#include "calendar/calendar.h"
#include "cli/case_journal.h"
#include "cli/files.h"
#include "document/document.h"
#include "model/limits.h"

#define SEAL_FILE_BYTES_MOST ((size_t)1 << 20)

/* ---- with the definition at hand ---- */

struct desk_work {
    const struct document_desk *desk;
    const struct document_question *question;
    struct case_journal journal;
    struct buffer *out;                  /* of a print; NULL: the list is wanted */
    struct text *ret;                    /* the list; the language */
};

static bool is_shown(const struct desk_work *w, const struct document *document) {
    return text_is_none(w->question->department) || text_equal(w->question->department, document->department);
}

static void put_document(struct json_writer *w, const struct document_journal *journal, const struct document *document) {
    char room[TIME_TEXT_SIZE];
    json_open(w, '{');
    json_key(w, TEXT("n"));
    json_put_int64(w, document->n);
    json_key(w, TEXT("kind"));
    json_put_text(w, text_from(document_kind_name(document->kind)));
    json_key(w, TEXT("number"));
    json_put_text(w, document->number);
    json_key(w, TEXT("title"));
    json_open(w, '{');
    title_write(w, document_title(journal, document));
    json_close(w, '}');
    json_key(w, TEXT("item"));
    json_put_text(w, document->item == NO_INDEX ? TEXT_NONE : journal->definition->items[document->item].id);
    json_key(w, TEXT("department"));
    json_put_text(w, document->department);
    json_key(w, TEXT("at"));
    json_put_text(w, time_format_china(document->at_us, room));
    json_key(w, TEXT("due"));
    json_put_text(w, time_format_china(document->due_us, room));
    json_close(w, '}');
}

static enum outcome write_list(const struct desk_work *w, const struct document_journal *journal, const struct document *documents,
                               uint32_t count, struct arena *arena, struct error *error) {
    _cleanup_buffer_ struct buffer out;
    struct json_writer json;
    buffer_init(&out, (size_t)16 << 20);
    json_begin(&json, &out);
    json_open(&json, '{');
    json_key(&json, TEXT("items"));
    json_open(&json, '[');
    for (uint32_t i = 0; i < count; i++)
        if (is_shown(w, &documents[i]))
            put_document(&json, journal, &documents[i]);
    json_close(&json, ']');
    json_close(&json, '}');
    *w->ret = out.failed ? TEXT_NONE : text_copy(arena, buffer_text(&out));
    return text_is_none(*w->ret) ? error_no_memory(error) : OUTCOME_OK;
}

/* The seal of the department, else the one for all; NULL: there is neither. */
static enum outcome find_seal(const struct document_desk *desk, struct text department, struct arena *arena, struct seal **ret,
                              struct error *error) {
    struct text pem, paths[] = {desk->seals ? text_format(arena, "%s/%.*s.pem", desk->seals, TEXT_ARG(department)) : TEXT_NONE,
                                desk->seals ? text_format(arena, "%s/seal.pem", desk->seals) : TEXT_NONE};
    *ret = NULL;
    for (size_t i = 0; i < 2; i++) {
        if (text_is_none(paths[i]) || !file_is_there(paths[i].at))
            continue;
        enum outcome outcome = file_read(paths[i].at, SEAL_FILE_BYTES_MOST, arena, &pem, error);
        return outcome == OUTCOME_OK ? seal_read(pem, ret, error) : outcome;
    }
    return OUTCOME_OK;
}

static void release_seal(struct seal **seal) { seal_free(*seal); }

/* The calendar by which the event's decision was reckoned, so that a letter says the same when another is published. */
static enum outcome find_calendar(const struct desk_work *w, const struct document *document, struct text region, struct arena *arena,
                                  const struct calendar **ret, struct error *error) {
    const struct case_journal *r = &w->journal;
    struct text version = TEXT_NONE;
    *ret = NULL;
    for (uint32_t i = document->event; i < r->count && r->events[i].at_us == document->at_us && text_is_none(version); i++)
        version = r->events[i].calendar;
    if (text_is_none(version))
        return OUTCOME_OK;
    enum outcome outcome = published_calendar_of(w->desk->publisher.records, version, arena, ret, error);
    if (outcome == OUTCOME_OK)
        *ret = calendar_for_region(*ret, region);
    return outcome;
}

static enum outcome print(const struct desk_work *w, struct document_journal *journal, const struct document *document,
                          struct arena *arena, struct error *error) {
    _cleanup_(release_seal) struct seal *seal = NULL;
    struct letter letter;
    enum outcome outcome = find_calendar(w, document, w->journal.events[0].region, arena, &journal->calendar, error);
    if (outcome == OUTCOME_OK)
        outcome = find_seal(w->desk, document->department, arena, &seal, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (!document_write(journal, document, document_language(w->question->accept), w->question->for_party, arena, &letter))
        return error_no_memory(error);
    *w->ret = letter.language;
    return press_print(w->desk->press, &letter, seal, w->out, error);
}

static enum outcome with_definition(void *context, const struct definition *definition, struct arena *arena, struct error *error) {
    const struct desk_work *w = context;
    const struct document_question *question = w->question;
    struct document *documents;
    uint32_t count;
    struct document_journal journal = {
        .case_id = question->case_id, .definition = definition_for_region(definition, w->journal.events[0].region),
        .directory = w->desk->publisher.directory, .issuer = w->desk->issuer, .events = w->journal.events,
        .event_count = w->journal.count};
    if (!document_list(&journal, arena, &documents, &count))
        return error_no_memory(error);
    if (!w->out)
        return write_list(w, &journal, documents, count, arena, error);
    if (question->n == 0 || question->n > count || !is_shown(w, &documents[question->n - 1]))
        return error_set(error, OUTCOME_REJECT, "document_unknown", "case %.*s has no document %u", TEXT_ARG(question->case_id),
                         question->n);
    return print(w, &journal, &documents[question->n - 1], arena, error);
}

static enum outcome work(struct desk_work *w, struct arena *arena, struct error *error) {
    enum outcome outcome = case_journal_read(w->desk->publisher.records, w->question->case_id, arena, &w->journal, error);
    return outcome != OUTCOME_OK ? outcome
                                 : published_with(&w->desk->publisher, w->journal.events[0].definition, arena, with_definition, w, error);
}

enum outcome documents_list(const struct document_desk *desk, const struct document_question *question, struct arena *arena,
                            struct text *ret, struct error *error) {
    struct desk_work w = {.desk = desk, .question = question, .ret = ret};
    return work(&w, arena, error);
}

enum outcome documents_print(const struct document_desk *desk, const struct document_question *question, struct arena *arena,
                             struct buffer *out, struct text *ret_language, struct error *error) {
    struct desk_work w = {.desk = desk, .question = question, .out = out, .ret = ret_language};
    return work(&w, arena, error);
}
