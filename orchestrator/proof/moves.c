/* The table of what may happen next. */
#include "proof/moves.h"

#include <stdio.h>

#include "model/answer.h"
#include "model/limits.h"

#define KIND(k) (1u << (k))
#define IN(s) (1u << (s))
#define ASKED_KINDS (KIND(STEP_TASK) | KIND(STEP_LOOKUP) | KIND(STEP_APPROVE) | KIND(STEP_DELIVER) | KIND(STEP_DELEGATED) | \
                     KIND(STEP_INSPECTION) | KIND(STEP_PUBLICITY))
#define EVERY_KIND (KIND(STEP_KIND_COUNT) - 1)
#define EVERY_STATE (IN(STEP_STATE_COUNT) - 1)

bool move_may_be_stopped(const struct data *d, const struct case_state *s, uint16_t step) {
    for (uint16_t i = 0; s->phase == CASE_RUNNING && i < s->definition->step_count; i++) {
        const struct step_definition *by = &s->definition->steps[i];
        bool stops = by->on_refused >= ON_REFUSED_CLOSE || by->on_expired >= ON_REFUSED_CLOSE;
        bool beside = i == step ? by->is_each || by->kind == STEP_INSPECTION : !set_has(&d->ended_before[i], step);
        if (stops && beside && (!state_step_has_ended(s->steps[i].self.state) || s->steps[i].element_count > 0))
            return true;
    }
    return false;
}

static bool may_accept(const struct data *d, const struct case_state *s, uint16_t step, const struct work_state *work) {
    return !work->accepted && move_may_be_stopped(d, s, step);
}
/* While a case stops nobody asks its applicant for anything; who is told of a publicity, or leads a visit, never does. */
static bool is_correcting(const struct data *d, const struct case_state *s, uint16_t step, const struct work_state *work) {
    (void)d;
    (void)step;
    return work->correcting && s->phase != CASE_STOPPING;
}
static bool may_correct(const struct data *d, const struct case_state *s, uint16_t step, const struct work_state *work) {
    (void)d;
    const struct step_row *row = &s->steps[step];
    enum step_kind kind = s->definition->steps[step].kind;
    bool asks = kind != STEP_PUBLICITY && (kind != STEP_INSPECTION || work != &row->self);
    return asks && !work->correcting && s->phase != CASE_STOPPING;
}
static bool waits_for_signal(const struct data *d, const struct case_state *s, uint16_t step, const struct work_state *work) {
    (void)d;
    (void)work;
    return s->definition->steps[step].wait.mode == WAIT_SIGNAL;
}
static bool waits_for_signatures(const struct data *d, const struct case_state *s, uint16_t step, const struct work_state *work) {
    (void)d;
    (void)work;
    return s->definition->steps[step].wait.mode == WAIT_SIGNED;
}
/* Of those from outside one is enough: it does what any of them does. */
static bool may_object(const struct data *d, const struct case_state *s, uint16_t step, const struct work_state *work) {
    (void)d;
    const struct step_row *row = &s->steps[step];
    uint32_t told = s->definition->steps[step].publicity.told_count;
    uint32_t raised = row->element_count > told ? row->element_count - told : 0;
    return work == &row->self && !work->overdue && raised == 0;
}
static bool is_undecided(const struct data *d, const struct case_state *s, uint16_t step, const struct work_state *work) {
    (void)d;
    return work != &s->steps[step].self && work->incident_count > 0 && work->state != STEP_STUCK;
}
static bool was_asked(const struct data *d, const struct case_state *s, uint16_t step, const struct work_state *work) {
    (void)d;
    (void)s;
    (void)step;
    return work->attempt > 0;
}
/* An operator sees it: it is stuck, its time is over, or an objection waits for him. */
static bool is_seen(const struct data *d, const struct case_state *s, uint16_t step, const struct work_state *work) {
    (void)d;
    const struct step_row *row = &s->steps[step];
    bool objected = false;
    for (uint32_t i = 0; s->definition->steps[step].kind == STEP_PUBLICITY && i < row->element_count; i++)
        objected |= work == &row->self && row->elements[i].incident_count > 0;
    return work->state != STEP_RUNNING || work->hold != HOLD_NONE || (work->overdue && s->definition->steps[step].kind != STEP_PUBLICITY) || objected;
}

