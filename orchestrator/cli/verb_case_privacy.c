/* yjsctl case form, reveal, disclosures, consent: what a case knows of people, masked, in clear for a reason, and who got it. */
#include <string.h>

#include "cli/verb_part.h"
#include "model/limits.h"

static enum verb_status print_fields(struct invocation *c, const struct client_answer *answer) {
    const struct json *fields = json_get_string(&answer->json, "fields");
    static const char *const headings[] = {"FIELD", "TITLE", "VALUE*", NULL};
    struct table table;
    if (c->json) {
        printf("%.*s\n", TEXT_ARG(answer->body));
        return STATUS_DONE;
    }
    table_begin(&table, &c->arena, headings);
    for (uint32_t i = 0; fields && fields->type == JSON_ARRAY && i < fields->count; i++) {
        const struct json *field = json_at(fields, i);
        table_put(&table, member(field, "pointer"));
        table_put(&table, display_title(&c->display, json_get_string(field, "title")));
        table_put(&table, member(field, "value"));
    }
    return list_print(c, &table, fields ? fields->count : 0, "The form has no personal fields.");
}

enum verb_status verb_case_form(struct invocation *c) {
    struct client_answer answer;
    enum verb_status status;
    if (!client_get(c, path_of(c, "/v1/cases/", invocation_argument(c, 0), "/form"), &answer, &status))
        return status;
    const struct json *form = json_get_string(&answer.json, "form");
    if (!c->json && form) {
        print_value(form);
        fputc('\n', stdout);
    }
    return print_fields(c, &answer);
}

/* --field …, as a JSON array; "all" when none stood there. */
static struct text wanted_fields(struct invocation *c) {
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    uint32_t count = 0;
    buffer_init(&out, LIMIT_message_bytes_most);
    json_begin(&w, &out);
    json_open(&w, '[');
    for (uint32_t i = 0; i < c->value_count; i++)
        if (strcmp(c->values[i].option, "field") == 0) {
            json_put_text(&w, text_from(c->values[i].value));
            count++;
        }
    json_close(&w, ']');
    return count ? text_copy(&c->arena, buffer_text(&out)) : TEXT("\"all\"");
}

enum verb_status verb_case_reveal(struct invocation *c) {
    struct client_answer answer;
    enum verb_status status;
    if (!invocation_has(c, "reason"))
        return invocation_usage(c, "say why: --reason TEXT");
    struct text body = BODY_OF(c, {"fields", wanted_fields(c), true}, {"reason", invocation_text(c, "reason"), false});
    if (!client_post(c, path_of(c, "/v1/cases/", invocation_argument(c, 0), "/reveal"), body, &answer, &status))
        return status;
    return print_fields(c, &answer);
}

enum verb_status verb_case_consent(struct invocation *c) {
    struct client_answer answer;
    enum verb_status status;
    static const struct { const char *option, *word; } words[] = {{"give", "given"}, {"refuse", "refused"}, {"withdraw", "withdrawn"}};
    const char *word = NULL;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (invocation_has(c, words[i].option)) {
            if (word)
                return invocation_usage(c, "one word at a time: --give, --refuse or --withdraw");
            word = words[i].word;
        }
    if (!word)
        return invocation_usage(c, "say which: --give, --refuse or --withdraw");
    bool own = invocation_has(c, "person");
    if (!own && (strcmp(word, "withdrawn") != 0 || invocation_has(c, "source")))
        return invocation_usage(c, "say whose consent it is: --person seller.0 (--withdraw alone is everybody's, for everything)");
    struct client_request request = {.method = "POST", .prefer = "wait=10"};
    request.path = path_of(c, "/v1/cases/", invocation_argument(c, 0), own ? "/consent" : "/consent/withdraw");
    if (own)
        request.body = BODY_OF(c, {"word", text_from(word), false}, {"person", invocation_text(c, "person"), false},
                               {"source", invocation_text(c, "source"), false}, {"reason", invocation_text(c, "reason"), false});
    else
        request.body = BODY_OF(c, {"reason", invocation_text(c, "reason"), false});
    if (!client_do(c, &request, &answer, &status))
        return status;
    return print_command(c, &answer, "consent");
}

/* ---- who got it ---- */

struct words { const char *word, *hant, *hans, *en; };
static const struct words basis_words[] = {
    {"duty", "法定職責", "法定职责", "statutory duty"},       {"consent", "本人同意", "本人同意", "your consent"},
    {"separate_consent", "單獨同意", "单独同意", "your separate consent"}, {"guardian", "監護人同意", "监护人同意", "the guardian's consent"},
    {"court", "法院指定", "法院指定", "appointed by a court"}, {NULL, NULL, NULL, NULL}};
static const struct words head_words[] = {
    {"given", "您的資料交給了：", "您的资料交给了：", "Your data was given to:"},
    {"fields", "資料項", "资料项", "fields"},
    {"results", "前面環節的結果", "前面环节的结果", "results of earlier steps"},
    {"materials", "材料", "材料", "materials"},
    {"basis", "依據", "依据", "basis"},
    {"consents", "同意：", "同意：", "Consents:"},
    {"said_given", "同意", "同意", "given"},
    {"said_refused", "拒絕", "拒绝", "refused"},
    {"said_withdrawn", "撤回同意", "撤回同意", "withdrawn"},
    {"applied", "申請時", "申请时", "in the application"},
    {"everybody", "各方", "各方", "everybody"},
    {"everything", "全部", "全部", "everything"},
    {"seen", "明文查閱：", "明文查阅：", "Shown in clear:"},
    {"reveal", "查看資料項", "查看资料项", "saw fields"},
    {"material", "取走材料", "取走材料", "took a material"},
    {NULL, NULL, NULL, NULL}};

