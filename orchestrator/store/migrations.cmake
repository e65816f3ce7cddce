# deploy/sql/*.sql -> one C file with their bytes, so that a program carries its own migrations (store/migrate.h).
file(GLOB migration_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/deploy/sql/[0-9][0-9][0-9][0-9]_*.sql)
list(SORT migration_files)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${migration_files})
set(texts "")
set(rows "")
foreach(file ${migration_files})
  get_filename_component(name ${file} NAME)
  string(SUBSTRING ${name} 0 4 version)
  string(REGEX REPLACE "^0+([0-9])" "\\1" number ${version})
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND texts "static const unsigned char sql_${version}[] = {${bytes}0};\n")
  string(APPEND rows "    {${number}, \"${name}\", (const char *)sql_${version}},\n")
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/store_migrations.c @ONLY CONTENT
"/* Made from deploy/sql by orchestrator/store/migrations.cmake. */
#include \"store/migrate.h\"

#include <stddef.h>

@texts@
const struct migration migrations[] = {
@rows@    {0, NULL, NULL},
};
")
target_sources(yjs_store PRIVATE ${CMAKE_BINARY_DIR}/store_migrations.c)
