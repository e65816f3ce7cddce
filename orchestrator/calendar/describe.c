/* Years and due dates as JSON. */
#include "calendar/describe.h"

#include <stdio.h>

#include "base/json.h"

static const char *const clock_names[] = {[CALENDAR_PROMISE] = "promise", [CALENDAR_STATUTE] = "statute"};

const char *calendar_clock_name(enum calendar_clock clock) { return clock_names[clock]; }

bool calendar_clock_parse(struct text t, enum calendar_clock *ret) {
    for (int clock = 0; clock < CALENDAR_CLOCK_COUNT; clock++)
        if (text_is(t, clock_names[clock])) {
            *ret = (enum calendar_clock)clock;
            return true;
        }
    return false;
}

/* Digit by digit: a list of dates is made of little else. */
struct text calendar_date_text(int64_t day, char room[CALENDAR_DATE_SIZE]) {
    struct civil_date date = civil_from_days(day);
    unsigned digits[] = {(unsigned)date.year / 1000 % 10, (unsigned)date.year / 100 % 10, (unsigned)date.year / 10 % 10,
                         (unsigned)date.year % 10, 0, (unsigned)date.month / 10, (unsigned)date.month % 10, 0,
                         (unsigned)date.day / 10, (unsigned)date.day % 10};
    for (int i = 0; i < 10; i++)
        room[i] = i == 4 || i == 7 ? '-' : (char)('0' + digits[i]);
    room[10] = '\0';
    return text_span(room, 10);
}

int64_t calendar_last_day(int64_t due_us) { return calendar_day_of(due_us - 1); }

static void put_hours(struct json_writer *w, const struct calendar *calendar) {
    struct calendar_hours h = calendar ? calendar->hours : CALENDAR_HOURS_USUAL;
    const struct { struct text key; int16_t from, to; } halves[] = {{TEXT("morning"), h.morning_from, h.morning_to},
                                                                    {TEXT("afternoon"), h.afternoon_from, h.afternoon_to}};
    json_key(w, TEXT("hours"));
    json_open(w, '{');
    for (int i = 0; i < 2; i++) {
        char room[32];
        int length = snprintf(room, sizeof room, "%02d:%02d-%02d:%02d", halves[i].from / 60, halves[i].from % 60,
                              halves[i].to / 60, halves[i].to % 60);
        json_key(w, halves[i].key);
        json_put_text(w, text_span(room, (size_t)length));
    }
    json_close(w, '}');
}

static void put_day(struct json_writer *w, int64_t day, const struct calendar_day *found) {
    char room[CALENDAR_DATE_SIZE];
    json_open(w, '{');
    json_key(w, TEXT("date"));
    json_put_text(w, calendar_date_text(day, room));
    json_key(w, TEXT("kind"));
    json_put_text(w, text_from(calendar_day_kind_name(found->kind)));
    json_key(w, TEXT("name"));
    json_put_text(w, found->name);
    json_key(w, TEXT("basis"));
    json_put_text(w, found->basis);
    json_key(w, TEXT("working"));
    json_open(w, '{');
    for (int clock = 0; clock < CALENDAR_CLOCK_COUNT; clock++) {
        json_key(w, text_from(clock_names[clock]));
        json_put_bool(w, found->is_working[clock]);
    }
    json_close(w, '}');
    json_close(w, '}');
}

bool calendar_shows_closure(const struct calendar *calendar, const struct calendar_closure *closure, int64_t first,
                            int64_t last) {
    return closure->days.from <= last && closure->days.to >= first &&
           (text_is_none(calendar->region) || calendar_closure_holds(calendar, closure));
}

