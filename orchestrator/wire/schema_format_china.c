/* The identifiers of the domain (identifier.h) as formats of JSON Schema. */
#include "wire/identifier.h"
#include "wire/schema_format.h"

static bool is_sound(enum identifier_kind kind, struct text t, const char **why) {
    struct identifier_fault fault;
    return identifier_check(kind, t, &fault) || format_refuse(why, identifier_fault_sentence(fault.code));
}

bool format_is_region_code(struct text t, const char **why) { return is_sound(IDENTIFIER_REGION, t, why); }
bool format_is_citizen_id(struct text t, const char **why) { return is_sound(IDENTIFIER_CITIZEN, t, why); }
bool format_is_company_id(struct text t, const char **why) { return is_sound(IDENTIFIER_COMPANY, t, why); }
bool format_is_real_estate_unit(struct text t, const char **why) { return is_sound(IDENTIFIER_UNIT, t, why); }
