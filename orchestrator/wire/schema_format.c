/* The table of formats: one row a format, so that code, reference and command line read the same list. */
#include "wire/schema_format.h"

static const struct format formats[] = {
    {"date", format_is_date, "a day as YYYY-MM-DD that exists (RFC 3339)"},
    {"time", format_is_time, "a time of day with offset, a leap second only at 23:59:60 UTC (RFC 3339)"},
    {"date-time", format_is_date_time, "a moment with offset, such as 2026-03-02T09:00:00+08:00 (RFC 3339)"},
    {"email", format_is_email, "a mailbox in ASCII (RFC 5321)"},
    {"idn-email", format_is_idn_email, "a mailbox in any script (RFC 6531)"},
    {"hostname", format_is_hostname, "a host name in ASCII, punycode labels checked (RFC 1123, RFC 5890)"},
    {"idn-hostname", format_is_idn_hostname, "a host name in any script (RFC 5890 to 5892)"},
    {"ipv4", format_is_ipv4, "four decimal numbers to 255, without leading zeros (RFC 2673)"},
    {"ipv6", format_is_ipv6, "an IPv6 address without zone or prefix length (RFC 4291)"},
    {"uri", format_is_uri, "a URI with scheme (RFC 3986)"},
    {"uri-reference", format_is_uri_reference, "a URI or a relative reference (RFC 3986)"},
    {"iri", format_is_iri, "a URI in any script (RFC 3987)"},
    {"iri-reference", format_is_iri_reference, "an IRI or a relative reference (RFC 3987)"},
    {"uri-template", format_is_uri_template, "a URI with {expressions} (RFC 6570)"},
    {"json-pointer", format_is_json_pointer, "a JSON pointer (RFC 6901)"},
    {"relative-json-pointer", format_is_relative_json_pointer, "a relative JSON pointer"},
    {"regex", format_is_regex, "a regular expression of ECMA 262"},
    {"citizen-id", format_is_citizen_id,
     "a citizen's number of 18 characters: province, day of birth, check character (GB 11643-1999)"},
    {"company-id", format_is_company_id,
     "a unified social credit code of 18 characters: authority, province, check character (GB 32100-2015)"},
    {"real-estate-unit", format_is_real_estate_unit,
     "a real-estate unit number of 28 characters: cadastral area, parcel, fixture (GB/T 37346-2019)"},
    {"region-code", format_is_region_code, "a region of six digits: province, prefecture, county (GB/T 2260)"},
};
#define FORMAT_COUNT (sizeof formats / sizeof formats[0])

const struct format *format_table(size_t *ret_count) {
    *ret_count = FORMAT_COUNT;
    return formats;
}

const struct format *format_find(struct text name) {
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (text_is(name, formats[i].name))
            return &formats[i];
    return NULL;
}

bool format_check(struct text name, struct text value, const char **ret_why) {
    const char *why = "there is no format of this name";
    const struct format *format = format_find(name);
    if (format && format->check(value, &why))
        return true;
    if (ret_why)
        *ret_why = why;
    return false;
}

bool format_is_digits(struct text t) {
    for (size_t i = 0; i < t.length; i++)
        if (t.at[i] < '0' || t.at[i] > '9')
            return false;
    return t.length > 0;
}

uint32_t format_next_code_point(struct text value, size_t *at) {
    const unsigned char *p = (const unsigned char *)value.at + *at;
    size_t size = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (size > value.length - *at)
        size = 1;
    *at += size;
    switch (size) {
    case 1: return p[0];
    case 2: return (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
    case 3: return (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
    default: return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3f) << 12 | (uint32_t)(p[2] & 0x3f) << 6 |
                    (p[3] & 0x3f);
    }
}