const struct move_row move_rows[MOVE_KIND_COUNT] = {
    [MOVE_SUBMIT] = {MOVE_SUBMIT, BY_APPLICANT, 0, 0, NULL, false, "the application comes"},
    [MOVE_TIME] = {MOVE_TIME, BY_TIME, 0, 0, NULL, false, "nobody acts until the next moment is due"},
    [MOVE_WITHDRAW] = {MOVE_WITHDRAW, BY_APPLICANT, 0, 0, NULL, false, "the applicant withdraws"},
    [MOVE_BRING] = {MOVE_BRING, BY_APPLICANT, 0, 0, NULL, false, "the applicant brings what was to come later"},

    [MOVE_GRANT] = {MOVE_GRANT, BY_DEPARTMENT, ASKED_KINDS, IN(STEP_RUNNING) | IN(STEP_CANCELLING), NULL, true, "is granted"},
    [MOVE_REJECT] = {MOVE_REJECT, BY_DEPARTMENT, ASKED_KINDS, IN(STEP_RUNNING) | IN(STEP_CANCELLING), NULL, false,
                     "is refused"},
    [MOVE_ACCEPT] = {MOVE_ACCEPT, BY_CHOICE, ASKED_KINDS, IN(STEP_RUNNING), may_accept, false, "is accepted"},
    [MOVE_CORRECT] = {MOVE_CORRECT, BY_CHOICE, ASKED_KINDS, IN(STEP_RUNNING), may_correct, false,
                      "asks for a correction"},
    [MOVE_CORRECTED] = {MOVE_CORRECTED, BY_APPLICANT, ASKED_KINDS, IN(STEP_RUNNING), is_correcting, false,
                        "gets the correction"},
    [MOVE_FAIL] = {MOVE_FAIL, BY_CHOICE, ASKED_KINDS, IN(STEP_RUNNING) | IN(STEP_CANCELLING), NULL, false,
                   "can't be worked on"},
    [MOVE_CANCELLED] = {MOVE_CANCELLED, BY_DEPARTMENT, ASKED_KINDS, IN(STEP_CANCELLING), NULL, false, "is called back"},
    [MOVE_CANCEL_REFUSED] = {MOVE_CANCEL_REFUSED, BY_CHOICE, ASKED_KINDS, IN(STEP_CANCELLING), NULL, false,
                             "can't be called back"},
    [MOVE_LATE] = {MOVE_LATE, BY_CHOICE, ASKED_KINDS, IN(STEP_EXPIRED), was_asked, false,
                   "is answered too late"},
    [MOVE_SIGNAL] = {MOVE_SIGNAL, BY_APPLICANT, KIND(STEP_WAIT), IN(STEP_RUNNING), waits_for_signal, true,
                     "gets its signal"},
    [MOVE_SIGN] = {MOVE_SIGN, BY_APPLICANT, KIND(STEP_WAIT), IN(STEP_RUNNING), waits_for_signatures, false,
                   "gets a signature"},
    [MOVE_OBJECT] = {MOVE_OBJECT, BY_CHOICE, KIND(STEP_PUBLICITY), IN(STEP_RUNNING), may_object, false, "is objected to"},
    [MOVE_DISMISS] = {MOVE_DISMISS, BY_OPERATOR, KIND(STEP_PUBLICITY), EVERY_STATE, is_undecided, false,
                      "has an objection dismissed by an operator"},

    [MOVE_CHILD_GRANTED] = {MOVE_CHILD_GRANTED, BY_SUBCASE, KIND(STEP_THING), IN(STEP_RUNNING) | IN(STEP_CANCELLING),
                            NULL, false, "ends granted below"},
    [MOVE_CHILD_PARTIAL] = {MOVE_CHILD_PARTIAL, BY_SUBCASE, KIND(STEP_THING), IN(STEP_RUNNING) | IN(STEP_CANCELLING),
                            NULL, false, "ends partly granted below"},
    [MOVE_CHILD_REFUSED] = {MOVE_CHILD_REFUSED, BY_SUBCASE, KIND(STEP_THING), IN(STEP_RUNNING) | IN(STEP_CANCELLING),
                            NULL, false, "ends refused below"},
    [MOVE_CHILD_NOT_STARTED] = {MOVE_CHILD_NOT_STARTED, BY_CHOICE, KIND(STEP_THING), IN(STEP_RUNNING), NULL, false,
                                "can't be started below"},
    [MOVE_CHILD_UNDONE] = {MOVE_CHILD_UNDONE, BY_SUBCASE, KIND(STEP_THING), IN(STEP_UNDOING), NULL, false,
                           "is undone below"},

    [MOVE_RETRY] = {MOVE_RETRY, BY_OPERATOR, EVERY_KIND, IN(STEP_STUCK) | IN(STEP_UNDO_STUCK), NULL, false,
                    "is tried again by an operator"},
    [MOVE_SKIP] = {MOVE_SKIP, BY_OPERATOR, EVERY_KIND, IN(STEP_STUCK) | IN(STEP_UNDO_STUCK) | IN(STEP_RUNNING),
                   is_seen, false, "is skipped by an operator"},
    [MOVE_SKIP_FREELY] = {MOVE_SKIP_FREELY, BY_CHOICE, ASKED_KINDS, IN(STEP_RUNNING), NULL, false,
                          "is skipped by an operator"},
    [MOVE_REFUSE] = {MOVE_REFUSE, BY_OPERATOR, EVERY_KIND, IN(STEP_STUCK) | IN(STEP_RUNNING), is_seen, false,
                     "is refused by an operator"},

    [MOVE_UNDONE] = {MOVE_UNDONE, BY_DEPARTMENT, EVERY_KIND & ~KIND(STEP_THING), IN(STEP_UNDOING), NULL, false, "is undone"},
    [MOVE_UNDO_REFUSED] = {MOVE_UNDO_REFUSED, BY_DEPARTMENT, EVERY_KIND & ~KIND(STEP_THING), IN(STEP_UNDOING), NULL, false,
                           "is not undone: the department refuses"},
};

