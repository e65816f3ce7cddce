# The official JSON Schema Test Suite, draft-07: see schema_suite.sh.
add_executable(contract_schema_suite_runner ${CMAKE_CURRENT_LIST_DIR}/schema_suite_runner.c)
target_link_libraries(contract_schema_suite_runner PRIVATE yjs_wire)
add_test(NAME contract/schema_suite
         COMMAND ${CMAKE_CURRENT_LIST_DIR}/schema_suite.sh $<TARGET_FILE:contract_schema_suite_runner> ${CMAKE_BINARY_DIR})
set_tests_properties(contract/schema_suite PROPERTIES LABELS contract TIMEOUT 600 SKIP_RETURN_CODE 77)
