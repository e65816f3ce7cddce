/* The law's time, rule by rule: each row names its rule and its source, plays a case on a calendar without holidays
 * (2026-03-02 is a Monday) and looks at the clocks. Statements are divided by `;`:
 *
 *   03-03 10:00 VERB [ARGUMENT…]    what happens then; what is due until then has happened before it
 *   promise 03-10 18:00             the clock of item i is due then (none: stands still or not begun; state: a state)
 *   light promise red · item accepted · incident CODE (opened by the last statement) · warned red · case 03-10 18:00 */
#include "engine_builder.h"

#include <string.h>

#include "engine/clock.h"

#define WD(n) {LIMIT_WORKDAYS, (n)}
#define LONG 1     /* a, payment, b, delivered */

struct rule {
    const char *rule;
    struct item_definition item;
    int shape;
    struct limit_time case_promise;
    const char *script;
};

static const struct uncounted payment_of_promise[] = {{.reason = {"payment", 7}}};
static const struct uncounted correction_cited[] = {{.reason = {"correction", 10}, .of_statute = true, .basis = {"某條例 9", 10}}};
static const struct uncounted applicant_uncited[] = {{.reason = {"applicant", 9}}};
static const struct uncounted survey_of_promise[] = {{.reason = {"survey", 6}}};
static const struct uncounted survey_by_law[] = {{.reason = {"survey", 6}, .of_statute = true, .basis = {"某條例 5", 10}}};

#define ITEM(...) {.id = {"i", 1}, .department = {"housing", 7}, .extension_days = ITEM_EXTENSION_DAYS, __VA_ARGS__}
#define PLAIN ITEM(.promise = WD(5), .statute = WD(20))
#define UNCOUNTED(list) ITEM(.promise = WD(5), .statute = WD(20), .uncounted_count = 1, .uncounted = (list))

