/* Topics' names: <region>.<department>.task.v1 and the like; the `_` of a department's id is written `-`. */
#include "wire/cloud_event.h"

struct text topic_name(struct arena *arena, struct text region, struct text department, const char *suffix) {
    if (text_is_none(department))
        return text_format(arena, "%.*s.%s", TEXT_ARG(region), suffix);
    struct text name = text_format(arena, "%.*s.%.*s.%s", TEXT_ARG(region), TEXT_ARG(department), suffix);
    if (text_is_none(name))
        return name;
    char *at = arena_copy(arena, name.at, name.length);
    if (!at)
        return TEXT_NONE;
    for (size_t i = region.length + 1; i < region.length + 1 + department.length; i++)
        if (at[i] == '_')
            at[i] = '-';
    return text_span(at, name.length);
}

static const struct { const char *suffix; enum topic_kind kind; bool of_department; } kinds[] = {
    {".task.v1", TOPIC_TASK, true},     {".result.v1", TOPIC_RESULT, true}, {".intake.v1", TOPIC_INTAKE, false},
    {".case.v1", TOPIC_CASE, false},    {".dead.v1", TOPIC_DEAD, false},
};

enum topic_kind topic_parse(struct arena *arena, struct text topic, struct text *ret_region, struct text *ret_department) {
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!text_ends_with(topic, kinds[i].suffix))
            continue;
        struct text head = text_span(topic.at, topic.length - strlen(kinds[i].suffix));
        size_t dot = text_find(head, '.');
        if (kinds[i].of_department != (dot != SIZE_MAX))
            return TOPIC_OTHER;
        *ret_region = dot == SIZE_MAX ? head : text_span(head.at, dot);
        *ret_department = TEXT_NONE;
        if (dot != SIZE_MAX) {
            char *at = arena_copy(arena, head.at + dot + 1, head.length - dot - 1);
            if (!at)
                return TOPIC_OTHER;
            for (size_t j = 0; at[j] != '\0'; j++)
                if (at[j] == '-')
                    at[j] = '_';
            *ret_department = text_span(at, head.length - dot - 1);
        }
        return kinds[i].kind;
    }
    return TOPIC_OTHER;
}
