/* JSON Schema draft-07: is this document what was agreed on, and if not, everything that is wrong with it at once.
 *
 * Every message and form has a schema (schemas/). A definition compiles its schemas once when it is loaded; the
 * conductor validates messages, the web forms, `yjsctl schema check` the schemas themselves and a new version
 * against the old one. Does no I/O, reads no clock.
 *
 *     struct schema_fault_list faults = {.most = 100};
 *     if (schema_validate(schema, &value, &scratch, &faults) == OUTCOME_REJECT)
 *         for (size_t i = 0; i < faults.count; i++) … faults.fault[i].at, .keyword, .message …
 *
 * Sources: draft-handrews-json-schema-01 and -validation-01 (draft-07), RFC 3986 for `$id` and `$ref`, ECMA 262 for
 * patterns. Held to the official test suite by tests/contract/schema_suite.sh.
 *
 * What is particular here
 * - `format` is always asserted; an unknown format is ignored (under `strict`: a fault of the schema).
 *   `contentEncoding: base64` and `contentMediaType: application/json` are asserted too, others are not.
 * - Lengths and patterns count code points. Numbers are compared as decimal text, exactly; `multipleOf` too.
 * - `$ref` reaches into the document, into documents handed in by the caller, and to the draft-07 metaschema. What is
 *   elsewhere is refused (`schema_ref_remote`): nothing is ever fetched.
 * - Patterns are ECMA 262 with the flag u, run by PCRE2 with a match limit. Two things differ: lookbehind must have a
 *   bounded length, and a group inside a repetition keeps its last capture for a back-reference.
 * - Work is bounded: `steps_most` per document. What cannot be decided within it is refused (`schema_work`).
 * - Keywords that begin with `x-` are annotations of this project (x-mask, x-personal …) and not looked at.
 */
#ifndef YJS_WIRE_SCHEMA_H
#define YJS_WIRE_SCHEMA_H

#include "base/json.h"

#define SCHEMA_FAULTS_MOST 100            /* a person repairs a form from far fewer; a machine reads the first */
#define SCHEMA_STEPS_MOST 10000000        /* about a second; a message of 1 MiB with a usual schema needs a tenth */
#define SCHEMA_DEPTH_MOST 512             /* schemas applied within one another */
#define SCHEMA_PATTERN_BYTES_MOST 4096
#define SCHEMA_MATCH_LIMIT 1000000        /* PCRE2's backtracking steps for one string: some ten milliseconds */
#define SCHEMA_NODES_MOST 100000          /* subschemas of one compiled schema, those it refers to included */

struct schema;                            /* immutable once compiled: any number of threads may validate with it */

/* One thing that is wrong, with a document, with a schema, or with a change of a schema. Texts live in the arena that
 * the call was given (keyword and code may be static). No message contains a value from the document: values are
 * personal data. */
struct schema_fault {
    struct text at;          /* JSON pointer: into the document (validate) or the schema (compile, compatible) */
    struct text keyword;     /* the schema's keyword concerned: "required", "maxLength" … */
    const char *code;        /* stable, see each function */
    struct text property;    /* the property that is missing or not known, otherwise absent */
    struct text message;     /* a sentence for people */
};

/* Filled by the functions below. Prepare with {.most = n}; 0 means SCHEMA_FAULTS_MOST. */
struct schema_fault_list {
    struct schema_fault *fault;
    size_t count, most;
    bool cut;                /* there was more than `most`; checking stopped there */
};

/* A document that a `$ref` may reach. */
struct schema_document {
    struct text uri;             /* absolute, without fragment */
    const struct json *value;
};

struct schema_options {
    struct text base_uri;        /* where the schema stands; relative references resolve against it. May be absent. */
    const struct schema_document *documents;
    size_t document_count;
    bool strict;                 /* unknown keywords and formats are faults (`yjsctl schema check`) */
    size_t steps_most;           /* 0: SCHEMA_STEPS_MOST */
};

/* Compiles. `options` may be NULL. `document`, the other documents and their texts must outlive the schema, as must
 * the arena; the patterns are PCRE2's own memory, given back by schema_free.
 *
 * REJECT "schema_bad": `faults` (may be NULL) has all of them, each with one of these codes; the error names the first.
 *   schema_keyword_value    a keyword's value is not what draft-07 allows there
 *   schema_keyword_unknown  (strict) no keyword of draft-07
 *   schema_format_unknown   (strict) no format of schema_format.h
 *   schema_pattern          a pattern is no regular expression of ECMA 262, or PCRE2 can't run it
 *   schema_ref_missing      nothing is there where a `$ref` points
 *   schema_ref_remote       a `$ref` leads to a document that was not handed in
 *   schema_ref_loop         a `$ref` leads back to itself
 *   schema_draft            `$schema` names another draft
 *   schema_id_twice         two subschemas have the same `$id`
 *   schema_limit            too deep, too many subschemas
 * FATAL out_of_memory. */
enum outcome schema_compile(struct arena *, const struct json *document, const struct schema_options *,
                            struct schema_fault_list *faults, struct schema **ret, struct error *);
/* Gives back the patterns. NULL is allowed. The arena may be gone afterwards, not before. */
void schema_free(struct schema *);

/* OK: valid. REJECT: not valid, `faults` (may be NULL: only the verdict is wanted, which is quicker) has the reasons,
 * code "schema_mismatch", or "schema_work" when it could not be decided within the limits of work. FATAL: `scratch` is
 * full or the system has no memory.
 * `value` and its texts must be well-formed UTF-8 (json_read makes sure of it) and not nested deeper than 512.
 * Texts of the faults live in `scratch`. Re-entrant. */
enum outcome schema_validate(const struct schema *, const struct json *value, struct arena *scratch,
                             struct schema_fault_list *faults);

/* May a sender of `before` go on as he is when the receiver checks by `after`? OK: every document that is valid by
 * `before` is valid by `after`. REJECT: not, or it cannot be shown; `faults` says where (pointer into `after`, or into
 * `before` for what is gone) and why, with code "schema_narrowed" (it is narrower) or "schema_unclear" (it could not
 * be shown; make the change in a simpler way or give the message a new version).
 *
 * One exception is made for evolution, as everywhere with open objects: where `before` speaks of an object, a property
 * that it neither names nor restricts may be given a schema by `after`. A strict reader would call that narrower, as an
 * unknown property could have had another shape; who sends properties nobody has named carries that risk himself. */
enum outcome schema_compatible(const struct schema *before, const struct schema *after, struct arena *scratch,
                               struct schema_fault_list *faults);

#endif
