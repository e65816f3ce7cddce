/* The table driver's settings, and its statements made from them once, at start, every name quoted. */
#ifndef YJS_DRIVERS_TABLE_SQL_H
#define YJS_DRIVERS_TABLE_SQL_H

#include "host.h"

#define TABLE_READ_MOST 500
enum table_by { TABLE_BY_FLAG, TABLE_BY_ID };

struct table_settings {
    const char *conninfo, *request, *result, *channel;
    const char *request_id, *request_task, *request_type, *request_number, *request_step, *request_payload;
    const char *result_id, *result_task, *result_payload, *result_taken;
    int by, payload_type;
    int64_t poll_every_us, overlap;
};
extern const struct setting table_settings_table[];

struct table_statements { char *insert, *read, *catch_up, *flag, *listen; };
bool table_statements_make(const struct table_settings *, struct table_statements *ret);
void table_statements_free(struct table_statements *);

/* Builds the text form of a PostgreSQL array: {"a","b"}. */
void table_array_put(struct buffer *, const char *value, bool first);
void table_array_end(struct buffer *, bool empty);

#endif
