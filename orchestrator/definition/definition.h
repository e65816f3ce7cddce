/* Definitions: from the YAML a person writes to the checked, compiled form the engine reads.
 *
 * Who calls: yjsctl (thing check, publish, diff, graph, run), the daemon (publishing over the API; loading a canonical
 * form from the database), the tests. Any thread, one at a time per arena. Pure: files come in through a reader, the
 * directory and the published things through the context.
 *
 * A checker like a compiler's: all faults of one file in one run, each with file, line, column, a code, the reason and
 * what to do. The language is DESIGN §4's; its reference for writers is config/README.md, which prints the same tables
 * (definition/keys.h, definition_fault_codes) that the code walks. */
#ifndef YJS_DEFINITION_DEFINITION_H
#define YJS_DEFINITION_DEFINITION_H

#include "base/arena.h"
#include "base/error.h"
#include "model/definition.h"
#include "model/directory.h"

/* ---- faults ---- */

enum fault_severity { FAULT_ERROR, FAULT_WARNING };

struct fault {
    enum fault_severity severity;
    const char *code;              /* stable, snake_case, one of definition_fault_codes */
    struct text file;
    uint32_t line, column;         /* from 1; column counts code points; 0: the whole file */
    struct text message;           /* what is wrong, a sentence */
    struct text remedy;            /* what to do, a sentence */
};
/* In the order of their places. `at` and all texts live in the arena given to the function that filled it. */
struct fault_list { struct fault *at; uint32_t count, room; uint32_t error_count; bool full; };

/* Every code with its meaning and remedy, for documents and `thing check --explain`; ends with code == NULL. Each has
 * a test in tests/unit/definition_faults_test.c. */
struct fault_code { const char *code; enum fault_severity severity; const char *meaning; const char *remedy; };
extern const struct fault_code definition_fault_codes[];
/* Beyond so many faults a list is full and says so with its last one, `too_many_faults`. */
enum { DEFINITION_FAULTS_MOST = 500 };

/* Adds a fault of another file than a definition (settings, notices), whose code is its reader's. Its texts are kept as
 * they are; a refused allocation leaves arena->failed set. */
void fault_list_add(struct fault_list *, struct arena *, const struct fault *);
/* "file:line:column: error: message [code]\n    remedy\n" a fault. */
void fault_list_write_text(const struct fault_list *, struct buffer *);
/* [{"severity","code","file","line","column","message","remedy"}…] */
void fault_list_write_json(const struct fault_list *, struct buffer *);

/* ---- what a definition is compiled against ---- */

/* Reads a file named in a definition (`form:`, `result:`, a `$ref`-less JSON Schema). `path` is relative to the
 * project's root, the folder that holds schemas/; the reader resolves it and refuses what leads out of it ("..").
 * OK: *ret lives in `arena`. REJECT: not there; its message is shown in the fault. */
struct source_reader {
    void *context;
    enum outcome (*read)(void *context, struct text path, struct arena *, struct text *ret, struct error *);
};

struct definition_context {
    const struct source_reader *reader;    /* NULL: only what the source itself carries (a canonical form does) */
    const struct directory *directory;     /* NULL: departments are not checked (loading what was once published) */
    /* A published thing, for steps of kind `thing`: the newest of that name when `hash` is absent, else exactly that
     * one; NULL when there is none. The whole pointer NULL: not checked (loading what was once published). */
    const struct definition *(*find_thing)(void *context, struct text thing, struct text hash);
    void *find_context;
};

/* ---- compiling ---- */

/* Compiles `source`: YAML, or a canonical form (JSON). `file_name` stands in the faults only.
 * OK: no errors (there may be warnings in *faults); *ret and everything it refers to live in `arena`, `source` is not
 * needed any longer; hash and canonical form are set. REJECT: *faults has at least one error; *error (may be NULL) holds
 * the first one. FATAL: out_of_memory. *faults is initialised by this function and also valid on REJECT.
 * The same canonical form gives the same compiled definition and the same hash, with or without a reader.
 * Bounds: source LIMIT_definition_bytes_most, nesting LIMIT_json_depth_most, no aliases, anchors or tags. */
enum outcome definition_compile(struct arena *, struct text source, struct text file_name,
                                const struct definition_context *, struct fault_list *faults,
                                const struct definition **ret, struct error *);

/* Gives back what its schemas hold outside the arena (compiled patterns); call it before the arena is freed or reset.
 * NULL is allowed. */
void definition_free(const struct definition *);

/* config/departments.yaml -> directory; the same style of faults, bounds, memory. */
enum outcome directory_compile(struct arena *, struct text source, struct text file_name, struct fault_list *faults,
                               const struct directory **ret, struct error *);

/* YAML that is no definition (a script of `thing run`), as JSON, read with the same strictness (no aliases, anchors,
 * tags, doubled keys). *faults is initialised here. REJECT yaml_syntax: *faults has the places. */
enum outcome definition_yaml_to_json(struct arena *, struct text source, struct text file_name, struct fault_list *faults,
                                     const struct json **ret, struct error *);

/* ---- comparing ---- */

/* One difference in the domain's words. `step`: a step that an open case must not have reached if it is to migrate;
 * absent: it does not stand in the way. */
struct difference {
    const char *code;              /* step_added, step_removed, promise_changed, … (definition_difference_codes) */
    struct text subject;           /* id of the step, item, material, party, field */
    struct text sentence;          /* "step gas_transfer: asks department gas_company instead of gas" */
    bool blocks;                   /* an open case that … can't migrate */
    struct text step;              /* … has reached this step; absent while `blocks`: no open case can */
};
struct difference_list { struct difference *at; uint32_t count, room; };
struct difference_code { const char *code; const char *meaning; };
extern const struct difference_code definition_difference_codes[];   /* ends with code == NULL */

/* What changed from `old` to `new_`; equal hashes give an empty list. FATAL: no memory. */
enum outcome definition_diff(const struct definition *old, const struct definition *new_, struct arena *,
                             struct difference_list *ret, struct error *);
/* Sentences, grouped, and whether open cases could migrate. */
void definition_diff_write_text(const struct difference_list *, struct buffer *);
/* {"differences":[…],"migration":{"possible":bool,"not_reached":[step…]}} */
void definition_diff_write_json(const struct difference_list *, struct buffer *);

/* ---- drawing ---- */

enum graph_format { GRAPH_MERMAID, GRAPH_DOT, GRAPH_SVG };
bool graph_format_parse(struct text, enum graph_format *ret);   /* mermaid, dot, svg */
/* The steps in layers from left to right (svg) with titles, departments, joins, conditions. `language`: zh-Hant,
 * zh-Hans or en. `directory` may be NULL: then ids stand for departments' names. */
void definition_graph(const struct definition *, const struct directory *, struct text language, enum graph_format,
                      struct buffer *);

#endif
