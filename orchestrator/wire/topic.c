/* Topics' names: <region>.<department>.task.v1 and the like; the `_` of a department's id is written `-`. */
#include "wire/cloud_event.h"

#include "model/limits.h"

struct text topic_name(struct arena *arena, struct text region, struct text department, const char *suffix) {
    struct text behind = text_from(suffix);
    size_t size = region.length + department.length + behind.length + 3;
    char *room = arena_room(arena, size, 1);
    if (!room)
        return TEXT_NONE;
    struct pen pen = pen_on(room, size);
    pen_text(&pen, region);
    pen_text(&pen, TEXT("."));
    if (!text_is_none(department)) {
        char *from = pen.at;
        pen_text(&pen, department);
        for (; from < pen.at; from++)
            if (*from == '_')
                *from = '-';
        pen_text(&pen, TEXT("."));
    }
    pen_text(&pen, behind);
    return pen_written(&pen);
}

static const struct { const char *suffix; enum topic_kind kind; bool of_department; } kinds[] = {
    {".task.v1", TOPIC_TASK, true},     {".result.v1", TOPIC_RESULT, true}, {".intake.v1", TOPIC_INTAKE, false},
    {".case.v1", TOPIC_CASE, false},    {".dead.v1", TOPIC_DEAD, false},
};

/* Letters, digits and '-': what an id becomes in a topic's name. A '_' is refused: the department would have two
 * topics, and the broker's rules know one of them. */
static bool is_part(struct text part) {
    for (size_t i = 0; i < part.length; i++) {
        char c = part.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return part.length > 0 && part.length <= LIMIT_name_bytes_most;
}

enum topic_kind topic_parse(struct arena *arena, struct text topic, struct text *ret_region, struct text *ret_department) {
    size_t row = 0;
    while (row < sizeof kinds / sizeof kinds[0] && !text_ends_with(topic, kinds[row].suffix))
        row++;
    if (row == sizeof kinds / sizeof kinds[0])
        return TOPIC_OTHER;
    struct text region = text_span(topic.at, topic.length - strlen(kinds[row].suffix)), department = TEXT_NONE;
    size_t dot = text_find(region, '.');
    if (kinds[row].of_department != (dot != SIZE_MAX))
        return TOPIC_OTHER;
    if (dot != SIZE_MAX) {
        department = text_span(region.at + dot + 1, region.length - dot - 1);
        region.length = dot;
        char *at = is_part(department) ? arena_copy(arena, department.at, department.length) : NULL;
        for (size_t i = 0; at && i < department.length; i++)
            if (at[i] == '-')
                at[i] = '_';
        department.at = at;
    }
    if (!is_part(region) || (dot != SIZE_MAX && text_is_none(department)))
        return TOPIC_OTHER;
    *ret_region = region;
    *ret_department = department;
    return kinds[row].kind;
}
