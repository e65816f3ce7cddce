/* Who is told of an event, over which channel, in which words. */
#include "notice/telling.h"

#include <stdio.h>

#include "base/time.h"
#include "model/status.h"
#include "privacy/mask.h"

enum { VALUES_MOST = 24, PERSONS_MOST = 200 };
#define TEXT_BYTES_MOST ((size_t)256 << 10)

/* One event being told. */
struct telling {
    const struct notice_rules *rules;
    const struct telling_names *names;
    const struct json *due, *event, *data;
    struct arena *arena;
    struct json_writer w;
    enum notice_kind kind;
    struct text case_id, root, step, item;
    struct text known_names[PERSONS_MOST];      /* of parties, to be masked in free text */
    uint32_t known_count;
    struct text told[PERSONS_MOST * 2];         /* channel and address that have it already */
    uint32_t told_count;
    struct error *error;
};

static struct text member(const struct json *object, const char *name) { return json_get_text(object, text_from(name)); }

static const struct json *find_id(const struct json *array, struct text id) {
    for (uint32_t i = 0; array && array->type == JSON_ARRAY && !text_is_none(id) && i < array->count; i++)
        if (text_equal(member(&array->children[i].value, "id"), id))
            return &array->children[i].value;
    return NULL;
}

/* {"title": {"zh-Hant", …}} in one language; its id when it has none. */
static struct text title_in(const struct json *of, int language) {
    struct text words = member(json_get_string(of, "title"), notice_languages[language]);
    return text_is_none(words) ? member(of, "id") : words;
}

static struct text in_language(struct title title, int language) {
    return language == 0 ? title.zh_hant : language == 1 ? title.zh_hans : title.en;
}

static struct text day_in(struct telling *t, struct text moment, int language) {
    static const char *const months[] = {"January", "February", "March", "April", "May", "June", "July", "August", "September",
                                         "October", "November", "December"};
    int64_t us;
    if (text_is_none(moment) || time_parse(moment, &us, NULL) != OUTCOME_OK)
        return TEXT_NONE;
    int64_t local = us + TIME_CHINA_OFFSET_US;
    struct civil_date d = civil_from_days(local >= 0 ? local / TIME_DAY_US : -1 - (-1 - local) / TIME_DAY_US);
    if (language == 2)
        return text_format(t->arena, "%d %s %d", d.day, months[d.month - 1], d.year);
    return text_format(t->arena, "%d年%d月%d日", d.year, d.month, d.day);
}

static struct text department_of(struct telling *t) {
    struct text id = member(t->event, "department");
    if (text_is_none(id))
        id = member(find_id(json_get_string(t->due, "items"), t->item), "department");
    if (text_is_none(id))
        id = member(find_id(json_get_string(t->due, "steps"), t->step), "department");
    return id;
}

/* What is missing, numbered: the department's reasons, its own words masked. */
static struct text what_of(struct telling *t, int language) {
    const struct json *reasons = json_get_string(t->data, "reasons");
    struct buffer out;
    buffer_init(&out, TEXT_BYTES_MOST);
    for (uint32_t i = 0; reasons && reasons->type == JSON_ARRAY && i < reasons->count; i++) {
        const struct json *one = &reasons->children[i].value;
        const char *colon = language == 2 ? ": " : "：", *between = language == 2 ? "; " : "；";
        if (reasons->count > 1)
            buffer_format(&out, "%s%u. ", i ? between : "", i + 1);
        buffer_put_text(&out, member(one, "what"));
        if (!text_is_none(member(one, "why"))) {
            buffer_put_string(&out, colon);
            buffer_put_text(&out, member(one, "why"));
        }
    }
    struct text reason = text_is_none(member(t->event, "reason")) ? member(t->data, "reason") : member(t->event, "reason");
    if (out.length == 0)
        buffer_put_text(&out, reason);
    struct text all = out.failed ? TEXT_NONE : mask_words(t->arena, buffer_text(&out), t->known_names, t->known_count);
    buffer_free(&out);
    return all;
}

