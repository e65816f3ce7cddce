# yjs_embed(library made.c header file "opening line" "closing row" rows…): a C file with the bytes of data files, compiled
# into a library, so that a program carries them. A row is "path|how its row of the table begins".
function(yjs_embed library made header opening closing)
  set(texts "")
  set(rows "")
  set(index 0)
  foreach(row ${ARGN})
    string(REGEX MATCH "^[^|]*" file "${row}")
    string(REGEX REPLACE "^[^|]*\\|" "" begins "${row}")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} bytes HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    string(APPEND texts "static const unsigned char bytes_${index}[] = {${bytes}0};\n")
    string(APPEND rows "    {${begins}, (const char *)bytes_${index}},\n")
    math(EXPR index "${index} + 1")
  endforeach()
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${made} @ONLY CONTENT
"/* Made by the build: files as bytes (orchestrator/base/embed.cmake). */
#include \"@header@\"

#include <stddef.h>

@texts@
@opening@
@rows@    @closing@,
};
")
  target_sources(${library} PRIVATE ${CMAKE_BINARY_DIR}/${made})
endfunction()
