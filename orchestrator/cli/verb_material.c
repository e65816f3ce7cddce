/* yjsctl material …: what applicants bring. */
#include <errno.h>
#include <string.h>

#include "cli/verb_part.h"

static enum verb_status unreadable(struct invocation *c, const char *path) {
    struct error error;
    error_set(&error, OUTCOME_REJECT, "file_unreadable", "%s: %s", path, strerror(errno));
    return invocation_failed(c, &error);
}

static enum verb_status put_one(struct invocation *c, const char *path) {
    struct client_answer answer;
    enum verb_status status = STATUS_REFUSED;
    FILE *file = fopen(path, "re");
    if (!file)
        return unreadable(c, path);
    struct client_request request = {.method = "POST", .path = TEXT("/v1/materials"), .send = file};
    bool done = client_do(c, &request, &answer, &status);
    fclose(file);
    if (!done)
        return status;
    if (c->json)
        printf("%.*s\n", TEXT_ARG(answer.body));
    else
        printf("%.*s  %.*s bytes  %.*s  %s\n", TEXT_ARG(member(&answer.json, "digest")), TEXT_ARG(member(&answer.json, "size")),
               TEXT_ARG(member(&answer.json, "media_type")), path);
    return STATUS_DONE;
}

enum verb_status verb_material_put(struct invocation *c) {
    for (uint32_t i = 0; i < c->argument_count; i++) {
        enum verb_status status = put_one(c, invocation_argument(c, i));
        if (status != STATUS_DONE)
            return status;
    }
    return STATUS_DONE;
}

enum verb_status verb_material_get(struct invocation *c) {
    struct client_answer answer;
    enum verb_status status = STATUS_REFUSED;
    const char *to = invocation_option(c, "to");
    FILE *file = to ? fopen(to, "we") : stdout;
    if (!file)
        return unreadable(c, to);
    struct client_request request = {
        .method = "GET", .path = path_of(c, "/v1/materials/", invocation_argument(c, 0), ""), .text = true, .save = file};
    bool done = client_do(c, &request, &answer, &status);
    bool written = fflush(file) == 0;
    if (to && fclose(file) != 0)
        written = false;
    if (!written && done)
        return unreadable(c, to ? to : "standard output");
    if (!done && to)
        remove(to);
    return done ? STATUS_DONE : status;
}

enum verb_status verb_material_show(struct invocation *c) {
    struct client_answer answer;
    enum verb_status status;
    if (!client_get(c, path_of(c, "/v1/materials/", invocation_argument(c, 0), "/about"), &answer, &status))
        return status;
    if (c->json) {
        printf("%.*s\n", TEXT_ARG(answer.body));
        return STATUS_DONE;
    }
    int64_t now = display_now_us();
    const struct pair pairs[] = {
        {"digest", member(&answer.json, "digest"), COLOUR_STRONG}, {"bytes", member(&answer.json, "size"), COLOUR_PLAIN},
        {"type", member(&answer.json, "media_type"), COLOUR_PLAIN}, {"scan", member(&answer.json, "scan"), COLOUR_PLAIN},
        {"brought by", member(&answer.json, "uploaded_by"), COLOUR_PLAIN},
        {"at", display_time(&c->arena, member(&answer.json, "uploaded_at"), now), COLOUR_PLAIN},
        {"address", member(&answer.json, "uri"), COLOUR_PLAIN},
    };
    print_pairs(&c->display, pairs, sizeof pairs / sizeof pairs[0]);
    const struct json *uses = json_get_string(&answer.json, "uses");
    for (uint32_t i = 0; uses && uses->type == JSON_ARRAY && i < uses->count; i++)
        printf("named in case %.*s as %.*s\n", TEXT_ARG(member(json_at(uses, i), "case")), TEXT_ARG(member(json_at(uses, i), "material")));
    return STATUS_DONE;
}
