/* What is the same in every daemon of every seed is compiled once a process: definitions, calendars and the messages'
 * schemas are a third of a seed's work otherwise. The linker puts these functions before the product's (--wrap); one seed
 * of 64 and every run that refuses an allocation compile as yjsd does. */
#include "definition/calendar_file.h"
#include "definition/definition.h"
#include "sim.h"
#include "wire/message_schema.h"

enum outcome __real_definition_compile(struct arena *, struct text, struct text, const struct definition_context *, struct fault_list *,
                                       const struct definition **, struct error *);
enum outcome __wrap_definition_compile(struct arena *, struct text, struct text, const struct definition_context *, struct fault_list *,
                                       const struct definition **, struct error *);
void __real_definition_free(const struct definition *);
void __wrap_definition_free(const struct definition *);
enum outcome __real_calendar_compile(struct arena *, struct text, const struct calendar_source *, uint32_t, struct fault_list *,
                                     const struct calendar **, struct text *, struct error *);
enum outcome __wrap_calendar_compile(struct arena *, struct text, const struct calendar_source *, uint32_t, struct fault_list *,
                                     const struct calendar **, struct text *, struct error *);
enum outcome __real_message_schemas_make(struct arena *, struct message_schemas **, struct error *);
enum outcome __wrap_message_schemas_make(struct arena *, struct message_schemas **, struct error *);
void __real_message_schemas_free(struct message_schemas *);
void __wrap_message_schemas_free(struct message_schemas *);

static struct { struct sim_things *things; struct message_schemas *messages; bool is_used; } known;

bool sim_known_begin(struct sim_things *things) {
    struct error error = {0};
    known.things = things;
    return __real_message_schemas_make(&things->arena, &known.messages, &error) == OUTCOME_OK;
}

void sim_known_end(void) {
    __real_message_schemas_free(known.messages);
    memset(&known, 0, sizeof known);
}

void sim_known_use(bool used) { known.is_used = used; }

static bool is_used(void) { return known.is_used && !memory_is_watched(); }

/* Sub-things are asked for as when it is compiled: the daemon has to have them. */
static bool has_its_things(const struct definition *one, const struct definition_context *context) {
    for (uint16_t i = 0; i < one->thing_count; i++)
        if (context->find_thing && !context->find_thing(context->find_context, one->things[i].thing, one->things[i].hash))
            return false;
    return true;
}

enum outcome __wrap_definition_compile(struct arena *arena, struct text source, struct text file_name,
                                       const struct definition_context *context, struct fault_list *faults,
                                       const struct definition **ret, struct error *error) {
    for (int i = 0; is_used() && i < SIM_THINGS; i++) {
        const struct sim_thing *one = &known.things->things[i];
        if (!text_equal(one->canonical, source) || !has_its_things(one->definition, context))
            continue;
        *faults = (struct fault_list){0};
        *ret = one->definition;
        return OUTCOME_OK;
    }
    return __real_definition_compile(arena, source, file_name, context, faults, ret, error);
}

void __wrap_definition_free(const struct definition *one) {
    for (int i = 0; known.things && i < SIM_THINGS; i++)
        if (known.things->things[i].definition == one)
            return;
    __real_definition_free(one);
}

enum outcome __wrap_calendar_compile(struct arena *arena, struct text before, const struct calendar_source *sources, uint32_t count,
                                     struct fault_list *faults, const struct calendar **ret, struct text *ret_canonical,
                                     struct error *error) {
    for (int i = 0; is_used() && count == 0 && !ret_canonical && i < SIM_CALENDARS; i++) {
        if (!text_equal(known.things->calendars[i].canonical, before))
            continue;
        *faults = (struct fault_list){0};
        *ret = known.things->calendars[i].calendar;
        return OUTCOME_OK;
    }
    return __real_calendar_compile(arena, before, sources, count, faults, ret, ret_canonical, error);
}

enum outcome __wrap_message_schemas_make(struct arena *arena, struct message_schemas **ret, struct error *error) {
    if (!is_used())
        return __real_message_schemas_make(arena, ret, error);
    *ret = known.messages;
    return OUTCOME_OK;
}

void __wrap_message_schemas_free(struct message_schemas *one) {
    if (one != known.messages)
        __real_message_schemas_free(one);
}
