/* What of a case's state can still matter, as two hashes. */
#include "proof/state.h"

#include <stdlib.h>

#include "proof/moves.h"

enum { DEADLINES_MOST = 4096 };

/* ---- hashing ---- */

static uint64_t mix(uint64_t h, uint64_t word) {
    h ^= word + UINT64_C(0x9E3779B97F4A7C15);
    h = (h ^ (h >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    h = (h ^ (h >> 27)) * UINT64_C(0x94D049BB133111EB);
    return h ^ (h >> 31);
}

static void put(struct fingerprint *f, uint64_t word) {
    f->a = mix(f->a, word);
    f->b = mix(f->b * UINT64_C(0xD6E8FEB86659FD93) + 1, word ^ UINT64_C(0xA5A5A5A5A5A5A5A5));
}

/* ---- steps that are alike ---- */

static bool reads_data(const struct data *d, uint16_t step) {
    for (uint16_t i = 0; i < d->definition->step_count; i++)
        if (data_is_read_by(d, step, i))
            return true;
    return false;
}

static bool same_indices(uint16_t count, const uint16_t *a, uint16_t other_count, const uint16_t *b) {
    return count == other_count && (count == 0 || memcmp(a, b, count * sizeof *a) == 0);
}

/* Then its own item decides what it waits for. */
static bool needs_inspection(const struct definition *d, const struct step_definition *step) {
    for (uint16_t i = 0; i < step->need_count; i++)
        if (d->steps[step->needs[i]].kind == STEP_INSPECTION)
            return true;
    return false;
}

static bool same_limit(struct limit_time a, struct limit_time b) { return a.unit == b.unit && a.amount == b.amount; }

/* Are both given, or neither, each material that may come later? */
static bool same_late(const struct definition *d, uint16_t i, uint16_t j) {
    for (uint16_t m = 0; m < d->material_count; m++)
        if (d->materials[m].tolerable_until.unit != LIMIT_NONE && definition_step_lists(d, i, m) != definition_step_lists(d, j, m))
            return false;
    return true;
}

/* Whether exchanging the two, once they have begun, changes nothing but names. What is read, undone, fanned out or picked
 * by data is like nothing else; so is, until it has begun, what has a condition. */
static bool same_class(const struct data *d, uint16_t i, uint16_t j) {
    const struct step_definition *a = &d->definition->steps[i], *b = &d->definition->steps[j];
    bool plain = (a->kind == STEP_TASK || a->kind == STEP_LOOKUP || a->kind == STEP_DELIVER || a->kind == STEP_DELEGATED) && a->kind == b->kind &&
                 !a->is_each && !b->is_each && !a->reversible && !b->reversible &&
                 !a->department.is && !b->department.is && !a->department.at && !b->department.at;
    return plain && !reads_data(d, i) && !reads_data(d, j) && same_late(d->definition, i, j) &&
           same_indices(a->need_count, a->needs, b->need_count, b->needs) &&
           same_indices(a->dependent_count, a->dependents, b->dependent_count, b->dependents) &&
           !needs_inspection(d->definition, a) && a->on_refused == b->on_refused && a->on_expired == b->on_expired && a->timeout_then == b->timeout_then &&
           same_limit(a->timeout, b->timeout) && a->join.mode == b->join.mode && a->join.at_least == b->join.at_least &&
           same_limit(a->join.deadline, b->join.deadline);
}

bool classes_make(struct classes *c, const struct data *data, struct arena *arena) {
    uint16_t count = data->definition->step_count;
    *c = (struct classes){data, arena_new_array(arena, count, uint16_t), arena_new_array(arena, count, struct class_word),
                          arena_new_array(arena, count, bool)};
    for (uint16_t i = 0; c->class_of && i < count; i++) {
        c->class_of[i] = i;
        for (uint16_t j = 0; j < i && c->class_of[i] == i && !data->options->every_order; j++)
            if (c->class_of[j] == j && same_class(data, j, i))
                c->class_of[i] = j;
    }
    return c->class_of && c->words && c->is_like_another;
}

/* ---- deadlines ---- */

/* What it does when its day comes it does to the steps that are given it; where none is left, to nobody but an operator. */
static void tolerated_deadline(const struct case_state *s, const struct tolerated_row *row, void (*visit)(void *, uint16_t, int64_t), void *context) {
    uint16_t first = NO_INDEX;
    bool any = false;
    for (uint16_t i = 0; i < s->definition->step_count; i++) {
        if (s->definition->steps[i].is_fetch || !definition_step_lists(s->definition, i, row->material))
            continue;
        first = first == NO_INDEX ? i : first;
        if (state_step_has_ended(s->steps[i].self.state))
            continue;
        visit(context, i, row->due_at_us);
        any = true;
    }
    if (!any)
        visit(context, first == NO_INDEX ? 0 : first, row->due_at_us);
}

void state_deadlines(const struct case_state *s, void (*visit)(void *, uint16_t, int64_t), void *context) {
    for (uint16_t i = 0; i < s->definition->step_count; i++) {
        const struct step_row *row = &s->steps[i];
        const int64_t rows[] = {row->deadline_at_us, row->gather_at_us, row->self.retry_at_us, row->self.due_at_us};
        for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
            if (rows[k] != TIME_NONE)
                visit(context, i, rows[k]);
        for (uint32_t k = 0; k < row->element_count; k++) {
            if (row->elements[k].retry_at_us != TIME_NONE)
                visit(context, i, row->elements[k].retry_at_us);
            if (row->elements[k].due_at_us != TIME_NONE)
                visit(context, i, row->elements[k].due_at_us);
        }
    }
    for (uint32_t i = 0; i < s->tolerated_count; i++)
        if (s->tolerated[i].is_open && s->tolerated[i].due_at_us != TIME_NONE)
            tolerated_deadline(s, &s->tolerated[i], visit, context);
}

struct moments { int64_t at[DEADLINES_MOST]; uint32_t count; };

static void add_moment(void *context, uint16_t step, int64_t at_us) {
    struct moments *m = context;
    (void)step;
    if (m->count < DEADLINES_MOST)
        m->at[m->count++] = at_us;
}

static int compare_moments(const void *a, const void *b) {
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void sort_moments(struct moments *m) {
    uint32_t kept = 0;
    qsort(m->at, m->count, sizeof *m->at, compare_moments);
    for (uint32_t i = 0; i < m->count; i++)
        if (kept == 0 || m->at[kept - 1] != m->at[i])
            m->at[kept++] = m->at[i];
    m->count = kept;
}

/* Its place in the order of open deadlines, 0 for none. */
static uint64_t rank(const struct moments *m, int64_t at_us) {
    uint32_t i = 0;
    while (at_us != TIME_NONE && i < m->count && m->at[i] != at_us)
        i++;
    return at_us == TIME_NONE ? 0 : i + 1;
}

/* ---- steps ---- */

/* *ret_counted: by a join that counts its needs. */
static bool is_waited_for(const struct case_state *s, uint16_t step, bool *ret_counted) {
    const struct step_definition *d = &s->definition->steps[step];
    bool waited = false;
    *ret_counted = false;
    for (uint16_t i = 0; i < d->dependent_count; i++)
        if (s->steps[d->dependents[i]].self.state == STEP_WAITING) {
            waited = true;
            *ret_counted |= s->definition->steps[d->dependents[i]].join.mode != JOIN_ALL;
        }
    return waited;
}

static bool is_still_read(const struct data *d, const struct case_state *s, uint16_t step) {
    for (uint16_t i = 0; i < s->definition->step_count; i++)
        if (data_is_read_by(d, step, i) && s->steps[i].self.state == STEP_WAITING)
            return true;
    return false;
}

/* What a join that waits sees of an end: for one of `all`, met or not; one that counts tells granted and skipped apart. */
static uint64_t join_view(const struct step_definition *step, enum step_state state, bool is_counted) {
    bool continued = (state == STEP_REFUSED && step->on_refused == ON_REFUSED_CONTINUE) ||
                     (state == STEP_EXPIRED && step->on_expired == ON_REFUSED_CONTINUE);
    if (state == STEP_GRANTED || state == STEP_SKIPPED || continued)
        return !is_counted ? STEP_GRANTED : continued ? STEP_REFUSED : state;
    return STEP_UNSATISFIED;
}

static bool can_be_undone(const struct step_definition *step, const struct work_state *work) {
    return work->state == STEP_GRANTED && step->reversible && !work->undo_over;
}

static uint64_t data_view(const struct data *d, const struct case_state *s, uint16_t source, uint32_t example) {
    uint64_t view = 1;
    for (uint32_t i = 0; i < d->atom_count; i++)
        if (d->atoms[i].source == source && s->steps[d->atoms[i].owner].self.state == STEP_WAITING)
            view = mix(view, d->atoms[i].values[example]);
    return view;
}

bool state_sees_difference(const struct data *d, const struct case_state *s, uint16_t source, uint32_t a, uint32_t b) {
    for (uint32_t i = 0; i < d->atom_count; i++)
        if (d->atoms[i].source == source && s->steps[d->atoms[i].owner].self.state == STEP_WAITING &&
            d->atoms[i].values[a] != d->atoms[i].values[b])
            return true;
    return false;
}

static uint64_t result_view(const struct data *d, const struct case_state *s, uint16_t step, const struct work_state *work) {
    uint16_t source = d->source_of[step];
    if (work->state != STEP_GRANTED || text_is_none(work->result))
        return 0;
    for (uint32_t i = 0; source != NO_INDEX && i < d->sources[source].count; i++)
        if (text_equal(d->sources[source].bytes[i], work->result))
            return data_view(d, s, source, i);
    return text_hash(work->result);   /* the engine's own: of a sub-case, a publicity */
}

/* By word or by silence: then its department decides, though the case stops. */
static bool is_item_accepted(const struct case_state *s, uint16_t step, int32_t index) {
    const struct step_definition *d = &s->definition->steps[step];
    uint16_t item = d->kind == STEP_INSPECTION && index >= 0 && index < d->inspection.item_count ? d->inspection.items[index].item
                                                                                              : d->item;
    return s->items && item != NO_INDEX && s->items[item].phase == ITEM_ACCEPTED;
}

/* A step that is yet to begin, and is given what this lookup fetches. */
static bool is_fetched_for(const struct case_state *s, uint16_t fetch) {
    for (uint16_t i = 0; s->definition->steps[fetch].is_fetch && i < s->definition->step_count; i++) {
        const struct work_state *work = &s->steps[i].self;
        if ((work->state == STEP_WAITING || work->hold != HOLD_NONE) &&
            definition_step_lists(s->definition, i, s->definition->steps[fetch].fetches))
            return true;
    }
    return false;
}

static uint64_t work_word(const struct data *d, const struct case_state *s, uint16_t step, int32_t index,
                          const struct work_state *work, const struct moments *moments) {
    const struct step_definition *definition = &s->definition->steps[step];
    if (state_step_has_ended(work->state)) {
        bool read = is_still_read(d, s, step), undone = can_be_undone(definition, work), counted;
        uint64_t seen = 63;
        if (read || is_fetched_for(s, step))
            seen = work->state;
        else if (index < 0 && is_waited_for(s, step, &counted))
            seen = join_view(definition, work->state, counted);
        else if (index >= 0 && definition->kind == STEP_INSPECTION && is_waited_for(s, step, &counted))
            seen = join_view(definition, work->state, true);   /* what works on an item waits for it alone */
        else if (index >= 0 && s->steps[step].self.state == STEP_RUNNING)
            seen = join_view(definition, work->state, definition->gather.mode != JOIN_ALL || !definition->is_each);
        return mix(seen + 64 * undone, read ? result_view(d, s, step, work) : 0);
    }
    bool undecided = definition->kind == STEP_PUBLICITY && work->incident_count > 0;
    uint64_t rounds = definition->kind == STEP_INSPECTION ? work->correction : 0;
    uint64_t flags = (uint64_t)undecided << 6 | rounds << 8 | (uint64_t)work->hold << 32 |
                     (uint64_t)((work->accepted || is_item_accepted(s, step, index)) && move_may_be_stopped(d, s, step)) | (uint64_t)(work->correcting && s->phase != CASE_STOPPING) << 1 | (uint64_t)work->cancel_asked << 2 |
                     (uint64_t)work->overdue << 3 | (uint64_t)(work->attempt > 0) << 4 | (uint64_t)work->undo_over << 5;
    return mix(work->state + (flags << 8), rank(moments, work->due_at_us) << 16 | rank(moments, work->retry_at_us));
}

static int compare_words(const void *a, const void *b) {
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* A fan-out's elements in no order; those of an inspection, a publicity are not alike. */
static uint64_t elements_word(const struct data *d, const struct case_state *s, uint16_t step, const struct moments *m) {
    const struct step_row *row = &s->steps[step];
    uint64_t words[64], word = row->element_count;
    uint32_t count = row->element_count < 64 ? row->element_count : 64;
    for (uint32_t i = 0; i < count; i++)
        words[i] = work_word(d, s, step, (int32_t)i, &row->elements[i], m);
    if (s->definition->steps[step].is_each)
        qsort(words, count, sizeof *words, compare_words);
    for (uint32_t i = 0; i < count; i++)
        word = mix(word, words[i]);
    return word;
}

/* ---- the case ---- */

struct tally { bool granted, against; };

static void count_work(struct tally *tally, const struct step_definition *step, const struct work_state *work) {
    switch (work->state) {
    case STEP_GRANTED: tally->granted |= !can_be_undone(step, work); break;
    case STEP_REFUSED: case STEP_EXPIRED: tally->against |= !work->spent; break;
    case STEP_UNSATISFIED: case STEP_CANCELLED: tally->against = true; break;
    default: break;
    }
}

static struct tally tally_of(const struct case_state *s) {
    struct tally tally = {0};
    if (s->phase == CASE_CLOSED)
        return tally;
    for (uint16_t i = 0; i < s->definition->step_count; i++) {
        const struct step_definition *step = &s->definition->steps[i];
        if (step->kind == STEP_DELIVER)
            continue;
        count_work(&tally, step, &s->steps[i].self);
        bool counts = step->is_each || step->kind == STEP_INSPECTION;
        for (uint32_t k = 0; counts && k < s->steps[i].element_count; k++)
            count_work(&tally, step, &s->steps[i].elements[k]);
    }
    return tally;
}

static bool waits_for(const struct case_state *s, struct text signal) {
    for (uint16_t i = 0; i < s->definition->step_count; i++)
        if (s->definition->steps[i].kind == STEP_WAIT && s->definition->steps[i].wait.mode == WAIT_SIGNED &&
            !state_step_has_ended(s->steps[i].self.state) && text_starts_with(signal, "signed."))
            return true;
        else if (s->steps[i].self.state == STEP_WAITING && s->definition->steps[i].kind == STEP_WAIT &&
            text_equal(s->definition->steps[i].wait.signal, signal))
            return true;
    return false;
}

/* A material that may come later: it has its day; its day is over, and a step that is given it may still be at work; else it
 * is as if it had come with the application. */
static uint64_t tolerated_word(const struct case_state *s, const struct tolerated_row *row, const struct moments *moments) {
    struct text id = s->definition->materials[row->material].id;
    bool is_there = false, is_given = false;
    if (row->is_open)
        return mix(row->material, 2 + rank(moments, row->due_at_us));
    for (uint32_t i = 0; s->materials.type == JSON_ARRAY && i < s->materials.count; i++)
        is_there = is_there || text_equal(json_get_text(json_at(&s->materials, i), TEXT("id")), id);
    for (uint16_t i = 0; i < s->definition->step_count; i++)
        is_given = is_given || (definition_step_lists(s->definition, i, row->material) && !state_step_has_ended(s->steps[i].self.state));
    return !is_there && is_given ? mix(row->material, 1) : 0;
}

struct fingerprint state_fingerprint(const struct classes *c, const struct case_state *s, uint16_t form) {
    struct fingerprint f = {1, 2};
    struct moments moments = {.count = 0};
    struct class_word *words = c->words;
    state_deadlines(s, add_moment, &moments);
    sort_moments(&moments);
    struct tally tally = tally_of(s);
    put(&f, s->phase | (uint64_t)s->stop << 8 | (uint64_t)tally.granted << 16 | (uint64_t)tally.against << 17);
    put(&f, s->phase == CASE_RUNNING ? data_view(c->data, s, 0, form) : 0);
    for (uint32_t i = 0; s->phase == CASE_RUNNING && i < s->tolerated_count; i++) {
        uint64_t word = tolerated_word(s, &s->tolerated[i], &moments);
        if (word)
            put(&f, word);
    }
    for (uint32_t i = 0; i < s->signal_count; i++)
        if (waits_for(s, s->signals[i].name))
            put(&f, text_hash(s->signals[i].name) ^ text_hash(s->signals[i].data));
    for (uint16_t i = 0; i < s->definition->step_count; i++) {
        const struct step_row *row = &s->steps[i];
        uint64_t word = mix(work_word(c->data, s, i, -1, &row->self, &moments),
                            rank(&moments, row->deadline_at_us) << 16 | rank(&moments, row->gather_at_us));
        if (row->element_count)
            word = mix(word, elements_word(c->data, s, i, &moments));
        if (!text_is_none(row->missing) && is_still_read(c->data, s, i))
            word = mix(word, text_hash(row->missing));
        bool own = row->self.state == STEP_WAITING && s->definition->steps[i].when;
        words[i] = (struct class_word){own ? UINT32_C(0x10000) + i : c->class_of[i], word, i};
    }
    /* By class, then by word; the classes of most steps are their own, so that little has to be moved. */
    for (uint16_t i = 1; i < s->definition->step_count; i++)
        for (uint16_t k = i; k > 0 && (words[k].class < words[k - 1].class ||
                                       (words[k].class == words[k - 1].class && words[k].word < words[k - 1].word)); k--) {
            struct class_word swap = words[k];
            words[k] = words[k - 1];
            words[k - 1] = swap;
        }
    for (uint16_t i = 0; i < s->definition->step_count; i++) {
        c->is_like_another[words[i].step] = i > 0 && words[i].class == words[i - 1].class && words[i].word == words[i - 1].word;
        put(&f, words[i].class);
        put(&f, words[i].word);
    }
    return f;
}
