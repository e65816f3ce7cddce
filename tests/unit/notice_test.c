/* The one notice and the one form, derived from a definition and an applicant's answers. */
#include "definition_setting.h"

#include "notice/notice.h"

#define T(name) "{zh-Hant: " name ", zh-Hans: " name ", en: " name "}"
static const char yaml[] =
    "thing: t\ntitle: " T("One") "\nform: form.json\nregions: [\"441300\"]\npromise: 10 workdays\n"
    "items:\n"
    "  - {id: filing, code: \"1\", title: " T("Filing") ", department: housing, promise: 1 workdays, statute: 3 workdays, basis: law}\n"
    "  - {id: gas, code: \"2\", title: " T("Gas") ", department: gas, promise: 3 workdays}\n"
    "  - {id: rush, code: \"3\", title: " T("Rush") ", department: tax, promise: 1 half day}\n"
    "  - {id: later, code: \"4\", title: " T("Later") ", department: tax, promise: 1 workdays}\n"
    "materials:\n"
    "  - {id: contract, title: " T("Contract") ", required: true, from: applicant, least_trust: C}\n"
    "  - {id: letter, title: " T("Letter") ", required: false, from: applicant}\n"
    "  - {id: plan, title: " T("Plan") ", required: true, from: applicant, tolerable: {until: 5 workdays, trust: [A, B], if_missing: refuse}}\n"
    "  - {id: deed, title: " T("Deed") ", required: true, from: {lookup: licences, input: {unit: \"${ .form.home.unit }\"}, basis: consent}}\n"
    "  - {id: plea, title: " T("Plea") ", required: true, from: applicant, when: {field: form.urgent, is: true}}\n"
    "  - {id: card, title: " T("Card") ", required: false, from: applicant}\n"
    "  - {id: proof, title: " T("Proof") ", required: true, any_of: [letter, card]}\n"
    "steps:\n"
    "  - {id: file, department: housing, item: filing, input: {unit: \"${ .form.home.unit }\", note: \"${ .form.note }\"}, "
    "materials: [contract, plan, deed, plea, proof], result: result.json}\n"
    "  - {id: piped, department: gas, item: gas, needs: [file], when: {field: form.utilities, has: gas}, "
    "input: {unit: \"${ .form.home.unit }\"}, materials: [deed]}\n"
    "  - {id: rushed, department: tax, item: rush, needs: [file], when: {all: [{field: form.urgent, is: true}, "
    "{field: steps.file.state, is: granted}]}, input: {unit: \"${ .form.home.unit }\"}}\n"
    "  - {id: taxed, department: tax, item: later, needs: [file], when: {field: steps.file.result.number, exists: true}}\n";

struct setup { struct arena arena; const struct definition *definition; const struct directory *directory; };

static void begin(struct setup *s) {
    struct fault_list faults;
    arena_init(&s->arena, SETTING_ARENA_BYTES);
    struct definition_context context = setting_context(&s->arena);
    s->directory = context.directory;
    enum outcome outcome = definition_compile(&s->arena, text_from(yaml), TEXT("t.yaml"), &context, &faults, &s->definition, NULL);
    struct buffer out;
    buffer_init(&out, 1 << 20);
    fault_list_write_text(&faults, &out);
    if (outcome != OUTCOME_OK)
        fprintf(stderr, "%s", buffer_text(&out).at);
    buffer_free(&out);
    assert_int_equal(outcome, OUTCOME_OK);
}

static void end(struct setup *s) {
    definition_free(s->definition);
    arena_free(&s->arena);
}

static enum outcome write(struct setup *s, const char *form_text, const char *region, struct json *ret, struct error *error) {
    struct json form;
    struct buffer out;
    buffer_init(&out, 1 << 20);
    assert_int_equal(json_read(&s->arena, text_from(form_text), 16, &form, NULL), OUTCOME_OK);
    enum outcome outcome = notice_write(s->definition, s->directory, &form, text_from(region), &s->arena, &out, error);
    if (outcome == OUTCOME_OK)
        assert_int_equal(json_read(&s->arena, text_copy(&s->arena, buffer_text(&out)), 16, ret, NULL), OUTCOME_OK);
    buffer_free(&out);
    return outcome;
}

static const struct json *by_id(const struct json *list, const char *id) {
    for (uint32_t i = 0; list && i < list->count; i++)
        if (text_is(json_get_text(json_at(list, i), TEXT("id")), id))
            return json_at(list, i);
    return NULL;
}

static void expect(const struct json *list, const char *id, const char *name, const char *wanted) {
    struct text is = json_get_text(by_id(list, id), text_from(name));
    if (!text_is(is, wanted))
        fprintf(stderr, "%s of %s is %.*s, not %s\n", name, id, TEXT_ARG(is), wanted);
    assert_true(text_is(is, wanted));
}

