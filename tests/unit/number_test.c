/* Case numbers of our own making: their parts, and that their check digit sees wrong digits and swaps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/limits.h"
#include "model/number.h"

static void test_check_digits_are_iso_7064_mod_11_10(void **unused) {
    (void)unused;
    /* The standard's own example, and others reckoned by hand. */
    assert_int_equal(case_number_check_digit(TEXT("0794")), '5');
    assert_int_equal(case_number_check_digit(TEXT("")), '1');
    assert_int_equal(case_number_check_digit(TEXT("0")), '2');
    assert_int_equal(case_number_check_digit(TEXT("1")), '9');
}

static void test_number_is_region_day_sequence_and_check_digit(void **unused) {
    (void)unused;
    struct arena arena;
    arena_init(&arena, 1u << 16);
    struct text number = case_number(&arena, TEXT("441300"), (struct civil_date){2026, 3, 2}, 1);
    assert_int_equal(number.length, 22);
    assert_true(text_starts_with(number, "441300" "20260302" "0000001"));
    assert_true(case_number_is_sound(number));
    number = case_number(&arena, TEXT("441300"), (struct civil_date){2026, 12, 31}, 123456789);
    assert_true(text_starts_with(number, "441300" "20261231" "123456789"));
    assert_true(case_number_is_sound(number));
    arena_free(&arena);
}

static void test_every_wrong_digit_and_nearly_every_swap_is_seen(void **unused) {
    (void)unused;
    struct arena arena;
    arena_init(&arena, 1u << 20);
    unsigned swaps = 0, missed = 0;
    for (int64_t sequence = 1; sequence < 2000; sequence += 7) {
        struct text number = case_number(&arena, TEXT("441300"), (struct civil_date){2026, 3, 2}, sequence);
        char *digits = arena_copy(&arena, number.at, number.length);
        for (size_t i = 0; i < number.length; i++)
            for (char wrong = '0'; wrong <= '9'; wrong++) {
                digits[i] = wrong;
                assert_int_equal(case_number_is_sound(text_span(digits, number.length)), wrong == number.at[i]);
                digits[i] = number.at[i];
            }
        for (size_t i = 0; i + 1 < number.length; i++)
            if (number.at[i] != number.at[i + 1]) {
                digits[i] = number.at[i + 1];
                digits[i + 1] = number.at[i];
                swaps++;
                missed += case_number_is_sound(text_span(digits, number.length));
                digits[i] = number.at[i];
                digits[i + 1] = number.at[i + 1];
            }
    }
    assert_true(missed * 50 < swaps);   /* the standard: fewer than one in fifty pass */
    arena_free(&arena);
}

static void test_others_numbers_are_not_of_our_making(void **unused) {
    (void)unused;
    assert_false(case_number_is_sound(TEXT_NONE));
    assert_false(case_number_is_sound(TEXT("")));
    assert_false(case_number_is_sound(TEXT("07945")));
    assert_false(case_number_is_sound(TEXT("44130020260302000000x1")));
    char longest[LIMIT_number_bytes_most + 2];
    memset(longest, '0', sizeof longest);
    for (char last = '0'; last <= '9'; last++) {
        longest[LIMIT_number_bytes_most] = last;
        assert_false(case_number_is_sound(text_span(longest, LIMIT_number_bytes_most + 1)));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_digits_are_iso_7064_mod_11_10),
        cmocka_unit_test(test_number_is_region_day_sequence_and_check_digit),
        cmocka_unit_test(test_every_wrong_digit_and_nearly_every_swap_is_seen),
        cmocka_unit_test(test_others_numbers_are_not_of_our_making),
    };
    return cmocka_run_group_tests_name("model: numbers", tests, NULL, NULL);
}
