/* Walks the tables of keys.c over a source: everything that can be said of a value without knowing the others. */
#include "definition/keys.h"

#include "base/time.h"
#include "definition/limit.h"
#include "model/limits.h"

static const char *const type_titles[] = {
    [VALUE_TEXT] = "text", [VALUE_ID] = "an id", [VALUE_IDS] = "a list of ids", [VALUE_TITLE] = "a title in three languages",
    [VALUE_BOOLEAN] = "true or false", [VALUE_COUNT] = "a whole number", [VALUE_LIMIT] = "a limit",
    [VALUE_DURATION] = "a duration", [VALUE_CONDITION] = "a condition", [VALUE_TEMPLATE] = "a value with ${ … }",
    [VALUE_WORD] = "a word", [VALUE_WORDS] = "a list of words", [VALUE_SCHEMA] = "a schema or its path",
    [VALUE_REGION] = "a region code", [VALUE_REGIONS] = "a list of region codes", [VALUE_TEXTS] = "a list of text",
    [VALUE_SHAPE] = "a mapping", [VALUE_SHAPES] = "a list of mappings", [VALUE_MAP] = "a mapping by id",
    [VALUE_REGION_MAP] = "a mapping by region code", [VALUE_ID_MAP] = "a mapping of ids to ids",
    [VALUE_WORD_OR_SHAPE] = "a word or a mapping", [VALUE_ID_OR_SHAPE] = "an id or a mapping",
    [VALUE_TEXT_OR_SHAPE] = "text or a mapping", [VALUE_LIMIT_OR_SHAPE] = "a limit or a mapping", [VALUE_ANY] = "a value",
};
const char *value_type_title(enum value_type type) { return type_titles[type]; }

struct walk { struct faults *faults; bool is_canonical; };

