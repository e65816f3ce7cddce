/* Identifiers of the domain: a citizen's number (GB 11643), a company's unified social credit code (GB 32100), a
 * real-estate unit's number (不動產單元號, GB/T 37346), a region's code (GB/T 2260).
 *
 * Behind the formats of JSON Schema (schema_format.h), which say what is wrong without the value, and behind
 * `yjsctl id check`, which says exactly what and where. Pure, allocation-free, any thread.
 *
 * Of a region the province is held against the standard, and that a county has its prefecture; whether a county of this
 * number exists, or existed when a citizen was given his number, is not decided here: counties come and go every year,
 * and a number keeps the code of its day. */
#ifndef YJS_WIRE_IDENTIFIER_H
#define YJS_WIRE_IDENTIFIER_H

#include "base/text.h"

enum identifier_kind { IDENTIFIER_CITIZEN, IDENTIFIER_COMPANY, IDENTIFIER_UNIT, IDENTIFIER_REGION, IDENTIFIER_KIND_COUNT };
const char *identifier_kind_name(enum identifier_kind);        /* "citizen", "company", "unit", "region" */
bool identifier_kind_parse(struct text, enum identifier_kind *ret);

/* X(name, sentence): the sentence stands in a schema's fault and never contains the value. */
#define IDENTIFIER_FAULTS(X) \
    X(LENGTH, "it has not as many characters as it must have") \
    X(CHARACTER, "a character stands there that can't stand in it") \
    X(PROVINCE, "its region names no province") \
    X(COUNTY, "its region is a county without its prefecture") \
    X(DATE, "the day of birth does not exist") \
    X(CENTURY, "the day of birth is not within 1800 to 2199") \
    X(AUTHORITY, "its first character names no registering authority") \
    X(OWNERSHIP, "its character 13 is no ownership of land: G (state), J (collective) or Z (disputed)") \
    X(PARCEL, "its character 14 names no kind of parcel") \
    X(FIXTURE, "its character 20 is no fixture: F (building), L (forest), Q (other) or W (none)") \
    X(NO_FIXTURE, "a unit without a fixture ends with W00000000") \
    X(CHECK, "the check character does not fit: a character is wrong or two are exchanged")
enum identifier_fault_code {
    IDENTIFIER_SOUND,
#define X(name, sentence) IDENTIFIER_##name,
    IDENTIFIER_FAULTS(X)
#undef X
};

struct identifier_fault {
    enum identifier_fault_code code;
    uint32_t position;              /* of the character, from 1; 0: the whole */
    char expected;                  /* CHECK: the check character that would fit */
};

/* True when it is well made; else *ret_fault (never NULL) says what is wrong. */
bool identifier_check(enum identifier_kind, struct text value, struct identifier_fault *ret_fault);
/* The sentence of the table; static. */
const char *identifier_fault_sentence(enum identifier_fault_code);
#define IDENTIFIER_TEXT_SIZE 160
/* What is wrong with this value, where, and what was expected. */
struct text identifier_fault_text(enum identifier_kind, struct text value, struct identifier_fault,
                                  char room[IDENTIFIER_TEXT_SIZE]);

#endif
