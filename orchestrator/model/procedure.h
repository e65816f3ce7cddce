/* Special procedures (特別程序): what 行政許可法 45 lists as not counted against a statutory limit. Whatever else is left
 * out needs a basis that the item cites. Used by the definition's checker and by the engine's clocks. */
#ifndef YJS_MODEL_PROCEDURE_H
#define YJS_MODEL_PROCEDURE_H

#include "base/text.h"

struct procedure { const char *name, *zh_hant, *zh_hans, *en; };

/* Ends with name == NULL. */
extern const struct procedure procedure_table[];
#define PROCEDURE_BASIS "行政許可法 45"

/* The listed procedure of this name, also by its Chinese name (departments write 聽證); NULL: the law does not list it. */
const struct procedure *procedure_find(struct text name);

#endif
