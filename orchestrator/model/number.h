/* The 流水號 of a case that came without one: region (6 digits), day (8), sequence (at least 7), check digit.
 *
 * Check digit: ISO 7064 MOD 11,10 over all digits before it, so that every single wrong digit and nearly every swap of
 * two neighbours is seen when a number is read out or typed. */
#ifndef YJS_MODEL_NUMBER_H
#define YJS_MODEL_NUMBER_H

#include "base/arena.h"
#include "base/text.h"
#include "base/time.h"

/* Absent when there is no memory. */
struct text case_number(struct arena *, struct text region, struct civil_date day, int64_t sequence);
/* Is it a number of our own making whose check digit fits? */
bool case_number_is_sound(struct text number);
/* ISO 7064 MOD 11,10 check digit of decimal digits: '0' to '9'. */
char case_number_check_digit(struct text digits);

#endif
