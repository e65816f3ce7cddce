/* Whether an operator's property is one that librdkafka takes and that he may set, without a client. */
#include "bus/bus_part.h"

enum outcome bus_check_property(const struct bus_property *property, struct error *error) {
    static const enum bus_role roles[] = {BUS_READER, BUS_WRITER, BUS_COMMITTER, BUS_ADMIN};
    const struct bus_settings settings = {.bootstrap = "127.0.0.1:9092", .instance = "check", .properties = property, .property_count = 1};
    enum outcome outcome = OUTCOME_OK;
    for (size_t i = 0; i < sizeof roles / sizeof *roles && outcome == OUTCOME_OK; i++) {
        rd_kafka_conf_t *conf = NULL;
        outcome = bus_conf_make(&settings, roles[i], &conf, error);
        if (outcome == OUTCOME_OK)
            rd_kafka_conf_destroy(conf);
    }
    return outcome;
}
