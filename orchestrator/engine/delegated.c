/* A delegated step is worked in another system and mirrored here: what is said of it is shown as that system's, and the
 * number under which it is known there is kept. It has no retry and no compensation of its own: the other system has. */
#include "engine/kinds.h"

bool delegated_follow(struct decision *d, uint16_t step, int32_t index, struct event *asked, struct error *error) {
    const struct step_definition *delegated = step_of(d, step);
    struct json number;
    asked->number = work_of(d, step, index)->foreign_number;
    if (delegated->kind != STEP_DELEGATED || !delegated->delegated.follow)
        return true;
    if (!evaluate(d, delegated->delegated.follow, step, index, &number, error))
        return false;
    if (number.type == JSON_NULL)   /* not known yet: the other system will say it */
        return true;
    if ((number.type != JSON_STRING && number.type != JSON_NUMBER) || number.text.length > LIMIT_id_bytes_most) {
        error_set(error, OUTCOME_REJECT, "follow_not_a_text", "`follow` must give a text of at most %d bytes, or null",
                  (int)LIMIT_id_bytes_most);
        return false;
    }
    asked->number = number.text;
    return true;
}

struct text delegated_number(struct decision *d, uint16_t step) {
    struct json data;
    if (step_of(d, step)->kind != STEP_DELEGATED || text_is_none(d->input->data) ||
        json_read(d->arena, d->input->data, LIMIT_json_depth_most, &data, NULL) != OUTCOME_OK)
        return TEXT_NONE;
    struct text number = json_get_text(&data, TEXT("number"));
    return number.length > LIMIT_id_bytes_most ? TEXT_NONE : number;
}
