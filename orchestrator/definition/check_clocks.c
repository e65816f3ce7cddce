/* Limits against each other: the law's against the promise, the items' promises against the case's. */
#include "definition/compile.h"

#include "definition/limit.h"

static void check_item(struct compiler *c, uint16_t index) {
    const struct item_definition *item = &c->items[index];
    const struct node *n = c->item_nodes[index];
    char promise[LIMIT_TIME_TEXT_SIZE], statute[LIMIT_TIME_TEXT_SIZE];
    if (limit_is_surely_longer(item->promise, item->statute))
        compiler_fault(c, node_get(n, "promise")->place, "promise_longer_than_statute",
                       "item %.*s promises %.*s, the law allows %.*s", TEXT_ARG(item->id),
                       TEXT_ARG(limit_format(item->promise, promise)), TEXT_ARG(limit_format(item->statute, statute)));
    if (item->statute.unit != LIMIT_NONE && text_is_none(item->basis))
        compiler_fault(c, n->place, "statute_without_basis", "item %.*s has a statutory limit but names no law",
                       TEXT_ARG(item->id));
    if (item->first_step == NO_INDEX && compiler_owns(&c->item_ids, item->id, index)) {
        bool is_inspected = false;
        for (uint16_t i = 0; i < c->out->step_count; i++)
            for (uint16_t k = 0; k < c->steps[i].inspection.item_count; k++)
                is_inspected |= c->steps[i].inspection.items[k].item == index;
        if (!is_inspected)
            compiler_fault(c, n->place, "item_without_step", "no step works on item %.*s: its clock never starts",
                           TEXT_ARG(item->id));
    }
}

struct path_row { int64_t end_eighths; uint16_t before; };   /* before: the step on whose end it waits longest */

static bool item_reaches(const struct compiler *c, uint16_t step, bool forward) {
    for (uint16_t i = 0; i < c->out->step_count; i++) {
        if (i == step || c->steps[i].item != c->steps[step].item)
            continue;
        if (forward ? compiler_is_ancestor(c, i, step) : compiler_is_ancestor(c, step, i))
            return true;
    }
    return false;
}

/* An item begins when its first step may start and ends its promise later, with its last step. */
static void walk_paths(const struct compiler *c, struct path_row *rows, int64_t *item_start) {
    for (uint16_t i = 0; i < c->out->item_count; i++)
        item_start[i] = -1;
    for (uint16_t i = 0; i < c->out->step_count; i++) {
        const struct step_definition *step = &c->steps[i];
        rows[i].before = NO_INDEX;
        for (uint16_t k = 0; k < step->need_count; k++) {
            uint16_t need = step->needs[k];
            if (need < i && (rows[i].before == NO_INDEX || rows[need].end_eighths > rows[i].end_eighths)) {   /* else on its ring */
                rows[i].before = need;
                rows[i].end_eighths = rows[need].end_eighths;
            }
        }
        if (step->item == NO_INDEX || step->kind == STEP_DELIVER)
            continue;
        int64_t *start = &item_start[step->item];
        if (*start < 0 || (!item_reaches(c, i, false) && rows[i].end_eighths < *start))
            *start = rows[i].end_eighths;
        int64_t end = *start + limit_workday_eighths(c->items[step->item].promise);
        if (!item_reaches(c, i, true) && end > rows[i].end_eighths)
            rows[i].end_eighths = end;
    }
}

static void put_days(struct buffer *out, int64_t eighths) {
    static const char *const fractions[] = {"", ".125", ".25", ".375", ".5", ".625", ".75", ".875"};
    buffer_put_int64(out, eighths / 8);
    buffer_put_string(out, fractions[eighths % 8]);
}

static void report_path(struct compiler *c, const struct path_row *rows, uint16_t last, int64_t promised) {
    uint16_t way[64] = {0};
    size_t count = 0;
    struct buffer out;
    buffer_init(&out, 900);
    for (uint16_t step = last; step != NO_INDEX && count < 64; step = rows[step].before)
        if (c->steps[step].item != NO_INDEX &&
            (rows[step].before == NO_INDEX || rows[rows[step].before].end_eighths < rows[step].end_eighths))
            way[count++] = step;
    for (size_t i = count; i-- > 0;) {
        const struct item_definition *item = &c->items[c->steps[way[i]].item];
        buffer_format(&out, "%.*s ", TEXT_ARG(item->id));
        put_days(&out, limit_workday_eighths(item->promise));
        buffer_put_string(&out, i ? " + " : " = ");
    }
    put_days(&out, rows[last].end_eighths);
    buffer_put_string(&out, " workdays; the case promises ");
    put_days(&out, promised);
    compiler_fault(c, node_get(c->root, "promise")->place, "promises_do_not_fit",
                   "the items' promises do not fit into the case's: %s", out.failed ? "too long to print" : out.at);
    buffer_free(&out);
}

static void check_longest_path(struct compiler *c) {
    struct path_row *rows = arena_new_array(c->arena, c->out->step_count, struct path_row);
    int64_t *item_start = arena_new_array(c->arena, c->out->item_count, int64_t);
    int64_t promised = limit_workday_eighths(c->out->promise);
    uint16_t last = NO_INDEX;
    if (!rows || !item_start || promised == 0)
        return;
    walk_paths(c, rows, item_start);
    for (uint16_t i = 0; i < c->out->step_count; i++)
        if (last == NO_INDEX || rows[i].end_eighths > rows[last].end_eighths)
            last = i;
    if (last != NO_INDEX && rows[last].end_eighths > promised)
        report_path(c, rows, last, promised);
}

void check_clocks(struct compiler *c) {
    for (uint16_t i = 0; i < c->out->item_count; i++)
        check_item(c, i);
    check_longest_path(c);
}