bool id_is_well_formed(struct text id) {
    if (id.length == 0 || id.at[0] < 'a' || id.at[0] > 'z')
        return false;
    for (size_t i = 1; i < id.length; i++) {
        char c = id.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    return true;
}

bool region_is_well_formed(struct text region) {
    for (size_t i = 0; i < region.length; i++)
        if (region.at[i] < '0' || region.at[i] > '9')
            return false;
    return region.length == 6;
}

struct text nearest_of(struct text wanted, const struct text *known, size_t count) {
    struct text best = TEXT_NONE;
    unsigned most = wanted.length <= 3 ? 1 : wanted.length <= 6 ? 2 : 3, least = most + 1;
    for (size_t i = 0; i < count && wanted.length <= LIMIT_name_bytes_most; i++) {
        unsigned distance = text_distance(wanted, known[i], most);
        if (distance < least) {
            least = distance;
            best = known[i];
        }
    }
    return best;
}

static const char *type_name_of(const struct node *n) {
    static const char *const names[] = {"nothing", "false", "true", "a number", "text", "a list", "a mapping"};
    return names[n->type];
}

static bool is_of_type(struct walk *walk, const struct key_row *row, const struct node *n, enum json_type type) {
    if (n->type == type)
        return true;
    const char *remedy = n->type == JSON_NUMBER && type == JSON_STRING ? "Put the number in quotes." : NULL;
    fault_put(walk->faults, n->place, "wrong_type", remedy, "`%s` wants %s, here is %s", row->key,
              type_titles[row->type], type_name_of(n));
    return false;
}

static void check_id(struct walk *walk, const char *key, struct text id, struct place place) {
    if (!id_is_well_formed(id))
        fault_put(walk->faults, place, "bad_id", NULL, "`%s`: \"%.*s\" is no id", key,
                  TEXT_HEAD(id));
    else if (id.length > LIMIT_name_bytes_most)
        fault_put(walk->faults, place, "name_too_long", NULL, "`%s` has %zu bytes; the limit name_bytes_most is %d", key,
                  id.length, (int)LIMIT_name_bytes_most);
}

static bool next_word(struct text *rest, struct text *ret) {
    while (rest->length && rest->at[0] == ' ')
        *rest = text_span(rest->at + 1, rest->length - 1);
    size_t end = text_find(*rest, ' ');
    *ret = text_span(rest->at, end == SIZE_MAX ? rest->length : end);
    *rest = text_span(rest->at + ret->length, rest->length - ret->length);
    return ret->length > 0;
}

static void check_word(struct walk *walk, const struct key_row *row, const struct node *n) {
    struct text words[16], rest = text_from(row->words);
    size_t count = 0;
    while (count < 16 && next_word(&rest, &words[count])) {
        if (text_equal(n->text, words[count]))
            return;
        count++;
    }
    struct text nearest = nearest_of(n->text, words, count);
    struct text remedy = nearest.at
        ? text_format(walk->faults->arena, "Did you mean %.*s? One of: %s.", TEXT_ARG(nearest), row->words)
        : text_format(walk->faults->arena, "Write one of: %s.", row->words);
    fault_put_text(walk->faults, n->place, strcmp(row->key, "kind") == 0 ? "unknown_kind" : "bad_word", remedy,
                   text_format(walk->faults->arena, "`%s`: \"%.*s\" is not understood", row->key,
                               TEXT_HEAD(n->text)));
}

static void check_title(struct walk *walk, const struct key_row *row, const struct node *n) {
    static const char *const languages[] = {"zh-Hant", "zh-Hans", "en"};
    if (!is_of_type(walk, row, n, JSON_OBJECT))
        return;
    for (size_t i = 0; i < 3; i++) {
        const struct node *text = node_get(n, languages[i]);
        if (!text || text->type == JSON_NULL || (node_is_text(text) && text->text.length == 0))
            fault_put(walk->faults, n->place, "title_missing_language", NULL, "`%s` has no text in %s", row->key,
                      languages[i]);
        else if (!node_is_text(text))
            fault_put(walk->faults, text->place, "wrong_type", "Put it in quotes.", "`%s` wants text, here is %s",
                      languages[i], type_name_of(text));
    }
    for (uint32_t i = 0; i < n->count; i++) {
        struct text key = n->members[i].key;
        if (!text_is(key, languages[0]) && !text_is(key, languages[1]) && !text_is(key, languages[2]))
            fault_put(walk->faults, n->members[i].key_place, "unknown_key",
                      "A title has the languages zh-Hant, zh-Hans and en.", "a title has no key \"%.*s\"",
                      TEXT_HEAD(key));
    }
}

static void check_count(struct walk *walk, const struct key_row *row, const struct node *n) {
    int64_t number;
    if (!is_of_type(walk, row, n, JSON_NUMBER))
        return;
    struct json value = {.type = JSON_NUMBER, .text = n->text};
    if (!json_to_int64(&value, &number) || number < row->least || number > row->most)
        fault_put_text(walk->faults, n->place, "bad_count",
                       text_format(walk->faults->arena, "Write a whole number from %lld to %lld.",
                                   (long long)row->least, (long long)row->most),
                       text_format(walk->faults->arena, "`%s`: %.*s is out of range", row->key,
                                   TEXT_HEAD(n->text)));
}

static void check_span(struct walk *walk, const struct key_row *row, const struct node *n) {
    struct error error = {0};
    struct limit_time limit;
    int64_t us;
    bool is_duration = row->type == VALUE_DURATION;
    if (!is_of_type(walk, row, n, JSON_STRING))
        return;
    enum outcome outcome = is_duration ? duration_parse(n->text, &us, &error) : limit_parse(n->text, &limit, &error);
    if (outcome == OUTCOME_REJECT)
        fault_put(walk->faults, n->place, is_duration ? "bad_duration" : "bad_limit", NULL, "`%s`: %s", row->key,
                  error.message);
}

static void check_region(struct walk *walk, const struct key_row *row, struct text region, struct place place) {
    if (!region_is_well_formed(region))
        fault_put(walk->faults, place, "bad_region", NULL, "`%s`: \"%.*s\" is no region code", row->key,
                  TEXT_HEAD(region));
}

static void check_list(struct walk *walk, const struct key_row *row, const struct node *n) {
    if (!is_of_type(walk, row, n, JSON_ARRAY))
        return;
    for (uint32_t i = 0; i < n->count; i++) {
        const struct node *element = &n->members[i].node;
        if (row->type == VALUE_SHAPES) {
            if (is_of_type(walk, row, element, JSON_OBJECT))
                shape_check_node(walk->faults, row->shape, element, walk->is_canonical);
            continue;
        }
        if (!is_of_type(walk, row, element, JSON_STRING))
            continue;
        if (row->type == VALUE_IDS)
            check_id(walk, row->key, element->text, element->place);
        else if (row->type == VALUE_REGIONS)
            check_region(walk, row, element->text, element->place);
        else if (row->type == VALUE_WORDS)
            check_word(walk, row, element);
    }
}

static void check_mapping(struct walk *walk, const struct key_row *row, const struct node *n) {
    if (!is_of_type(walk, row, n, JSON_OBJECT))
        return;
    for (uint32_t i = 0; i < n->count; i++) {
        const struct node_member *member = &n->members[i];
        if (row->type == VALUE_REGION_MAP)
            check_region(walk, row, member->key, member->key_place);
        else
            check_id(walk, row->key, member->key, member->key_place);
        if (row->type == VALUE_ID_MAP) {
            if (is_of_type(walk, row, &member->node, JSON_STRING))
                check_id(walk, row->key, member->node.text, member->node.place);
        } else if (is_of_type(walk, row, &member->node, JSON_OBJECT)) {
            shape_check_node(walk->faults, row->shape, &member->node, walk->is_canonical);
        }
    }
}

static void check_either(struct walk *walk, const struct key_row *row, const struct node *n) {
    if (n->type == JSON_OBJECT)
        shape_check_node(walk->faults, row->shape, n, walk->is_canonical);
    else if (!is_of_type(walk, row, n, JSON_STRING))
        return;
    else if (row->type == VALUE_WORD_OR_SHAPE)
        check_word(walk, row, n);
    else if (row->type == VALUE_ID_OR_SHAPE)
        check_id(walk, row->key, n->text, n->place);
    else if (row->type == VALUE_LIMIT_OR_SHAPE)
        check_span(walk, row, n);
}

static void check_value(struct walk *walk, const struct key_row *row, const struct node *n) {
    switch (row->type) {
    case VALUE_ANY: case VALUE_CONDITION: case VALUE_TEMPLATE:
        return;   /* read by what knows them */
    case VALUE_TEXT:
        if (is_of_type(walk, row, n, JSON_STRING) && n->text.length == 0)
            fault_put(walk->faults, n->place, "wrong_type", NULL, "`%s` is empty", row->key);
        return;
    case VALUE_ID:
        if (is_of_type(walk, row, n, JSON_STRING))
            check_id(walk, row->key, n->text, n->place);
        return;
    case VALUE_REGION:
        if (is_of_type(walk, row, n, JSON_STRING))
            check_region(walk, row, n->text, n->place);
        return;
    case VALUE_TITLE: check_title(walk, row, n); return;
    case VALUE_COUNT: check_count(walk, row, n); return;
    case VALUE_LIMIT: case VALUE_DURATION: check_span(walk, row, n); return;
    case VALUE_BOOLEAN:
        if (n->type != JSON_TRUE)
            is_of_type(walk, row, n, JSON_FALSE);
        return;
    case VALUE_WORD:
        if (is_of_type(walk, row, n, JSON_STRING))
            check_word(walk, row, n);
        return;
    case VALUE_SCHEMA:
        if (n->type != JSON_OBJECT && is_of_type(walk, row, n, JSON_STRING) && n->text.length == 0)
            fault_put(walk->faults, n->place, "wrong_type", NULL, "`%s` is empty", row->key);
        return;
    case VALUE_IDS: case VALUE_WORDS: case VALUE_REGIONS: case VALUE_TEXTS: case VALUE_SHAPES:
        check_list(walk, row, n);
        return;
    case VALUE_SHAPE:
        if (is_of_type(walk, row, n, JSON_OBJECT))
            shape_check_node(walk->faults, row->shape, n, walk->is_canonical);
        return;
    case VALUE_MAP: case VALUE_REGION_MAP: case VALUE_ID_MAP:
        check_mapping(walk, row, n);
        return;
    case VALUE_WORD_OR_SHAPE: case VALUE_ID_OR_SHAPE: case VALUE_TEXT_OR_SHAPE: case VALUE_LIMIT_OR_SHAPE:
        check_either(walk, row, n);
        return;
    }
}

static const struct key_row *row_of(const struct shape *shape, struct text key) {
    for (const struct key_row *row = shape->rows; row->key; row++)
        if (text_is(key, row->key))
            return row;
    return NULL;
}

static void unknown_key(struct walk *walk, const struct shape *shape, const struct node_member *member) {
    struct text known[64];
    size_t count = 0;
    for (const struct key_row *row = shape->rows; row->key && count < 64; row++)
        if (!(row->flags & KEY_CANONICAL))
            known[count++] = text_from(row->key);
    struct text nearest = nearest_of(member->key, known, count);
    struct text remedy = nearest.at ? text_format(walk->faults->arena, "Did you mean %.*s?", TEXT_ARG(nearest)) : TEXT_NONE;
    fault_put_text(walk->faults, member->key_place, "unknown_key", remedy,
                   text_format(walk->faults->arena, "%s has no key \"%.*s\"", shape->title,
                               TEXT_HEAD(member->key)));
}

enum step_kind step_kind_of(const struct node *step) {
    enum step_kind kind;
    if (step_kind_parse(node_text(node_get(step, "kind")), &kind))
        return kind;
    for (uint32_t i = 0; step && !node_get(step, "kind") && i < step->count; i++)
        if (step_kind_parse(step->members[i].key, &kind) && kind != STEP_TASK)
            return kind;
    return STEP_TASK;
}

const struct node *step_get(const struct node *step, const char *key) {
    const struct node *found = node_get(step, key);
    if (found)
        return found;
    const struct node *own = node_get(step, step_kind_name(step_kind_of(step)));
    return own && own->type == JSON_OBJECT ? node_get(own, key) : NULL;
}

/* The rows of shape_step for one kind, written on the step (`own` NULL) or in the kind's own mapping. */
static void check_step_member(struct walk *walk, const struct node *step, enum step_kind kind, bool is_own,
                              const struct node_member *member) {
    const struct key_row *row = row_of(&shape_step, member->key);
    if (row && is_own && row->kinds == 0)
        row = NULL;
    if (!row) {
        unknown_key(walk, &shape_step, member);
        return;
    }
    if (row->kinds && !(row->kinds & (1u << kind))) {
        fault_put(walk->faults, member->key_place, "key_of_other_kind", NULL, "a step of kind %s has no key \"%s\"",
                  step_kind_name(kind), row->key);
        return;
    }
    if (is_own && node_get(step, row->key))
        fault_put(walk->faults, member->key_place, "duplicate_key", NULL,
                  "the key %s stands on the step and in its %s mapping", row->key, step_kind_name(kind));
    check_value(walk, row, &member->node);
}

static void check_step(struct walk *walk, const struct node *step) {
    enum step_kind kind = step_kind_of(step);
    for (uint32_t i = 0; i < step->count; i++) {
        const struct node_member *member = &step->members[i];
        if (!text_is(member->key, step_kind_name(kind)) || kind == STEP_TASK) {
            enum step_kind other;
            if (!row_of(&shape_step, member->key) && step_kind_parse(member->key, &other))
                fault_put(walk->faults, member->key_place, "key_of_other_kind", NULL,
                          "a step of kind %s has no key \"%.*s\"", step_kind_name(kind), TEXT_ARG(member->key));
            else
                check_step_member(walk, step, kind, false, member);
        } else if (member->node.type != JSON_OBJECT) {
            fault_put(walk->faults, member->node.place, "wrong_type", NULL, "`%s` wants a mapping, here is %s",
                      step_kind_name(kind), type_name_of(&member->node));
        } else {
            for (uint32_t j = 0; j < member->node.count; j++)
                check_step_member(walk, step, kind, true, &member->node.members[j]);
        }
    }
    for (const struct key_row *row = shape_step.rows; row->key; row++)
        if ((row->flags & KEY_REQUIRED) && (!row->kinds || (row->kinds & (1u << kind))) && !step_get(step, row->key))
            fault_put(walk->faults, step->place, "missing_key", NULL, "a step of kind %s needs `%s`",
                      step_kind_name(kind), row->key);
}

void shape_check_node(struct faults *faults, const struct shape *shape, const struct node *n, bool is_canonical) {
    struct walk walk = {faults, is_canonical};
    if (shape == &shape_step) {
        check_step(&walk, n);
        return;
    }
    for (uint32_t i = 0; i < n->count; i++) {
        const struct key_row *row = row_of(shape, n->members[i].key);
        if (!row || ((row->flags & KEY_CANONICAL) && !is_canonical))
            unknown_key(&walk, shape, &n->members[i]);
        else
            check_value(&walk, row, &n->members[i].node);
    }
    for (const struct key_row *row = shape->rows; row->key; row++)
        if ((row->flags & KEY_REQUIRED) && !node_get(n, row->key))
            fault_put(faults, n->place, "missing_key", NULL, "%s needs `%s`", shape->title, row->key);
}
