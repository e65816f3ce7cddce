# The store suite, on PostgreSQL and on the tests' fake, and what only PostgreSQL can show.
add_library(yjs_store_suite STATIC ${CMAKE_CURRENT_LIST_DIR}/store_suite.c)
target_include_directories(yjs_store_suite PUBLIC ${CMAKE_CURRENT_LIST_DIR})
target_link_libraries(yjs_store_suite PUBLIC yjs_port PkgConfig::CMOCKA)
foreach(name store_pg store_torture records_pg)
  add_executable(contract_${name}_test ${CMAKE_CURRENT_LIST_DIR}/${name}_test.c)
  target_include_directories(contract_${name}_test PRIVATE ${CMAKE_CURRENT_LIST_DIR}/..)
  target_compile_definitions(contract_${name}_test PRIVATE YJS_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  target_link_libraries(contract_${name}_test PRIVATE yjs_store_suite yjs_store Threads::Threads)
  add_test(NAME contract/${name} COMMAND contract_${name}_test WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(contract/${name} PROPERTIES LABELS contract TIMEOUT 600)
endforeach()
set_tests_properties(contract/store_torture PROPERTIES TIMEOUT 300)
# Calls of libpq that fail when they are told to.
foreach(name PQenterPipelineMode PQexitPipelineMode PQpipelineSync PQconsumeInput PQflush PQsetnonblocking PQsendQuery
             PQsendPrepare PQsendQueryPrepared PQgetResult PQconnectdbParams)
  target_link_options(contract_store_torture_test PRIVATE "LINKER:--wrap=${name}")
endforeach()
