/* Regional variants: the definition's tree with what `override` says laid over it, compiled like any other. */
#include "definition/override.h"

#include "definition/compile.h"

/* Sets a member of an object; the tree is a copy made for this. False: no memory. */
static bool set_member(struct arena *arena, struct node *object, const struct node_member *member) {
    for (uint32_t i = 0; i < object->count; i++)
        if (text_equal(object->members[i].key, member->key)) {
            object->members[i].node = member->node;
            return true;
        }
    struct node_member *members = arena_new_array(arena, object->count + 1u, struct node_member);
    if (!members)
        return false;
    if (object->count)
        memcpy(members, object->members, object->count * sizeof *members);
    members[object->count++] = *member;
    object->members = members;
    return true;
}

/* A step that another system works on there keeps what the flow needs (id, item, needs, when, input, materials, result),
 * and loses who works on it here and how that one is retried and undone. */
static bool make_delegated(struct arena *arena, struct node *step) {
    static const char *const lost[] = {"department", "at", "retry", "compensate", "reversible", "each"};
    static const struct node_member kind = {
        .key = {"kind", 4}, .node = {.type = JSON_STRING, .text = {"delegated", 9}}};
    uint32_t kept = 0;
    struct node_member *members = arena_new_array(arena, step->count, struct node_member);
    if (!members)
        return false;
    for (uint32_t i = 0; i < step->count; i++) {
        bool is_lost = false;
        for (size_t k = 0; k < sizeof lost / sizeof *lost; k++)
            is_lost |= text_is(step->members[i].key, lost[k]);
        if (!is_lost)
            members[kept++] = step->members[i];
    }
    step->members = members;
    step->count = kept;
    return set_member(arena, step, &kind);
}

static struct node *find_by_id(struct node *root, const char *list_key, struct text id) {
    struct node *list = (struct node *)node_get(root, list_key);
    for (uint32_t i = 0; list && list->type == JSON_ARRAY && i < list->count; i++)
        if (text_equal(node_text(node_get(&list->members[i].node, "id")), id))
            return &list->members[i].node;
    return NULL;
}

static bool lay_over_list(struct compiler *c, struct node *root, const char *list_key, const struct node *changes,
                          const struct map *ids, const char *code, const char *what) {
    if (!changes || changes->type != JSON_OBJECT)
        return true;
    for (uint32_t i = 0; i < changes->count; i++) {
        const struct node_member *change = &changes->members[i];
        struct node *target = find_by_id(root, list_key, change->key);
        if (!target) {
            compiler_unknown(c, change->key_place, code, what, ids, change->key);
            continue;
        }
        if (node_get(&change->node, "delegated") && !make_delegated(c->arena, target))
            return false;
        for (uint32_t k = 0; change->node.type == JSON_OBJECT && k < change->node.count; k++)
            if (!set_member(c->arena, target, &change->node.members[k]))
                return false;
    }
    return true;
}

static bool is_department_key(struct text key) {
    return text_is(key, "department") || text_is(key, "source") || text_is(key, "lookup") || text_is(key, "lead") ||
           text_is(key, "by") || text_is(key, "system");
}

/* Every `from` named as a department in steps, items and materials becomes `to`. */
static bool replace_department(struct node *n, struct text from, const struct node *to) {
    bool found = false;
    for (uint32_t i = 0; i < n->count; i++) {
        struct node_member *member = &n->members[i];
        if (is_department_key(member->key) && node_is_text(&member->node) && text_equal(member->node.text, from)) {
            member->node = *to;
            found = true;
        } else if (!text_is(member->key, "input") && !text_is(member->key, "form")) {
            found |= replace_department(&member->node, from, to);
        }
    }
    return found;
}

static void lay_over_departments(struct compiler *c, struct node *root, const struct node *changes) {
    static const char *const lists[] = {"steps", "items", "materials"};
    for (uint32_t i = 0; changes && changes->type == JSON_OBJECT && i < changes->count; i++) {
        bool found = false;
        for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
            struct node *list = (struct node *)node_get(root, lists[k]);
            if (list)
                found |= replace_department(list, changes->members[i].key, &changes->members[i].node);
        }
        if (!found)
            compiler_fault(c, changes->members[i].key_place, "unknown_department",
                           "no step and no item asks department %.*s", TEXT_HEAD(changes->members[i].key));
    }
}

bool override_lay_over(struct compiler *c, const struct node_member *region, struct node *ret) {
    const struct node *changes = &region->node;
    const struct node_member *promise = node_member_of(changes, "promise"), *window = node_member_of(changes, "window");
    struct node root;
    if (!node_copy(c->arena, c->root, &root))
        return false;
    for (uint32_t i = 0; i < root.count; i++)
        if (text_is(root.members[i].key, "override")) {
            root.members[i].node = (struct node){.type = JSON_OBJECT, .place = root.members[i].node.place};
        }
    if ((promise && !set_member(c->arena, &root, promise)) || (window && !set_member(c->arena, &root, window)) ||
        !lay_over_list(c, &root, "items", node_get(changes, "items"), &c->item_ids, "unknown_item", "item") ||
        !lay_over_list(c, &root, "steps", node_get(changes, "steps"), &c->step_ids, "unknown_step", "step"))
        return false;
    lay_over_departments(c, &root, node_get(changes, "departments"));
    *ret = root;
    return node_to_json(c->arena, ret);
}
