/* The bounded list of what is wrong: growing it is the one thing that compiling, validating and comparing share. */
#include "wire/schema_part.h"

bool schema_fault_add(struct schema_fault_list *list, struct arena *arena, const struct schema_fault *fault) {
    if (!list)
        return true;
    if (list->most == 0)
        list->most = SCHEMA_FAULTS_MOST;
    if (list->count == list->most) {
        list->cut = true;
        return false;
    }
    bool is_power = (list->count & (list->count - 1)) == 0;
    if (is_power && (list->count == 0 || list->count >= 4)) {     /* room for 4, then doubled */
        size_t room = list->count ? list->count * 2 : 4;
        struct schema_fault *grown = arena_new_array(arena, room, struct schema_fault);
        if (!grown)
            return false;
        if (list->count)
            memcpy(grown, list->fault, list->count * sizeof *grown);
        list->fault = grown;
    }
    list->fault[list->count++] = *fault;
    return true;
}
