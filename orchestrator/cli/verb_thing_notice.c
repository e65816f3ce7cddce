/* thing checklist, thing form: the one notice and the one form, for people. */
#include "cli/files.h"
#include "cli/verb_part.h"
#include "cli/workshop.h"
#include "model/limits.h"
#include "notice/notice.h"

#define NOTICE_BYTES_MOST ((size_t)16 << 20)

/* The words around a notice, by language: zh-Hant, zh-Hans, en. */
struct word { const char *key, *text[3]; };
static const struct word words[] = {
    {"promise", {"承諾時限", "承诺时限", "Promised within"}},
    {"items", {"涉及事項", "涉及事项", "Items"}},
    {"item", {"事項", "事项", "ITEM"}},
    {"department", {"部門", "部门", "DEPARTMENT"}},
    {"promised", {"承諾", "承诺", "PROMISE"}},
    {"statute", {"法定", "法定", "BY LAW"}},
    {"basis", {"依據", "依据", "BASIS"}},
    {"applies", {"是否辦理", "是否办理", "APPLIES"}},
    {"yes", {"辦理", "办理", "yes"}},
    {"no", {"不辦理", "不办理", "no"}},
    {"depends", {"視情況", "视情况", "it depends"}},
    {"bring", {"請提供的材料", "请提供的材料", "Bring"}},
    {"if_any", {"如有請提供的材料", "如有请提供的材料", "Bring if there is one"}},
    {"later", {"可以後補的材料(容缺受理)", "可以后补的材料(容缺受理)", "May come later"}},
    {"fetched", {"免提交的材料", "免提交的材料", "Nothing to bring: fetched"}},
    {"material", {"材料", "材料", "MATERIAL"}},
    {"shown", {"出示方式", "出示方式", "TO SHOW"}},
    {"original", {"窗口出示原件", "窗口出示原件", "the original, at the window"}},
    {"certified_copy", {"窗口出示原件或公證副本", "窗口出示原件或公证副本", "the original or a certified copy, at the window"}},
    {"consents", {"需要單獨同意的查詢", "需要单独同意的查询", "Looked up only with your separate consent"}},
    {"what", {"查詢內容", "查询内容", "WHAT"}},
    {"say", {"如何表示同意", "如何表示同意", "TO CONSENT"}},
    {"consent", {"本人同意", "本人同意", "consent"}},
    {"separate_consent", {"單獨同意", "单独同意", "separate consent"}},
    {"guardian", {"監護人同意", "监护人同意", "the guardian's consent"}},
    {"court", {"法院指定", "法院指定", "appointed by a court"}},
    {"refuse", {"不予辦理", "不予办理", "refused"}},
    {"incident", {"由窗口聯繫", "由窗口联系", "the window calls"}},
    {"one_of", {"任選其一:", "任选其一:", "one of:"}},
    {"given", {"提供給", "提供给", "GIVEN TO"}},
    {"source", {"來源", "来源", "FROM"}},
    {"until", {"補交期限", "补交期限", "WITHIN"}},
    {"trust", {"信用等級", "信用等级", "FOR GRADES"}},
    {"else", {"逾期", "逾期", "ELSE"}},
    {"fields", {"表單字段", "表单字段", "Fields of the form that somebody is given"}},
    {"fields_shared", {"多部門共用的字段", "多部门共用的字段", "Given to several departments, asked once"}},
    {"keyings_saved", {"免重複填寫次數", "免重复填写次数", "Times that nobody types it again"}},
    {"materials_fetched", {"免提交材料數", "免提交材料数", "Materials fetched instead of asked for"}},
    {"lookups", {"共享查詢數", "共享查询数", "Questions to sources of data"}},
};

static int language_of(const struct invocation *c) {
    return text_is(c->display.language, "zh-Hant") ? 0 : text_is(c->display.language, "zh-Hans") ? 1 : 2;
}

static const char *word(const struct invocation *c, const char *key) {
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].key, key) == 0)
            return words[i].text[language_of(c)];
    return key;
}

/* The text of a title or limit in the language that is shown. */
static struct text in_language(const struct invocation *c, const struct json *texts) {
    static const char *const names[] = {"zh-Hant", "zh-Hans", "en"};
    return texts ? json_get_text(texts, text_from(names[language_of(c)])) : TEXT_NONE;
}

static struct text joined(struct invocation *c, const struct json *list) {
    struct text all = TEXT_NONE;
    for (uint32_t i = 0; list && i < list->count; i++)
        all = text_format(&c->arena, "%.*s%s%.*s", TEXT_ARG(all), i ? ", " : "", TEXT_ARG(json_at(list, i)->text));
    return all;
}

