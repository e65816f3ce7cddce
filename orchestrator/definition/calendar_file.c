/* config/calendar -> the calendar: years, closures and business hours, checked as a compiler would. */
#include "definition/calendar_file.h"

#include <stdlib.h>

#include "base/sha256.h"
#include "definition/compile.h"
#include "definition/keys.h"
#include "model/limits.h"

#define FILES_MOST (CALENDAR_YEARS_MOST + 1)
#define CANONICAL_VERSION 1

struct part { struct text name; const struct json *value; };

struct work {
    struct arena *arena;
    struct faults faults;             /* of the file being read */
    struct calendar_content *content;
    struct calendar_year *years;
    struct calendar_closure *closures;
    uint32_t closure_room;
    struct part parts[FILES_MOST];    /* what the whole is made of */
    uint32_t part_count;
    uint32_t source_count;            /* of them, the first, given as sources */
};

/* ---- values ---- */

static bool read_date(struct work *w, const struct node *n, struct text text, int32_t *ret) {
    struct civil_date date;
    bool is_written = civil_read(text, &date);
    if (is_written && civil_is_valid(date)) {
        *ret = (int32_t)civil_to_days(date);
        return true;
    }
    fault_put(&w->faults, n->place, "bad_date", NULL, is_written ? "there is no day %.*s" : "\"%.*s\" is no date",
              TEXT_HEAD(text));
    return false;
}

/* "2026-01-01" or "2026-02-15..2026-02-23", within `year`. */
static bool read_span(struct work *w, const struct node *n, int32_t year, struct calendar_span *ret) {
    struct calendar_span span;
    if (!node_is_text(n))
        return false;
    const char *dots = n->text.length ? memmem(n->text.at, n->text.length, "..", 2) : NULL;
    size_t first = dots ? (size_t)(dots - n->text.at) : n->text.length;
    if (!read_date(w, n, text_span(n->text.at, first), &span.from))
        return false;
    span.to = span.from;
    if (dots && !read_date(w, n, text_span(dots + 2, n->text.length - first - 2), &span.to))
        return false;
    if (span.to < span.from) {
        fault_put(&w->faults, n->place, "dates_backwards", NULL, "%.*s ends before it begins", TEXT_HEAD(n->text));
        return false;
    }
    if (civil_from_days(span.from).year != year || civil_from_days(span.to).year != year) {
        fault_put(&w->faults, n->place, "date_of_other_year", NULL, "%.*s does not lie in %d", TEXT_HEAD(n->text), year);
        return false;
    }
    *ret = span;
    return true;
}

static bool spans_meet(struct calendar_span a, struct calendar_span b) { return a.from <= b.to && b.from <= a.to; }

static uint32_t list_count(const struct node *list) { return list && list->type == JSON_ARRAY ? list->count : 0; }

/* ---- a year ---- */

static void read_holidays(struct work *w, const struct node *list, struct calendar_year *year) {
    uint32_t count = 0;
    struct calendar_holiday *holidays = arena_new_array(w->arena, list_count(list), struct calendar_holiday);
    for (uint32_t i = 0; holidays && i < list_count(list); i++) {
        const struct node *days = node_get(&list->members[i].node, "days");
        struct calendar_holiday *holiday = &holidays[count];
        if (!days || !read_span(w, days, year->year, &holiday->days))
            continue;
        holiday->name = node_text(node_get(&list->members[i].node, "name"));
        for (uint32_t k = 0; k < count; k++)
            if (spans_meet(holidays[k].days, holiday->days)) {
                fault_put(&w->faults, days->place, "holiday_twice", NULL, "%.*s has days of %.*s", TEXT_HEAD(days->text),
                          TEXT_HEAD(holidays[k].name));
                break;
            }
        count++;
    }
    year->holidays = holidays;
    year->holiday_count = count;
}

static void check_worked(struct work *w, const struct calendar_year *year, const struct node *n, int32_t day) {
    if (civil_weekday(day) < 5)
        fault_put(&w->faults, n->place, "worked_weekend_is_none", NULL, "%.*s is no Saturday and no Sunday",
                  TEXT_HEAD(n->text));
    for (uint32_t i = 0; i < year->worked_weekend_count; i++)
        if (year->worked_weekends[i] == day)
            fault_put(&w->faults, n->place, "worked_weekend_twice", NULL, "%.*s stands here twice", TEXT_HEAD(n->text));
    for (uint32_t i = 0; i < year->holiday_count; i++)
        if (spans_meet(year->holidays[i].days, (struct calendar_span){day, day}))
            fault_put(&w->faults, n->place, "worked_holiday", NULL, "%.*s is a day of %.*s", TEXT_HEAD(n->text),
                      TEXT_HEAD(year->holidays[i].name));
}

