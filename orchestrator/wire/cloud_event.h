/* CloudEvents 1.0 over Kafka <-> inputs and commands (schemas/README.md is the contract). Pure.
 *
 * In: binary and structured mode. Out: binary mode; a message is a function of its event alone. */
#ifndef YJS_WIRE_CLOUD_EVENT_H
#define YJS_WIRE_CLOUD_EVENT_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "model/command.h"
#include "model/header.h"
#include "model/input.h"

#define CLOUD_EVENT_SOURCE "yijianshi"     /* `source` of everything that we send */

/* What a message from outside says, taken apart. Absent attributes are TEXT_NONE. */
struct cloud_event {
    struct text id, source, type, time, caseid, thing, step, attempt, task, dataschema, traceparent;
    struct json data;                      /* null when there is none */
};

/* Reads a message. `headers` and `value` must stay valid as long as *ret. REJECT codes: message_too_long,
 * header_missing, header_doubled, header_bad, cloud_event_bad, and those of json_read. */
enum outcome cloud_event_read(struct arena *, struct text value, const struct bus_header *headers,
                              uint32_t header_count, struct cloud_event *ret, struct error *);

/* A department's answer as an input. `department` and `region` are the topic's. REJECT: answer_kind_unknown,
 * answer_case_missing, answer_step_bad, answer_attempt_bad, answer_data_bad (data without its obligatory members). */
enum outcome cloud_event_answer(const struct cloud_event *, struct text department, struct text region, int64_t at_us,
                                struct input *ret, struct error *);
/* Can it be a case's number: 1 to LIMIT_number_bytes_most letters, digits, '-', '_', '.'? */
bool number_is_sound(struct text);
/* Data of an answer of `kind` (the object in the message, or in the worklist's HTTP body) into `input`: data, extra,
 * reason, retryable. REJECT answer_data_bad. */
enum outcome answer_data_read(enum answer_kind kind, const struct json *data, struct input *input, struct error *);
/* An application from the intake topic as an input `submit`; `number` absent when it brings none. REJECT:
 * application_bad. */
enum outcome cloud_event_application(const struct cloud_event *, struct text key, struct text region, int64_t at_us,
                                     struct input *ret, struct error *);

/* A message out: headers in `ret_headers` (room for CLOUD_EVENT_HEADERS_MOST), value and header texts in the arena or
 * borrowed from the event. False when there is no memory. */
#define CLOUD_EVENT_HEADERS_MOST 12
bool cloud_event_write(struct arena *, struct text case_id, const struct command *, struct bus_header *ret_headers,
                       uint32_t *ret_count, struct text *ret_value);

/* Topic names. `department` absent: the region's own topic `suffix` ("case.v1", "dead.v1", "intake.v1"). */
struct text topic_name(struct arena *, struct text region, struct text department, const char *suffix);
enum topic_kind { TOPIC_OTHER, TOPIC_TASK, TOPIC_RESULT, TOPIC_INTAKE, TOPIC_CASE, TOPIC_DEAD };
/* Takes a topic's name apart; the department's id has its `_` again. */
enum topic_kind topic_parse(struct arena *, struct text topic, struct text *ret_region, struct text *ret_department);

#endif
