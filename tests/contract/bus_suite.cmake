# The bus suite, on librdkafka's mock cluster and on a real Kafka (skipped without KAFKA_BOOTSTRAP); provisioning; the
# trial broker as a process.
add_library(yjs_bus_suite STATIC ${CMAKE_CURRENT_LIST_DIR}/bus_suite.c ${CMAKE_CURRENT_LIST_DIR}/bus_suite_reading.c
            ${CMAKE_CURRENT_LIST_DIR}/bus_suite_writing.c)
target_include_directories(yjs_bus_suite PUBLIC ${CMAKE_CURRENT_LIST_DIR})
target_link_libraries(yjs_bus_suite PUBLIC yjs_port PkgConfig::CMOCKA)

function(yjs_bus_contract name)
  add_executable(contract_${name} ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/${name}_runner.c)
  target_compile_definitions(contract_${name} PRIVATE YJS_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  target_link_libraries(contract_${name} PRIVATE yjs_bus_suite yjs_bus)
  add_test(NAME contract/${name} COMMAND contract_${name} ${ARGN} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(contract/${name} PROPERTIES LABELS contract TIMEOUT 600 SKIP_RETURN_CODE 77)
endfunction()

yjs_bus_contract(bus_mock)
yjs_bus_contract(bus_kafka)
yjs_bus_contract(bus_admin)
yjs_bus_contract(trial_broker $<TARGET_FILE:yjs-trial-broker>)
add_dependencies(contract_trial_broker yjs-trial-broker)

# Every call of librdkafka that can fail does, with each of its errors; see the file.
add_executable(contract_bus_torture ${CMAKE_CURRENT_LIST_DIR}/bus_torture_test.c)
target_link_libraries(contract_bus_torture PRIVATE yjs_bus PkgConfig::RDKAFKA PkgConfig::CMOCKA)
foreach(function new conf_set topic_new producev incremental_assign incremental_unassign metadata offsets_for_times
                 get_watermark_offsets flush purge commit)
  target_link_options(contract_bus_torture PRIVATE -Wl,--wrap=rd_kafka_${function})
endforeach()
add_test(NAME contract/bus_torture COMMAND contract_bus_torture)
set_tests_properties(contract/bus_torture PROPERTIES LABELS contract TIMEOUT 1800)

# The adapters' library holds the same on its answers.
add_executable(contract_adapter_contact ${CMAKE_CURRENT_LIST_DIR}/adapter_contact_test.c)
target_link_libraries(contract_adapter_contact PRIVATE yjs_adapter PkgConfig::RDKAFKA PkgConfig::CMOCKA)
add_test(NAME contract/adapter_contact COMMAND contract_adapter_contact)
set_tests_properties(contract/adapter_contact PROPERTIES LABELS contract TIMEOUT 300)
