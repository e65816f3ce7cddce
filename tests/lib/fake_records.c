/* The records port as a test wants it to be. */
#include "fake_records.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/sha256.h"

static char *keep(struct text t) { return text_is_none(t) ? NULL : strndup(t.at, t.length); }

static struct fake_query *find(struct fake_records *fake, const char *name) {
    for (uint32_t i = 0; i < fake->query_count; i++)
        if (strcmp(fake->queries[i].name, name) == 0)
            return &fake->queries[i];
    if (fake->query_count == FAKE_QUERIES_MOST)
        abort();
    struct fake_query *query = &fake->queries[fake->query_count++];
    snprintf(query->name, sizeof query->name, "%s", name);
    return query;
}

void fake_records_init(struct fake_records *fake) {
    memset(fake, 0, sizeof *fake);
    pthread_mutex_init(&fake->mutex, NULL);
    fake->next_number = 1;
}

void fake_records_free(struct fake_records *fake) {
    for (uint32_t i = 0; i < fake->query_count; i++) {
        for (uint32_t j = 0; j < fake->queries[i].row_count; j++)
            free(fake->queries[i].rows[j]);
        for (int j = 0; j < FAKE_PARAMETERS_MOST; j++)
            free(fake->queries[i].parameters[j]);
    }
    for (uint32_t i = 0; i < fake->command_count; i++) {
        struct fake_command *c = &fake->commands[i];
        free(c->kind), free(c->root), free(c->case_id), free(c->data), free(c->key), free(c->content), free(c->body);
    }
    pthread_mutex_destroy(&fake->mutex);
}

void fake_records_rows(struct fake_records *fake, const char *name, ...) {
    va_list rows;
    pthread_mutex_lock(&fake->mutex);
    struct fake_query *query = find(fake, name);
    for (uint32_t i = 0; i < query->row_count; i++)
        free(query->rows[i]);
    query->row_count = 0;
    va_start(rows, name);
    for (const char *row = va_arg(rows, const char *); row; row = va_arg(rows, const char *))
        query->rows[query->row_count++] = strdup(row);
    va_end(rows);
    pthread_mutex_unlock(&fake->mutex);
}

void fake_records_token(struct fake_records *fake, const char *secret, int64_t id, const char *role, const char *department,
                        const char *region) {
    char hash[SHA256_TEXT_SIZE], name[96], row[512];
    sha256_text(text_from(secret), hash);
    snprintf(name, sizeof name, "token:%.60s", hash);
    char quoted_department[80] = "null", quoted_region[80] = "null";
    if (department)
        snprintf(quoted_department, sizeof quoted_department, "\"%s\"", department);
    if (region)
        snprintf(quoted_region, sizeof quoted_region, "\"%s\"", region);
    snprintf(row, sizeof row, "{\"id\":%lld,\"role\":\"%s\",\"department\":%s,\"region\":%s,\"name\":\"%s-%lld\"}", (long long)id, role,
             quoted_department, quoted_region, role, (long long)id);
    name[63] = '\0';
    fake_records_rows(fake, name, row, NULL);
}

static enum outcome fake_query(void *context, const char *name, const struct text *parameters, uint32_t count, struct arena *arena,
                               struct record_list *ret, struct error *error) {
    struct fake_records *fake = context;
    char token[96];
    pthread_mutex_lock(&fake->mutex);
    bool away = fake->away;
    struct fake_query *asked = find(fake, name);
    asked->asked++;
    for (uint32_t i = 0; i < FAKE_PARAMETERS_MOST; i++) {
        free(asked->parameters[i]);
        asked->parameters[i] = i < count ? keep(parameters[i]) : NULL;
    }
    if (strcmp(name, "token_find") == 0) {
        snprintf(token, sizeof token, "token:%.60s", asked->parameters[0]);
        token[63] = '\0';
        asked = find(fake, token);
    }
    if (strcmp(name, "command_answers") == 0) {   /* out of the inbox */
        ret->count = 0;
        ret->at = arena_new_array(arena, FAKE_COMMANDS_MOST, struct text);
        for (uint32_t i = 0; i < fake->command_count; i++) {
            struct fake_command *c = &fake->commands[i];
            if (!c->status)
                continue;
            _cleanup_buffer_ struct buffer out;
            buffer_init(&out, 1 << 16);
            buffer_format(&out, "{\"command\":%lld,\"status\":%d,\"body\":", (long long)c->id, c->status);
            json_write_string(&out, text_from(c->body));
            buffer_put_string(&out, "}");
            ret->at[ret->count++] = text_copy(arena, buffer_text(&out));
        }
    } else if (!away) {
        ret->count = asked->row_count;
        ret->at = arena_new_array(arena, asked->row_count, struct text);
        for (uint32_t i = 0; i < asked->row_count; i++)
            ret->at[i] = text_copy(arena, text_from(asked->rows[i]));
    }
    pthread_mutex_unlock(&fake->mutex);
    return away ? error_set(error, OUTCOME_RETRY, "store_away", "the database does not answer") : OUTCOME_OK;
}

