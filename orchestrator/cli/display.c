/* Makes output readable for people: tables, colours, times, durations. */
#include "cli/display.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"

int64_t display_now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * TIME_SECOND_US + t.tv_nsec / 1000;
}

/* The environment's language, as titles know them; simplified for any other Chinese than Taiwan's, Hong Kong's,
 * Macao's. */
static struct text language_of_environment(void) {
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG", NULL};
    struct text value = TEXT_NONE;
    for (int i = 0; variables[i] && value.length == 0; i++)
        value = text_from(getenv(variables[i]));
    if (text_starts_with(value, "zh_TW") || text_starts_with(value, "zh_HK") || text_starts_with(value, "zh_MO"))
        return TEXT("zh-Hant");
    if (text_starts_with(value, "zh"))
        return TEXT("zh-Hans");
    return TEXT("en");
}

struct display display_of(FILE *out) {
    struct display display = {.terminal = isatty(fileno(out)) == 1, .language = language_of_environment()};
    const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM"), *columns = getenv("COLUMNS");
    struct winsize size;
    display.colours = display.terminal && !(no_colour && *no_colour) && term && strcmp(term, "dumb") != 0;
    if (display.terminal && ioctl(fileno(out), TIOCGWINSZ, &size) == 0) {
        display.columns = size.ws_col;
        display.rows = size.ws_row;
    }
    int64_t wanted;
    if (display.terminal && columns && text_to_int64(text_from(columns), &wanted) && wanted > 0 && wanted < 10000)
        display.columns = (unsigned)wanted;
    return display;
}

const char *display_colour(const struct display *display, enum colour colour) {
    static const char *const sequences[] = {"\033[0m", "\033[32m", "\033[31m", "\033[33m", "\033[2m", "\033[1m"};
    return display->colours ? sequences[colour] : "";
}

