/* Documents: those of a case listed and printed, a seal checked, a trial seal made. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/verb_part.h"
#include "press/press.h"

enum { TRIAL_DAYS = 3 * 365, TRIAL_DAYS_MOST = 36500 };
#define CERTIFICATE_BYTES_MOST ((size_t)4 << 20)

static struct text title_of(struct invocation *c, const struct json *row) {
    return json_get_text(json_get_string(row, "title"), c->display.language);
}

enum verb_status verb_case_documents(struct invocation *c) {
    static const char *const headings[] = {"N", "NUMBER", "DOCUMENT*", "ITEM", "DEPARTMENT", "OF", "DUE", NULL};
    struct client_answer answer;
    enum verb_status status;
    struct table table;
    if (!client_get(c, path_of(c, "/v1/cases/", invocation_argument(c, 0), "/documents"), &answer, &status))
        return status;
    const struct json *items = json_get_string(&answer.json, "items");
    if (c->json) {
        printf("%.*s\n", TEXT_ARG(answer.body));
        return STATUS_DONE;
    }
    int64_t now = display_now_us();
    table_begin(&table, &c->arena, headings);
    for (uint32_t i = 0; items && i < items->count; i++) {
        const struct json *row = json_at(items, i);
        table_put(&table, member(row, "n"));
        table_put(&table, member(row, "number"));
        table_put(&table, title_of(c, row));
        table_put(&table, member(row, "item"));
        table_put(&table, member(row, "department"));
        table_put(&table, display_time(&c->arena, member(row, "at"), now));
        struct text due = member(row, "due");   /* a limit ends with a day's business */
        table_put(&table, due.length > 10 ? text_span(due.at, 10) : due);
    }
    return list_print(c, &table, items ? items->count : 0, "no document yet");
}

/* The whole of `bytes` into `path` ("-": standard output), with these rights; one that is there is replaced only when
 * `replaces`. */
static enum verb_status write_file(struct invocation *c, const char *path, struct text bytes, mode_t mode, bool replaces) {
    struct error error = {0};
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (replaces ? O_TRUNC : O_EXCL), mode);
    bool fine = fd >= 0;
    for (size_t at = 0; fine && at < bytes.length;) {
        ssize_t written = write(fd, bytes.at + at, bytes.length - at);
        fine = written > 0 || (written < 0 && errno == EINTR);
        at += written > 0 ? (size_t)written : 0;
    }
    if (fd >= 0 && !standard)
        fine = close(fd) == 0 && fine;
    if (fine)
        return STATUS_DONE;
    error_set(&error, OUTCOME_REJECT, "file_unwritable", "%s: %m", path);
    return invocation_failed(c, &error);
}

enum verb_status verb_case_document(struct invocation *c) {
    _cleanup_buffer_ struct buffer path;
    struct client_answer answer;
    enum verb_status status;
    const char *output = invocation_option(c, "output"), *copy = invocation_option(c, "copy");
    buffer_init(&path, 16384);
    buffer_put_string(&path, "/v1/cases/");
    client_segment(&path, text_from(invocation_argument(c, 0)));
    buffer_put_string(&path, "/documents/");
    client_segment(&path, text_from(invocation_argument(c, 1)));
    client_parameter(&path, "language", c->display.language);
    client_parameter(&path, "copy", text_from(copy));
    if (!output)
        output = text_format(&c->arena, "%s-%s.pdf", invocation_argument(c, 0), invocation_argument(c, 1)).at;
    if (!client_get_text(c, buffer_text(&path), &answer, &status))
        return status;
    status = write_file(c, output, answer.body, 0600, true);
    if (status == STATUS_DONE && strcmp(output, "-") != 0)
        invocation_say(c, "%s: %zu bytes", output, answer.body.length);
    return status;
}

/* ---- seals ---- */

