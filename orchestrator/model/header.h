/* A header of a message on the bus: name and value as bytes. Below wire/ (which reads and makes them) and port/. */
#ifndef YJS_MODEL_HEADER_H
#define YJS_MODEL_HEADER_H

#include "base/text.h"

struct bus_header { struct text name, value; };

#endif
