/* schema: JSON Schemas held to draft-07, and new versions to old ones. */
#include "cli/files.h"
#include "cli/verb_part.h"
#include "model/limits.h"
#include "wire/schema.h"

#define SCHEMA_BYTES_MOST ((size_t)16 << 20)

static void print_faults(struct invocation *c, const char *file, const struct schema_fault_list *faults, bool first) {
    if (c->json) {
        _cleanup_buffer_ struct buffer out;
        struct json_writer w;
        buffer_init(&out, (size_t)16 << 20);
        json_begin(&w, &out);
        json_open(&w, '{');
        json_key(&w, TEXT("file"));
        json_put_text(&w, text_from(file));
        json_key(&w, TEXT("faults"));
        json_open(&w, '[');
        for (size_t i = 0; i < faults->count; i++) {
            const struct schema_fault *f = &faults->fault[i];
            const struct {
                const char *name;
                struct text value;
            } members[] = {
                {"code", text_from(f->code)}, {"pointer", f->at}, {"keyword", f->keyword}, {"message", f->message}};
            json_open(&w, '{');
            for (int m = 0; m < 4; m++) {
                json_key(&w, text_from(members[m].name));
                json_put_text(&w, members[m].value);
            }
            json_close(&w, '}');
        }
        json_close(&w, ']');
        json_close(&w, '}');
        printf("%s%.*s", first ? "" : ",", TEXT_ARG(buffer_text(&out)));
        return;
    }
    for (size_t i = 0; i < faults->count; i++) {
        const struct schema_fault *f = &faults->fault[i];
        printf("%s:", file);
        display_put_safe(stdout, f->at.length > 0 ? f->at : TEXT("/"));
        printf(": ");
        display_put_safe(stdout, f->message);
        printf(" [%s]\n", f->code);
    }
    if (faults->cut)
        printf("%s: and more\n", file);
}

/* OK: *ret is the compiled schema. */
static enum verb_status compile(struct invocation *c, const char *file, bool first, struct schema **ret) {
    struct error error = {0};
    struct text source;
    struct json *document = arena_new(&c->arena, struct json);
    struct schema_fault_list faults = {.most = SCHEMA_FAULTS_MOST};
    if (!document)
        return STATUS_REFUSED;
    if (file_read(file, SCHEMA_BYTES_MOST, &c->arena, &source, &error) != OUTCOME_OK ||
        json_read(&c->arena, source, LIMIT_json_depth_most * 2, document, &error) != OUTCOME_OK) {
        struct schema_fault syntax = {.code = error.code, .at = TEXT(""), .keyword = TEXT(""), .message = text_from(error.message)};
        print_faults(c, file, &(struct schema_fault_list){.fault = &syntax, .count = 1, .most = 1}, first);
        return STATUS_REFUSED;
    }
    const struct schema_options options = {.strict = true};
    if (schema_compile(&c->arena, document, &options, &faults, ret, &error) == OUTCOME_OK) {
        if (!invocation_has(c, "compatible"))
            print_faults(c, file, &faults, first);
        return STATUS_DONE;
    }
    if (faults.count == 0)
        return invocation_failed(c, &error);
    print_faults(c, file, &faults, first);
    return STATUS_REFUSED;
}

static enum verb_status compare(struct invocation *c) {
    struct schema *before = NULL, *after = NULL;
    struct schema_fault_list faults = {.most = SCHEMA_FAULTS_MOST};
    if (c->argument_count != 2)
        return invocation_usage(c, "--compatible wants two files: OLD NEW");
    if (c->json)
        printf("{\"items\":[");
    enum verb_status status = compile(c, invocation_argument(c, 0), true, &before);
    if (status == STATUS_DONE)
        status = compile(c, invocation_argument(c, 1), true, &after);
    if (status == STATUS_DONE) {
        enum outcome outcome = schema_compatible(before, after, &c->arena, &faults);
        status = outcome == OUTCOME_OK ? STATUS_DONE : STATUS_REFUSED;
        print_faults(c, invocation_argument(c, 1), &faults, true);
        invocation_say(c,
                       outcome == OUTCOME_OK ? "%s: who sends by %s may go on"
                                             : "%s: narrower than %s: give the message a new version",
                       invocation_argument(c, 1), invocation_argument(c, 0));
    }
    if (c->json)
        printf("]}\n");
    schema_free(before);
    schema_free(after);
    return status;
}

enum verb_status verb_schema_check(struct invocation *c) {
    enum verb_status worst = STATUS_DONE;
    if (invocation_has(c, "compatible"))
        return compare(c);
    if (c->json)
        printf("{\"items\":[");
    for (uint32_t i = 0; i < c->argument_count; i++) {
        struct schema *schema = NULL;
        enum verb_status status = compile(c, invocation_argument(c, i), i == 0, &schema);
        schema_free(schema);
        worst = status > worst ? status : worst;
    }
    if (c->json)
        printf("]}\n");
    else if (worst == STATUS_DONE)
        printf("%u schema%s sound\n", c->argument_count, c->argument_count == 1 ? " is" : "s are");
    return worst;
}
