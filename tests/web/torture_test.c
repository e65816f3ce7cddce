/* Torture of the API: every allocation of a request is refused once. The answer is what it would have been, or says that it
 * can't be given now, or the connection is closed without one; and the
 * next request is as ever. */
#include "kit.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"

static const struct request { const char *role, *method, *path, *headers, *body; } requests[] = {
    {"window", "POST", "/v1/cases", JSON_BODY, "{\"thing\":\"t\",\"form\":{\"a\":\"x\",\"b\":1}}"},
    {"window", "POST", "/v1/cases", JSON_BODY, "{\"thing\":\"t\",\"form\":{\"a\":\"long\",\"b\":\"x\"}}"},
    {"window", "POST", "/v1/cases", JSON_BODY "\nIdempotency-Key: k", "{\"thing\":\"t\",\"form\":{\"a\":\"x\",\"b\":1}}"},
    {"window", "POST", "/v1/cases", JSON_BODY, "{\"thing\":"},
    {"operator", "GET", "/v1/cases?limit=5", NULL, NULL},
    {"operator", "GET", "/v1/cases/N1", NULL, NULL},
    {"operator", "POST", "/v1/cases/N1/withdraw", JSON_BODY, "{\"reason\":\"r\"}"},
    {"operator", "GET", "/v1/things", NULL, NULL},
    {NULL, "GET", "/v1/cases", NULL, NULL},
    {NULL, "GET", "/healthz", NULL, NULL},
    {NULL, "GET", "/metrics", NULL, NULL},
    {"operator", "GET", "/v1/nothing", NULL, NULL},
};

static long ask(const struct request *r) { return call(r->role, r->method, r->path, r->headers, r->body)->status; }

static void test_request_that_finds_no_memory_is_answered_and_the_next_is_as_ever(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        const struct request *r = &requests[i];
        long usual = ask(r), refusals = 0;
        size_t n = 0;
        for (bool refused = true; refused; n++) {
            size_t commands = records.command_count;
            memory_fail_once_after(n);
            long status = ask(r);
            refused = memory_has_refused_one();
            memory_fail_after(SIZE_MAX);
            if (status != usual && status != 503 && status != 500 && status != 0)
                fail_msg("%s %s, allocation %zu: %ld where %ld is usual", r->method, r->path, n, status, usual);
            refusals += status != usual;
            if (status == 503)   /* come again; a 500 or a broken connection leaves it open, as ever: hence Idempotency-Key */
                assert_int_equal(records.command_count, commands);
            long now = ask(r);
            if (now != usual)
                fail_msg("%s %s after allocation %zu: %ld where %ld is usual", r->method, r->path, n, now, usual);
        }
        print_message("%-4s %-28s %3ld, %3zu allocations, %3ld refusals\n", r->method, r->path, usual, n - 1, refusals);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_request_that_finds_no_memory_is_answered_and_the_next_is_as_ever, kit_start, kit_stop),
    };
    return cmocka_run_group_tests_name("web: torture", tests, NULL, NULL);
}
