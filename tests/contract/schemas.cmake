# What integrators read: every schema is sound by yjsctl's own strict reading, and asyncapi.yaml by AsyncAPI's.
if(TARGET yjsctl)
  add_test(NAME contract/schemas WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} COMMAND
           bash -c "$<TARGET_FILE:yjsctl> schema check schemas/messages/*.json schemas/departments/*/*.json schemas/things/*/*.json")
  set_tests_properties(contract/schemas PROPERTIES LABELS contract TIMEOUT 300)
endif()
add_test(NAME contract/asyncapi COMMAND bash ${CMAKE_CURRENT_LIST_DIR}/asyncapi/asyncapi.sh ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
set_tests_properties(contract/asyncapi PROPERTIES LABELS contract SKIP_RETURN_CODE 77 TIMEOUT 600)
