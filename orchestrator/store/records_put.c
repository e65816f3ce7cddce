/* Commands into the inbox: what waits is written together, by one of the callers, in one transaction. */
#include "base/murmur2.h"
#include "base/sha256.h"
#include "store/records_part.h"

/* What makes a repetition the same: kind, case and the content as it came (without our own clock's marks). */
static struct text digest_of(const struct record_command *command, char room[SHA256_TEXT_SIZE]) {
    struct buffer all;
    buffer_init(&all, (size_t)64 << 20);
    buffer_put_text(&all, command->kind);
    buffer_put_byte(&all, '\n');
    buffer_put_text(&all, command->case_id);
    buffer_put_byte(&all, '\n');
    buffer_put_text(&all, text_is_none(command->content) ? command->data : command->content);
    struct text digest = all.failed ? TEXT_NONE : sha256_text(buffer_text(&all), room);
    buffer_free(&all);
    return digest;
}

/* The group's commands as arrays. */
static enum outcome fill(struct records *records, struct list *group, int32_t shard_count, struct pg_arguments *put,
                         struct pg_arguments *repeated, struct error *error) {
    char room[SHA256_TEXT_SIZE];
    struct pg_array *columns = records->columns;
    pg_array_begin(&columns[0], PG_INT32);
    for (int i = 1; i < RECORDS_PUT_COLUMNS; i++)
        pg_array_begin(&columns[i], PG_TEXT);
    uint32_t place = 0;
    list_each(group, link) {
        struct put_call *call = list_entry(link, struct put_call, link);
        if (call->refused)
            continue;
        call->first = place;
        place += call->count;
        for (uint32_t i = 0; i < call->count; i++) {
            const struct record_command *command = &call->commands[i];
            pg_array_int32(&columns[0], murmur2_partition(command->root, shard_count));
            pg_array_text(&columns[1], command->root);
            pg_array_text(&columns[2], command->kind);
            pg_array_text(&columns[3], command->case_id);
            pg_array_text(&columns[4], command->data);
            pg_array_text(&columns[5], command->idempotency_key);
            pg_array_text(&columns[6], digest_of(command, room));
        }
    }
    for (int i = 0; i < RECORDS_PUT_COLUMNS; i++)
        pg_argument_text(put, pg_array_end(&columns[i]));
    for (int i = 0; i < RECORDS_PUT_COLUMNS; i++)
        if (text_is_none(pg_array_end(&columns[i])))
            return error_no_memory(error);
    pg_argument_text(repeated, pg_array_end(&columns[5]));
    return OUTCOME_OK;
}

/* The call's tickets from both results; refuses it when a key stands there with another content. */
static void read_tickets(struct put_call *call, const PGresult *put, const PGresult *repeated) {
    char room[SHA256_TEXT_SIZE];
    for (uint32_t i = 0; i < call->count; i++)
        call->tickets[i] = (struct record_ticket){.inbox_id = pg_get_int64(put, (int)(call->first + i), 0, 0),
                                                  .repeated = !pg_get_bool(put, (int)(call->first + i), 1)};
    for (int row = 0; row < PQntuples(repeated); row++) {
        uint32_t place = (uint32_t)pg_get_int32(repeated, row, 0, 0) - 1;
        if (place < call->first || place >= call->first + call->count || !call->tickets[place - call->first].repeated)
            continue;
        const struct record_command *command = &call->commands[place - call->first];
        call->tickets[place - call->first].inbox_id = pg_get_int64(repeated, row, 1, 0);
        struct text there = text_span(PQgetvalue(repeated, row, 2), (size_t)PQgetlength(repeated, row, 2));
        if (!text_equal(there, digest_of(command, room))) {
            call->refused = true;
            call->outcome = error_set(&call->error, OUTCOME_REJECT, "idempotency_conflict",
                                      "the idempotency key %.*s was used for another content", TEXT_ARG(command->idempotency_key));
        }
    }
}

