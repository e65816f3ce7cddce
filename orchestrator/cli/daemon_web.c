/* The conductor's meters as Prometheus and a load balancer's probe want to read them. */
#include "cli/daemon_web.h"

#include "base/json.h"

static void write_one(struct buffer *out, const char *name, const char *suffix, const char *kind, const char *help, int64_t value) {
    buffer_format(out, "# HELP yijianshi_%s%s %s\n# TYPE yijianshi_%s%s %s\nyijianshi_%s%s %lld\n", name, suffix, help, name, suffix,
                  kind, name, suffix, (long long)value);
}

void daemon_write_metrics(const struct conductor_meters *meters, struct buffer *out) {
#define X(name, help) write_one(out, #name, "_total", "counter", help, meters->name);
    CONDUCTOR_COUNTERS(X)
#undef X
#define X(name, help) write_one(out, #name, "", "gauge", help, meters->name);
    CONDUCTOR_GAUGES(X)
#undef X
    buffer_format(out, "# HELP yijianshi_build_info the version of this program\n# TYPE yijianshi_build_info gauge\n"
                       "yijianshi_build_info{version=\"%s\"} 1\n", YJS_VERSION);
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
