/* Faults in one line. */
#include "wire/fault_text.h"

#include "wire/schema.h"

enum outcome fault_text_check(const struct schema *schema, const struct json *value, const char *code, struct arena *arena,
                              struct error *error) {
    struct schema_fault_list faults = {.most = 20};
    if (!schema)
        return OUTCOME_OK;
    enum outcome outcome = schema_validate(schema, value, arena, &faults);
    if (outcome == OUTCOME_OK)
        return OUTCOME_OK;
    if (outcome == OUTCOME_FATAL)
        return error_no_memory(error);
    _cleanup_buffer_ struct buffer out;
    buffer_init(&out, ERROR_MESSAGE_SIZE);
    for (size_t i = 0; i < faults.count && !out.failed; i++)
        buffer_format(&out, "%s%.*s: %.*s", i ? "; " : "", TEXT_ARG(faults.fault[i].at), TEXT_ARG(faults.fault[i].message));
    return error_set(error, OUTCOME_REJECT, code, "%s%s", out.at ? out.at : "it could not be checked",
                     out.failed || faults.cut ? " (and more)" : "");
}
