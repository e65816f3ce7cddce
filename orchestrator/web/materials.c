/* Materials: handed out to who may have them, and held against what an application names. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "model/limits.h"
#include "web/handlers.h"
#include "web/web_part.h"
#include "wire/material.h"

static struct text uri_of(struct request *request, struct text digest) {
    const char *url = request->web->settings.url;
    return material_uri(&request->arena, url ? text_from(url) : TEXT(""), digest);
}

void material_reply(struct request *request, unsigned status, struct text row, struct text digest) {
    reply_json(request, status, text_format(&request->arena, "{\"uri\":\"%.*s\",%.*s", TEXT_ARG(uri_of(request, digest)),
                                            (int)row.length - 1, row.at + 1));
}

/* ---- out ---- */

static bool refuse_unknown(struct request *request) {
    reply_problem(request, "material_unknown", "there is no material %.*s for this caller", TEXT_ARG(request->at[0]));
    return false;
}

static bool find_material(struct request *request, struct text *ret_row, struct json *ret) {
    struct record_list rows;
    if (!request->web->settings.vault) {
        reply_problem(request, "not_offered", "no store of materials is configured (materials.store)");
        return false;
    }
    if (!vault_digest_is_sound(request->at[0]))
        return refuse_unknown(request);
    if (!ASK(request, "material_show", &rows, request->at[0]))
        return false;
    if (rows.count == 0 || json_read(&request->arena, rows.at[0], 16, ret, NULL) != OUTCOME_OK)
        return refuse_unknown(request);
    *ret_row = rows.at[0];
    return true;
}

void handle_material_about(struct request *request) {
    struct text row;
    struct json material;
    if (find_material(request, &row, &material))
        material_reply(request, 200, row, request->at[0]);
}

/* A department gets what one of its tasks has carried, and nothing else. *ret_case: for which case it is taken. */
static bool may_take(struct request *request, const struct json *material, struct text *ret_case) {
    const struct json *uses = json_get_string(material, "uses");
    struct record_list rows;
    struct json row;
    *ret_case = uses && uses->count == 1 ? json_get_text(&uses->children[0].value, TEXT("case")) : TEXT_NONE;
    if (request->caller.role != ROLE_DEPARTMENT)
        return true;
    if (!ASK(request, "material_given", &rows, request->at[0], request->caller.department,
             request->caller.region.length > 0 ? request->caller.region : TEXT_NONE))
        return false;
    if (rows.count == 0 || json_read(&request->arena, rows.at[0], 8, &row, NULL) != OUTCOME_OK)
        return refuse_unknown(request);
    *ret_case = text_copy(&request->arena, json_get_text(&row, TEXT("case")));
    return true;
}

/* Asked twice: before a keeper brings it, and when it is there; what was allowed may have ended meanwhile. */
void handle_material(struct request *request) {
    struct text row, case_id;
    struct json material;
    struct error error = {0};
    struct record_list rows;
    if (!find_material(request, &row, &material) || !may_take(request, &material, &case_id))
        return;
    if (!request->keeping) {
        keepers_fetch(request, request->at[0]);
        return;
    }
    if (keepers_fetched(request, &request->send_fd, &request->send_bytes, &error) != OUTCOME_OK) {
        log_error("material_not_read", "a material that has a row can't be handed out", LOG_TEXT("digest", request->at[0]),
                  LOG_STRING("code", error.code), LOG_STRING("why", error.message));
        reply_error(request, &error);
        return;
    }
    if (!ASK(request, "access_note", &rows, request->caller.name, text_from(role_name(request->caller.role)), request->caller.department,
             TEXT("material"), case_id, request->at[0], TEXT_NONE))
        return;
    struct text type = text_copy(&request->arena, json_get_text(&material, TEXT("media_type")));
    reply_header(request, "Content-Disposition", TEXT("attachment"));
    reply_json(request, 200, TEXT(""));
    request->content_type = type.at ? type.at : "application/octet-stream";
}

/* ---- what an application names ---- */

struct stand { struct request *request; const char *pointer; struct record_list known, types; uint32_t faults; };

static void fault(struct stand *s, uint32_t place, const char *member, const char *keyword, struct text message) {
    char pointer[96];
    snprintf(pointer, sizeof pointer, "%s/%u%s", s->pointer, (unsigned)place, member);
    request_fault(s->request, text_from(pointer), keyword, "%.*s", TEXT_ARG(message));
    s->faults++;
}

/* The row whose member `name` is `value`. */
static bool find_row(struct stand *s, const struct record_list *rows, const char *name, struct text value, struct json *ret) {
    for (uint32_t i = 0; i < rows->count; i++)
        if (json_read(&s->request->arena, rows->at[i], 16, ret, NULL) == OUTCOME_OK &&
            text_equal(json_get_text(ret, text_from(name)), value))
            return true;
    return false;
}

static void hold_type(struct stand *s, uint32_t place, struct text id, struct text type) {
    struct json row;
    if (!find_row(s, &s->types, "id", id, &row))
        return;
    const struct json *types = json_get_string(&row, "types");
    for (uint32_t i = 0; types && types->type == JSON_ARRAY && i < types->count; i++)
        if (text_equal(json_at(types, i)->text, type))
            return;
    fault(s, place, "/digest", "media_type",
          text_format(&s->request->arena, "what was uploaded is %.*s; the definition takes %.*s", TEXT_ARG(type),
                      TEXT_ARG(types ? types->text : TEXT(""))));
}