/* Items whose steps ended so, by title. */
static struct text items_that(struct telling *t, const char *end, const char *or_end, int language) {
    const struct json *items = json_get_string(t->due, "items"), *ends = json_get_string(t->due, "item_ends");
    struct buffer out;
    buffer_init(&out, TEXT_BYTES_MOST);
    for (uint32_t i = 0; items && items->type == JSON_ARRAY && i < items->count; i++) {
        struct text is = json_get_text(ends, member(&items->children[i].value, "id"));
        if (!text_is(is, end) && !text_is(is, or_end))
            continue;
        buffer_put_string(&out, out.length == 0 ? "" : language == 2 ? "; " : "、");
        buffer_put_text(&out, title_in(&items->children[i].value, language));
    }
    struct text all = out.failed || out.length == 0 ? TEXT_NONE : text_copy(t->arena, buffer_text(&out));
    buffer_free(&out);
    return all;
}

/* 辦結's word: 退件 when nothing was ever accepted. */
static struct title ending_of(struct telling *t) {
    enum case_outcome outcome = CASE_OUTCOME_NONE;
    state_outcome_parse(member(t->event, "outcome"), &outcome);
    struct case_status_fold fold = {.is_closed = true, .outcome = outcome,
                                    .was_accepted = json_is_true(json_get_string(t->due, "was_accepted"))};
    return ending_words(status_ending(&fold));
}

static struct text clock_in(struct telling *t, int language) {
    static const char *const words[][LANGUAGE_COUNT] = {{"承諾", "承诺", "promised"}, {"法定", "法定", "legal"}, {"送達", "送达", "delivery"}};
    struct text clock = member(t->event, "clock");
    return text_from(words[text_is(clock, "statute") ? 1 : text_is(clock, "delivery") ? 2 : 0][language]);
}

/* The names of law's procedures (行政許可法 45) in words; another as the department wrote it. */
static struct text procedure_in(struct telling *t, int language) {
    static const struct { const char *name, *words[LANGUAGE_COUNT]; } words[] = {
        {"hearing", {"聽證", "听证", "a hearing"}},        {"tender", {"招標", "招标", "a tender"}},
        {"auction", {"拍賣", "拍卖", "an auction"}},       {"inspection", {"檢驗", "检验", "an inspection"}},
        {"testing", {"檢測", "检测", "testing"}},          {"quarantine", {"檢疫", "检疫", "quarantine"}},
        {"appraisal", {"鑑定", "鉴定", "an appraisal"}},   {"expert_review", {"專家評審", "专家评审", "an expert review"}},
    };
    struct text procedure = member(t->data, "procedure");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (text_is(procedure, words[i].name) || text_is(procedure, words[i].words[0]) || text_is(procedure, words[i].words[1]))
            return text_from(words[i].words[language]);
    return mask_words(t->arena, procedure, t->known_names, t->known_count);
}

static struct text item_in(struct telling *t, int language) {
    static const char *const whole[LANGUAGE_COUNT] = {"整件", "整件", "the whole case"};
    const struct json *item = find_id(json_get_string(t->due, "items"), t->item);
    const struct json *step = find_id(json_get_string(t->due, "steps"), t->step);
    if (item)
        return title_in(item, language);
    return step ? title_in(step, language) : text_from(whole[language]);
}

static struct text days_of(struct telling *t) {
    int64_t days;
    const struct json *given = json_get_string(t->event, "count");
    if (!given)
        given = json_get_string(t->data, "days");
    return json_to_int64(given, &days) && days > 0 ? text_format(t->arena, "%lld", (long long)days) : TEXT_NONE;
}

