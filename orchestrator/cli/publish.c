/* A definition's last way: compiled against the directory and the published things, then written for good. */
#include "cli/publish.h"

#include "cli/files.h"
#include "model/limits.h"
#include "notice/notice.h"

enum { THINGS_MOST = 256 };   /* published things that one definition leads to */
struct search {
    const struct records_port *records;
    struct arena *arena;
    struct error error;
    const struct definition *found[THINGS_MOST];
    uint32_t found_count;
};

/* A published thing, compiled from its canonical form. */
static const struct definition *find_thing(void *context, struct text thing, struct text hash) {
    struct search *search = context;
    struct record_list rows;
    struct json row;
    struct text wanted = text_is_none(hash) ? thing : hash;
    enum outcome outcome = search->records->query(search->records->context, "thing_show", &wanted, 1, search->arena, &rows,
                                                  &search->error);
    if (outcome != OUTCOME_OK || rows.count == 0 || search->found_count == THINGS_MOST ||
        json_read(search->arena, rows.at[0], LIMIT_json_depth_most * 2, &row, NULL) != OUTCOME_OK)
        return NULL;
    const struct json *canonical = json_get_string(&row, "canonical");
    struct definition_context inner = {.find_thing = find_thing, .find_context = search};
    struct fault_list faults;
    const struct definition *definition = NULL;
    if (!canonical || definition_compile(search->arena, canonical->text, thing, &inner, &faults, &definition, NULL) != OUTCOME_OK)
        return NULL;
    if (search->found_count == THINGS_MOST) {   /* filled by what this one leads to */
        definition_free(definition);
        return NULL;
    }
    search->found[search->found_count++] = definition;
    return definition;
}

static struct text write_report(struct arena *arena, const struct definition *definition, bool sound, const struct fault_list *faults,
                                const struct json *published) {
    _cleanup_buffer_ struct buffer out, list;
    struct json_writer w;
    buffer_init(&out, (size_t)8 << 20);
    buffer_init(&list, (size_t)8 << 20);
    fault_list_write_json(faults, &list);
    json_begin(&w, &out);
    json_open(&w, '{');
    json_key(&w, TEXT("sound"));
    json_put_bool(&w, sound);
    json_key(&w, TEXT("thing"));
    json_put_text(&w, definition ? definition->thing : TEXT_NONE);
    json_key(&w, TEXT("hash"));
    json_put_text(&w, definition ? definition->hash : TEXT_NONE);
    static const char *const more[] = {"published_at", "fresh", "former"};
    for (int i = 0; published && i < 3; i++) {
        const struct json *value = json_get(published, text_from(more[i]));
        json_key(&w, text_from(more[i]));
        if (value)
            json_put_value(&w, value);
        else
            json_put_null(&w);
    }
    json_key(&w, TEXT("faults"));
    json_put_raw(&w, buffer_text(&list));
    json_close(&w, '}');
    return out.failed || list.failed ? TEXT_NONE : text_copy(arena, buffer_text(&out));
}

static enum outcome compile(const struct publisher *publisher, struct text source, struct text file_name, struct arena *arena,
                            struct fault_list *faults, const struct definition **ret, struct error *error) {
    struct file_root root = {publisher->root};
    struct source_reader reader = file_source_reader(&root);
    struct search search = {.records = publisher->records, .arena = arena};
    struct definition_context context = {.reader = publisher->root ? &reader : NULL, .directory = publisher->directory};
    if (publisher->records) {
        context.find_thing = find_thing;
        context.find_context = &search;
    }
    *ret = NULL;
    enum outcome outcome = definition_compile(arena, source, file_name, &context, faults, ret, error);
    /* Their arenas end with the call; the patterns of their schemas do not. */
    for (uint32_t i = 0; i < search.found_count; i++)
        definition_free(search.found[i]);
    if (search.error.outcome == OUTCOME_RETRY) {
        if (error)
            *error = search.error;
        return OUTCOME_RETRY;
    }
    return outcome;
}

