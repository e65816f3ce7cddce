/* What follows an approval (告知承諾): a department checks it later, and the case does not wait for that. When it is not
 * passed, a person looks, or the department that may revoke is asked to: revoking is its own act, a task as any other
 * and never a compensation. Element 0 is the check, element 1 the revoking. */
#include "engine/kinds.h"

enum { CHECK, REVOKING };

static void open_incident(struct decision *d, uint16_t step, int32_t index, struct text code, const char *message) {
    struct event incident = step_event(d, EVENT_INCIDENT_OPENED, step, index);
    incident.thing = d->draft.thing;
    incident.region = d->draft.region;
    incident.reason = code;
    incident.data = message_data(d, message);
    emit(d, &incident);
}

void check_ended(struct decision *d, uint16_t step, int32_t index) {
    enum step_state state = work_of(d, step, index)->state;
    struct text named = step_of(d, step)->approve.on_fail;
    bool revokes = index == CHECK && row_of(d, step)->element_count > REVOKING &&
                   work_of(d, step, REVOKING)->state == STEP_WAITING;
    if (index == REVOKING) {
        if (state == STEP_REFUSED)
            open_incident(d, step, index, TEXT("not_revoked"), "what did not pass the later check was not revoked");
    } else if (state == STEP_REFUSED && revokes) {
        ask_work(d, step, REVOKING, TEXT_NONE);
    } else if (state == STEP_EXPIRED) {   /* nobody has looked yet: nothing is to be revoked */
        open_incident(d, step, index, text_is(named, "notice") ? named : TEXT("check_failed"),
                      "the later check was not answered in time");
    } else if (state == STEP_REFUSED) {
        open_incident(d, step, index, text_is_none(named) || text_is(named, "incident") ? TEXT("check_failed") : named,
                      "the later check was not passed");
    } else if (revokes) {
        flow_end_as(d, step, REVOKING, STEP_SKIPPED, TEXT_NONE);
    }
}
