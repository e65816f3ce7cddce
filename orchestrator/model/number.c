/* Makes and checks case numbers. */
#include "model/number.h"

#include "model/limits.h"

enum { NUMBER_LENGTH_LEAST = 6 + 8 + 7 + 1 };

char case_number_check_digit(struct text digits) {
    int product = 10;
    for (size_t i = 0; i < digits.length; i++) {
        int sum = (product + (digits.at[i] - '0')) % 10;
        product = (sum == 0 ? 10 : sum) * 2 % 11;
    }
    return (char)('0' + (11 - product) % 10);
}

struct text case_number(struct arena *arena, struct text region, struct civil_date day, int64_t sequence) {
    struct text body = text_format(arena, "%.*s%04d%02d%02d%07lld", TEXT_ARG(region), day.year, day.month, day.day,
                                   (long long)sequence);
    if (text_is_none(body))
        return TEXT_NONE;
    return text_format(arena, "%.*s%c", TEXT_ARG(body), case_number_check_digit(body));
}

bool case_number_is_sound(struct text number) {
    if (number.length < NUMBER_LENGTH_LEAST || number.length > LIMIT_number_bytes_most)
        return false;
    for (size_t i = 0; i < number.length; i++)
        if (number.at[i] < '0' || number.at[i] > '9')
            return false;
    return case_number_check_digit(text_span(number.at, number.length - 1)) == number.at[number.length - 1];
}
