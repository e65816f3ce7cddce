/* Which events are documents, and what stands on each. */
#include "made_up.h"

#define DAY TIME_DAY_US

static void accept(struct made_up *m, const char *by, int64_t at_us, int64_t due_us) {
    struct event *accepted = made_up_add(m, EVENT_ITEM_ACCEPTED, "look", "permit", at_us);
    accepted->reason = text_from(by);
    accepted->since_us = MADE_UP_START;
    struct event *set = made_up_add(m, EVENT_CLOCK_SET, NULL, "permit", at_us);
    set->clock = CLOCK_PROMISE;
    set->since_us = MADE_UP_START;
    set->due_us = due_us;
}

static void test_an_acceptance_names_item_law_and_the_due_date_that_its_decision_set(void **state) {
    struct made_up m;
    (void)state;
    made_up_begin(&m);
    accept(&m, "accepted", DAY, MADE_UP_START + 7 * DAY);
    made_up_add(&m, EVENT_CLOCK_SET, NULL, "permit", 2 * DAY)->due_us = MADE_UP_START + 30 * DAY;   /* of another decision */
    struct text said = made_up_said(&m, 1, "zh-Hant", true, NULL);
    assert_says(said, "受理通知書");
    assert_says(said, "SL〔2026〕44130020260302000001-1");
    assert_says(said, "《中華人民共和國行政許可法》第三十二條及《某條例》");
    assert_says(said, "承諾期限|5個工作日，自2026年3月2日的次日起算，至2026年3月9日屆滿");
    assert_says(said, "歐陽思遠、王小：");
    assert_says(made_up_said(&m, 1, "en", true, NULL), "ending on 9 March 2026");
    assert_says(made_up_said(&m, 1, "zh-Hans", true, NULL), "本机关决定自2026年3月2日起予以受理");
    made_up_end(&m);
}

static void test_silence_accepts_as_of_the_day_of_receipt_and_says_so(void **state) {
    struct made_up m;
    (void)state;
    made_up_begin(&m);
    accept(&m, "silence", 8 * DAY, MADE_UP_START + 7 * DAY);
    assert_says(made_up_said(&m, 1, "zh-Hans", true, NULL), "自收到申请材料之日2026年3月2日起即为受理");
    made_up_end(&m);
}

static void test_a_correction_names_all_that_is_missing_once_also_what_lookups_did_not_find(void **state) {
    struct made_up m;
    struct event *e;
    (void)state;
    made_up_begin(&m);
    made_up_add(&m, EVENT_MATERIAL_ASKED, "look", NULL, DAY)->material = TEXT("plan");
    e = made_up_add(&m, EVENT_ANSWER_NOTED, "look", NULL, 2 * DAY);
    e->answer = ANSWER_CORRECTION;
    e->data = TEXT("{\"reasons\":[{\"what\":\"合同\",\"why\":\"王小未簽名\"}]}");
    struct text said = made_up_said(&m, 1, "zh-Hant", true, NULL);
    assert_says(said, "1.|合同：王小未簽名");
    assert_says(said, "2.|平面圖：未能通過數據共享取得");
    made_up_add(&m, EVENT_MATERIALS_GIVEN, NULL, NULL, 3 * DAY)->data = TEXT("{\"materials\":[{\"id\":\"plan\"}]}");
    assert_says(made_up_said(&m, 1, "zh-Hant", true, NULL), "2.|平面圖");   /* what came later changes nothing on it */
    made_up_end(&m);
}

static void test_a_special_procedure_is_told_only_when_a_clock_stands_still_for_it(void **state) {
    struct made_up m;
    struct event *e;
    struct document *documents;
    uint32_t count;
    (void)state;
    made_up_begin(&m);
    e = made_up_add(&m, EVENT_ANSWER_NOTED, "look", NULL, DAY);
    e->answer = ANSWER_SPECIAL_START;
    e->data = TEXT("{\"procedure\":\"hearing\",\"days\":12}");
    assert_true(document_list(&m.journal, &m.arena, &documents, &count));
    assert_int_equal(count, 0);
    e = made_up_add(&m, EVENT_CLOCK_PAUSED, "look", "permit", DAY);
    e->clock = CLOCK_STATUTE;
    e->basis = TEXT("行政許可法 45");
    struct text said = made_up_said(&m, 1, "zh-Hant", true, NULL);
    assert_says(said, "依法需要進行聽證");
    assert_says(said, "《中華人民共和國行政許可法》第四十五條");
    assert_says(said, "預計所需時間：12日");
    e->clock = CLOCK_PROMISE;
    assert_says(made_up_said(&m, 1, "zh-Hant", true, NULL), "法定期限照常計算");
    made_up_end(&m);
}

static void refuse(struct made_up *m, const char *step, const char *item, const char *why) {
    struct event *e = made_up_add(m, EVENT_STEP_ENDED, step, NULL, DAY);
    e->state = STEP_REFUSED;
    e->answer = ANSWER_REJECTED;
    e->reason = text_from(why);
    e = made_up_add(m, EVENT_ITEM_ENDED, NULL, item, DAY);
    e->state = STEP_REFUSED;
    e->reason = TEXT("decided");
}

