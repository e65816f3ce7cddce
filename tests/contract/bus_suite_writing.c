/* Writing: fates, order after a failure, purge, a full queue, a large message, brokers that go and come. */
#include "bus_suite_part.h"

#include <poll.h>

static void test_a_message_of_one_mebibyte_goes_through(void **state) {
    struct bench *bench = *state;
    char *bytes = malloc(1048576);
    memset(bytes, 'x', 1048576);
    publish(bench, bench->topic, 0, text_span(bytes, 1048576));
    await_deliveries(bench, 1);
    assert_int_equal(bench->delivered, 1);
    assign_one(bench, bench->topic, 0, 0);
    struct bus_message message;
    int64_t end = now_ms() + PATIENCE_MS;
    while (!bench->port->poll(bench->port->context, 50, &message, 1))
        assert_true(now_ms() < end);
    assert_true(text_equal(message.value, text_span(bytes, 1048576)));
    free(bytes);
}

static void test_a_message_beyond_every_size_is_impossible_and_those_behind_it_go(void **state) {
    struct bench *bench = *state;
    char *bytes = calloc(1, 4 << 20);
    publish(bench, bench->topic, 0, text_span(bytes, 4 << 20));
    publish_number(bench, bench->topic, 0, 1);
    await_deliveries(bench, 2);
    assert_int_equal(bench->impossible, 1);
    assert_int_equal(bench->delivered, 1);
    free(bytes);
}

static void test_a_topic_that_is_not_there_is_impossible_and_is_not_made(void **state) {
    struct bench *bench = *state;
    char none[64];
    topic_name(bench, "none", none);
    for (int i = 0; i < 2; i++) {
        publish_number(bench, none, 0, 1);
        await_deliveries(bench, (uint32_t)i + 1);
        assert_int_equal(bench->impossible, i + 1);
        sleep_ms(300);
    }
    publish_number(bench, bench->topic, 7, 1); /* a partition that is not there */
    await_deliveries(bench, 3);
    assert_int_equal(bench->impossible, 3);
    publish_number(bench, bench->topic, 0, 1);
    await_deliveries(bench, 4);
    assert_int_equal(bench->delivered, 1);
}

static void test_a_full_queue_says_retry_and_loses_nothing(void **state) {
    struct bench *bench = *state;
    const struct bus_port *port = bench->factory->open(bench->factory->context, 50);
    const struct bus_port *own = bench->port;
    publish_number(bench, bench->topic, 1, 0);
    await_deliveries(bench, 1);
    bench->port = port;
    assert_int_equal(port->start(port->context, NULL), OUTCOME_OK);
    publish_number(bench, bench->topic, 0, 0); /* the partition is known behind this */
    await_deliveries(bench, 2);
    int taken = 0;
    enum outcome outcome = OUTCOME_OK;
    while (taken < 1000 && outcome == OUTCOME_OK) {
        outcome = try_publish(bench, bench->topic, 0, TEXT("1"));
        taken += outcome == OUTCOME_OK;
    }
    assert_int_equal(outcome, OUTCOME_RETRY);
    assert_in_range(taken, 50, 999);   /* what is acknowledged meanwhile makes room */
    for (int i = 0; i < 200; i++)
        publish_number(bench, bench->topic, 0, 1);
    await_deliveries(bench, 2 + (uint32_t)taken + 200);
    assert_int_equal(bench->delivered, 2 + taken + 200);
    bench->port = own;
    port->stop(port->context, 0);
    bench->factory->close(bench->factory->context, port);
}

static void test_stop_waits_for_what_is_queued_and_its_deliveries_can_still_be_taken(void **state) {
    struct bench *bench = *state;
    for (int i = 0; i < 300; i++)
        publish_number(bench, bench->topic, 0, i);
    bench->port->stop(bench->port->context, PATIENCE_MS);
    await_deliveries(bench, 300);
    assert_int_equal(bench->delivered, 300);
    assert_int_equal(bench->port->start(bench->port->context, NULL), OUTCOME_OK);
    assign_one(bench, bench->topic, 0, 0);
    expect_numbers(bench, 0, 300);
}

