/* The directory of departments and their offices (config/departments.yaml), read-only while in use; a reload makes a
 * new one. What the engine takes from it (the office that is asked) stands in the event. */
#ifndef YJS_MODEL_DIRECTORY_H
#define YJS_MODEL_DIRECTORY_H

#include "base/text.h"
#include "model/definition.h"

struct office {
    struct text region;                  /* GB/T 2260 code */
    bool connected;                      /* has an adapter; otherwise the group's or department's fallback works it */
};
struct former_title { int64_t until_us; struct title title; };   /* what it was called before that moment */
struct department {
    struct text id;                      /* [a-z][a-z0-9_]* */
    struct title title;
    uint16_t former_count;  const struct former_title *former;   /* names that it had, in any order */
    uint16_t office_count;  const struct office *offices;
    uint16_t group_count;   const struct text *groups;
    struct text fallback;                /* department that serves offices without an adapter: "worklist"; absent: none */
    uint16_t field_count;   const struct text *fields;       /* form fields it is entitled to (dotted paths); 0: not limited */
    uint16_t material_count; const struct text *materials;   /* materials it is entitled to; 0: not limited */
    bool may_act_as_source;              /* may be named by lookups */
};
struct directory { uint16_t count; const struct department *departments; };

const struct department *directory_find(const struct directory *, struct text id);
/* What the department was called at that moment. */
struct title directory_title_at(const struct department *, int64_t at_us);
/* A member of `group` by its id or, for groups such as banks, by the member code in `groups`' entry ("banks:102");
 * NULL: none. */
const struct department *directory_find_member(const struct directory *, struct text group, struct text id);
/* The office that serves `region`: its own, else that of the region's city (first four digits + "00"), else of its
 * province, else the department's only one; NULL when none does. */
const struct office *directory_office(const struct department *, struct text region);

#endif
