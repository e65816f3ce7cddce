/* The one notice: derived from the definition and the answers, once and complete. */
#include "notice/notice_part.h"

#include "definition/limit.h"
#include "model/limits.h"
#include "wire/schema.h"

/* ---- conditions before anything has happened ---- */

enum answer { NO, YES, DEPENDS };
static const char *const answers[] = {"no", "yes", "depends"};

struct asking { const struct json *form; struct arena *arena; };

static void note_other(void *context, const struct expression_path *path) {
    bool *reads_other = context;
    *reads_other |= path->count == 0 || !path->segments[0].at || !text_is(path->segments[0], "form");
}

/* `and` and `or` may be decided by one side, whatever the other will say. */
static enum answer answer_of(const struct asking *a, const struct expression *e) {
    bool reads_other = false, holds;
    struct json_member member[] = {{TEXT("form"), *a->form}};
    struct json top = {.type = JSON_OBJECT, .count = 1, .children = member};
    struct expression_scope scope = expression_scope_of(&top);
    struct expression_budget budget = EXPRESSION_BUDGET;
    expression_paths(e, a->arena, note_other, &reads_other);
    if (!reads_other)
        return expression_evaluate_condition(e, &scope, &budget, a->arena, &holds, NULL) != OUTCOME_OK ? DEPENDS
               : holds ? YES : NO;
    if (e->kind != EXPRESSION_AND && e->kind != EXPRESSION_OR)
        return DEPENDS;
    enum answer decided = e->kind == EXPRESSION_AND ? NO : YES, left = answer_of(a, e->children[0]),
                right = answer_of(a, e->children[1]);
    if (left == decided || right == decided)
        return decided;
    return left == DEPENDS || right == DEPENDS ? DEPENDS : left;
}

static enum answer if_any(const struct asking *a, const struct expression *condition) {
    return condition ? answer_of(a, condition) : YES;
}

/* An item applies as soon as one step may work on it. */
static enum answer item_applies(const struct definition *d, const struct asking *a, uint16_t item) {
    enum answer best = NO;
    bool any = false;
    for (uint16_t i = 0; i < d->step_count; i++) {
        const struct step_definition *s = &d->steps[i];
        bool works = s->item == item && s->kind != STEP_DELIVER;
        enum answer one = works ? if_any(a, s->when) : NO;
        for (uint16_t k = 0; k < s->inspection.item_count; k++)
            if (s->inspection.items[k].item == item) {
                enum answer step = if_any(a, s->when), own = if_any(a, s->inspection.items[k].when);
                one = step == NO || own == NO ? NO : step == DEPENDS || own == DEPENDS ? DEPENDS : YES;
                works = true;
            }
        any |= works;
        best = one == YES || best == YES ? YES : one == DEPENDS || best == DEPENDS ? DEPENDS : NO;
    }
    return any ? best : YES;
}

/* ---- limits in words ---- */

struct text notice_limit(struct limit_time limit, struct text language, struct arena *arena) {
    static const struct { enum limit_unit unit; const char *hant, *hans; } rows[] = {
        {LIMIT_WORKDAYS, "個工作日", "个工作日"}, {LIMIT_HALF_DAYS, "個半天", "个半天"},
        {LIMIT_BUSINESS_HOURS, "個工作小時", "个工作小时"}, {LIMIT_CALENDAR_DAYS, "日", "日"},
    };
    char room[LIMIT_TIME_TEXT_SIZE];
    bool hans = text_is(language, "zh-Hans"), chinese = hans || text_is(language, "zh-Hant");
    if (limit.unit == LIMIT_NONE)
        return TEXT_NONE;
    if (limit.unit == LIMIT_ON_THE_SPOT && chinese)
        return hans ? TEXT("当场") : TEXT("當場");
    for (size_t i = 0; chinese && i < sizeof rows / sizeof *rows; i++)
        if (rows[i].unit == limit.unit)
            return text_format(arena, "%lld%s", (long long)limit.amount, hans ? rows[i].hans : rows[i].hant);
    struct text written = limit_format(limit, room);
    if (limit.unit == LIMIT_UNTIL_DATE && chinese)
        return text_format(arena, "至%.*s", TEXT_ARG(written.length > 6 ? text_span(written.at + 6, written.length - 6) : written));
    return text_copy(arena, written);
}

static void put_limit(struct json_writer *w, const char *name, struct limit_time limit, struct arena *arena) {
    static const char *const languages[] = {"zh-Hant", "zh-Hans", "en"};
    if (limit.unit == LIMIT_NONE)
        return;
    json_key(w, text_from(name));
    json_open(w, '{');
    for (size_t i = 0; i < 3; i++)
        put_text_member(w, languages[i], notice_limit(limit, text_from(languages[i]), arena));
    json_close(w, '}');
}

