/* What a case spared: data asked once instead of once a department, materials fetched instead of asked for; and what remained,
 * answers that somebody had to record on a department's behalf (代錄). */
#include "cli/documents.h"

#include "cli/case_journal.h"
#include "notice/notice.h"

enum { DEPARTMENTS_MOST = 256 };
struct answered { struct text department; uint32_t count; };
struct figures {
    const struct publisher *publisher;
    struct case_journal journal;
    struct text *ret;
    struct answered answered[DEPARTMENTS_MOST];
    uint32_t answered_count;
};

/* The department that was asked last of that step before it was answered for. */
static struct text asked_before(const struct case_journal *j, uint32_t event) {
    for (uint32_t i = event; i-- > 0;)
        if (j->events[i].kind == EVENT_STEP_ASKED && text_equal(j->events[i].step, j->events[event].step) &&
            j->events[i].index == j->events[event].index)
            return j->events[i].department;
    return TEXT_NONE;
}

static void count_answered(struct figures *f, struct text department) {
    uint32_t i = 0;
    while (i < f->answered_count && !text_equal(f->answered[i].department, department))
        i++;
    if (i == DEPARTMENTS_MOST)
        return;
    if (i == f->answered_count)
        f->answered[f->answered_count++] = (struct answered){department, 0};
    f->answered[i].count++;
}

static void put_number(struct json_writer *w, const char *name, uint32_t number) {
    json_key(w, text_from(name));
    json_put_int64(w, number);
}

static enum outcome look(void *context, const struct definition *definition, struct arena *arena, struct error *error) {
    struct figures *f = context;
    const struct definition *d = definition_for_region(definition, f->journal.events[0].region);
    struct notice_figures figures;
    uint32_t fetched = 0;
    enum outcome outcome = notice_figures(d, arena, &figures, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    for (uint32_t i = 0; i < f->journal.count; i++) {
        const struct event *e = &f->journal.events[i];
        uint16_t step = text_is_none(e->step) ? NO_INDEX : definition_find_step(d, e->step);
        fetched += e->kind == EVENT_STEP_ENDED && e->state == STEP_GRANTED && step != NO_INDEX && d->steps[step].is_fetch;
        if (e->kind == EVENT_OPERATOR_ACTED && text_is(e->reason, "answer_for"))
            count_answered(f, asked_before(&f->journal, i));
    }
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, (size_t)1 << 20);
    json_begin(&w, &out);
    json_open(&w, '{');
    put_number(&w, "fields", figures.fields);
    put_number(&w, "shared", figures.shared);
    put_number(&w, "keyings_saved", figures.keyings);
    put_number(&w, "fetched", fetched);
    put_number(&w, "lookups", figures.lookups);
    json_key(&w, TEXT("answered_for"));
    json_open(&w, '[');
    for (uint32_t i = 0; i < f->answered_count; i++) {
        json_open(&w, '{');
        json_key(&w, TEXT("department"));
        json_put_text(&w, f->answered[i].department);
        put_number(&w, "count", f->answered[i].count);
        json_close(&w, '}');
    }
    json_close(&w, ']');
    json_close(&w, '}');
    *f->ret = out.failed ? TEXT_NONE : text_copy(arena, buffer_text(&out));
    return text_is_none(*f->ret) ? error_no_memory(error) : OUTCOME_OK;
}

enum outcome case_figures(const struct publisher *publisher, struct text case_id, struct arena *arena, struct text *ret,
                          struct error *error) {
    struct figures f = {.publisher = publisher, .ret = ret};
    enum outcome outcome = case_journal_read(publisher->records, case_id, arena, &f.journal, error);
    return outcome == OUTCOME_OK ? published_with(publisher, f.journal.events[0].definition, arena, look, &f, error) : outcome;
}
