/* Prints the table of routes as JSON lines, and the table of problems: for openapi.sh. */
#include <stdio.h>

#include "web/parameter.h"
#include "web/problem.h"
#include "web/route.h"

int main(void) {
    static const char *const bodies[] = {[BODY_NONE] = "none", [BODY_JSON] = "json", [BODY_DEFINITION] = "definition", [BODY_FILE] = "file"};
    for (const struct route *route = route_table; route->method; route++) {
        printf("{\"method\":\"%s\",\"path\":\"%s\",\"roles\":[", route->method, route->path);
        const char *comma = "";
        for (unsigned role = 0; role < ROLE_COUNT; role++)
            if (route->roles & (1u << role)) {
                printf("%s\"%s\"", comma, role_name((enum role)role));
                comma = ",";
            }
        printf("],\"body\":\"%s\",\"parameters\":{", bodies[route->body]);
        struct text list = text_from(route->parameters), name;
        comma = "";
        for (const struct parameter_rule *rule; (rule = parameter_next(&list, &name)); comma = ",")
            printf("%s\"%.*s\":\"%s\"", comma, TEXT_ARG(name), rule->words ? rule->words : "");
        printf("},\"what\":\"%s\"}\n", route->what);
    }
    for (const struct problem *problem = problem_table; problem->code; problem++)
        printf("{\"problem\":\"%s\",\"status\":%u,\"title\":\"%s\"}\n", problem->code, problem->status, problem->title);
    return 0;
}
