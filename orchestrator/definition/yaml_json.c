/* YAML that is no definition (scripts of `thing run`, simulators' settings), as JSON, with the same strictness. */
#include "definition/definition.h"
#include "definition/node.h"

enum outcome definition_yaml_to_json(struct arena *arena, struct text source, struct text file_name, struct fault_list *list,
                                     const struct json **ret, struct error *error) {
    *list = (struct fault_list){0};
    struct faults faults = {.arena = arena, .file = file_name, .list = list};
    struct node *node = arena_new(arena, struct node);
    bool fine = node && node_read_yaml(arena, source, &faults, node) && node_to_json(arena, node);
    if (arena->failed)
        return error_no_memory(error);
    if (!fine || list->error_count > 0)
        return error_set(error, OUTCOME_REJECT, "yaml_syntax", "%.*s is no sound YAML", TEXT_ARG(file_name));
    *ret = node->value;
    return OUTCOME_OK;
}
