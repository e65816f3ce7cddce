/* Patterns run by PCRE2: compiled once, matched with a limit, so that no text and no pattern can stop the machine. */
#include "wire/schema_part.h"

/* PCRE2 does not say how much a match cost, only that it was more than a limit. So a match is tried with a small one
 * first, and each greater one is paid for from the document's steps before it is tried: a thousand texts that each stay
 * just within the limit of one match are as much work as one text beyond it. A step is about as long as ten backtrackings. */
static const struct { uint32_t match_limit; size_t steps; } efforts[SCHEMA_EFFORTS] = {
    {1000, 0}, {30000, 3000}, {SCHEMA_MATCH_LIMIT, SCHEMA_MATCH_LIMIT / 10},
};

/* An expression grows when it is rewritten, most for \S in a class. */
#define TRANSLATED_BYTES_MOST (SCHEMA_PATTERN_BYTES_MOST * 64)

static void *pattern_alloc(size_t size, void *context) {
    (void)context;
    return memory_alloc(size);
}
static void pattern_release(void *memory, void *context) {
    (void)context;
    memory_free(memory);
}
static void free_general(pcre2_general_context **context) { pcre2_general_context_free(*context); }
static void free_compile(pcre2_compile_context **context) { pcre2_compile_context_free(*context); }

static bool ensure_limits(struct schema *schema, pcre2_general_context *general) {
    for (int i = 0; i < SCHEMA_EFFORTS; i++) {
        if (!schema->limits[i] && !(schema->limits[i] = pcre2_match_context_create(general)))
            return false;
        pcre2_set_match_limit(schema->limits[i], efforts[i].match_limit);
        pcre2_set_depth_limit(schema->limits[i], efforts[i].match_limit);
        pcre2_set_heap_limit(schema->limits[i], 16 * 1024);            /* KiB */
    }
    return true;
}

static struct schema_pattern *no_memory(struct compilation *c) {
    c->failed = true;
    return NULL;
}

static struct schema_pattern *bad_pattern(struct compilation *c, struct text keyword, const char *why) {
    compile_fault(c, keyword, "schema_pattern", "the pattern is no regular expression of ECMA 262: %s", why);
    return NULL;
}

struct schema_pattern *compile_pattern(struct compilation *c, struct text keyword, struct text source) {
    for (struct schema_pattern *known = c->schema->patterns; known; known = known->next)
        if (text_equal(known->source, source))
            return known;
    if (source.length > SCHEMA_PATTERN_BYTES_MOST)
        return bad_pattern(c, keyword, "it is longer than 4096 bytes");
    struct buffer translated _cleanup_buffer_;
    buffer_init(&translated, TRANSLATED_BYTES_MOST);
    const char *why = "";
    if (!regex_translate(source, &translated, &why))
        return bad_pattern(c, keyword, why);
    struct schema_pattern *pattern = arena_new(c->arena, struct schema_pattern);
    pcre2_general_context *general _cleanup_(free_general) =
        pcre2_general_context_create(pattern_alloc, pattern_release, NULL);
    pcre2_compile_context *settings _cleanup_(free_compile) = general ? pcre2_compile_context_create(general) : NULL;
    if (translated.failed || !pattern || !settings || !ensure_limits(c->schema, general))
        return no_memory(c);
    int error = 0;
    PCRE2_SIZE offset = 0;
    struct text form = buffer_text(&translated);
    uint32_t options = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF | PCRE2_NEVER_BACKSLASH_C;
    pattern->code = pcre2_compile((PCRE2_SPTR)form.at, form.length, options, &error, &offset, settings);
    if (!pattern->code && error == PCRE2_ERROR_NOMEMORY)
        return no_memory(c);
    if (!pattern->code && error == 121)                          /* PCRE2_ERROR_HEAP_FAILED of its compiler */
        return no_memory(c);
    if (!pattern->code) {
        PCRE2_UCHAR message[160];
        pcre2_get_error_message(error, message, sizeof message);
        return bad_pattern(c, keyword, (const char *)message);
    }
    pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);        /* where it can't, the interpreter runs it */
    pattern->source = source;
    pattern->next = c->schema->patterns;
    c->schema->patterns = pattern;
    return pattern;
}

void schema_free(struct schema *schema) {
    if (!schema)
        return;
    for (struct schema_pattern *pattern = schema->patterns; pattern; pattern = pattern->next)
        pcre2_code_free(pattern->code);
    schema->patterns = NULL;
    for (int i = 0; i < SCHEMA_EFFORTS; i++) {
        pcre2_match_context_free(schema->limits[i]);
        schema->limits[i] = NULL;
    }
}

/* 1 matches, 0 does not, otherwise PCRE2's error. */
static int pattern_run(const struct schema *schema, const struct schema_pattern *pattern, struct text t,
                       pcre2_match_data *match, int effort) {
    PCRE2_SPTR at = (PCRE2_SPTR)(t.at ? t.at : "");
    pcre2_match_context *limits = schema->limits[effort];
    int result = pcre2_match(pattern->code, at, t.length, 0, PCRE2_NO_UTF_CHECK, match, limits);
    if (result == PCRE2_ERROR_JIT_STACKLIMIT)
        result = pcre2_match(pattern->code, at, t.length, 0, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, match, limits);
    return result >= 0 ? 1 : result == PCRE2_ERROR_NOMATCH ? 0 : result;
}

static pcre2_match_data *match_data_make(void) {
    pcre2_general_context *general _cleanup_(free_general) =
        pcre2_general_context_create(pattern_alloc, pattern_release, NULL);
    return general ? pcre2_match_data_create(1, general) : NULL;
}

bool validate_pattern(struct validation *v, const struct schema_pattern *pattern, struct text t) {
    if (!v->match && !(v->match = match_data_make())) {
        v->no_memory = v->stopped = true;
        return false;
    }
    int result = PCRE2_ERROR_MATCHLIMIT;
    for (int i = 0; i < SCHEMA_EFFORTS && (result == PCRE2_ERROR_MATCHLIMIT || result == PCRE2_ERROR_DEPTHLIMIT); i++) {
        size_t cost = t.length / 16 + efforts[i].steps;          /* long texts are work too */
        if (v->steps <= cost)
            return validate_exceeded(v);
        v->steps -= cost;
        result = pattern_run(v->schema, pattern, t, v->match, i);
    }
    if (result == PCRE2_ERROR_NOMEMORY)
        v->no_memory = v->stopped = true;
    else if (result < 0)
        return validate_exceeded(v);
    return result == 1;
}

bool schema_pattern_matches(const struct schema *schema, const struct schema_pattern *pattern, struct text t) {
    pcre2_match_data *match = match_data_make();
    bool matches = match && pattern_run(schema, pattern, t, match, SCHEMA_EFFORTS - 1) == 1;
    pcre2_match_data_free(match);
    return matches;
}