static void print_figures(struct invocation *c, const struct json *figures) {
    for (uint32_t i = 0; figures && i < figures->count; i++) {
        struct text key = text_copy(&c->arena, figures->children[i].key);
        printf("%s: %.*s\n", word(c, key.at), TEXT_ARG(figures->children[i].value.text));
    }
}

/* ---- checklist ---- */

static void print_items(struct invocation *c, const struct json *items) {
    const char *const headings[] = {word(c, "item"), word(c, "department"), word(c, "promised"), word(c, "statute"),
                                    word(c, "applies"), word(c, "basis"), NULL};
    struct table table;
    if (!items || items->count == 0)
        return;
    printf("\n%s\n", word(c, "items"));
    table_begin(&table, &c->arena, headings);
    for (uint32_t i = 0; i < items->count; i++) {
        const struct json *item = json_at(items, i);
        struct text department = in_language(c, json_get_string(item, "department_title"));
        table_put(&table, in_language(c, json_get_string(item, "title")));
        table_put(&table, text_is_none(department) ? member(item, "department") : department);
        table_put(&table, in_language(c, json_get_string(item, "promise")));
        table_put(&table, in_language(c, json_get_string(item, "statute")));
        table_put(&table, text_from(word(c, text_copy(&c->arena, member(item, "applies")).at)));
        table_put(&table, member(item, "basis"));
    }
    table_print(&table, &c->display, stdout);
}

/* A word of the notice; what is none (the name of a law) as it is. */
static struct text in_words(struct invocation *c, struct text text) {
    return text_is_none(text) ? text : text_from(word(c, text_copy(&c->arena, text).at));
}

static void print_consents(struct invocation *c, const struct json *consents) {
    const char *const headings[] = {word(c, "what"), word(c, "source"), word(c, "applies"), word(c, "say"), NULL};
    struct table table;
    if (!consents || consents->count == 0)
        return;
    printf("\n%s\n", word(c, "consents"));
    table_begin(&table, &c->arena, headings);
    for (uint32_t i = 0; i < consents->count; i++) {
        const struct json *one = json_at(consents, i);
        struct text source = in_language(c, json_get_string(one, "source_title"));
        table_put(&table, in_language(c, json_get_string(one, "title")));
        table_put(&table, text_is_none(source) ? member(one, "source") : source);
        table_put(&table, in_words(c, member(one, "applies")));
        table_put(&table, text_format(&c->arena, "consent: {%.*s: true}", TEXT_ARG(member(one, "source"))));
    }
    table_print(&table, &c->display, stdout);
}

static void print_materials(struct invocation *c, const struct json *materials, const char *need) {
    bool later = strcmp(need, "later") == 0, fetched = strcmp(need, "fetched") == 0;
    const char *const later_headings[] = {word(c, "material"), word(c, "until"), word(c, "trust"), word(c, "else"),
                                          word(c, "shown"), word(c, "given"), NULL};
    const char *const fetched_headings[] = {word(c, "material"), word(c, "source"), word(c, "basis"), word(c, "given"), NULL};
    const char *const headings[] = {word(c, "material"), word(c, "shown"), word(c, "given"), NULL};
    struct table table;
    uint32_t count = 0;
    table_begin(&table, &c->arena, later ? later_headings : fetched ? fetched_headings : headings);
    for (uint32_t i = 0; materials && i < materials->count; i++) {
        const struct json *m = json_at(materials, i);
        if (!text_is(member(m, "need"), need))
            continue;
        count++;
        const struct json *any_of = json_get_string(m, "any_of");
        struct text title = in_language(c, json_get_string(m, "title"));
        table_put(&table, !any_of ? title : text_format(&c->arena, "%.*s (%s %.*s)", TEXT_ARG(title), word(c, "one_of"),
                                                        TEXT_ARG(joined(c, any_of))));
        if (later) {
            table_put(&table, in_language(c, json_get_string(m, "until")));
            table_put(&table, member(m, "trust"));
            table_put(&table, in_words(c, member(m, "if_missing")));
        } else if (fetched) {
            struct text source = in_language(c, json_get_string(m, "source_title"));
            table_put(&table, text_is_none(source) ? member(m, "source") : source);
            table_put(&table, in_words(c, member(m, "basis")));
        }
        if (!fetched)
            table_put(&table, in_words(c, member(m, "shown")));
        table_put(&table, joined(c, json_get_string(m, "given_to")));
    }
    if (count == 0)
        return;
    printf("\n%s\n", word(c, need));
    table_print(&table, &c->display, stdout);
}

