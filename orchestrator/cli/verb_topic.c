/* topic: the topics that the departments' offices need, made and looked at. */
#include <stdlib.h>

#include "base/map.h"
#include "bus/bus.h"
#include "cli/files.h"
#include "cli/verb_part.h"
#include "wire/cloud_event.h"

enum { TOPICS_MOST = 100000 };

struct wanted {
    struct text *names;
    uint32_t count, room;
    struct arena *arena;
    struct map known;
};

static void want(struct wanted *w, struct text name) {
    if (text_is_none(name) || map_get(&w->known, name) || w->count == w->room || !map_put(&w->known, name, w))
        return;
    w->names[w->count++] = name;
}

/* The topics that daemons and adapters use, in the directory's order. */
static enum verb_status find_wanted(struct invocation *c, struct wanted *w) {
    struct error error = {0};
    const struct directory *directory;
    const char *path = settings_path(&c->settings, c->settings.departments);
    if (file_directory(path, &c->arena, &directory, &error) != OUTCOME_OK)
        return invocation_failed(c, &error);
    static const char *const region_topics[] = {"intake.v1", "case.v1", "dead.v1"};
    static const char *const office_topics[] = {"task.v1", "result.v1"};
    w->arena = &c->arena;
    w->room = TOPICS_MOST;
    w->names = arena_new_array(&c->arena, w->room, struct text);
    map_init(&w->known);
    if (!w->names)
        return STATUS_REFUSED;
    for (int i = 0; i < 3; i++)
        want(w, topic_name(&c->arena, c->settings.region, TEXT_NONE, region_topics[i]));
    for (uint16_t i = 0; i < directory->count; i++)
        for (uint16_t j = 0; j < directory->departments[i].office_count; j++)
            for (int k = 0; k < 2; k++)
                want(w, topic_name(&c->arena, directory->departments[i].offices[j].region, directory->departments[i].id,
                                   office_topics[k]));
    return STATUS_DONE;
}

static enum verb_status open_admin(struct invocation *c, struct bus_admin **ret) {
    struct error error = {0};
    enum verb_status status = invocation_settings(c);
    if (status != STATUS_DONE)
        return status;
    struct bus_property properties[SETTINGS_PROPERTIES_MOST];
    for (uint32_t i = 0; i < c->settings.kafka_property_count; i++)
        properties[i] =
            (struct bus_property){c->settings.kafka_properties[i].name.at, c->settings.kafka_properties[i].value.at};
    const struct bus_settings settings = {.bootstrap = c->settings.kafka_bootstrap.at,
                                          .instance = "yjsctl",
                                          .properties = properties,
                                          .property_count = c->settings.kafka_property_count};
    return bus_admin_create(&settings, ret, &error) == OUTCOME_OK ? STATUS_DONE : invocation_failed(c, &error);
}

/* P is the database's, when it is there: the two must never differ. */
static enum verb_status find_partitions(struct invocation *c, int32_t *ret) {
    struct database database;
    struct record_list rows;
    struct json row;
    struct error error = {0};
    enum verb_status status;
    const char *given = invocation_option(c, "partitions");
    int64_t partitions = c->settings.kafka_partitions;
    if (given) {
        if (!text_to_int64(text_from(given), &partitions) || partitions < 1 || partitions > 4096)
            return invocation_usage(c, "--partitions is a number from 1 to 4096, not \"%s\"", given);
        *ret = (int32_t)partitions;
        return STATUS_DONE;
    }
    if (!database_open(c, &database, &status))
        return status;
    if (database.port.query(database.port.context, "readiness", NULL, 0, &c->arena, &rows, &error) == OUTCOME_OK &&
        rows.count == 1 && json_read(&c->arena, rows.at[0], 16, &row, NULL) == OUTCOME_OK)
        partitions = member_int64(&row, "shard_count", partitions);
    else
        fprintf(stderr,
                "yjsctl: the database can't be asked how many shards it has (%s); taking kafka.partitions = %lld\n",
                error.message, (long long)partitions);
    database_close(&database);
    *ret = (int32_t)partitions;
    return STATUS_DONE;
}

static enum verb_status apply(struct invocation *c, const struct bus_admin_port *admin, const struct wanted *w,
                              int32_t partitions) {
    enum verb_status status = STATUS_DONE;
    uint32_t made = 0;
    for (uint32_t i = 0; i < w->count; i++) {
        struct error error = {0};
        struct bus_topic topic = {.partition_count = partitions,
                                  .replication = (int32_t)c->settings.kafka_replication,
                                  .retention_ms = c->settings.kafka_retention / 1000};
        snprintf(topic.name, sizeof topic.name, "%.*s", TEXT_ARG(w->names[i]));
        enum outcome outcome = admin->topic_make(admin->context, &topic, &error);
        if (outcome == OUTCOME_OK) {
            made++;
            continue;
        }
        status = invocation_failed(c, &error);
        if (outcome == OUTCOME_RETRY)
            return status;
    }
    if (c->json)
        printf("{\"topics\":%u,\"wanted\":%u,\"partitions\":%d}\n", made, w->count, partitions);
    invocation_say(c, "%u of %u topics are there with %d partitions each", made, w->count, partitions);
    return status;
}

