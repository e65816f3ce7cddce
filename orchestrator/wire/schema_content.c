/* Strings that carry something else: base64 (RFC 4648 §4) and JSON, as contentEncoding and contentMediaType say. */
#include "base/base64.h"
#include "wire/schema_part.h"

#define CONTENT_DEPTH_MOST 64

bool validate_content(struct validation *v, const struct schema_keyword *k, const struct json *value,
                      const struct instance_path *path) {
    if (k->kind == KEYWORD_CONTENT_ENCODING)
        return base64_is(value->text) ? true : validate_fault(v, path, k->kind, TEXT_NONE, "the text is no base64");
    struct text content = value->text;
    if (k->decode_first) {
        if (!base64_is(content))
            return true;                              /* contentEncoding has said so */
        content = base64_decode(v->scratch, content);
    }
    struct json ignored;
    struct error error;
    if (text_is_none(content) ||
        json_read(v->scratch, content, CONTENT_DEPTH_MOST, &ignored, &error) == OUTCOME_OK)
        return true;
    return validate_fault(v, path, k->kind, TEXT_NONE, "the text does not hold JSON: %s", error.message);
}
