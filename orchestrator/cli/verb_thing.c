/* thing: definitions checked and read. */
#include "cli/files.h"
#include "cli/publish.h"
#include "cli/verb_part.h"
#include "model/limits.h"

static enum verb_status explain(struct invocation *c, const char *code) {
    const char *words[256] = {NULL};
    uint32_t count = 0;
    for (const struct fault_code *f = definition_fault_codes; f->code; f++) {
        if (strcmp(f->code, code) == 0) {
            printf("%s (%s)\n\n%s\n\nWhat to do: %s\n", f->code, f->severity == FAULT_ERROR ? "error" : "warning",
                   f->meaning, f->remedy);
            return STATUS_DONE;
        }
        if (count < 256)
            words[count++] = f->code;
    }
    const char *near = verb_nearest(code, words, count);
    if (strcmp(code, "all") != 0)
        return invocation_usage(c, "there is no fault code \"%s\"%s%s%s", code, near ? "; did you mean \"" : "",
                                near ? near : "", near ? "\"?" : "");
    for (const struct fault_code *f = definition_fault_codes; f->code; f++)
        printf("%-28s %s\n", f->code, f->meaning);
    return STATUS_DONE;
}

/* The directory of departments: --departments, or config/departments.yaml of the project; absent: not checked. */
enum verb_status thing_directory(struct invocation *c, const char *root, const struct directory **ret) {
    struct error error = {0};
    struct fault_list faults = {0};
    struct text source;
    enum verb_status status;
    const char *given = invocation_option(c, "departments");
    struct text path = given ? text_from(given) : text_format(&c->arena, "%s/config/departments.yaml", root);
    *ret = NULL;
    if (!given && !file_is_there(path.at)) {
        fprintf(
            stderr,
            "yjsctl: no directory of departments was found at %s: departments are not checked (--departments FILE)\n",
            path.at);
        return STATUS_DONE;
    }
    if (!read_input(c, path.at, LIMIT_definition_bytes_most, &source, &status))
        return status;
    enum outcome outcome = directory_compile(&c->arena, source, path, &faults, ret, &error);
    if (faults.count > 0) {
        _cleanup_buffer_ struct buffer out;
        buffer_init(&out, (size_t)16 << 20);
        fault_list_write_text(&faults, &out);
        display_put_safe_lines(stderr, buffer_text(&out));
    }
    return outcome == OUTCOME_OK ? STATUS_DONE : faults.count > 0 ? STATUS_REFUSED : invocation_failed(c, &error);
}

/* What stays from file to file of a `thing check`. */
struct checking {
    struct invocation *invocation;
    struct publisher publisher;
    struct text directory;               /* path of the one that was read last */
    enum verb_status directory_status;
    bool some;                           /* with --json: an element was printed */
};

static void print_directory_faults(struct checking *k, const struct fault_list *faults) {
    struct invocation *c = k->invocation;
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, (size_t)16 << 20);
    if (c->json) {
        fault_list_write_json(faults, &out);
        printf("%s{\"sound\":%s,\"thing\":null,\"hash\":null,\"faults\":%.*s}", k->some ? "," : "",
               faults->error_count ? "false" : "true", TEXT_ARG(buffer_text(&out)));
        k->some = true;
        return;
    }
    fault_list_write_text(faults, &out);
    display_put_safe_lines(stdout, buffer_text(&out));
    if (faults->error_count)
        printf("%.*s: %u error%s: departments are not checked against it\n", TEXT_ARG(k->directory), faults->error_count,
               faults->error_count == 1 ? "" : "s");
}

/* The directory for a definition below `root`, read once. With faults of its own it hides none of the definition's: that
 * is then checked without it. */
