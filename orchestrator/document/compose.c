/* A letter put together: its frame, what stands on it, and (for others than the party) the masks over it. */
#include "document/document_part.h"

#include "model/limits.h"

static const char *const languages[LANGUAGES] = {"zh-Hant", "zh-Hans", "en"};

/* When the application lay before the item's department; else when it came. */
static int64_t received_us(const struct compose *c) {
    int64_t at_us = c->journal->events[0].at_us;
    for (uint32_t i = 0; i <= c->document->event; i++) {
        const struct event *e = &c->journal->events[i];
        if (e->kind == EVENT_ITEM_RECEIVED && c->document->item != NO_INDEX && document_item_of(c->journal, e) == c->document->item)
            at_us = e->at_us;
    }
    return at_us;
}

static struct text addressee(struct compose *c) {
    enum { NAMED_MOST = 3 };
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, 8192);
    for (uint32_t i = 0; i < c->people.name_count && i < NAMED_MOST; i++) {
        buffer_put_string(&out, i == 0 ? "" : c->language == ENGLISH ? ", " : "、");
        buffer_put_text(&out, c->people.names[i]);
    }
    c->slots[SLOT_WHAT] = out.length ? text_copy(c->arena, buffer_text(&out)) : say(c, SAY_APPLICANT);
    c->slots[SLOT_DAYS] = text_format(c->arena, "%u", c->people.name_count);
    return say(c, c->people.name_count > NAMED_MOST ? SAY_ADDRESSED_MANY : SAY_ADDRESSED);
}

/* The numbers by which the case and the documents are found stay: they are nobody's. */
static void mask(struct compose *c, struct letter *letter) {
    if (c->for_party)
        return;
    letter->addressee = people_masked(&c->people, c->arena, letter->addressee);
    for (uint32_t i = 0; i < c->count; i++)
        if (!text_equal(c->blocks[i].text, c->journal->case_id))
            c->blocks[i].text = people_masked(&c->people, c->arena, c->blocks[i].text);
    letter->copy = say(c, SAY_COPY);
}

bool document_write(const struct document_journal *journal, const struct document *document, struct text language, bool for_party,
                    struct arena *arena, struct letter *ret) {
    struct document_journal until = *journal;   /* what came later changes nothing on it */
    struct compose c = {.journal = journal, .document = document, .event = &journal->events[document->event], .for_party = for_party,
                        .of_law = document_is_of_law(journal->definition, document->item), .language = HANS, .arena = arena};
    const struct definition *d = journal->definition;
    until.event_count = document->event + 1;
    for (int i = 0; i < LANGUAGES; i++)
        if (text_is(language, languages[i]))
            c.language = (enum document_language)i;
    if (!people_find(&until, arena, &c.people))
        return false;
    c.slots[SLOT_THING] = title_in(d->title, c.language);
    if (document->item != NO_INDEX) {
        struct text title = title_in(d->items[document->item].title, c.language);
        c.slots[SLOT_ITEM] = title.length ? title : d->items[document->item].id;
    }
    c.slots[SLOT_RECEIVED] = date_in(&c, received_us(&c));
    c.slots[SLOT_NUMBER] = journal->case_id;
    c.slots[SLOT_DEPARTMENT] = department_in(journal, document->department, document->at_us, c.language);
    struct letter letter = {
        .language = text_from(languages[c.language]), .issuer = c.slots[SLOT_DEPARTMENT],
        .seal_name = department_in(journal, document->department, document->at_us, HANS), .department = document->department,
        .title = title_in(document_title(journal, document), c.language), .number_label = say(&c, SAY_LETTER_NUMBER),
        .number = document->number, .addressee = addressee(&c), .date = date_in(&c, document->at_us), .at_us = document->at_us,
        .foot = say(&c, SAY_FOOT_SEALED), .foot_unsealed = say(&c, SAY_FOOT_UNSEALED)};
    compose_blocks(&c);
    mask(&c, &letter);
    letter.blocks = c.blocks;
    letter.block_count = c.count;
    *ret = letter;
    return !arena->failed;
}

/* ---- which language ---- */

static struct text trimmed(struct text t) {
    while (t.length > 0 && (t.at[0] == ' ' || t.at[0] == '\t'))
        t = text_span(t.at + 1, t.length - 1);
    while (t.length > 0 && (t.at[t.length - 1] == ' ' || t.at[t.length - 1] == '\t'))
        t.length--;
    return t;
}

static bool begins(struct text tag, const char *with) {
    size_t length = strlen(with);
    return tag.length >= length && strncasecmp(tag.at, with, length) == 0 && (tag.length == length || tag.at[length] == '-');
}

static int language_of(struct text tag) {
    if (begins(tag, "zh-Hant") || begins(tag, "zh-TW") || begins(tag, "zh-HK") || begins(tag, "zh-MO"))
        return HANT;
    return begins(tag, "zh") ? HANS : begins(tag, "en") ? ENGLISH : -1;
}

/* "0.85" in thousandths; 1 when it is none. */
static int weight_of(struct text parameters) {
    struct text q = trimmed(parameters);
    if (q.length < 3 || (q.at[0] != 'q' && q.at[0] != 'Q') || q.at[1] != '=')
        return 1000;
    int weight = q.at[2] == '1' ? 1000 : 0;
    for (size_t i = 4, unit = 100; i < q.length && i < 7 && q.at[i] >= '0' && q.at[i] <= '9'; i++, unit /= 10)
        weight += (q.at[i] - '0') * (int)unit;
    return weight > 1000 ? 1000 : weight;
}

struct text document_language(struct text accept) {
    int best = HANS, weight_best = 0;
    while (accept.length > 0) {
        size_t comma = text_find(accept, ',');
        struct text one = comma == SIZE_MAX ? accept : text_span(accept.at, comma);
        size_t semicolon = text_find(one, ';');
        struct text parameters = semicolon == SIZE_MAX ? TEXT_NONE : text_span(one.at + semicolon + 1, one.length - semicolon - 1);
        int language = language_of(trimmed(semicolon == SIZE_MAX ? one : text_span(one.at, semicolon)));
        int weight = weight_of(parameters);
        if (language >= 0 && weight > weight_best) {
            best = language;
            weight_best = weight;
        }
        accept = comma == SIZE_MAX ? TEXT("") : text_span(accept.at + comma + 1, accept.length - comma - 1);
    }
    return text_from(languages[best]);
}
