# schemas/messages/*.json -> one C file with their bytes: a program carries the schemas of its messages.
file(GLOB message_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/schemas/messages/*.json)
list(SORT message_files)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${message_files})
set(texts "")
set(rows "")
set(index 0)
foreach(file ${message_files})
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND texts "static const unsigned char text_${index}[] = {${bytes}0};\n")
  string(APPEND rows "    {\"${name}\", (const char *)text_${index}},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/wire_message_schemas.c @ONLY CONTENT
"/* Made from schemas/messages by orchestrator/wire/message_schemas.cmake. */
#include \"wire/message_schema.h\"

#include <stddef.h>

@texts@
const struct message_schema_source message_schema_sources[] = {
@rows@    {NULL, NULL},
};
")
target_sources(yjs_wire PRIVATE ${CMAKE_BINARY_DIR}/wire_message_schemas.c)
