/* UUID version 7 from a moment and random bits that the caller brings. */
#include "base/uuid.h"

struct text uuid_v7(int64_t now_us, const uint8_t random[10], char room[UUID_TEXT_SIZE]) {
    static const char digits[] = "0123456789abcdef";
    uint64_t ms = (uint64_t)(now_us / 1000);
    uint8_t bytes[16];
    for (int i = 0; i < 6; i++)
        bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    memcpy(bytes + 6, random, 10);
    bytes[6] = (uint8_t)(0x70 | (bytes[6] & 0x0F)); /* version 7 */
    bytes[8] = (uint8_t)(0x80 | (bytes[8] & 0x3F)); /* the variant of RFC 9562 */
    char *out = room;
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
    return text_span(room, UUID_TEXT_SIZE - 1);
}
