/* SQL of the table driver. Names come from the configuration, so the statements are put together here, once, and
 * nowhere else; values are always parameters. */
#include <stddef.h>
#include <stdlib.h>
#include "table_sql.h"

static const char *const payload_types[] = {"jsonb", "json", "text", NULL};
static const char *const ways[] = {"flag", "id", NULL};

#define AT(field) offsetof(struct table_settings, field)
const struct setting table_settings_table[] = {
    {"conninfo", SETTING_TEXT, AT(conninfo), NULL, true, "libpq connection string: host=… dbname=… user=…", NULL},
    {"request", SETTING_TEXT, AT(request), "yjs_request", false, "request table, may be schema.table", NULL},
    {"request_id", SETTING_TEXT, AT(request_id), "id", false, "its column of the message's id (text; best the primary key)", NULL},
    {"request_task", SETTING_TEXT, AT(request_task), "task", false, "… of the task's id", NULL},
    {"request_type", SETTING_TEXT, AT(request_type), "type", false, "… of the type: task, compensate, correction_answer, cancel", NULL},
    {"request_number", SETTING_TEXT, AT(request_number), "number", false, "… of the 流水號", NULL},
    {"request_step", SETTING_TEXT, AT(request_step), "step", false, "… of the step", NULL},
    {"request_payload", SETTING_TEXT, AT(request_payload), "payload", false, "… of the request document", NULL},
    {"payload_type", SETTING_CHOICE, AT(payload_type), "jsonb", false, "type of that column", payload_types},
    {"result", SETTING_TEXT, AT(result), "yjs_result", false, "result table, may be schema.table", NULL},
    {"result_id", SETTING_TEXT, AT(result_id), "id", false, "its column of a rising number", NULL},
    {"result_task", SETTING_TEXT, AT(result_task), "task", false, "… of the task's id", NULL},
    {"result_payload", SETTING_TEXT, AT(result_payload), "payload", false, "… of the answer document; a step's `answer` mapping sees the whole row as .body", NULL},
    {"result_taken", SETTING_TEXT, AT(result_taken), "taken", false, "… of the flag (boolean) that the adapter sets", NULL},
    {"by", SETTING_CHOICE, AT(by), "flag", false, "how new results are found: by the flag, or by rising ids (read-only tables)", ways},
    {"overlap", SETTING_INT, AT(overlap), "1000", false, "by id: so many ids are read again, for transactions that commit out of order", NULL},
    {"channel", SETTING_TEXT, AT(channel), NULL, false, "LISTEN on this channel; a NOTIFY has results read at once", NULL},
    {"poll_every", SETTING_DURATION, AT(poll_every_us), "200ms", false, "results are looked for this often", NULL},
    SETTINGS_END,
};

/* "a"."b" of a.b, with quotes inside doubled. */
static void put_name(struct buffer *out, const char *name) {
    buffer_put_byte(out, '"');
    for (; *name; name++) {
        if (*name == '.') {
            buffer_put_string(out, "\".\"");
            continue;
        }
        if (*name == '"')
            buffer_put_byte(out, '"');
        buffer_put_byte(out, *name);
    }
    buffer_put_byte(out, '"');
}

/* `@` stands for the next name of the list, quoted. */
static char *make(const char *format, const char *const *names) {
    struct buffer out;
    buffer_init(&out, 16384);
    for (; *format; format++) {
        if (*format == '@')
            put_name(&out, *names++);
        else
            buffer_put_byte(&out, *format);
    }
    char *text = out.failed ? NULL : strdup(out.at);
    buffer_free(&out);
    return text;
}

bool table_statements_make(const struct table_settings *s, struct table_statements *ret) {
    static const char *const inserts[] = {
#define INSERT(type) \
        "INSERT INTO @ (@, @, @, @, @, @) SELECT n.id, n.task, n.type, n.number, n.step, n.payload::" type \
        " FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])" \
        " AS n(id, task, type, number, step, payload) WHERE NOT EXISTS (SELECT 1 FROM @ x WHERE x.@ = n.id)"
        INSERT("jsonb"), INSERT("json"), INSERT("text"),
    };
    const char *const insert_names[] = {s->request, s->request_id, s->request_task, s->request_type, s->request_number,
                                        s->request_step, s->request_payload, s->request, s->request_id};
    const char *const read_names[] = {s->result_id, s->result_task, s->result_payload, s->result,
                                      s->by == TABLE_BY_FLAG ? s->result_taken : s->result_id, s->result_id};
    const char *const catch_up_names[] = {s->result_id, s->result_task, s->result_payload, s->result_id, s->result,
                                          s->result, s->result_task, s->result_id};
    const char *const flag_names[] = {s->result, s->result_taken, s->result_id};
    *ret = (struct table_statements){
        .insert = make(inserts[s->payload_type], insert_names),
        .read = make(s->by == TABLE_BY_FLAG
                         ? "SELECT r.@, r.@, r.@::text, row_to_json(r)::text FROM @ r WHERE r.@ IS NOT TRUE ORDER BY r.@ LIMIT 500"
                         : "SELECT r.@, r.@, r.@::text, row_to_json(r)::text FROM @ r WHERE r.@ > $1::bigint ORDER BY r.@ LIMIT 5000",
                     read_names),
        .catch_up = make("SELECT r.@, r.@, r.@::text, row_to_json(r)::text, (SELECT max(x.@) FROM @ x) FROM @ r "
                         "WHERE r.@ = ANY($1::text[]) ORDER BY r.@", catch_up_names),
        .flag = make("UPDATE @ SET @ = TRUE WHERE @ = ANY($1::bigint[])", flag_names),
        .listen = s->channel ? make("LISTEN @", (const char *const[]){s->channel}) : NULL,
    };
    return ret->insert && ret->read && ret->catch_up && ret->flag && (ret->listen || !s->channel);
}

void table_statements_free(struct table_statements *s) {
    char *const all[] = {s->insert, s->read, s->catch_up, s->flag, s->listen};
    for (size_t i = 0; i < 5; i++)
        free(all[i]);
}

void table_array_put(struct buffer *out, const char *value, bool first) {
    buffer_put_string(out, first ? "{\"" : ",\"");
    for (; *value; value++) {
        if (*value == '"' || *value == '\\')
            buffer_put_byte(out, '\\');
        buffer_put_byte(out, *value);
    }
    buffer_put_byte(out, '"');
}

void table_array_end(struct buffer *out, bool empty) { buffer_put_string(out, empty ? "{}" : "}"); }
