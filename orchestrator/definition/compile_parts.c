/* Compiles what stands around the steps: parties, items, materials; and the small readers every part uses. */
#include "definition/compile.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/time.h"
#include "definition/limit.h"
#include "model/procedure.h"

void compiler_fault(struct compiler *c, struct place place, const char *code, const char *format, ...) {
    char room[1024];
    va_list list;
    va_start(list, format);
    struct text message = text_copy(c->arena, text_print(room, sizeof room, format, list));
    va_end(list);
    fault_put_text(&c->faults, place, code, TEXT_NONE, message);
}

void compiler_fault_remedy(struct compiler *c, struct place place, const char *code, struct text remedy,
                           const char *format, ...) {
    char room[1024];
    va_list list;
    va_start(list, format);
    struct text message = text_copy(c->arena, text_print(room, sizeof room, format, list));
    va_end(list);
    fault_put_text(&c->faults, place, code, remedy, message);
}

uint16_t compiler_find(const struct map *map, struct text id) {
    size_t index = id.at ? (size_t)(uintptr_t)map_get(map, id) : 0;
    return index ? (uint16_t)(index - 1) : NO_INDEX;
}

void compiler_unknown(struct compiler *c, struct place place, const char *code, const char *what,
                      const struct map *known, struct text id) {
    struct text names[256], remedy = TEXT_NONE;
    size_t count = 0;
    map_each(known, slot)
        if (count < 256)
            names[count++] = slot->key;
    struct text nearest = nearest_of(id, names, count);
    if (nearest.at)
        remedy = text_format(c->arena, "Did you mean %.*s?", TEXT_ARG(nearest));
    compiler_fault_remedy(c, place, code, remedy, "there is no %s \"%.*s\"", what, TEXT_HEAD(id));
}

struct title read_title(struct compiler *c, const struct node *n) {
    (void)c;
    return (struct title){node_text(node_get(n, "zh-Hant")), node_text(node_get(n, "zh-Hans")),
                          node_text(node_get(n, "en"))};
}

struct limit_time read_limit(const struct node *n) {
    struct limit_time limit = {LIMIT_NONE, 0};
    if (node_is_text(n) && limit_parse(n->text, &limit, NULL) != OUTCOME_OK)
        return (struct limit_time){LIMIT_NONE, 0};
    return limit;
}

int64_t read_duration_us(const struct node *n, int64_t otherwise) {
    int64_t us = otherwise;
    return node_is_text(n) && duration_parse(n->text, &us, NULL) == OUTCOME_OK ? us : otherwise;
}

int64_t read_count(const struct node *n, int64_t otherwise) {
    int64_t number = otherwise;
    return n && json_to_int64(n->value, &number) ? number : otherwise;
}

uint16_t compiler_gather(struct compiler *c, const char *key, struct map *ids, const struct node ***ret) {
    const struct node *list = node_get(c->root, key);
    uint16_t count = 0;
    *ret = NULL;
    if (!list || list->type != JSON_ARRAY || list->count == 0)
        return 0;
    const struct node **nodes = arena_new_array(c->arena, list->count, const struct node *);
    if (!nodes)
        return 0;
    for (uint32_t i = 0; i < list->count && count < NO_INDEX - 1; i++) {
        const struct node *n = &list->members[i].node, *id = node_get(n, "id");
        if (n->type != JSON_OBJECT)
            continue;
        nodes[count++] = n;   /* with a bad id too: what else is wrong with it is told in the same run */
        if (!node_is_text(id) || id->text.length == 0)
            continue;
        if (map_get(ids, id->text)) {
            compiler_fault(c, id->place, "duplicate_id", "\"%.*s\" stands twice in %s", TEXT_HEAD(id->text), key);
        } else if (!map_put(ids, id->text, (void *)(uintptr_t)count)) {
            c->arena->failed = true;
            return 0;
        }
    }
    *ret = nodes;
    return count;
}

void compile_parties(struct compiler *c) {
    const struct node **nodes;
    uint16_t count = compiler_gather(c, "parties", &c->party_ids, &nodes);
    c->parties = arena_new_array(c->arena, count, struct party_definition);
    for (uint16_t i = 0; c->parties && i < count; i++)
        c->parties[i] = (struct party_definition){
            .id = node_text(node_get(nodes[i], "id")), .title = read_title(c, node_get(nodes[i], "title")),
            .many = node_is_true(node_get(nodes[i], "many")), .signs = node_is_true(node_get(nodes[i], "signs")),
            .agent_allowed = text_is(node_text(node_get(nodes[i], "agent")), "allowed")};
    c->out->party_count = c->parties ? count : 0;
    c->out->parties = c->parties;
}

