/* Materials that applications of the intake topic name are held against what is kept, as those over HTTP are (web/materials.c): all
 * of a batch in one question, which batches without any do not ask. What does not stand makes its application a dead letter. */
#include "conductor/internal.h"

#include "wire/material.h"

/* A material of an application. */
struct named { struct pending *pending; uint32_t place; const struct json *given; };
struct naming { struct conductor *c; struct batch *batch; struct vector named; };

static bool is_elsewhere(const struct conductor *c, struct text uri) {
    struct text rest = c->settings.materials_elsewhere;
    while (rest.length > 0 && !text_is_none(uri)) {
        size_t comma = text_find(rest, ',');
        struct text one = comma == SIZE_MAX ? rest : text_span(rest.at, comma);
        if (one.length > 0 && uri.length >= one.length && memcmp(uri.at, one.at, one.length) == 0)
            return true;
        rest = comma == SIZE_MAX ? TEXT("") : text_span(rest.at + comma + 1, rest.length - comma - 1);
    }
    return false;
}

/* The application's `extra`, when it names a digest; NULL: nothing is to be asked of it. */
static const struct json *read_extra(struct batch *batch, struct pending *pending) {
    struct text extra = pending->input.extra;
    if (!pending->message || pending->dead || pending->forwarded || pending->input.kind != INPUT_SUBMIT || extra.length == 0 ||
        !memmem(extra.at, extra.length, "\"digest\"", 8))
        return NULL;
    struct json *value = arena_new(batch->arena, struct json);
    const struct json *list = value && json_read(batch->arena, extra, LIMIT_json_depth_most, value, NULL) == OUTCOME_OK
                                  ? json_get_string(value, "materials") : NULL;
    return list && list->type == JSON_ARRAY ? value : NULL;
}

static bool note(struct naming *n, struct pending *pending, const struct json *extra) {
    const struct json *list = json_get_string(extra, "materials");
    for (uint32_t i = 0; i < list->count; i++) {
        const struct json *given = &list->children[i].value;
        if (text_is_none(json_get_text(given, TEXT("digest"))) || is_elsewhere(n->c, json_get_text(given, TEXT("uri"))))
            continue;
        struct named *one = vector_new(&n->named, n->batch->arena, struct named);
        if (!one)
            return false;
        *one = (struct named){pending, i, given};
    }
    return true;
}

/* ---- does it stand? ---- */

static void refuse(struct pending *pending, uint32_t place, const char *member, struct text why) {
    if (pending->dead)
        return;   /* the first fault is told */
    error_set(&pending->error, OUTCOME_REJECT, "material_not_kept", "/extra/materials/%u%s: %.*s", (unsigned)place, member, TEXT_ARG(why));
    pending->dead = true;
}

static void hold(struct batch *batch, const struct named *one, const struct store_material *kept) {
    struct text type = json_get_text(one->given, TEXT("media_type"));
    const struct json *size = json_get_string(one->given, "size");
    int64_t said;
    if (!kept->is_kept)
        refuse(one->pending, one->place, "/digest", TEXT("is no material that was uploaded"));
    else if (size && (!json_to_int64(size, &said) || said != kept->size))
        refuse(one->pending, one->place, "/size", text_format(batch->arena, "what was uploaded has %lld bytes", (long long)kept->size));
    else if (!text_is_none(type) && !text_equal(type, kept->media_type))
        refuse(one->pending, one->place, "/media_type", text_format(batch->arena, "what was uploaded is %.*s", TEXT_ARG(kept->media_type)));
    else if (!kept->type_fits)
        refuse(one->pending, one->place, "/digest", text_format(batch->arena, "what was uploaded is %.*s; the definition takes %.*s",
                                                                TEXT_ARG(kept->media_type), TEXT_ARG(kept->types)));
}

/* ---- the application with its materials as they are kept ---- */

/* Those of `named` from `first` on that are the same application's; their number. */
static uint32_t write_extra(struct naming *n, const struct json *extra, const struct named *named, const struct store_material *kept, uint32_t left) {
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    uint32_t at = 0;
    struct pending *pending = named->pending;
    buffer_init(&out, LIMIT_message_bytes_most);
    json_begin(&w, &out);
    json_open(&w, '{');
    for (uint32_t i = 0; i < extra->count; i++) {
        const struct json *value = &extra->children[i].value;
        json_key(&w, extra->children[i].key);
        if (!text_is(extra->children[i].key, "materials")) {
            json_put_value(&w, value);
            continue;
        }
        json_open(&w, '[');
        for (uint32_t k = 0; k < value->count; k++)
            if (at < left && named[at].pending == pending && named[at].place == k) {
                material_put_kept(&w, &value->children[k].value, material_uri(n->batch->arena, n->c->settings.url, kept[at].digest),
                                  kept[at].size, kept[at].media_type);
                at++;
            } else {
                json_put_value(&w, &value->children[k].value);
            }
        json_close(&w, ']');
    }
    json_close(&w, '}');
    if (!pending->dead) {
        pending->input.extra = out.failed ? TEXT_NONE : text_copy(n->batch->arena, buffer_text(&out));
        if (text_is_none(pending->input.extra)) {
            error_set(&pending->error, OUTCOME_REJECT, "message_bytes_most", "with its materials as they are kept the application is too long");
            pending->dead = true;
        }
    }
    return at;
}

static enum outcome look(struct naming *n, const struct json *const *extras, struct error *error) {
    struct named *named = n->named.at;
    uint32_t count = n->named.count;
    struct store_material *kept = arena_new_array(n->batch->arena, count, struct store_material);
    if (!kept)
        return error_no_memory(error);
    for (uint32_t i = 0; i < count; i++)
        kept[i] = (struct store_material){.case_id = named[i].pending->input.case_id, .thing = named[i].pending->input.thing,
                                          .material = json_get_text(named[i].given, TEXT("id")),
                                          .digest = json_get_text(named[i].given, TEXT("digest"))};
    enum outcome outcome = n->c->ports.store.materials(n->c->ports.store.context, kept, count, n->batch->arena, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    for (uint32_t i = 0; i < count; i++)
        hold(n->batch, &named[i], &kept[i]);
    for (uint32_t i = 0; i < count;) {
        uint32_t place = (uint32_t)(named[i].pending - (struct pending *)n->batch->pending.at);
        i += write_extra(n, extras[place], &named[i], &kept[i], count - i);
    }
    return n->batch->arena->failed ? error_no_memory(error) : OUTCOME_OK;
}

enum outcome intake_materials(struct conductor *c, struct batch *batch, struct error *error) {
    struct naming n = {.c = c, .batch = batch};
    struct pending *pending = batch->pending.at;
    const struct json **extras = NULL;
    if (!c->settings.materials)
        return OUTCOME_OK;
    for (uint32_t i = 0; i < batch->pending.count; i++) {
        const struct json *extra = read_extra(batch, &pending[i]);
        if (!extra)
            continue;
        if (!extras && !(extras = arena_new_array(batch->arena, batch->pending.count, const struct json *)))
            return error_no_memory(error);
        extras[i] = extra;
        if (!note(&n, &pending[i], extra))
            return error_no_memory(error);
    }
    return n.named.count > 0 ? look(&n, extras, error) : OUTCOME_OK;
}