static void test_each_material_is_named_once_with_what_is_wanted_of_it(void **state) {
    (void)state;
    struct setup s;
    struct json notice;
    struct error error;
    begin(&s);
    assert_int_equal(write(&s, "{\"home\":{\"unit\":\"1\"},\"utilities\":[\"water\"]}", NULL, &notice, &error), OUTCOME_OK);
    const struct json *materials = json_get_string(&notice, "materials");
    assert_int_equal(materials->count, 7);
    assert_int_equal(json_get_string(by_id(materials, "proof"), "any_of")->count, 2);
    expect(materials, "contract", "need", "bring");
    expect(materials, "contract", "shown", "certified_copy");
    assert_null(json_get_string(by_id(materials, "plan"), "shown"));
    expect(materials, "letter", "need", "if_any");
    expect(materials, "plan", "need", "later");
    expect(materials, "plan", "trust", "AB");
    expect(materials, "plan", "if_missing", "refuse");
    assert_true(text_is(json_get_text(json_get_string(by_id(materials, "plan"), "until"), TEXT("zh-Hans")), "5个工作日"));
    expect(materials, "deed", "need", "fetched");
    expect(materials, "deed", "source", "licences");
    expect(materials, "deed", "basis", "consent");
    expect(materials, "plea", "need", "not_needed");
    end(&s);
}

static void test_an_item_applies_by_the_answers_or_depends_on_what_is_to_come(void **state) {
    (void)state;
    struct setup s;
    struct json notice;
    struct error error;
    begin(&s);
    assert_int_equal(write(&s, "{\"home\":{\"unit\":\"1\"},\"utilities\":[\"water\"],\"urgent\":false}", NULL, &notice, &error), OUTCOME_OK);
    const struct json *items = json_get_string(&notice, "items");
    expect(items, "filing", "applies", "yes");
    expect(items, "gas", "applies", "no");
    expect(items, "rush", "applies", "no");       /* the form decides, whatever the step says */
    expect(items, "later", "applies", "depends");
    expect(json_get_string(by_id(json_get_string(&notice, "materials"), "deed"), "given_to") ? json_get_string(&notice, "departments") : NULL,
           "housing", "id", "housing");
    assert_null(by_id(json_get_string(&notice, "departments"), "gas"));
    assert_int_equal(write(&s, "{\"home\":{\"unit\":\"1\"},\"utilities\":[\"gas\"],\"urgent\":true}", NULL, &notice, &error), OUTCOME_OK);
    items = json_get_string(&notice, "items");
    expect(items, "gas", "applies", "yes");
    expect(items, "rush", "applies", "depends");
    expect(json_get_string(&notice, "materials"), "plea", "need", "bring");
    assert_true(text_is(json_get_text(json_get_string(by_id(items, "rush"), "promise"), TEXT("zh-Hant")), "1個半天"));
    end(&s);
}

static void test_a_form_that_is_not_sound_gets_all_its_faults_and_no_notice(void **state) {
    (void)state;
    struct setup s;
    struct json notice;
    struct error error;
    begin(&s);
    assert_int_equal(write(&s, "{\"urgent\":1,\"colour\":2}", NULL, &notice, &error), OUTCOME_REJECT);
    assert_string_equal(error.code, "form_invalid");
    assert_non_null(strstr(error.message, "/urgent"));
    assert_non_null(strstr(error.message, "home"));
    assert_int_equal(write(&s, "{\"home\":{\"unit\":\"1\"}}", "441900", &notice, &error), OUTCOME_REJECT);
    assert_string_equal(error.code, "region_not_offered");
    end(&s);
}

/* home.unit goes to housing, gas, tax and the source of licences: typed once instead of four times. */
static void test_a_field_that_many_use_is_counted_once(void **state) {
    (void)state;
    struct setup s;
    struct notice_figures figures;
    begin(&s);
    assert_int_equal(notice_figures(s.definition, &s.arena, &figures, NULL), OUTCOME_OK);
    assert_int_equal(figures.fields, 2);
    assert_int_equal(figures.shared, 1);
    assert_int_equal(figures.keyings, 3);
    assert_int_equal(figures.fetched, 1);
    end(&s);
}

static void test_the_form_says_who_gets_a_field_and_what_it_decides(void **state) {
    (void)state;
    struct setup s;
    struct buffer out;
    begin(&s);
    buffer_init(&out, 1 << 20);
    assert_int_equal(notice_write_form(s.definition, &s.arena, &out, NULL), OUTCOME_OK);
    const char *unit = strstr(buffer_text(&out).at, "\"home.unit\"");
    assert_non_null(unit);
    assert_non_null(strstr(unit, "\"departments\":[\"housing\",\"gas\",\"tax\",\"licences\"],\"items\":[\"filing\",\"gas\",\"rush\"]"));
    assert_non_null(strstr(buffer_text(&out).at, "\"field\":\"utilities[]\",\"type\":\"string\",\"personal\":false,\"departments\":[],"
                                                 "\"items\":[],\"steps\":[],\"decides\":[\"piped\"]"));
    buffer_free(&out);
    end(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_material_is_named_once_with_what_is_wanted_of_it),
        cmocka_unit_test(test_an_item_applies_by_the_answers_or_depends_on_what_is_to_come),
        cmocka_unit_test(test_a_form_that_is_not_sound_gets_all_its_faults_and_no_notice),
        cmocka_unit_test(test_a_field_that_many_use_is_counted_once),
        cmocka_unit_test(test_the_form_says_who_gets_a_field_and_what_it_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
