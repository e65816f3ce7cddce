/* A small thing and a made-up journal of it, from which documents follow. */
#ifndef YJS_TESTS_DOCUMENT_MADE_UP_H
#define YJS_TESTS_DOCUMENT_MADE_UP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "definition/definition.h"
#include "document/document.h"

#define T(hant, hans, en) "{zh-Hant: " hant ", zh-Hans: " hans ", en: " en "}"
static const char made_up_yaml[] =
    "thing: t\ntitle: " T("開店", "开店", "Shop") "\nregions: [\"441300\"]\npromise: 20 workdays\n"
    "form: {type: object, properties: {owners: {type: array, items: {type: object, properties: "
    "{name: {type: string, x-personal: true, x-mask: name}, id: {type: string, x-personal: true, x-mask: id}}}}}}\n"
    "parties:\n  - {id: owner, title: " T("業主", "业主", "Owner") ", many: true}\n"
    "items:\n"
    "  - {id: permit, code: \"1\", title: " T("許可", "许可", "Permit") ", department: market, promise: 5 workdays, statute: 20 workdays, basis: 某條例}\n"
    "  - {id: supply, code: \"2\", title: " T("供水", "供水", "Water") ", department: water, promise: 3 workdays}\n"
    "materials:\n  - {id: plan, title: " T("平面圖", "平面图", "Plan") ", required: false, from: applicant}\n"
    "steps:\n"
    "  - {id: look, department: market, item: permit, materials: [plan], input: {owners: \"${ .form.owners }\"}}\n"
    "  - {id: pipe, department: water, item: supply}\n"
    "  - {id: visit, inspection: {lead: market, for: [permit, supply], rounds: 2}}\n"
    "  - {id: hand, title: " T("送達", "送达", "Hand over") ", needs: [look], deliver: {by: hall}}\n";

enum { MADE_UP_EVENTS_MOST = 64 };
struct made_up {
    struct arena arena;
    const struct definition *definition;
    struct event events[MADE_UP_EVENTS_MOST];
    struct document_journal journal;
};

#define MADE_UP_START INT64_C(1772442000000000)   /* 2026-03-02T17:00+08:00, a Monday */

static inline struct event *made_up_add(struct made_up *m, enum event_kind kind, const char *step, const char *item, int64_t after_us) {
    uint32_t at = m->journal.event_count++;
    m->events[at] = event_of(kind, MADE_UP_START + after_us);
    m->events[at].version = at + 1;
    m->events[at].step = text_from(step);
    m->events[at].item = text_from(item);
    return &m->events[at];
}

/* With the application of two owners as its first event. */
static inline void made_up_begin(struct made_up *m) {
    struct fault_list faults;
    struct definition_context context = {.reader = NULL};
    memset(m, 0, sizeof *m);
    arena_init(&m->arena, (size_t)64 << 20);
    enum outcome outcome = definition_compile(&m->arena, text_from(made_up_yaml), TEXT("t.yaml"), &context, &faults, &m->definition, NULL);
    if (outcome != OUTCOME_OK) {
        struct buffer out;
        buffer_init(&out, 1 << 20);
        fault_list_write_text(&faults, &out);
        fail_msg("%s", buffer_text(&out).at);
    }
    m->journal = (struct document_journal){.case_id = TEXT("44130020260302000001"), .definition = m->definition, .issuer = TEXT("hall"),
                                           .events = m->events};
    struct event *started = made_up_add(m, EVENT_CASE_STARTED, NULL, NULL, 0);
    started->region = TEXT("441300");
    started->data = TEXT("{\"owners\":[{\"name\":\"歐陽思遠\",\"id\":\"441303199108083012\"},{\"name\":\"王小\",\"id\":\"441303199108083013\"}]}");
    made_up_add(m, EVENT_STEP_ASKED, "look", NULL, 0)->department = TEXT("market");
    made_up_add(m, EVENT_ITEM_RECEIVED, "look", "permit", 0);
}

static inline void made_up_end(struct made_up *m) {
    definition_free(m->definition);
    arena_free(&m->arena);
}

/* All that the letter says, a line a block. */
static inline struct text made_up_said(struct made_up *m, uint32_t n, const char *language, bool for_party, struct letter *ret) {
    struct document *documents;
    struct buffer out;
    struct letter letter;
    uint32_t count;
    assert_true(document_list(&m->journal, &m->arena, &documents, &count));
    assert_in_range(n, 1, count);
    assert_true(document_write(&m->journal, &documents[n - 1], text_from(language), for_party, &m->arena, &letter));
    buffer_init(&out, 1 << 20);
    const struct text head[] = {letter.issuer, letter.number, letter.title, letter.addressee};
    for (size_t i = 0; i < 4; i++)
        buffer_format(&out, "%.*s\n", TEXT_ARG(head[i]));
    for (uint32_t i = 0; i < letter.block_count; i++)
        buffer_format(&out, "%.*s|%.*s\n", TEXT_ARG(letter.blocks[i].label), TEXT_ARG(letter.blocks[i].text));
    struct text said = text_copy(&m->arena, buffer_text(&out));
    buffer_free(&out);
    if (ret)
        *ret = letter;
    return said;
}

static inline void assert_says(struct text said, const char *words) {
    if (!memmem(said.at, said.length, words, strlen(words)))
        fail_msg("\"%s\" is not in:\n%s", words, said.at);
}
static inline void assert_silent(struct text said, const char *words) {
    if (memmem(said.at, said.length, words, strlen(words)))
        fail_msg("\"%s\" is in:\n%s", words, said.at);
}

#endif
