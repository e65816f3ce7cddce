/* A message on another partition than its case's is carried, as it came, into the inbox of the shard it belongs to: read
 * again there, it is applied or becomes a dead letter with its own place, key, headers and bytes. */
#include "conductor/internal.h"

#include "base/json.h"
#include "wire/input_codec.h"

#define MESSAGE_KIND "message"

struct text forward_storable(struct text bytes) {
    return text_is_utf8(bytes) && text_find(bytes, '\0') == SIZE_MAX ? bytes : TEXT("?");
}

static void put_text(struct json_writer *w, const char *name, struct text value) {
    if (text_is_none(value))
        return;
    json_key(w, text_from(name));
    json_put_text(w, forward_storable(value));
}

static void put_int(struct json_writer *w, const char *name, int64_t value) {
    json_key(w, text_from(name));
    json_put_int64(w, value);
}

/* The message was read, so its value is JSON: UTF-8 without U+0000. */
static void write_message(struct buffer *out, const struct bus_message *message, struct text case_id) {
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, '{');
    put_text(&w, "topic", message->topic);
    put_int(&w, "partition", message->partition);
    put_int(&w, "offset", message->offset);
    put_text(&w, "case", case_id);
    put_text(&w, "key", message->key);
    put_text(&w, "value", message->value);
    json_key(&w, TEXT("headers"));
    json_open(&w, '[');
    for (uint32_t i = 0; i < message->header_count; i++) {
        json_open(&w, '{');
        put_text(&w, "name", message->headers[i].name);
        put_text(&w, "value", message->headers[i].value);
        json_close(&w, '}');
    }
    json_close(&w, ']');
    json_close(&w, '}');
}

bool forward_write(struct batch *batch, struct pending *pending, int32_t shard) {
    const struct bus_message *message = pending->message;
    struct text case_id = pending->input.case_id;
    _cleanup_buffer_ struct buffer out;
    /* An escape makes two bytes of one; the headers and the place stand beside the value. */
    buffer_init(&out, (size_t)LIMIT_message_bytes_most * 2 + (size_t)LIMIT_headers_most * LIMIT_id_bytes_most * 2 + 65536);
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
    if (!list || list->type != JSON_ARRAY || !json_to_int64(json_get_string(&object, "partition"), &partition) ||
        !json_to_int64(json_get_string(&object, "offset"), &offset))
        return error_set(error, OUTCOME_REJECT, "input_unreadable", "a carried message lacks its place or headers");
    struct bus_message *message = arena_new(batch->arena, struct bus_message);
    struct bus_header *headers = arena_new_array(batch->arena, list->count ? list->count : 1, struct bus_header);
    if (!message || !headers)
        return error_no_memory(error);
    for (uint32_t i = 0; i < list->count; i++) {
        const struct json *header = &list->children[i].value;
        headers[i] = (struct bus_header){json_get_text(header, TEXT("name")), json_get_text(header, TEXT("value"))};
    }
    *message = (struct bus_message){.topic = json_get_text(&object, TEXT("topic")), .partition = (int32_t)partition, .offset = offset,
                                    .key = json_get_text(&object, TEXT("key")), .value = json_get_text(&object, TEXT("value")),
                                    .headers = headers, .header_count = list->count};
    *ret = message;
    *ret_case = json_get_text(&object, TEXT("case"));
    return OUTCOME_OK;
}