static void read_worked(struct work *w, const struct node *list, struct calendar_year *year) {
    int32_t *days = arena_new_array(w->arena, list_count(list), int32_t);
    year->worked_weekends = days;
    for (uint32_t i = 0; days && i < list_count(list); i++) {
        const struct node *n = &list->members[i].node;
        int32_t day;
        if (!node_is_text(n) || !read_date(w, n, n->text, &day))
            continue;
        if (civil_from_days(day).year != year->year) {
            fault_put(&w->faults, n->place, "date_of_other_year", NULL, "%.*s does not lie in %d", TEXT_HEAD(n->text),
                      year->year);
            continue;
        }
        check_worked(w, year, n, day);
        days[year->worked_weekend_count++] = day;
    }
}

static bool regions_meet(const struct calendar_closure *a, const struct calendar_closure *b) {
    bool meet = a->region_count == 0 || b->region_count == 0;
    for (uint32_t i = 0; i < a->region_count; i++)
        for (uint32_t k = 0; k < b->region_count; k++)
            meet = meet || calendar_region_lies_in(a->regions[i], b->regions[k]) ||
                   calendar_region_lies_in(b->regions[k], a->regions[i]);
    return meet;
}

static void read_regions(struct work *w, const struct node *list, struct calendar_closure *closure) {
    struct text *regions = arena_new_array(w->arena, list_count(list), struct text);
    for (uint32_t i = 0; regions && i < list_count(list); i++)
        if (region_is_well_formed(node_text(&list->members[i].node)))
            regions[closure->region_count++] = list->members[i].node.text;
    closure->regions = regions;
    if (list && closure->region_count == 0)
        fault_put(&w->faults, list->place, "closure_nowhere", NULL, "`regions` names none");
}

static bool has_effect(const struct calendar_year *year, struct calendar_span days) {
    struct calendar_content content = {.year_count = 1, .years = year};
    struct calendar calendar = {.content = &content};
    bool has = false;
    for (int32_t day = days.from; day <= days.to; day++)
        has = has || calendar_day(&calendar, day).is_working[CALENDAR_PROMISE];
    return has;
}

static void read_closures(struct work *w, const struct node *list, const struct calendar_year *year) {
    uint32_t first = w->content->closure_count;
    for (uint32_t i = 0; i < list_count(list) && first + i < w->closure_room; i++) {
        const struct node *n = &list->members[i].node, *days = node_get(n, "days");
        struct calendar_closure *closure = &w->closures[w->content->closure_count];
        *closure = (struct calendar_closure){.reason = node_text(node_get(n, "reason")),
                                             .basis = node_text(node_get(n, "basis")),
                                             .statute_basis = node_text(node_get(n, "statute"))};
        read_regions(w, node_get(n, "regions"), closure);
        if (!days || !read_span(w, days, year->year, &closure->days))
            continue;
        for (uint32_t k = first; k < w->content->closure_count; k++)
            if (spans_meet(w->closures[k].days, closure->days) && regions_meet(&w->closures[k], closure))
                fault_put(&w->faults, days->place, "closures_overlap", NULL, "%.*s overlaps the closure for %.*s",
                          TEXT_HEAD(days->text), TEXT_HEAD(w->closures[k].reason));
        if (!has_effect(year, closure->days))
            fault_put(&w->faults, days->place, "closure_without_effect", NULL, "%.*s: no working day among them",
                      TEXT_HEAD(days->text));
        w->content->closure_count++;
    }
}

static void read_year(struct work *w, const struct node *root, int32_t number) {
    struct calendar_year *year = &w->years[w->content->year_count++];
    *year = (struct calendar_year){.year = number, .basis = node_text(node_get(root, "basis"))};
    read_holidays(w, node_get(root, "holidays"), year);
    read_worked(w, node_get(root, "worked_weekends"), year);
    read_closures(w, node_get(root, "closures"), year);
}

/* ---- business hours ---- */

