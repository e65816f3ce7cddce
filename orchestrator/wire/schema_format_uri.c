/* URIs, IRIs and URI templates, by the grammars of RFC 3986, 3987 and 6570. */
#include "wire/schema_format.h"

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/* RFC 3987 §2.2 ucschar */
static bool is_ucschar(uint32_t c) {
    if (c < 0xa0 || (c & 0xfffe) == 0xfffe)
        return false;
    return c <= 0xd7ff || (c >= 0xf900 && c <= 0xfdcf) || (c >= 0xfdf0 && c <= 0xffef) ||
           (c >= 0x10000 && c <= 0xdffff) || (c >= 0xe1000 && c <= 0xefffd);
}
static bool is_private(uint32_t c) {
    return (c >= 0xe000 && c <= 0xf8ff) || (c >= 0xf0000 && c <= 0xffffd) || (c >= 0x100000 && c <= 0x10fffd);
}

/* Unreserved, sub-delims and percent triplets, plus the bytes of `more`; in an IRI ucschar too. */
static bool is_component(struct text t, const char *more, bool iri, bool query) {
    for (size_t i = 0; i < t.length;) {
        char c = t.at[i];
        if (is_digit(c) || is_letter(c) || (c > 0 && (strchr("-._~!$&'()*+,;=", c) || strchr(more, c)))) {
            i++;
        } else if (c == '%') {
            if (i + 2 >= t.length || !is_hex(t.at[i + 1]) || !is_hex(t.at[i + 2]))
                return false;
            i += 3;
        } else {
            uint32_t point = format_next_code_point(t, &i);
            if (!iri || point < 0x80 || !(is_ucschar(point) || (query && is_private(point))))
                return false;
        }
    }
    return true;
}

/* RFC 3986 §3.2.2, brackets included */
static bool is_ip_literal(struct text t, const char **why) {
    if (t.length < 3 || t.at[t.length - 1] != ']')
        return format_refuse(why, "the address in brackets is not closed");
    struct text inner = text_part(t, 1, t.length - 2);
    if (inner.at[0] != 'v' && inner.at[0] != 'V')
        return format_is_ipv6(inner, why);
    size_t dot = text_find(inner, '.');
    if (dot == SIZE_MAX || dot < 2 || dot + 1 == inner.length ||
        !is_component(text_part(inner, dot + 1, inner.length - dot - 1), ":", false, false))
        return format_refuse(why, "the address in brackets is not well made");
    for (size_t i = 1; i < dot; i++)
        if (!is_hex(inner.at[i]))
            return format_refuse(why, "the address in brackets is not well made");
    return true;
}

static bool is_authority(struct text t, bool iri, const char **why) {
    size_t sign = text_find(t, '@');
    if (sign != SIZE_MAX) {
        if (!is_component(text_part(t, 0, sign), ":", iri, false))
            return format_refuse(why, "the user part has a character that must be percent-encoded");
        t = text_part(t, sign + 1, t.length - sign - 1);
    }
    size_t host = t.length;
    while (host > 0 && is_digit(t.at[host - 1]))
        host--;
    host = host > 0 && t.at[host - 1] == ':' ? host - 1 : t.length;
    struct text name = text_part(t, 0, host);
    if (name.length && name.at[0] == '[')
        return is_ip_literal(name, why);
    if (!is_component(name, "", iri, false))
        return format_refuse(why, "the host has a character that may not stand there");
    return true;
}

/* Length of the scheme with its colon, 0 when there is none. */
static size_t scheme_length(struct text t) {
    if (t.length == 0 || !is_letter(t.at[0]))
        return 0;
    for (size_t i = 1; i < t.length; i++) {
        if (t.at[i] == ':')
            return i + 1;
        if (!is_letter(t.at[i]) && !is_digit(t.at[i]) && !strchr("+-.", t.at[i]))
            return 0;
        if (t.at[i] == '\0')
            return 0;
    }
    return 0;
}

static bool is_path(struct text path, bool has_scheme, bool iri, const char **why) {
    if (!is_component(path, ":@/", iri, false))
        return format_refuse(why, "the path has a character that must be percent-encoded");
    size_t colon = text_find(path, ':'), slash = text_find(path, '/');
    if (!has_scheme && colon != SIZE_MAX && colon < slash)
        return format_refuse(why, "the first part of a relative path has a colon");
    return true;
}