static void print_report(struct invocation *c, const struct seal_report *report, bool asked) {
    char room[3][TIME_TEXT_SIZE];
    struct text from = time_format_china(report->valid_from_us, room[0]), to = time_format_china(report->valid_to_us, room[1]);
    struct text at = time_format_china(report->sealed_at_us, room[2]);
    bool in_time = report->sealed_at_us == TIME_NONE ||
                   (report->sealed_at_us >= report->valid_from_us && report->sealed_at_us <= report->valid_to_us);
    const char *trust = report->trusted ? "trusted: it is, or was issued by, one that was named"
                        : asked         ? "NOT trusted: none that was named is it or has issued it"
                        : report->self_signed ? "signed by itself: who it is has to be known otherwise (--certificate)"
                                              : "issued by another; who has to be known otherwise (--certificate)";
    if (c->json) {
        print_json(BODY_OF(c, {"sealed", TEXT("true"), true}, {"signer", report->signer, false}, {"serial", report->serial, false},
                           {"digest", text_format(&c->arena, "sm3:%.*s", TEXT_ARG(report->digest)), false}, {"sealed_at", at, false},
                           {"valid_from", from, false}, {"valid_to", to, false},
                           {"within_validity", in_time ? TEXT("true") : TEXT("false"), true},
                           {"self_signed", report->self_signed ? TEXT("true") : TEXT("false"), true},
                           {"trusted", report->trusted ? TEXT("true") : TEXT("false"), true}));
        return;
    }
    const struct pair pairs[] = {
        {"seal", TEXT("is whole: every byte is as it was sealed"), COLOUR_GOOD},
        {"signer", report->signer, COLOUR_STRONG},
        {"certificate", text_format(&c->arena, "%.*s, valid %.*s to %.*s%s", TEXT_ARG(report->serial), TEXT_ARG(from), TEXT_ARG(to),
                                    in_time ? "" : " (NOT when it was sealed)"), in_time ? COLOUR_PLAIN : COLOUR_BAD},
        {"trust", text_from(trust), report->trusted ? COLOUR_GOOD : asked ? COLOUR_BAD : COLOUR_PLAIN},
        {"sealed at", at, COLOUR_PLAIN},
        {"digest", text_format(&c->arena, "sm3:%.*s", TEXT_ARG(report->digest)), COLOUR_PLAIN},
    };
    print_pairs(&c->display, pairs, sizeof pairs / sizeof pairs[0]);
}

enum verb_status verb_document_verify(struct invocation *c) {
    struct text pdf, trusted = TEXT_NONE;
    struct seal_report report;
    struct error error = {0};
    enum verb_status status;
    const char *certificate = invocation_option(c, "certificate");
    if (!read_input(c, invocation_argument(c, 0), PRESS_BYTES_MOST, &pdf, &status) ||
        (certificate && !read_input(c, certificate, CERTIFICATE_BYTES_MOST, &trusted, &status)))
        return status;
    if (seal_verify(pdf, trusted, &c->arena, &report, &error) != OUTCOME_OK)
        return invocation_failed(c, &error);
    print_report(c, &report, certificate != NULL);
    return certificate && !report.trusted ? STATUS_REFUSED : STATUS_DONE;
}

enum verb_status verb_seal_create(struct invocation *c) {
    _cleanup_buffer_ struct buffer pem = {0};
    struct error error = {0};
    int64_t days = TRIAL_DAYS;
    const char *output = invocation_option(c, "output");
    if (!invocation_has(c, "name") || !output)
        return invocation_usage(c, "--name and --output are needed");
    if (invocation_has(c, "days") && (!text_to_int64(invocation_text(c, "days"), &days) || days < 1 || days > TRIAL_DAYS_MOST))
        return invocation_usage(c, "--days takes a number from 1 to %d", TRIAL_DAYS_MOST);
    buffer_init(&pem, CERTIFICATE_BYTES_MOST);
    if (seal_create(invocation_text(c, "name"), display_now_us(), (uint32_t)days, &pem, &error) != OUTCOME_OK)
        return invocation_failed(c, &error);
    enum verb_status status = write_file(c, output, buffer_text(&pem), 0600, false);
    if (status == STATUS_DONE && strcmp(output, "-") != 0)
        invocation_say(c, "%s: a trial key of SM2 with its certificate; the authority's own comes from its certification authority", output);
    return status;
}
