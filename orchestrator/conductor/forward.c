/* A message on another partition than its case's is carried, as it came, into the inbox of the shard it belongs to: read
 * again there, it is applied or becomes a dead letter with its own place, key, headers and bytes. */
#include "conductor/internal.h"

#include "base/base64.h"
#include "wire/input_codec.h"

#define MESSAGE_KIND "message"
/* A message with its headers is below 2 MiB; an escape makes at most six bytes of one. */
#define FORWARD_BYTES_MOST ((size_t)16 << 20)

static void put_bytes(struct json_writer *w, const char *name, struct text value) {
    if (text_is_none(value))
        return;
    json_key(w, text_from(name));
    json_put_bytes(w, value);
}

static void put_int(struct json_writer *w, const char *name, int64_t value) {
    json_key(w, text_from(name));
    json_put_int64(w, value);
}

static void write_message(struct buffer *out, const struct bus_message *message, struct text case_id) {
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, '{');
    put_bytes(&w, "topic", message->topic);
    put_int(&w, "partition", message->partition);
    put_int(&w, "offset", message->offset);
    put_bytes(&w, "case", case_id);
    put_bytes(&w, "key", message->key);
    put_bytes(&w, "value", message->value);
    json_key(&w, TEXT("headers"));
    json_open(&w, '[');
    for (uint32_t i = 0; i < message->header_count; i++) {
        json_open(&w, '{');
        put_bytes(&w, "name", message->headers[i].name);
        put_bytes(&w, "value", message->headers[i].value);
        json_close(&w, '}');
    }
    json_close(&w, ']');
    json_close(&w, '}');
}

bool forward_write(struct batch *batch, struct pending *pending, int32_t shard) {
    const struct bus_message *message = pending->message;
    struct text case_id = pending->input.case_id;
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, FORWARD_BYTES_MOST);
    write_message(&out, message, case_id);
    struct store_forward *row = vector_new(&batch->forwards, batch->arena, struct store_forward);
    if (!row || out.failed)
        return false;
    struct text key = text_format(batch->arena, "%.*s@%d:%lld", TEXT_ARG(message->topic), message->partition,
                                  (long long)message->offset);
    *row = (struct store_forward){shard, case_root(case_id), TEXT(MESSAGE_KIND), text_copy(batch->arena, buffer_text(&out)), key};
    if (text_is_none(row->data) || text_is_none(row->idempotency_key))
        return false;
    pending->forwarded = true;
    batch->counted.inputs_forwarded++;
    return true;
}

bool forward_is_message(const struct store_inbox *row) { return text_is(row->kind, MESSAGE_KIND); }

enum outcome forward_read(struct batch *batch, const struct store_inbox *row, const struct bus_message **ret, struct text *ret_case,
                          struct error *error) {
    struct json object;
    int64_t partition = 0, offset = 0;
    enum outcome outcome = json_read(batch->arena, row->data, LIMIT_json_depth_most, &object, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    const struct json *list = json_get_string(&object, "headers");
    struct text key, value;
    if (!list || list->type != JSON_ARRAY || !json_to_int64(json_get_string(&object, "partition"), &partition) ||
        !json_to_int64(json_get_string(&object, "offset"), &offset) ||
        !json_get_bytes(batch->arena, json_get_string(&object, "key"), &key) ||
        !json_get_bytes(batch->arena, json_get_string(&object, "value"), &value))
        return error_set(error, OUTCOME_REJECT, "input_unreadable", "a carried message lacks its place, bytes or headers");
    struct bus_message *message = arena_new(batch->arena, struct bus_message);
    struct bus_header *headers = arena_new_array(batch->arena, list->count ? list->count : 1, struct bus_header);
    if (!message || !headers)
        return error_no_memory(error);
    for (uint32_t i = 0; i < list->count; i++) {
        const struct json *header = &list->children[i].value;
        if (!json_get_bytes(batch->arena, json_get_string(header, "name"), &headers[i].name) ||
            !json_get_bytes(batch->arena, json_get_string(header, "value"), &headers[i].value))
            return error_set(error, OUTCOME_REJECT, "input_unreadable", "a carried message has a header that can't be read");
    }
    *message = (struct bus_message){.topic = json_get_text(&object, TEXT("topic")), .partition = (int32_t)partition, .offset = offset,
                                    .key = key, .value = value, .headers = headers, .header_count = list->count};
    *ret = message;
    *ret_case = json_get_text(&object, TEXT("case"));
    return OUTCOME_OK;
}