static void test_a_bus_started_again_reads_and_writes(void **state) {
    struct bench *bench = *state;
    publish_number(bench, bench->topic, 0, 0);
    await_deliveries(bench, 1);
    assign_one(bench, bench->topic, 0, 0);
    expect_numbers(bench, 0, 1);
    assert_int_equal(bench->port->start(bench->port->context, NULL), OUTCOME_OK);
    expect_silence(bench, 100); /* nothing is assigned */
    publish_number(bench, bench->topic, 0, 1);
    assign_one(bench, bench->topic, 0, 0);
    expect_numbers(bench, 0, 2);
}

static void test_purge_reports_every_publication_and_the_next_ones_go_in_order(void **state) {
    struct bench *bench = *state;
    publish_number(bench, bench->topic, 0, 0);
    await_deliveries(bench, 1);
    for (int round = 0; round < 5; round++) {
        uint32_t before = (uint32_t)bench->next_token;
        for (int i = 0; i < 500; i++)
            publish_number(bench, bench->topic, 0, 1);
        bench->port->purge(bench->port->context);
        await_deliveries(bench, before + 500);
        assert_int_equal(bench->failed + bench->impossible, 0);
    }
    assert_true(bench->purged > 0);
    uint32_t before = (uint32_t)bench->next_token, delivered = bench->delivered;
    for (int i = 0; i < 200; i++)
        publish_number(bench, bench->topic, 3, i);
    await_deliveries(bench, before + 200);
    assert_int_equal(bench->delivered, delivered + 200);
    assign_one(bench, bench->topic, 3, 0);
    expect_numbers(bench, 0, 200);
}

static void test_the_first_broker_that_answers_behind_a_start_is_told(void **state) {
    struct bench *bench = *state;
    assert_true(await_notice(bench, BUS_NOTICE_BACK, 10000));
    assert_int_equal(bench->port->start(bench->port->context, NULL), OUTCOME_OK);
    assert_true(await_notice(bench, BUS_NOTICE_BACK, 10000));
    assert_false(await_notice(bench, BUS_NOTICE_BACK, 500));
}

static void test_brokers_that_go_and_come_are_told_once_and_what_was_queued_arrives_in_order(void **state) {
    struct bench *bench = *state;
    if (!bench->factory->broker_stop)
        skip();
    for (int i = 0; i < 50; i++)
        publish_number(bench, bench->topic, 0, i);
    await_deliveries(bench, 50);
    assign_one(bench, bench->topic, 0, 0);
    expect_numbers(bench, 0, 50);
    bench->factory->broker_stop(bench->factory->context);
    assert_true(await_notice(bench, BUS_NOTICE_AWAY, 10000));
    assert_false(await_notice(bench, BUS_NOTICE_AWAY, 2000));
    for (int i = 50; i < 100; i++)
        publish_number(bench, bench->topic, 0, i);
    bench->factory->broker_go(bench->factory->context);
    assert_true(await_notice(bench, BUS_NOTICE_BACK, PATIENCE_MS));
    await_deliveries(bench, 100);
    if (bench->failed == 0) { /* back before they were given up */
        struct bus_position there = position_at(bench->topic, 0, 50);
        assert_int_equal(bench->port->seek(bench->port->context, &there, NULL), OUTCOME_OK);
        expect_numbers(bench, 50, 50);
    }
    assert_true(bench->tokens_in_order);
    uint32_t before = (uint32_t)bench->next_token, delivered = bench->delivered;
    publish_number(bench, bench->topic, 1, 7);
    await_deliveries(bench, before + 1);
    assert_int_equal(bench->delivered, delivered + 1);
}

