/* conductor/shares.h: equal, the same for everybody, and few that move. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

#include "conductor/shares.h"

#define MEMBERS_MOST 9
#define SHARDS_MOST 64
#define CLUSTERS 60

static char names[MEMBERS_MOST][24];

static void name_members(struct text *members, uint32_t count, int cluster) {
    for (uint32_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "hall%d-%u", cluster, i + 1);
        members[i] = text_from(names[i]);
    }
}

static void test_nobody_has_more_than_one_shard_more_than_another(void **state) {
    (void)state;
    struct text members[MEMBERS_MOST];
    struct arena arena;
    arena_init(&arena, 1u << 20);
    for (int cluster = 0; cluster < CLUSTERS; cluster++)
        for (uint32_t count = 1; count <= MEMBERS_MOST; count++)
            for (int32_t shards = 1; shards <= SHARDS_MOST; shards = shards < 8 ? shards + 1 : shards * 2) {
                int32_t held[MEMBERS_MOST] = {0}, all = 0;
                name_members(members, count, cluster);
                arena_reset(&arena);
                const struct text *shares = shares_of(&arena, members, count, shards);
                for (int32_t shard = 0; shard < shards; shard++)
                    for (uint32_t i = 0; i < count; i++)
                        held[i] += text_equal(shares[shard], members[i]);
                for (uint32_t i = 0; i < count; i++) {
                    all += held[i];
                    assert_in_range(held[i], shards / (int32_t)count, (shards + (int32_t)count - 1) / (int32_t)count);
                }
                assert_int_equal(all, shards);
            }
    arena_free(&arena);
}

static void test_the_order_in_which_members_are_told_changes_nothing(void **state) {
    (void)state;
    struct text members[5], turned[5];
    struct arena arena;
    arena_init(&arena, 1u << 20);
    name_members(members, 5, 1);
    for (int i = 0; i < 5; i++)
        turned[i] = members[4 - i];
    const struct text *shares = shares_of(&arena, members, 5, 12), *others = shares_of(&arena, turned, 5, 12);
    for (int32_t shard = 0; shard < 12; shard++)
        assert_true(text_equal(shares[shard], others[shard]));
    arena_free(&arena);
}

static void test_when_a_member_comes_or_goes_little_else_moves(void **state) {
    (void)state;
    struct text members[MEMBERS_MOST];
    struct arena arena;
    arena_init(&arena, 1u << 20);
    for (uint32_t count = 2; count <= 6; count++) {
        int32_t moved = 0, its = 0;
        for (int cluster = 0; cluster < CLUSTERS; cluster++) {
            name_members(members, count, cluster);
            arena_reset(&arena);
            const struct text *with = shares_of(&arena, members, count, 32), *without = shares_of(&arena, members, count - 1, 32);
            for (int32_t shard = 0; shard < 32; shard++) {
                moved += !text_equal(with[shard], without[shard]);
                its += text_equal(with[shard], members[count - 1]);
            }
        }
        assert_in_range(moved, its, its + its / 2);   /* its own move in any case */
    }
    arena_free(&arena);
}

static void test_without_members_nobody_has_anything(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 1u << 20);
    const struct text *shares = shares_of(&arena, NULL, 0, 3);
    for (int i = 0; i < 3; i++)
        assert_true(text_is_none(shares[i]));
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_has_more_than_one_shard_more_than_another),
        cmocka_unit_test(test_the_order_in_which_members_are_told_changes_nothing),
        cmocka_unit_test(test_when_a_member_comes_or_goes_little_else_moves),
        cmocka_unit_test(test_without_members_nobody_has_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
