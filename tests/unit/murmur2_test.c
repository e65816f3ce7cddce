/* murmur2 must be Kafka's, to the bit: a case's shard depends on it. Vectors: org.apache.kafka.common.utils.UtilsTest
 * (testMurmur2), and librdkafka's rdmurmur2.c unit test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/murmur2.h"

static void test_hashes_are_those_of_the_java_client(void **state) {
    (void)state;
    static const struct { const char *key; int32_t hash; } vectors[] = {
        {"21", -973932308}, {"foobar", -790332482}, {"a-little-bit-long-string", -985981536},
        {"a-little-bit-longer-string", -1486304829},
        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971}, {"abc", 479470107},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        assert_int_equal((int32_t)murmur2(text_from(vectors[i].key)), vectors[i].hash);
}

static void test_hashes_are_those_of_librdkafka(void **state) {
    (void)state;
    static const struct { const char *key; uint32_t hash; } vectors[] = {
        {"kafka", 0xd067cf64}, {"giberish123456789", 0x8f552b0c}, {"1234", 0x9fc97b14}, {"234", 0xe7c009ca},
        {"34", 0x873930da}, {"4", 0x5a4b5ca1}, {"PreAmbleWillBeRemoved,ThePrePartThatIs", 0x78424f1c},
        {"reAmbleWillBeRemoved,ThePrePartThatIs", 0x4a62b377}, {"eAmbleWillBeRemoved,ThePrePartThatIs", 0xe0e4e09e},
        {"AmbleWillBeRemoved,ThePrePartThatIs", 0x62b8b43f}, {"", 0x106e08d9},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        assert_int_equal(murmur2(text_from(vectors[i].key)), vectors[i].hash);
}

static void test_partition_is_never_negative(void **state) {
    (void)state;
    assert_int_equal(murmur2_partition(TEXT("21"), 12), ((-973932308) & 0x7fffffff) % 12);
    for (int32_t count = 1; count < 50; count++)
        assert_in_range(murmur2_partition(TEXT("foobar"), count), 0, count - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hashes_are_those_of_the_java_client),
        cmocka_unit_test(test_hashes_are_those_of_librdkafka),
        cmocka_unit_test(test_partition_is_never_negative),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
