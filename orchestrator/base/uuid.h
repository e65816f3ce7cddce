/* UUID version 7 (RFC 9562 §5.7). Draws no random number and reads no clock: both come in. */
#ifndef YJS_BASE_UUID_H
#define YJS_BASE_UUID_H

#include <stdint.h>
#include "text.h"

#define UUID_TEXT_SIZE 37

/* Writes "018f…-…" with NUL; `random` gives 80 bits, of which 74 are used. Ordered by millisecond. */
struct text uuid_v7(int64_t now_us, const uint8_t random[10], char room[UUID_TEXT_SIZE]);

#endif
