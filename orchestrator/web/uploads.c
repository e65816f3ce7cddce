/* Materials come in: streamed to the vault, kept by a thread of its own (keepers.c), then written down. A party uploads for its case
 * by its own code, a bounded number of times. */
#include "base/log.h"
#include "model/limits.h"
#include "web/handlers.h"
#include "web/web_part.h"

/* ---- how many a person may ---- */

bool upload_may_begin(struct request *request) {
    struct record_list rows;
    uint32_t most = request->web->settings.uploads_most;
    if (request->caller.role != ROLE_APPLICANT)
        return true;
    if (!ASK(request, "material_allow", &rows, request->at[0], request->caller.name, text_format(&request->arena, "%u", most)))
        return false;
    request->counted = rows.count > 0;
    if (!request->counted)
        reply_problem(request, "uploads_most", "one person uploads at most materials.uploads (%u) files for a case; bring more to the window", most);
    return request->counted;
}

/* What came to nothing is not counted. */
static void give_back(struct request *request) {
    const struct records_port *records = &request->web->records;
    struct text parameters[] = {request->at[0], request->caller.name};
    struct record_list rows;
    if (request->counted)
        records->query(records->context, "material_allow_back", parameters, 2, &request->arena, &rows, NULL);
    request->counted = false;
}

void upload_forget(struct request *request) {
    keepers_forget(request);
    give_back(request);
}

/* ---- in ---- */

static void refuse(struct request *request, const struct error *error) {
    if (error->outcome == OUTCOME_REJECT)
        log_info("material_refused", "an upload was refused", LOG_TEXT("by", request->caller.name), LOG_STRING("code", error->code),
                 LOG_STRING("why", error->message));
    else
        log_warn("material_not_taken", "an upload could not be taken", LOG_STRING("code", error->code), LOG_STRING("why", error->message));
    reply_error(request, error);
}

/* What this person brought for the case; once more the same: it is not counted again. */
static bool note_brought(struct request *request, struct text digest) {
    struct record_list rows;
    if (request->caller.role != ROLE_APPLICANT)
        return true;
    if (!ASK(request, "material_bring", &rows, digest, request->at[0], request->caller.name))
        return false;
    if (rows.count > 0)
        request->counted = false;   /* it stays counted */
    return true;
}

/* A row has just been made: were the bytes taken away between, with the row before it? False: answered. */
static bool is_there(struct request *request, struct text digest) {
    const struct vault_port *vault = request->web->settings.vault;
    struct error error = {0};
    struct record_list rows;
    bool is = true;
    if (request->web->settings.materials_keep_us == 0)
        return true;
    enum outcome outcome = vault->has(vault->context, digest, &is, &error);
    if (outcome == OUTCOME_OK && is)
        return true;
    if (outcome == OUTCOME_OK && ASK(request, "material_gone", &rows, digest, TEXT_NONE))
        reply_problem(request, "vault_busy", "the same content was just taken away, for no case named it; come again");
    else if (outcome != OUTCOME_OK)
        refuse(request, &error);
    return false;
}

void handle_material_put(struct request *request) {
    struct vault_kept kept;
    struct error error = {0};
    struct record_list rows;
    struct json row;
    if (!request->keeping) {
        keepers_take(request);
        return;
    }
    if (keepers_kept(request, &kept, &error) != OUTCOME_OK) {
        refuse(request, &error);
        return;
    }
    struct text digest = text_copy(&request->arena, text_from(kept.digest));
    if (!ASK(request, "material_put", &rows, digest, text_format(&request->arena, "%lld", (long long)kept.size), text_from(kept.media_type),
             text_from(kept.scan), request->caller.name, text_from(role_name(request->caller.role))))
        return;
    if (rows.count == 0) {
        reply_problem(request, "vault_busy", "the same content is just being taken away, for no case named it; come again");
        return;
    }
    if ( json_read(&request->arena, rows.at[0], 8, &row, NULL) != OUTCOME_OK) {
        reply_problem(request, "internal", "the material has no row");
        return;
    }
    const struct json *fresh = json_get_string(&row, "fresh");
    if (fresh && fresh->type == JSON_TRUE && !is_there(request, digest))
        return;
    if (!note_brought(request, digest))
        return;
    if (request->caller.role != ROLE_APPLICANT)   /* who has not brought it does not learn that it is there */
        reply_header(request, "Location", text_format(&request->arena, "/v1/materials/%.*s", TEXT_ARG(digest)));
    else
        rows.at[0] = text_format(&request->arena, "{\"digest\":\"%.*s\",\"size\":%lld,\"media_type\":\"%s\",\"scan\":\"%s\"}", TEXT_ARG(digest),
                                 (long long)kept.size, kept.media_type, kept.scan);
    bool is_new = request->caller.role == ROLE_APPLICANT || (fresh && fresh->type == JSON_TRUE);
    material_reply(request, is_new ? 201 : 200, rows.at[0], digest);
}
