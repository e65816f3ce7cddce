# The whole system under load, and the leanest loop to compare it with: run.sh starts and measures them.
add_executable(bench_load ${CMAKE_CURRENT_LIST_DIR}/load.c ${CMAKE_CURRENT_LIST_DIR}/traffic.c)
target_include_directories(bench_load PRIVATE ${CMAKE_CURRENT_LIST_DIR}/..)
target_link_libraries(bench_load PRIVATE PkgConfig::RDKAFKA)
add_executable(bench_floor ${CMAKE_CURRENT_LIST_DIR}/floor.c ${CMAKE_CURRENT_LIST_DIR}/floor_store.c)
target_include_directories(bench_floor PRIVATE ${CMAKE_CURRENT_LIST_DIR}/..)
target_link_libraries(bench_floor PRIVATE yjs_store PkgConfig::RDKAFKA)
