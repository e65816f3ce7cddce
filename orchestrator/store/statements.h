/* Every SQL statement of store/, by name: prepared when a connection opens, never put together at run time. */
#ifndef YJS_STORE_STATEMENTS_H
#define YJS_STORE_STATEMENTS_H

#include "store/pg.h"

/* The conductor's (statements_store.c). */
extern const struct pg_statement statements_store[];

/* The records port's own: inbox, answers, numbers (statements_records.c). */
extern const struct pg_statement statements_records[];

/* What the web and yjsctl ask by name (queries_*.c): each gives one JSON text a row. Parameters are texts, absent: null.
 * `writes`: changes something, so it is not tried again by itself. */
struct query { const char *name; const char *parameters; const char *what; bool writes; const char *sql; };
extern const struct query queries_cases[], queries_operation[], queries_administration[], queries_privacy[], queries_notices[], queries_parties[];   /* each ends with name == NULL */
/* All of them, ending with NULL. */
extern const struct query *const query_tables[];
const struct query *query_find(const char *name);
/* "thing,phase,outcome" -> 3 */
uint32_t query_parameter_count(const struct query *);

#endif
