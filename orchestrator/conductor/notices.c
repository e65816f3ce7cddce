/* Events that people are told of, as rows for the notifier, in the transaction of their batch. An event that says nothing to
 * anybody costs a look at its kind; who is told, and how, is nothing that a batch waits for. */
#include "conductor/internal.h"

bool rows_notice(struct batch *batch, const struct open_case *open, const struct event *event) {
    enum notice_kind kind = engine_notice(&open->state, event);
    if (kind == NOTICE_NONE)
        return true;
    struct store_notice *row = vector_new(&batch->notices, batch->arena, struct store_notice);
    if (!row)
        return false;
    *row = (struct store_notice){.case_id = open->state.id, .version = (int32_t)event->version, .shard = open->shard,
                                 .kind = text_from(notice_kind_name(kind)), .at_us = event->at_us};
    return true;
}
