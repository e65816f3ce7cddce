/* Applicants after they have applied: they sign, object to what is public, bring what was missing, rate what has closed;
 * each with a name of its own, so that nothing is said twice by accident. */
#include "sim_world.h"

#include "wire/input_codec.h"

#define SAYS(verb) "{\"kind\":\"" verb "\",\"case\":\"%.*s\",\"source\":\"/web\",\"actor\":\"someone\","

/* Whatever `key` stands for happens once. */
static bool is_new(struct sim *s, const char *what, struct text case_id) {
    struct text key = text_format(&s->arena, "%s|%.*s", what, TEXT_ARG(case_id));
    return !map_get(&s->world->handled, key) && map_put(&s->world->handled, key, s);
}

static void say(struct sim *s, struct text case_id, struct text data) {
    world_command(s, case_root(case_id), data, s->now_us + sim_between(s, 0, 900 * MS));
}

static const struct store_step *step_of(const struct fake_case *one, const char *step) {
    for (uint32_t i = 0; i < one->steps.count; i++) {
        const struct store_step *row = &vector_at(&one->steps, struct fake_step)[i].row;
        if (row->index < 0 && text_is(row->step, step))
            return row;
    }
    return NULL;
}

static void sign(struct sim *s, const struct fake_case *one) {
    static const char *const parties[] = {"{\"party\":\"seller\",\"index\":0}", "{\"party\":\"seller\",\"index\":1}", "{\"party\":\"buyer\"}"};
    for (size_t i = 0; i < sizeof parties / sizeof *parties; i++)
        if (!s->healing && sim_chance(s, 300000))
            say(s, one->id, text_format(&s->arena, SAYS("signal") "\"id\":\"signed\",\"data\":%s}", TEXT_ARG(one->id), parties[i]));
}

/* Objections in time; whoever of the departments decides them does so as any task. Where no night comes any more, an operator
 * ends what is public. */
static void look_at_publicity(struct sim *s, const struct fake_case *one) {
    const struct store_step *notice = step_of(one, "notice");
    if (!notice || !text_is(notice->state, "running"))
        return;
    if (!s->healing && sim_chance(s, 60000) && is_new(s, "objection", one->id))
        say(s, one->id, text_format(&s->arena, SAYS("signal") "\"id\":\"objection\",\"reason\":\"they owe me\"}", TEXT_ARG(one->id)));
    if (s->healing && s->now_us - one->row.started_at_us < 86400 * 1000 * MS)
        say(s, one->id, text_format(&s->arena, SAYS("skip") "\"step\":\"notice\",\"reason\":\"r\"}", TEXT_ARG(one->id)));
}

/* A consent taken back while sub-cases run that rest on it. */
static void withdraw_consent(struct sim *s, const struct fake_case *one) {
    if (!s->healing && sim_chance(s, 100000) && is_new(s, "consent", one->id))
        say(s, one->id, text_format(&s->arena, SAYS("signal") "\"id\":\"consent_said\",\"data\":{\"person\":\"applicant\","
                                               "\"word\":\"withdrawn\"}}", TEXT_ARG(one->id)));
}

static void bring(struct sim *s, const struct fake_case *one) {
    const struct store_step *fetch = step_of(one, "fetch_deed");
    if (fetch && text_is(fetch->state, "running") && (s->healing || sim_chance(s, 100000)))   /* it may have been asked for */
        say(s, one->id, text_format(&s->arena, SAYS("correction_answered") "\"step\":\"fetch_deed\",\"id\":\"deed-%u\","
                                               "\"data\":{\"materials\":[{\"id\":\"deed\",\"uri\":\"s3://deed\"}]}}",
                                    TEXT_ARG(one->id), ++s->world->commands));
    if (sim_chance(s, 200000) && is_new(s, "plan", one->id))
        say(s, one->id, text_format(&s->arena, SAYS("materials_given") "\"id\":\"plan\",\"data\":{\"materials\":[{\"id\":\"plan\","
                                               "\"uri\":\"s3://plan\"}]}}", TEXT_ARG(one->id)));
}

void world_applicants_tick(struct sim *s) {
    for (uint32_t i = 0; i < s->store.case_list.count; i++) {
        const struct fake_case *one = vector_at(&s->store.case_list, struct fake_case *)[i];
        if (!one->there)
            continue;
        if (text_is(one->row.phase, "closed")) {
            if (!s->healing && sim_chance(s, 100000) && is_new(s, "rating", one->id))
                say(s, one->id, text_format(&s->arena, SAYS("rated") "\"level\":%u}", TEXT_ARG(one->id), 1 + sim_below(s, 5)));
            continue;
        }
        if (text_is(one->row.thing, "public")) {
            if (!s->healing && sim_chance(s, 60000) && is_new(s, "contact", one->id))
                say(s, one->id, text_format(&s->arena, SAYS("contact_changed") "\"data\":{\"party\":\"seller\",\"index\":%u,"
                                                       "\"contact\":{\"phone\":\"1380000%04u\"}}}",
                                            TEXT_ARG(one->id), sim_below(s, 3), sim_below(s, 10000)));   /* there is no third seller */
            sign(s, one);
            look_at_publicity(s, one);
        } else if (text_is(one->row.thing, "papers")) {
            bring(s, one);
        } else if (text_is(one->row.thing, "parent")) {
            withdraw_consent(s, one);
        }
    }
}

struct text world_extra(struct sim *s, struct text thing) {
    if (text_is(thing, "public"))
        return text_format(&s->arena, "{\"parties\":{\"seller\":[{\"name\":\"Li\"},{\"name\":\"Wu\"}],\"buyer\":{\"name\":\"Zhang\"}}}");
    if (!text_is(thing, "papers"))
        return TEXT("{}");
    static const char *const plans[] = {"", "{\"id\":\"plan\",\"uri\":\"s3://plan\"}"};
    static const char *const offers[] = {"", ",\"offer\":{\"by\":\"delta\",\"list\":\"2028-01\"}"};
    return text_format(&s->arena, "{\"trust\":\"%c\",\"materials\":[%s]%s}", "AAAB"[sim_below(s, 4)], plans[sim_below(s, 2)],
                       offers[sim_below(s, 2)]);
}
