/* The rows of config/calendar: what a year's file and the file of business hours may say. */
#include "calendar/calendar.h"
#include "definition/keys.h"

#define END {.key = NULL}

const struct shape shape_calendar_holiday = {"holiday", "a holiday", (const struct key_row[]){
    {.key = "name", .type = VALUE_TEXT, .flags = KEY_REQUIRED, .meaning = "what it is called (春節)"},
    {.key = "days", .type = VALUE_TEXT, .flags = KEY_REQUIRED, .meaning = "a day, 2026-01-01, or days from and to, 2026-02-15..2026-02-23; the weekends within may be named with them"},
    END}};

const struct shape shape_calendar_closure = {"closure", "a local closure", (const struct key_row[]){
    {.key = "days", .type = VALUE_TEXT, .flags = KEY_REQUIRED, .meaning = "a day, or days from and to"},
    {.key = "regions", .type = VALUE_REGIONS, .meaning = "where, with all that lies within (a city's code: its districts too); left out: everywhere"},
    {.key = "reason", .type = VALUE_TEXT, .flags = KEY_REQUIRED, .meaning = "why (颱風)"},
    {.key = "basis", .type = VALUE_TEXT, .flags = KEY_REQUIRED, .meaning = "by whose order"},
    {.key = "statute", .type = VALUE_TEXT, .meaning = "the law by which the days are left out of statutory limits too; without it they move promises alone (行政許可法 82)"},
    END}};

const struct shape shape_calendar_year = {"calendar year", "config/calendar/<year>.yaml", (const struct key_row[]){
    {.key = "year", .type = VALUE_COUNT, .least = CALENDAR_YEAR_LEAST, .most = CALENDAR_YEAR_MOST, .flags = KEY_REQUIRED, .meaning = "the year that was published; others are provisional, with weekends alone off"},
    {.key = "basis", .type = VALUE_TEXT, .flags = KEY_REQUIRED, .meaning = "the State Council's notice"},
    {.key = "holidays", .type = VALUE_SHAPES, .shape = &shape_calendar_holiday, .flags = KEY_REQUIRED, .meaning = "days off"},
    {.key = "worked_weekends", .type = VALUE_TEXTS, .meaning = "Saturdays and Sundays that are worked (調休)"},
    {.key = "closures", .type = VALUE_SHAPES, .shape = &shape_calendar_closure, .meaning = "local days off besides (a typhoon)"},
    END}};

const struct shape shape_calendar_hours = {"hours", "hours: {…}", (const struct key_row[]){
    {.key = "morning", .type = VALUE_TEXT, .flags = KEY_REQUIRED, .meaning = "from and to, 09:00-12:00, on quarters of an hour"},
    {.key = "afternoon", .type = VALUE_TEXT, .flags = KEY_REQUIRED, .meaning = "from and to; business closes, and a day's limits end, at its end"},
    END}};

const struct shape shape_calendar_hours_file = {"calendar hours", "config/calendar/hours.yaml", (const struct key_row[]){
    {.key = "hours", .type = VALUE_SHAPE, .shape = &shape_calendar_hours, .flags = KEY_REQUIRED, .meaning = "business hours; without this file 09:00-12:00 and 14:00-18:00"},
    END}};

const struct shape *const shapes_calendar[] = {&shape_calendar_year, &shape_calendar_holiday, &shape_calendar_closure,
                                               &shape_calendar_hours_file, &shape_calendar_hours, NULL};
