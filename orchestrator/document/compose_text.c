/* How a document's words are put: sentences with their slots filled, dates, limits with the days that are passed over. */
#include "document/document_part.h"

#include "calendar/calendar.h"
#include "notice/notice.h"

enum { BLOCKS_FIRST = 32, PASSED_MOST = 6, PASSED_DAYS_MOST = 400 };

static const char *const slot_names[SLOT_COUNT] = {
    [SLOT_THING] = "thing", [SLOT_ITEM] = "item", [SLOT_DEPARTMENT] = "department", [SLOT_LAW] = "law", [SLOT_RECEIVED] = "received",
    [SLOT_SINCE] = "since", [SLOT_LIMIT] = "limit", [SLOT_DUE] = "due", [SLOT_REASON] = "reason", [SLOT_DAYS] = "days",
    [SLOT_PROCEDURE] = "procedure", [SLOT_BY] = "by", [SLOT_ENDING] = "ending", [SLOT_WHAT] = "what", [SLOT_NUMBER] = "number",
    [SLOT_BASIS] = "basis",
};

struct text title_in(struct title title, enum document_language language) {
    return language == HANT ? title.zh_hant : language == HANS ? title.zh_hans : title.en;
}

struct text department_in(const struct document_journal *j, struct text id, int64_t at_us, enum document_language language) {
    const struct department *found = j->directory && !text_is_none(id) ? directory_find(j->directory, id) : NULL;
    struct text name = found ? title_in(directory_title_at(found, at_us), language) : TEXT_NONE;
    return name.length ? name : id;
}

struct text say(struct compose *c, enum sentence sentence) {
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, (size_t)1 << 20);
    for (const char *at = sentences[sentence][c->language]; *at;) {
        size_t plain = strcspn(at, "{"), name = at[plain] ? strcspn(at + plain + 1, "}") : 0;
        buffer_put(&out, at, plain);
        for (enum slot slot = 0; name && slot < SLOT_COUNT; slot++)
            if (text_equal(text_span(at + plain + 1, name), text_from(slot_names[slot])))
                buffer_put_text(&out, c->slots[slot]);
        at += plain + (name ? name + 2 : 0);
    }
    return out.failed ? TEXT_NONE : text_copy(c->arena, buffer_text(&out));
}

void put(struct compose *c, enum block_kind kind, struct text label, struct text text) {
    if (c->count == c->room) {
        uint32_t room = c->room ? c->room * 2 : BLOCKS_FIRST;
        struct block *blocks = arena_new_array(c->arena, room, struct block);
        if (!blocks)
            return;
        if (c->count)
            memcpy(blocks, c->blocks, c->count * sizeof *blocks);
        c->blocks = blocks;
        c->room = room;
    }
    c->blocks[c->count++] = (struct block){kind, label, text};
}

void put_paragraph(struct compose *c, enum sentence sentence) { put(c, BLOCK_PARAGRAPH, TEXT_NONE, say(c, sentence)); }

void put_row(struct compose *c, enum sentence label, struct text text) {
    if (text.length > 0)
        put(c, BLOCK_ROW, say(c, label), text);
}

static struct text date_of_day(struct compose *c, int64_t day) {
    static const char *const months[] = {"January", "February", "March", "April", "May", "June", "July", "August", "September",
                                         "October", "November", "December"};
    struct civil_date date = civil_from_days(day);
    return c->language == ENGLISH ? text_format(c->arena, "%d %s %d", date.day, months[date.month - 1], date.year)
                                  : text_format(c->arena, "%d年%d月%d日", date.year, date.month, date.day);
}

struct text date_in(struct compose *c, int64_t us) {
    return us == TIME_NONE ? TEXT_NONE : date_of_day(c, calendar_day_of(us));
}

