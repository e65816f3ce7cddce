/* What a person sees in a terminal: columns that respect the width of Chinese characters, colours where they are wanted,
 * times of China, durations in words.
 *
 * Colours: only on a terminal, and not when NO_COLOR is set or TERM is dumb (https://no-color.org). */
#ifndef YJS_CLI_DISPLAY_H
#define YJS_CLI_DISPLAY_H

#include <stdio.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"

struct display {
    bool terminal, colours;
    unsigned columns, rows;     /* of the terminal; 0: not known, nothing is cut */
    struct text language;       /* zh-Hant, zh-Hans or en: for titles */
};
struct display display_of(FILE *);

enum colour { COLOUR_PLAIN, COLOUR_GOOD, COLOUR_BAD, COLOUR_BUSY, COLOUR_FAINT, COLOUR_STRONG };
/* The escape sequence, "" without colours. */
const char *display_colour(const struct display *, enum colour);
/* The colour in which a state, phase or outcome is shown. */
enum colour display_colour_of(struct text word);

/* Columns of a terminal that the text takes: East Asian wide and full-width characters two (Unicode TR 11), combining
 * ones none, malformed bytes one. */
unsigned display_width(struct text);
/* The longest beginning that takes at most `columns`. */
struct text display_cut(struct text, unsigned columns);
/* Controls and malformed bytes as "·", so that no text from outside commands the terminal. */
void display_put_safe(FILE *, struct text);
void display_put_safe_lines(FILE *, struct text);                  /* the same, but line ends stand */

/* A table: cells are gathered, then printed with aligned columns. The widest column whose heading ends with '*' gives
 * way when the terminal is too narrow ("…"). Right-aligned: heading begins with '>'. */
enum { TABLE_COLUMNS_MOST = 12 };
struct table_cell { struct text text; enum colour colour; };
struct table {
    struct arena *arena;
    const char *const *headings;
    unsigned columns;
    struct table_cell *cells;
    uint32_t count, room;
};
/* `headings`: ends with NULL. */
void table_begin(struct table *, struct arena *, const char *const *headings);
void table_put(struct table *, struct text);                       /* absent: "-" */
void table_put_colour(struct table *, struct text, enum colour);
void table_put_state(struct table *, struct text);                 /* coloured by the word */
void table_print(const struct table *, const struct display *, FILE *);

/* RFC 3339 in, "03-02 09:00:05" (this year) or "2025-03-02 09:00" in China time out; absent or null: "-". */
struct text display_time(struct arena *, struct text rfc3339, int64_t now_us);
/* "3m 12s", "1d 4h", "240ms". */
struct text display_duration(struct arena *, int64_t us);
/* Between two RFC 3339 times; `until` absent: until now. */
struct text display_between(struct arena *, struct text from, struct text until, int64_t now_us);
/* A title {"zh-Hant": …} in the display's language, else any; a string as it is. */
struct text display_title(const struct display *, const struct json *title);
int64_t display_now_us(void);

#endif
