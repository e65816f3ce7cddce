/* One notice, one form (一次性告知, 一套表): what a definition and an applicant's answers say about what has to be brought,
 * what is fetched, what may come later, which items apply and how long it takes; and the form all items share, with who
 * gets which of its fields.
 *
 * Called by yjsctl (thing checklist, thing form) and, through the daemon, by the HTTP API. Pure; any thread. Everything
 * is derived: nothing here is written into a definition a second time. */
#ifndef YJS_NOTICE_NOTICE_H
#define YJS_NOTICE_NOTICE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "model/definition.h"
#include "model/directory.h"

/* What is saved by asking once: `fields` of the form that go to anybody; of these `shared` go to more than one department,
 * and so many `keyings` are spared (a field that n departments use is typed once instead of n times); `fetched`: materials
 * that are looked up instead of asked for; `lookups`: questions to sources of data. */
struct notice_figures { uint32_t fields, shared, keyings, fetched, lookups; };

/* The notice for an application's form, as JSON:
 *   {"thing","title","region","promise","items":[{"id","code","title","department","department_title","applies","promise",
 *    "statute","basis"}…],"materials":[{"id","title","need","any_of":[…],"source","source_title","basis","until","trust",
 *    "if_missing","given_to":[…]}…],"departments":[{"id","title"}…],"figures":{…}}
 * `applies`: yes, no, or depends (on what is not known before the case runs). `need`: bring, if_any (not required), later
 * (容缺: until when, for which grades, else what), fetched (免提交: from where, on which basis), not_needed. `any_of`: of these materials
 * one is enough. Titles have
 * all three languages.
 * REJECT form_invalid: the message names every fault with its JSON pointer; region_not_offered; material_condition: whether
 * a material is needed can't be told. FATAL out_of_memory. `directory` may be NULL. */
enum outcome notice_write(const struct definition *, const struct directory *, const struct json *form, struct text region,
                          struct arena *, struct buffer *out, struct error *);

/* The form, field by field, as JSON:
 *   {"thing","title","fields":[{"field","title","type","personal","departments":[…],"items":[…],"steps":[…],"decides":[…]}…],
 *    "figures":{…}}
 * `decides`: steps whose conditions read it. FATAL out_of_memory. */
enum outcome notice_write_form(const struct definition *, struct arena *, struct buffer *out, struct error *);

/* FATAL out_of_memory. */
enum outcome notice_figures(const struct definition *, struct arena *, struct notice_figures *ret, struct error *);

/* "5 workdays" in one of zh-Hant, zh-Hans, en (any other: en); absent for LIMIT_NONE. In the arena. */
struct text notice_limit(struct limit_time, struct text language, struct arena *);

#endif