static const struct rule rules[] = {
    /* ---- acceptance: 行政許可法 32 ---- */
    {"receipt is when the application lies before the department, not when it says received", PLAIN, 0, {0},
     "03-02 09:00 submit; item received; 03-04 10:00 received; 03-04 10:00 accepted; item accepted"},
    {"a word of acceptance begins the clocks, and the day of acceptance is not counted", PLAIN, 0, {0},
     "03-02 09:00 submit; promise none; 03-03 10:00 accepted; promise 03-10 18:00; statute 03-31 18:00"},
    {"silence beyond five working days accepts as of the day of receipt: the clocks are reckoned back", PLAIN, 0, {0},
     "03-02 09:00 submit; 03-09 17:59 pass; item received; 03-09 18:00 pass; item accepted; by silence; promise 03-09 18:00; "
     "statute 03-30 18:00; light promise red; warned red"},
    {"an item of its own rule: not refused on the spot is accepted (不動產登記暫行條例 17)",
     ITEM(.promise = WD(5), .statute = WD(20), .correction_within = {LIMIT_ON_THE_SPOT, 0}), 0, {0},
     "03-02 09:00 submit; 03-02 18:00 pass; item accepted; by silence; promise 03-09 18:00"},
    {"a correction before acceptance: the clocks begin when the complete correction arrives (補正受理)", PLAIN, 0, {0},
     "03-02 09:00 submit; 03-04 10:00 correction; item correcting; 03-20 10:00 pass; item correcting; promise none; "
     "03-20 11:00 corrected; item accepted; by correction_answered; promise 03-27 18:00; statute 04-17 18:00"},
    {"after the correction silence accepts no more: the arrival did", PLAIN, 0, {0},
     "03-02 09:00 submit; 03-04 10:00 correction; 03-05 10:00 corrected; 03-11 10:00 accepted; by correction_answered; promise 03-12 18:00"},
    {"a second request opens an incident and stops no clock", PLAIN, 0, {0},
     "03-02 09:00 submit; 03-03 10:00 correction; 03-04 10:00 corrected; 03-05 10:00 correction; incident second_correction; "
     "promise 03-11 18:00; statute 04-01 18:00"},
    {"a request after acceptance opens an incident and stops no clock", PLAIN, 0, {0},
     "03-02 09:00 submit; 03-02 10:00 accepted; 03-03 10:00 correction; incident correction_after_acceptance; promise 03-09 18:00"},
    {"a request after silence has accepted is one after acceptance", PLAIN, 0, {0},
     "03-02 09:00 submit; 03-10 10:00 correction; incident correction_after_acceptance; promise 03-09 18:00"},
    {"a late request stops the clocks where the item cites a basis, until it is answered", UNCOUNTED(correction_cited), 0, {0},
     "03-02 09:00 submit; 03-02 10:00 accepted; 03-03 18:00 correction; incident correction_after_acceptance; promise none; statute none; "
     "03-05 18:00 corrected; promise 03-11 18:00; statute 04-01 18:00"},
    {"a late request stops nothing where the item names the reason but cites no basis", UNCOUNTED(applicant_uncited), 0, {0},
     "03-02 09:00 submit; 03-02 10:00 accepted; 03-03 18:00 correction; promise 03-09 18:00; statute 03-30 18:00"},
    {"not accepted (不予受理): no clock ever ran", PLAIN, 0, {0},
     "03-02 09:00 submit; 03-03 10:00 not_accepted; item ended; promise idle; statute idle"},
    {"a decision without a word of acceptance accepts as of the day of receipt", PLAIN, 0, {0},
     "03-02 09:00 submit; 03-05 10:00 result; item ended; by answered; promise stopped; promise 03-09 18:00"},

    /* ---- from acceptance in the first step to the result of the last ---- */
    {"the clock runs over all steps of the item, to the result of its last", UNCOUNTED(payment_of_promise), LONG, {0},
     "03-02 09:00 submit; 03-02 10:00 accepted; 03-03 10:00 result; item accepted; 03-03 10:00 paid; 03-04 10:00 result b; item ended; "
     "promise stopped; statute stopped"},
    {"a refusal in the first step ends the item", PLAIN, LONG, {0}, "03-02 09:00 submit; 03-02 10:00 accepted; 03-03 10:00 rejected; item ended"},

    /* ---- what is not counted: 行政許可法 45 ---- */
    {"the statute is never paused by what only the promise may leave out: payment", UNCOUNTED(payment_of_promise), LONG, {0},
     "03-02 09:00 submit; 03-02 10:00 accepted; 03-03 18:00 result; promise none; promise paused; statute 03-30 18:00; statute running; "
     "03-05 18:00 paid; promise 03-11 18:00; statute 03-30 18:00"},
    {"a hearing pauses both, by the law", PLAIN, 0, {0},
     "03-02 09:00 submit; 03-02 10:00 accepted; 03-03 18:00 special_start hearing; promise paused; statute paused; "
     "03-05 18:00 special_end hearing; promise 03-11 18:00; statute 04-01 18:00"},
    {"each procedure that the law lists pauses both: tender", PLAIN, 0, {0}, "03-02 09:00 submit; 03-02 10:00 accepted; 03-03 18:00 special_start tender; statute paused"},
    {"… auction", PLAIN, 0, {0}, "03-02 09:00 submit; 03-02 10:00 accepted; 03-03 18:00 special_start auction; statute paused"},
    {"… inspection", PLAIN, 0, {0}, "03-02 09:00 submit; 03-02 10:00 accepted; 03-03 18:00 special_start inspection; statute paused"},
    {"… testing", PLAIN, 0, {0}, "03-02 09:00 submit; 03-02 10:00 accepted; 03-03 18:00 special_start testing; statute paused"},
    {"… quarantine", PLAIN, 0, {0}, "03-02 09:00 submit; 03-02 10:00 accepted; 03-03 18:00 special_start quarantine; statute paused"},
    {"… appraisal", PLAIN, 0, {0}, "03-02 09:00 submit; 03-02 10:00 accepted; 03-03 18:00 special_start appraisal; statute paused"},
    {"… expert review, by its Chinese name", PLAIN, 0, {0}, "03-02 09:00 submit; 03-02 10:00 accepted; 03-03 18:00 special_start 專家評審; statute paused"},
    {"a procedure that neither the law nor the item names stops no clock and is an incident", PLAIN, 0, {0},
     "03-02 09:00 submit; 03-02 10:00 accepted; 03-03 18:00 special_start survey; incident procedure_without_basis; promise 03-09 18:00; statute 03-30 18:00"},
    {"a procedure that the item leaves out of its promise pauses the promise alone", UNCOUNTED(survey_of_promise), 0, {0},
     "03-02 09:00 submit; 03-02 10:00 accepted; 03-03 18:00 special_start survey; promise paused; statute running; statute 03-30 18:00"},
    {"a procedure for which the item cites a basis pauses both", UNCOUNTED(survey_by_law), 0, {0},
     "03-02 09:00 submit; 03-02 10:00 accepted; 03-03 18:00 special_start survey; promise paused; statute paused"},
    {"two procedures at a time: the clocks go on when the last one has ended", PLAIN, 0, {0},
     "03-02 09:00 submit; 03-02 10:00 accepted; 03-03 18:00 special_start hearing; 03-04 18:00 special_start testing; "
     "03-05 18:00 special_end hearing; promise paused; 03-06 18:00 special_end testing; promise 03-12 18:00; statute 04-02 18:00"},
    {"a procedure begun before silence has accepted is left out when the clocks are reckoned back",
     ITEM(.promise = WD(10), .statute = WD(20)), 0, {0},
     "03-02 09:00 submit; 03-03 18:00 special_start hearing; item accepted; by answered; 03-05 18:00 special_end hearing; promise 03-18 18:00"},
    {"a pause outside of business hours takes nothing out", PLAIN, 0, {0},
     "03-02 09:00 submit; 03-02 10:00 accepted; 03-03 18:00 special_start hearing; 03-04 09:00 special_end hearing; promise 03-09 18:00"},
    {"a pause on the day of acceptance takes nothing out", PLAIN, 0, {0},
     "03-02 09:00 submit; 03-02 10:00 accepted; 03-02 11:00 special_start hearing; 03-02 16:00 special_end hearing; promise 03-09 18:00"},
    {"what was over before the pause stays over", PLAIN, 0, {0},
     "03-02 09:00 submit; 03-02 10:00 accepted; 03-10 10:00 special_start hearing; promise 03-09 18:00; light promise red; "
     "03-20 10:00 special_end hearing; promise 03-09 18:00; light promise red"},

    /* ---- extension: 行政許可法 42 ---- */
    {"an approved extension moves promise and statute once", PLAIN, 0, {0},
     "03-02 09:00 submit; 03-02 10:00 accepted; 03-03 10:00 extend 10 局長; promise 03-23 18:00; statute 04-13 18:00; "
     "03-04 10:00 extend 5 局長; incident second_extension; promise 03-23 18:00"},
    {"an extension turns a light green again", PLAIN, 0, {0},
     "03-02 09:00 submit; 03-02 10:00 accepted; 03-09 10:00 pass; light promise yellow; 03-09 11:00 extend 10 局長; light promise green"},
    {"an extension that nobody approved moves nothing", PLAIN, 0, {0},
     "03-02 09:00 submit; 03-02 10:00 accepted; 03-03 10:00 extend 10; incident extension_unapproved; promise 03-09 18:00"},
    {"an extension beyond what the law gives moves nothing", PLAIN, 0, {0},
     "03-02 09:00 submit; 03-02 10:00 accepted; 03-03 10:00 extend 11 局長; incident extension_too_long; promise 03-09 18:00"},

    /* ---- lights ---- */
    {"yellow no later than one working day before the end, red past the promise, deep red past the statute", PLAIN, 0, {0},
     "03-02 09:00 submit; 03-02 10:00 accepted; 03-06 17:59 pass; light promise green; 03-06 18:00 pass; light promise yellow; warned yellow; "
     "03-09 17:59 pass; light promise yellow; 03-09 18:00 pass; light promise red; warned red; 03-24 17:59 pass; light statute green; "
     "03-24 18:00 pass; light statute yellow; 03-30 18:00 pass; light statute deep_red; warned deep_red"},
    {"yellow when a fifth is left of a longer limit", ITEM(.promise = WD(10)), 0, {0},
     "03-02 09:00 submit; 03-02 10:00 accepted; 03-12 17:59 pass; light promise green; 03-12 18:00 pass; light promise yellow"},
    {"a light stands still with its clock", PLAIN, 0, {0},
     "03-02 09:00 submit; 03-02 10:00 accepted; 03-05 18:00 special_start hearing; 03-20 10:00 pass; light promise green; "
     "03-20 18:00 special_end hearing; 03-23 18:00 pass; light promise yellow; 03-24 18:00 pass; light promise red"},
    {"a late decision stops a red clock", PLAIN, 0, {0},
     "03-02 09:00 submit; 03-02 10:00 accepted; 03-10 10:00 result; promise stopped; light promise red"},

    /* ---- delivery: 行政許可法 44 ---- */
    {"delivery has ten working days from the decision", UNCOUNTED(payment_of_promise), LONG, {0},
     "03-02 09:00 submit; 03-02 10:00 accepted; 03-03 10:00 result; 03-03 11:00 paid; 03-04 10:00 result b; delivery 03-18 18:00; "
     "03-05 10:00 result h; delivery stopped; light delivery green"},
    {"what is not delivered in time is past a limit of the law", UNCOUNTED(payment_of_promise), LONG, {0},
     "03-02 09:00 submit; 03-02 10:00 accepted; 03-03 10:00 result; 03-03 11:00 paid; 03-04 10:00 result b; 03-18 18:00 pass; "
     "light delivery deep_red"},
    {"a refusal is not delivered by the step that hands over", PLAIN, LONG, {0},
     "03-02 09:00 submit; 03-02 10:00 accepted; 03-03 10:00 rejected; delivery idle"},

    /* ---- the case's promise ---- */
    {"the case promises from its submission to its closing", PLAIN, 0, WD(10), "03-02 09:00 submit; case 03-16 18:00; 03-03 10:00 result; case stopped"},
    {"the case's promise stands still while nobody but the applicant has anything to do", UNCOUNTED(payment_of_promise), LONG, WD(10),
     "03-02 09:00 submit; 03-03 18:00 result; case paused; 03-05 18:00 paid; case 03-18 18:00"},
    {"a correction before acceptance is the applicant's time, too", PLAIN, 0, WD(10),
     "03-02 09:00 submit; 03-03 18:00 correction; case paused; 03-05 18:00 corrected; case 03-18 18:00"},
    {"an item that goes on without its case: withdrawal ends its clocks", PLAIN, 0, WD(10),
     "03-02 09:00 submit; 03-02 10:00 accepted; 03-03 10:00 withdraw; 03-03 11:00 cancelled; item ended; promise stopped; case stopped"},

    /* ---- units ---- */
    {"half days", ITEM(.promise = {LIMIT_HALF_DAYS, 1}), 0, {0}, "03-02 08:00 submit; 03-02 08:30 accepted; promise 03-02 12:00"},
    {"business hours", ITEM(.promise = {LIMIT_BUSINESS_HOURS, 4}), 0, {0}, "03-02 09:00 submit; 03-02 11:00 accepted; promise 03-02 17:00"},
    {"business hours with a pause", ITEM(.promise = {LIMIT_BUSINESS_HOURS, 4}), 0, {0},
     "03-02 09:00 submit; 03-02 11:00 accepted; 03-02 14:30 special_start hearing; 03-03 09:30 special_end hearing; promise 03-03 12:00"},
    {"calendar days that end on a day off end on the next working day (民法典 203)", ITEM(.promise = {LIMIT_CALENDAR_DAYS, 5}), 0, {0},
     "03-02 09:00 submit; 03-02 10:00 accepted; promise 03-09 18:00"},
};

