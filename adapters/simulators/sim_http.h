/* One HTTP request, waited for; for the simulated robot and clerk. */
#ifndef YJS_SIMULATORS_SIM_HTTP_H
#define YJS_SIMULATORS_SIM_HTTP_H

#include "sim.h"

/* The status, or 0 when nothing came back. `body` NULL: none. */
int sim_http(const char *method, const char *base, const char *path, const char *token, const char *body, struct buffer *out);

#endif