static void test_what_is_behind_a_failed_publication_fails_with_it_and_both_may_be_tried_again(void **state) {
    struct bench *bench = *state;
    if (!bench->factory->broker_stop)
        skip();
    publish_number(bench, bench->topic, 0, 0);
    await_deliveries(bench, 1);
    bench->factory->broker_stop(bench->factory->context);
    for (int i = 1; i < 20; i++) {
        publish_number(bench, bench->topic, 0, i);
        if (i == 10)
            sleep_ms(2000);
    }
    for (int64_t end = now_ms() + PATIENCE_MS; bench->failed == 0; take_deliveries(bench))
        assert_true(now_ms() < end);
    assert_int_equal(bench->failed, 19); /* the younger ones too: none of them can land before the older */
    bench->factory->broker_go(bench->factory->context);
    assert_true(bench->tokens_in_order);
    for (int i = 1; i < 20; i++)
        publish_number(bench, bench->topic, 0, i);
    await_deliveries(bench, 39);
    assert_int_equal(bench->delivered, 20);
    assign_one(bench, bench->topic, 0, 0);
    expect_numbers(bench, 0, 20);
}

/* A broker that does not know a writer yet takes the second of two requests under way when it has refused the first. */
static void test_a_partitions_first_message_that_is_refused_is_not_lost_for_the_second(void **state) {
    struct bench *bench = *state;
    if (!bench->factory->refuse_next_write)
        skip();
    publish_number(bench, bench->topic, 1, 0); /* the topic is known behind this */
    await_deliveries(bench, 1);
    bench->factory->refuse_next_write(bench->factory->context);
    for (int i = 0; i < 3; i++) {
        publish_number(bench, bench->topic, 0, i);
        sleep_ms(50);
    }
    await_deliveries(bench, 4);
    bench->factory->answer_at_once(bench->factory->context);
    assert_int_equal(bench->delivered, 4);
    assign_one(bench, bench->topic, 0, 0);
    expect_numbers(bench, 0, 3);
}

static void test_the_descriptor_tells_of_deliveries(void **state) {
    struct bench *bench = *state;
    struct pollfd ready = {.fd = bench->port->descriptor(bench->port->context), .events = POLLIN};
    if (ready.fd < 0)
        skip();
    publish_number(bench, bench->topic, 0, 0);
    await_deliveries(bench, 1);
    saw_notice(bench, BUS_NOTICE_FATAL);
    struct bus_message message;
    bench->port->poll(bench->port->context, 0, &message, 1);
    publish_number(bench, bench->topic, 0, 1);
    for (int64_t end = now_ms() + PATIENCE_MS; bench->delivered < 2;) {
        assert_true(poll(&ready, 1, PATIENCE_MS) == 1 && now_ms() < end);
        take_deliveries(bench);
    }
}

const struct CMUnitTest bus_suite_writing[] = {
    BUS_TEST(test_a_message_of_one_mebibyte_goes_through),
    BUS_TEST(test_a_message_beyond_every_size_is_impossible_and_those_behind_it_go),
    BUS_TEST(test_a_topic_that_is_not_there_is_impossible_and_is_not_made),
    BUS_TEST(test_a_full_queue_says_retry_and_loses_nothing),
    BUS_TEST(test_stop_waits_for_what_is_queued_and_its_deliveries_can_still_be_taken),
    BUS_TEST(test_a_bus_started_again_reads_and_writes),
    BUS_TEST(test_purge_reports_every_publication_and_the_next_ones_go_in_order),
    BUS_TEST(test_the_first_broker_that_answers_behind_a_start_is_told),
    BUS_TEST(test_brokers_that_go_and_come_are_told_once_and_what_was_queued_arrives_in_order),
    BUS_TEST(test_what_is_behind_a_failed_publication_fails_with_it_and_both_may_be_tried_again),
    BUS_TEST(test_a_partitions_first_message_that_is_refused_is_not_lost_for_the_second),
    BUS_TEST(test_the_descriptor_tells_of_deliveries),
};
const size_t bus_suite_writing_count = sizeof bus_suite_writing / sizeof *bus_suite_writing;
