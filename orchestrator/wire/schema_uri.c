/* References between schemas: RFC 3986 §5, resolved as text. */
#include "wire/schema_part.h"

struct uri { struct text scheme, authority, path, query; bool has_scheme, has_authority, has_query; };

/* `t` has no fragment. Scheme without ':', authority without "//", query without '?'. */
static struct uri uri_read(struct text t) {
    struct uri u = {.path = t};
    size_t colon = text_find(t, ':');
    bool scheme = colon != SIZE_MAX && colon > 0 && (t.at[0] | 32) >= 'a' && (t.at[0] | 32) <= 'z';
    for (size_t i = 0; scheme && i < colon; i++)
        scheme = t.at[i] != '/' && t.at[i] != '?';
    if (scheme) {
        u.has_scheme = true;
        u.scheme = text_part(t, 0, colon);
        t = text_part(t, colon + 1, t.length - colon - 1);
    }
    if (text_starts_with(t, "//")) {
        size_t end = 2;
        while (end < t.length && t.at[end] != '/' && t.at[end] != '?')
            end++;
        u.has_authority = true;
        u.authority = text_part(t, 2, end - 2);
        t = text_part(t, end, t.length - end);
    }
    size_t question = text_find(t, '?');
    u.path = t;
    if (question != SIZE_MAX) {
        u.has_query = true;
        u.query = text_part(t, question + 1, t.length - question - 1);
        u.path.length = question;
    }
    return u;
}

/* RFC 3986 §5.2.4, in place. */
static size_t remove_dot_segments(char *path, size_t length) {
    size_t out = 0, at = 0;
    while (at < length) {
        size_t end = at + 1;
        while (end < length && path[end] != '/')
            end++;
        struct text segment = text_span(path + at, end - at);
        bool up = text_is(segment, "/..") || text_is(segment, "..");
        if (up || text_is(segment, "/.") || text_is(segment, ".")) {
            while (up && out > 0 && path[--out] != '/')
                continue;
            if (end == length)
                path[out++] = '/';
        } else {
            memmove(path + out, path + at, end - at);
            out += end - at;
        }
        at = end;
    }
    return out;
}

static struct text merge_paths(struct arena *arena, const struct uri *base, struct text path) {
    size_t keep = base->path.length;
    while (keep > 0 && base->path.at[keep - 1] != '/')
        keep--;
    const char *slash = base->has_authority && base->path.length == 0 ? "/" : "";
    return text_format(arena, "%s%.*s%.*s", slash, TEXT_ARG(text_part(base->path, 0, keep)), TEXT_ARG(path));
}

void uri_split(struct text reference, struct text *uri, struct text *fragment) {
    size_t hash = text_find(reference, '#');
    if (hash == SIZE_MAX) {
        *uri = reference;
        *fragment = TEXT("");
        return;
    }
    *uri = text_part(reference, 0, hash);
    *fragment = text_part(reference, hash + 1, reference.length - hash - 1);
}

struct text uri_resolve(struct arena *arena, struct text base_text, struct text reference) {
    struct text uri, fragment;
    uri_split(reference, &uri, &fragment);
    struct uri r = uri_read(uri);
    if (text_is_none(base_text) || base_text.length == 0)
        return uri;
    if (uri.length == 0)
        return base_text;
    if (r.has_scheme)
        return uri;
    struct uri b = uri_read(base_text);
    if (b.has_scheme && !b.has_authority && (b.path.length == 0 || b.path.at[0] != '/'))
        return uri;                                     /* urn:… is no place to be relative to */
    struct text path = r.path, authority = b.authority;
    bool has_authority = b.has_authority;
    if (r.has_authority) {
        authority = r.authority;
        has_authority = true;
    } else if (r.path.length == 0) {
        path = b.path;
    } else if (r.path.at[0] != '/') {
        path = merge_paths(arena, &b, r.path);
    }
    struct text query = r.has_query || r.path.length || r.has_authority ? r.query : b.query;
    bool has_query = r.has_query || (!r.path.length && !r.has_authority && b.has_query);
    char *room = arena_copy(arena, path.at ? path.at : "", path.length);
    if (!room)
        return TEXT_NONE;
    path = text_span(room, remove_dot_segments(room, path.length));
    return text_format(arena, "%.*s%s%s%.*s%.*s%s%.*s", TEXT_ARG(b.scheme), b.has_scheme ? ":" : "",
                       has_authority ? "//" : "", TEXT_ARG(authority), TEXT_ARG(path), has_query ? "?" : "",
                       TEXT_ARG(query));
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct text uri_decode(struct arena *arena, struct text t) {
    if (text_find(t, '%') == SIZE_MAX)
        return t;
    char *room = arena_copy(arena, t.at, t.length);
    size_t out = 0;
    for (size_t i = 0; room && i < t.length; i++, out++) {
        room[out] = t.at[i];
        if (t.at[i] != '%')
            continue;
        int high = i + 2 < t.length ? hex_value(t.at[i + 1]) : -1;
        int low = i + 2 < t.length ? hex_value(t.at[i + 2]) : -1;
        if (high < 0 || low < 0)
            return TEXT_NONE;
        room[out] = (char)(high << 4 | low);
        i += 2;
    }
    return room ? text_span(room, out) : TEXT_NONE;
}