/* One try. *ret_again: a call of several commands was refused, so the rest has to be written without it. */
static enum outcome write_once(struct pg *pg, struct records *records, struct list *group, int32_t shard_count,
                               bool *ret_again, struct error *error) {
    struct pg_arguments put = {0}, repeated = {0};
    *ret_again = false;
    enum outcome outcome = fill(records, group, shard_count, &put, &repeated, error);
    _cleanup_result_ PGresult *put_rows = NULL, *repeated_rows = NULL, *committed = NULL;
    if (outcome == OUTCOME_OK)
        outcome = pg_script(pg, "BEGIN", error);
    if (outcome == OUTCOME_OK)
        outcome = pg_run(pg, "put", &put, true, &put_rows, error);
    bool all_fresh = true;
    for (int i = 0; outcome == OUTCOME_OK && i < PQntuples(put_rows); i++)
        all_fresh = all_fresh && pg_get_bool(put_rows, i, 1);
    if (outcome == OUTCOME_OK && !all_fresh)
        outcome = pg_run(pg, "repeated", &repeated, true, &repeated_rows, error);
    if (outcome == OUTCOME_OK)
        list_each(group, link) {
            struct put_call *call = list_entry(link, struct put_call, link);
            if (call->refused)
                continue;
            read_tickets(call, put_rows, repeated_rows);
            *ret_again = *ret_again || (call->refused && call->count > 1);
        }
    if (outcome == OUTCOME_OK && !*ret_again)
        return pg_run(pg, "commit", NULL, true, &committed, error);
    pg_script(pg, "ROLLBACK", NULL);
    return outcome;
}

/* Writes the group and settles every call's outcome. */
static void write_group(struct records *records, struct list *group) {
    struct records_connection *one = NULL;
    struct error error = {0};
    int32_t shard_count = 0;
    enum outcome outcome = records_lend(records, &one, &error);
    if (outcome == OUTCOME_OK) {
        outcome = records_shard_count(records, one, &shard_count, &error);
        for (bool again = true; outcome == OUTCOME_OK && again;)
            outcome = write_once(&one->pg, records, group, shard_count, &again, &error);
        records_give_back(records, one);
    }
    list_each(group, link) {
        struct put_call *call = list_entry(link, struct put_call, link);
        if (call->refused)
            continue;
        call->outcome = outcome;
        call->error = error;
    }
}

/* As many calls as fit into one transaction, at least one. Under the mutex. */
static void take_group(struct records *records, struct list *group) {
    uint32_t count = 0;
    list_init(group);
    list_each_safe(&records->calls, link) {
        struct put_call *call = list_entry(link, struct put_call, link);
        if (count > 0 && count + call->count > RECORDS_GROUP_MOST)
            break;
        count += call->count;
        list_remove(link);
        list_append(group, link);
    }
}

enum outcome records_put(void *context, const struct record_command *commands, uint32_t count, struct record_ticket *ret,
                         struct error *error) {
    struct records *records = context;
    if (count == 0)
        return OUTCOME_OK;
    struct record_ticket *tickets = memory_alloc(count * sizeof *tickets);   /* ret is written only on OK */
    if (!tickets)
        return error_no_memory(error);
    struct put_call call = {.commands = commands, .count = count, .tickets = tickets};
    pthread_mutex_lock(&records->mutex);
    list_append(&records->calls, &call.link);
    while (!call.done) {
        if (records->writing) {
            pthread_cond_wait(&records->written, &records->mutex);
            continue;
        }
        struct list group;
        records->writing = true;
        take_group(records, &group);
        pthread_mutex_unlock(&records->mutex);
        write_group(records, &group);
        pthread_mutex_lock(&records->mutex);
        list_each_safe(&group, link) list_entry(link, struct put_call, link)->done = true;
        records->writing = false;
        pthread_cond_broadcast(&records->written);
    }
    pthread_mutex_unlock(&records->mutex);
    if (call.outcome == OUTCOME_OK)
        memcpy(ret, tickets, count * sizeof *tickets);
    else if (error)
        *error = call.error;
    memory_free(tickets);
    return call.outcome;
}
