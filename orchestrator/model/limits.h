/* Every limit of the product, each with its unit and its reason. Past a limit there is a clear refusal naming the
 * limit, never a truncation. limits.c has the same as a table for documents and error texts. */
#ifndef YJS_MODEL_LIMITS_H
#define YJS_MODEL_LIMITS_H

/* X(name, value, unit, reason) */
#define LIMITS(X) \
    X(message_bytes_most, 1048576, "bytes", "Kafka's default for one message; materials travel by reference") \
    X(form_bytes_most, 262144, "bytes", "a form is typed by people; larger data are materials") \
    X(answer_bytes_most, 65536, "bytes", "an answer's data stands in the case's state") \
    X(case_state_bytes_most, 4194304, "bytes", "an open case is kept in memory") \
    X(definition_bytes_most, 4194304, "bytes", "canonical definition with its schemas") \
    X(steps_most, 1024, "steps", "a definition is read by people") \
    X(elements_most, 1000, "elements", "one fan-out is written in one transaction") \
    X(materials_most, 200, "materials", "one notice is read by a person") \
    X(material_bytes_most, 268435456, "bytes", "a scanned file, not a film; the setting materials.bytes stays below it") \
    X(objections_most, 200, "objections", "beyond it the publicity itself is in question; those who are told count in") \
    X(needs_most, 256, "needs", "a join is read by people") \
    X(json_depth_most, 64, "levels", "parsers and people both stop following") \
    X(expression_bytes_most, 4096, "bytes", "longer logic belongs in a step of its own") \
    X(expression_steps_most, 100000, "steps", "an expression must end within a millisecond") \
    X(expression_result_bytes_most, 1048576, "bytes", "a result has to fit into a message") \
    X(name_bytes_most, 64, "bytes", "ids are keys, topics' parts and column values") \
    X(id_bytes_most, 512, "bytes", "message ids and sources come from outside and are kept") \
    X(case_id_bytes_most, 384, "bytes", "a task's id names case, step and attempt and stays below id_bytes_most") \
    X(number_bytes_most, 64, "bytes", "a 流水號 is printed and read out") \
    X(person_bytes_most, 127, "bytes", "who did it, or a token's name, stands in lists") \
    X(reason_bytes_most, 4096, "bytes", "a reason is a letter's paragraph") \
    X(attempts_most, 1000, "attempts", "beyond it a person has to look") \
    X(nesting_most, 8, "levels", "sub-cases of sub-cases") \
    X(subcases_most, 10000, "cases", "a root and all below it live in one shard") \
    X(batch_inputs_most, 1000, "inputs", "one transaction; more gains nothing and waits longer") \
    X(publications_bytes_most, 67108864, "bytes", "messages that wait for the broker's answer are kept in memory; each shard has its share") \
    X(headers_most, 64, "headers", "a CloudEvent has about twelve") \
    X(http_head_bytes_most, 32768, "bytes", "a request's line and headers; tokens, keys and traces are short")

enum {
#define X(name, value, unit, reason) LIMIT_##name = (value),
    LIMITS(X)
#undef X
};

struct limit { const char *name; long value; const char *unit; const char *reason; };
/* Ends with name == NULL. */
extern const struct limit limits_table[];

#endif
