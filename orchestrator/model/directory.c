/* Who is asked: departments, members of groups, offices of a region. */
#include "model/directory.h"

#include <stddef.h>

const struct department *directory_find(const struct directory *directory, struct text id) {
    for (uint16_t i = 0; i < directory->count; i++)
        if (text_equal(directory->departments[i].id, id))
            return &directory->departments[i];
    return NULL;
}

struct title directory_title_at(const struct department *department, int64_t at_us) {
    const struct former_title *nearest = NULL;
    for (uint16_t i = 0; i < department->former_count; i++)
        if (at_us < department->former[i].until_us && (!nearest || department->former[i].until_us < nearest->until_us))
            nearest = &department->former[i];
    return nearest ? nearest->title : department->title;
}

/* Is `entry` ("banks" or "banks:102") of `group`? *ret_code is what follows the colon, absent without one. */
static bool entry_is_of(struct text entry, struct text group, struct text *ret_code) {
    *ret_code = TEXT_NONE;
    if (text_equal(entry, group))
        return true;
    if (entry.length <= group.length || entry.at[group.length] != ':' ||
        !text_equal(text_span(entry.at, group.length), group))
        return false;
    *ret_code = text_span(entry.at + group.length + 1, entry.length - group.length - 1);
    return true;
}

const struct department *directory_find_member(const struct directory *directory, struct text group, struct text id) {
    for (uint16_t i = 0; i < directory->count; i++) {
        const struct department *department = &directory->departments[i];
        for (uint16_t j = 0; j < department->group_count; j++) {
            struct text code;
            if (entry_is_of(department->groups[j], group, &code) &&
                (text_equal(department->id, id) || (!text_is_none(code) && text_equal(code, id))))
                return department;
        }
    }
    return NULL;
}

/* The office whose region is the first `digits` of `region` with zeros behind. */
static const struct office *office_at(const struct department *department, struct text region, size_t digits) {
    static const char zeros[] = "000000";
    for (uint16_t i = 0; i < department->office_count; i++) {
        struct text own = department->offices[i].region;
        if (own.length == 6 && region.length == 6 && memcmp(own.at, region.at, digits) == 0 &&
            memcmp(own.at + digits, zeros, 6 - digits) == 0)
            return &department->offices[i];
    }
    return NULL;
}

const struct office *directory_office(const struct department *department, struct text region) {
    for (uint16_t i = 0; i < department->office_count; i++)
        if (text_equal(department->offices[i].region, region))
            return &department->offices[i];
    const struct office *office = office_at(department, region, 4);
    if (!office)
        office = office_at(department, region, 2);
    if (!office && department->office_count == 1)
        office = &department->offices[0];
    return office;
}
