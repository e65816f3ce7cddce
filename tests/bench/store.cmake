# The store port on a private PostgreSQL: not a test; run by hand or by run.sh.
add_executable(store_bench ${CMAKE_CURRENT_LIST_DIR}/store_bench.c)
target_include_directories(store_bench PRIVATE ${CMAKE_CURRENT_LIST_DIR}/..)
target_compile_definitions(store_bench PRIVATE YJS_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
target_link_libraries(store_bench PRIVATE yjs_store)
