/* Masking by default, and the recorded reveal. What is personal in a definition is read once and kept: definitions never
 * change. Which values a case has there is read anew each time. */
#include "model/limits.h"
#include "web/handlers.h"
#include "web/web_part.h"

enum { VEILS_MOST = 256 };
#define VEIL_ARENA_BYTES ((size_t)4 << 20)

struct kept { char hash[65]; struct arena arena; struct personal personal; };

enum outcome veils_create(struct once **ret) { return once_create(VEILS_MOST, ret); }

static void free_kept(void *one) {
    struct kept *kept = one;
    arena_free(&kept->arena);
    memory_free(kept);
}

void veils_free(struct once *veils) { once_free(veils, free_kept); }

static bool is_of_hash(const void *one, const void *key) {
    return text_is(*(const struct text *)key, ((const struct kept *)one)->hash);
}

static const struct personal *find_kept(struct once *veils, struct text hash) {
    struct kept *kept = once_find(veils, is_of_hash, &hash);
    return kept ? &kept->personal : NULL;
}

/* Keeps it when there is room. */
static const struct personal *keep(struct once *veils, struct text hash, const struct json *canonical) {
    struct kept *kept = hash.length < sizeof kept->hash ? memory_alloc(sizeof *kept) : NULL;
    if (!kept)
        return NULL;
    memcpy(kept->hash, hash.at, hash.length);
    arena_init(&kept->arena, VEIL_ARENA_BYTES);
    if (personal_read(canonical, &kept->arena, &kept->personal) && once_keep(veils, kept))
        return &kept->personal;
    free_kept(kept);
    return NULL;
}

