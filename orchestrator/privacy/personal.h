/* What of a case is personal: the fields that a definition's form and its steps' schemas mark `x-personal`, the values that
 * a case has there, and any JSON of that case with all of it masked.
 *
 * Masking errs on the side of too much: a value that is personal in the form is masked wherever else it stands, alone or
 * within a longer text (what departments are given is made from it), and a marked field is masked with all below it. Pure;
 * what was read is immutable and may be shared; texts and nodes live in the arenas they came from. */
#ifndef YJS_PRIVACY_PERSONAL_H
#define YJS_PRIVACY_PERSONAL_H

#include "base/json.h"
#include "privacy/mask.h"

struct personal_mark {
    struct text *segments;         /* from the root of the form (input, result) on; an absent one is any element */
    size_t count;
    enum mask mask;
    struct json title;             /* x-title; null: none */
};
struct personal_marks { struct personal_mark *at; uint32_t count, room; };
struct personal_step { struct text id; struct personal_marks input, result; };
struct personal {
    struct personal_marks form;
    struct personal_step *steps;
    uint32_t step_count;
};

/* Out of a definition's canonical form, copied into the arena. False: no memory, or it is no definition. */
bool personal_read(const struct json *canonical, struct arena *, struct personal *ret);

/* A personal value of a form. */
struct personal_value { struct text pointer; const struct json *value; const struct personal_mark *mark; };
struct personal_values { struct personal_value *at; uint32_t count, room; };
/* Adds those of `form`. False: no memory. */
bool personal_values_add(const struct personal_marks *, const struct json *form, struct arena *, struct personal_values *);

/* Writes `value` masked by the marks (NULL: none), and with the known values masked wherever they stand. */
void personal_put(struct json_writer *, const struct personal_marks *, const struct personal_values *known, const struct json *value);
/* The same for an event's fields (wire/event_codec.h) of this kind and step. */
void personal_put_event(struct json_writer *, const struct personal *, const struct personal_values *known, struct text kind,
                        struct text step, const struct json *fields);
/* The same for the value of a message (an application, an answer) or of a command; an object. `p` NULL: nothing is known of what
 * is personal in it: all but where it belongs is masked. `step`: whose answer it is, absent: none's. */
void personal_put_message(struct json_writer *, const struct personal *, const struct personal_values *known, struct text step,
                          const struct json *value);

#endif
