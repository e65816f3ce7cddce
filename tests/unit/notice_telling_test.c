/* Notices to people: templates, masks, rules, and who is told of an event in which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "privacy/mask.h"
#include "notice/telling.h"

static struct arena arena;

static int begin(void **state) {
    (void)state;
    arena_init(&arena, 8u << 20);
    return 0;
}
static int end(void **state) {
    (void)state;
    arena_free(&arena);
    return 0;
}

static const char *filled(const char *pattern, enum channel_escape escape, bool optional) {
    static const struct notice_value values[] = {{"a", {"x\"<&\n/", 6}}, {"b", {"乙", 3}}, {"none", {NULL, 0}}, {"empty", {"", 0}}};
    static char room[512];
    struct buffer out;
    struct error error = {0};
    buffer_init(&out, 4096);
    enum outcome outcome = notice_fill(&out, text_from(pattern), values, 4, escape, optional, &error);
    snprintf(room, sizeof room, "%s", outcome == OUTCOME_OK ? buffer_text(&out).at : error.code);
    buffer_free(&out);
    return room;
}

static void test_a_template_escapes_for_where_the_value_stands(void **state) {
    (void)state;
    assert_string_equal(filled("{\"t\": \"${a}${b}\"}", ESCAPE_JSON, false), "{\"t\": \"x\\\"<&\\n/乙\"}");
    assert_string_equal(filled("?t=${a}&u=${b}", ESCAPE_URL, false), "?t=x%22%3C%26%0A%2F&u=%E4%B9%99");
    assert_string_equal(filled("<t>${a}</t>", ESCAPE_XML, false), "<t>x&#34;&#60;&#38;\n/</t>");
    assert_string_equal(filled("${a}$", ESCAPE_NONE, false), "x\"<&\n/$");
    assert_string_equal(filled("${c}", ESCAPE_NONE, false), "template_bad");
    assert_string_equal(filled("${a", ESCAPE_NONE, false), "template_bad");
}

static void test_what_is_not_known_takes_its_bracket_with_it(void **state) {
    (void)state;
    assert_string_equal(filled("1[, by ${none}][, in ${empty}][, at ${b}].", ESCAPE_NONE, true), "1, at 乙.");
    assert_string_equal(filled("[1]", ESCAPE_JSON, false), "[1]");
    assert_string_equal(filled("[${b}", ESCAPE_NONE, true), "template_bad");
}

static void assert_text(struct text is, const char *wanted) { assert_string_equal(text_copy(&arena, is).at, wanted); }

static void test_masks_leave_enough_to_know_oneself(void **state) {
    (void)state;
    const struct text names[] = {TEXT("張建國"), TEXT("李")};
    assert_text(mask_text(&arena, MASK_NAME, TEXT("張建國")), "張*");
    assert_text(mask_text(&arena, MASK_NAME, TEXT("Anna Smith")), "A*");
    assert_text(mask_text(&arena, MASK_PHONE, TEXT("13800000001")), "138****0001");
    assert_text(mask_text(&arena, MASK_PHONE, TEXT("0752-123")), "******23");
    assert_text(mask_email(&arena, TEXT("anna@example.cn")), "a***@example.cn");
    assert_text(mask_email(&arena, TEXT("anna")), "***");
    assert_text(mask_words(&arena, TEXT("張建國 441302196803150010、44130219680315001X，電話13800000001"), names, 2),
                "張* 4413**********0010、4413**********001X，電話138****0001");
    /* Longer numbers are no identifiers of persons; a name of one character would mask half a sentence. */
    assert_text(mask_words(&arena, TEXT("流水號4413022026112900000011 李子 A13800000001"), names, 2), "流水號4413022026112900000011 李子 A13800000001");
}

