/* Evaluates a tree against a scope, every step and byte counted. */
#include "expression/internal.h"

#include <stdarg.h>
#include <stdio.h>

#define PATH_MOST 16   /* names asked of the scope at once; what lies deeper is taken out of the answer */

/* ---- budget and errors --------------------------------------------------------------------------------------------*/

bool fail_with(struct evaluation *e, bool final, const char *code, const char *format, ...) {
    char message[ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    text_print(message, sizeof(message), format, arguments);
    va_end(arguments);
    error_set(&e->error, OUTCOME_REJECT, code, "%s", message);
    e->final = final;
    return false;
}

bool fail_type(struct evaluation *e, const char *format, ...) {
    char message[ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    text_print(message, sizeof(message), format, arguments);
    va_end(arguments);
    return fail_with(e, false, "expression_type", "%s", message);
}

bool spend_steps(struct evaluation *e, size_t steps) {
    if (steps > e->budget->steps_left) {
        e->budget->steps_left = 0;
        return fail_with(e, true, "expression_steps", "the evaluation takes more than %d steps", EXPRESSION_STEPS_MOST);
    }
    e->budget->steps_left -= (uint32_t)steps;
    return true;
}

void *spend_alloc(struct evaluation *e, size_t bytes) {
    if (bytes > e->budget->bytes_left) {
        e->budget->bytes_left = 0;
        fail_with(e, true, "expression_bytes", "the evaluation makes more than %u bytes", EXPRESSION_BYTES_MOST);
        return NULL;
    }
    e->budget->bytes_left -= (uint32_t)bytes;
    void *memory = arena_alloc(e->arena, bytes);
    if (!memory) {
        error_no_memory(&e->error);
        e->final = true;
    }
    return memory;
}

/* ---- lists --------------------------------------------------------------------------------------------------------*/

bool list_add(struct evaluation *e, struct value_list *list, struct text key, struct json value) {
    if (list->count == list->room) {
        uint32_t room = list->room ? list->room * 2 : 4;
        struct json_member *grown = spend_alloc(e, room * sizeof(*grown));
        if (!grown)
            return false;
        if (list->count)
            memcpy(grown, list->at, list->count * sizeof(*grown));
        list->at = grown;
        list->room = room;
    }
    list->at[list->count++] = (struct json_member){key, value};
    return true;
}

bool list_set(struct evaluation *e, struct value_list *list, struct text key, struct json value) {
    if (!spend_steps(e, 1 + list->count / 8))
        return false;
    for (uint32_t i = 0; i < list->count; i++)
        if (text_equal(list->at[i].key, key)) {
            list->at[i].value = value;
            return true;
        }
    return list_add(e, list, key, value);
}

struct json list_array(const struct value_list *list) {
    return (struct json){.type = JSON_ARRAY, .count = list->count, .children = list->at};
}

struct json list_object(const struct value_list *list) {
    return (struct json){.type = JSON_OBJECT, .count = list->count, .children = list->at};
}

/* ---- paths --------------------------------------------------------------------------------------------------------*/

/* A step that failed under `?`. */
static enum yield passed_over(struct evaluation *e, bool optional, bool collected, struct json *ret) {
    if (!optional || e->final)
        return YIELD_FAILED;
    if (collected)
        return YIELD_NOTHING;
    *ret = JSON_NULL_VALUE;
    return YIELD_VALUE;
}

static bool resolve(struct evaluation *e, const struct text *path, size_t count, struct json *ret, size_t *ret_used) {
    struct expression_lookup lookup = {.path = path, .count = count, .arena = e->arena};
    enum outcome outcome = e->scope->resolve(e->scope->context, &lookup, &e->error);
    if (outcome != OUTCOME_OK) {
        e->final = true;
        e->error.outcome = outcome;
        return false;
    }
    *ret = lookup.value ? *lookup.value : JSON_NULL_VALUE;
    *ret_used = lookup.value && lookup.used <= count ? lookup.used : count;
    return true;
}

/* .a.b.c on the scope itself: asked for in one go. */
static enum yield evaluate_scope_path(struct evaluation *e, const struct expression *const *steps, size_t count,
                                      struct json *ret) {
    struct text path[PATH_MOST];
    size_t used;
    for (size_t i = 0; i < count; i++)
        path[i] = steps[i]->name;
    if (!spend_steps(e, count) || !resolve(e, path, count, ret, &used))
        return YIELD_FAILED;
    for (size_t i = used; i < count; i++) {
        struct json value = *ret;
        if (value_field(e, &value, path[i], ret))
            continue;
        enum yield yield = passed_over(e, steps[i]->optional, steps[i]->collected, ret);
        if (yield != YIELD_VALUE)
            return yield;
    }
    return YIELD_VALUE;
}

/* The names from the root to `node` when it is nothing but fields of the scope and few enough; 0: it is not. */
static size_t scope_path_steps(const struct expression *node, const struct expression *steps[PATH_MOST]) {
    size_t count = 0;
    for (const struct expression *at = node; at->kind != EXPRESSION_IDENTITY; at = at->children[0])
        if (at->kind != EXPRESSION_FIELD || ++count > PATH_MOST)
            return 0;
    for (size_t i = count; i > 0; i--, node = node->children[0])
        steps[i - 1] = node;
    return count;
}

/* One step of a path from `base`. */
static enum yield evaluate_step(struct evaluation *e, const struct expression *node, const struct json *base,
                                const struct json *input, struct json *ret) {
    struct json key[2];
    for (uint32_t i = 1; i < node->count; i++) {
        enum yield yield = evaluate_one(e, node->children[i], input, &key[i - 1]);
        if (yield != YIELD_VALUE)
            return yield;
    }
    bool done = node->kind == EXPRESSION_FIELD ? value_field(e, base, node->name, ret)
                : node->kind == EXPRESSION_INDEX ? value_index(e, base, &key[0], ret)
                                                 : value_slice(e, base, &key[0], &key[1], ret);
    return done ? YIELD_VALUE : passed_over(e, node->optional, node->collected, ret);
}

static enum yield evaluate_path(struct evaluation *e, const struct expression *node, const struct json *input,
                                struct json *ret) {
    const struct expression *steps[PATH_MOST];
    size_t count = input ? 0 : scope_path_steps(node, steps);
    if (count)
        return evaluate_scope_path(e, steps, count, ret);
    struct json base;
    enum yield yield = evaluate_one(e, node->children[0], input, &base);
    return yield == YIELD_VALUE ? evaluate_step(e, node, &base, input, ret) : yield;
}

/* ---- one value ----------------------------------------------------------------------------------------------------*/

static enum yield evaluate_pipe(struct evaluation *e, const struct expression *node, const struct json *input,
                                struct json *ret) {
    if (!input && node->children[0]->kind == EXPRESSION_IDENTITY)
        return evaluate_one(e, node->children[1], NULL, ret);
    struct json between;
    enum yield yield = evaluate_one(e, node->children[0], input, &between);
    return yield == YIELD_VALUE ? evaluate_one(e, node->children[1], &between, ret) : yield;
}

static enum yield evaluate_binary(struct evaluation *e, const struct expression *node, const struct json *input,
                                  struct json *ret) {
    struct json left, right;
    enum yield yield = evaluate_one(e, node->children[0], input, &left);
    if (yield == YIELD_VALUE)
        yield = evaluate_one(e, node->children[1], input, &right);
    if (yield != YIELD_VALUE)
        return yield;
    return value_operate(e, node->operator, &left, &right, ret) ? YIELD_VALUE : YIELD_FAILED;
}

static enum yield evaluate_logic(struct evaluation *e, const struct expression *node, const struct json *input,
                                 struct json *ret) {
    struct json value;
    enum yield yield = evaluate_one(e, node->children[0], input, &value);
    if (yield != YIELD_VALUE)
        return yield;
    if (value_is_true(&value) == (node->kind == EXPRESSION_AND)) {
        yield = evaluate_one(e, node->children[1], input, &value);
        if (yield != YIELD_VALUE)
            return yield;
    }
    *ret = json_bool(value_is_true(&value));
    return YIELD_VALUE;
}

static enum yield evaluate_alternative(struct evaluation *e, const struct expression *node, const struct json *input,
                                       struct json *ret) {
    struct json value;
    enum yield yield = evaluate_one(e, node->children[0], input, &value);
    if (yield == YIELD_FAILED)
        return yield;
    if (yield == YIELD_NOTHING || !value_is_true(&value))
        return evaluate_one(e, node->children[1], input, ret);
    *ret = value;
    return YIELD_VALUE;
}

static enum yield evaluate_if(struct evaluation *e, const struct expression *node, const struct json *input,
                              struct json *ret) {
    struct json value;
    enum yield yield = evaluate_one(e, node->children[0], input, &value);
    return yield == YIELD_VALUE ? evaluate_one(e, node->children[value_is_true(&value) ? 1 : 2], input, ret) : yield;
}

static enum yield evaluate_array(struct evaluation *e, const struct expression *node, const struct json *input,
                                 struct json *ret) {
    struct value_list list = {0};
    for (uint32_t i = 0; i < node->count; i++)
        if (!evaluate_many(e, node->children[i], input, &list))
            return YIELD_FAILED;
    *ret = list_array(&list);
    return YIELD_VALUE;
}

static enum yield evaluate_object(struct evaluation *e, const struct expression *node, const struct json *input,
                                  struct json *ret) {
    struct value_list list = {0};
    for (uint32_t i = 0; i + 1 < node->count; i += 2) {
        struct json key, value;
        enum yield yield = evaluate_one(e, node->children[i], input, &key);
        if (yield == YIELD_VALUE)
            yield = evaluate_one(e, node->children[i + 1], input, &value);
        if (yield != YIELD_VALUE)
            return yield;
        if (key.type != JSON_STRING) {
            fail_type(e, "a member's name is a string, not %s", type_word(&key));
            return YIELD_FAILED;
        }
        if (!list_set(e, &list, key.text, value))
            return YIELD_FAILED;
    }
    *ret = list_object(&list);
    return YIELD_VALUE;
}

static enum yield evaluate_interpolation(struct evaluation *e, const struct expression *node, const struct json *input,
                                         struct json *ret) {
    struct text *parts = spend_alloc(e, node->count * sizeof(*parts));
    size_t length = 0;
    for (uint32_t i = 0; parts && i < node->count; i++) {
        struct json value;
        enum yield yield = evaluate_one(e, node->children[i], input, &value);
        if (yield != YIELD_VALUE)
            return yield;
        if (node->optional && value.type == JSON_NULL)
            value = json_string(TEXT(""));
        if (!value_text(e, &value, &parts[i]))
            return YIELD_FAILED;
        length += parts[i].length;
    }
    char *text = parts ? spend_alloc(e, length + 1) : NULL;
    if (!text)
        return YIELD_FAILED;
    length = 0;
    for (uint32_t i = 0; i < node->count; i++) {
        if (parts[i].length)
            memcpy(text + length, parts[i].at, parts[i].length);
        length += parts[i].length;
    }
    *ret = json_string(text_span(text, length));
    return YIELD_VALUE;
}

static enum yield evaluate_try(struct evaluation *e, const struct expression *node, const struct json *input,
                               struct json *ret) {
    enum yield yield = evaluate_one(e, node->children[0], input, ret);
    return yield == YIELD_FAILED ? passed_over(e, true, node->collected, ret) : yield;
}

bool evaluate_scope(struct evaluation *e, struct json *ret) {
    size_t used;
    return resolve(e, NULL, 0, ret, &used);
}

static enum yield evaluate_identity(struct evaluation *e, const struct json *input, struct json *ret) {
    if (!input)
        return evaluate_scope(e, ret) ? YIELD_VALUE : YIELD_FAILED;
    *ret = *input;
    return YIELD_VALUE;
}

enum yield evaluate_one(struct evaluation *e, const struct expression *node, const struct json *input,
                        struct json *ret) {
    struct json value;
    enum yield yield;
    if (!spend_steps(e, 1))
        return YIELD_FAILED;
    switch (node->kind) {
    case EXPRESSION_IDENTITY:
        return evaluate_identity(e, input, ret);
    case EXPRESSION_LITERAL:
        *ret = node->literal;
        return YIELD_VALUE;
    case EXPRESSION_FIELD: case EXPRESSION_INDEX: case EXPRESSION_SLICE:
        return evaluate_path(e, node, input, ret);
    case EXPRESSION_PIPE:
        return evaluate_pipe(e, node, input, ret);
    case EXPRESSION_TRY:
        return evaluate_try(e, node, input, ret);
    case EXPRESSION_NEGATE:
        yield = evaluate_one(e, node->children[0], input, &value);
        return yield != YIELD_VALUE ? yield : value_negate(e, &value, ret) ? YIELD_VALUE : YIELD_FAILED;
    case EXPRESSION_BINARY:
        return evaluate_binary(e, node, input, ret);
    case EXPRESSION_AND: case EXPRESSION_OR:
        return evaluate_logic(e, node, input, ret);
    case EXPRESSION_ALTERNATIVE:
        return evaluate_alternative(e, node, input, ret);
    case EXPRESSION_IF:
        return evaluate_if(e, node, input, ret);
    case EXPRESSION_ARRAY:
        return evaluate_array(e, node, input, ret);
    case EXPRESSION_OBJECT:
        return evaluate_object(e, node, input, ret);
    case EXPRESSION_INTERPOLATION:
        return evaluate_interpolation(e, node, input, ret);
    case EXPRESSION_CALL:
        return call_function(e, node, input, ret);
    case EXPRESSION_ITERATE: case EXPRESSION_COMMA:
        break;   /* flow_check lets them stand where evaluate_many comes by only */
    }
    fail_with(e, true, "expression_type", "several values where one is needed");
    return YIELD_FAILED;
}

/* ---- any number of values -----------------------------------------------------------------------------------------*/

static bool many_iterate(struct evaluation *e, const struct expression *node, const struct json *input,
                         struct value_list *ret) {
    struct value_list bases = {0};
    if (!evaluate_many(e, node->children[0], input, &bases))
        return false;
    for (uint32_t i = 0; i < bases.count; i++) {
        const struct json *base = &bases.at[i].value;
        if (base->type != JSON_ARRAY && base->type != JSON_OBJECT) {
            fail_type(e, "`.[]` wants an array or an object, not %s", type_word(base));
            if (!node->optional || e->final)
                return false;
            continue;
        }
        if (!spend_steps(e, base->count))
            return false;
        for (uint32_t j = 0; j < base->count; j++)
            if (!list_add(e, ret, TEXT_NONE, base->children[j].value))
                return false;
    }
    return true;
}

static bool many_of_each(struct evaluation *e, const struct expression *node, const struct json *input,
                         struct value_list *ret) {
    struct value_list bases = {0};
    if (!evaluate_many(e, node->children[0], input, &bases))
        return false;
    for (uint32_t i = 0; i < bases.count; i++) {
        struct json value;
        if (node->kind == EXPRESSION_PIPE) {
            if (!evaluate_many(e, node->children[1], &bases.at[i].value, ret))
                return false;
            continue;
        }
        enum yield yield = evaluate_step(e, node, &bases.at[i].value, input, &value);
        if (yield == YIELD_FAILED || (yield == YIELD_VALUE && !list_add(e, ret, TEXT_NONE, value)))
            return false;
    }
    return true;
}

static bool many_if(struct evaluation *e, const struct expression *node, const struct json *input,
                    struct value_list *ret) {
    struct json value;
    enum yield yield = evaluate_one(e, node->children[0], input, &value);
    if (yield != YIELD_VALUE)
        return yield == YIELD_NOTHING;
    return evaluate_many(e, node->children[value_is_true(&value) ? 1 : 2], input, ret);
}

bool evaluate_many(struct evaluation *e, const struct expression *node, const struct json *input,
                   struct value_list *ret) {
    if (!node->many) {
        struct json value;
        enum yield yield = evaluate_one(e, node, input, &value);
        return yield == YIELD_NOTHING || (yield == YIELD_VALUE && list_add(e, ret, TEXT_NONE, value));
    }
    if (!spend_steps(e, 1))
        return false;
    switch (node->kind) {
    case EXPRESSION_ITERATE:
        return many_iterate(e, node, input, ret);
    case EXPRESSION_COMMA:
        for (uint32_t i = 0; i < node->count; i++)
            if (!evaluate_many(e, node->children[i], input, ret))
                return false;
        return true;
    case EXPRESSION_TRY:   /* what came before the error stays, as in jq */
        return evaluate_many(e, node->children[0], input, ret) || !e->final;
    case EXPRESSION_IF:
        return many_if(e, node, input, ret);
    default:               /* PIPE, FIELD, INDEX, SLICE of many */
        return many_of_each(e, node, input, ret);
    }
}

/* ---- entry --------------------------------------------------------------------------------------------------------*/

enum outcome expression_evaluate(const struct expression *root, const struct expression_scope *scope,
                                 struct expression_budget *budget, struct arena *arena, struct json *ret,
                                 struct error *error) {
    struct evaluation e = {.scope = scope, .budget = budget, .arena = arena};
    struct json value;
    if (evaluate_one(&e, root, NULL, &value) == YIELD_VALUE && value_check(&e, &value)) {
        *ret = value;
        return OUTCOME_OK;
    }
    if (error)
        *error = e.error;
    return e.error.outcome;
}

enum outcome expression_evaluate_condition(const struct expression *root, const struct expression_scope *scope,
                                           struct expression_budget *budget, struct arena *arena, bool *ret,
                                           struct error *error) {
    struct json value;
    enum outcome outcome = expression_evaluate(root, scope, budget, arena, &value, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (value.type != JSON_TRUE && value.type != JSON_FALSE)
        return error_set(error, OUTCOME_REJECT, "expression_not_boolean",
                         "a condition gives true or false, this one gives %s; compare it (== != < >) or test it for null",
                         type_word(&value));
    *ret = value.type == JSON_TRUE;
    return OUTCOME_OK;
}

static enum outcome resolve_whole(void *context, struct expression_lookup *lookup, struct error *error) {
    (void)error;
    lookup->value = context;
    lookup->used = 0;
    return OUTCOME_OK;
}

struct expression_scope expression_scope_of(const struct json *object) {
    return (struct expression_scope){.resolve = resolve_whole, .context = (void *)(uintptr_t)object};
}
