/* base/ranks.h against a plain list that is sorted each time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

#include "base/ranks.h"

struct one { struct list link; int rank, order; };

static int rank_of(const struct list *node) { return list_entry(node, struct one, link)->rank; }

static void test_higher_rank_comes_first_and_within_one_the_oldest(void **state) {
    (void)state;
    static const int ranks_in[] = {0, 0, 7, -3, 7, 200, 0, -200, 64, -137};
    static const int orders_out[] = {5, 8, 2, 4, 0, 1, 6, 3, 9, 7};
    struct one all[10];
    struct ranks ranks;
    ranks_init(&ranks);
    assert_null(ranks_first(&ranks));
    for (int i = 0; i < 10; i++) {
        all[i] = (struct one){.rank = ranks_in[i], .order = i};
        ranks_append(&ranks, all[i].rank, &all[i].link);
    }
    int n = 0;
    ranks_each(&ranks, head)
        list_each(head, node)
            assert_int_equal(list_entry(node, struct one, link)->order, orders_out[n++]);
    assert_int_equal(n, 10);
    for (n = 0; n < 10; n++) {
        struct list *node = ranks_first(&ranks);
        assert_int_equal(list_entry(node, struct one, link)->order, orders_out[n]);
        list_remove(node);
    }
    assert_null(ranks_first(&ranks));
}

static void test_rank_past_the_bounds_counts_as_the_bound(void **state) {
    (void)state;
    struct one high = {.rank = 1}, low = {.rank = -1}, most = {.rank = 2};
    struct ranks ranks;
    ranks_init(&ranks);
    ranks_append(&ranks, INT64_MIN, &low.link);
    ranks_append(&ranks, RANK_MOST, &most.link);
    ranks_append(&ranks, INT64_MAX, &high.link);
    assert_ptr_equal(ranks_first(&ranks), &most.link);
    list_remove(&most.link);
    assert_ptr_equal(ranks_first(&ranks), &high.link);
    list_remove(&high.link);
    assert_ptr_equal(ranks_first(&ranks), &low.link);
}

static void test_whatever_comes_and_goes_the_highest_is_next(void **state) {
    (void)state;
    enum { MANY = 300 };
    static struct one all[MANY];
    struct ranks ranks;
    ranks_init(&ranks);
    srand(7);
    for (int round = 0; round < 20000; round++) {
        struct one *one = &all[rand() % MANY];
        if (one->link.next && one->link.next != &one->link) {
            list_remove(&one->link);
        } else {
            one->rank = rand() % RANKS - RANK_MOST;
            ranks_append(&ranks, one->rank, &one->link);
        }
        int highest = INT32_MIN;
        for (int i = 0; i < MANY; i++)
            if (all[i].link.next && all[i].link.next != &all[i].link && all[i].rank > highest)
                highest = all[i].rank;
        struct list *first = ranks_first(&ranks);
        assert_int_equal(first ? rank_of(first) : INT32_MIN, highest);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_higher_rank_comes_first_and_within_one_the_oldest),
        cmocka_unit_test(test_rank_past_the_bounds_counts_as_the_bound),
        cmocka_unit_test(test_whatever_comes_and_goes_the_highest_is_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
