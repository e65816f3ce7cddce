/* Between a join and its step's beginning: a step begins only within its window of dates and with its materials. The join has opened, `when` was
 * asked, nobody's time runs yet. */
#include "engine/kinds.h"

/* What holds for the whole application holds for the steps it begins with. */
static struct window window_of(const struct decision *d, uint16_t step) {
    const struct step_definition *held = step_of(d, step);
    struct window window = held->window;
    const struct window *whole = &d->definition->window;
    if (whole->present && d->definition->holds_early && held->need_count == 0 &&
        (!window.present || window.opens_us < whole->opens_us)) {
        window.closes_us = window.present ? window.closes_us : TIME_NONE;
        window.opens_us = whole->opens_us;
        window.present = true;
    }
    return window;
}

/* Holds it until its window opens, or ends it when that is over; false: neither. */
static bool hold_by_window(struct decision *d, uint16_t step, struct text missing) {
    struct window window = window_of(d, step);
    int64_t now_us = d->input->at_us;
    if (window.present && window.closes_us != TIME_NONE && now_us >= window.closes_us) {
        struct event ended = step_event(d, EVENT_STEP_ENDED, step, -1);
        ended.state = STEP_EXPIRED;
        ended.reason = TEXT("window_closed");
        ended.missing = missing;
        flow_end(d, &ended);
        return true;
    }
    if (!window.present || window.opens_us == TIME_NONE || now_us >= window.opens_us)
        return false;
    struct event held = step_event(d, EVENT_STEP_HELD, step, -1);
    held.reason = TEXT("window");
    held.due_us = window.opens_us;
    held.missing = missing;
    emit(d, &held);
    return true;
}

bool hold(struct decision *d, uint16_t step, struct text missing) {
    return hold_by_window(d, step, missing) || (!d->failed && hold_by_materials(d, step, missing));
}

void hold_over(struct decision *d, uint16_t step) {
    if (!hold(d, step, TEXT_NONE) && !d->failed)
        begin_step(d, step, TEXT_NONE);
}

/* An application that was sent in time is in time. */
enum outcome hold_submission(struct decision *d) {
    const struct window *window = &d->definition->window;
    int64_t said_us = d->input->sent_us == TIME_NONE || d->input->sent_us > d->input->at_us ? d->input->at_us : d->input->sent_us;
    char room[TIME_TEXT_SIZE];
    if (!window->present)
        return OUTCOME_OK;
    if (window->opens_us != TIME_NONE && d->input->at_us < window->opens_us && !d->definition->holds_early)
        return error_set(d->error, OUTCOME_REJECT, "window_not_open", "applications for %.*s are taken from %.*s on",
                         TEXT_ARG(d->definition->thing), TEXT_ARG(time_format_china(window->opens_us, room)));
    if (window->closes_us != TIME_NONE && said_us >= window->closes_us)
        return error_set(d->error, OUTCOME_REJECT, "window_closed", "applications for %.*s were taken before %.*s",
                         TEXT_ARG(d->definition->thing), TEXT_ARG(time_format_china(window->closes_us, room)));
    return OUTCOME_OK;
}
