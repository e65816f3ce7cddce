/* Durations of machines ("1h30m"), between text and microseconds. */
#include "base/time.h"

/* From the largest: a sum names each unit at most once, in this order. */
static const struct {
    struct text name;
    int64_t us;
} units[] = {
    {{"d", 1}, TIME_DAY_US},    {{"h", 1}, TIME_HOUR_US}, {{"m", 1}, TIME_MINUTE_US},
    {{"s", 1}, TIME_SECOND_US}, {{"ms", 2}, 1000},        {{"us", 2}, 1},
};
#define UNIT_COUNT (sizeof units / sizeof *units)

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

static bool duration_read(struct text t, int64_t *ret_us) {
    int64_t sum = 0;
    size_t next_unit = 0, at = 0;
    if (t.length == 0)
        return false;
    while (at < t.length) {
        size_t digits = at;
        while (at < t.length && is_digit(t.at[at]))
            at++;
        int64_t number;
        if (!text_to_int64(text_span(t.at + digits, at - digits), &number))
            return false;
        size_t letters = at;
        while (at < t.length && !is_digit(t.at[at]))
            at++;
        struct text name = text_span(t.at + letters, at - letters);
        while (next_unit < UNIT_COUNT && !text_equal(units[next_unit].name, name))
            next_unit++;
        if (next_unit == UNIT_COUNT || __builtin_mul_overflow(number, units[next_unit].us, &number) ||
            __builtin_add_overflow(sum, number, &sum))
            return false;
        next_unit++;
    }
    *ret_us = sum;
    return true;
}

enum outcome duration_parse(struct text t, int64_t *ret_us, struct error *error) {
    if (duration_read(t, ret_us))
        return OUTCOME_OK;
    return error_set(error, OUTCOME_REJECT, "bad_duration",
                     "the duration \"%.*s\" is none: write numbers with d, h, m, s, ms or us, the largest first, "
                     "as in 250ms, 10s or 1h30m",
                     TEXT_HEAD(t));
}

struct text duration_format(int64_t us, char room[TIME_TEXT_SIZE]) {
    size_t length = 0;
    uint64_t rest = us < 0 ? 0 - (uint64_t)us : (uint64_t)us;
    if (us < 0)
        room[length++] = '-'; /* only for people: no duration reads back as negative */
    for (size_t i = 0; i < UNIT_COUNT; i++) {
        uint64_t number = rest / (uint64_t)units[i].us;
        if (number == 0 && !(us == 0 && units[i].us == TIME_SECOND_US))
            continue;
        rest %= (uint64_t)units[i].us;
        char digits[20];
        int count = 0;
        do {
            digits[count++] = (char)('0' + number % 10);
            number /= 10;
        } while (number);
        while (count)
            room[length++] = digits[--count];
        memcpy(room + length, units[i].name.at, units[i].name.length);
        length += units[i].name.length;
    }
    room[length] = '\0';
    return text_span(room, length);
}
