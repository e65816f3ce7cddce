/* The law's words: what each event says, what a case shows after several, and how Guangdong says it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "model/status.h"

#define MOST 12
/* An event as a word: "asked", "accepted" …; "*" before it: of a step that hands over. */
static const struct { const char *word; enum event_kind kind; enum answer_kind answer; enum step_state state;
                      enum case_outcome outcome; const char *reason; } known[] = {
    {"started", EVENT_CASE_STARTED, 0, 0, 0, NULL},
    {"asked", EVENT_STEP_ASKED, 0, 0, 0, NULL},
    {"received", EVENT_ITEM_RECEIVED, 0, 0, 0, NULL},
    {"accepted", EVENT_ANSWER_NOTED, ANSWER_ACCEPTED, 0, 0, NULL},
    {"silence", EVENT_ITEM_ACCEPTED, 0, 0, 0, "silence"},
    {"correction", EVENT_ANSWER_NOTED, ANSWER_CORRECTION, 0, 0, NULL},
    {"corrected", EVENT_CORRECTION_SENT, 0, 0, 0, NULL},
    {"special", EVENT_ANSWER_NOTED, ANSWER_SPECIAL_START, 0, 0, NULL},
    {"special_over", EVENT_ANSWER_NOTED, ANSWER_SPECIAL_END, 0, 0, NULL},
    {"granted", EVENT_STEP_ENDED, ANSWER_RESULT, STEP_GRANTED, 0, NULL},
    {"rejected", EVENT_STEP_ENDED, ANSWER_REJECTED, STEP_REFUSED, 0, NULL},
    {"not_accepted", EVENT_STEP_ENDED, ANSWER_NOT_ACCEPTED, STEP_REFUSED, 0, NULL},
    {"skipped", EVENT_STEP_ENDED, 0, STEP_SKIPPED, 0, NULL},
    {"closed_granted", EVENT_CASE_CLOSED, 0, 0, CASE_GRANTED, NULL},
    {"closed_refused", EVENT_CASE_CLOSED, 0, 0, CASE_REFUSED, NULL},
    {"closed_partial", EVENT_CASE_CLOSED, 0, 0, CASE_PARTIAL, NULL},
    {"closed_withdrawn", EVENT_CASE_CLOSED, 0, 0, CASE_WITHDRAWN, NULL},
    {"closed_terminated", EVENT_CASE_CLOSED, 0, 0, CASE_TERMINATED, NULL},
    {"closed_void", EVENT_CASE_CLOSED, 0, 0, CASE_VOID, NULL},
};

static const struct { const char *events, *status, *national, *guangdong, *ending; } rows[] = {
    {"started", "submitted", "申辦", "申辦", ""},
    {"started asked received", "pre_accepted", "預受理", "預受理", ""},
    {"started asked accepted", "accepted", "受理", "受理", ""},
    {"started asked silence", "accepted", "受理", "受理", ""},
    {"started asked not_accepted", "not_accepted", "不予受理", "不予受理", ""},
    {"started asked correction", "correction_asked", "補正告知", "補交告知", ""},
    {"started asked correction corrected", "corrected", "補正受理", "補交受理", ""},
    {"started asked accepted special", "special_started", "特別程序申請", "特別程序申請", ""},
    {"started asked accepted special special_over", "special_ended", "特別程序結果", "特別程序結果", ""},
    {"started asked granted", "examined", "審批", "審批", ""},
    {"started asked granted closed_granted", "closed", "辦結", "辦結", "准予"},
    {"started asked granted closed_granted *asked *granted", "delivered", "送達", "領取登記", "准予"},
    {"started asked accepted rejected closed_refused", "closed", "辦結", "辦結", "不予許可"},
    {"started asked not_accepted closed_refused", "closed", "辦結", "辦結", "退件"},
    {"started asked granted asked rejected closed_partial", "closed", "辦結", "辦結", "部分辦結"},
    {"started asked closed_withdrawn", "closed", "辦結", "辦結", "撤回"},
    {"started asked closed_terminated", "closed", "辦結", "辦結", "終止"},
    {"started asked closed_void", "closed", "辦結", "辦結", "作廢"},
    /* One item that goes back does not take back what another has reached. */
    {"started asked accepted asked received", "accepted", "受理", "受理", ""},
    {"started asked granted asked accepted not_accepted", "examined", "審批", "審批", ""},
    {"started asked accepted asked correction", "correction_asked", "補正告知", "補交告知", ""},
    {"started asked skipped", "pre_accepted", "預受理", "預受理", ""},
};

static struct event event_of_word(const char *word) {
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].word, word) == 0) {
            struct event event = event_of(known[i].kind, 0);
            event.answer = known[i].answer;
            event.state = known[i].state;
            event.outcome = known[i].outcome;
            event.reason = text_from(known[i].reason);
            return event;
        }
    fail_msg("no event %s", word);
    return event_of(EVENT_NONE, 0);
}

static void assert_words(struct text is, const char *wanted, const char *row) {
    if (!text_is(is, wanted))
        fail_msg("%s: %.*s, not %s", row, TEXT_ARG(is), wanted);
}

static void test_what_a_case_shows_after_its_events(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct case_status_fold fold = {0};
        char copy[256], *rest = copy;
        snprintf(copy, sizeof copy, "%s", rows[i].events);
        for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " ")) {
            struct event event = event_of_word(word + (*word == '*'));
            status_take(&fold, &event, *word == '*');
        }
        assert_words(text_from(status_name(fold.now)), rows[i].status, rows[i].events);
        assert_words(status_words(fold.now, TEXT("110000")).zh_hant, rows[i].national, rows[i].events);
        assert_words(status_words(fold.now, TEXT("441302")).zh_hant, rows[i].guangdong, rows[i].events);
        assert_words(ending_words(status_ending(&fold)).zh_hant, rows[i].ending, rows[i].events);
    }
}

static void test_every_word_is_there_in_three_languages(void **state) {
    (void)state;
    static const char *const regions[] = {"110000", "441300"};
    for (int r = 0; r < 2; r++)
        for (enum case_status s = STATUS_SUBMITTED; s < STATUS_COUNT; s++) {
            struct title title = status_words(s, text_from(regions[r]));
            assert_true(title.zh_hant.length && title.zh_hans.length && title.en.length);
        }
    for (enum case_ending e = ENDING_GRANTED; e < ENDING_COUNT; e++)
        assert_true(ending_words(e).zh_hant.length && ending_words(e).zh_hans.length && ending_words(e).en.length);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_case_shows_after_its_events),
        cmocka_unit_test(test_every_word_is_there_in_three_languages),
    };
    return cmocka_run_group_tests_name("statuses", tests, NULL, NULL);
}
