/* YAML into nodes, by libyaml's events: only the part of YAML that says what it means (no aliases, no tags, one
 * document, text keys), so that a definition reads the same to a person and to a program. */
#include "definition/node.h"

#include <yaml.h>

#include "model/limits.h"

#define YAML_NODES_MOST 200000u   /* a definition of 1,024 steps has about 40,000 */
#define YAML_MEMBERS_MOST 2048u   /* keys of one mapping: a person looks for them */

struct reader {
    struct arena *arena;
    struct faults *faults;
    yaml_parser_t parser;
    struct text source;
    uint32_t node_count;
    bool has_alias;               /* its value is not known: checking further would say what is not so */
};

static void event_delete(yaml_event_t *event) { yaml_event_delete(event); }

static struct place place_of(yaml_mark_t mark) {
    return (struct place){(uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
}

/* libyaml's own place of an unreadable byte is where its buffer stood. */
static struct place place_of_byte(struct text source, size_t offset) {
    struct place place = {1, 1};
    for (size_t i = 0; i < offset && i < source.length; i++) {
        unsigned char byte = (unsigned char)source.at[i];
        place.column += (byte & 0xc0) != 0x80;
        if (byte == '\n')
            place = (struct place){place.line + 1, 1};
    }
    return place;
}

static bool next_event(struct reader *reader, yaml_event_t *event) {
    if (yaml_parser_parse(&reader->parser, event))
        return true;
    memset(event, 0, sizeof *event);
    if (reader->parser.error == YAML_MEMORY_ERROR) {
        reader->arena->failed = true;
        return false;
    }
    const char *problem = reader->parser.problem ? reader->parser.problem : "can't be read as YAML";
    struct place place = place_of(reader->parser.problem_mark);
    if (reader->parser.error == YAML_READER_ERROR)
        place = place_of_byte(reader->source, reader->parser.problem_offset);
    if (reader->parser.context)
        fault_put(reader->faults, place, "yaml_syntax", NULL, "%s, %s", reader->parser.context, problem);
    else
        fault_put(reader->faults, place, "yaml_syntax", NULL, "%s", problem);
    return false;
}

static bool is_number(struct text t) {
    size_t i = 0;
    if (i < t.length && t.at[i] == '-')
        i++;
    size_t digits = i;
    while (i < t.length && t.at[i] >= '0' && t.at[i] <= '9')
        i++;
    if (i == digits || (t.at[digits] == '0' && i > digits + 1))
        return false;
    if (i < t.length && t.at[i] == '.') {
        size_t fraction = ++i;
        while (i < t.length && t.at[i] >= '0' && t.at[i] <= '9')
            i++;
        if (i == fraction)
            return false;
    }
    if (i < t.length && (t.at[i] == 'e' || t.at[i] == 'E')) {
        i++;
        if (i < t.length && (t.at[i] == '+' || t.at[i] == '-'))
            i++;
        size_t exponent = i;
        while (i < t.length && t.at[i] >= '0' && t.at[i] <= '9')
            i++;
        if (i == exponent || i - exponent > 3)
            return false;
    }
    return i == t.length;
}

/* Plain scalars mean what JSON means; all else is text ("no", "1_000", "0x1f", "2026-03-02" stay as written). */
static enum json_type type_of_plain(struct text t) {
    if (t.length == 0 || text_is(t, "null") || text_is(t, "~"))
        return JSON_NULL;
    if (text_is(t, "true"))
        return JSON_TRUE;
    if (text_is(t, "false"))
        return JSON_FALSE;
    return is_number(t) ? JSON_NUMBER : JSON_STRING;
}

static void refuse_decoration(struct reader *reader, struct place place, const yaml_char_t *anchor,
                              const yaml_char_t *tag) {
    if (anchor)
        fault_put(reader->faults, place, "yaml_alias", NULL, "the anchor &%s is not allowed", (const char *)anchor);
    if (tag)
        fault_put(reader->faults, place, "yaml_tag", NULL, "the tag %s is not allowed", (const char *)tag);
}

static bool read_scalar(struct reader *reader, const yaml_event_t *event, struct node *ret) {
    struct text text = {(const char *)event->data.scalar.value, event->data.scalar.length};
    ret->place = place_of(event->start_mark);
    refuse_decoration(reader, ret->place, event->data.scalar.anchor, event->data.scalar.tag);
    switch (event->data.scalar.style) {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE: ret->style = NODE_SINGLE_QUOTED; break;
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE: ret->style = NODE_DOUBLE_QUOTED; break;
    case YAML_LITERAL_SCALAR_STYLE: ret->style = NODE_LITERAL; break;
    case YAML_FOLDED_SCALAR_STYLE: ret->style = NODE_FOLDED; break;
    default: ret->style = NODE_PLAIN; break;
    }
    ret->type = ret->style == NODE_PLAIN ? type_of_plain(text) : JSON_STRING;
    if (text.length && memchr(text.at, '\0', text.length)) {
        fault_put(reader->faults, ret->place, "yaml_syntax", "Leave the escape \\0 out.", "U+0000 is not allowed");
        return false;
    }
    ret->text = text_copy(reader->arena, text);
    return !reader->arena->failed;
}

struct growing { struct node_member *at; uint32_t count, room; };

static struct node_member *grow(struct reader *reader, struct growing *list) {
    if (++reader->node_count > YAML_NODES_MOST) {
        fault_put(reader->faults, place_of(reader->parser.mark), "yaml_size", NULL,
                  "more than %u values", YAML_NODES_MOST);
        return NULL;
    }
    if (list->count == list->room) {
        uint32_t room = list->room ? list->room * 2 : 4;
        struct node_member *at = arena_new_array(reader->arena, room, struct node_member);
        if (!at)
            return NULL;
        if (list->count)
            memcpy(at, list->at, list->count * sizeof *at);
        list->at = at;
        list->room = room;
    }
    struct node_member *member = &list->at[list->count++];
    memset(member, 0, sizeof *member);
    return member;
}

static bool read_key(struct reader *reader, const yaml_event_t *event, struct growing *list, bool *ret_is_double) {
    struct place place = place_of(event->start_mark);
    if (event->type != YAML_SCALAR_EVENT) {
        fault_put(reader->faults, place, event->type == YAML_ALIAS_EVENT ? "yaml_alias" : "yaml_key", NULL,
                  "a key must be text");
        return false;
    }
    struct node scalar = {0};
    if (!read_scalar(reader, event, &scalar))
        return false;
    *ret_is_double = false;
    if (list->count > YAML_MEMBERS_MOST) {
        fault_put(reader->faults, place, "yaml_size", NULL, "more than %u keys in one mapping", YAML_MEMBERS_MOST);
        return false;
    }
    for (uint32_t i = 0; i + 1 < list->count; i++)
        *ret_is_double = *ret_is_double || text_equal(list->at[i].key, scalar.text);
    if (*ret_is_double)
        fault_put(reader->faults, place, "duplicate_key", NULL, "the key %.*s stands here twice",
                  TEXT_ARG(scalar.text));
    struct node_member *member = &list->at[list->count - 1];
    member->key = scalar.text;
    member->key_place = place;
    return true;
}

static bool read_value(struct reader *, const yaml_event_t *, unsigned depth, struct node *ret);

static bool read_members(struct reader *reader, bool is_object, unsigned depth, struct node *ret) {
    yaml_event_type_t end = is_object ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
    struct growing list = {0};
    if (depth > LIMIT_json_depth_most) {
        fault_put(reader->faults, ret->place, "yaml_depth", NULL, "nested deeper than %d levels (json_depth_most)",
                  (int)LIMIT_json_depth_most);
        return false;
    }
    for (;;) {
        _cleanup_(event_delete) yaml_event_t event = {0};
        bool is_double = false;
        if (!next_event(reader, &event))
            return false;
        if (event.type == end)
            break;
        struct node_member *member = grow(reader, &list);
        if (!member)
            return false;
        if (!is_object) {
            if (!read_value(reader, &event, depth + 1, &member->node))
                return false;
            continue;
        }
        if (!read_key(reader, &event, &list, &is_double))
            return false;
        _cleanup_(event_delete) yaml_event_t value = {0};
        if (!next_event(reader, &value) || !read_value(reader, &value, depth + 1, &member->node))
            return false;
        list.count -= is_double;   /* the first one is checked further */
    }
    ret->count = list.count;
    ret->members = list.at;
    return true;
}

static bool read_value(struct reader *reader, const yaml_event_t *event, unsigned depth, struct node *ret) {
    ret->place = place_of(event->start_mark);
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return read_scalar(reader, event, ret);
    case YAML_SEQUENCE_START_EVENT:
        refuse_decoration(reader, ret->place, event->data.sequence_start.anchor, event->data.sequence_start.tag);
        ret->type = JSON_ARRAY;
        return read_members(reader, false, depth, ret);
    case YAML_MAPPING_START_EVENT:
        refuse_decoration(reader, ret->place, event->data.mapping_start.anchor, event->data.mapping_start.tag);
        ret->type = JSON_OBJECT;
        return read_members(reader, true, depth, ret);
    case YAML_ALIAS_EVENT:
        fault_put(reader->faults, ret->place, "yaml_alias", NULL, "the alias *%s is not allowed",
                  (const char *)event->data.alias.anchor);
        reader->has_alias = true;
        ret->type = JSON_NULL;
        return true;
    default:
        fault_put(reader->faults, ret->place, "yaml_syntax", NULL, "a value is missing here");
        return false;
    }
}

/* Reads up to the event of `type`, which must come now. */
static bool expect(struct reader *reader, yaml_event_type_t type) {
    _cleanup_(event_delete) yaml_event_t event = {0};
    if (!next_event(reader, &event))
        return false;
    if (event.type == type)
        return true;
    if (event.type == YAML_STREAM_END_EVENT)
        fault_put(reader->faults, PLACE_NONE, "yaml_syntax", NULL, "the file is empty");
    else
        fault_put(reader->faults, place_of(event.start_mark), "yaml_documents", NULL, "a second document begins here");
    return false;
}

static bool read_document(struct reader *reader, struct node *ret) {
    if (!expect(reader, YAML_STREAM_START_EVENT) || !expect(reader, YAML_DOCUMENT_START_EVENT))
        return false;
    _cleanup_(event_delete) yaml_event_t event = {0};
    return next_event(reader, &event) && read_value(reader, &event, 1, ret) &&
           expect(reader, YAML_DOCUMENT_END_EVENT) && expect(reader, YAML_STREAM_END_EVENT);
}

bool node_read_yaml(struct arena *arena, struct text source, struct faults *faults, struct node *ret) {
    struct reader reader = {.arena = arena, .faults = faults, .source = source};
    if (source.length > LIMIT_definition_bytes_most) {
        fault_put(faults, PLACE_NONE, "yaml_size", NULL, "%zu bytes; the limit definition_bytes_most is %d",
                  source.length, (int)LIMIT_definition_bytes_most);
        return false;
    }
    if (!yaml_parser_initialize(&reader.parser)) {
        arena->failed = true;
        return false;
    }
    struct node root = {0};
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)source.at, source.length);
    bool is_read = read_document(&reader, &root) && !reader.has_alias;
    yaml_parser_delete(&reader.parser);
    if (is_read)
        *ret = root;
    return is_read;
}
