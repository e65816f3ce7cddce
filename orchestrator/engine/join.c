/* Joins: whether what a step needs, or the elements of an `each`, is enough to go on (DESIGN §3, When a step becomes
 * ready). */
#include "engine/kinds.h"

enum join_verdict join_decide(const struct join_rule *rule, const struct join_count *n) {
    if (rule->mode == JOIN_ALL)
        return n->negative ? JOIN_UNSATISFIED : n->open ? JOIN_OPEN : JOIN_MET;
    uint32_t not_skipped = n->granted + n->continued + n->negative + n->open;
    uint32_t wanted = rule->at_least < not_skipped ? rule->at_least : not_skipped;
    if (n->granted >= wanted)
        return JOIN_MET;
    return n->granted + n->open < wanted ? JOIN_UNSATISFIED : JOIN_OPEN;
}

enum join_verdict join_of_needs(const struct decision *d, uint16_t step) {
    const struct step_definition *waiting = step_of(d, step);
    struct join_count n = {0};
    for (uint16_t i = 0; i < waiting->need_count; i++) {
        const struct step_definition *need = step_of(d, waiting->needs[i]);
        switch (kind_need_state(d, step, waiting->needs[i])) {
        case STEP_GRANTED: n.granted++; break;
        case STEP_SKIPPED: n.skipped++; break;
        case STEP_REFUSED: need->on_refused == ON_REFUSED_CONTINUE ? n.continued++ : n.negative++; break;
        case STEP_EXPIRED: need->on_expired == ON_REFUSED_CONTINUE ? n.continued++ : n.negative++; break;
        case STEP_UNSATISFIED: case STEP_CANCELLED: case STEP_COMPENSATED: n.negative++; break;
        default: n.open++; break;
        }
    }
    return join_decide(&waiting->join, &n);
}

enum join_verdict join_of_elements(const struct decision *d, uint16_t step) {
    const struct step_row *row = row_of(d, step);
    struct join_count n = {.granted = row->granted_count, .skipped = row->skipped_count,
                           .continued = row->continued_count, .negative = row->refused_count,
                           .open = row->element_count - row->ended_count};
    return join_decide(&step_of(d, step)->gather, &n);
}

static void put_missing(struct decision *d, struct json_writer *w, uint16_t step, int32_t index) {
    const struct work_state *work = work_of(d, step, index);
    char room[TIME_TEXT_SIZE];
    json_open(w, '{');
    json_key(w, TEXT("step"));
    json_put_text(w, step_of(d, step)->id);
    if (index >= 0) {
        json_key(w, TEXT("index"));
        json_put_int64(w, index);
    }
    json_key(w, TEXT("department"));
    json_put_text(w, text_is_none(work->department) ? step_of(d, step)->department.id : work->department);
    json_key(w, TEXT("since"));
    json_put_text(w, work->asked_at_us == TIME_NONE ? TEXT_NONE : time_format_utc(work->asked_at_us, room));
    json_close(w, '}');
}

static void put_missing_elements(struct decision *d, struct json_writer *w, uint16_t step) {
    for (uint32_t i = 0; i < row_of(d, step)->element_count; i++)
        if (!state_step_has_ended(work_of(d, step, (int32_t)i)->state))
            put_missing(d, w, step, (int32_t)i);
}

struct text missing_elements(struct decision *d, uint16_t step) {
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, LIMIT_expression_result_bytes_most);
    struct json_writer w;
    json_begin(&w, &out);
    json_open(&w, '[');
    put_missing_elements(d, &w, step);
    json_close(&w, ']');
    return keep_buffer(d, &out);
}

struct text missing_needs(struct decision *d, uint16_t step) {
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, LIMIT_expression_result_bytes_most);
    struct json_writer w;
    json_begin(&w, &out);
    json_open(&w, '[');
    for (uint16_t i = 0; i < step_of(d, step)->need_count; i++) {
        uint16_t need = step_of(d, step)->needs[i];
        if (state_step_has_ended(kind_need_state(d, step, need)))
            continue;
        if (case_is_its_elements(step_of(d, need)) && row_of(d, need)->element_count)
            put_missing_elements(d, &w, need);
        else
            put_missing(d, &w, need, -1);
    }
    json_close(&w, ']');
    return keep_buffer(d, &out);
}
