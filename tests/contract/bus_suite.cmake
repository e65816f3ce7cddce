# The bus suite, on librdkafka's mock cluster and on a real Kafka (skipped without KAFKA_BOOTSTRAP).
add_library(yjs_bus_suite STATIC ${CMAKE_CURRENT_LIST_DIR}/bus_suite.c ${CMAKE_CURRENT_LIST_DIR}/bus_suite_reading.c
            ${CMAKE_CURRENT_LIST_DIR}/bus_suite_writing.c)
target_include_directories(yjs_bus_suite PUBLIC ${CMAKE_CURRENT_LIST_DIR})
target_link_libraries(yjs_bus_suite PUBLIC yjs_port PkgConfig::CMOCKA)
foreach(on mock kafka)
  add_executable(contract_bus_${on} ${CMAKE_CURRENT_LIST_DIR}/bus_${on}_runner.c)
  target_compile_definitions(contract_bus_${on} PRIVATE YJS_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  target_link_libraries(contract_bus_${on} PRIVATE yjs_bus_suite yjs_bus)
  add_test(NAME contract/bus_${on} COMMAND contract_bus_${on} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(contract/bus_${on} PROPERTIES LABELS contract TIMEOUT 180 SKIP_RETURN_CODE 77)
endforeach()
