/* SHA-256 (FIPS 180-4), for naming definitions by content inside the floors that do no I/O. Evidence and materials
 * use SM3 from OpenSSL, outside. */
#ifndef YJS_BASE_SHA256_H
#define YJS_BASE_SHA256_H

#include <stdint.h>
#include "text.h"

#define SHA256_TEXT_SIZE 65
/* Lower-case hexadecimal digest with NUL. */
struct text sha256_text(struct text content, char room[SHA256_TEXT_SIZE]);

#endif
