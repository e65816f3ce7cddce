/* thing publish: definitions into the database, what runs as a sub-case before what runs it, in whatever order the files
 * were named: a definition is pinned to the sub-things that are current when it is published. */
#include "cli/files.h"
#include "cli/publish.h"
#include "cli/verb_part.h"
#include "model/limits.h"

struct file { const char *path; struct text source, thing; const struct json *tree; bool taken; };
struct publishing {
    struct invocation *invocation;
    struct publisher publisher;
    struct file *files;
    uint32_t count;
};

/* What can't be read as YAML has no name and leads nowhere; publishing tells its faults. */
static enum verb_status read_files(struct publishing *p) {
    struct invocation *c = p->invocation;
    struct error error = {0};
    struct fault_list faults;
    p->files = arena_new_array(&c->arena, c->argument_count, struct file);
    for (uint32_t i = 0; p->files && i < c->argument_count; i++) {
        struct file *file = &p->files[p->count++];
        *file = (struct file){.path = invocation_argument(c, i)};
        if (file_read(file->path, LIMIT_definition_bytes_most, &c->arena, &file->source, &error) != OUTCOME_OK)
            return invocation_failed(c, &error);
        if (definition_yaml_to_json(&c->arena, file->source, text_from(file->path), &faults, &file->tree, &error) != OUTCOME_OK)
            file->tree = NULL;
        file->thing = file->tree ? json_get_text(file->tree, TEXT("thing")) : TEXT_NONE;
    }
    if (p->files)
        return STATUS_DONE;
    error_no_memory(&error);
    return invocation_failed(c, &error);
}

static void say_published(const struct json *report) {
    struct text former = member(report, "former");
    bool fresh = text_is(member(report, "fresh"), "yes");
    printf("%.*s %s: %.12s", TEXT_ARG(member(report, "thing")),
           fresh                  ? "published"
           : text_is_none(former) ? "is this already"
                                  : "is this one again",
           member(report, "hash").at);
    if (!text_is_none(former))
        printf(", before %.12s", former.at);
    fputc('\n', stdout);
}

static enum verb_status publish_one(struct publishing *p, const struct file *file) {
    struct invocation *c = p->invocation;
    struct error error = {0};
    struct text report_text;
    struct json report;
    unsigned errors, count;
    p->publisher.root = file_project_root(file->path, &c->arena);
    enum outcome outcome = publish_definition(&p->publisher, file->source, text_from(file->path), invocation_user(c), &c->arena,
                                              &report_text, &error);
    if (outcome != OUTCOME_OK && outcome != OUTCOME_REJECT)
        return invocation_failed(c, &error);
    if (json_read(&c->arena, report_text, 16, &report, &error) != OUTCOME_OK)
        return invocation_failed(c, &error);
    enum verb_status status = outcome == OUTCOME_OK ? STATUS_DONE : STATUS_REFUSED;
    if (c->json) {
        printf("%.*s\n", TEXT_ARG(report_text));
        return status;
    }
    print_report_faults(&report, stderr, &errors, &count);
    if (status == STATUS_DONE)
        say_published(&report);
    else
        fprintf(stderr, "%s: not published\n", file->path);
    return status;
}

static enum verb_status publish_with_needs(struct publishing *, struct file *);

/* Publishes the things that run as sub-cases somewhere within `value`: steps that are `kind: thing` or have `thing: {…}`. */
static enum verb_status publish_needs(struct publishing *p, const struct json *value) {
    enum verb_status status = STATUS_DONE;
    const struct json *below = json_get_string(value, "thing");
    struct text name = below ? json_get_text(below, TEXT("name")) : TEXT_NONE;
    if (text_is_none(name) && text_is(json_get_text(value, TEXT("kind")), "thing"))
        name = json_get_text(value, TEXT("name"));
    for (uint32_t i = 0; !text_is_none(name) && i < p->count && status == STATUS_DONE; i++)
        if (text_equal(p->files[i].thing, name))
            status = publish_with_needs(p, &p->files[i]);
    for (uint32_t i = 0; (value->type == JSON_OBJECT || value->type == JSON_ARRAY) && i < value->count && status == STATUS_DONE; i++)
        status = publish_needs(p, &value->children[i].value);
    return status;
}

/* Each once: things that run one another come to an end here, and are refused by the checker. */
static enum verb_status publish_with_needs(struct publishing *p, struct file *file) {
    if (file->taken)
        return STATUS_DONE;
    file->taken = true;
    enum verb_status status = file->tree ? publish_needs(p, file->tree) : STATUS_DONE;
    return status == STATUS_DONE ? publish_one(p, file) : status;
}

enum verb_status verb_thing_publish(struct invocation *c) {
    struct database database = {0};
    struct error error = {0};
    enum verb_status status = STATUS_DONE;
    if (!database_open(c, &database, &status))
        return status;
    struct publishing p = {.invocation = c, .publisher = {.records = &database.port}};
    const char *departments = settings_path(&c->settings, c->settings.departments);
    if (file_directory(departments, &c->arena, &p.publisher.directory, &error) != OUTCOME_OK)
        status = invocation_failed(c, &error);
    if (status == STATUS_DONE)
        status = read_files(&p);
    for (uint32_t i = 0; i < p.count && status == STATUS_DONE; i++)
        status = publish_with_needs(&p, &p.files[i]);
    database_close(&database);
    return status;
}
