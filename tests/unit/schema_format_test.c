/* Holds the formats to their standards: what each takes, what it refuses. The official suite asks the internet's
 * formats (contract/schema_suite); here stand the domain's, and the edges that the suite leaves out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "wire/schema_format.h"

struct sample { const char *format, *value; bool good; };

static void check(const struct sample *samples, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const char *why = NULL;
        size_t length = strlen(samples[i].value);
        char *block = malloc(length + 1);                    /* ends where the value ends, for the sanitizer */
        assert_non_null(block);
        memcpy(block, samples[i].value, length);
        char *exact = realloc(block, length ? length : 1);
        bool good = format_check(text_from(samples[i].format), text_span(exact, length), &why);
        free(exact);
        if (good != samples[i].good)
            fail_msg("%s \"%s\": %s", samples[i].format, samples[i].value, good ? "taken" : why);
        assert_true(good ? why == NULL : why && *why);
    }
}
#define CHECK(...)                                                                                                    \
    do {                                                                                                              \
        static const struct sample samples[] = {__VA_ARGS__};                                                         \
        check(samples, sizeof samples / sizeof samples[0]);                                                           \
    } while (0)

static void test_citizen_id_has_province_day_of_birth_and_check_character(void **state) {
    (void)state;
    CHECK({"citizen-id", "11010519491231002X", true},        /* the standard's own examples */
          {"citizen-id", "440524188001010014", true},
          {"citizen-id", "441302199003070091", true},
          {"citizen-id", "441302199003070040", true},
          {"citizen-id", "44130219900307018X", true},
          {"citizen-id", "441302199003070059", true},
          {"citizen-id", "441302199003070008", true},
          {"citizen-id", "441302199003070067", true},
          {"citizen-id", "441302199003070016", true},
          {"citizen-id", "441302199003070075", true},
          {"citizen-id", "441302199003070024", true},
          {"citizen-id", "441302199003070083", true},
          {"citizen-id", "441302199003070032", true},
          {"citizen-id", "11010519491231002x", false},       /* a small x */
          {"citizen-id", "110105194912310029", false},       /* wrong check character */
          {"citizen-id", "11015019491231002X", false},       /* two digits exchanged */
          {"citizen-id", "00010519491231002X", false},       /* no province */
          {"citizen-id", "11010519490231002X", false},       /* 31 February */
          {"citizen-id", "11010519491231002", false}, {"citizen-id", "11010519491231002X0", false},
          {"citizen-id", "110105 9491231002X", false}, {"citizen-id", "", false});
}

static void test_company_id_has_authority_region_and_check_character(void **state) {
    (void)state;
    CHECK({"company-id", "91350100M000100Y43", true},        /* the standard's own example */
          {"company-id", "91110000600037341L", true},
          {"company-id", "91350100M000100Y34", false}, {"company-id", "91350100M000100Y4", false},
          {"company-id", "9135010OM000100Y43", false},       /* the letter O */
          {"company-id", "91350100m000100y43", false}, {"company-id", "Z1350100M000100Y43", false});
}

static void test_real_estate_unit_has_area_parcel_and_fixture(void **state) {
    (void)state;
    CHECK({"real-estate-unit", "441302001001GB00001F00010001", true},
          {"real-estate-unit", "441302001001GB00001W00000000", true},
          {"real-estate-unit", "441302001001JC00012F99990001", true},
          {"real-estate-unit", "441302001001GB00001W00000001", false},   /* no fixture, yet a number */
          {"real-estate-unit", "441302001001GB00001X00010001", false},
          {"real-estate-unit", "441302001001KB00001F00010001", false},
          {"real-estate-unit", "441302001001GI00001F00010001", false},
          {"real-estate-unit", "991302001001GB00001F00010001", false},
          {"real-estate-unit", "441302 001001 GB00001 F00010001", false},
          {"real-estate-unit", "441302001001GB00001F0001000", false});
}