static void print_checklist(struct invocation *c, const struct json *notice) {
    static const char *const needs[] = {"bring", "if_any", "later", "fetched"};
    struct text promise = in_language(c, json_get_string(notice, "promise"));
    display_put_safe(stdout, in_language(c, json_get_string(notice, "title")));
    printf("\n");
    if (!text_is_none(promise))
        printf("%s: %.*s\n", word(c, "promise"), TEXT_ARG(promise));
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
        print_materials(c, json_get_string(notice, "materials"), needs[i]);
    print_consents(c, json_get_string(notice, "consents"));
    print_items(c, json_get_string(notice, "items"));
    printf("\n");
    print_figures(c, json_get_string(notice, "figures"));
}

/* What was written as JSON, for programs as it is, for people by `print`. */
static enum verb_status show(struct invocation *c, struct buffer *out, enum outcome outcome, struct error *error,
                             void (*print)(struct invocation *, const struct json *)) {
    struct json value;
    if (outcome == OUTCOME_OK && !c->json)
        outcome = json_read(&c->arena, text_copy(&c->arena, buffer_text(out)), LIMIT_json_depth_most, &value, error);
    if (outcome != OUTCOME_OK)
        return invocation_failed(c, error);
    if (c->json)
        print_json(buffer_text(out));
    else
        print(c, &value);
    return STATUS_DONE;
}

static enum verb_status checklist(struct invocation *c, struct workshop *w) {
    struct text source, region = invocation_text(c, "region");
    struct json application;
    struct error error = {0};
    enum verb_status status;
    if (!read_input(c, invocation_option(c, "form"), LIMIT_message_bytes_most, &source, &status))
        return status;
    if (json_read(&c->arena, source, LIMIT_json_depth_most, &application, &error) != OUTCOME_OK)
        return invocation_failed(c, &error);
    const struct json *form = json_get_string(&application, "form");
    bool is_application = form && !text_is_none(json_get_text(&application, TEXT("thing")));
    if (is_application && text_is_none(region))
        region = json_get_text(&application, TEXT("region"));
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, NOTICE_BYTES_MOST);
    enum outcome outcome = notice_write(workshop_definition(w), w->directory, is_application ? form : &application, region,
                                        &c->arena, &out, &error);
    return show(c, &out, outcome, &error, print_checklist);
}

enum verb_status verb_thing_checklist(struct invocation *c) {
    struct workshop w = {0};
    if (!invocation_has(c, "form"))
        return invocation_usage(c, "name the answers by --form: a form, or an application that has one");
    enum verb_status status = workshop_open(&w, c);
    if (status == STATUS_DONE)
        status = checklist(c, &w);
    workshop_close(&w);
    return status;
}

/* ---- form ---- */

static void print_form(struct invocation *c, const struct json *form) {
    static const char *const headings[] = {"FIELD", "TITLE*", "TYPE", "PERSONAL", "DEPARTMENTS", "ITEMS", "DECIDES", NULL};
    const struct json *fields = json_get_string(form, "fields");
    struct table table;
    table_begin(&table, &c->arena, headings);
    for (uint32_t i = 0; fields && i < fields->count; i++) {
        const struct json *field = json_at(fields, i), *type = json_get_string(field, "type");
        table_put(&table, member(field, "field"));
        table_put(&table, display_title(&c->display, json_get_string(field, "title")));
        table_put(&table, type && type->type == JSON_ARRAY ? joined(c, type) : member(field, "type"));
        table_put(&table, json_is_true(json_get_string(field, "personal")) ? TEXT("yes") : TEXT_NONE);
        table_put(&table, joined(c, json_get_string(field, "departments")));
        table_put(&table, joined(c, json_get_string(field, "items")));
        table_put(&table, joined(c, json_get_string(field, "decides")));
    }
    table_print(&table, &c->display, stdout);
    printf("\n");
    print_figures(c, json_get_string(form, "figures"));
}

enum verb_status verb_thing_form(struct invocation *c) {
    struct workshop w = {0};
    struct error error = {0};
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, NOTICE_BYTES_MOST);
    enum verb_status status = workshop_open(&w, c);
    if (status == STATUS_DONE) {
        enum outcome outcome = notice_write_form(workshop_definition(&w), &c->arena, &out, &error);
        status = show(c, &out, outcome, &error, print_form);
    }
    workshop_close(&w);
    return status;
}