uint16_t read_party_list(struct compiler *c, const struct node *list, bool must_sign, const uint16_t **ret) {
    uint16_t count = 0, *parties = NULL;
    if (list && list->type == JSON_ARRAY)
        parties = arena_new_array(c->arena, list->count, uint16_t);
    for (uint32_t i = 0; parties && i < list->count; i++) {
        const struct node *id = &list->members[i].node;
        uint16_t party = compiler_find(&c->party_ids, node_text(id));
        bool is_double = false;
        for (uint16_t k = 0; k < count; k++)
            is_double |= parties[k] == party;
        if (!node_is_text(id))
            continue;
        if (party == NO_INDEX)
            compiler_unknown(c, id->place, "unknown_party", "party", &c->party_ids, id->text);
        else if (is_double)
            compiler_fault(c, id->place, "duplicate_id", "the party %.*s stands here twice", TEXT_HEAD(id->text));
        else if (must_sign && !c->parties[party].signs)
            compiler_fault(c, id->place, "party_does_not_sign", "the party %.*s does not sign", TEXT_HEAD(id->text));
        else
            parties[count++] = party;
    }
    *ret = parties;
    return count;
}

uint16_t compile_consent_of(struct compiler *c, const struct node *list, struct text basis, const uint16_t **ret) {
    if (list && !basis_is_consent(basis))
        compiler_fault(c, list->place, "of_without_consent", "the basis \"%.*s\" is no party's consent", TEXT_HEAD(basis));
    return read_party_list(c, list, false, ret);
}

/* ---- items ---- */

static void compile_uncounted(struct compiler *c, const struct node *list, struct item_definition *item) {
    if (!list || list->type != JSON_ARRAY)
        return;
    struct uncounted *rows = arena_new_array(c->arena, list->count, struct uncounted);
    for (uint32_t i = 0; rows && i < list->count; i++) {
        const struct node *n = &list->members[i].node;
        rows[i] = (struct uncounted){.reason = node_text(node_get(n, "reason")),
                                     .of_statute = text_is(node_text(node_get(n, "of")), "statute"),
                                     .basis = node_text(node_get(n, "basis"))};
        if (rows[i].of_statute && text_is_none(rows[i].basis) && !procedure_find(rows[i].reason))
            compiler_fault(c, n->place, "uncounted_without_basis",
                           "item %.*s leaves \"%.*s\" out of the statutory limit without a basis", TEXT_ARG(item->id),
                           TEXT_HEAD(rows[i].reason));
        for (uint32_t k = 0; k < i; k++)
            if (rows[i].reason.at && text_equal(rows[k].reason, rows[i].reason))
                compiler_fault(c, n->place, "duplicate_id", "item %.*s leaves \"%.*s\" out twice", TEXT_ARG(item->id),
                               TEXT_HEAD(rows[i].reason));
    }
    item->uncounted = rows;
    item->uncounted_count = rows ? (uint16_t)list->count : 0;
}

static void check_department_id(struct compiler *c, const struct node *n) {
    struct department_rule unused = compile_department(c, n, NULL, NO_INDEX, false);
    (void)unused;
}

void compile_items(struct compiler *c) {
    uint16_t count = compiler_gather(c, "items", &c->item_ids, &c->item_nodes);
    c->items = arena_new_array(c->arena, count, struct item_definition);
    c->item_forms = arena_new_array(c->arena, count, const struct schema_entry *);
    for (uint16_t i = 0; c->items && c->item_forms && i < count; i++) {
        const struct node *n = c->item_nodes[i];
        c->items[i] = (struct item_definition){
            .id = node_text(node_get(n, "id")), .code = node_text(node_get(n, "code")),
            .department = node_text(node_get(n, "department")), .basis = node_text(node_get(n, "basis")),
            .title = read_title(c, node_get(n, "title")), .promise = read_limit(node_get(n, "promise")),
            .statute = read_limit(node_get(n, "statute")),
            .correction_within = read_limit(node_get(n, "correction_within")),
            .extension_days = (uint16_t)read_count(node_get(n, "extension"), ITEM_EXTENSION_DAYS),
            .first_step = NO_INDEX, .last_step = NO_INDEX};
        compile_uncounted(c, node_get(n, "uncounted"), &c->items[i]);
        check_department_id(c, node_get(n, "department"));
        c->item_forms[i] = schemas_get(c, node_get(n, "form"), "form");
    }
    c->out->item_count = c->items && c->item_forms ? count : 0;
    c->out->items = c->items;
}
