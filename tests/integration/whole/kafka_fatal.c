/* Loaded into an adapter (LD_PRELOAD): every producer has a fatal error some seconds after it was made, as librdkafka's
 * idempotent one has after a broker that was killed with answers under way. KAFKA_FATAL_MS: after how long. */
#include <dlfcn.h>
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { TIMES = 6 };   /* all producers of the process together; the last ones live */

static void *break_later(void *producer) {
    usleep((useconds_t)atoi(getenv("KAFKA_FATAL_MS")) * 1000);
    rd_kafka_test_fatal_error(producer, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "on purpose");
    return NULL;
}

rd_kafka_t *rd_kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, char *reason, size_t size) {
    static int made;
    rd_kafka_t *(*real)(rd_kafka_type_t, rd_kafka_conf_t *, char *, size_t);
    *(void **)&real = dlsym(RTLD_NEXT, "rd_kafka_new");
    rd_kafka_t *client = real(type, conf, reason, size);
    pthread_t thread;
    if (client && type == RD_KAFKA_PRODUCER && getenv("KAFKA_FATAL_MS") && made++ < TIMES &&
        pthread_create(&thread, NULL, break_later, client) == 0)
        pthread_detach(thread);
    return client;
}
