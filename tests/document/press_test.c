/* A letter set and sealed: the same bytes again, and no byte of it can be changed unseen. */
#include "made_up.h"

#include "press/press.h"

struct printed { struct made_up m; struct press *press; struct letter letter; struct seal *seal; struct buffer pem, pdf; };

static void begin(struct printed *p, const char *why) {
    made_up_begin(&p->m);
    struct event *e = made_up_add(&p->m, EVENT_STEP_ENDED, "look", NULL, TIME_DAY_US);
    e->state = STEP_REFUSED;
    e->answer = ANSWER_NOT_ACCEPTED;
    e->reason = text_from(why);
    made_up_said(&p->m, 1, "zh-Hant", true, &p->letter);
    buffer_init(&p->pem, 1 << 20);
    buffer_init(&p->pdf, PRESS_BYTES_MOST);
    assert_int_equal(press_create(&p->press, NULL), OUTCOME_OK);
    assert_int_equal(seal_create(TEXT("市场监督管理局"), MADE_UP_START, 30, &p->pem, NULL), OUTCOME_OK);
    assert_int_equal(seal_read(buffer_text(&p->pem), &p->seal, NULL), OUTCOME_OK);
}

static void end(struct printed *p) {
    buffer_free(&p->pdf);
    buffer_free(&p->pem);
    seal_free(p->seal);
    press_free(p->press);
    made_up_end(&p->m);
}

static void test_the_same_letter_gives_the_same_bytes(void **state) {
    struct printed p;
    struct buffer again;
    (void)state;
    begin(&p, "條件不符");
    buffer_init(&again, PRESS_BYTES_MOST);
    assert_int_equal(press_print(p.press, &p.letter, NULL, &p.pdf, NULL), OUTCOME_OK);
    assert_int_equal(press_print(p.press, &p.letter, NULL, &again, NULL), OUTCOME_OK);
    assert_true(text_equal(buffer_text(&p.pdf), buffer_text(&again)));
    struct seal_report report;
    struct error error = {0};
    assert_int_equal(seal_verify(buffer_text(&p.pdf), TEXT_NONE, &p.m.arena, &report, &error), OUTCOME_REJECT);
    assert_string_equal(error.code, "document_unsealed");
    buffer_free(&again);
    end(&p);
}

/* Every covered byte is one digest's input; so a step through the file is enough there. Within the signature every digit is
 * tried: of what is changed there, nothing may pass that says anything else than before. */
static void test_no_byte_can_be_changed_unseen(void **state) {
    struct printed p;
    struct seal_report report, other;
    struct error error = {0};
    (void)state;
    begin(&p, "條件不符");
    assert_int_equal(press_print(p.press, &p.letter, p.seal, &p.pdf, NULL), OUTCOME_OK);
    assert_int_equal(seal_verify(buffer_text(&p.pdf), buffer_text(&p.pem), &p.m.arena, &report, &error), OUTCOME_OK);
    assert_true(report.trusted && report.self_signed);
    assert_says(report.signer, "市场监督管理局");
    const char *contents = memmem(p.pdf.at, p.pdf.length, "/Contents <3", 12);
    assert_non_null(contents);
    size_t from = (size_t)(contents - p.pdf.at) + 11, to = from + strcspn(p.pdf.at + from, ">"), unseen = 0;
    for (size_t at = 0; at < p.pdf.length; at += at >= from && at < to ? 1 : at + 997 < from || at >= to ? 997 : from - at) {
        char was = p.pdf.at[at];
        bool inside = at >= from && at < to;
        p.pdf.at[at] = !inside ? (char)(was ^ 1) : was == '0' ? '1' : '0';
        enum outcome outcome = seal_verify(buffer_text(&p.pdf), buffer_text(&p.pem), &p.m.arena, &other, &error);
        if (!inside && outcome == OUTCOME_OK)
            fail_msg("byte %zu of %zu", at, p.pdf.length);
        if (outcome == OUTCOME_OK && (!text_equal(report.signer, other.signer) || !text_equal(report.serial, other.serial) ||
                                      !text_equal(report.digest, other.digest) || report.sealed_at_us != other.sealed_at_us))
            fail_msg("digit %zu of the signature changes what it says", at - from);
        if (outcome == OUTCOME_OK)
            print_message("digit %zu is unseen\n", at - from);
        unseen += outcome == OUTCOME_OK;
        p.pdf.at[at] = was;
        arena_reset(&p.m.arena);
    }
    assert_int_equal(unseen, 0);
    end(&p);
}

static void test_a_seal_of_another_key_is_not_trusted(void **state) {
    struct printed p;
    struct seal_report report;
    struct buffer other;
    (void)state;
    begin(&p, "x");
    buffer_init(&other, 1 << 20);
    assert_int_equal(seal_create(TEXT("市场监督管理局"), MADE_UP_START, 30, &other, NULL), OUTCOME_OK);
    assert_int_equal(press_print(p.press, &p.letter, p.seal, &p.pdf, NULL), OUTCOME_OK);
    assert_int_equal(seal_verify(buffer_text(&p.pdf), buffer_text(&other), &p.m.arena, &report, NULL), OUTCOME_OK);
    assert_false(report.trusted);   /* it calls itself the same, and is not */
    buffer_free(&other);
    end(&p);
}

static void test_what_is_no_seal_is_refused(void **state) {
    static const char *const wrong[] = {"", "hello", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"};
    struct seal *seal = NULL;
    struct error error = {0};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(seal_read(text_from(wrong[i]), &seal, &error), OUTCOME_REJECT);
        assert_string_equal(error.code, "seal_bad");
    }
}

/* A reason as long as the schema allows flows over pages, each with its number. */
static void test_a_long_letter_goes_over_pages(void **state) {
    struct printed p;
    char *why = test_malloc(3 * 1300 + 1);
    (void)state;
    for (int i = 0; i < 1300; i++)
        memcpy(why + 3 * i, "長", 3);
    why[3 * 1300] = '\0';
    begin(&p, why);
    assert_int_equal(press_print(p.press, &p.letter, p.seal, &p.pdf, NULL), OUTCOME_OK);
    struct seal_report report;
    assert_int_equal(seal_verify(buffer_text(&p.pdf), TEXT_NONE, &p.m.arena, &report, NULL), OUTCOME_OK);
    assert_non_null(memmem(p.pdf.at, p.pdf.length, "/Count 3", 8));
    end(&p);
    test_free(why);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_letter_gives_the_same_bytes),
        cmocka_unit_test(test_no_byte_can_be_changed_unseen),
        cmocka_unit_test(test_a_seal_of_another_key_is_not_trusted),
        cmocka_unit_test(test_what_is_no_seal_is_refused),
        cmocka_unit_test(test_a_long_letter_goes_over_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