static void test_a_refusal_by_law_names_reason_and_remedies_and_that_of_a_service_the_hotline(void **state) {
    struct made_up m;
    (void)state;
    made_up_begin(&m);
    refuse(&m, "look", "permit", "不符合條件");
    refuse(&m, "pipe", "supply", "無管網");
    struct text by_law = made_up_said(&m, 1, "zh-Hant", true, NULL), service = made_up_said(&m, 2, "zh-Hant", true, NULL);
    assert_says(by_law, "不予許可決定書");
    assert_says(by_law, "理由：不符合條件");
    assert_says(by_law, "六十日內");
    assert_says(by_law, "六個月內");
    assert_silent(by_law, "12345");
    assert_says(service, "辦理結果通知書");
    assert_says(service, "12345");
    assert_silent(service, "行政");
    made_up_end(&m);
}

static void test_a_copy_is_masked_in_every_text_but_the_numbers(void **state) {
    struct made_up m;
    struct letter letter;
    (void)state;
    made_up_begin(&m);
    refuse(&m, "look", "permit", "歐陽思遠（441303199108083012）與王小不符");
    for (int i = 0; i < 3; i++) {
        const char *language = ((const char *const[]){"zh-Hant", "zh-Hans", "en"})[i];
        struct text said = made_up_said(&m, 1, language, false, &letter);
        assert_silent(said, "歐陽思遠");
        assert_silent(said, "王小");
        assert_silent(said, "441303199108083012");
        assert_says(said, "歐*（4413**********3012）與王*不符");
        assert_says(said, "44130020260302000001");
        assert_true(letter.copy.length > 0);
        made_up_said(&m, 1, language, true, &letter);
        assert_true(text_is_none(letter.copy));
    }
    made_up_end(&m);
}

static struct event *found(struct made_up *m, enum event_kind kind, int32_t index, enum answer_kind answer, const char *data, int64_t at_us) {
    struct event *e = made_up_add(m, kind, "visit", NULL, at_us);
    e->index = index;
    e->answer = answer;
    e->data = text_from(data);
    e->state = kind != EVENT_STEP_ENDED ? STEP_RUNNING : answer == ANSWER_RESULT ? STEP_GRANTED : STEP_REFUSED;
    return e;
}

static void test_each_finding_of_a_visit_is_a_document_with_what_was_found_and_by_when_it_is_put_right(void **state) {
    struct made_up m;
    (void)state;
    made_up_begin(&m);
    struct event *asked = made_up_add(&m, EVENT_STEP_ASKED, "visit", NULL, DAY);
    asked->index = 1;
    asked->department = TEXT("water");
    asked->due_us = MADE_UP_START + 12 * DAY;
    found(&m, EVENT_ANSWER_NOTED, 1, ANSWER_CORRECTION, "{\"reasons\":[{\"what\":\"水表\",\"why\":\"位置不符\"},{\"what\":\"plan\",\"why\":\"未標管徑\"}]}", 2 * DAY);
    found(&m, EVENT_ANSWER_NOTED, 0, ANSWER_CORRECTION, "{\"reasons\":[{\"what\":\"出口\",\"why\":\"被堵\"}],\"until\":\"2026-03-10\"}", 2 * DAY);
    found(&m, EVENT_STEP_ENDED, 1, ANSWER_CORRECTION, "{\"reasons\":[{\"what\":\"水表\",\"why\":\"仍不符\"}]}", 4 * DAY);
    found(&m, EVENT_STEP_ENDED, 0, ANSWER_RESULT, "{\"findings\":[{\"what\":\"出口\",\"why\":\"已暢通\"}]}", 5 * DAY);
    found(&m, EVENT_STEP_ENDED, 0, ANSWER_NONE, "{}", 6 * DAY);   /* an operator's: nobody's finding */
    struct text rectify = made_up_said(&m, 1, "zh-Hant", true, NULL), with_day = made_up_said(&m, 2, "zh-Hans", true, NULL);
    assert_says(rectify, "現場核驗意見書");
    assert_says(rectify, "HY〔2026〕44130020260302000001-1");
    assert_says(rectify, "water就「開店」申請中的「供水」進行了現場核驗（第1次），結論：需要整改");
    assert_says(rectify, "1.|水表：位置不符");
    assert_says(rectify, "2.|平面圖：未標管徑");   /* a material by its title */
    assert_says(rectify, "請於2026年3月14日前整改完畢");   /* when the step's time is over */
    assert_says(rectify, "至多核驗2次");
    assert_says(with_day, "请于2026年3月10日前整改完毕");
    struct text failed = made_up_said(&m, 3, "zh-Hant", true, NULL), passed = made_up_said(&m, 4, "en", true, NULL);
    assert_says(failed, "第2次仍不合格，結論：不通過");
    assert_says(failed, "1.|水表：仍不符");
    assert_silent(failed, "整改完畢");
    assert_says(passed, "It passed.");
    assert_says(passed, "出口: 已暢通");
    struct document *documents;
    uint32_t count;
    assert_true(document_list(&m.journal, &m.arena, &documents, &count));
    assert_int_equal(count, 4);
    made_up_end(&m);
}

