/* calendar: working days and due dates, from config/calendar, without any server; calendars published. */
#include <stdlib.h>

#include "calendar/describe.h"
#include "cli/calendar_files.h"
#include "cli/files.h"
#include "cli/publish.h"
#include "cli/verb_part.h"
#include "definition/calendar_question.h"
#include "model/limits.h"

/* The calendar of --calendar and --region, and --clock. */
static enum verb_status read_calendar(struct invocation *c, const struct calendar **ret, enum calendar_clock *ret_clock) {
    struct error error = {0};
    const char *folder = calendar_folder(invocation_option(c, "calendar"), file_project_root("-", &c->arena), &c->arena);
    struct text region = invocation_text(c, "region"), clock = invocation_text(c, "clock");
    *ret = NULL;
    *ret_clock = CALENDAR_PROMISE;
    if (!text_is_none(clock))
        calendar_clock_parse(clock, ret_clock);   /* the table of verbs lets no other word in */
    if (!folder) {
        fputs("yjsctl: no config/calendar was found: every year is provisional, weekends alone are off (--calendar DIR)\n",
              stderr);
        return STATUS_DONE;
    }
    if (calendar_read_folder(folder, &c->arena, ret, &error) != OUTCOME_OK)
        return invocation_failed(c, &error);
    if (!text_is_none(region))
        *ret = calendar_for_region(*ret, region);
    return STATUS_DONE;
}

/* ---- due ---- */

static bool counts_days(struct limit_time limit) {
    return limit.unit != LIMIT_HALF_DAYS && limit.unit != LIMIT_BUSINESS_HOURS && limit.unit != LIMIT_MICROSECONDS;
}

static void print_due_json(const struct calendar *calendar, enum calendar_clock clock, int64_t start_us,
                           struct text limit, int64_t due_us) {
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, 1 << 16);
    calendar_write_due(calendar, clock, start_us, limit, due_us, &out);
    buffer_put_byte(&out, '\n');
    fwrite(out.at, 1, out.length, stdout);
}

static enum verb_status due_of_one(struct invocation *c, const struct calendar *calendar, enum calendar_clock clock) {
    struct text from = invocation_text(c, "from"), limit = invocation_text(c, "limit");
    struct error error = {0};
    struct limit_time read;
    int64_t start_us, due_us;
    if (text_is_none(from) || text_is_none(limit))
        return invocation_usage(c, "calendar due wants --from DATE and --limit \"3 workdays\", or --stdin");
    if (calendar_answer(calendar, clock, from, limit, &start_us, &read, &due_us, &error) != OUTCOME_OK)
        return invocation_failed(c, &error);
    if (c->json) {
        print_due_json(calendar, clock, start_us, limit, due_us);
        return STATUS_DONE;
    }
    char date[CALENDAR_DATE_SIZE], time[TIME_TEXT_SIZE];
    if (counts_days(read))
        printf("%s\n", calendar_date_text(calendar_last_day(due_us), date).at);
    else
        printf("%.10s %.5s\n", time_format_china(due_us, time).at, time_format_china(due_us, time).at + 11);
    if (calendar_is_provisional_between(calendar, start_us, due_us - 1))
        fputs("yjsctl: provisional: a year on the way is not published, weekends alone are off in it\n", stderr);
    return STATUS_DONE;
}

/* "2026-02-13 7 workdays": blanks around them and between them are nobody's fault. */
static struct text trimmed(struct text text) {
    while (text.length > 0 && text.at[0] == ' ')
        text = text_span(text.at + 1, text.length - 1);
    while (text.length > 0 && text.at[text.length - 1] == ' ')
        text.length--;
    return text;
}

