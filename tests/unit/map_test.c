/* Holds the hash map to a plain table under many puts and removals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/map.h"

static void test_empty_map_holds_nothing(void **state) {
    (void)state;
    struct map m;
    map_init(&m);
    assert_null(map_get(&m, TEXT("a")));
    assert_null(map_remove(&m, TEXT("a")));
    map_each(&m, slot) fail();
    map_clear(&m);
    map_free(&m);
}

static void test_value_is_found_replaced_and_removed(void **state) {
    (void)state;
    struct map m;
    map_init(&m);
    int one, two;
    assert_true(map_put(&m, TEXT("gas"), &one));
    assert_true(map_put(&m, TEXT(""), &two));
    assert_ptr_equal(map_get(&m, TEXT("gas")), &one);
    assert_ptr_equal(map_get(&m, TEXT("")), &two);
    assert_null(map_get(&m, TEXT_NONE));
    assert_true(map_put(&m, TEXT("gas"), &two));
    assert_int_equal(m.count, 2);
    assert_ptr_equal(map_remove(&m, TEXT("gas")), &two);
    assert_null(map_get(&m, TEXT("gas")));
    assert_int_equal(m.count, 1);
    map_clear(&m);
    assert_null(map_get(&m, TEXT("")));
    map_free(&m);
}

#define KEYS 500

static void test_map_agrees_with_a_plain_table(void **state) {
    (void)state;
    static char names[KEYS][16];
    static void *expected[KEYS];
    struct map m;
    map_init(&m);
    for (int i = 0; i < KEYS; i++)
        snprintf(names[i], sizeof names[i], "key%d", i);
    uint64_t random = 7;
    for (int step = 0; step < 20000; step++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        size_t i = (size_t)(random >> 33) % KEYS;
        if (random >> 63) {
            assert_ptr_equal(map_remove(&m, text_from(names[i])), expected[i]);
            expected[i] = NULL;
        } else {
            expected[i] = &names[(random >> 40) % KEYS];
            assert_true(map_put(&m, text_from(names[i]), expected[i]));
        }
        if (step % 500)
            continue;
        size_t count = 0, walked = 0;
        for (int j = 0; j < KEYS; j++) {
            assert_ptr_equal(map_get(&m, text_from(names[j])), expected[j]);
            count += expected[j] != NULL;
        }
        map_each(&m, slot) walked++;
        assert_int_equal(m.count, count);
        assert_int_equal(walked, count);
    }
    map_free(&m);
}

static void test_refused_growth_leaves_the_map_unchanged(void **state) {
    (void)state;
    static char names[13][8];
    struct map m;
    map_init(&m);
    memory_fail_after(1);
    for (int i = 0; i < 13; i++) {
        snprintf(names[i], sizeof names[i], "%d", i);
        assert_int_equal(map_put(&m, text_from(names[i]), names[i]), i < 12);
    }
    assert_int_equal(m.count, 12);
    assert_true(map_put(&m, text_from(names[0]), names[1])); /* replacing needs no memory */
    memory_fail_after(SIZE_MAX);
    assert_null(map_get(&m, text_from(names[12])));
    assert_ptr_equal(map_get(&m, text_from(names[0])), names[1]);
    map_free(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_map_holds_nothing),
        cmocka_unit_test(test_value_is_found_replaced_and_removed),
        cmocka_unit_test(test_map_agrees_with_a_plain_table),
        cmocka_unit_test(test_refused_growth_leaves_the_map_unchanged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
