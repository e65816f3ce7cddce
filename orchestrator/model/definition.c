/* What everybody asks of a compiled definition: a step by its id, a kind by its name, a title as JSON. */
#include "model/definition.h"

#include "model/names.h"

static const char *const kind_names[STEP_KIND_COUNT] = {
    [STEP_TASK] = "task",           [STEP_LOOKUP] = "lookup",       [STEP_APPROVE] = "approve",
    [STEP_INSPECTION] = "inspection", [STEP_PUBLICITY] = "publicity", [STEP_WAIT] = "wait",
    [STEP_THING] = "thing",         [STEP_DELEGATED] = "delegated", [STEP_DELIVER] = "deliver",
};

NAMES_DEFINE(step_kind, step_kind_name, step_kind_parse, kind_names)

void title_write(struct json_writer *w, struct title title) {
    json_key(w, TEXT("zh-Hant"));
    json_put_text(w, title.zh_hant);
    json_key(w, TEXT("zh-Hans"));
    json_put_text(w, title.zh_hans);
    json_key(w, TEXT("en"));
    json_put_text(w, title.en);
}

uint16_t definition_find_step(const struct definition *definition, struct text id) {
    if (text_is_none(id))
        return NO_INDEX;
    size_t low = 0, high = definition->step_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        uint16_t step = definition->step_order_by_id[middle];
        int order = text_compare(id, definition->steps[step].id);
        if (order == 0)
            return step;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NO_INDEX;
}
