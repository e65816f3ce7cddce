# The engine alone: what one decision costs. Not a test; run by hand or by run.sh.
add_executable(engine_bench ${CMAKE_CURRENT_LIST_DIR}/engine_bench.c)
target_include_directories(engine_bench PRIVATE ${CMAKE_CURRENT_LIST_DIR}/..)
target_link_libraries(engine_bench PRIVATE yjs_engine yjs_wire PkgConfig::CMOCKA)
# Bytes to events and back.
add_executable(wire_bench ${CMAKE_CURRENT_LIST_DIR}/wire_bench.c)
target_link_libraries(wire_bench PRIVATE yjs_engine yjs_wire)
