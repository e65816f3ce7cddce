/* Holds the schema validator to the official JSON Schema Test Suite, draft-07 with everything optional: not one wrong
 * verdict. Started by schema_suite.sh with the suite's folder (tests/draft7/, remotes/).
 *
 * Every case is asked twice: without any other document, where a schema that refers to one must be refused with
 * schema_ref_remote; and with the suite's remotes handed in, where every verdict must be right. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "wire/schema.h"

#define DOCUMENTS_MOST 256

/* What is consciously not followed, with the reason. */
static const struct { const char *file, *group, *why; } exceptions[] = {
    {"optional/cross-draft.json", "refs to future drafts are processed as future drafts",
     "only draft-07 is spoken; the other draft is refused with schema_draft"},
};

struct runner {
    struct arena arena, scratch;
    struct schema_document documents[DOCUMENTS_MOST];
    size_t document_count;
    struct schema_options options;
    const char *file;
    size_t cases, right, wrong, refused, excepted, nul_files;
};

/* The file with a NUL behind it, or NULL. U+0000 is refused by the reader (DESIGN: strict reading), so U+0001 takes
 * its place: that a control character is a character like others is asked all the same. */
static struct text read_file(struct runner *r, const char *path) {
    struct stat status;
    FILE *file = fopen(path, "rb");
    if (!file || fstat(fileno(file), &status) != 0)
        return TEXT_NONE;
    char *room = arena_alloc(&r->arena, (size_t)status.st_size + 1);
    size_t length = room ? fread(room, 1, (size_t)status.st_size, file) : 0;
    fclose(file);
    bool nul = false;
    for (char *at = room; at && (at = strstr(at, "\\u0000")); nul = true)
        at[5] = '1';
    r->nul_files += nul;
    return room ? text_span(room, length) : TEXT_NONE;
}

static bool read_json(struct runner *r, const char *path, struct json *ret) {
    struct error error;
    struct text source = read_file(r, path);
    if (!text_is_none(source) && json_read(&r->arena, source, 64, ret, &error) == OUTCOME_OK)
        return true;
    printf("UNREADABLE %s: %s\n", path, text_is_none(source) ? "no such file" : error.message);
    return false;
}

static void load_remotes(struct runner *r, const char *folder, const char *uri) {
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        const char *name = entry->d_name;
        struct text path = text_format(&r->arena, "%s/%s", folder, name);
        struct text child = text_format(&r->arena, "%s/%s", uri, name);
        if (name[0] == '.')
            continue;
        if (!text_ends_with(child, ".json")) {
            load_remotes(r, path.at, child.at);
            continue;
        }
        struct json *value = arena_new(&r->arena, struct json);
        if (r->document_count < DOCUMENTS_MOST && read_json(r, path.at, value))
            r->documents[r->document_count++] = (struct schema_document){child, value};
    }
    if (dir)
        closedir(dir);
}

static bool is_excepted(const struct runner *r, struct text group) {
    for (size_t i = 0; i < sizeof exceptions / sizeof exceptions[0]; i++)
        if (strcmp(r->file, exceptions[i].file) == 0 && text_is(group, exceptions[i].group))
            return true;
    return false;
}

static void run_case(struct runner *r, const struct schema *schema, struct text group, const struct json *test) {
    struct schema_fault_list faults = {.most = 100};
    arena_reset(&r->scratch);
    bool expected = json_is_true(json_get_string(test, "valid"));
    const struct json *data = json_get_string(test, "data");
    enum outcome outcome = schema_validate(schema, data, &r->scratch, &faults);
    enum outcome quick = schema_validate(schema, data, &r->scratch, NULL);
    bool valid = outcome == OUTCOME_OK, told = valid == (faults.count == 0);
    r->cases++;
    if (outcome == quick && valid == expected && told) {
        r->right++;
        return;
    }
    r->wrong++;
    printf("WRONG %s: %.*s: %.*s: expected %s; outcome %s, without faults %s, %zu faults %.*s\n", r->file,
           TEXT_ARG(group), TEXT_ARG(json_get_text(test, TEXT("description"))), expected ? "valid" : "not valid",
           outcome_name(outcome), outcome_name(quick), faults.count,
           TEXT_ARG(faults.count ? faults.fault[0].message : TEXT("")));
}

static void run_group(struct runner *r, const struct json *group) {
    struct schema_fault_list faults = {.most = 100};
    struct schema *schema = NULL;
    struct error error;
    struct text name = json_get_text(group, TEXT("description"));
    const struct json *tests = json_get_string(group, "tests");
    enum outcome outcome =
        schema_compile(&r->arena, json_get_string(group, "schema"), &r->options, &faults, &schema, &error);
    if (outcome == OUTCOME_OK) {
        for (size_t i = 0; i < tests->count; i++)
            run_case(r, schema, name, json_at(tests, i));
        schema_free(schema);
        return;
    }
    r->cases += tests->count;
    if (faults.count && r->options.document_count == 0 && strcmp(faults.fault[0].code, "schema_ref_remote") == 0) {
        r->refused += tests->count;
    } else if (is_excepted(r, name)) {
        r->excepted += tests->count;
    } else {
        r->wrong += tests->count;
        printf("REFUSED %s: %.*s: %s\n", r->file, TEXT_ARG(name), error.message);
    }
}

static void run_folder(struct runner *r, const char *folder, const char *prefix) {
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        struct text path = text_format(&r->arena, "%s/%s", folder, name);
        struct text file = text_format(&r->arena, "%s%s", prefix, name);
        struct json groups;
        if (text_ends_with(file, ".json")) {
            r->file = file.at;
            r->wrong += !read_json(r, path.at, &groups);
            for (size_t g = 0; g < groups.count; g++)
                run_group(r, json_at(&groups, g));
        } else if (name[0] != '.') {
            run_folder(r, path.at, text_format(&r->arena, "%s/", file.at).at);
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

static size_t run_suite(struct runner *r, const char *suite, bool with_remotes) {
    struct text folder = text_format(&r->arena, "%s/tests/draft7", suite);
    r->options = (struct schema_options){.documents = r->documents};
    r->options.document_count = with_remotes ? r->document_count : 0;
    r->cases = r->right = r->wrong = r->refused = r->excepted = r->nul_files = 0;
    run_folder(r, folder.at, "");
    printf("%s remotes: %zu cases, %zu right, %zu refused for a remote reference, %zu not followed, %zu wrong\n",
           with_remotes ? "with" : "without", r->cases, r->right, r->refused, r->excepted, r->wrong);
    return r->wrong + (r->cases < 1400);               /* a suite that shrank is no suite passed */
}

int main(int argc, char **argv) {
    static struct runner r;
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER-OF-THE-SUITE\n", argv[0]);
        return 2;
    }
    arena_init(&r.arena, (size_t)1 << 28);
    arena_init(&r.scratch, (size_t)1 << 24);
    load_remotes(&r, text_format(&r.arena, "%s/remotes", argv[1]).at, "http://localhost:1234");
    size_t wrong = run_suite(&r, argv[1], false) + run_suite(&r, argv[1], true);
    for (size_t i = 0; i < sizeof exceptions / sizeof exceptions[0]; i++)
        printf("not followed: %s, \"%s\": %s\n", exceptions[i].file, exceptions[i].group, exceptions[i].why);
    printf("U+0000, which strict reading refuses, was asked as U+0001 in %zu files\n", r.nul_files);
    arena_free(&r.arena);
    arena_free(&r.scratch);
    return wrong ? 1 : 0;
}