static void put_closures(struct json_writer *w, const struct calendar *calendar, int64_t first, int64_t last) {
    json_key(w, TEXT("closures"));
    json_open(w, '[');
    for (uint32_t i = 0; calendar && i < calendar->content->closure_count; i++) {
        const struct calendar_closure *closure = &calendar->content->closures[i];
        char from[CALENDAR_DATE_SIZE], to[CALENDAR_DATE_SIZE];
        if (!calendar_shows_closure(calendar, closure, first, last))
            continue;
        const struct { struct text key, value; } members[] = {
            {TEXT("from"), calendar_date_text(closure->days.from, from)},
            {TEXT("to"), calendar_date_text(closure->days.to, to)},
            {TEXT("reason"), closure->reason},
            {TEXT("basis"), closure->basis},
            {TEXT("statute"), closure->statute_basis},
        };
        json_open(w, '{');
        for (size_t k = 0; k < sizeof members / sizeof *members; k++) {
            json_key(w, members[k].key);
            json_put_text(w, members[k].value);
        }
        json_key(w, TEXT("regions"));
        json_open(w, '[');
        for (uint32_t k = 0; k < closure->region_count; k++)
            json_put_text(w, closure->regions[k]);
        json_close(w, ']');
        json_close(w, '}');
    }
    json_close(w, ']');
}

void calendar_write_year(const struct calendar *calendar, int32_t year, struct buffer *out) {
    int64_t first = civil_to_days((struct civil_date){year, 1, 1}), last = civil_to_days((struct civil_date){year, 12, 31});
    const struct calendar_year *published = calendar_find_year(calendar, year);
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, '{');
    json_key(&w, TEXT("year"));
    json_put_int64(&w, year);
    json_key(&w, TEXT("provisional"));
    json_put_bool(&w, !published);
    json_key(&w, TEXT("basis"));
    json_put_text(&w, published ? published->basis : TEXT_NONE);
    json_key(&w, TEXT("version"));
    json_put_text(&w, calendar ? calendar->version : TEXT_NONE);
    json_key(&w, TEXT("region"));
    json_put_text(&w, calendar ? calendar->region : TEXT_NONE);
    put_hours(&w, calendar);
    json_key(&w, TEXT("working_days"));
    json_open(&w, '{');
    for (int clock = 0; clock < CALENDAR_CLOCK_COUNT; clock++) {
        json_key(&w, text_from(clock_names[clock]));
        json_put_int64(&w, calendar_working_days(calendar, (enum calendar_clock)clock, first - 1, last));
    }
    json_close(&w, '}');
    json_key(&w, TEXT("days"));
    json_open(&w, '[');
    for (int64_t day = first; day <= last; day++) {
        struct calendar_day found = calendar_day(calendar, day);
        if (found.kind != CALENDAR_DAY_WORKING && found.kind != CALENDAR_DAY_WEEKEND)
            put_day(&w, day, &found);
    }
    json_close(&w, ']');
    put_closures(&w, calendar, first, last);
    json_close(&w, '}');
}

void calendar_write_due(const struct calendar *calendar, enum calendar_clock clock, int64_t start_us, struct text limit,
                        int64_t due_us, struct buffer *out) {
    char date[CALENDAR_DATE_SIZE], from[TIME_TEXT_SIZE], at[TIME_TEXT_SIZE];
    const struct { struct text key, value; } members[] = {
        {TEXT("from"), time_format_china(start_us, from)},
        {TEXT("limit"), limit},
        {TEXT("clock"), text_from(clock_names[clock])},
        {TEXT("region"), calendar ? calendar->region : TEXT_NONE},
        {TEXT("due"), calendar_date_text(calendar_last_day(due_us), date)},
        {TEXT("due_at"), time_format_china(due_us, at)},
        {TEXT("version"), calendar ? calendar->version : TEXT_NONE},
    };
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, '{');
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        json_key(&w, members[i].key);
        json_put_text(&w, members[i].value);
    }
    json_key(&w, TEXT("provisional"));
    json_put_bool(&w, calendar_is_provisional_between(calendar, start_us, due_us - 1));
    json_close(&w, '}');
}
