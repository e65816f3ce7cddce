/* Identifiers: each thing that can be wrong by an example, with the words for it, and what their check characters are
 * made to find. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "wire/identifier.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char digits[] = "0123456789", company_alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

static void test_what_is_wrong_is_said_exactly(void **unused) {
    (void)unused;
    static const struct { enum identifier_kind kind; const char *value, *why; } rows[] = {
        {IDENTIFIER_CITIZEN, "11010519491231002X", NULL},        /* GB 11643's own examples */
        {IDENTIFIER_CITIZEN, "440524188001010014", NULL},
        {IDENTIFIER_CITIZEN, "441302200002290012", NULL},        /* a leap day */
        {IDENTIFIER_CITIZEN, "830000199201300022", NULL},        /* a Taiwan resident's permit */
        {IDENTIFIER_CITIZEN, "1101051949123100", "length: 16 characters, a citizen's number has 18"},
        {IDENTIFIER_CITIZEN, "", "length: 0 characters, a citizen's number has 18"},
        {IDENTIFIER_CITIZEN, "11010519491231002x", "character: x at position 18; write a capital X"},
        {IDENTIFIER_CITIZEN, "11010519491231002Y", "character: Y at position 18; a digit or X stands there"},
        {IDENTIFIER_CITIZEN, "1101051949l231002X", "character: l at position 11; a digit stands there"},
        {IDENTIFIER_CITIZEN, "1101051949１231002X", "character: １ at position 11; a digit stands there"},
        {IDENTIFIER_CITIZEN, "11010519\t91231002X", "character: ? at position 9; a digit stands there"},
        {IDENTIFIER_CITIZEN, "99010519491231002X", "region: 99 names no province"},
        {IDENTIFIER_CITIZEN, "11010519490231002X", "date: 1949-02-31 is no day"},
        {IDENTIFIER_CITIZEN, "11010519491331002X", "date: 1949-13-31 is no day"},
        {IDENTIFIER_CITIZEN, "11010517991231002X", "date: 1799-12-31 is no year of birth"},
        {IDENTIFIER_CITIZEN, "110105194912310021", "check character: 1, expected X"},
        {IDENTIFIER_COMPANY, "91350100M000100Y43", NULL},        /* GB 32100's own example */
        {IDENTIFIER_COMPANY, "91110000600037341L", NULL},
        {IDENTIFIER_COMPANY, "12100000425006133D", NULL},        /* of the central authorities: region 100000 */
        {IDENTIFIER_COMPANY, "91350100M000100Y4", "length: 17 characters, a unified social credit code has 18"},
        {IDENTIFIER_COMPANY, "91350100m000100Y43", "character: m at position 9; write a capital letter"},
        {IDENTIFIER_COMPANY, "91350100M000100Y4O", "character: O at position 18; digits and capital letters but I, O, S, V, Z"},
        {IDENTIFIER_COMPANY, "9135010OM000100Y43", "character: O at position 8; a digit stands there"},
        {IDENTIFIER_COMPANY, "9135010AM000100Y43", "character: A at position 8; a digit stands there"},
        {IDENTIFIER_COMPANY, "B1350100M000100Y43", "its first character names no registering authority"},
        {IDENTIFIER_COMPANY, "91990100M000100Y43", "region: 99 names no province"},
        {IDENTIFIER_COMPANY, "91350100M000100Y44", "check character: 4, expected 3"},
        {IDENTIFIER_UNIT, "441302001001GB00001F00010001", NULL},
        {IDENTIFIER_UNIT, "441302001001GB00001W00000000", NULL},
        {IDENTIFIER_UNIT, "441302001001GB00001F0001000", "length: 27 characters, a real-estate unit number has 28"},
        {IDENTIFIER_UNIT, "441302 01001GB00001F00010001", "character:   at position 7; a digit stands there"},
        {IDENTIFIER_UNIT, "991302001001GB00001F00010001", "region: 99 names no province"},
        {IDENTIFIER_UNIT, "440002001001GB00001F00010001", "region: 440002 is a county without its prefecture"},
        {IDENTIFIER_UNIT, "441302001001KB00001F00010001",
         "its character 13 is no ownership of land: G (state), J (collective) or Z (disputed)"},
        {IDENTIFIER_UNIT, "441302001001GM00001F00010001", "its character 14 names no kind of parcel"},
        {IDENTIFIER_UNIT, "441302001001GBO0001F00010001", "character: O at position 15; a digit stands there"},
        {IDENTIFIER_UNIT, "441302001001GB00001X00010001",
         "its character 20 is no fixture: F (building), L (forest), Q (other) or W (none)"},
        {IDENTIFIER_UNIT, "441302001001GB00001F0001000A", "character: A at position 28; a digit stands there"},
        {IDENTIFIER_UNIT, "441302001001GB00001W00000001", "a unit without a fixture ends with W00000000"},
        {IDENTIFIER_REGION, "441300", NULL}, {IDENTIFIER_REGION, "440000", NULL}, {IDENTIFIER_REGION, "820000", NULL},
        {IDENTIFIER_REGION, "44130", "length: 5 characters, a region code has 6"},
        {IDENTIFIER_REGION, "4413七0", "character: 七 at position 5; a digit stands there"},
        {IDENTIFIER_REGION, "44 300", "character:   at position 3; a digit stands there"},
        {IDENTIFIER_REGION, "001300", "region: 00 names no province"},
        {IDENTIFIER_REGION, "440001", "region: 440001 is a county without its prefecture"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct identifier_fault fault = {0};
        char room[IDENTIFIER_TEXT_SIZE] = "valid";
        bool is_valid = identifier_check(rows[i].kind, text_from(rows[i].value), &fault);
        if (!is_valid)
            identifier_fault_text(rows[i].kind, text_from(rows[i].value), fault, room);
        assert_string_equal(room, rows[i].why ? rows[i].why : "valid");
    }
}

