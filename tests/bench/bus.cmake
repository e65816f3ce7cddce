# The bus port on a Kafka: not a test; run by hand or by run.sh with KAFKA_BOOTSTRAP.
add_executable(bus_bench ${CMAKE_CURRENT_LIST_DIR}/bus_bench.c)
target_link_libraries(bus_bench PRIVATE yjs_bus)