static enum verb_status check_directory(struct checking *k, const char *root) {
    struct invocation *c = k->invocation;
    const char *given = invocation_option(c, "departments");
    struct text path = given ? text_from(given) : text_format(&c->arena, "%s/config/departments.yaml", root), source;
    struct error error = {0};
    struct fault_list faults = {0};
    if (text_equal(path, k->directory))
        return k->directory_status;
    k->directory = path;
    k->publisher.directory = NULL;
    if (!given && !file_is_there(path.at))
        return k->directory_status = thing_directory(c, root, &k->publisher.directory);   /* says that there is none */
    if (file_read(path.at, LIMIT_definition_bytes_most, &c->arena, &source, &error) != OUTCOME_OK)
        return k->directory_status = invocation_failed(c, &error);
    enum outcome outcome = directory_compile(&c->arena, source, path, &faults, &k->publisher.directory, &error);
    if (faults.count > 0)
        print_directory_faults(k, &faults);
    else if (outcome != OUTCOME_OK)
        return k->directory_status = invocation_failed(c, &error);
    return k->directory_status = outcome == OUTCOME_OK ? STATUS_DONE : STATUS_REFUSED;
}

/* One file of `thing check`. With --json: an element of the report's list. */
static enum verb_status check_one(struct checking *k, const char *path) {
    struct invocation *c = k->invocation;
    struct publisher *p = &k->publisher;
    struct error error = {0};
    struct text source, report_text;
    struct json report;
    unsigned errors, count;
    struct text shown = text_from(input_name(path));
    p->root = file_project_root(path, &c->arena);
    enum outcome outcome = file_read(path, LIMIT_definition_bytes_most, &c->arena, &source, &error);
    if (outcome != OUTCOME_OK)
        return invocation_failed(c, &error);
    enum verb_status status = check_directory(k, p->root);
    outcome = publish_check(p, source, shown, &c->arena, &report_text, &error);
    if (outcome != OUTCOME_OK && outcome != OUTCOME_REJECT)
        return invocation_failed(c, &error);
    if (json_read(&c->arena, report_text, 16, &report, &error) != OUTCOME_OK)
        return invocation_failed(c, &error);
    print_report_faults(&report, c->json ? NULL : stdout, &errors, &count);
    if (c->json)
        printf("%s%.*s", k->some ? "," : "", TEXT_ARG(report_text));
    else if (errors == 0)
        printf("%s: sound: %.*s, %.12s%s\n", shown.at, TEXT_ARG(member(&report, "thing")), member(&report, "hash").at,
               count > 0 ? ", with warnings" : "");
    else
        printf("%s: %u error%s, %u warning%s\n", shown.at, errors, errors == 1 ? "" : "s", count - errors,
               count - errors == 1 ? "" : "s");
    k->some = true;
    return errors == 0 ? status : STATUS_REFUSED;
}

enum verb_status verb_thing_check(struct invocation *c) {
    const char *code = invocation_option(c, "explain");
    if (code)
        return explain(c, code);
    if (c->argument_count == 0)
        return invocation_usage(c, "name a definition's file");
    struct checking k = {.invocation = c};
    enum verb_status status, worst = STATUS_DONE;
    if (c->json)
        printf("{\"items\":[");
    for (uint32_t i = 0; i < c->argument_count; i++) {
        status = check_one(&k, invocation_argument(c, i));
        worst = status > worst ? status : worst;
    }
    if (c->json)
        printf("]}\n");
    return worst;
}

enum verb_status verb_thing_list(struct invocation *c) {
    struct client_answer answer;
    enum verb_status status;
    if (!client_get(c, TEXT("/v1/things"), &answer, &status))
        return status;
    const struct json *items = json_get_string(&answer.json, "items");
    if (!items || list_print_json(c, items))
        return STATUS_DONE;
    static const char *const headings[] = {"THING", "TITLE*", "HASH", "PUBLISHED", "BY", NULL};
    struct table table;
    table_begin(&table, &c->arena, headings);
    for (uint32_t i = 0; i < items->count; i++) {
        const struct json *row = json_at(items, i);
        table_put(&table, member(row, "thing"));
        table_put(&table, display_title(&c->display, json_get_string(row, "title")));
        table_put(&table, display_cut(member(row, "hash"), 12));
        table_put(&table, display_time(&c->arena, member(row, "published_at"), display_now_us()));
        table_put(&table, member(row, "published_by"));
    }
    table_print(&table, &c->display, stdout);
    return STATUS_DONE;
}