static void answer_line(struct invocation *c, const struct calendar *calendar, enum calendar_clock clock,
                        struct text line) {
    struct error error = {0};
    struct limit_time read;
    int64_t start_us, due_us;
    line = trimmed(line);
    size_t space = text_find(line, ' ');
    struct text from = text_span(line.at, space == SIZE_MAX ? line.length : space);
    struct text limit = trimmed(text_span(line.at + from.length, line.length - from.length));
    enum outcome outcome = from.length > 0 && limit.length == 0
        ? error_set(&error, OUTCOME_REJECT, "bad_line", "a line is a date and a limit, as 2026-02-13 7 workdays")
        : calendar_answer(calendar, clock, from, limit, &start_us, &read, &due_us, &error);
    if (outcome == OUTCOME_OK && c->json) {
        print_due_json(calendar, clock, start_us, limit, due_us);
    } else if (outcome == OUTCOME_OK) {
        char date[CALENDAR_DATE_SIZE];
        struct text answer = calendar_date_text(calendar_last_day(due_us), date);
        fwrite(answer.at, 1, answer.length, stdout);
        putc('\n', stdout);
    } else if (c->json) {
        _cleanup_buffer_ struct buffer out;
        buffer_init(&out, 1 << 16);
        buffer_put_string(&out, "{\"error\":");
        json_write_string(&out, text_from(error.message));
        buffer_format(&out, ",\"code\":\"%s\"}\n", error.code);
        fwrite(out.at, 1, out.length, stdout);
    } else {
        fputs("error: ", stdout);
        display_put_safe(stdout, text_from(error.message));
        fprintf(stdout, " [%s]\n", error.code);
    }
}

static enum verb_status due_of_lines(struct invocation *c, const struct calendar *calendar, enum calendar_clock clock) {
    char *line = NULL;
    size_t room = 0;
    struct text text;
    while (read_line(stdin, &line, &room, &text))
        answer_line(c, calendar, clock, text);
    free(line);
    return STATUS_DONE;
}

enum verb_status verb_calendar_due(struct invocation *c) {
    const struct calendar *calendar;
    enum calendar_clock clock;
    enum verb_status status = read_calendar(c, &calendar, &clock);
    if (status != STATUS_DONE)
        return status;
    return invocation_has(c, "stdin") ? due_of_lines(c, calendar, clock) : due_of_one(c, calendar, clock);
}

/* ---- show ---- */

static struct text span_text(struct arena *arena, int64_t from, int64_t to) {
    char first[CALENDAR_DATE_SIZE], last[CALENDAR_DATE_SIZE];
    calendar_date_text(from, first);
    calendar_date_text(to, last);
    return from == to ? text_format(arena, "%s", first) : text_format(arena, "%s..%s", first, last);
}

static struct text weekday_text(struct arena *arena, int64_t from, int64_t to) {
    static const char *const names[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    const char *first = names[civil_weekday(from)], *last = names[civil_weekday(to)];
    return from == to ? text_from(first) : text_format(arena, "%s..%s", first, last);
}

static void show_days(struct invocation *c, const struct calendar_year *year) {
    static const char *const headings[] = {"days", "", "what", NULL};
    struct table table;
    table_begin(&table, &c->arena, headings);
    for (uint32_t i = 0; i < year->holiday_count; i++) {
        struct calendar_span days = year->holidays[i].days;
        table_put(&table, span_text(&c->arena, days.from, days.to));
        table_put(&table, weekday_text(&c->arena, days.from, days.to));
        table_put(&table, year->holidays[i].name);
    }
    for (uint32_t i = 0; i < year->worked_weekend_count; i++) {
        table_put(&table, span_text(&c->arena, year->worked_weekends[i], year->worked_weekends[i]));
        table_put(&table, weekday_text(&c->arena, year->worked_weekends[i], year->worked_weekends[i]));
        table_put(&table, TEXT("worked (調休)"));
    }
    list_print(c, &table, year->holiday_count + year->worked_weekend_count, "no day but Saturdays and Sundays is off");
}

static void show_closures(struct invocation *c, const struct calendar *calendar, int64_t first, int64_t last) {
    static const char *const headings[] = {"closed", "", "where", "why*", "by", "statutory limits", NULL};
    struct table table;
    uint32_t count = 0;
    table_begin(&table, &c->arena, headings);
    for (uint32_t i = 0; i < calendar->content->closure_count; i++) {
        const struct calendar_closure *closure = &calendar->content->closures[i];
        if (!calendar_shows_closure(calendar, closure, first, last))
            continue;
        struct text where = closure->region_count ? closure->regions[0] : TEXT("everywhere");
        for (uint32_t k = 1; k < closure->region_count; k++)
            where = text_format(&c->arena, "%.*s %.*s", TEXT_ARG(where), TEXT_ARG(closure->regions[k]));
        table_put(&table, span_text(&c->arena, closure->days.from, closure->days.to));
        table_put(&table, weekday_text(&c->arena, closure->days.from, closure->days.to));
        table_put(&table, where);
        table_put(&table, closure->reason);
        table_put(&table, closure->basis);
        table_put(&table, text_is_none(closure->statute_basis) ? TEXT("run on") : closure->statute_basis);
        count++;
    }
    if (count > 0) {
        fputc('\n', stdout);
        table_print(&table, &c->display, stdout);
    }
}

static void show_year(struct invocation *c, const struct calendar *calendar, int64_t number) {
    int64_t first = civil_to_days((struct civil_date){(int)number, 1, 1});
    int64_t last = civil_to_days((struct civil_date){(int)number, 12, 31});
    long long worked = (long long)calendar_working_days(calendar, CALENDAR_PROMISE, first - 1, last);
    const struct calendar_year *year = calendar_find_year(calendar, number);
    if (!year)
        printf("%lld is provisional: it is not published, Saturdays and Sundays alone are off; %lld working days\n",
               (long long)number, worked);
    else
        printf("%lld: %lld working days, by %.*s; calendar %.12s\n\n", (long long)number, worked, TEXT_ARG(year->basis),
               calendar->version.at);
    if (year)
        show_days(c, year);
    if (calendar)
        show_closures(c, calendar, first, last);
}

enum verb_status verb_calendar_show(struct invocation *c) {
    const struct calendar *calendar;
    enum calendar_clock clock;
    int64_t year;
    if (!text_to_int64(text_from(invocation_argument(c, 0)), &year) || year < 1900 || year > 9998)
        return invocation_usage(c, "\"%s\" is no year", invocation_argument(c, 0));
    enum verb_status status = read_calendar(c, &calendar, &clock);
    if (status != STATUS_DONE)
        return status;
    if (!c->json) {
        show_year(c, calendar, year);
        return STATUS_DONE;
    }
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, 1 << 20);
    calendar_write_year(calendar, (int32_t)year, &out);
    print_json(buffer_text(&out));
    return STATUS_DONE;
}