/* ---- playing ---- */

static int64_t moment(const char *date, const char *time) {
    char room[64];
    int64_t us;
    snprintf(room, sizeof room, "2026-%s%s%s:00+08:00", date, "T", time);
    if (time_parse(text_from(room), &us, NULL) != OUTCOME_OK)
        fail_msg("%s %s is no time", date, time);
    return us;
}

struct memory { uint32_t event_from; };

static bool happened(const struct run *run, const struct memory *m, const char *kind, const char *member, const char *value) {
    char wanted[128];
    snprintf(wanted, sizeof wanted, "\"%s\":\"%s\"", member, value);
    for (uint32_t i = m->event_from; i < run->journal_count; i++)
        if (text_is(run->journal[i].kind, kind) && strstr(run->journal[i].data.at, wanted))
            return true;
    return false;
}

static void wait_until(struct run *run, int64_t to_us) {
    for (;;) {
        int64_t due_us = case_next_due(&run->state);
        bool first = due_us != TIME_NONE && due_us <= to_us;
        run->now_us = first ? (due_us > run->now_us ? due_us : run->now_us) : to_us;
        struct input in = input_of(INPUT_TIMER_FIRED, run->now_us);
        run_input(run, &in);
        if (!first)
            return;
    }
}

static void act(struct run *run, const char *verb, const char *argument, const char *more) {
    const char *step = "a";
    enum answer_kind kind;
    char data[256] = "";
    if (strcmp(verb, "submit") == 0) {
        submit(run, "{}");
        return;
    }
    if (strcmp(verb, "pass") == 0)
        return;
    struct input in = input_of(INPUT_SIGNAL, run->now_us);
    if (strcmp(verb, "paid") == 0) {
        send_signal(run, "paid", "{}");
    } else if (strcmp(verb, "corrected") == 0) {
        in.kind = INPUT_CORRECTION_ANSWERED;
        name_step(&in, "a");
        in.data = TEXT("{\"form\":{}}");
        run_input(run, &in);
    } else if (strcmp(verb, "withdraw") == 0) {
        in.kind = INPUT_WITHDRAWN;
        run_input(run, &in);
    } else if (answer_kind_parse(text_from(verb), &kind)) {
        if (kind == ANSWER_SPECIAL_START || kind == ANSWER_SPECIAL_END)
            snprintf(data, sizeof data, "{\"procedure\":\"%s\"}", argument);
        else if (kind == ANSWER_EXTEND)
            snprintf(data, sizeof data, *more ? "{\"reason\":\"r\",\"days\":%s,\"approved_by\":\"%s\"}" : "{\"reason\":\"r\",\"days\":%s}",
                     argument, more);
        else if (*argument)
            step = argument;
        in = answer_input(run, step, kind);
        if (*data)
            in.data = text_from(data);
        run_input(run, &in);
    } else {
        fail_msg("no verb %s", verb);
    }
    if (run->outcome != OUTCOME_OK)
        fail_msg("%s: %s %s", verb, run->error.code, run->error.message);
}

