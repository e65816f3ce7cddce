/* Holds arena and memory to their promises: zeroed, aligned, bounded, and failing on demand. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"

static void test_allocations_are_zeroed_aligned_and_apart(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    unsigned char *places[200];
    for (size_t i = 0; i < 200; i++) {
        places[i] = arena_alloc(&arena, i);
        assert_non_null(places[i]);
        assert_int_equal((uintptr_t)places[i] % _Alignof(max_align_t), 0);
        for (size_t j = 0; j < i; j++)
            assert_int_equal(places[i][j], 0);
        memset(places[i], (int)i, i);
    }
    for (size_t i = 0; i < 200; i++)
        for (size_t j = 0; j < i; j++)
            assert_int_equal(places[i][j], i);
    arena_free(&arena);
}

static void test_memory_is_zeroed_again_after_reset(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    memset(arena_alloc(&arena, 3000), 0xAA, 3000);
    memset(arena_alloc(&arena, 100000), 0xBB, 100000);
    struct arena_chunk *newest = arena.chunk;
    arena_reset(&arena);
    assert_int_equal(arena.used_bytes, 0);
    assert_non_null(arena.chunk);
    assert_ptr_not_equal(arena.chunk, newest);
    const char *again = arena_alloc(&arena, 3000);
    for (size_t i = 0; i < 3000; i++)
        assert_int_equal(again[i], 0);
    arena_free(&arena);
    assert_null(arena.chunk);
}

static void test_ceiling_is_reached_exactly_and_never_passed(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 64 * 1024);
    size_t taken = 0;
    while (arena_alloc(&arena, 1024))
        taken += 1024;
    assert_int_equal(taken, 64 * 1024);
    assert_true(arena.failed);
    assert_true(arena.used_bytes <= arena.ceiling_bytes);
    assert_null(arena_alloc(&arena, 1));
    arena_reset(&arena);
    assert_false(arena.failed);
    assert_non_null(arena_alloc(&arena, 64 * 1024));
    arena_free(&arena);
    arena_init(&arena, 100); /* what is left is less than a place of its own */
    assert_non_null(arena_alloc(&arena, 96));
    assert_null(arena_alloc(&arena, 4));
    assert_true(arena.used_bytes <= 100);
    arena_free(&arena);
}

static void test_sizes_past_all_bounds_are_refused(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_alloc(&arena, SIZE_MAX - 7));
    assert_null(arena_array(&arena, SIZE_MAX / 2, 3));
    assert_null(arena_copy(&arena, "", SIZE_MAX));
    assert_true(arena.failed);
    arena_free(&arena);
}

static void test_copy_ends_with_nul(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 4096);
    assert_string_equal(arena_copy(&arena, "abcdef", 3), "abc");
    assert_string_equal(arena_copy(&arena, NULL, 0), "");
    arena_free(&arena);
}

static void test_freeing_a_zeroed_arena_is_safe(void **state) {
    (void)state;
    struct arena arena = {0};
    arena_free(&arena);
    arena_reset(&arena);
}

static void test_allocations_fail_after_the_number_set(void **state) {
    (void)state;
    memory_fail_after(2);
    void *first = memory_alloc(1), *second = memory_resize(NULL, 1);
    assert_non_null(first);
    assert_non_null(second);
    assert_null(memory_alloc(1));
    assert_null(memory_resize(second, 100)); /* refused: the old block stays ours */
    memory_fail_after(SIZE_MAX);
    memory_free(first);
    memory_free(second);
    _cleanup_memory_ void *after = memory_alloc(0);
    assert_non_null(after);
}

static void test_arena_remembers_that_the_system_refused(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    memory_fail_after(0);
    assert_null(arena_alloc(&arena, 10));
    memory_fail_after(SIZE_MAX);
    assert_true(arena.failed);
    assert_non_null(arena_alloc(&arena, 10));
    assert_true(arena.failed);
    arena_free(&arena);
}

static void *allocate_many(void *successes) {
    for (int i = 0; i < 10000; i++) {
        void *block = memory_alloc(8);
        *(size_t *)successes += block != NULL;
        memory_free(block);
    }
    return NULL;
}

static void test_threads_share_the_number_set(void **state) {
    (void)state;
    pthread_t threads[4];
    size_t successes[4] = {0}, sum = 0;
    memory_fail_after(12345);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, allocate_many, &successes[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        sum += successes[i];
    }
    memory_fail_after(SIZE_MAX);
    assert_int_equal(sum, 12345);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allocations_are_zeroed_aligned_and_apart),
        cmocka_unit_test(test_memory_is_zeroed_again_after_reset),
        cmocka_unit_test(test_ceiling_is_reached_exactly_and_never_passed),
        cmocka_unit_test(test_sizes_past_all_bounds_are_refused),
        cmocka_unit_test(test_copy_ends_with_nul),
        cmocka_unit_test(test_freeing_a_zeroed_arena_is_safe),
        cmocka_unit_test(test_allocations_fail_after_the_number_set),
        cmocka_unit_test(test_arena_remembers_that_the_system_refused),
        cmocka_unit_test(test_threads_share_the_number_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
