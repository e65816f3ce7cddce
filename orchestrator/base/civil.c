/* The proleptic Gregorian calendar as day numbers: eras of 400 years, years that begin in March. */
#include "base/time.h"

#define ERA_DAYS INT64_C(146097)       /* days in 400 years */
#define EPOCH_SHIFT_DAYS INT64_C(719468) /* from 0000-03-01 to 1970-01-01 */

int64_t civil_to_days(struct civil_date date) {
    int64_t year = (int64_t)date.year - (date.month <= 2);
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
    return era * ERA_DAYS + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - EPOCH_SHIFT_DAYS;
}

struct civil_date civil_from_days(int64_t days) {
    days += EPOCH_SHIFT_DAYS;
    int64_t era = (days >= 0 ? days : days - (ERA_DAYS - 1)) / ERA_DAYS;
    int64_t day_of_era = days - era * ERA_DAYS;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153;
    struct civil_date date = {.day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1),
                              .month = (int)(march_month < 10 ? march_month + 3 : march_month - 9)};
    date.year = (int)(year_of_era + era * 400 + (date.month <= 2));
    return date;
}

bool civil_is_valid(struct civil_date date) {
    static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (date.month < 1 || date.month > 12 || date.day < 1)
        return false;
    bool leap = date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0);
    return date.day <= month_days[date.month - 1] + (leap && date.month == 2);
}

bool civil_read(struct text t, struct civil_date *ret) {
    struct civil_date date = {0};
    if (t.length != 10 || t.at[4] != '-' || t.at[7] != '-')
        return false;
    for (int i = 0; i < 10; i++) {
        if (i == 4 || i == 7)
            continue;
        if (t.at[i] < '0' || t.at[i] > '9')
            return false;
        int *part = i < 4 ? &date.year : i < 7 ? &date.month : &date.day;
        *part = *part * 10 + (t.at[i] - '0');
    }
    *ret = date;
    return true;
}

int civil_weekday(int64_t days) {
    int weekday = (int)((days % 7 + 3) % 7); /* day 0 was a Thursday */
    return weekday < 0 ? weekday + 7 : weekday;
}
