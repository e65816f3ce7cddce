/* The trial broker as a process: what it prints, what it makes, how it ends. Its path is the first argument. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <sys/wait.h>
#include <cmocka.h>
#include "bus/bus.h"

struct child { pid_t pid; FILE *in, *out; char bootstrap[128]; };
static const char *program;

static struct child child_start(const char *const *arguments) {
    struct child child;
    int in[2], out[2];
    assert_int_equal(pipe(in) | pipe(out), 0);
    child.pid = fork();
    if (child.pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        close(in[1]);
        close(out[0]);
        execv(program, (char *const *)arguments);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    child.in = fdopen(in[1], "w");
    child.out = fdopen(out[0], "r");
    char line[256];
    assert_non_null(fgets(line, sizeof line, child.out));
    assert_int_equal(sscanf(line, "bootstrap=%127s", child.bootstrap), 1);
    return child;
}

static int child_wait(struct child *child) {
    int status;
    fclose(child->in);
    assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
    fclose(child->out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void expect_topics(const char *bootstrap, const char *const *names, uint32_t expected, int partition_count) {
    struct bus_settings settings = {.bootstrap = bootstrap, .instance = "trial"};
    struct bus_admin *admin;
    assert_int_equal(bus_admin_create(&settings, &admin, NULL), OUTCOME_OK);
    const struct bus_admin_port *port = bus_admin_port(admin);
    struct bus_topic room[16];
    uint32_t count;
    assert_int_equal(port->topics(port->context, room, 16, &count, NULL), OUTCOME_OK);
    assert_int_equal(count, expected);
    for (uint32_t n = 0; n < expected; n++) {
        uint32_t i = 0;
        while (i < count && strcmp(room[i].name, names[n]))
            i++;
        assert_true(i < count);
        assert_int_equal(room[i].partition_count, partition_count);
        assert_int_equal(port->topic_make(port->context, &room[i], NULL), OUTCOME_OK); /* it is there: fine */
    }
    struct bus_topic other = {.name = "not.there", .partition_count = partition_count};
    struct error error;
    assert_int_equal(port->topic_make(port->context, &other, &error), OUTCOME_REJECT);
    assert_string_equal(error.code, "topic_not_made");
    bus_admin_destroy(admin);
}

static void test_all_topics_are_there_with_their_partitions_when_the_address_is_said(void **state) {
    (void)state;
    char file[] = "/tmp/yjs-topics.XXXXXX", ready[64];
    FILE *topics = fdopen(mkstemp(file), "w");
    fputs("# made by hand\n c.case.v1 \n\nd.dead.v1", topics);
    fclose(topics);
    snprintf(ready, sizeof ready, "%s.ready", file);
    struct child child = child_start((const char *const[]){program, "--with-parent", "--partitions", "7", "--topics", "a.task.v1,b.result.v1",
                                                           "--topics-file", file, "--ready-file", ready, NULL});
    expect_topics(child.bootstrap, (const char *const[]){"a.task.v1", "b.result.v1", "c.case.v1", "d.dead.v1"}, 4, 7);
    char said[256] = "";
    FILE *opened = fopen(ready, "r");
    assert_non_null(opened);
    assert_int_equal(fscanf(opened, "bootstrap=%200s", said), 1);
    fclose(opened);
    assert_string_equal(said, child.bootstrap);
    kill(child.pid, SIGTERM);
    assert_int_equal(child_wait(&child), 0);
    unlink(file);
    unlink(ready);
}

static void test_topics_may_come_later_by_standard_input_and_its_end_ends_the_broker(void **state) {
    (void)state;
    struct child child = child_start((const char *const[]){program, "--partitions", "3", "--stdin", "--with-parent", NULL});
    fputs("later.one\nlater.two\n", child.in);
    fflush(child.in);
    char line[256];
    assert_non_null(fgets(line, sizeof line, child.out));
    assert_string_equal(line, "topic=later.one\n");
    assert_non_null(fgets(line, sizeof line, child.out));
    expect_topics(child.bootstrap, (const char *const[]){"later.one", "later.two"}, 2, 3);
    assert_int_equal(child_wait(&child), 0);
}

/* librdkafka's mock cluster sleeps through a request now and then, a second each time: it is woken. */
static void test_two_hundred_topics_are_made_at_once(void **state) {
    (void)state;
    struct child child = child_start((const char *const[]){program, "--partitions", "4", "--stdin", "--with-parent", NULL});
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (int i = 0; i < 200; i++)
        fprintf(child.in, "many.%d\n", i);
    fflush(child.in);
    char line[256];
    for (int i = 0; i < 200; i++)
        assert_non_null(fgets(line, sizeof line, child.out));
    clock_gettime(CLOCK_MONOTONIC, &to);
    assert_true(to.tv_sec - from.tv_sec < 5);
    assert_int_equal(child_wait(&child), 0);
}

static void test_wrong_options_are_refused(void **state) {
    (void)state;
    char command[1024];
    static const char *const wrong[] = {"", "--partitions 0", "--partitions 6 extra", "--partitions 6 --nonsense",
                                        "--partitions 6 --topics-file /nonexistent/file"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(command, sizeof command, "%s %s >/dev/null 2>&1 </dev/null", program, wrong[i]);
        int status = system(command);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 0);
    }
}

int main(int argc, char **argv) {
    if (argc != 2)
        return 2;
    program = argv[1];
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_topics_are_there_with_their_partitions_when_the_address_is_said),
        cmocka_unit_test(test_topics_may_come_later_by_standard_input_and_its_end_ends_the_broker),
        cmocka_unit_test(test_two_hundred_topics_are_made_at_once),
        cmocka_unit_test(test_wrong_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
