/* Holds SHA-256 to published vectors (FIPS 180-4 examples, NIST CAVP) and every padding length to the digests another implementation (Python's hashlib) gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/sha256.h"

static void test_published_vectors(void **state) {
    (void)state;
    static const struct { const char *content, *digest; } vectors[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrst"
         "nopqrstu",
         "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
        {"\xd3", "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        char room[SHA256_TEXT_SIZE];
        struct text digest = sha256_text(text_from(vectors[i].content), room);
        assert_string_equal(room, vectors[i].digest);
        assert_int_equal(digest.length, 64);
    }
}

static void test_a_million_letters(void **state) {
    (void)state;
    char *letters = malloc(1000000), room[SHA256_TEXT_SIZE];
    assert_non_null(letters);
    memset(letters, 'a', 1000000);
    sha256_text(text_span(letters, 1000000), room);
    assert_string_equal(room, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(letters);
}

/* The digests of 0 to 299 letters, one behind the other, as hexadecimal, hashed: every length around a block's end. */
static void test_every_padding_length(void **state) {
    (void)state;
    static char letters[300], digests[300 * 64 + 1];
    memset(letters, 'x', sizeof letters);
    for (size_t length = 0; length < 300; length++)
        sha256_text(text_span(letters, length), digests + length * 64);
    char room[SHA256_TEXT_SIZE];
    sha256_text(text_span(digests, 300 * 64), room);
    assert_string_equal(room, "3d495ac8356e73941898cd69a28db2416d82a39572f771b3306e99afe7e013e0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_vectors),
        cmocka_unit_test(test_a_million_letters),
        cmocka_unit_test(test_every_padding_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