static struct text query_of(struct telling *t) {
    struct notice_value values[] = {{"case", t->root}};
    struct buffer out;
    buffer_init(&out, 4096);
    bool fine = !text_is_none(t->rules->query) && notice_fill(&out, t->rules->query, values, 1, ESCAPE_URL, false, NULL) == OUTCOME_OK;
    struct text query = fine ? text_copy(t->arena, buffer_text(&out)) : TEXT_NONE;
    buffer_free(&out);
    return query;
}

/* The moment that a text means by ${due}: the event's own, else the case's promise. */
static struct text due_of(struct telling *t) {
    const struct json *due = json_get_string(t->event, "due");   /* as the journal has it: microseconds */
    char room[TIME_TEXT_SIZE];
    int64_t due_us;
    struct text own = due && json_to_int64(due, &due_us) ? text_copy(t->arena, time_format_utc(due_us, room)) : TEXT_NONE;
    struct text until = t->kind == NOTICE_RECTIFY ? member(t->data, "until") : TEXT_NONE;   /* a day */
    bool promises = t->kind == NOTICE_ACCEPTED || t->kind == NOTICE_SPECIAL_ENDED;
    if (until.length)
        return text_format(t->arena, "%.*sT00:00:00+08:00", TEXT_ARG(until));
    return promises ? member(t->due, "promise_due") : own;
}

static uint32_t values_in(struct telling *t, int language, struct text party, struct notice_value *values) {
    struct text department = department_of(t), material = member(t->event, "material");
    struct title department_title = text_is_none(department) ? (struct title){TEXT_NONE, TEXT_NONE, TEXT_NONE}
                                                            : t->names->department(t->names->context, department, t->arena);
    const struct json *step = find_id(json_get_string(t->due, "steps"), t->step);
    struct notice_value all[] = {
        {"thing", member(json_get_string(t->due, "title"), notice_languages[language])},
        {"case", t->root},
        {"at", day_in(t, member(t->due, "at"), language)},
        {"due", day_in(t, due_of(t), language)},
        {"item", item_in(t, language)},
        {"step", step ? title_in(step, language) : t->step},
        {"department", in_language(department_title, language)},
        {"material", title_in(find_id(json_get_string(t->due, "materials"), material), language)},
        {"reason", what_of(t, language)},
        {"what", what_of(t, language)},
        {"procedure", procedure_in(t, language)},
        {"days", days_of(t)},
        {"ending", t->kind == NOTICE_CLOSED ? in_language(ending_of(t), language) : TEXT_NONE},
        {"granted", items_that(t, "granted", "granted", language)},
        {"refused", items_that(t, "refused", "unsatisfied", language)},
        {"clock", clock_in(t, language)},
        {"party", title_in(find_id(json_get_string(t->due, "party_titles"), party), language)},
        {"query", query_of(t)},
    };
    memcpy(values, all, sizeof all);
    return sizeof all / sizeof all[0];
}

static bool put_filled(struct telling *t, const char *name, const char *pattern, struct text before, const struct notice_value *values,
                       uint32_t count) {
    struct buffer out;
    buffer_init(&out, TEXT_BYTES_MOST);
    buffer_put_text(&out, before);
    enum outcome outcome = notice_fill(&out, text_from(pattern), values, count, ESCAPE_NONE, true, t->error);
    json_key(&t->w, text_from(name));
    json_put_text(&t->w, buffer_text(&out));
    buffer_free(&out);
    return outcome == OUTCOME_OK;
}

/* {"zh-Hant": {"title","text"}, …} */
static bool put_texts(struct telling *t, enum notice_kind kind, struct text party, bool is_party) {
    const struct notice_words *words = &notice_words[kind];
    bool signs = is_party && !text_is_none(t->rules->sign);
    struct text before = signs ? text_format(t->arena, "【%.*s】", TEXT_ARG(t->rules->sign)) : TEXT_NONE;
    bool fine = true;
    json_key(&t->w, TEXT("texts"));
    json_open(&t->w, '{');
    for (int i = 0; i < LANGUAGE_COUNT && fine; i++) {
        struct notice_value values[VALUES_MOST];
        uint32_t count = values_in(t, i, party, values);
        json_key(&t->w, text_from(notice_languages[i]));
        json_open(&t->w, '{');
        fine = put_filled(t, "title", words->title[i], TEXT_NONE, values, count) &&
               put_filled(t, "text", is_party ? words->party[i] : words->office[i], before, values, count);
        json_close(&t->w, '}');
    }
    json_close(&t->w, '}');
    return fine;
}

