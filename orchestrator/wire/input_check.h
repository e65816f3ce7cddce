/* Holds what an input carries against the schemas of its definition, before the engine sees it: an application's form,
 * a result's data. Pure. */
#ifndef YJS_WIRE_INPUT_CHECK_H
#define YJS_WIRE_INPUT_CHECK_H

#include "base/arena.h"
#include "base/error.h"
#include "model/definition.h"
#include "model/input.h"

/* Sets input->value when `data` was not read yet. REJECT form_invalid, party_invalid (party_check.h), result_invalid (the message names the faults
 * with their JSON pointers), or json_read's codes; FATAL out_of_memory. Inputs that carry neither are OK. */
enum outcome input_check(const struct definition *, struct input *, struct arena *, struct error *);

#endif
