/* Input <-> JSON: the form in which commands wait in the inbox, and raw inputs stand in the scripts of `thing run`.
 *
 *   {"kind":"answer","case":"…","step":"tax","attempt":1,"answer":"result","data":{…}}
 *   {"kind":"withdrawn","case":"…","actor":"…","reason":"…"}
 *
 * `step` may carry the element as `<step>.<index>`, or `index` does. `data` and `extra` are JSON values, null the same
 * as absent. Unknown members are refused. */
#ifndef YJS_WIRE_INPUT_CODEC_H
#define YJS_WIRE_INPUT_CODEC_H

#include "base/arena.h"
#include "base/json.h"
#include "model/input.h"

void input_write(struct buffer *out, const struct input *);
/* Texts point into the value's source or the arena. REJECT input_unreadable. at_us is the caller's. */
enum outcome input_read(struct arena *, const struct json *object, int64_t at_us, struct input *ret, struct error *);

/* "bank_check.3" -> "bank_check", 3; "tax" -> "tax", -1. False when it is neither. */
bool step_name_split(struct text, struct text *ret_step, int32_t *ret_index);
/* A task's id `<case>:<step>[.<index>]:<attempt>[:undo:<n>]` taken apart; undo 0 when it is none. */
bool task_id_split(struct text id, struct text *ret_case, struct text *ret_step, int32_t *ret_index,
                   uint32_t *ret_attempt, uint32_t *ret_undo);
/* The root's number of a case id: what stands before the first '/'. */
struct text case_root(struct text case_id);

#endif