/* Somebody who is told. */
struct reader {
    enum notice_audience audience;
    struct text recipient, party, name, phone, email, language, wish;
};

static struct text address_of(struct telling *t, const struct reader *r, const struct channel *channel) {
    if (channel->address == ADDRESS_NONE)
        return TEXT("");
    if (r->audience != AUDIENCE_PARTY) {
        size_t dot = text_find(r->recipient, '.');
        struct text id = dot == SIZE_MAX ? TEXT_NONE : text_span(r->recipient.at + dot + 1, r->recipient.length - dot - 1);
        return notice_office_address(t->rules, channel, r->audience, id);
    }
    return channel->address == ADDRESS_PHONE ? r->phone : r->email;
}

/* His own wish when it can be met, else the first channel of his kind that reaches him; NULL: the console alone. */
static const struct channel *channel_for(struct telling *t, const struct reader *r, struct text *ret_address) {
    const struct channel *const *over = t->rules->over[r->audience], *first = NULL;
    for (uint32_t i = 0; i < RULES_CHANNELS_MOST && over[i]; i++) {
        struct text address = address_of(t, r, over[i]);
        if (text_is_none(address) || (first && !text_equal(over[i]->id, r->wish)))
            continue;
        first = over[i];
        *ret_address = address;
        if (text_equal(first->id, r->wish))
            break;
    }
    return first;
}

static bool was_told(struct telling *t, const struct channel *channel, struct text address) {
    if (!channel || address.length == 0)
        return false;
    struct text key = text_format(t->arena, "%.*s %.*s", TEXT_ARG(channel->id), TEXT_ARG(address));
    for (uint32_t i = 0; i < t->told_count; i++)
        if (text_equal(t->told[i], key))
            return true;
    if (t->told_count < sizeof t->told / sizeof t->told[0])
        t->told[t->told_count++] = key;
    return false;
}

static struct text shown_as(struct telling *t, const struct reader *r, const struct channel *channel, struct text address) {
    struct text name = r->audience == AUDIENCE_PARTY ? mask_text(t->arena, MASK_NAME, r->name) : r->recipient, masked = TEXT_NONE;
    if (channel && channel->address == ADDRESS_PHONE)
        masked = mask_text(t->arena, MASK_PHONE, address);
    else if (channel && channel->address == ADDRESS_EMAIL)
        masked = mask_email(t->arena, address);
    bool both = name.length > 0 && masked.length > 0;
    return text_format(t->arena, "%.*s%s%.*s", TEXT_ARG(name), both ? " " : "", TEXT_ARG(masked));
}

static void put(struct telling *t, const char *name, struct text value) {
    if (text_is_none(value))
        return;
    json_key(&t->w, text_from(name));
    json_put_text(&t->w, value);
}

static bool put_notice(struct telling *t, enum notice_kind kind, const struct reader *r, const struct channel *channel,
                       struct text address, int64_t wait_us) {
    bool console = !channel || channel->kind == CHANNEL_CONSOLE;
    struct text over = console ? TEXT("console") : channel->id;
    int64_t version = 0;
    json_to_int64(json_get_string(t->due, "version"), &version);
    json_open(&t->w, '{');
    put(t, "id", text_format(t->arena, "%.*s:%lld:%.*s:%.*s%s", TEXT_ARG(t->case_id), (long long)version, TEXT_ARG(r->recipient),
                             TEXT_ARG(over), kind == NOTICE_CORRECTION_DUE ? ":due" : ""));
    put(t, "kind", text_from(notice_kind_name(kind)));
    put(t, "audience", text_from(audience_name(r->audience)));
    put(t, "recipient", r->recipient);
    put(t, "channel", over);
    put(t, "language", r->language);
    put(t, "step", t->step);
    put(t, "shown_as", shown_as(t, r, channel, address));
    if (!console && address.length > 0)
        put(t, "address", address);
    put(t, "state", console && wait_us == 0 ? TEXT("shown") : TEXT("waiting"));
    json_key(&t->w, TEXT("wait_s"));
    json_put_int64(&t->w, wait_us / TIME_SECOND_US);
    bool fine = put_texts(t, kind, r->party, r->audience == AUDIENCE_PARTY);
    json_close(&t->w, '}');
    return fine;
}