/* ---- parts ---- */

const struct title *department_title(const struct directory *directory, struct text id) {
    const struct department *found = directory && !text_is_none(id) ? directory_find(directory, id) : NULL;
    return found ? &found->title : NULL;
}

static void put_department(struct json_writer *w, const char *id_name, const char *title_name, const struct directory *directory,
                           struct text id) {
    const struct title *title = department_title(directory, id);
    put_text_member(w, id_name, id);
    if (!title)
        return;
    json_key(w, text_from(title_name));
    put_title(w, title);
}

static void put_items(struct json_writer *w, const struct definition *d, const struct directory *directory,
                      const struct asking *a) {
    json_key(w, TEXT("items"));
    json_open(w, '[');
    for (uint16_t i = 0; i < d->item_count; i++) {
        const struct item_definition *item = &d->items[i];
        json_open(w, '{');
        put_text_member(w, "id", item->id);
        put_text_member(w, "code", item->code);
        json_key(w, TEXT("title"));
        put_title(w, &item->title);
        put_text_member(w, "applies", text_from(answers[item_applies(d, a, i)]));
        put_department(w, "department", "department_title", directory, item->department);
        put_limit(w, "promise", item->promise, a->arena);
        put_limit(w, "statute", item->statute, a->arena);
        put_text_member(w, "basis", item->basis);
        json_close(w, '}');
    }
    json_close(w, ']');
}

/* Those whose steps are given the material, unless they surely do not take part. */
static void put_given_to(struct json_writer *w, const struct definition *d, const struct asking *a, uint16_t material) {
    struct use departments = {0};
    for (uint16_t i = 0; i < d->step_count; i++) {
        const struct step_definition *s = &d->steps[i];
        bool given = false;
        for (uint16_t k = 0; k < s->material_count; k++)
            given |= s->materials[k] == material;
        if (!given || if_any(a, s->when) == NO)
            continue;
        if (!text_is_none(s->department.id))
            use_add(a->arena, &departments, s->department.id);
        else if (!text_is_none(s->department.group))
            use_add(a->arena, &departments, text_format(a->arena, "group %.*s", TEXT_ARG(s->department.group)));
        for (uint16_t k = 0; k < s->inspection.item_count; k++)
            use_add(a->arena, &departments, d->items[s->inspection.items[k].item].department);
    }
    put_ids(w, "given_to", &departments);
}

static const char *need_of(const struct material_definition *m, enum answer wanted) {
    if (wanted == NO)
        return "not_needed";
    if (m->from_lookup)
        return "fetched";
    return !m->required ? "if_any" : m->tolerable_until.unit != LIMIT_NONE ? "later" : "bring";
}

static enum outcome put_material(struct json_writer *w, const struct definition *d, const struct directory *directory,
                                 const struct asking *a, uint16_t index, struct error *error) {
    const struct material_definition *m = &d->materials[index];
    enum answer wanted = if_any(a, m->when);
    if (wanted == DEPENDS)
        return error_set(error, OUTCOME_REJECT, "material_condition", "whether material %.*s is needed can't be told from the form",
                         TEXT_ARG(m->id));
    json_open(w, '{');
    put_text_member(w, "id", m->id);
    json_key(w, TEXT("title"));
    put_title(w, &m->title);
    put_text_member(w, "need", text_from(need_of(m, wanted)));
    if (m->any_of_count) {
        struct use members = {0};
        for (uint16_t i = 0; i < m->any_of_count; i++)
            use_add(a->arena, &members, d->materials[m->any_of[i]].id);
        put_ids(w, "any_of", &members);
    }
    if (m->from_lookup)
        put_department(w, "source", "source_title", directory, m->lookup_source);
    put_text_member(w, "basis", m->basis);
    put_text_member(w, "shown", m->least_trust == 'B' ? TEXT("original") : m->least_trust == 'C' ? TEXT("certified_copy") : TEXT_NONE);
    put_limit(w, "until", m->tolerable_until, a->arena);
    put_text_member(w, "trust", m->tolerable_until.unit == LIMIT_NONE ? TEXT_NONE : m->tolerable_trust);
    put_text_member(w, "if_missing", m->tolerable_until.unit == LIMIT_NONE ? TEXT_NONE : m->if_missing);
    put_given_to(w, d, a, index);
    json_close(w, '}');
    return OUTCOME_OK;
}