static void test_every_text_of_every_notice_can_be_filled_in_three_languages(void **state) {
    (void)state;
    static const char *const names[] = {"thing", "case", "at", "due", "item", "step", "department", "material", "reason", "what", "procedure",
                                        "days", "ending", "granted", "refused", "clock", "party", "query"};
    enum { COUNT = sizeof names / sizeof names[0] };
    for (int kind = 1; kind < NOTICE_KIND_COUNT; kind++) {
        const struct notice_words *w = &notice_words[kind];
        assert_true(w->audiences != 0);
        for (int i = 0; i < LANGUAGE_COUNT; i++) {
            const char *texts[] = {w->title[i], w->party[i], w->office[i]};
            bool wanted[] = {true, w->audiences & 1u << AUDIENCE_PARTY, w->audiences & ~(1u << AUDIENCE_PARTY)};
            for (int t = 0; t < 3; t++) {
                struct notice_value values[COUNT];
                struct buffer out;
                if (!!texts[t] != wanted[t])
                    fail_msg("%s has text %d in %s, or lacks it", notice_kind_name((enum notice_kind)kind), t, notice_languages[i]);
                for (int known = 0; texts[t] && known < 2; known++) {   /* nothing known; everything known */
                    for (int v = 0; v < COUNT; v++)
                        values[v] = (struct notice_value){names[v], known ? TEXT("V") : TEXT_NONE};
                    buffer_init(&out, 1 << 16);
                    assert_int_equal(notice_fill(&out, text_from(texts[t]), values, COUNT, ESCAPE_NONE, true, NULL), OUTCOME_OK);
                    for (size_t c = 0; c < out.length; c++)
                        assert_null(strchr("[]{}$", out.at[c]));
                    buffer_free(&out);
                }
            }
        }
    }
}

/* ---- rules ---- */

static enum outcome read_rules(const char *yaml, struct notice_rules *ret, struct error *error) {
    struct fault_list faults;
    return notice_rules_read(&arena, text_from(yaml), TEXT("n.yaml"), &faults, ret, error);
}

static void test_all_that_is_wrong_with_rules_is_said_in_one_run(void **state) {
    (void)state;
    struct notice_rules rules;
    struct fault_list faults;
    struct buffer out;
    buffer_init(&out, 4096);
    assert_int_equal(notice_rules_read(&arena, TEXT("colour: red\nlanguage: fr\nremind_after: soon\nretry: {first: x, attempts: 0, last: 1s}\n"
                                                    "channels:\n  - {id: a, kind: http, url: \"${nme}\"}\n  - {kind: smtp}\nparty: [a, b]\n"),
                                       TEXT("n.yaml"), &faults, &rules, NULL), OUTCOME_REJECT);
    for (uint32_t i = 0; i < faults.count; i++)
        buffer_format(&out, "%u:%u ", faults.at[i].line, faults.at[i].column);
    assert_string_equal(buffer_text(&out).at, "1:9 2:11 3:15 4:16 4:29 4:38 6:5 7:5 7:5 7:5 8:12 ");
    buffer_free(&out);
}

