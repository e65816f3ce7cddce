#include "wire/material.h"

struct text material_uri(struct arena *arena, struct text url, struct text digest) {
    return text_format(arena, "%.*s/v1/materials/%.*s", TEXT_ARG(url), TEXT_ARG(digest));
}

void material_put_kept(struct json_writer *w, const struct json *given, struct text uri, int64_t size, struct text media_type) {
    json_open(w, '{');
    for (uint32_t i = 0; i < given->count; i++) {
        struct text key = given->children[i].key;
        if (text_is(key, "uri") || text_is(key, "size") || text_is(key, "media_type"))
            continue;
        json_key(w, key);
        json_put_value(w, &given->children[i].value);
    }
    json_key(w, TEXT("uri"));
    json_put_text(w, uri);
    json_key(w, TEXT("size"));
    json_put_int64(w, size);
    json_key(w, TEXT("media_type"));
    json_put_text(w, media_type);
    json_close(w, '}');
}
