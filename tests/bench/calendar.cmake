# Due dates a second, in the library. Not a test; run by hand: build/release/tests/bench/calendar_bench
add_executable(calendar_bench ${CMAKE_CURRENT_LIST_DIR}/calendar_bench.c)
target_compile_definitions(calendar_bench PRIVATE YJS_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
target_link_libraries(calendar_bench PRIVATE yjs_definition yjs_calendar)
