/* Dead letters and incidents as they may be shown: what a letter carries is masked by the definition that it is meant for, texts by
 * what is personal in their case; of what can't be told nothing is shown. In clear: a reveal, which is written down. */
#include <openssl/evp.h>

#include "base/base64.h"
#include "model/limits.h"
#include "wire/input_codec.h"
#include "web/handlers.h"
#include "web/web_part.h"

struct text veil_words(struct arena *arena, const struct personal_values *known, struct text words) {
    struct json text = json_string(words), masked;
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, REPLY_BYTES_MOST);
    json_begin(&w, &out);
    personal_put(&w, NULL, known, &text);
    if (words.length == 0 || out.failed || json_read(arena, text_copy(arena, buffer_text(&out)), 4, &masked, NULL) != OUTCOME_OK)
        return words.length == 0 ? words : TEXT("***");
    struct text shown = mask_words(arena, masked.text, NULL, 0);
    return text_is_none(shown) ? TEXT("***") : shown;
}

/* ---- what a letter is about ---- */

/* The definition that is current under a thing's name. NULL: none, or it can't be read. */
static const struct personal *personal_of_thing(struct request *request, struct text thing) {
    struct record_list rows;
    struct json row;
    struct error error = {0};
    struct personal *personal = arena_new(&request->arena, struct personal);
    const struct records_port *records = &request->web->records;
    if (!personal || text_is_none(thing) || thing.length == 0 ||
        records->query(records->context, "thing_show", &thing, 1, &request->arena, &rows, &error) != OUTCOME_OK || rows.count == 0 ||
        json_read(&request->arena, rows.at[0], LIMIT_json_depth_most * 2, &row, NULL) != OUTCOME_OK || !json_get_string(&row, "canonical"))
        return NULL;
    return personal_read(json_get_string(&row, "canonical"), &request->arena, personal) ? personal : NULL;
}

static struct text header_of(const struct json *row, const char *name) {
    const struct json *list = json_get_string(row, "headers");
    for (uint32_t i = 0; list && list->type == JSON_ARRAY && i < list->count; i++) {
        const struct json *pair = json_at(list, i);
        if (pair->type == JSON_ARRAY && pair->count == 2 && text_is(json_at(pair, 0)->text, name))
            return json_at(pair, 1)->text;
    }
    return TEXT_NONE;
}

/* What is personal in it: of an application by its thing, of an answer or a command by its case. NULL: it can't be told. */
static const struct personal *about(struct request *request, const struct json *row, const struct json *value, struct text key,
                                    struct text *ret_step, struct personal_values *known) {
    struct text case_id = header_of(row, "ce_caseid"), step = header_of(row, "ce_step");
    const struct json *form = json_get_string(value, "form");
    int32_t index;
    struct veil veil;
    struct error error = {0};
    *ret_step = TEXT_NONE;
    if (form && form->type == JSON_OBJECT && json_get_string(value, "thing")) {
        const struct personal *personal = personal_of_thing(request, json_get_text(value, TEXT("thing")));
        return personal && personal_values_add(&personal->form, form, &request->arena, known) ? personal : NULL;
    }
    if (text_is_none(step))
        step = json_get_text(value, TEXT("step"));
    if (text_is_none(step) || !step_name_split(step, ret_step, &index))
        *ret_step = TEXT_NONE;
    if (text_is_none(case_id))
        case_id = json_get_string(value, "case") ? json_get_text(value, TEXT("case")) : key;
    if (text_is_none(case_id) || case_id.length == 0 || veil_load(request->web, case_id, &request->arena, &veil, &error) != OUTCOME_OK)
        return NULL;
    *known = veil.known;
    return veil.personal;
}

static struct text in_base64(struct arena *arena, struct text bytes) {
    char *at = arena_alloc(arena, bytes.length / 3 * 4 + 5);
    return at ? text_span(at, (size_t)EVP_EncodeBlock((unsigned char *)at, (const unsigned char *)bytes.at, (int)bytes.length)) : TEXT_NONE;
}