static bool read_clock(struct text t, int16_t *ret) {
    for (size_t i = 0; i < t.length; i++)
        if ((t.at[i] < '0' || t.at[i] > '9') != (i == 2))
            return false;
    if (t.length != 5 || t.at[2] != ':')
        return false;
    int hour = (t.at[0] - '0') * 10 + t.at[1] - '0', minute = (t.at[3] - '0') * 10 + t.at[4] - '0';
    *ret = (int16_t)(hour * 60 + minute);
    return minute < 60 && *ret <= 24 * 60 && minute % CALENDAR_HOURS_GRAIN_MINUTES == 0;
}

static bool read_half(struct work *w, const struct node *n, int16_t *ret_from, int16_t *ret_to) {
    struct text t = node_text(n);
    size_t dash = text_find(t, '-');
    if (dash != SIZE_MAX && read_clock(text_span(t.at, dash), ret_from) &&
        read_clock(text_span(t.at + dash + 1, t.length - dash - 1), ret_to) && *ret_from < *ret_to)
        return true;
    if (n)
        fault_put(&w->faults, n->place, "bad_hours", NULL, "\"%.*s\" are no business hours", TEXT_HEAD(t));
    return false;
}

static void read_hours(struct work *w, const struct node *hours) {
    const struct node *morning = node_get(hours, "morning"), *afternoon = node_get(hours, "afternoon");
    struct calendar_hours read = CALENDAR_HOURS_USUAL;
    bool is_read = read_half(w, morning, &read.morning_from, &read.morning_to);
    is_read = read_half(w, afternoon, &read.afternoon_from, &read.afternoon_to) && is_read;
    if (is_read && read.afternoon_from < read.morning_to)
        fault_put(&w->faults, afternoon->place, "bad_hours", NULL, "the afternoon begins before the morning ends");
    else if (is_read)
        w->content->hours = read;
}

/* ---- files ---- */

static const struct part *find_part(const struct work *w, struct text name) {
    for (uint32_t i = 0; i < w->part_count; i++)
        if (text_equal(w->parts[i].name, name))
            return &w->parts[i];
    return NULL;
}

static bool make_closure_room(struct work *w, uint32_t more) {
    uint32_t room = w->content->closure_count + more;
    struct calendar_closure *closures = arena_new_array(w->arena, room, struct calendar_closure);
    if (!closures)
        return false;
    if (w->content->closure_count)
        memcpy(closures, w->closures, w->content->closure_count * sizeof *closures);
    w->closures = closures;
    w->closure_room = room;
    return true;
}

/* `name`: in the whole, of a canonical form; absent: the file's own, by what it holds. */
static void read_file(struct work *w, const struct node *root, struct text name) {
    const struct node *year = node_get(root, "year");
    struct json number = {.type = JSON_NUMBER, .text = year ? year->text : TEXT_NONE};
    int64_t value = 0;
    if (root->type != JSON_OBJECT) {
        fault_put(&w->faults, root->place, "wrong_type", NULL, "a calendar's file is a mapping of keys");
        return;
    }
    bool is_hours = !year && node_get(root, "hours");
    shape_check_node(&w->faults, is_hours ? &shape_calendar_hours_file : &shape_calendar_year, root, false);
    if (!is_hours && (!year || year->type != JSON_NUMBER || !json_to_int64(&number, &value) ||
                      value < CALENDAR_YEAR_LEAST || value > CALENDAR_YEAR_MOST))
        return;
    struct text own = is_hours ? TEXT("hours") : text_format(w->arena, "%d", (int)value);
    if (!text_is_none(name) && !text_equal(own, name)) {
        fault_put(&w->faults, root->place, "bad_canonical", NULL, "the part %.*s is another's", TEXT_HEAD(name));
        return;
    }
    if (find_part(w, own)) {
        if (text_is_none(name))   /* a part of the whole before is replaced in silence */
            fault_put(&w->faults, year ? year->place : root->place, "calendar_twice", NULL, "%.*s has two files",
                      TEXT_ARG(own));
        return;
    }
    if (w->part_count == FILES_MOST) {
        fault_put(&w->faults, root->place, "calendar_too_long", NULL, "more than %d years", (int)CALENDAR_YEARS_MOST);
        return;
    }
    w->parts[w->part_count++] = (struct part){own, root->value};
    if (is_hours)
        read_hours(w, node_get(root, "hours"));
    else if (make_closure_room(w, list_count(node_get(root, "closures"))))
        read_year(w, root, (int32_t)value);
}