static void test_a_reprint_names_the_department_as_it_was_called_then(void **state) {
    struct made_up m;
    struct fault_list faults;
    (void)state;
    made_up_begin(&m);
    assert_int_equal(directory_compile(&m.arena,
                                       TEXT("departments:\n  - id: market\n    title: " T("市場監督局", "市场监督局", "Market Bureau") "\n"
                                            "    offices: [{region: \"441300\"}]\n    formerly:\n"
                                            "      - {until: 2026-03-02, title: " T("工商局", "工商局", "Trade Bureau") "}\n"
                                            "      - {until: 2018-12-31, title: " T("商業局", "商业局", "Shops Bureau") "}\n"),
                                       TEXT("d.yaml"), &faults, &m.journal.directory, NULL), OUTCOME_OK);
    accept(&m, "accepted", 0, MADE_UP_START + 7 * DAY);
    accept(&m, "accepted", DAY, MADE_UP_START + 7 * DAY);
    struct letter letter;
    assert_says(made_up_said(&m, 1, "zh-Hant", true, &letter), "工商局");
    assert_true(text_is(letter.seal_name, "工商局"));
    assert_says(made_up_said(&m, 2, "zh-Hant", true, &letter), "市場監督局");
    assert_silent(made_up_said(&m, 2, "en", true, NULL), "Trade");
    made_up_end(&m);
}

static void test_numbers_follow_the_order_of_events_and_later_events_do_not_move_them(void **state) {
    struct made_up m;
    struct document *documents;
    uint32_t count;
    (void)state;
    made_up_begin(&m);
    accept(&m, "accepted", DAY, TIME_NONE);
    refuse(&m, "pipe", "supply", "x");
    struct event *e = made_up_add(&m, EVENT_CASE_CLOSED, NULL, NULL, 400 * DAY);
    e->outcome = CASE_PARTIAL;
    e = made_up_add(&m, EVENT_STEP_ENDED, "hand", NULL, 401 * DAY);
    e->state = STEP_GRANTED;
    e->delivers = true;
    assert_true(document_list(&m.journal, &m.arena, &documents, &count));
    static const char *const numbers[] = {"SL〔2026〕44130020260302000001-1", "BY〔2026〕44130020260302000001-2",
                                          "BJ〔2027〕44130020260302000001-3", "SD〔2027〕44130020260302000001-4"};
    assert_int_equal(count, 4);
    for (uint32_t i = 0; i < 4; i++)
        assert_true(text_is(documents[i].number, numbers[i]));
    assert_true(text_is(documents[2].department, "hall"));
    assert_says(made_up_said(&m, 1, "zh-Hant", true, NULL), "承諾期限|5個工作日，暫停計算中");
    assert_says(made_up_said(&m, 3, "zh-Hant", true, NULL), "部分辦結");
    assert_says(made_up_said(&m, 4, "zh-Hant", true, NULL), "辦理結果通知書 BY〔2026〕44130020260302000001-2");
    made_up_end(&m);
}

static void test_the_language_is_the_best_that_is_accepted(void **state) {
    static const struct { const char *accept, *language; } rows[] = {
        {NULL, "zh-Hans"}, {"", "zh-Hans"}, {"fr", "zh-Hans"}, {"en", "en"}, {"en-GB,zh;q=0.9", "en"}, {"zh-TW", "zh-Hant"},
        {"zh-Hant-HK, en;q=0.8", "zh-Hant"}, {"en;q=0.2, zh-CN;q=0.7", "zh-Hans"}, {"fr, en;q=0", "zh-Hans"},
        {"zh-hk;q=0.55,en;q=0.5", "zh-Hant"}, {"EN", "en"}, {"zhx", "zh-Hans"}, {"english", "zh-Hans"}, {",,;q=,", "zh-Hans"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!text_is(document_language(text_from(rows[i].accept)), rows[i].language))
            fail_msg("%s", rows[i].accept ? rows[i].accept : "(none)");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_acceptance_names_item_law_and_the_due_date_that_its_decision_set),
        cmocka_unit_test(test_silence_accepts_as_of_the_day_of_receipt_and_says_so),
        cmocka_unit_test(test_a_correction_names_all_that_is_missing_once_also_what_lookups_did_not_find),
        cmocka_unit_test(test_a_special_procedure_is_told_only_when_a_clock_stands_still_for_it),
        cmocka_unit_test(test_a_refusal_by_law_names_reason_and_remedies_and_that_of_a_service_the_hotline),
        cmocka_unit_test(test_a_copy_is_masked_in_every_text_but_the_numbers),
        cmocka_unit_test(test_each_finding_of_a_visit_is_a_document_with_what_was_found_and_by_when_it_is_put_right),
        cmocka_unit_test(test_a_reprint_names_the_department_as_it_was_called_then),
        cmocka_unit_test(test_numbers_follow_the_order_of_events_and_later_events_do_not_move_them),
        cmocka_unit_test(test_the_language_is_the_best_that_is_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
