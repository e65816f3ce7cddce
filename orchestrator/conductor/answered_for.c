/* 代錄 as rows: each answer that was recorded on a department's behalf is an incident that is over, so that they can be counted
 * by department without reading the journal. */
#include "conductor/internal.h"

#include <stdio.h>

bool rows_answered_for(struct batch *batch, const struct open_case *open, const struct event_list *events) {
    const struct event *acted = NULL;
    for (uint32_t i = 0; i < events->count && !acted; i++)
        if (events->at[i].kind == EVENT_OPERATOR_ACTED && text_is(events->at[i].reason, "answer_for"))
            acted = &events->at[i];
    if (!acted || acted->step_index == NO_INDEX)
        return true; /* it had no effect */
    const struct work_state *work = rows_work(open, acted);
    struct store_incident *row = vector_new(&batch->incidents, batch->arena, struct store_incident);
    char index[16] = "";
    if (!row)
        return false;
    if (acted->index >= 0)
        snprintf(index, sizeof index, ".%d", acted->index);
    *row = (struct store_incident){
        .id = text_format(batch->arena, "%.*s:%.*s%s:%u", TEXT_ARG(open->state.id), TEXT_ARG(acted->step), index, acted->version),
        .case_id = open->state.id, .step = acted->step, .index = acted->index, .shard = open->shard, .code = TEXT("answered_for"),
        .message = text_is_none(acted->extra) ? TEXT("") : acted->extra, .department = text_copy(batch->arena, work->department),
        .region = text_copy(batch->arena, work->region), .opened_at_us = acted->at_us, .closed_at_us = acted->at_us,
        .closed_by = text_is_none(acted->actor) ? TEXT("yijianshi") : acted->actor, .closed_how = TEXT("answer_for")};
    return !batch->arena->failed;
}