static void read_source(struct work *w, const struct calendar_source *source) {
    struct node *root = arena_new(w->arena, struct node);
    struct fault_list *list = w->faults.list;
    uint32_t before = list->count;
    w->faults.file = text_copy(w->arena, source->file_name);
    if (root && node_read_yaml(w->arena, source->source, &w->faults, root) && node_to_json(w->arena, root))
        read_file(w, root, TEXT_NONE);
    if (list->count > before) {
        struct fault_list own = {.at = list->at + before, .count = list->count - before};
        fault_list_sort(&own);
    }
}

/* The files of a whole that `sources` did not bring anew. */
static void read_before(struct work *w, struct text canonical) {
    struct json whole;
    w->faults.file = TEXT("(calendar)");
    const struct json *files = NULL;
    if (json_read(w->arena, canonical, LIMIT_json_depth_most, &whole, NULL) == OUTCOME_OK)
        files = json_get(&whole, TEXT("files"));
    if (!files || files->type != JSON_OBJECT) {
        fault_put(&w->faults, PLACE_NONE, "bad_canonical", NULL, "the calendar's canonical form can't be read");
        return;
    }
    for (uint32_t i = 0; i < files->count; i++) {
        struct node *root = arena_new(w->arena, struct node);
        if (root && node_from_json(w->arena, &files->children[i].value, root) && node_to_json(w->arena, root))
            read_file(w, root, files->children[i].key);
    }
}

static int by_year(const void *a, const void *b) {
    return ((const struct calendar_year *)a)->year - ((const struct calendar_year *)b)->year;
}

static bool write_canonical(struct work *w, struct text *ret, struct text *ret_version) {
    struct json whole = json_object(w->arena, 2), files = json_object(w->arena, w->part_count);
    if (!whole.children || (w->part_count && !files.children))
        return false;
    for (uint32_t i = 0; i < w->part_count; i++)
        files.children[i] = (struct json_member){w->parts[i].name, *w->parts[i].value};
    files.count = w->part_count;
    whole.children[0] = (struct json_member){TEXT("calendar"), json_int64(w->arena, CANONICAL_VERSION)};
    whole.children[1] = (struct json_member){TEXT("files"), files};
    whole.count = 2;
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, LIMIT_definition_bytes_most);
    json_write_canonical(&out, &whole);
    if (out.failed && out.length > LIMIT_definition_bytes_most / 2)
        fault_put(&w->faults, PLACE_NONE, "calendar_too_long", NULL, "the whole is longer than definition_bytes_most");
    else if (out.failed)
        return false;
    char room[SHA256_TEXT_SIZE];
    *ret = text_copy(w->arena, buffer_text(&out));
    *ret_version = text_copy(w->arena, sha256_text(*ret, room));
    return !w->arena->failed;
}

enum outcome calendar_compile(struct arena *arena, struct text before, const struct calendar_source *sources,
                              uint32_t count, struct fault_list *faults, const struct calendar **ret,
                              struct text *ret_canonical, struct error *error) {
    struct text canonical = TEXT_NONE, version = TEXT_NONE;
    *faults = (struct fault_list){0};
    struct work *w = arena_new(arena, struct work);
    struct calendar_content *content = arena_new(arena, struct calendar_content);
    struct calendar_year *years = arena_new_array(arena, FILES_MOST, struct calendar_year);
    if (!w || !content || !years)
        return error_no_memory(error);
    *w = (struct work){.arena = arena, .faults = {.arena = arena, .list = faults}, .content = content, .years = years};
    content->hours = CALENDAR_HOURS_USUAL;
    for (uint32_t i = 0; i < count; i++)
        read_source(w, &sources[i]);
    if (!text_is_none(before))
        read_before(w, before);
    if (arena->failed || !write_canonical(w, &canonical, &version))
        return error_no_memory(error);
    qsort(years, content->year_count, sizeof *years, by_year);
    content->years = years;
    content->closures = w->closures;
    if (faults->error_count == 0 && content->year_count &&
        years[content->year_count - 1].year - years[0].year >= CALENDAR_YEARS_MOST)
        fault_put(&w->faults, PLACE_NONE, "calendar_too_long", NULL, "more than %d years from the first to the last",
                  (int)CALENDAR_YEARS_MOST);
    if (faults->error_count)
        return fault_list_refuse(faults, error);
    enum outcome outcome = calendar_build(arena, content, version, ret, error);
    if (outcome == OUTCOME_OK && ret_canonical)
        *ret_canonical = canonical;
    return outcome;
}