static void test_rules_are_refused_with_the_place_of_what_is_wrong(void **state) {
    (void)state;
    static const struct { const char *yaml, *said; } rows[] = {
        {"colour: red", "n.yaml:1:9: there is no key \"colour\" here"},
        {"language: fr", "language is zh-Hant, zh-Hans or en"},
        {"channels: [{id: a, kind: pigeon}]", "kind is console"},
        {"channels: [{kind: console}]", "an id of its own"},
        {"channels: [{id: a}, {id: a}]", "an id of its own"},
        {"channels: [{id: a, kind: http}]", "need a url"},
        {"channels: [{id: a, kind: smtp, url: smtp://x, address: email}]", "smtp needs from"},
        {"channels: [{id: a, kind: http, url: http://x, body: \"${nme}\"}]", "no value has the name in \"${nme}\""},
        {"party: [b]", "there is no channel of this id"},
        {"retry: {attempts: 0}", "attempts is a number"},
        {"retry: {first: soon}", "a duration is written as"},
        {"remind_after: soon", "a duration is written as"},
        {"[", "n.yaml"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct notice_rules rules;
        struct error error = {0};
        assert_int_equal(read_rules(rows[i].yaml, &rules, &error), OUTCOME_REJECT);
        assert_string_equal(error.code, strcmp(rows[i].yaml, "[") == 0 ? "yaml_syntax" : "notices_bad");
        if (!strstr(error.message, rows[i].said))
            fail_msg("%s: %s", rows[i].yaml, error.message);
    }
}

/* ---- telling ---- */

static struct title title_of(void *context, struct text id, struct arena *room) {
    (void)context;
    (void)room;
    return text_is(id, "tax") ? (struct title){TEXT("稅務局"), TEXT("税务局"), TEXT("Tax office")} : (struct title){TEXT_NONE, TEXT_NONE, TEXT_NONE};
}

#define RULES "sign: 政\nchannels: [{id: sms, kind: http, url: http://x, address: phone}, " \
    "{id: mail, kind: smtp, url: smtp://x, from: a@b.c, address: email}]\nparty: [sms, mail]\ndepartment: [mail]\n" \
    "addresses: {mail: {department.tax: tax@b.c}}\n"
#define DUE(kind, event, more) \
    "{\"case_id\":\"N1/s\",\"version\":7,\"kind\":\"" kind "\",\"at\":\"2026-03-02T17:30:00Z\",\"root\":\"N1\",\"region\":\"441302\"," \
    "\"title\":{\"zh-Hant\":\"件\",\"zh-Hans\":\"件\",\"en\":\"Thing\"},\"step\":\"s\",\"event\":" event ",\"items\":[{\"id\":\"i\",\"department\":\"tax\"," \
    "\"title\":{\"zh-Hant\":\"事項\",\"zh-Hans\":\"事项\",\"en\":\"Item\"}}],\"steps\":[{\"id\":\"s\",\"item\":\"i\",\"wait\":{\"signed\":[\"buyer\"]}}]," \
    "\"promise_due\":\"2026-03-09T09:00:00Z\"" more "}"
#define PARTIES ",\"parties\":{\"seller\":[{\"name\":\"張三\",\"phone\":\"13800000001\",\"email\":\"z@b.c\",\"channel\":\"mail\",\"language\":\"en\"}," \
    "{\"name\":\"李四\",\"phone\":\"13800000002\"},{\"name\":\"王五\",\"phone\":\"13800000002\"},{\"name\":\"趙六\"}]," \
    "\"buyer\":[{\"name\":\"錢七\",\"phone\":\"13800000003\"},{\"name\":\"孫八\",\"phone\":\"13800000004\"}]}"

static struct json told(const char *rules_text, const char *due_text) {
    struct notice_rules *rules = arena_new(&arena, struct notice_rules);
    struct error error = {0};
    struct json due, rows;
    struct buffer out;
    struct telling_names names = {NULL, title_of};
    assert_int_equal(read_rules(rules_text, rules, &error), OUTCOME_OK);
    assert_int_equal(json_read(&arena, text_from(due_text), 16, &due, &error), OUTCOME_OK);
    buffer_init(&out, 1 << 20);
    if (telling_write(rules, &names, &due, &arena, &out, &error) != OUTCOME_OK)
        fail_msg("%s", error.message);
    assert_int_equal(json_read(&arena, text_copy(&arena, buffer_text(&out)), 16, &rows, NULL), OUTCOME_OK);
    buffer_free(&out);
    return rows;
}

static struct text of(const struct json *rows, uint32_t i, const char *name) { return json_get_text(json_at(rows, i), text_from(name)); }
static struct text said(const struct json *rows, uint32_t i, const char *language) {
    return json_get_text(json_get(json_get_string(json_at(rows, i), "texts"), text_from(language)), TEXT("text"));
}

static void test_each_is_told_over_his_own_channel_and_one_address_once(void **state) {
    (void)state;
    struct json rows = told(RULES, DUE("accepted", "{}", PARTIES));
    assert_int_equal(rows.count, 5);   /* 王五 has 李四's number */
    assert_text(of(&rows, 0, "id"), "N1/s:7:seller.0:mail");
    assert_text(of(&rows, 0, "shown_as"), "張* z***@b.c");
    assert_text(of(&rows, 0, "language"), "en");
    assert_text(of(&rows, 1, "id"), "N1/s:7:seller.1:sms");
    assert_text(of(&rows, 1, "state"), "waiting");
    assert_text(of(&rows, 2, "id"), "N1/s:7:seller.3:console");   /* 趙六 can't be reached */
    assert_text(of(&rows, 2, "state"), "shown");
    assert_true(text_is_none(of(&rows, 2, "address")));
    assert_text(of(&rows, 3, "recipient"), "buyer.0");
    /* 17:30 UTC is the next day in China */
    assert_text(said(&rows, 1, "zh-Hant"), "【政】您辦理的「件」（流水號N1）已於2026年3月3日受理，承諾2026年3月9日前辦結。後續由各部門自行銜接，您不必來回跑；需要您做什麼，我們會通知您。");
    assert_true(text_starts_with(said(&rows, 0, "en"), "【政】Your application “Thing” (no. N1) was accepted on 3 March 2026; we promise to finish it by 9 March 2026."));
}

static void test_a_signature_is_asked_of_those_who_have_not_signed(void **state) {
    (void)state;
    struct json rows = told(RULES, DUE("signature", "{}", PARTIES ",\"signed\":[\"signed.buyer.0\"]"));
    assert_int_equal(rows.count, 1);
    assert_text(of(&rows, 0, "recipient"), "buyer.1");
}

static void test_a_light_goes_to_offices_and_a_late_law_to_the_party_too(void **state) {
    (void)state;
    struct json rows = told(RULES, DUE("light_red", "{\"item\":\"i\",\"clock\":\"promise\",\"due\":1772442000000000}", PARTIES));
    assert_int_equal(rows.count, 2);
    assert_text(of(&rows, 0, "recipient"), "department.tax");
    assert_text(of(&rows, 0, "address"), "tax@b.c");
    assert_text(of(&rows, 1, "recipient"), "supervisor");
    assert_text(said(&rows, 0, "zh-Hans"), "“件”（流水号N1）：“事项”已超过承诺时限（2026年3月2日），承办：税务局。");
    rows = told(RULES, DUE("light_deep_red", "{\"item\":\"i\",\"clock\":\"statute\",\"due\":1772442000000000}", PARTIES));
    assert_int_equal(rows.count, 7);
    assert_true(text_starts_with(said(&rows, 0, "en"), "【政】We are sorry: “Item”"));
}

static void test_a_case_refused_before_any_acceptance_is_returned(void **state) {
    (void)state;
    struct json rows = told(RULES, DUE("closed", "{\"outcome\":\"refused\"}", PARTIES ",\"item_ends\":{\"i\":\"refused\"}"));
    assert_text(said(&rows, 1, "zh-Hant"), "【政】您辦理的「件」（流水號N1）已辦結：退件。未辦成：事項。請您評價本次服務。");
    rows = told(RULES, DUE("closed", "{\"outcome\":\"refused\"}", PARTIES ",\"was_accepted\":true"));
    assert_text(said(&rows, 1, "zh-Hant"), "【政】您辦理的「件」（流水號N1）已辦結：不予許可。請您評價本次服務。");
}

static void test_a_correction_is_numbered_masked_and_reminded_of(void **state) {
    (void)state;
    struct json rows = told("remind_after: 2d\n", DUE("correction", "{\"department\":\"tax\",\"data\":{\"reasons\":[{\"what\":\"證件\",\"why\":\"張三 的已過期\"},"
                                                       "{\"what\":\"b\",\"why\":\"c\"}]}}", ",\"parties\":{\"seller\":{\"name\":\"張三\"}}"));
    assert_int_equal(rows.count, 4);   /* the party and the window, each with its reminder */
    assert_text(said(&rows, 0, "zh-Hant"), "您辦理的「件」（流水號N1）需要補正。稅務局就「事項」一次告知：1. 證件：張* 的已過期；2. b：c。請一次補齊；補齊前不起算辦理時限。");
    assert_text(of(&rows, 1, "kind"), "correction_due");
    assert_text(of(&rows, 1, "id"), "N1/s:7:seller.0:console:due");
    assert_text(of(&rows, 1, "state"), "waiting");
    int64_t wait;
    assert_true(json_to_int64(json_get_string(json_at(&rows, 1), "wait_s"), &wait));
    assert_int_equal(wait, 2 * 86400);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_template_escapes_for_where_the_value_stands, begin, end),
        cmocka_unit_test_setup_teardown(test_what_is_not_known_takes_its_bracket_with_it, begin, end),
        cmocka_unit_test_setup_teardown(test_masks_leave_enough_to_know_oneself, begin, end),
        cmocka_unit_test_setup_teardown(test_every_text_of_every_notice_can_be_filled_in_three_languages, begin, end),
        cmocka_unit_test_setup_teardown(test_all_that_is_wrong_with_rules_is_said_in_one_run, begin, end),
        cmocka_unit_test_setup_teardown(test_rules_are_refused_with_the_place_of_what_is_wrong, begin, end),
        cmocka_unit_test_setup_teardown(test_each_is_told_over_his_own_channel_and_one_address_once, begin, end),
        cmocka_unit_test_setup_teardown(test_a_signature_is_asked_of_those_who_have_not_signed, begin, end),
        cmocka_unit_test_setup_teardown(test_a_light_goes_to_offices_and_a_late_law_to_the_party_too, begin, end),
        cmocka_unit_test_setup_teardown(test_a_case_refused_before_any_acceptance_is_returned, begin, end),
        cmocka_unit_test_setup_teardown(test_a_correction_is_numbered_masked_and_reminded_of, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
