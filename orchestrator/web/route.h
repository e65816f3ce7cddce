/* Routes: every path and method, with who may use it. schemas/openapi.yaml says the same; a test compares them. */
#ifndef YJS_WEB_ROUTE_H
#define YJS_WEB_ROUTE_H

#include "base/text.h"

/* What a token is for. */
#define ROLES(X) \
    X(APPLICANT, "applicant") X(WINDOW, "window") X(DEPARTMENT, "department") X(OPERATOR, "operator") \
    X(SUPERVISOR, "supervisor") X(INTEGRATOR, "integrator") X(AUDITOR, "auditor") X(ADMIN, "admin")
enum role {
#define X(name, word) ROLE_##name,
    ROLES(X)
#undef X
    ROLE_COUNT
};
const char *role_name(enum role);
bool role_parse(struct text, enum role *ret);

enum { ROUTE_NAMES_MOST = 3 };
/* How a body may be sent. BODY_FILE: any content, streamed to the vault. */
enum route_body { BODY_NONE, BODY_JSON, BODY_DEFINITION, BODY_FILE };

struct request;
struct route {
    const char *method;
    const char *path;            /* "/v1/cases/{case}/steps/{step}/retry" */
    unsigned roles;              /* bits 1 << enum role; 0: without a token */
    enum route_body body;
    const char *parameters;      /* of the query, as web/parameter.h wants it: "thing,phase"; "" none */
    void (*handle)(struct request *);
    const char *what;            /* one sentence; the OpenAPI's summary */
};
extern const struct route route_table[];   /* ends with method == NULL */

/* The route of a path (raw, still percent-encoded); ret_raw has what stands in the places of {…}. NULL: none, and
 * *ret_allow has the methods that the path takes ("GET, HEAD"), empty when there is no such path. */
const struct route *route_find(struct text method, struct text path, struct text ret_raw[ROUTE_NAMES_MOST], char ret_allow[64]);

#endif