static void release(const struct definition **definition) { definition_free(*definition); }

enum outcome publish_check(const struct publisher *publisher, struct text source, struct text file_name, struct arena *arena,
                           struct text *ret_report, struct error *error) {
    struct fault_list faults = {0};
    _cleanup_(release) const struct definition *definition = NULL;
    enum outcome outcome = compile(publisher, source, file_name, arena, &faults, &definition, error);
    if (outcome != OUTCOME_OK && outcome != OUTCOME_REJECT)
        return outcome;
    struct text report = write_report(arena, definition, outcome == OUTCOME_OK, &faults, NULL);
    if (text_is_none(report))
        return error_no_memory(error);
    *ret_report = report;
    return outcome;
}

enum outcome publish_definition(const struct publisher *publisher, struct text source, struct text file_name, struct text by,
                                struct arena *arena, struct text *ret_report, struct error *error) {
    struct fault_list faults = {0};
    _cleanup_(release) const struct definition *definition = NULL;
    struct record_list rows = {0};
    struct json row;
    enum outcome outcome = compile(publisher, source, file_name, arena, &faults, &definition, error);
    if (outcome == OUTCOME_OK) {
        struct text parameters[] = {definition->hash, definition->thing, source, definition->canonical, by};
        outcome = publisher->records->query(publisher->records->context, "definition_publish", parameters, 5, arena, &rows, error);
        if (outcome == OUTCOME_OK && rows.count == 1)
            outcome = json_read(arena, rows.at[0], 8, &row, error);
        else if (outcome == OUTCOME_OK)
            outcome = error_set(error, OUTCOME_FATAL, "internal", "publishing gave no row");
        if (outcome != OUTCOME_OK)
            return outcome;
    } else if (outcome != OUTCOME_REJECT) {
        return outcome;
    }
    struct text report = write_report(arena, definition, outcome == OUTCOME_OK, &faults, outcome == OUTCOME_OK ? &row : NULL);
    if (text_is_none(report))
        return error_no_memory(error);
    *ret_report = report;
    return outcome;
}

enum outcome published_with(const struct publisher *p, struct text thing, struct arena *arena,
                            enum outcome (*use)(void *context, const struct definition *, struct arena *, struct error *), void *context,
                            struct error *error) {
    struct search search = {.records = p->records, .arena = arena, .error = {.outcome = OUTCOME_OK}};
    const struct definition *definition = find_thing(&search, thing, TEXT_NONE);
    enum outcome outcome = OUTCOME_OK;
    if (!definition && search.error.outcome != OUTCOME_OK) {
        *error = search.error;
        outcome = search.error.outcome;
    } else if (!definition) {
        outcome = error_set(error, OUTCOME_REJECT, "thing_unknown", "there is no thing %.*s", TEXT_ARG(thing));
    } else {
        outcome = use(context, definition, arena, error);
    }
    for (uint32_t i = 0; i < search.found_count; i++)
        definition_free(search.found[i]);
    return outcome;
}

struct checklist { const struct directory *directory; const struct json *form; struct text region, *ret; };

static enum outcome write_checklist(void *context, const struct definition *definition, struct arena *arena, struct error *error) {
    const struct checklist *list = context;
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, (size_t)16 << 20);
    enum outcome outcome = notice_write(definition, list->directory, list->form, list->region, arena, &out, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    *list->ret = text_copy(arena, buffer_text(&out));
    return text_is_none(*list->ret) ? error_no_memory(error) : OUTCOME_OK;
}

enum outcome published_checklist(const struct publisher *p, struct text thing, const struct json *form, struct text region,
                                 struct arena *arena, struct text *ret, struct error *error) {
    struct checklist list = {p->directory, form, region, ret};
    return published_with(p, thing, arena, write_checklist, &list, error);
}