enum verb_status verb_topic_apply(struct invocation *c) {
    struct bus_admin *admin = NULL;
    struct wanted w = {0};
    int32_t partitions = 0;
    enum verb_status status = open_admin(c, &admin);
    if (status == STATUS_DONE)
        status = find_wanted(c, &w);
    bool dry = invocation_has(c, "dry-run");
    if (status == STATUS_DONE && !dry)
        status = find_partitions(c, &partitions);
    for (uint32_t i = 0; i < w.count && dry && status == STATUS_DONE; i++)
        printf("%.*s\n", TEXT_ARG(w.names[i]));
    if (status == STATUS_DONE && !dry)
        status = apply(c, bus_admin_port(admin), &w, partitions);
    map_free(&w.known);
    bus_admin_destroy(admin);
    return status;
}

static int compare_topics(const void *a, const void *b) {
    return strcmp(((const struct bus_topic *)a)->name, ((const struct bus_topic *)b)->name);
}

/* Another region's topics on the same broker are another installation's. */
static bool is_of_region(const struct wanted *w, struct text region) {
    for (uint32_t i = 0; i < w->count; i++)
        if (w->names[i].length > region.length && w->names[i].at[region.length] == '.' &&
            text_equal(text_span(w->names[i].at, region.length), region))
            return true;
    return false;
}

static void print_topics(struct invocation *c, const struct bus_topic *topics, uint32_t count, const struct wanted *w) {
    static const char *const headings[] = {"TOPIC", ">PARTITIONS", ">REPLICAS", "NOTE", NULL};
    struct table table;
    uint32_t shown = 0;
    table_begin(&table, &c->arena, headings);
    if (c->json)
        printf("{\"items\":[");
    for (uint32_t i = 0; i < count; i++) {
        struct text name = text_from(topics[i].name), region, department;
        bool ours = map_get(&w->known, name) != NULL;
        if (!ours && (topic_parse(&c->arena, name, &region, &department) == TOPIC_OTHER || !is_of_region(w, region)))
            continue;
        if (c->json)
            printf("%s{\"topic\":\"%s\",\"partitions\":%d,\"replicas\":%d,\"wanted\":%s}", shown ? "," : "",
                   topics[i].name, topics[i].partition_count, topics[i].replication, ours ? "true" : "false");
        shown++;
        table_put(&table, name);
        table_put(&table, text_format(&c->arena, "%d", topics[i].partition_count));
        table_put(&table, text_format(&c->arena, "%d", topics[i].replication));
        table_put(&table, ours ? TEXT(" ") : TEXT("no office of the directory"));
    }
    for (uint32_t i = 0; i < w->count; i++) {
        struct bus_topic key = {.partition_count = 0};
        snprintf(key.name, sizeof key.name, "%.*s", TEXT_ARG(w->names[i]));
        if (bsearch(&key, topics, count, sizeof *topics, compare_topics))
            continue;
        if (c->json)
            printf("%s{\"topic\":\"%s\",\"partitions\":0,\"replicas\":0,\"wanted\":true}", shown++ ? "," : "",
                   key.name);
        table_put(&table, w->names[i]);
        table_put(&table, TEXT_NONE);
        table_put(&table, TEXT_NONE);
        table_put_colour(&table, TEXT("missing: yjsctl topic apply"), COLOUR_BAD);
    }
    if (c->json)
        printf("]}\n");
    else
        table_print(&table, &c->display, stdout);
}

enum verb_status verb_topic_list(struct invocation *c) {
    struct bus_admin *admin = NULL;
    struct wanted w = {0};
    struct error error = {0};
    uint32_t count = 0;
    enum { ROOM = 20000 };
    struct bus_topic *topics = arena_new_array(&c->arena, ROOM, struct bus_topic);
    enum verb_status status = topics ? open_admin(c, &admin) : STATUS_REFUSED;
    if (status == STATUS_DONE)
        status = find_wanted(c, &w);
    if (status == STATUS_DONE) {
        const struct bus_admin_port *port = bus_admin_port(admin);
        if (port->topics(port->context, topics, ROOM, &count, &error) != OUTCOME_OK)
            status = invocation_failed(c, &error);
    }
    if (status == STATUS_DONE) {
        qsort(topics, count, sizeof *topics, compare_topics);
        print_topics(c, topics, count, &w);
    }
    map_free(&w.known);
    bus_admin_destroy(admin);
    return status;
}
