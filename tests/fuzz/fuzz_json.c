/* Bytes as JSON: what is read, the writers write so that it is read again as the same; as a moment, a duration, a number. */
#include "fuzz.h"

#include "base/time.h"
#include "model/limits.h"

static void check_writers(struct arena *arena, const struct json *value) {
    struct buffer first, second;
    struct json again;
    buffer_init(&first, 64 << 20);
    buffer_init(&second, 64 << 20);
    static void (*const writers[])(struct buffer *, const struct json *) = {json_write, json_write_canonical, json_write_pretty};
    for (size_t i = 0; i < sizeof writers / sizeof writers[0]; i++) {
        buffer_clear(&first);
        buffer_clear(&second);
        writers[i](&first, value);
        FUZZ_CHECK(!first.failed, "writer %zu does not write what was read", i);
        FUZZ_CHECK(json_read(arena, buffer_text(&first), LIMIT_json_depth_most, &again, NULL) == OUTCOME_OK,
                   "writer %zu writes what is not read: %s", i, first.at);
        FUZZ_CHECK(json_equal(value, &again) && json_equal(&again, value), "writer %zu changes the value: %s", i, first.at);
        writers[i](&second, &again);
        FUZZ_CHECK(text_equal(buffer_text(&first), buffer_text(&second)), "writer %zu: %s and %s", i, first.at, second.at);
    }
    buffer_free(&first);
    buffer_free(&second);
}

static void check_value(const struct json *value) {
    int64_t whole;
    FUZZ_CHECK(json_equal(value, value), "a value is not equal to itself");
    if (value->type == JSON_NUMBER) {
        FUZZ_CHECK(json_number_compare(value->text, value->text) == 0, "a number is not itself");
        char room[32];
        if (json_to_int64(value, &whole)) {
            snprintf(room, sizeof room, "%lld", (long long)whole);
            FUZZ_CHECK(json_number_compare(value->text, text_from(room)) == 0, "%.*s is not %s", TEXT_ARG(value->text), room);
        }
    }
    for (uint32_t i = 0; i < value->count; i++) {
        const struct json_member *member = &value->children[i];
        if (value->type == JSON_OBJECT)
            FUZZ_CHECK(json_get(value, member->key) == &member->value, "a member is not found");
        if (i > 0 && member->value.type == JSON_NUMBER && member[-1].value.type == JSON_NUMBER) {
            int one = json_number_compare(member[-1].value.text, member->value.text);
            FUZZ_CHECK(one == -json_number_compare(member->value.text, member[-1].value.text), "comparing has no order");
            struct text a = member[-1].value.text, b = member->value.text;
            double x = strtod(a.at, NULL), y = strtod(b.at, NULL);   /* what stands behind a number ends it */
            FUZZ_CHECK(x == y || (x < y) == (one < 0), "%.*s and %.*s compare as %d", TEXT_ARG(a), TEXT_ARG(b), one);
        }
        check_value(&member->value);
    }
}

static void check_times(struct text t) {
    int64_t us, again;
    char room[TIME_TEXT_SIZE];
    if (time_parse(t, &us, NULL) == OUTCOME_OK) {
        FUZZ_CHECK(time_parse(time_format_utc(us, room), &again, NULL) == OUTCOME_OK && us == again, "%s is read as another", room);
        time_format_china(us, room);
    }
    if (duration_parse(t, &us, NULL) == OUTCOME_OK)
        FUZZ_CHECK(us >= 0 && duration_parse(duration_format(us, room), &again, NULL) == OUTCOME_OK && us == again,
                   "%s is read as another", room);
    if (text_to_int64(t, &us)) {
        snprintf(room, sizeof room, "%lld", (long long)us);
        FUZZ_CHECK(text_to_int64(text_from(room), &again) && us == again, "%s is read as another", room);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena arena;
    struct json value;
    struct error error = {0};
    arena_init(&arena, (size_t)256 << 20);
    struct text all = fuzz_text(&arena, text_span((const char *)data, size));
    enum outcome outcome = json_read(&arena, all, LIMIT_json_depth_most, &value, &error);
    FUZZ_CHECK(outcome == OUTCOME_OK || outcome == OUTCOME_REJECT, "json_read ends with %s", outcome_name(outcome));
    if (outcome == OUTCOME_REJECT)
        FUZZ_CHECK(text_is_utf8(text_from(error.message)), "the message is no UTF-8");
    if (outcome == OUTCOME_OK) {
        FUZZ_CHECK(text_is_utf8(all), "json_read takes what is no UTF-8");
        check_value(&value);
        check_writers(&arena, &value);
        json_pointer(&value, all);
    }
    check_times(all);
    arena_free(&arena);
    return 0;
}