static bool tell(struct telling *t, struct reader *r) {
    struct text address = TEXT_NONE;
    const struct channel *channel = channel_for(t, r, &address);
    bool known = false;
    for (int i = 0; i < LANGUAGE_COUNT; i++)
        known |= text_is(r->language, notice_languages[i]);
    if (!known)
        r->language = t->rules->language;
    if (was_told(t, channel, address))
        return true;
    if (!put_notice(t, t->kind, r, channel, address, 0))
        return false;
    bool reminds = t->kind == NOTICE_CORRECTION && t->rules->remind_after_us > 0;
    return !reminds || put_notice(t, NOTICE_CORRECTION_DUE, r, channel, address, t->rules->remind_after_us);
}

/* ---- the parties of the application ---- */

static bool has_signed(struct telling *t, struct text party, uint32_t index) {
    const struct json *signed_by = json_get_string(t->due, "signed");
    char name[160];
    snprintf(name, sizeof name, "signed.%.*s.%u", TEXT_ARG(party), index);
    for (uint32_t i = 0; signed_by && signed_by->type == JSON_ARRAY && i < signed_by->count; i++)
        if (text_is(signed_by->children[i].value.text, name))
            return true;
    return false;
}

/* A signature is asked of the parties that the waiting step names and that have not signed. */
static bool is_asked(struct telling *t, struct text party, uint32_t index) {
    const struct json *wanted = json_get_string(json_get_string(find_id(json_get_string(t->due, "steps"), t->step), "wait"), "signed");
    if (t->kind != NOTICE_SIGNATURE)
        return true;
    for (uint32_t i = 0; wanted && wanted->type == JSON_ARRAY && i < wanted->count; i++)
        if (text_equal(wanted->children[i].value.text, party))
            return !has_signed(t, party, index);
    return false;
}

/* Of another contact the one is told who is reached by it. */
static bool is_concerned(struct telling *t, struct text party, uint32_t index, bool is_agent) {
    int64_t changed = -1;
    return t->kind != NOTICE_CONTACT ||
           (text_equal(member(t->data, "party"), party) && json_to_int64(json_get_string(t->data, "index"), &changed) && changed == index &&
            json_is_true(json_get_string(t->data, "agent")) == is_agent);
}

static bool tell_person(struct telling *t, const struct json *person, struct text party, uint32_t index, bool is_agent) {
    if (!is_concerned(t, party, index, is_agent))
        return true;
    struct reader r = {.audience = AUDIENCE_PARTY, .party = party, .name = member(person, "name"), .phone = member(person, "phone"),
                       .email = member(person, "email"), .language = member(person, "language"), .wish = member(person, "channel"),
                       .recipient = text_format(t->arena, "%.*s.%u%s", TEXT_ARG(party), index, is_agent ? ".agent" : "")};
    return !text_is_none(r.recipient) && tell(t, &r);
}

static bool each_person(struct telling *t, bool (*what)(struct telling *, const struct json *, struct text, uint32_t)) {
    const struct json *parties = json_get_string(t->due, "parties");
    for (uint32_t i = 0; parties && parties->type == JSON_OBJECT && i < parties->count; i++) {
        const struct json *of = &parties->children[i].value;
        uint32_t count = of->type == JSON_ARRAY ? of->count : of->type == JSON_OBJECT;
        for (uint32_t k = 0; k < count; k++)
            if (!what(t, of->type == JSON_ARRAY ? &of->children[k].value : of, parties->children[i].key, k))
                return false;
    }
    return true;
}

