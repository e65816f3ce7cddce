/* What the files of the data share: places in a source that expressions read, and what to try there. For proof/data.c,
 * places.c and examples.c alone. */
#ifndef YJS_PROOF_DATA_PART_H
#define YJS_PROOF_DATA_PART_H

#include "expression/expression.h"
#include "model/limits.h"
#include "proof/data.h"

enum { PATHS_MOST = 64, CANDIDATES_MOST = 24, WORDS_MOST = 12, SEGMENTS_MOST = 16 };

/* A place in a source that expressions read, and the values to try there. */
struct place {
    struct text segments[SEGMENTS_MOST];
    size_t count;
    struct json candidates[CANDIDATES_MOST];
    uint32_t candidate_count;
    bool absent;                       /* whether it is also tried without */
    bool must;                         /* nothing but the candidates */
    struct json words[WORDS_MOST];     /* looked for in a list: every choice of them is tried */
    uint32_t word_count;
};
struct places { struct place *at; uint32_t count; };

/* places.c: the places of `source` that the flow reads. False: no memory. */
bool places_find(struct data *, uint16_t source, struct arena *, struct places *ret);
/* examples.c: fills the source's examples. REJECT no_example. */
enum outcome examples_make(struct data *, struct data_source *, struct error *);

#endif