static struct fake_command *find_key(struct fake_records *fake, struct text key) {
    for (uint32_t i = 0; i < fake->command_count && !text_is_none(key); i++)
        if (fake->commands[i].key && text_is(key, fake->commands[i].key))
            return &fake->commands[i];
    return NULL;
}

static enum outcome fake_put(void *context, const struct record_command *commands, uint32_t count, struct record_ticket *ret,
                             struct error *error) {
    struct fake_records *fake = context;
    enum outcome outcome = OUTCOME_OK;
    pthread_mutex_lock(&fake->mutex);
    if (fake->away)
        outcome = error_set(error, OUTCOME_RETRY, "store_away", "the database does not answer");
    for (uint32_t i = 0; i < count && outcome == OUTCOME_OK; i++) {
        struct fake_command *there = find_key(fake, commands[i].idempotency_key);
        if (there) {
            if (!text_is(commands[i].content, there->content) || !text_is(commands[i].kind, there->kind) ||
                !text_equal(commands[i].case_id, text_from(there->case_id)))
                outcome = error_set(error, OUTCOME_REJECT, "idempotency_conflict", "the key was used for another content");
            ret[i] = (struct record_ticket){there->id, true};
            continue;
        }
        struct fake_command *c = &fake->commands[fake->command_count++];
        *c = (struct fake_command){.id = fake->command_count, .kind = keep(commands[i].kind), .root = keep(commands[i].root),
                                   .case_id = keep(commands[i].case_id), .data = keep(commands[i].data),
                                   .key = keep(commands[i].idempotency_key), .content = keep(commands[i].content),
                                   .status = fake->answer_status, .body = fake->answer_body ? strdup(fake->answer_body) : NULL};
        ret[i] = (struct record_ticket){c->id, false};
    }
    pthread_mutex_unlock(&fake->mutex);
    return outcome;
}

static enum outcome fake_answer(void *context, int64_t id, struct arena *arena, int32_t *ret_status, struct text *ret_body,
                                struct error *error) {
    struct fake_records *fake = context;
    enum outcome outcome = OUTCOME_OK;
    pthread_mutex_lock(&fake->mutex);
    if (id < 1 || id > fake->command_count) {
        outcome = error_set(error, OUTCOME_REJECT, "unknown_command", "there is no command %lld", (long long)id);
    } else {
        *ret_status = fake->commands[id - 1].status;
        *ret_body = text_copy(arena, text_from(fake->commands[id - 1].body));
    }
    pthread_mutex_unlock(&fake->mutex);
    return outcome;
}

static enum outcome fake_number(void *context, struct text region, struct text day, struct arena *arena, struct text *ret,
                                struct error *error) {
    struct fake_records *fake = context;
    pthread_mutex_lock(&fake->mutex);
    *ret = text_format(arena, "%.*s%.*s%08lld", TEXT_ARG(region), TEXT_ARG(day), (long long)fake->next_number++);
    bool away = fake->away;
    pthread_mutex_unlock(&fake->mutex);
    return away ? error_set(error, OUTCOME_RETRY, "store_away", "the database does not answer") : OUTCOME_OK;
}

static bool fake_is_up(void *context) { return !((struct fake_records *)context)->away; }

struct records_port fake_records_port(struct fake_records *fake) {
    return (struct records_port){.context = fake, .query = fake_query, .put = fake_put, .answer = fake_answer, .number = fake_number,
                                 .is_up = fake_is_up};
}

void fake_records_answer(struct fake_records *fake, int64_t id, int32_t status, const char *body) {
    pthread_mutex_lock(&fake->mutex);
    struct fake_command *c = &fake->commands[id - 1];
    free(c->body);
    c->body = strdup(body);
    c->status = status;
    pthread_mutex_unlock(&fake->mutex);
}

const char *fake_records_parameter(struct fake_records *fake, const char *name, uint32_t index) {
    pthread_mutex_lock(&fake->mutex);
    const char *value = find(fake, name)->parameters[index];
    pthread_mutex_unlock(&fake->mutex);
    return value ? value : "";
}

uint32_t fake_records_asked(struct fake_records *fake, const char *name) {
    pthread_mutex_lock(&fake->mutex);
    uint32_t asked = find(fake, name)->asked;
    pthread_mutex_unlock(&fake->mutex);
    return asked;
}

uint32_t fake_records_commands(struct fake_records *fake) {
    pthread_mutex_lock(&fake->mutex);
    uint32_t count = fake->command_count;
    pthread_mutex_unlock(&fake->mutex);
    return count;
}