static void hold_one(struct stand *s, uint32_t place, const struct json *given, struct json_writer *w) {
    struct text digest = json_get_text(given, TEXT("digest"));
    struct json kept;
    int64_t size = 0, said;
    if (text_is_none(digest) && s->request->caller.role == ROLE_APPLICANT) {
        fault(s, place, "", "required", TEXT("has no digest: what is on paper is shown at the window"));
        return;
    }
    if (text_is_none(digest)) {   /* on paper: seen at the window */
        json_put_value(w, given);
        return;
    }
    if (!find_row(s, &s->known, "digest", digest, &kept)) {
        fault(s, place, "/digest", "kept", TEXT("is no material that was uploaded"));
        return;
    }
    struct text type = json_get_text(&kept, TEXT("media_type")), said_type = json_get_text(given, TEXT("media_type"));
    const struct json *said_size = json_get_string(given, "size");
    json_to_int64(json_get_string(&kept, "size"), &size);
    if (said_size && (!json_to_int64(said_size, &said) || said != size))
        fault(s, place, "/size", "kept", text_format(&s->request->arena, "what was uploaded has %lld bytes", (long long)size));
    if (!text_is_none(said_type) && !text_equal(said_type, type))
        fault(s, place, "/media_type", "kept", text_format(&s->request->arena, "what was uploaded is %.*s", TEXT_ARG(type)));
    hold_type(s, place, json_get_text(given, TEXT("id")), type);
    material_put_kept(w, given, uri_of(s->request, digest), size, type);
}

/* The digests that are named, as a JSON array; the count of them. */
static uint32_t gather_digests(const struct json *list, struct buffer *out) {
    struct json_writer w;
    uint32_t count = 0;
    json_begin(&w, out);
    json_open(&w, '[');
    for (uint32_t i = 0; i < list->count; i++) {
        struct text digest = json_get_text(&list->children[i].value, TEXT("digest"));
        if (text_is_none(digest))
            continue;
        json_put_text(&w, digest);
        count++;
    }
    json_close(&w, ']');
    return count;
}

/* `seen`: how it was shown at the window. Nobody says so of what he uploads himself. */
static bool seen_stands(struct request *request, const char *pointer, const struct json *list) {
    bool fine = true;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct json *seen = json_get_string(&list->children[i].value, "seen");
        bool own = request->caller.role == ROLE_APPLICANT;
        if (!seen || (!own && seen->type == JSON_STRING && trust_as_seen(seen->text) != 'D'))
            continue;
        fine = false;
        request_fault(request, text_format(&request->arena, "%s/%u/seen", pointer, (unsigned)i), own ? "forbidden" : "enum",
                      own ? "is said at the window, where it is shown" : "is original or certified_copy");
    }
    if (!fine)
        reply_problem(request, "body_invalid", "the body has a fault");
    return fine;
}

bool materials_stand(struct request *request, struct text case_id, struct text thing, const char *pointer, struct text source,
                     struct text *ret) {
    struct stand s = {.request = request, .pointer = pointer};
    struct json list;
    struct record_list rows;
    _cleanup_buffer_ struct buffer digests, out;
    buffer_init(&digests, LIMIT_message_bytes_most);
    buffer_init(&out, LIMIT_message_bytes_most);
    *ret = source;
    if (text_is_none(source) || json_read(&request->arena, source, LIMIT_json_depth_most, &list, NULL) != OUTCOME_OK || list.type != JSON_ARRAY)
        return true;
    if (!seen_stands(request, pointer, &list))
        return false;
    if (!request->web->settings.vault || (gather_digests(&list, &digests) == 0 && (request->caller.role != ROLE_APPLICANT || list.count == 0)))
        return true;
    bool own = request->caller.role == ROLE_APPLICANT;   /* who knows a digest has not brought what is called so */
    if (!ASK(request, "materials_known", &s.known, buffer_text(&digests), own ? case_id : TEXT_NONE) || !ASK(request, "material_types", &s.types, case_id, thing))
        return false;
    struct json_writer w;
    json_begin(&w, &out);
    json_open(&w, '[');
    for (uint32_t i = 0; i < list.count; i++)
        hold_one(&s, i, &list.children[i].value, &w);
    json_close(&w, ']');
    if (s.faults > 0) {
        reply_problem(request, "material_not_kept", "upload it first (POST /v1/materials), and name it by the digest that is answered");
        return false;
    }
    *ret = text_copy(&request->arena, buffer_text(&out));
    if (out.failed || text_is_none(*ret)) {
        reply_problem(request, "out_of_memory", "too many materials");
        return false;
    }
    if (!ASK(request, "material_use", &rows, case_id, *ret))
        return false;
    int64_t kept = 0, named = 1;
    struct json row;
    if (rows.count == 1 && json_read(&request->arena, rows.at[0], 4, &row, NULL) == OUTCOME_OK &&
        json_to_int64(json_get_string(&row, "kept"), &kept) && json_to_int64(json_get_string(&row, "named"), &named) && kept == named)
        return true;
    reply_problem(request, "material_not_kept", "a material was just taken away, for nothing had named it; upload it again");
    return false;
}
