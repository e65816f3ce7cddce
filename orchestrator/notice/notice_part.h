/* What checklist.c and form.c share. For notice/ alone. */
#ifndef YJS_NOTICE_NOTICE_PART_H
#define YJS_NOTICE_NOTICE_PART_H

#include "definition/schema_walk.h"
#include "expression/expression.h"
#include "notice/notice.h"

/* A field of the form and who uses it. */
struct use { struct text *at; uint32_t count; };       /* ids, each once */
struct field {
    const struct text *segments;
    size_t count;
    const struct json *schema;
    struct use departments, items, steps, decides;
};
struct field_list { struct field *at; uint32_t count; };

/* The form's fields with their uses. False: no memory. */
bool fields_find(const struct definition *, struct arena *, struct field_list *ret);
void use_add(struct arena *, struct use *, struct text id);
struct notice_figures figures_of(const struct definition *, const struct field_list *);
void put_title(struct json_writer *, const struct title *);
void put_ids(struct json_writer *, const char *name, const struct use *);
void put_figures(struct json_writer *, const struct notice_figures *);
void put_text_member(struct json_writer *, const char *name, struct text);   /* nothing when absent */
/* The title of a department; NULL: not known. */
const struct title *department_title(const struct directory *, struct text id);

#endif