static void test_kinds_have_names(void **unused) {
    (void)unused;
    for (int kind = 0; kind < IDENTIFIER_KIND_COUNT; kind++) {
        enum identifier_kind back = IDENTIFIER_KIND_COUNT;
        assert_true(identifier_kind_parse(text_from(identifier_kind_name((enum identifier_kind)kind)), &back));
        assert_int_equal(back, kind);
    }
    enum identifier_kind none;
    assert_false(identifier_kind_parse(TEXT("passport"), &none));
}

/* ---- what a check character is made to find ---- */

static uint64_t seed;
static unsigned draw(unsigned below) {   /* splitmix64 */
    uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (unsigned)((z ^ (z >> 31)) % below);
}

static bool is_valid(enum identifier_kind kind, const char *value) {
    struct identifier_fault fault;
    return identifier_check(kind, text_span(value, 18), &fault);
}

/* Puts the check character that the checker names. */
static void complete(enum identifier_kind kind, char value[19]) {
    struct identifier_fault fault = {0};
    value[17] = '0';
    if (!identifier_check(kind, text_span(value, 18), &fault)) {
        assert_int_equal(fault.code, IDENTIFIER_CHECK);
        value[17] = fault.expected;
    }
    assert_true(is_valid(kind, value));
}

static void random_citizen(char value[19]) {
    static const char *const regions[] = {"441302", "110105", "650102", "310115"};
    snprintf(value, 19, "%s%04u%02u%02u%03u", regions[draw(4)], 1900 + draw(130), 1 + draw(12), 1 + draw(28), draw(1000));
    complete(IDENTIFIER_CITIZEN, value);
}

static void random_company(char value[19]) {
    snprintf(value, 19, "91441302");
    for (int i = 8; i < 17; i++)
        value[i] = company_alphabet[draw(31)];
    complete(IDENTIFIER_COMPANY, value);
}

/* ISO 7064: every single wrong character is found; so is every exchange of two characters whose weights differ, which
 * are all but those ten places apart (MOD 11-2), and all (MOD 31-3). */
static void assert_errors_are_found(enum identifier_kind kind, const char *value, const char *alphabet, int blind_distance) {
    char wrong[19];
    for (int i = 0; i < 18; i++)
        for (const char *c = alphabet; *c; c++) {
            memcpy(wrong, value, 19);
            wrong[i] = *c;
            assert_int_equal(is_valid(kind, wrong), wrong[i] == value[i]);
        }
    for (int i = 0; i < 17; i++)
        for (int k = i + 1; k < 17; k++) {
            memcpy(wrong, value, 19);
            wrong[i] = value[k];
            wrong[k] = value[i];
            if (value[i] != value[k] && k - i != blind_distance)
                assert_false(is_valid(kind, wrong));
        }
    if (value[16] != value[17]) {   /* the last of the number and the check character */
        memcpy(wrong, value, 19);
        wrong[16] = value[17];
        wrong[17] = value[16];
        assert_false(is_valid(kind, wrong));
    }
}

static void test_single_errors_and_exchanges_are_found(void **unused) {
    (void)unused;
    char value[19];
    for (seed = 1; seed < 2000; seed++) {
        uint64_t round = seed;
        random_citizen(value);
        assert_errors_are_found(IDENTIFIER_CITIZEN, value, digits, 10);
        random_company(value);
        assert_errors_are_found(IDENTIFIER_COMPANY, value, company_alphabet, 0);
        seed = round;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_wrong_is_said_exactly),
        cmocka_unit_test(test_kinds_have_names),
        cmocka_unit_test(test_single_errors_and_exchanges_are_found),
    };
    return cmocka_run_group_tests_name("identifiers", tests, NULL, NULL);
}
