/* PostgreSQL arrays in binary form (src/backend/utils/adt/arrayfuncs.c, array_recv), built in buffers that are used
 * again for every batch: a set-based statement gets its rows as one array a column. */
#ifndef YJS_STORE_PG_ARRAY_H
#define YJS_STORE_PG_ARRAY_H

#include <stdint.h>
#include "base/text.h"
#include "base/time.h"

enum pg_type { PG_BOOL = 16, PG_BYTEA = 17, PG_INT64 = 20, PG_INT32 = 23, PG_TEXT = 25, PG_TIME = 1184 };   /* pg_type.oid */

/* Between 1970-01-01 and PostgreSQL's 2000-01-01. */
#define PG_EPOCH_US INT64_C(946684800000000)

/* Elements and header together; PostgreSQL takes less than 1 GiB. */
#define PG_ARRAY_BYTES_MOST (UINT32_C(512) << 20)

struct pg_array { struct buffer bytes; uint32_t count; bool ready; size_t opened; /* where the open element begins */ };

void pg_array_begin(struct pg_array *, enum pg_type element);
void pg_array_text(struct pg_array *, struct text);         /* absent: null; also for bytea */
void pg_array_int32(struct pg_array *, int32_t);
void pg_array_int64(struct pg_array *, int64_t);
void pg_array_time(struct pg_array *, int64_t us);          /* TIME_NONE: null */
void pg_array_bool(struct pg_array *, bool);
/* A text element in pieces: what is put into the buffer between the two is the element. */
struct buffer *pg_array_open(struct pg_array *);
void pg_array_close(struct pg_array *);
/* The finished array, valid until the next begin; absent when it grew past its ceiling or memory was refused. */
struct text pg_array_end(struct pg_array *);
void pg_array_free(struct pg_array *);

#endif
