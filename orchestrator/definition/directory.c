/* config/departments.yaml -> the directory: who can be asked, where, and what each is entitled to. */
#include "definition/compile.h"

#define DEPARTMENTS_MOST 20000

struct directory_work {
    struct compiler *c;
    const struct node **nodes;
    struct map groups;               /* id -> node of the group, 1 based like the compiler's */
    const struct node **group_nodes;
    struct department *departments;
    uint16_t count;
};

static struct text *read_texts(struct compiler *c, const struct node *list, uint16_t *ret_count) {
    uint16_t count = 0;
    *ret_count = 0;
    if (!list || list->type != JSON_ARRAY)
        return NULL;
    struct text *texts = arena_new_array(c->arena, list->count, struct text);
    for (uint32_t i = 0; texts && i < list->count && count < UINT16_MAX; i++)
        if (node_is_text(&list->members[i].node))
            texts[count++] = list->members[i].node.text;
    *ret_count = count;
    return texts;
}

static void check_group(struct directory_work *w, struct place place, struct text id) {
    if (compiler_find(&w->groups, id) == NO_INDEX)
        compiler_unknown(w->c, place, "unknown_group", "group", &w->groups, id);
}

/* `[banks]`, `[banks:102]` or `{banks: "102"}`. */
static void read_groups(struct directory_work *w, const struct node *n, struct department *department) {
    struct compiler *c = w->c;
    uint16_t count = 0;
    if (!n)
        return;
    struct text *groups = arena_new_array(c->arena, n->count, struct text);
    for (uint32_t i = 0; groups && i < n->count; i++) {
        const struct node *entry = &n->members[i].node;
        if (!node_is_text(entry)) {
            compiler_fault(c, entry->place, "wrong_type", "`groups` wants [banks] or {banks: \"102\"}");
            continue;
        }
        if (n->type == JSON_OBJECT) {
            check_group(w, n->members[i].key_place, n->members[i].key);
            groups[count++] = text_format(c->arena, "%.*s:%.*s", TEXT_ARG(n->members[i].key), TEXT_ARG(entry->text));
        } else {
            size_t colon = text_find(entry->text, ':');
            check_group(w, entry->place, text_span(entry->text.at, colon == SIZE_MAX ? entry->text.length : colon));
            groups[count++] = entry->text;
        }
    }
    if (n->type != JSON_OBJECT && n->type != JSON_ARRAY)
        compiler_fault(c, n->place, "wrong_type", "`groups` wants [banks] or {banks: \"102\"}");
    department->groups = groups;
    department->group_count = count;
}

static void read_offices(struct compiler *c, const struct node *list, struct department *department) {
    uint16_t count = 0;
    if (!list || list->type != JSON_ARRAY)
        return;
    struct office *offices = arena_new_array(c->arena, list->count, struct office);
    for (uint32_t i = 0; offices && i < list->count && count < UINT16_MAX; i++) {
        const struct node *n = &list->members[i].node, *adapter = node_get(n, "adapter"), *region = node_get(n, "region");
        bool is_double = false;
        for (uint16_t k = 0; k < count; k++)
            is_double |= text_equal(offices[k].region, node_text(region));
        if (is_double)
            compiler_fault(c, region->place, "duplicate_id", "the region %.*s has two offices", TEXT_HEAD(node_text(region)));
        else if (node_is_text(region))
            offices[count++] = (struct office){node_text(region), !adapter || adapter->type != JSON_FALSE};
    }
    department->offices = offices;
    department->office_count = count;
}

static void read_fields(struct compiler *c, const struct node *n, struct department *department) {
    const struct node *list = node_get(n, "fields");
    department->fields = read_texts(c, list, &department->field_count);
    department->materials = read_texts(c, node_get(n, "materials"), &department->material_count);
    for (uint16_t i = 0; i < department->field_count; i++) {
        struct text field = department->fields[i];
        if (field.length == 0 || text_find(field, ' ') != SIZE_MAX || text_starts_with(field, "form.") ||
            field.at[0] == '.' || field.at[field.length - 1] == '.')
            compiler_fault_remedy(c, list->members[i].node.place, "bad_word",
                                  TEXT("Write the path as home.unit_number, without form."),
                                  "`fields`: \"%.*s\" is no path of the form", TEXT_HEAD(field));
    }
}

static void read_former(struct compiler *c, const struct node *list, struct department *department) {
    uint16_t count = 0;
    if (!list || list->type != JSON_ARRAY)
        return;
    struct former_title *former = arena_new_array(c->arena, list->count, struct former_title);
    for (uint32_t i = 0; former && i < list->count && count < UINT16_MAX; i++) {
        const struct node *n = &list->members[i].node;
        int64_t until_us = compile_moment(c, node_get(n, "until"), true);
        bool is_double = false;
        for (uint16_t k = 0; k < count; k++)
            is_double |= former[k].until_us == until_us;
        if (is_double && until_us != TIME_NONE)
            compiler_fault(c, node_get(n, "until")->place, "duplicate_id", "two former names end on the same day");
        else if (until_us != TIME_NONE)
            former[count++] = (struct former_title){until_us, read_title(c, node_get(n, "title"))};
    }
    department->former = former;
    department->former_count = count;
}

