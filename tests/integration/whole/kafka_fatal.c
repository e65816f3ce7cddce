/* Loaded into an adapter (LD_PRELOAD): every producer has a fatal error some seconds after it was made, as librdkafka's
 * idempotent one has after a broker that was killed with answers under way. KAFKA_FATAL_MS: after how long. */
#include <dlfcn.h>
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { TIMES = 6 };   /* all producers of the process together; the last ones live */

struct broken { rd_kafka_t *producer; pthread_t thread; };
static struct broken broken[TIMES];
static int broken_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;   /* departments of one process make theirs side by side */

static void *break_later(void *producer) {
    usleep((useconds_t)atoi(getenv("KAFKA_FATAL_MS")) * 1000);
    rd_kafka_test_fatal_error(producer, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "on purpose");
    return NULL;
}

rd_kafka_t *rd_kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, char *reason, size_t size) {
    rd_kafka_t *(*real)(rd_kafka_type_t, rd_kafka_conf_t *, char *, size_t);
    *(void **)&real = dlsym(RTLD_NEXT, "rd_kafka_new");
    rd_kafka_t *client = real(type, conf, reason, size);
    pthread_mutex_lock(&lock);
    if (client && type == RD_KAFKA_PRODUCER && getenv("KAFKA_FATAL_MS") && broken_count < TIMES &&
        pthread_create(&broken[broken_count].thread, NULL, break_later, client) == 0)
        broken[broken_count++].producer = client;
    pthread_mutex_unlock(&lock);
    return client;
}

/* Nobody destroys a client while another thread is within it: the one that breaks it has left first. */
void rd_kafka_destroy(rd_kafka_t *client) {
    void (*real)(rd_kafka_t *);
    pthread_t thread;
    int found = 0;
    *(void **)&real = dlsym(RTLD_NEXT, "rd_kafka_destroy");
    pthread_mutex_lock(&lock);
    for (int i = 0; i < broken_count && !found; i++)
        if (broken[i].producer == client) {
            broken[i].producer = NULL;
            thread = broken[i].thread;
            found = 1;
        }
    pthread_mutex_unlock(&lock);
    if (found)
        pthread_join(thread, NULL);
    real(client);
}