static const char *say(const struct invocation *c, const struct words *words, struct text word) {
    while (words->word && !text_is(word, words->word))
        words++;
    return !words->word                                 ? ""
           : text_is(c->display.language, "en")      ? words->en
           : text_is(c->display.language, "zh-Hans") ? words->hans
                                                     : words->hant;
}

/* "heading: a, b, c", each once; nothing when the list is empty. */
static void print_list(const struct invocation *c, const char *heading, const struct json *list) {
    for (uint32_t i = 0; list && list->type == JSON_ARRAY && i < list->count; i++) {
        const struct json *one = json_at(list, i);
        struct text text = member(one, "title");
        if (i == 0)
            printf("    %s: ", say(c, head_words, text_from(heading)));
        else
            fputs(text_is(c->display.language, "en") ? ", " : "、", stdout);
        display_put_safe(stdout, text_is_none(text) ? member(one, "id") : text);
    }
    if (list && list->type == JSON_ARRAY && list->count > 0)
        fputc('\n', stdout);
}

static void print_given(struct invocation *c, const struct json *given, int64_t now) {
    const struct json *basis = json_get_string(given, "basis");
    struct text law = member(basis, "law"), when = display_time(&c->arena, member(given, "at"), now);
    printf("%.*s  %s", TEXT_ARG(when), display_colour(&c->display, COLOUR_STRONG));
    display_put_safe(stdout, member(given, "department_title"));
    printf("%s  ", display_colour(&c->display, COLOUR_PLAIN));
    display_put_safe(stdout, member(given, "title"));
    printf("\n    %s: %s", say(c, head_words, TEXT("basis")), say(c, basis_words, member(basis, "kind")));
    if (law.length > 0) {
        fputs(text_is(c->display.language, "en") ? ", " : "，", stdout);
        display_put_safe(stdout, law);
    }
    fputc('\n', stdout);
    print_list(c, "fields", json_get_string(given, "fields"));
    print_list(c, "results", json_get_string(given, "results"));
    print_list(c, "materials", json_get_string(given, "materials"));
}

/* When, whose, what was said, about which source, why. */
static void print_consents(struct invocation *c, const struct json *consents, int64_t now) {
    if (consents && consents->count > 0)
        printf("\n%s\n", say(c, head_words, TEXT("consents")));
    for (uint32_t i = 0; consents && i < consents->count; i++) {
        const struct json *one = json_at(consents, i);
        struct text when = display_time(&c->arena, member(one, "at"), now), person = member(one, "person"), source = member(one, "source");
        printf("%.*s  ", TEXT_ARG(when));
        display_put_safe(stdout, person.length > 0 ? person : text_from(say(c, head_words, TEXT("everybody"))));
        printf("  %s  ", say(c, head_words, text_format(&c->arena, "said_%.*s", TEXT_ARG(member(one, "word")))));
        display_put_safe(stdout, source.length > 0 ? source : text_from(say(c, head_words, TEXT("everything"))));
        if (json_is_true(json_get_string(one, "applied")))
            printf("  (%s)", say(c, head_words, TEXT("applied")));
        if (member(one, "reason").length > 0) {
            fputs("  ", stdout);
            display_put_safe(stdout, member(one, "reason"));
        }
        fputc('\n', stdout);
    }
}

enum verb_status verb_case_disclosures(struct invocation *c) {
    struct client_answer answer;
    enum verb_status status;
    _cleanup_buffer_ struct buffer path;
    buffer_init(&path, 4096);
    buffer_put_text(&path, path_of(c, "/v1/cases/", invocation_argument(c, 0), "/disclosures"));
    client_parameter(&path, "language", c->display.language);
    if (!client_get(c, buffer_text(&path), &answer, &status))
        return status;
    if (c->json) {
        printf("%.*s\n", TEXT_ARG(answer.body));
        return STATUS_DONE;
    }
    int64_t now = display_now_us();
    const struct json *given = json_get_string(&answer.json, "given"), *seen = json_get_string(&answer.json, "seen");
    printf("%s\n", say(c, head_words, TEXT("given")));
    for (uint32_t i = 0; given && i < given->count; i++)
        print_given(c, json_at(given, i), now);
    print_consents(c, json_get_string(&answer.json, "consents"), now);
    if (seen && seen->count > 0)
        printf("\n%s\n", say(c, head_words, TEXT("seen")));
    for (uint32_t i = 0; seen && i < seen->count; i++) {
        const struct json *one = json_at(seen, i);
        struct text when = display_time(&c->arena, member(one, "at"), now);
        printf("%.*s  ", TEXT_ARG(when));
        display_put_safe(stdout, member(one, "who"));
        printf("  %s  ", say(c, head_words, member(one, "what")));
        display_put_safe(stdout, member(one, "subject"));
        if (member(one, "reason").length > 0) {
            fputs("  ", stdout);
            display_put_safe(stdout, member(one, "reason"));
        }
        fputc('\n', stdout);
    }
    return STATUS_DONE;
}
