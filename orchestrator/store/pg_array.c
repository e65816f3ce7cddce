/* Arrays in PostgreSQL's binary form: see pg_array.h. */
#include "store/pg_array.h"

#include <endian.h>

#define HEADER_BYTES 20   /* dimensions, has nulls, element type, length, lower bound */

static void put_uint32(char *at, uint32_t value) {
    value = htobe32(value);
    memcpy(at, &value, sizeof value);
}

void pg_array_begin(struct pg_array *array, enum pg_type element) {
    if (!array->ready) {
        buffer_init(&array->bytes, PG_ARRAY_BYTES_MOST);
        array->ready = true;
    }
    buffer_clear(&array->bytes);
    array->count = 0;
    char *at = buffer_reserve(&array->bytes, HEADER_BYTES);
    if (!at)
        return;
    put_uint32(at, 1);
    put_uint32(at + 4, 0);
    put_uint32(at + 8, element);
    put_uint32(at + 16, 1);
    array->bytes.length = HEADER_BYTES;
}

/* Room for an element's length word and `bytes` more, the word written. */
static char *element(struct pg_array *array, size_t bytes) {
    char *at = buffer_reserve(&array->bytes, 4 + bytes);
    if (!at)
        return NULL;
    put_uint32(at, (uint32_t)bytes);
    array->bytes.length += 4 + bytes;
    array->count++;
    return at + 4;
}

static void element_null(struct pg_array *array) {
    char *at = element(array, 0);
    if (!at)
        return;
    put_uint32(at - 4, UINT32_MAX);
    put_uint32(array->bytes.at + 4, 1);
}

void pg_array_text(struct pg_array *array, struct text value) {
    if (text_is_none(value)) {
        element_null(array);
        return;
    }
    char *at = value.length < PG_ARRAY_BYTES_MOST ? element(array, value.length) : NULL;
    if (at)
        memcpy(at, value.at, value.length);
    else
        array->bytes.failed = true;
}

void pg_array_int32(struct pg_array *array, int32_t value) {
    char *at = element(array, 4);
    if (at)
        put_uint32(at, (uint32_t)value);
}

void pg_array_int64(struct pg_array *array, int64_t value) {
    char *at = element(array, 8);
    uint64_t big = htobe64((uint64_t)value);
    if (at)
        memcpy(at, &big, sizeof big);
}

void pg_array_time(struct pg_array *array, int64_t us) {
    if (us == TIME_NONE)
        element_null(array);
    else
        pg_array_int64(array, us - PG_EPOCH_US);
}

void pg_array_bool(struct pg_array *array, bool value) {
    char *at = element(array, 1);
    if (at)
        *at = value ? 1 : 0;
}

struct buffer *pg_array_open(struct pg_array *array) {
    element(array, 0);
    array->opened = array->bytes.length;
    return &array->bytes;
}

void pg_array_close(struct pg_array *array) {
    if (!array->bytes.failed)
        put_uint32(array->bytes.at + array->opened - 4, (uint32_t)(array->bytes.length - array->opened));
}

struct text pg_array_end(struct pg_array *array) {
    if (array->bytes.failed || !array->bytes.at)
        return TEXT_NONE;
    if (array->count == 0) {   /* an empty array has no dimension */
        put_uint32(array->bytes.at, 0);
        return text_span(array->bytes.at, 12);
    }
    put_uint32(array->bytes.at + 12, array->count);
    return buffer_text(&array->bytes);
}

void pg_array_free(struct pg_array *array) {
    if (array->ready)
        buffer_free(&array->bytes);
    array->ready = false;
}
