/* Builds a calendar: a table of days for the whole, and one for each region that a closure names. */
#include "calendar/calendar_part.h"

static enum outcome refuse(struct error *error, const char *why) {
    return error_set(error, OUTCOME_REJECT, "calendar_content", "%s", why);
}

static int64_t first_day_of(int32_t year) { return civil_to_days((struct civil_date){year, 1, 1}); }

static bool is_within_year(const struct calendar_year *year, struct calendar_span span) {
    return span.from <= span.to && span.from >= first_day_of(year->year) && span.to < first_day_of(year->year + 1);
}

static enum outcome check(const struct calendar_content *content, struct error *error) {
    struct calendar_hours h = content->hours;
    int grain = CALENDAR_HOURS_GRAIN_MINUTES;
    if (h.morning_from < 0 || h.morning_from >= h.morning_to || h.morning_to > h.afternoon_from ||
        h.afternoon_from >= h.afternoon_to || h.afternoon_to > 24 * 60)
        return refuse(error, "business hours must be a morning and then an afternoon within one day");
    if (h.morning_from % grain || h.morning_to % grain || h.afternoon_from % grain || h.afternoon_to % grain)
        return refuse(error, "business hours must begin and end at a quarter of an hour");
    for (uint32_t i = 0; i < content->year_count; i++) {
        const struct calendar_year *year = &content->years[i];
        if (year->year < CALENDAR_YEAR_LEAST || year->year > CALENDAR_YEAR_MOST ||
            year->year - content->years[0].year >= CALENDAR_YEARS_MOST || (i && year->year <= year[-1].year))
            return refuse(error, "years must ascend and lie near to each other");
        for (uint32_t k = 0; k < year->holiday_count; k++)
            if (!is_within_year(year, year->holidays[k].days))
                return refuse(error, "a holiday must lie in its year");
        for (uint32_t k = 0; k < year->worked_weekend_count; k++)
            if (!is_within_year(year, (struct calendar_span){year->worked_weekends[k], year->worked_weekends[k]}))
                return refuse(error, "a worked weekend must lie in its year");
    }
    for (uint32_t i = 0; i < content->closure_count; i++)
        if (content->closures[i].days.from > content->closures[i].days.to)
            return refuse(error, "a closure must begin before it ends");
    return OUTCOME_OK;
}

/* From the first day of the first year, and any closure's before it, to the last of the last. */
static enum outcome cover(const struct calendar_content *content, struct calendar *calendar, struct error *error) {
    int64_t first = INT64_MAX, end = INT64_MIN;
    if (content->year_count) {
        first = first_day_of(content->years[0].year);
        end = first_day_of(content->years[content->year_count - 1].year + 1);
    }
    for (uint32_t i = 0; i < content->closure_count; i++) {
        struct calendar_span days = content->closures[i].days;
        first = days.from < first ? days.from : first;
        end = days.to + 1 > end ? days.to + 1 : end;
    }
    if (first > end)
        first = end = 0;
    if (end - first > CALENDAR_YEARS_MOST * INT64_C(366))
        return refuse(error, "closures and years must lie near to each other");
    calendar->first_day = first;
    calendar->day_count = (int32_t)(end - first);
    return OUTCOME_OK;
}

static bool build_tables(struct arena *arena, struct calendar *calendar) {
    int16_t *shift[CALENDAR_CLOCK_COUNT];
    for (int clock = 0; clock < CALENDAR_CLOCK_COUNT; clock++) {
        shift[clock] = arena_new_array(arena, (size_t)calendar->day_count + 1, int16_t);
        if (!shift[clock])
            return false;
        calendar->shift[clock] = shift[clock];
    }
    for (int32_t i = 0; i < calendar->day_count; i++) {
        int64_t day = calendar->first_day + i;
        struct calendar_day found = calendar_day(calendar, day);
        int weekday = civil_weekday(day) < 5;
        for (int clock = 0; clock < CALENDAR_CLOCK_COUNT; clock++)
            shift[clock][i + 1] = (int16_t)(shift[clock][i] + found.is_working[clock] - weekday);
    }
    return true;
}

static bool has_region(const struct calendar_region *regions, uint32_t count, struct text region) {
    for (uint32_t i = 0; i < count; i++)
        if (text_equal(regions[i].region, region))
            return true;
    return false;
}

static enum outcome build_regions(struct arena *arena, struct calendar *whole, struct error *error) {
    const struct calendar_content *content = whole->content;
    struct calendar_region *regions = arena_new_array(arena, CALENDAR_REGIONS_MOST, struct calendar_region);
    if (!regions)
        return error_no_memory(error);
    whole->regions = regions;
    for (uint32_t i = 0; i < content->closure_count; i++)
        for (uint32_t k = 0; k < content->closures[i].region_count; k++) {
            struct text region = content->closures[i].regions[k];
            if (has_region(regions, whole->region_count, region))
                continue;
            if (whole->region_count == CALENDAR_REGIONS_MOST)
                return refuse(error, "closures name too many regions");
            struct calendar *of_region = arena_new(arena, struct calendar);
            if (!of_region)
                return error_no_memory(error);
            *of_region = *whole;
            of_region->region = region;
            of_region->region_count = 0;
            of_region->regions = NULL;
            if (!build_tables(arena, of_region))
                return error_no_memory(error);
            regions[whole->region_count++] = (struct calendar_region){region, of_region};
        }
    return OUTCOME_OK;
}

enum outcome calendar_build(struct arena *arena, const struct calendar_content *content, struct text version,
                            const struct calendar **ret, struct error *error) {
    struct calendar *calendar = arena_new(arena, struct calendar);
    if (!calendar)
        return error_no_memory(error);
    enum outcome outcome = check(content, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    *calendar = (struct calendar){.version = version, .content = content, .hours = content->hours};
    outcome = cover(content, calendar, error);
    if (outcome == OUTCOME_OK && !build_tables(arena, calendar))
        outcome = error_no_memory(error);
    if (outcome == OUTCOME_OK)
        outcome = build_regions(arena, calendar, error);
    if (outcome == OUTCOME_OK)
        *ret = calendar;
    return outcome;
}

/* The table of the region whose code is the first `digits` of `region` and zeros. */
static const struct calendar *find_region(const struct calendar *calendar, struct text region, size_t digits) {
    for (uint32_t i = 0; i < calendar->region_count; i++) {
        struct text known = calendar->regions[i].region;
        if (known.length == region.length && memcmp(known.at, region.at, digits) == 0 &&
            memcmp(known.at + digits, "000000", known.length - digits) == 0)
            return calendar->regions[i].calendar;
    }
    return NULL;
}

const struct calendar *calendar_for_region(const struct calendar *calendar, struct text region) {
    if (!calendar)
        return NULL;
    const struct calendar *found = find_region(calendar, region, region.length);
    if (!found && region.length == 6)   /* a district: its city, its province */
        found = find_region(calendar, region, 4);
    if (!found && region.length == 6)
        found = find_region(calendar, region, 2);
    return found ? found : calendar;
}