enum colour display_colour_of(struct text word) {
    static const struct {
        const char *word;
        enum colour colour;
    } table[] = {
        {"granted", COLOUR_GOOD},   {"applied", COLOUR_GOOD},  {"current", COLOUR_GOOD},    {"yes", COLOUR_GOOD},
        {"refused", COLOUR_BAD},    {"expired", COLOUR_BAD},   {"stuck", COLOUR_BAD},       {"undo_stuck", COLOUR_BAD},
        {"terminated", COLOUR_BAD}, {"void", COLOUR_BAD},      {"error", COLOUR_BAD},       {"unsatisfied", COLOUR_BAD},
        {"asked", COLOUR_BUSY},     {"running", COLOUR_BUSY},  {"received", COLOUR_BUSY},   {"accepted", COLOUR_BUSY},
        {"retrying", COLOUR_BUSY},  {"partial", COLOUR_BUSY},  {"stopping", COLOUR_BUSY},   {"correction", COLOUR_BUSY},
        {"skipped", COLOUR_FAINT},  {"waiting", COLOUR_FAINT}, {"cancelled", COLOUR_FAINT}, {"withdrawn", COLOUR_FAINT},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (text_is(word, table[i].word))
            return table[i].colour;
    return COLOUR_PLAIN;
}

struct text display_title(const struct display *display, const struct json *title) {
    static const char *const others[] = {"zh-Hant", "zh-Hans", "en"};
    if (title && title->type == JSON_STRING)
        return title->text;
    struct text found = json_get_text(title, display->language);
    for (int i = 0; i < 3 && text_is_none(found); i++)
        found = json_get_text(title, text_from(others[i]));
    return found;
}

/* ---- times ---- */

struct text display_time(struct arena *arena, struct text rfc3339, int64_t now_us) {
    int64_t at;
    if (text_is_none(rfc3339) || time_parse(rfc3339, &at, NULL) != OUTCOME_OK)
        return TEXT("-");
    int64_t local = at + TIME_CHINA_OFFSET_US, days = local / TIME_DAY_US,
            second = local % TIME_DAY_US / TIME_SECOND_US;
    struct civil_date date = civil_from_days(days),
                      now = civil_from_days((now_us + TIME_CHINA_OFFSET_US) / TIME_DAY_US);
    if (date.year != now.year)
        return text_format(arena, "%04d-%02d-%02d %02d:%02d", date.year, date.month, date.day, (int)(second / 3600),
                           (int)(second / 60 % 60));
    return text_format(arena, "%02d-%02d %02d:%02d:%02d", date.month, date.day, (int)(second / 3600),
                       (int)(second / 60 % 60), (int)(second % 60));
}

struct text display_duration(struct arena *arena, int64_t us) {
    if (us < 0)
        us = 0;
    if (us < TIME_SECOND_US)
        return text_format(arena, "%dms", (int)(us / 1000));
    if (us < 10 * TIME_SECOND_US)
        return text_format(arena, "%d.%ds", (int)(us / TIME_SECOND_US), (int)(us % TIME_SECOND_US / 100000));
    if (us < TIME_MINUTE_US)
        return text_format(arena, "%ds", (int)(us / TIME_SECOND_US));
    if (us < TIME_HOUR_US)
        return text_format(arena, "%dm %02ds", (int)(us / TIME_MINUTE_US), (int)(us % TIME_MINUTE_US / TIME_SECOND_US));
    if (us < TIME_DAY_US)
        return text_format(arena, "%dh %02dm", (int)(us / TIME_HOUR_US), (int)(us % TIME_HOUR_US / TIME_MINUTE_US));
    return text_format(arena, "%lldd %dh", (long long)(us / TIME_DAY_US), (int)(us % TIME_DAY_US / TIME_HOUR_US));
}

struct text display_between(struct arena *arena, struct text from, struct text until, int64_t now_us) {
    int64_t begin, end = now_us;
    if (text_is_none(from) || time_parse(from, &begin, NULL) != OUTCOME_OK)
        return TEXT("-");
    if (!text_is_none(until) && time_parse(until, &end, NULL) != OUTCOME_OK)
        return TEXT("-");
    return display_duration(arena, end - begin);
}

/* ---- tables ---- */

void table_begin(struct table *table, struct arena *arena, const char *const *headings) {
    *table = (struct table){.arena = arena, .headings = headings};
    while (headings[table->columns] && table->columns < TABLE_COLUMNS_MOST)
        table->columns++;
}

void table_put_colour(struct table *table, struct text text, enum colour colour) {
    if (table->count == table->room) {
        uint32_t room = table->room ? table->room * 2 : 64;
        struct table_cell *cells = arena_new_array(table->arena, room, struct table_cell);
        if (!cells)
            return; /* a table so long that memory ends is cut */
        if (table->count > 0)
            memcpy(cells, table->cells, table->count * sizeof *cells);
        table->cells = cells;
        table->room = room;
    }
    table->cells[table->count++] = (struct table_cell){text.length > 0 ? text : TEXT("-"), colour};
}

void table_put(struct table *table, struct text text) {
    table_put_colour(table, text, COLOUR_PLAIN);
}
void table_put_state(struct table *table, struct text text) {
    table_put_colour(table, text, display_colour_of(text));
}

static bool is_right(const char *heading) {
    return heading[0] == '>';
}
static struct text heading_text(const char *heading) {
    struct text text = text_from(heading + (is_right(heading) ? 1 : 0));
    if (text_ends_with(text, "*"))
        text.length--;
    return text;
}

static void measure(const struct table *table, const struct display *display, unsigned widths[TABLE_COLUMNS_MOST]) {
    unsigned total = 0;
    for (unsigned c = 0; c < table->columns; c++) {
        widths[c] = display_width(heading_text(table->headings[c]));
        for (uint32_t i = c; i < table->count; i += table->columns) {
            unsigned width = display_width(table->cells[i].text);
            widths[c] = width > widths[c] ? width : widths[c];
        }
        total += widths[c] + 2;
    }
    for (unsigned c = 0; c < table->columns && display->columns > 0 && total > display->columns + 2; c++) {
        unsigned over = total - display->columns - 2;
        if (!text_ends_with(text_from(table->headings[c]), "*"))
            continue;
        unsigned least = 12, give = widths[c] > least ? widths[c] - least : 0;
        give = give > over ? over : give;
        widths[c] -= give;
        total -= give;
    }
}

static void print_cell(const struct display *display, FILE *out, struct table_cell cell, unsigned width, bool right,
                       bool last) {
    unsigned own = display_width(cell.text);
    struct text shown = cell.text;
    bool cut = own > width;
    if (cut) {
        shown = display_cut(cell.text, width - 1);
        own = display_width(shown) + 1;
    }
    unsigned gap = width > own ? width - own : 0;
    if (right)
        fprintf(out, "%*s", (int)gap, "");
    const char *colour = cell.colour == COLOUR_PLAIN ? "" : display_colour(display, cell.colour);
    fputs(colour, out);
    display_put_safe(out, shown);
    fputs(cut ? "…" : "", out);
    fputs(*colour ? display_colour(display, COLOUR_PLAIN) : "", out);
    if (!last)
        fprintf(out, "%*s", (int)(right ? 2 : gap + 2), "");
}

void table_print(const struct table *table, const struct display *display, FILE *out) {
    unsigned widths[TABLE_COLUMNS_MOST];
    measure(table, display, widths);
    for (unsigned c = 0; c < table->columns; c++)
        print_cell(display, out, (struct table_cell){heading_text(table->headings[c]), COLOUR_STRONG}, widths[c],
                   is_right(table->headings[c]), c + 1 == table->columns);
    fputc('\n', out);
    for (uint32_t i = 0; i + table->columns <= table->count; i += table->columns) {
        for (unsigned c = 0; c < table->columns; c++)
            print_cell(display, out, table->cells[i + c], widths[c], is_right(table->headings[c]),
                       c + 1 == table->columns);
        fputc('\n', out);
    }
}