static bool is_reference(struct text t, bool relative, bool iri, const char **why) {
    size_t scheme = scheme_length(t);
    if (scheme == 0 && !relative)
        return format_refuse(why, "the scheme, such as https:, is missing");
    struct text rest = text_part(t, scheme, t.length - scheme);
    size_t hash = text_find(rest, '#');
    if (hash != SIZE_MAX) {
        if (!is_component(text_part(rest, hash + 1, rest.length - hash - 1), ":@/?", iri, false))
            return format_refuse(why, "the fragment has a character that must be percent-encoded");
        rest.length = hash;
    }
    size_t question = text_find(rest, '?');
    if (question != SIZE_MAX) {
        if (!is_component(text_part(rest, question + 1, rest.length - question - 1), ":@/?", iri, true))
            return format_refuse(why, "the query has a character that must be percent-encoded");
        rest.length = question;
    }
    if (!text_starts_with(rest, "//"))
        return is_path(rest, scheme > 0, iri, why);
    size_t end = 2;
    while (end < rest.length && rest.at[end] != '/')
        end++;
    return is_authority(text_part(rest, 2, end - 2), iri, why) &&
           is_path(text_part(rest, end, rest.length - end), true, iri, why);
}

bool format_is_uri(struct text t, const char **why) { return is_reference(t, false, false, why); }
bool format_is_uri_reference(struct text t, const char **why) { return is_reference(t, true, false, why); }
bool format_is_iri(struct text t, const char **why) { return is_reference(t, false, true, why); }
bool format_is_iri_reference(struct text t, const char **why) { return is_reference(t, true, true, why); }

/* RFC 6570 §2.3 and §2.4: varname with :prefix or *, at *at up to , or the end. */
static bool is_variable(struct text t, size_t *at) {
    size_t i = *at;
    bool dot = true;
    for (; i < t.length; i++) {
        char c = t.at[i];
        if (c == '%') {
            if (i + 2 >= t.length || !is_hex(t.at[i + 1]) || !is_hex(t.at[i + 2]))
                return false;
            i += 2;
        } else if (c == '.') {
            if (dot)
                return false;
        } else if (!is_letter(c) && !is_digit(c) && c != '_') {
            break;
        }
        dot = c == '.';
    }
    if (dot)
        return false;
    if (i < t.length && t.at[i] == '*') {
        i++;
    } else if (i < t.length && t.at[i] == ':') {
        size_t first = ++i;
        while (i < t.length && is_digit(t.at[i]))
            i++;
        if (i == first || i - first > 4 || t.at[first] == '0')
            return false;
    }
    *at = i;
    return true;
}

static bool is_expression(struct text t) {
    size_t at = t.length && t.at[0] && strchr("+#./;?&=,!@|", t.at[0]) ? 1 : 0;
    for (;; at++) {
        if (!is_variable(t, &at))
            return false;
        if (at == t.length)
            return true;
        if (t.at[at] != ',')
            return false;
    }
}

bool format_is_uri_template(struct text t, const char **why) {
    for (size_t i = 0; i < t.length;) {
        char c = t.at[i];
        if (c == '{') {
            size_t length = text_find(text_part(t, i + 1, t.length - i - 1), '}');
            if (length == SIZE_MAX || !is_expression(text_part(t, i + 1, length)))
                return format_refuse(why, "an expression in braces is not closed or not well made");
            i += length + 2;
        } else if (c == '%') {
            if (i + 2 >= t.length || !is_hex(t.at[i + 1]) || !is_hex(t.at[i + 2]))
                return format_refuse(why, "a % stands without two hexadecimal digits");
            i += 3;
        } else {
            uint32_t point = format_next_code_point(t, &i);
            bool literal = point < 0x80 ? point > 0x20 && point != 0x7f && !strchr("\"'<>\\^`|}", (int)point)
                                        : is_ucschar(point) || is_private(point);
            if (!literal)
                return format_refuse(why, "a character may not stand in a URI template");
        }
    }
    return true;
}