static const struct item_row *row_of_word(const struct run *run, const char *word) {
    return &run->state.items[strcmp(word, "case") == 0 ? run->definition.item_count : 0];
}

static void look(const struct run *run, const struct memory *m, const char *what, const char *a, const char *b) {
    enum clock_kind kind;
    char is[160] = "", room[TIME_TEXT_SIZE];
    const struct item_row *row = row_of_word(run, what);
    if (strcmp(what, "item") == 0)
        snprintf(is, sizeof is, "%s", item_phase_name(row->phase));
    else if (strcmp(what, "by") == 0)
        snprintf(is, sizeof is, "%.*s", TEXT_ARG(row->accepted_by));
    else if (strcmp(what, "incident") == 0)
        snprintf(is, sizeof is, "%s", happened(run, m, "incident_opened", "reason", a) ? a : "no such incident");
    else if (strcmp(what, "warned") == 0)
        snprintf(is, sizeof is, "%s", happened(run, m, "warning_sent", "reason", a) ? a : "no such warning");
    else if (strcmp(what, "light") == 0 && clock_kind_parse(text_from(a), &kind)) {
        snprintf(is, sizeof is, "%s", clock_light_name(row->clocks[kind].light));
        a = b;
        b = "";
    } else {
        if (!clock_kind_parse(text_from(strcmp(what, "case") == 0 ? "promise" : what), &kind))
            fail_msg("no statement %s", what);
        const struct clock_row *clock = &row->clocks[kind];
        if (*a >= '0' && *a <= '9') {
            struct text due = time_format_china(clock->due_us, room);
            snprintf(is, sizeof is, "%.*s %.*s", 5, due.at ? due.at + 5 : "none", 5, due.at ? due.at + 11 : "");
        } else {
            snprintf(is, sizeof is, "%s", strcmp(a, "none") ? clock_state_name(clock->state) : clock->due_us == TIME_NONE ? "none" : "due");
        }
    }
    char wanted[160];
    snprintf(wanted, sizeof wanted, "%s%s%s", a, *b ? " " : "", b);
    if (strcmp(is, wanted) != 0)
        fail_msg("%s is %s, not %s", what, is, wanted);
}