static void print_steps(struct invocation *c, const struct json *steps) {
    static const char *const headings[] = {"STEP", "KIND", "DEPARTMENT", "NEEDS*", "TITLE*", NULL};
    struct table table;
    table_begin(&table, &c->arena, headings);
    for (uint32_t i = 0; steps && i < steps->count; i++) {
        const struct json *step = json_at(steps, i), *needs = json_get_string(step, "needs");
        struct text names = TEXT_NONE;
        for (uint32_t j = 0; needs && j < needs->count; j++)
            names =
                text_format(&c->arena, "%.*s%s%.*s", TEXT_ARG(names), j ? ", " : "", TEXT_ARG(json_at(needs, j)->text));
        struct text kind = member(step, "kind"), department = member(step, "department");
        table_put(&table, member(step, "id"));
        table_put(&table, text_is_none(kind) ? TEXT("task") : kind);
        table_put(&table, department);
        table_put(&table, names);
        table_put(&table, display_title(&c->display, json_get_string(step, "title")));
    }
    if (steps && steps->count > 0)
        table_print(&table, &c->display, stdout);
}

static void print_versions(struct invocation *c, const struct json *items, int64_t now) {
    static const char *const headings[] = {"VERSION", "PUBLISHED", "BY", "CURRENT", NULL};
    struct table table;
    table_begin(&table, &c->arena, headings);
    for (uint32_t i = 0; i < items->count; i++) {
        const struct json *row = json_at(items, i);
        table_put(&table, member(row, "hash"));
        table_put(&table, display_time(&c->arena, member(row, "published_at"), now));
        table_put(&table, member(row, "published_by"));
        table_put(&table, text_is(member(row, "current"), "yes") ? TEXT("current") : TEXT(" "));
    }
    fputc('\n', stdout);
    table_print(&table, &c->display, stdout);
}

enum verb_status verb_thing_show(struct invocation *c) {
    struct client_answer answer, versions;
    enum verb_status status;
    const char *name = invocation_argument(c, 0);
    if (invocation_has(c, "source")) {
        if (!client_get_text(c, path_of(c, "/v1/things/", name, "/source"), &answer, &status))
            return status;
        fwrite(answer.body.at, 1, answer.body.length, stdout);
        return STATUS_DONE;
    }
    if (!client_get(c, path_of(c, "/v1/things/", name, ""), &answer, &status) ||
        !client_get(c, path_of(c, "/v1/things/", name, "/versions"), &versions, &status))
        return status;
    if (c->json) {
        printf("%.*s\n", TEXT_ARG(answer.body));
        return STATUS_DONE;
    }
    int64_t now = display_now_us();
    const struct json *items = json_get_string(&versions.json, "items");
    const struct pair pairs[] = {
        {"thing", member(&answer.json, "thing"), COLOUR_STRONG},
        {"title", display_title(&c->display, json_get_string(&answer.json, "title")), COLOUR_PLAIN},
        {"hash", member(&answer.json, "hash"), COLOUR_PLAIN},
        {"current", member(&answer.json, "current"), COLOUR_PLAIN},
        {"published", display_time(&c->arena, member(&answer.json, "published_at"), now), COLOUR_PLAIN},
        {"by", member(&answer.json, "published_by"), COLOUR_PLAIN},
        {"promise", member(&answer.json, "promise"), COLOUR_PLAIN},
        {"versions", items ? text_format(&c->arena, "%u", items->count) : TEXT_NONE, COLOUR_PLAIN},
    };
    print_pairs(&c->display, pairs, sizeof pairs / sizeof pairs[0]);
    fputc('\n', stdout);
    print_steps(c, json_get_string(&answer.json, "steps"));
    if (items && invocation_has(c, "versions"))
        print_versions(c, items, now);
    return STATUS_DONE;
}