bool move_may_come(const struct move_row *row, const struct data *d, const struct case_state *s, uint16_t step, int32_t index,
                   const struct work_state *work) {
    enum step_kind kind = s->definition->steps[step].kind;
    if (!(row->kinds >> kind & 1) || !(row->states >> work->state & 1))
        return false;
    if ((kind == STEP_APPROVE || kind == STEP_PUBLICITY) && index < 0 && row->kinds == ASKED_KINDS)
        return false;   /* a rule, a period ends by itself; departments are asked for what stands beside it */
    /* What has not begun yet waits for nobody but an operator. */
    if (work->hold != HOLD_NONE && work->state == STEP_RUNNING && row->kind != MOVE_SKIP && row->kind != MOVE_REFUSE)
        return false;
    return !row->when || row->when(d, s, step, work);
}

static uint32_t persons_of(const struct case_state *s, struct text party) {
    const struct json *given = json_get(&s->parties, party);
    return !given || given->type == JSON_NULL ? 0 : given->type == JSON_ARRAY ? given->count : 1;
}

bool move_signer(const struct case_state *s, uint16_t step, uint32_t number, struct text *ret_party, uint32_t *ret_index) {
    const struct step_definition *wait = &s->definition->steps[step];
    for (uint16_t i = 0; i < wait->wait.party_count; i++) {
        struct text party = s->definition->parties[wait->wait.parties[i]].id;
        uint32_t persons = persons_of(s, party);
        if (number < persons) {
            *ret_party = party;
            *ret_index = number;
            return true;
        }
        number -= persons;
    }
    return false;
}

bool move_has_signed(const struct case_state *s, struct text party, uint32_t index) {
    char room[LIMIT_name_bytes_most * 2];
    int length = snprintf(room, sizeof room, "signed.%.*s.%u", TEXT_ARG(party), (unsigned)index);
    for (uint32_t i = 0; i < s->signal_count; i++)
        if (text_equal(s->signals[i].name, text_span(room, (size_t)length)))
            return true;
    return false;
}

static void sign(struct input *in, const struct case_state *s, const struct move *move, struct arena *arena) {
    struct text party = TEXT_NONE;
    uint32_t index = 0;
    move_signer(s, move->step, move->example, &party, &index);
    in->id = TEXT("signed");
    in->step = TEXT_NONE;
    in->data = text_format(arena, "{\"party\":\"%.*s\",\"index\":%u}", TEXT_ARG(party), (unsigned)index);
}

static void answer(struct input *in, enum answer_kind kind, struct text data, const char *reason) {
    in->answer = kind;
    in->data = data;
    in->reason = text_from(reason);
}

