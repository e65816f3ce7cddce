/* Formats: what a string has to look like to be a date, an address, a citizen's number.
 *
 * The functions behind JSON Schema's `format` (RFC 3339, 5321, 6531, 1123, 5890 ff., 3986, 3987, 6570, 6901, ECMA 262)
 * and behind the identifiers of the domain (GB 11643, GB 32100, GB/T 37346, GB/T 2260). Called by the schema
 * validator, by `yjsctl id check KIND VALUE` and by whoever holds an identifier in his hands. Pure, allocation-free,
 * linear in the length of the value, from any thread. A value is well-formed UTF-8 (json_read makes sure of it).
 *
 * A format says that a value is well made, not that it exists: whether 441302199001011234 was ever given to someone is
 * the police's to know. No clock is read, so a birthday in the future passes.
 */
#ifndef YJS_WIRE_SCHEMA_FORMAT_H
#define YJS_WIRE_SCHEMA_FORMAT_H

#include "base/text.h"

struct format {
    const char *name;                                      /* as in `"format": "…"` */
    /* True when `value` is one; otherwise *why says in a sentence for people what is wrong. `why` is never NULL; the
     * sentence is static and never contains the value. */
    bool (*check)(struct text value, const char **why);
    const char *checks;                                    /* what is checked, for reference pages and --help */
};

/* The table, in the order of the reference. */
const struct format *format_table(size_t *ret_count);
/* NULL when there is no format of that name. */
const struct format *format_find(struct text name);
/* Is `value` well made by the format of that name? *ret_why (which may be NULL) is written when it is not, and when
 * there is no such format. */
bool format_check(struct text name, struct text value, const char **ret_why);

/* The single checks, for callers that know what they want. */
bool format_is_date(struct text, const char **why);
bool format_is_time(struct text, const char **why);
bool format_is_date_time(struct text, const char **why);
bool format_is_email(struct text, const char **why);
bool format_is_idn_email(struct text, const char **why);
bool format_is_hostname(struct text, const char **why);
bool format_is_idn_hostname(struct text, const char **why);
bool format_is_ipv4(struct text, const char **why);
bool format_is_ipv6(struct text, const char **why);
bool format_is_uri(struct text, const char **why);
bool format_is_uri_reference(struct text, const char **why);
bool format_is_iri(struct text, const char **why);
bool format_is_iri_reference(struct text, const char **why);
bool format_is_uri_template(struct text, const char **why);
bool format_is_json_pointer(struct text, const char **why);
bool format_is_relative_json_pointer(struct text, const char **why);
bool format_is_regex(struct text, const char **why);
bool format_is_citizen_id(struct text, const char **why);
bool format_is_company_id(struct text, const char **why);
bool format_is_real_estate_unit(struct text, const char **why);
bool format_is_region_code(struct text, const char **why);

/* Used among the format files. */
bool format_is_digits(struct text);                            /* ASCII digits only, at least one */
/* Reads one code point of well-formed UTF-8 at *at and moves it; *at < value.length. */
uint32_t format_next_code_point(struct text value, size_t *at);
static inline bool format_refuse(const char **why, const char *sentence) { *why = sentence; return false; }
static inline struct text text_part(struct text t, size_t from, size_t length) {
    return (struct text){t.at + from, length};
}

/* IDNA 2008 properties of a code point (RFC 5892, 5893), from the generated table in schema_format_idn_table.c. */
enum idn_property {
    IDN_PVALID = 1, IDN_MARK = 2, IDN_VIRAMA = 4,
    IDN_JOIN_LEFT = 8, IDN_JOIN_RIGHT = 16, IDN_JOIN_DUAL = 32, IDN_JOIN_TRANSPARENT = 64,
    IDN_GREEK = 128, IDN_HEBREW = 256, IDN_KANA_HAN = 512,     /* Hiragana, Katakana or Han */
};
struct idn_range { uint32_t first, last; uint32_t properties; };
extern const struct idn_range idn_ranges[];
extern const size_t idn_range_count;

#endif