/* What is looked up only when the applicant says so by the name of its source (單獨同意): who does not know can't. */
static void put_consents(struct json_writer *w, const struct definition *d, const struct directory *directory, const struct asking *a) {
    json_key(w, TEXT("consents"));
    json_open(w, '[');
    for (uint16_t i = 0; i < d->step_count; i++) {
        const struct step_definition *s = &d->steps[i];
        const struct expression *when = s->is_fetch ? d->materials[s->fetches].when : s->when;
        if (s->kind != STEP_LOOKUP || !basis_is_separate(s->lookup.basis) || if_any(a, when) == NO)
            continue;
        json_open(w, '{');
        put_department(w, "source", "source_title", directory, s->lookup.source);
        json_key(w, TEXT("title"));
        put_title(w, s->is_fetch ? &d->materials[s->fetches].title : &s->title);
        put_text_member(w, "applies", text_from(answers[if_any(a, when)]));
        json_close(w, '}');
    }
    json_close(w, ']');
}

/* Who takes part, each once. */
static void put_departments(struct json_writer *w, const struct definition *d, const struct directory *directory,
                            const struct asking *a) {
    struct use all = {0};
    for (uint16_t i = 0; i < d->step_count; i++) {
        const struct step_definition *s = &d->steps[i];
        if (if_any(a, s->when) == NO)
            continue;
        if (!text_is_none(s->department.id))
            use_add(a->arena, &all, s->department.id);
        if (s->kind == STEP_LOOKUP && !text_is_none(s->lookup.source))
            use_add(a->arena, &all, s->lookup.source);
        for (uint16_t k = 0; k < s->inspection.item_count; k++)
            use_add(a->arena, &all, d->items[s->inspection.items[k].item].department);
    }
    json_key(w, TEXT("departments"));
    json_open(w, '[');
    for (uint32_t i = 0; i < all.count; i++) {
        json_open(w, '{');
        put_department(w, "id", "title", directory, all.at[i]);
        json_close(w, '}');
    }
    json_close(w, ']');
}

/* ---- the whole ---- */

static enum outcome check_form(const struct definition *d, const struct json *form, struct arena *arena, struct error *error) {
    struct schema_fault_list faults = {.most = 20};
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, LIMIT_reason_bytes_most);
    if (!d->form_schema)
        return OUTCOME_OK;
    enum outcome outcome = schema_validate(d->form_schema, form, arena, &faults);
    if (outcome != OUTCOME_REJECT)
        return outcome == OUTCOME_OK ? OUTCOME_OK : error_no_memory(error);
    for (size_t i = 0; i < faults.count; i++)
        buffer_format(&out, "%s%.*s: %.*s", i ? "; " : "", TEXT_ARG(faults.fault[i].at.length ? faults.fault[i].at : TEXT("/")),
                      TEXT_ARG(faults.fault[i].message));
    return error_set(error, OUTCOME_REJECT, "form_invalid", "the form is not as its schema wants it: %.*s",
                     TEXT_ARG(buffer_text(&out)));
}

static bool is_offered(const struct definition *d, struct text region) {
    bool offered = d->region_count == 0;
    for (uint16_t i = 0; i < d->region_count; i++)
        offered |= text_equal(d->regions[i], region);
    return offered;
}

enum outcome notice_write(const struct definition *whole, const struct directory *directory, const struct json *form,
                          struct text region, struct arena *arena, struct buffer *out, struct error *error) {
    struct field_list fields;
    struct json_writer w;
    if (text_is_none(region) && whole->region_count)
        region = whole->regions[0];
    if (!is_offered(whole, region))
        return error_set(error, OUTCOME_REJECT, "region_not_offered", "%.*s is not offered in region %.*s",
                         TEXT_ARG(whole->thing), TEXT_ARG(region));
    const struct definition *d = definition_for_region(whole, region);
    enum outcome outcome = check_form(d, form, arena, error);
    if (outcome == OUTCOME_OK && !fields_find(whole, arena, &fields))
        outcome = error_no_memory(error);
    if (outcome != OUTCOME_OK)
        return outcome;
    struct asking a = {form, arena};
    struct notice_figures figures = figures_of(d, &fields);
    json_begin(&w, out);
    json_open(&w, '{');
    put_text_member(&w, "thing", d->thing);
    json_key(&w, TEXT("title"));
    put_title(&w, &d->title);
    put_text_member(&w, "region", region);
    put_limit(&w, "promise", d->promise, arena);
    put_items(&w, d, directory, &a);
    json_key(&w, TEXT("materials"));
    json_open(&w, '[');
    for (uint16_t i = 0; i < d->material_count && outcome == OUTCOME_OK; i++)
        outcome = put_material(&w, d, directory, &a, i, error);
    json_close(&w, ']');
    if (outcome != OUTCOME_OK)
        return outcome;
    put_consents(&w, d, directory, &a);
    put_departments(&w, d, directory, &a);
    put_figures(&w, &figures);
    json_close(&w, '}');
    return out->failed || arena->failed ? error_no_memory(error) : OUTCOME_OK;
}