static void test_region_code_names_a_province_and_no_county_without_prefecture(void **state) {
    (void)state;
    CHECK({"region-code", "441300", true}, {"region-code", "441302", true}, {"region-code", "440000", true},
          {"region-code", "990000", false}, {"region-code", "440002", false}, {"region-code", "44130", false},
          {"region-code", "44130a", false});
}

static void test_times_are_of_rfc_3339(void **state) {
    (void)state;
    CHECK({"date", "2024-02-29", true}, {"date", "2100-02-29", false}, {"date", "2000-02-29", true},
          {"date", "0000-01-01", true}, {"date", "2024-00-10", false}, {"date", "2024-1-10", false},
          {"time", "09:00:00.+08:00", false}, {"time", "09:00+08:00", false}, {"time", "09:00:00+0800", false},
          {"date-time", "2026-03-02T09:00:00+08:00", true}, {"date-time", "2017-01-01T07:59:60+08:00", true},
          {"date-time", "2026-03-02 09:00:00+08:00", false}, {"date-time", "2026-03-02T", false},
          {"date-time", "2026-03-02T09:00:00", false});
}

static void test_mailboxes_have_quoted_parts_addresses_and_limits(void **state) {
    (void)state;
    CHECK({"email", "\"a b\"@example.com", true}, {"email", "\"a\\\"b\"@example.com", true},
          {"email", "\"a\"b\"@example.com", false}, {"email", "\"@example.com", false},
          {"email", "a@[127.0.0.1]", true}, {"email", "a@[IPv6:::1]", true}, {"email", "a@[::1]", false},
          {"email", "a@", false}, {"email", "@b", false}, {"email", "a b@c", false}, {"email", "a@b@c", false},
          {"email", "張@例.中國", false}, {"idn-email", "張三@例子.中國", true},
          {"email", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@b.c", false});
}

static void test_host_names_in_punycode_are_read(void **state) {
    (void)state;
    CHECK({"hostname", "xn--fiqs8s", true}, {"hostname", "xn--", false}, {"hostname", "xn--a", false},
          {"hostname", "xn--abc-", false}, {"hostname", "a..b", false}, {"hostname", "a.", false},
          {"idn-hostname", "惠州.政务", true}, {"idn-hostname", "EXAMPLE.com", true},
          {"idn-hostname", "a b", false}, {"idn-hostname", "xn--é", false}, {"idn-hostname", "Ä", false});
}

static void test_addresses_and_uris_are_read_to_their_end(void **state) {
    (void)state;
    CHECK({"ipv4", "1.2.3", false}, {"ipv4", "1.2.3.4.", false}, {"ipv4", "1.2.3.0004", false},
          {"ipv6", "1:2:3:4:5:6:7::", true}, {"ipv6", "1:2:3:4:5:6:7:8::", false}, {"ipv6", ":", false},
          {"ipv6", "", false}, {"ipv6", "::1.2.3.4", true}, {"ipv6", "1.2.3.4::", false},
          {"uri", "http://[v1.a:b]/", true}, {"uri", "http://[::1", false}, {"uri", "http://a:b", false},
          {"uri", "http://a/%2", false}, {"uri", "http://a/%zz", false}, {"uri", "urn:a", true}, {"uri", "1a:b", false},
          {"uri", "http://例", false}, {"iri", "http://例/?\xee\x80\x80", true}, {"iri", "http://例/\xee\x80\x80", false},
          {"uri-reference", "a:b/c", true}, {"uri-reference", "./a:b", true}, {"uri-reference", "1:b", false},
          {"uri-reference", "", true});
}

static void test_uri_templates_and_pointers(void **state) {
    (void)state;
    CHECK({"uri-template", "{+a,b*,c:10}", true}, {"uri-template", "{}", false}, {"uri-template", "{a:0}", false},
          {"uri-template", "{a..b}", false}, {"uri-template", "a}", false}, {"uri-template", "{a.b%20}", true},
          {"uri-template", "a b", false}, {"uri-template", "{a,}", false},
          {"json-pointer", "/a~", false}, {"relative-json-pointer", "1#", true}, {"relative-json-pointer", "1a", false});
}

static void test_regular_expressions_are_of_ecma_262(void **state) {
    (void)state;
    CHECK({"regex", "^(?<year>\\d{4})-\\k<year>$", true}, {"regex", "(a)\\1", true}, {"regex", "\\1", false},
          {"regex", "a++", false}, {"regex", "a**", false}, {"regex", "(?>a)", false}, {"regex", "(?i)a", false},
          {"regex", "\\Z", false}, {"regex", "\\A", false}, {"regex", "\\a", false}, {"regex", "[b-a]", false},
          {"regex", "[", false}, {"regex", "(", false}, {"regex", ")", false}, {"regex", "\\", false},
          {"regex", "[]", true}, {"regex", "[^]", true}, {"regex", "a{2}{3}", false}, {"regex", "{", true},
          {"regex", "(*UTF)", false}, {"regex", "\\u{1F600}", true}, {"regex", "\\u{110000}", false},
          {"regex", "\\ud83d\\ude00", true}, {"regex", "\\ud83d", false}, {"regex", "(?<=a)b", true},
          {"regex", "(?=a)*", false}, {"regex", "[\\d-z]", false}, {"regex", "\\p{Script=Han}", true},
          {"regex", "\\p{Nonsense=Han}", false}, {"regex", "\\p", false});
}

static void test_unknown_format_is_told(void **state) {
    (void)state;
    const char *why = NULL;
    assert_false(format_check(TEXT("shoe-size"), TEXT("42"), &why));
    assert_non_null(why);
    assert_false(format_check(TEXT("shoe-size"), TEXT("42"), NULL));
    size_t count;
    const struct format *table = format_table(&count);
    for (size_t i = 0; i < count; i++)
        assert_ptr_equal(format_find(text_from(table[i].name)), &table[i]);
}

static void test_no_prefix_or_changed_byte_reads_past_the_end(void **state) {
    (void)state;
    static const char *const seeds[] = {"xn--fiqs8s.example", "\"a\\\"b\"@[IPv6:::1]", "2017-01-01T07:59:60.5+08:00",
                                        "http://u@[::1]:80/%41?q#f", "{+a,b*:c%20}", "(?<a>[\\u{61}-\\x7a\\]])\\k<a>{1,2}?",
                                        "441302001001GB00001F00010001", "::ffff:1.2.3.4", "12/a~1b", "11010519491231002X"};
    size_t count;
    const struct format *table = format_table(&count);
    for (size_t s = 0; s < sizeof seeds / sizeof seeds[0]; s++) {
        size_t length = strlen(seeds[s]);
        for (size_t cut = 0; cut <= length; cut++) {
            for (int change = 0; change < 128; change += cut < length ? 1 : 128) {
                char *block = malloc(cut + 1);
                assert_non_null(block);
                memcpy(block, seeds[s], cut);
                block[cut] = (char)change;
                const char *why;
                for (size_t f = 0; f < count; f++)
                    table[f].check(text_span(block, cut + 1), &why);
                free(block);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_citizen_id_has_province_day_of_birth_and_check_character),
        cmocka_unit_test(test_company_id_has_authority_region_and_check_character),
        cmocka_unit_test(test_real_estate_unit_has_area_parcel_and_fixture),
        cmocka_unit_test(test_region_code_names_a_province_and_no_county_without_prefecture),
        cmocka_unit_test(test_times_are_of_rfc_3339),
        cmocka_unit_test(test_mailboxes_have_quoted_parts_addresses_and_limits),
        cmocka_unit_test(test_host_names_in_punycode_are_read),
        cmocka_unit_test(test_addresses_and_uris_are_read_to_their_end),
        cmocka_unit_test(test_uri_templates_and_pointers),
        cmocka_unit_test(test_regular_expressions_are_of_ecma_262),
        cmocka_unit_test(test_unknown_format_is_told),
        cmocka_unit_test(test_no_prefix_or_changed_byte_reads_past_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
