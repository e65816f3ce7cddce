# schemas/messages/*.json -> one C file with their bytes: a program carries the schemas of its messages.
file(GLOB message_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/schemas/messages/*.json)
list(SORT message_files)
set(rows "")
foreach(file ${message_files})
  get_filename_component(name ${file} NAME_WE)
  list(APPEND rows "${file}|\"${name}\"")
endforeach()
yjs_embed(yjs_wire wire_message_schemas.c wire/message_schema.h
          "const struct message_schema_source message_schema_sources[] = {" "{NULL, NULL}" ${rows})