/* The letter's bytes masked, in base64; absent: they are no JSON, nothing of them is shown. */
static struct text mask_value(struct request *request, const struct json *row, struct personal_values *known) {
    struct text bytes = base64_decode(&request->arena, json_get_text(row, TEXT("value"))), key = base64_decode(&request->arena, json_get_text(row, TEXT("key")));
    struct arena *arena = &request->arena;
    struct json value;
    struct text step;
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, REPLY_BYTES_MOST);
    if (json_read(arena, bytes, LIMIT_json_depth_most * 2, &value, NULL) != OUTCOME_OK || value.type != JSON_OBJECT)
        return TEXT_NONE;
    const struct personal *personal = about(request, row, &value, key, &step, known);
    json_begin(&w, &out);
    personal_put_message(&w, personal, known, step, &value);
    return out.failed ? TEXT_NONE : in_base64(arena, buffer_text(&out));
}

struct text veil_letter(struct request *request, const struct json *row) {
    struct arena *arena = &request->arena;
    struct personal_values known = {0};
    struct text value = mask_value(request, row, &known);
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, REPLY_BYTES_MOST);
    json_begin(&w, &out);
    json_open(&w, '{');
    for (uint32_t i = 0; i < row->count; i++) {
        struct text name = row->children[i].key;
        json_key(&w, name);
        if (text_is(name, "value") && text_is_none(value))
            json_put_null(&w);
        else if (text_is(name, "value"))
            json_put_text(&w, value);
        else if (text_is(name, "message"))
            json_put_text(&w, veil_words(arena, &known, row->children[i].value.text));
        else
            json_put_value(&w, &row->children[i].value);
    }
    json_key(&w, TEXT("masked"));
    json_put_bool(&w, true);
    json_close(&w, '}');
    return out.failed ? TEXT_NONE : text_copy(arena, buffer_text(&out));
}

/* ---- texts of lists ---- */

/* The row with its `message` masked; absent: it can't be. */
static struct text veil_message(struct arena *arena, const struct json *row, const struct personal_values *known) {
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, REPLY_BYTES_MOST);
    json_begin(&w, &out);
    json_open(&w, '{');
    for (uint32_t i = 0; i < row->count; i++) {
        json_key(&w, row->children[i].key);
        if (text_is(row->children[i].key, "message") && row->children[i].value.type == JSON_STRING)
            json_put_text(&w, veil_words(arena, known, row->children[i].value.text));
        else
            json_put_value(&w, &row->children[i].value);
    }
    json_close(&w, '}');
    return out.failed ? TEXT_NONE : text_copy(arena, buffer_text(&out));
}

bool veil_messages(struct request *request, struct record_list *rows) {
    struct arena *arena = &request->arena;
    struct text last = TEXT_NONE;
    struct veil veil = {0};
    for (uint32_t i = 0; i < rows->count; i++) {
        struct json row;
        struct error error = {0};
        if (json_read(arena, rows->at[i], LIMIT_json_depth_most * 2, &row, NULL) != OUTCOME_OK) {
            reply_problem(request, "out_of_memory", "a row can't be shown");
            return false;
        }
        struct text case_id = json_get_text(&row, TEXT("case_id"));
        bool is_new = case_id.length > 0 && (text_is_none(last) || !text_equal(case_id, last));
        if (case_id.length == 0 || is_new)
            veil = (struct veil){0};
        if (is_new && veil_load(request->web, case_id, arena, &veil, &error) != OUTCOME_OK && error.outcome != OUTCOME_REJECT) {
            reply_error(request, &error);
            return false;
        }
        last = case_id.length > 0 ? case_id : TEXT_NONE;
        if (text_is_none(rows->at[i] = veil_message(arena, &row, &veil.known))) {
            reply_problem(request, "out_of_memory", "a row can't be shown");
            return false;
        }
    }
    return true;
}
