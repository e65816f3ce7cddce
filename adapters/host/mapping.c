/* Field mappings in jq: the department's engineer writes them, libjq runs them. */
#include <jv.h>
#include <jq.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "host.h"

struct mapping { jq_state *jq; char fault[256]; };

static void on_error(void *user, jv message) {
    struct mapping *m = user;
    jv text = jq_format_error(message);
    if (!m->fault[0])
        snprintf(m->fault, sizeof(m->fault), "%s", jv_string_value(text));
    jv_free(text);
}

struct mapping *mapping_new(const char *expression, char *ret_fault, size_t size) {
    struct mapping *m = calloc(1, sizeof(*m));
    if (!m)
        abort();
    m->jq = jq_init();
    jq_set_error_cb(m->jq, on_error, m);
    if (jq_compile(m->jq, expression))
        return m;
    snprintf(ret_fault, size, "%s", m->fault[0] ? m->fault : "no jq expression");
    mapping_free(m);
    return NULL;
}

void mapping_free(struct mapping *m) {
    if (m)
        jq_teardown(&m->jq);
    free(m);
}

jv mapping_run(struct mapping *m, jv input) {
    m->fault[0] = '\0';
    jq_start(m->jq, input, 0);
    return jq_next(m->jq);
}