/* ---- publish ---- */

static bool read_sources(struct invocation *c, struct calendar_source *sources, enum verb_status *ret_status) {
    struct error error = {0};
    for (uint32_t i = 0; i < c->argument_count; i++) {
        const char *path = invocation_argument(c, i);
        sources[i].file_name = text_from(path);
        if (file_read(path, LIMIT_definition_bytes_most, &c->arena, &sources[i].source, &error) != OUTCOME_OK) {
            *ret_status = invocation_failed(c, &error);
            return false;
        }
    }
    return true;
}

static enum verb_status report_publishing(const struct json *report) {
    struct text former = member(report, "former");
    const struct json *years = json_get_string(report, "years");
    if (!json_is_true(json_get_string(report, "fresh"))) {
        printf("calendar %.12s holds already\n", member(report, "version").at);
        return STATUS_DONE;
    }
    printf("calendar %.12s published:", member(report, "version").at);
    for (uint32_t i = 0; years && i < years->count; i++)
        printf(" %.*s", TEXT_ARG(json_at(years, i)->text));
    if (text_is_none(former))
        puts("; the first");
    else
        printf("; before %.12s\n", former.at);
    puts("open due dates are reckoned by it, within seconds from now on");
    return STATUS_DONE;
}

enum verb_status verb_calendar_publish(struct invocation *c) {
    struct database database = {0};
    struct error error = {0};
    struct text text = TEXT_NONE;
    struct json report;
    unsigned errors, count;
    enum verb_status status = STATUS_DONE;
    struct calendar_source *sources = arena_new_array(&c->arena, c->argument_count, struct calendar_source);
    if (!sources || !read_sources(c, sources, &status) || !database_open(c, &database, &status))
        return sources ? status : STATUS_REFUSED;
    enum outcome outcome = publish_calendar(&database.port, sources, c->argument_count, invocation_user(c), &c->arena, &text, &error);
    if (!text_is_none(text) && json_read(&c->arena, text, 16, &report, NULL) == OUTCOME_OK) {
        print_report_faults(&report, c->json ? NULL : stderr, &errors, &count);
        status = outcome == OUTCOME_OK ? STATUS_DONE : STATUS_REFUSED;
        if (c->json)
            printf("%.*s\n", TEXT_ARG(text));
        else if (outcome == OUTCOME_OK)
            report_publishing(&report);
        else
            fputs("yjsctl: nothing was published\n", stderr);
    } else {
        status = invocation_failed(c, &error);
    }
    database_close(&database);
    return status;
}