static void play(struct run *run, const char *script) {
    char copy[2048], *rest = copy;
    struct memory m = {0};
    snprintf(copy, sizeof copy, "%s", script);
    for (char *one = strsep(&rest, ";"); one; one = strsep(&rest, ";")) {
        char words[5][64] = {"", "", "", "", ""};
        int count = sscanf(one, " %63s %63s %63s %63s %63s", words[0], words[1], words[2], words[3], words[4]);
        assert_true(count >= 2);
        if (words[0][0] >= '0' && words[0][0] <= '9') {
            m.event_from = run->journal_count;
            wait_until(run, moment(words[0], words[1]));
            act(run, words[2], words[3], words[4]);
        } else {
            look(run, &m, words[0], words[1], words[2]);
        }
    }
}

static struct run *run_of(const struct rule *rule) {
    static const struct spec one[] = {{.id = "a", .item = "i"}};
    static const struct spec many[] = {
        {.id = "a", .item = "i"},
        {.id = "p", .kind = STEP_WAIT, .wait = WAIT_SIGNAL, .signal = "paid", .needs = "a", .item = "i", .uncounted = "payment"},
        {.id = "b", .needs = "p", .item = "i"},
        {.id = "h", .kind = STEP_DELIVER, .by = "post", .department = "post", .needs = "b"},
    };
    struct run *run = rule->shape == LONG ? run_new(many, 4) : run_new(one, 1);
    run_limits(run, &rule->item, rule->case_promise);
    return run;
}

static void test_every_rule(void **unused) {
    (void)unused;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct run *run = run_of(&rules[i]);
        print_message("    %s\n", rules[i].rule);
        play(run, rules[i].script);
        run_end(run);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_rule)};
    return cmocka_run_group_tests_name("engine: the law's time", tests, NULL, NULL);
}