struct text moment_in(struct compose *c, int64_t us) {
    if (us == TIME_NONE)
        return TEXT_NONE;
    int64_t minute = (us - calendar_day_begins_us(calendar_day_of(us))) / TIME_MINUTE_US;
    struct text date = date_in(c, us);
    int hour = (int)(minute / 60), rest = (int)(minute % 60);
    if (c->language == ENGLISH)
        return text_format(c->arena, "%.*s, %02d:%02d", TEXT_ARG(date), hour, rest);
    struct text hours = text_format(c->arena, "%.*s%d%s", TEXT_ARG(date), hour, c->language == HANS ? "时" : "時");
    return rest ? text_format(c->arena, "%.*s%02d分", TEXT_ARG(hours), rest) : hours;
}

/* ---- limits ---- */

/* Holidays and closures by their names, plain weekends together: what was passed over from `since_us` to `due_us`. */
static struct text passed(struct compose *c, enum calendar_clock clock, int64_t since_us, int64_t due_us) {
    const struct calendar *calendar = c->journal->calendar;
    int64_t day = calendar_day_of(since_us) + 1, last = calendar_day_of(due_us);
    const char *between = c->language == ENGLISH ? ", " : "、";
    _cleanup_buffer_ struct buffer out;
    uint32_t count = 0;
    bool weekend = false;
    buffer_init(&out, 4096);
    if (last - day > PASSED_DAYS_MOST)
        return TEXT_NONE;
    while (day <= last && count < PASSED_MOST) {
        struct calendar_day off = calendar_day(calendar, day);
        int64_t first = day++;
        if (off.is_working[clock])
            continue;
        while (day <= last && !text_is_none(off.name) && text_equal(calendar_day(calendar, day).name, off.name) &&
               !calendar_day(calendar, day).is_working[clock])
            day++;
        weekend = weekend || text_is_none(off.name);
        if (text_is_none(off.name))
            continue;
        c->slots[SLOT_REASON] = off.name;
        c->slots[SLOT_SINCE] = date_of_day(c, first);
        c->slots[SLOT_DUE] = date_of_day(c, day - 1);
        buffer_put_string(&out, count++ ? between : "");
        buffer_put_text(&out, say(c, day - 1 > first ? SAY_DAYS_SPAN : SAY_DAY_ONE));
    }
    if (weekend && count)
        buffer_put_string(&out, between);
    if (weekend)
        buffer_put_text(&out, say(c, SAY_WEEKEND));
    return out.failed || out.length == 0 ? TEXT_NONE : text_copy(c->arena, buffer_text(&out));
}

static bool counts_working_time(struct limit_time limit) {
    return limit.unit == LIMIT_WORKDAYS || limit.unit == LIMIT_HALF_DAYS || limit.unit == LIMIT_BUSINESS_HOURS;
}

void put_limit(struct compose *c, enum clock_kind kind, enum sentence label) {
    const struct item_definition *item = &c->journal->definition->items[c->document->item];
    struct limit_time limit = kind == CLOCK_PROMISE ? item->promise : item->statute;
    int64_t since_us, due_us;
    if (limit.unit == LIMIT_NONE || !document_clock(c->journal, c->document->event, item->id, kind, &since_us, &due_us))
        return;
    bool in_days = limit.unit == LIMIT_WORKDAYS || limit.unit == LIMIT_CALENDAR_DAYS || limit.unit == LIMIT_UNTIL_DATE;
    struct text off = counts_working_time(limit) && due_us != TIME_NONE && c->journal->calendar
                          ? passed(c, kind == CLOCK_PROMISE ? CALENDAR_PROMISE : CALENDAR_STATUTE, since_us, due_us) : TEXT_NONE;
    static const char *const languages[] = {"zh-Hant", "zh-Hans", "en"};
    c->slots[SLOT_LIMIT] = notice_limit(limit, text_from(languages[c->language]), c->arena);
    c->slots[SLOT_SINCE] = date_in(c, since_us);
    c->slots[SLOT_DUE] = in_days ? date_in(c, due_us) : moment_in(c, due_us);
    struct text said = say(c, due_us == TIME_NONE ? SAY_LIMIT_STANDS : SAY_LIMIT_FROM);
    c->slots[SLOT_DAYS] = off;
    put_row(c, label, text_is_none(off) ? said : text_format(c->arena, "%.*s%.*s", TEXT_ARG(said), TEXT_ARG(say(c, SAY_DUE_PASSED))));
}