static bool know_person(struct telling *t, const struct json *person, struct text party, uint32_t index) {
    (void)party;
    (void)index;
    struct text names[] = {member(person, "name"), member(json_get_string(person, "agent"), "name")};
    for (int i = 0; i < 2; i++)
        if (!text_is_none(names[i]) && t->known_count < PERSONS_MOST)
            t->known_names[t->known_count++] = names[i];
    return true;
}

static bool tell_party(struct telling *t, const struct json *person, struct text party, uint32_t index) {
    const struct json *agent = json_get_string(person, "agent");
    if (!is_asked(t, party, index))
        return true;
    return tell_person(t, person, party, index, false) && (!agent || agent->type != JSON_OBJECT || tell_person(t, agent, party, index, true));
}

static bool tell_office(struct telling *t, enum notice_audience audience, struct text id) {
    struct reader r = {.audience = audience, .recipient = text_format(t->arena, text_is_none(id) ? "%s" : "%s.%.*s",
                                                                      audience_name(audience), TEXT_ARG(id))};
    return !text_is_none(r.recipient) && tell(t, &r);
}

/* The event's own, else its step's; of an inspection the one that its element stands for. */
static struct text item_of(struct telling *t) {
    const struct json *step = find_id(json_get_string(t->due, "steps"), t->step), *looked_at = json_get_string(step, "for");
    int64_t index = -1;
    json_to_int64(json_get_string(t->event, "index"), &index);
    const struct json *one = looked_at && looked_at->type == JSON_ARRAY && index >= 0 ? json_at(looked_at, (size_t)index) : NULL;
    struct text own = member(t->event, "item");
    if (!text_is_none(own))
        return own;
    return !one ? member(step, "item") : one->type == JSON_STRING ? one->text : member(one, "item");
}

enum outcome telling_write(const struct notice_rules *rules, const struct telling_names *names, const struct json *due,
                           struct arena *arena, struct buffer *out, struct error *error) {
    struct telling *t = arena_new(arena, struct telling);
    if (!t)
        return error_no_memory(error);
    *t = (struct telling){.rules = rules, .names = names, .due = due, .event = json_get_string(due, "event"), .arena = arena,
                          .case_id = member(due, "case_id"), .root = member(due, "root"), .step = member(due, "step"), .error = error};
    if (!notice_kind_parse(member(due, "kind"), &t->kind) || text_is_none(t->case_id) || !t->event)
        return error_set(error, OUTCOME_REJECT, "due_unreadable", "a notice that is due can't be read");
    t->data = json_get_string(t->event, "data");
    t->item = item_of(t);
    unsigned audiences = notice_words[t->kind].audiences;
    json_begin(&t->w, out);
    json_open(&t->w, '[');
    each_person(t, know_person);
    bool fine = !(audiences & 1u << AUDIENCE_PARTY) || each_person(t, tell_party);
    if (fine && audiences & 1u << AUDIENCE_WINDOW)
        fine = tell_office(t, AUDIENCE_WINDOW, member(due, "region"));
    if (fine && audiences & 1u << AUDIENCE_DEPARTMENT && !text_is_none(department_of(t)))
        fine = tell_office(t, AUDIENCE_DEPARTMENT, department_of(t));
    if (fine && audiences & 1u << AUDIENCE_SUPERVISOR)
        fine = tell_office(t, AUDIENCE_SUPERVISOR, TEXT_NONE);
    json_close(&t->w, ']');
    if (!fine && error && error->outcome != OUTCOME_OK)
        return error->outcome;
    return arena->failed || out->failed || !fine ? error_no_memory(error) : OUTCOME_OK;
}
