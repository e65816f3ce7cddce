/* The conductor's meters as Prometheus and a load balancer's probe want to read them. */
#include "cli/daemon_web.h"

#include "base/json.h"

static void write_one(struct buffer *out, const char *name, const char *suffix, const char *kind, const char *help, int64_t value) {
    buffer_format(out, "# HELP yijianshi_%s%s %s\n# TYPE yijianshi_%s%s %s\nyijianshi_%s%s %lld\n", name, suffix, help, name, suffix,
                  kind, name, suffix, (long long)value);
}

static void write_hand_offs(struct buffer *out, const struct conductor_meters *meters) {
    static const int64_t bounds_us[] = CONDUCTOR_HAND_OFF_BOUNDS_US;
    int64_t count = 0;
    buffer_put_string(out, "# HELP yijianshi_hand_off_seconds from an answer produced to its batch committed\n"
                           "# TYPE yijianshi_hand_off_seconds histogram\n");
    for (int i = 0; i < CONDUCTOR_HAND_OFF_BUCKETS; i++) {
        count += meters->hand_offs[i];
        if (i < CONDUCTOR_HAND_OFF_BUCKETS - 1)
            buffer_format(out, "yijianshi_hand_off_seconds_bucket{le=\"%g\"} %lld\n", (double)bounds_us[i] / 1e6, (long long)count);
    }
    buffer_format(out, "yijianshi_hand_off_seconds_bucket{le=\"+Inf\"} %lld\nyijianshi_hand_off_seconds_sum %.6f\n"
                       "yijianshi_hand_off_seconds_count %lld\n", (long long)count, (double)meters->hand_off_sum_us / 1e6, (long long)count);
}

void daemon_write_metrics(const struct conductor_meters *meters, struct buffer *out) {
#define X(name, help) write_one(out, #name, "_total", "counter", help, meters->name);
    CONDUCTOR_COUNTERS(X)
#undef X
#define X(name, help) write_one(out, #name, "", "gauge", help, meters->name);
    CONDUCTOR_GAUGES(X)
#undef X
    write_hand_offs(out, meters);
    buffer_format(out, "# HELP yijianshi_build_info the version of this program\n# TYPE yijianshi_build_info gauge\n"
                       "yijianshi_build_info{version=\"%s\"} 1\n", YJS_VERSION);
}

void daemon_write_notices(const struct notifier_meters *meters, struct buffer *out) {
#define X(name, help) write_one(out, "notices_" #name, "_total", "counter", help, meters->name);
    NOTIFIER_COUNTERS(X)
#undef X
#define X(name, help) write_one(out, "notices_" #name, "", "gauge", help, meters->name);
    NOTIFIER_GAUGES(X)
#undef X
}

bool daemon_meters_ready(const struct conductor_meters *meters) { return meters->ready == 1 && meters->bus_up == 1; }

void daemon_write_readiness(const struct conductor_meters *meters, struct buffer *out) {
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, '{');
    json_key(&w, TEXT("ready"));
    json_put_bool(&w, daemon_meters_ready(meters));
    json_key(&w, TEXT("database"));
    json_put_bool(&w, meters->store_up == 1);
    json_key(&w, TEXT("broker"));
    json_put_bool(&w, meters->bus_up == 1);
    json_key(&w, TEXT("working"));
    json_put_bool(&w, meters->ready == 1);
    json_key(&w, TEXT("shards"));
    json_put_int64(&w, meters->shards_owned);
    json_close(&w, '}');
}
