/* Mailboxes, host names in ASCII and IP addresses. */
#include "wire/schema_format.h"

#define HOSTNAME_BYTES_MOST 253   /* RFC 1035 §2.3.4: 255 octets on the wire */
#define LOCAL_BYTES_MOST 64       /* RFC 5321 §4.5.3.1.1 */
#define MAILBOX_BYTES_MOST 254    /* RFC 5321 §4.5.3.1.3, erratum 1690 */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

static bool is_ascii_label(struct text label, const char **why) {
    if (label.length == 0 || label.length > 63)
        return format_refuse(why, "a part of a host name has 1 to 63 characters");
    for (size_t i = 0; i < label.length; i++)
        if (!is_digit(label.at[i]) && !is_letter(label.at[i]) && label.at[i] != '-')
            return format_refuse(why, "a host name has letters, digits and hyphens only");
    if (label.at[0] == '-' || label.at[label.length - 1] == '-')
        return format_refuse(why, "a part of a host name neither begins nor ends with a hyphen");
    /* RFC 5890 §2.3.1: a label with xn-- has to be a real one */
    if (label.length > 4 && (label.at[0] | 32) == 'x' && (label.at[1] | 32) == 'n' && label.at[2] == '-' &&
        label.at[3] == '-')
        return format_is_idn_hostname(label, why);
    return true;
}

bool format_is_hostname(struct text t, const char **why) {
    if (t.length == 0 || t.length > HOSTNAME_BYTES_MOST)
        return format_refuse(why, "a host name has 1 to 253 characters");
    size_t from = 0;
    for (size_t i = 0; i <= t.length; i++) {
        if (i < t.length && t.at[i] != '.')
            continue;
        if (!is_ascii_label(text_part(t, from, i - from), why))
            return false;
        from = i + 1;
    }
    return true;
}

bool format_is_ipv4(struct text t, const char **why) {
    size_t at = 0;
    for (int part = 0; part < 4; part++) {
        int value = 0;
        size_t first = at;
        while (at < t.length && is_digit(t.at[at]) && at - first < 3)
            value = value * 10 + (t.at[at++] - '0');
        if (at == first || value > 255 || (at - first > 1 && t.at[first] == '0'))
            return format_refuse(why, "an IPv4 address has four numbers from 0 to 255, without leading zeros");
        if (part < 3 && (at >= t.length || t.at[at++] != '.'))
            return format_refuse(why, "an IPv4 address has four numbers with dots between");
    }
    return at == t.length ? true : format_refuse(why, "something stands behind the IPv4 address");
}

bool format_is_ipv6(struct text t, const char **why) {
    size_t at = 0, groups = 0;
    bool gap = false;
    if (t.length >= 2 && t.at[0] == ':' && t.at[1] == ':') {
        gap = true;
        at = 2;
    }
    while (at < t.length) {
        size_t first = at;
        while (at < t.length && is_hex(t.at[at]))
            at++;
        if (at < t.length && t.at[at] == '.') {
            if (!format_is_ipv4(text_part(t, first, t.length - first), why))
                return false;
            groups += 2;
            at = t.length;
            break;
        }
        if (at == first || at - first > 4)
            return format_refuse(why, "a group of an IPv6 address has one to four hexadecimal digits");
        groups++;
        if (at == t.length)
            break;
        if (t.at[at++] != ':' || at == t.length)
            return format_refuse(why, "the groups of an IPv6 address have colons between");
        if (t.at[at] == ':') {
            if (gap)
                return format_refuse(why, "an IPv6 address has at most one ::");
            gap = true;
            at++;
        }
    }
    if (gap ? groups > 7 : groups != 8)
        return format_refuse(why, "an IPv6 address has eight groups, or fewer and one ::");
    return true;
}

/* [127.0.0.1] or [IPv6:…], brackets included. */
static bool is_address_literal(struct text t, const char **why) {
    if (t.length < 3 || t.at[t.length - 1] != ']')
        return format_refuse(why, "the address in brackets is not closed");
    struct text inner = text_part(t, 1, t.length - 2);
    if (text_starts_with(inner, "IPv6:"))
        return format_is_ipv6(text_part(inner, 5, inner.length - 5), why);
    return format_is_ipv4(inner, why);
}

static bool is_atom_byte(unsigned char c, bool any_script) {
    if (c >= 0x80)
        return any_script;
    return is_digit((char)c) || is_letter((char)c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static bool is_quoted_local(struct text local, bool any_script) {
    for (size_t i = 1; i + 1 < local.length; i++) {
        unsigned char c = (unsigned char)local.at[i];
        if (c == '\\') {
            if (++i + 1 >= local.length || local.at[i] < 32 || local.at[i] > 126)
                return false;
        } else if (c == '"' || c < 32 || c == 127 || (c >= 0x80 && !any_script)) {
            return false;
        }
    }
    return local.length >= 2 && local.at[local.length - 1] == '"';
}

static bool is_dotted_local(struct text local, bool any_script) {
    bool after_dot = true;
    for (size_t i = 0; i < local.length; i++) {
        bool dot = local.at[i] == '.';
        if (dot ? after_dot : !is_atom_byte((unsigned char)local.at[i], any_script))
            return false;
        after_dot = dot;
    }
    return local.length > 0 && !after_dot;
}

static bool is_mailbox(struct text t, bool any_script, const char **why) {
    size_t sign = t.length;
    for (size_t i = t.length; i > 0 && sign == t.length; i--)
        if (t.at[i - 1] == '@')
            sign = i - 1;
    if (sign == t.length)
        return format_refuse(why, "a mail address has an @");
    if (t.length > MAILBOX_BYTES_MOST || sign > LOCAL_BYTES_MOST)
        return format_refuse(why, "the mail address is too long");
    struct text local = text_part(t, 0, sign), domain = text_part(t, sign + 1, t.length - sign - 1);
    bool quoted = local.length && local.at[0] == '"';
    if (quoted ? !is_quoted_local(local, any_script) : !is_dotted_local(local, any_script))
        return format_refuse(why, "the part before the @ is not well made");
    if (domain.length && domain.at[0] == '[')
        return is_address_literal(domain, why);
    return any_script ? format_is_idn_hostname(domain, why) : format_is_hostname(domain, why);
}

bool format_is_email(struct text t, const char **why) { return is_mailbox(t, false, why); }
bool format_is_idn_email(struct text t, const char **why) { return is_mailbox(t, true, why); }