static void read_department(struct directory_work *w, uint16_t index) {
    const struct node *n = w->nodes[index];
    struct department *department = &w->departments[index];
    department->id = node_text(node_get(n, "id"));
    department->title = read_title(w->c, node_get(n, "title"));
    read_former(w->c, node_get(n, "formerly"), department);
    department->may_act_as_source = node_is_true(node_get(n, "source"));
    department->fallback = node_text(node_get(n, "fallback"));
    read_groups(w, node_get(n, "groups"), department);
    read_offices(w->c, node_get(n, "offices"), department);
    read_fields(w->c, n, department);
    for (uint16_t i = 0; i < department->group_count && text_is_none(department->fallback); i++) {
        size_t colon = text_find(department->groups[i], ':');
        struct text group = text_span(department->groups[i].at, colon == SIZE_MAX ? department->groups[i].length : colon);
        uint16_t at = compiler_find(&w->groups, group);
        if (at != NO_INDEX)
            department->fallback = node_text(node_get(w->group_nodes[at], "fallback"));
    }
}

static bool is_connected_everywhere(const struct department *department) {
    for (uint16_t i = 0; i < department->office_count; i++)
        if (!department->offices[i].connected)
            return false;
    return true;
}

static void check_fallback(struct directory_work *w, uint16_t index) {
    const struct department *department = &w->departments[index];
    const struct node *n = w->nodes[index], *fallback = node_get(n, "fallback");
    struct place place = fallback ? fallback->place : n->place;
    if (text_is_none(department->fallback)) {
        if (!is_connected_everywhere(department))
            compiler_fault(w->c, n->place, "office_without_worker", "department %.*s has an office without an adapter",
                           TEXT_HEAD(department->id));
        return;
    }
    uint16_t other = compiler_find(&w->c->step_ids, department->fallback);
    if (other == NO_INDEX)
        compiler_unknown(w->c, place, "unknown_fallback", "department", &w->c->step_ids, department->fallback);
    else if (other == index || !is_connected_everywhere(&w->departments[other]))
        compiler_fault(w->c, place, "fallback_loop", "the fallback %.*s of %.*s has offices without an adapter itself",
                       TEXT_HEAD(department->fallback), TEXT_HEAD(department->id));
}

static void check_groups(struct directory_work *w, uint16_t group_count) {
    for (uint16_t g = 0; g < group_count; g++) {
        struct text id = node_text(node_get(w->group_nodes[g], "id"));
        bool is_used = false;
        for (uint16_t i = 0; i < w->count && !is_used; i++)
            for (uint16_t k = 0; k < w->departments[i].group_count; k++) {
                struct text entry = w->departments[i].groups[k];
                size_t colon = text_find(entry, ':');
                is_used |= text_equal(text_span(entry.at, colon == SIZE_MAX ? entry.length : colon), id);
            }
        if (!is_used)
            compiler_fault(w->c, w->group_nodes[g]->place, "group_unused", "no department is in group %.*s", TEXT_HEAD(id));
    }
}

static bool compile_directory(struct compiler *c, struct directory *ret) {
    struct directory_work w = {.c = c};
    if (!node_read_yaml(c->arena, c->source, &c->faults, c->root) || !node_to_json(c->arena, c->root))
        return false;
    if (c->root->type != JSON_OBJECT) {
        compiler_fault(c, c->root->place, "wrong_type", "the directory is a mapping of keys");
        return false;
    }
    shape_check_node(&c->faults, &shape_directory, c->root, false);
    map_init(&w.groups);
    uint16_t group_count = compiler_gather(c, "groups", &w.groups, &w.group_nodes);
    w.count = compiler_gather(c, "departments", &c->step_ids, &w.nodes);
    w.departments = arena_new_array(c->arena, w.count, struct department);
    if (w.count > DEPARTMENTS_MOST)
        compiler_fault(c, PLACE_NONE, "yaml_size", "more than %d departments", DEPARTMENTS_MOST);
    for (uint16_t i = 0; w.departments && i < w.count; i++)
        read_department(&w, i);
    for (uint16_t i = 0; w.departments && i < w.count; i++)
        check_fallback(&w, i);
    if (w.departments)
        check_groups(&w, group_count);
    map_free(&w.groups);
    *ret = (struct directory){w.count, w.departments};
    return !c->arena->failed;
}

enum outcome directory_compile(struct arena *arena, struct text source, struct text file_name, struct fault_list *list,
                               const struct directory **ret, struct error *error) {
    static const struct definition_context nothing = {0};
    struct node root = {0};
    struct compiler c = {.arena = arena, .context = &nothing, .root = &root};
    struct directory *directory = arena_new(arena, struct directory);
    *list = (struct fault_list){0};
    c.source = text_copy(arena, source);
    c.faults = (struct faults){arena, text_copy(arena, file_name), list};
    map_init(&c.step_ids);
    bool is_whole = !arena->failed && compile_directory(&c, directory);
    map_free(&c.step_ids);
    fault_list_sort(list);
    if (arena->failed || (!is_whole && list->error_count == 0))
        return error_no_memory(error);
    if (list->error_count)
        return fault_list_refuse(list, error);
    *ret = directory;
    return OUTCOME_OK;
}
