/* A records port without a database: rows that a test puts behind query names, and an inbox that a test answers. Any
 * thread. It keeps the port's word about idempotency keys; the contract's other half is held by the store's own tests. */
#ifndef YJS_TESTS_LIB_FAKE_RECORDS_H
#define YJS_TESTS_LIB_FAKE_RECORDS_H

#include <pthread.h>

#include "port/records.h"

enum { FAKE_QUERIES_MOST = 64, FAKE_ROWS_MOST = 300, FAKE_COMMANDS_MOST = 300, FAKE_PARAMETERS_MOST = 12 };

struct fake_query {
    char name[64];
    char *rows[FAKE_ROWS_MOST];
    uint32_t row_count;
    uint32_t asked;                                   /* how often */
    char *parameters[FAKE_PARAMETERS_MOST];           /* of the last time; NULL: absent */
};
struct fake_command { int64_t id; char *kind, *root, *case_id, *data, *key, *content; int32_t status; char *body; };

struct fake_records {
    pthread_mutex_t mutex;
    struct fake_query queries[FAKE_QUERIES_MOST];
    uint32_t query_count;
    struct fake_command commands[FAKE_COMMANDS_MOST];
    uint32_t command_count;
    int64_t next_number;
    int32_t answer_status;        /* what every command is answered at once; 0: it waits for fake_records_answer */
    const char *answer_body;
    bool away;                    /* everything gives RETRY store_away */
};

void fake_records_init(struct fake_records *);
void fake_records_free(struct fake_records *);
struct records_port fake_records_port(struct fake_records *);
/* Rows that the query gives from now on; the list ends with NULL. Without any: no rows. */
void fake_records_rows(struct fake_records *, const char *query, ...) __attribute__((sentinel));
/* A token that may be used: {"role","department","region"}; department and region may be NULL. Its hash is the secret's. */
void fake_records_token(struct fake_records *, const char *secret, int64_t id, const char *role, const char *department,
                        const char *region);
void fake_records_answer(struct fake_records *, int64_t id, int32_t status, const char *body);
/* The parameter that the query was asked with last; "" when it was absent or it never was. */
const char *fake_records_parameter(struct fake_records *, const char *query, uint32_t index);
uint32_t fake_records_asked(struct fake_records *, const char *query);
/* How many commands were put. */
uint32_t fake_records_commands(struct fake_records *);

#endif