struct input move_input(const struct definition *d, const struct case_state *state, const struct move *move,
                        struct text data, struct arena *arena, int64_t at_us) {
    static const struct { enum move_kind move; enum input_kind input; enum answer_kind answer; enum case_outcome outcome; }
    rows[] = {
        {MOVE_TIME, INPUT_TIMER_FIRED, ANSWER_NONE, 0}, {MOVE_WITHDRAW, INPUT_WITHDRAWN, ANSWER_NONE, 0},
        {MOVE_BRING, INPUT_MATERIALS_GIVEN, ANSWER_NONE, 0},
        {MOVE_GRANT, INPUT_ANSWER, ANSWER_RESULT, 0}, {MOVE_REJECT, INPUT_ANSWER, ANSWER_REJECTED, 0},
        {MOVE_ACCEPT, INPUT_ANSWER, ANSWER_ACCEPTED, 0}, {MOVE_CORRECT, INPUT_ANSWER, ANSWER_CORRECTION, 0},
        {MOVE_CORRECTED, INPUT_CORRECTION_ANSWERED, ANSWER_NONE, 0}, {MOVE_FAIL, INPUT_ANSWER, ANSWER_ERROR, 0},
        {MOVE_CANCELLED, INPUT_ANSWER, ANSWER_CANCELLED, 0}, {MOVE_CANCEL_REFUSED, INPUT_ANSWER, ANSWER_CANCEL_REFUSED, 0},
        {MOVE_LATE, INPUT_ANSWER, ANSWER_REJECTED, 0}, {MOVE_SIGNAL, INPUT_SIGNAL, ANSWER_NONE, 0},
        {MOVE_SIGN, INPUT_SIGNAL, ANSWER_NONE, 0}, {MOVE_OBJECT, INPUT_SIGNAL, ANSWER_NONE, 0}, {MOVE_DISMISS, INPUT_ACKNOWLEDGE, ANSWER_NONE, 0},
        {MOVE_CHILD_GRANTED, INPUT_CHILD_ENDED, ANSWER_NONE, CASE_GRANTED},
        {MOVE_CHILD_PARTIAL, INPUT_CHILD_ENDED, ANSWER_NONE, CASE_PARTIAL},
        {MOVE_CHILD_REFUSED, INPUT_CHILD_ENDED, ANSWER_NONE, CASE_REFUSED},
        {MOVE_CHILD_NOT_STARTED, INPUT_CHILD_ENDED, ANSWER_NONE, CASE_OUTCOME_NONE},
        {MOVE_CHILD_UNDONE, INPUT_CHILD_ENDED, ANSWER_NONE, CASE_REFUSED},
        {MOVE_RETRY, INPUT_RETRY, ANSWER_NONE, 0}, {MOVE_SKIP, INPUT_SKIP, ANSWER_NONE, 0},
        {MOVE_SKIP_FREELY, INPUT_SKIP, ANSWER_NONE, 0}, {MOVE_REFUSE, INPUT_REFUSE, ANSWER_NONE, 0},
        {MOVE_UNDONE, INPUT_ANSWER, ANSWER_RESULT, 0}, {MOVE_UNDO_REFUSED, INPUT_ANSWER, ANSWER_REJECTED, 0},
    };
    struct input in = input_of(INPUT_NONE, at_us);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].move == move->kind) {
            in.kind = rows[i].input;
            answer(&in, rows[i].answer, TEXT_NONE, NULL);
            in.outcome = rows[i].outcome;
        }
    in.case_id = state->id;
    if (move->step != NO_INDEX) {
        in.step = d->steps[move->step].id;
        in.index = move->index;
    }
    switch (move->kind) {
    case MOVE_GRANT: in.data = text_is_none(data) || !step_has_result_schema(&d->steps[move->step], move->index) ? TEXT("{}") : data; break;
    case MOVE_SIGNAL: in.id = d->steps[move->step].wait.signal; in.step = TEXT_NONE; in.data = data; break;
    case MOVE_SIGN: sign(&in, state, move, arena); break;
    case MOVE_OBJECT:
        in.id = TEXT("objection");
        in.data = TEXT("{\"by\":\"tried\",\"reason\":\"tried\"}");
        break;
    case MOVE_REJECT: case MOVE_LATE: case MOVE_UNDO_REFUSED: case MOVE_REFUSE: in.reason = TEXT("tried"); break;
    case MOVE_CORRECT: in.data = TEXT("{\"reasons\":[\"tried\"]}"); break;
    case MOVE_CORRECTED:
        in.data = TEXT("{\"form\":{}}");
        if (d->steps[move->step].is_fetch)   /* the lookup found nothing, and he brings it */
            in.data = text_format(arena, "{\"materials\":[{\"id\":\"%.*s\",\"seen\":\"original\"}]}",
                                  TEXT_ARG(d->materials[d->steps[move->step].fetches].id));
        break;
    case MOVE_WITHDRAW: in.reason = TEXT("tried"); break;
    case MOVE_BRING:
        in.data = text_format(arena, "{\"materials\":[{\"id\":\"%.*s\",\"seen\":\"original\"}]}",
                              TEXT_ARG(d->materials[state->tolerated[move->example].material].id));
        break;
    default: break;
    }
    if (in.kind == INPUT_RETRY || in.kind == INPUT_SKIP || in.kind == INPUT_REFUSE || in.kind == INPUT_WITHDRAWN ||
        in.kind == INPUT_ACKNOWLEDGE)
        in.actor = TEXT("tried");
    if (move->kind == MOVE_UNDONE || move->kind == MOVE_UNDO_REFUSED)
        in.undo = (move->index < 0 ? &state->steps[move->step].self : &state->steps[move->step].elements[move->index])->undo;
    return in;
}
