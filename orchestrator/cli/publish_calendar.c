/* The calendar's way into the database: the whole that holds, with the published files in the place of their own. */
#include "cli/publish.h"
#include "definition/calendar_file.h"
#include "model/limits.h"

enum { TRIES = 5 };   /* another may publish between our reading and our writing */

/* Version and canonical form of the one that holds (`version` absent), or of a version; absent: none. */
static enum outcome read_version(const struct records_port *records, struct text version, struct arena *arena, struct text *ret_version,
                                 struct text *ret_canonical, struct error *error) {
    struct record_list rows = {0};
    struct json row;
    bool current = text_is_none(version);
    *ret_version = *ret_canonical = TEXT_NONE;
    enum outcome outcome = records->query(records->context, current ? "calendar_current" : "calendar_version", &version, current ? 0 : 1,
                                          arena, &rows, error);
    if (outcome != OUTCOME_OK || rows.count == 0)
        return outcome;
    outcome = json_read(arena, rows.at[0], 4, &row, error);
    if (outcome == OUTCOME_OK) {
        *ret_version = json_get_text(&row, TEXT("version"));
        *ret_canonical = json_get_text(&row, TEXT("canonical"));
    }
    return outcome;
}

static struct text write_report(struct arena *arena, const struct calendar *calendar, struct text former,
                                const struct json *published, const struct fault_list *faults) {
    _cleanup_buffer_ struct buffer out, list;
    struct json_writer w;
    buffer_init(&out, (size_t)8 << 20);
    buffer_init(&list, (size_t)8 << 20);
    fault_list_write_json(faults, &list);
    json_begin(&w, &out);
    json_open(&w, '{');
    if (calendar) {
        json_key(&w, TEXT("version"));
        json_put_text(&w, calendar->version);
        json_key(&w, TEXT("former"));
        json_put_text(&w, former);
        json_key(&w, TEXT("published_at"));
        json_put_value(&w, json_get_string(published, "published_at"));
        json_key(&w, TEXT("fresh"));
        json_put_bool(&w, json_is_true(json_get_string(published, "fresh")));
        json_key(&w, TEXT("years"));
        json_open(&w, '[');
        for (uint32_t i = 0; i < calendar->content->year_count; i++)
            json_put_int64(&w, calendar->content->years[i].year);
        json_close(&w, ']');
    }
    json_key(&w, TEXT("faults"));
    json_put_raw(&w, buffer_text(&list));
    json_close(&w, '}');
    return out.failed || list.failed ? TEXT_NONE : text_copy(arena, buffer_text(&out));
}

enum outcome publish_calendar(const struct records_port *records, const struct calendar_source *sources, uint32_t count,
                              struct text by, struct arena *arena, struct text *ret_report, struct error *error) {
    for (int i = 0; i < TRIES; i++) {
        struct text former, before, canonical;
        struct fault_list faults = {0};
        struct record_list rows = {0};
        struct json row;
        const struct calendar *calendar = NULL;
        enum outcome outcome = read_version(records, TEXT_NONE, arena, &former, &before, error);
        if (outcome != OUTCOME_OK)
            return outcome;
        outcome = calendar_compile(arena, before, sources, count, &faults, &calendar, &canonical, error);
        if (outcome == OUTCOME_REJECT)
            *ret_report = write_report(arena, NULL, TEXT_NONE, NULL, &faults);
        if (outcome != OUTCOME_OK)
            return outcome == OUTCOME_REJECT && text_is_none(*ret_report) ? error_no_memory(error) : outcome;
        const struct text parameters[] = {calendar->version, canonical, by, former};
        outcome = records->query(records->context, "calendar_publish", parameters, 4, arena, &rows, error);
        if (outcome == OUTCOME_OK && rows.count == 0)
            continue;
        if (outcome == OUTCOME_OK)
            outcome = json_read(arena, rows.at[0], 4, &row, error);
        if (outcome != OUTCOME_OK)
            return outcome;
        struct text report = write_report(arena, calendar, former, &row, &faults);
        if (text_is_none(report))
            return error_no_memory(error);
        *ret_report = report;
        return OUTCOME_OK;
    }
    return error_set(error, OUTCOME_RETRY, "calendar_busy", "others publish calendars at this moment: try again");
}

enum outcome published_calendar_of(const struct records_port *records, struct text version, struct arena *arena,
                                   const struct calendar **ret, struct error *error) {
    struct text found, canonical;
    struct fault_list faults;
    *ret = NULL;
    enum outcome outcome = read_version(records, version, arena, &found, &canonical, error);
    if (outcome != OUTCOME_OK || text_is_none(canonical))
        return outcome;
    return calendar_compile(arena, canonical, NULL, 0, &faults, ret, NULL, error);
}

enum outcome published_calendar(const struct records_port *records, struct arena *arena, const struct calendar **ret,
                                struct error *error) {
    return published_calendar_of(records, TEXT_NONE, arena, ret, error);
}