static enum outcome read_definition(struct web *web, struct text hash, struct arena *arena, const struct personal **ret,
                                    struct error *error) {
    struct record_list rows;
    struct json row;
    if ((*ret = find_kept(web->veils, hash)))
        return OUTCOME_OK;
    enum outcome outcome = web->records.query(web->records.context, "thing_show", &hash, 1, arena, &rows, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (rows.count == 0)
        return error_set(error, OUTCOME_FATAL, "definition_missing", "the definition %.*s of a case is not there", TEXT_ARG(hash));
    outcome = json_read(arena, rows.at[0], LIMIT_json_depth_most * 2, &row, error);
    const struct json *canonical = outcome == OUTCOME_OK ? json_get_string(&row, "canonical") : NULL;
    if (!canonical || (*ret = keep(web->veils, hash, canonical)))
        return outcome;
    struct personal *own = arena_new(arena, struct personal);   /* no room left to keep it: for this once */
    if (!own || !personal_read(canonical, arena, own))
        return error_no_memory(error);
    *ret = own;
    return OUTCOME_OK;
}

enum outcome veil_load(struct web *web, struct text case_id, struct arena *arena, struct veil *ret, struct error *error) {
    struct record_list rows;
    struct json row;
    struct veil veil = {.form = JSON_NULL_VALUE};
    enum outcome outcome = web->records.query(web->records.context, "case_personal", &case_id, 1, arena, &rows, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (rows.count == 0)
        return error_set(error, OUTCOME_REJECT, "case_unknown", "there is no case %.*s", TEXT_ARG(case_id));
    outcome = json_read(arena, rows.at[0], LIMIT_json_depth_most * 2, &row, error);
    if (outcome == OUTCOME_OK)
        outcome = read_definition(web, json_get_text(&row, TEXT("definition")), arena, &veil.personal, error);
    const struct json *forms = outcome == OUTCOME_OK ? json_get_string(&row, "forms") : NULL;
    for (uint32_t i = 0; forms && forms->type == JSON_ARRAY && i < forms->count; i++) {
        const struct json *form = json_at(forms, i);
        if (form->type != JSON_OBJECT)
            continue;
        if (!personal_values_add(&veil.personal->form, form, arena, &veil.known))
            return error_no_memory(error);
        veil.form = veil.form.type == JSON_NULL ? *form : json_merged(arena, &veil.form, form);
    }
    if (arena->failed)
        return error_no_memory(error);
    if (outcome == OUTCOME_OK)
        *ret = veil;
    return outcome;
}

struct text veil_row(struct arena *arena, const struct veil *veil, struct text row) {
    struct json event;
    _cleanup_buffer_ struct buffer out = {0};
    struct json_writer w;
    if (json_read(arena, row, LIMIT_json_depth_most * 2, &event, NULL) != OUTCOME_OK || event.type != JSON_OBJECT)
        return TEXT_NONE;
    buffer_init(&out, REPLY_BYTES_MOST);
    json_begin(&w, &out);
    json_open(&w, '{');
    for (uint32_t i = 0; i < event.count; i++) {
        json_key(&w, event.children[i].key);
        if (text_is(event.children[i].key, "data"))
            personal_put_event(&w, veil->personal, &veil->known, json_get_text(&event, TEXT("kind")), json_get_text(&event, TEXT("step")),
                               &event.children[i].value);
        else
            json_put_value(&w, &event.children[i].value);
    }
    json_close(&w, '}');
    return out.failed ? TEXT_NONE : text_copy(arena, buffer_text(&out));
}

static bool load(struct request *request, struct text case_id, struct veil *ret) {
    struct error error = {0};
    if (veil_load(request->web, case_id, &request->arena, ret, &error) == OUTCOME_OK)
        return true;
    reply_error(request, &error);
    return false;
}

bool veil_rows(struct request *request, struct text case_id, struct record_list *rows) {
    struct veil veil;
    if (rows->count == 0)
        return true;
    if (!load(request, case_id, &veil))
        return false;
    for (uint32_t i = 0; i < rows->count; i++)
        if (text_is_none(rows->at[i] = veil_row(&request->arena, &veil, rows->at[i]))) {
            reply_problem(request, "out_of_memory", "an event can't be shown");
            return false;
        }
    return true;
}

/* ---- the form ---- */

/* [{pointer, title?, value}] of the values that `wanted` (NULL: all) names, masked or in clear. */
static void put_fields(struct json_writer *w, const struct personal_values *values, const struct json *wanted, bool clear) {
    json_key(w, TEXT("fields"));
    json_open(w, '[');
    for (uint32_t i = 0; i < values->count; i++) {
        const struct personal_value *one = &values->at[i];
        bool named = !wanted;
        for (uint32_t k = 0; wanted && k < wanted->count; k++)
            named = named || text_equal(json_at(wanted, k)->text, one->pointer);
        if (!named)
            continue;
        json_open(w, '{');
        json_key(w, TEXT("pointer"));
        json_put_text(w, one->pointer);
        if (one->mark->title.type == JSON_OBJECT) {
            json_key(w, TEXT("title"));
            json_put_value(w, &one->mark->title);
        }
        json_key(w, TEXT("value"));
        if (clear) {
            json_put_value(w, one->value);
        } else {
            _cleanup_buffer_ struct buffer out;
            buffer_init(&out, LIMIT_message_bytes_most);
            mask_put(&out, one->value->type == JSON_STRING ? one->mark->mask : MASK_WHOLE, one->value->text);
            json_put_text(w, buffer_text(&out));
        }
        json_close(w, '}');
    }
    json_close(w, ']');
}

/* The personal values of the form as it is now. */
static bool values_now(struct request *request, const struct veil *veil, struct personal_values *ret) {
    if (veil->form.type == JSON_NULL || personal_values_add(&veil->personal->form, &veil->form, &request->arena, ret))
        return true;
    reply_problem(request, "out_of_memory", "the form is too large");
    return false;
}

void handle_case_form(struct request *request) {
    struct veil veil;
    struct personal_values values = {0};
    _cleanup_buffer_ struct buffer out = {0};
    struct json_writer w;
    if (!load(request, request->at[0], &veil) || !values_now(request, &veil, &values))
        return;
    buffer_init(&out, REPLY_BYTES_MOST);
    json_begin(&w, &out);
    json_open(&w, '{');
    json_key(&w, TEXT("case"));
    json_put_text(&w, request->at[0]);
    json_key(&w, TEXT("form"));
    personal_put(&w, &veil.personal->form, &veil.known, &veil.form);
    put_fields(&w, &values, NULL, false);
    json_close(&w, '}');
    reply_json(request, 200, buffer_text(&out));
}

/* ---- the ledger ---- */

/* A party is told which office looked at what is his, and why; not the name of who works there. */
static struct text without_names(struct request *request, struct text ledger) {
    struct json whole;
    _cleanup_buffer_ struct buffer out = {0};
    struct json_writer w;
    if (json_read(&request->arena, ledger, LIMIT_json_depth_most * 2, &whole, NULL) != OUTCOME_OK)
        return TEXT_NONE;
    buffer_init(&out, REPLY_BYTES_MOST);
    json_begin(&w, &out);
    json_open(&w, '{');
    for (uint32_t i = 0; i < whole.count; i++) {
        const struct json *list = &whole.children[i].value;
        json_key(&w, whole.children[i].key);
        if (!text_is(whole.children[i].key, "seen")) {
            json_put_value(&w, list);
            continue;
        }
        json_open(&w, '[');
        for (uint32_t k = 0; k < list->count; k++) {
            const struct json *one = json_at(list, k);
            json_open(&w, '{');
            for (uint32_t m = 0; m < one->count; m++)
                if (!text_is(one->children[m].key, "who")) {
                    json_key(&w, one->children[m].key);
                    json_put_value(&w, &one->children[m].value);
                }
            json_close(&w, '}');
        }
        json_close(&w, ']');
    }
    json_close(&w, '}');
    return out.failed ? TEXT_NONE : text_copy(&request->arena, buffer_text(&out));
}

void handle_disclosures(struct request *request) {
    const struct web_parts *parts = &request->web->settings.parts;
    struct text language = request_parameter(request, "language"), ledger;
    struct error error = {0};
    if (text_is_none(language))
        language = TEXT("zh-Hant");
    if (!parts->case_disclosures)
        reply_problem(request, "not_offered", "this daemon does not tell disclosures");
    else if (parts->case_disclosures(parts->context, request->at[0], language, &request->arena, &ledger, &error) != OUTCOME_OK)
        reply_error(request, &error);
    else if (request->caller.role == ROLE_APPLICANT && text_is_none(ledger = without_names(request, ledger)))
        reply_problem(request, "out_of_memory", "the ledger is too long");
    else
        reply_json(request, 200, ledger);
}

/* ---- the reveal ---- */

/* Which fields are wanted: NULL in *ret: all of them. False: answered. */
static bool read_wanted(struct request *request, const struct json *fields, const struct personal_values *values, const struct json **ret) {
    *ret = fields;
    if (fields->type == JSON_STRING && text_is(fields->text, "all")) {
        *ret = NULL;
        return true;
    }
    for (uint32_t i = 0; fields->type == JSON_ARRAY && i < fields->count; i++) {
        bool known = false;
        for (uint32_t k = 0; k < values->count; k++)
            known = known || (json_at(fields, i)->type == JSON_STRING && text_equal(json_at(fields, i)->text, values->at[k].pointer));
        if (!known)
            request_fault(request, text_format(&request->arena, "/fields/%u", i), "pointer", "names no personal field of this form");
    }
    if (fields->type == JSON_ARRAY && fields->count > 0 && request->fault_count == 0)
        return true;
    reply_problem(request, "field_unknown", "fields is \"all\", or a list of pointers as GET …/form shows them");
    return false;
}

void handle_reveal(struct request *request) {
    const struct json *fields, *reason, *wanted;
    struct veil veil;
    struct personal_values values = {0};
    struct record_list rows;
    struct json noted;
    if (!BODY_FIELDS(request, {"fields", JSON_NULL, true, UNBOUNDED, &fields}, {"reason", JSON_STRING, true, MOST(reason_bytes_most), &reason}) ||
        !load(request, request->at[0], &veil) || !values_now(request, &veil, &values) || !read_wanted(request, fields, &values, &wanted))
        return;
    if (!ASK(request, "access_note", &rows, request->caller.name, text_from(role_name(request->caller.role)), request->caller.department,
             TEXT("reveal"), request->at[0], wanted ? wanted->text : TEXT("all"), reason->text))
        return;
    _cleanup_buffer_ struct buffer out = {0};
    struct json_writer w;
    buffer_init(&out, REPLY_BYTES_MOST);
    json_begin(&w, &out);
    json_open(&w, '{');
    json_key(&w, TEXT("case"));
    json_put_text(&w, request->at[0]);
    if (rows.count == 1 && json_read(&request->arena, rows.at[0], 8, &noted, NULL) == OUTCOME_OK) {
        json_key(&w, TEXT("noted_at"));
        json_put_text(&w, json_get_text(&noted, TEXT("at")));
    }
    put_fields(&w, &values, wanted, true);
    json_close(&w, '}');
    reply_json(request, 200, buffer_text(&out));
}
