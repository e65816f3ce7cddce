/* The vault: what a material is by its content, what is kept and under which name, and that nothing else is left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vault/vault.h"

static char folder[] = "/tmp/yjs-vault-XXXXXX", store[64], path[256];
static struct vault *vault;
static struct vault_port port;
static struct error error;

static struct vault_settings settings(void) {
    return (struct vault_settings){.store = store, .bytes_most = 1000, .types = "application/pdf, application/ofd,image/png"};
}

static int set_up(void **state) {
    (void)state;
    snprintf(store, sizeof store, "%s/store", folder);
    struct vault_settings s = settings();
    if (vault_create(&s, &vault, &error) != OUTCOME_OK)
        return -1;
    port = vault_port_of(vault);
    return 0;
}

static int tear_down(void **state) {
    char command[128];
    (void)state;
    vault_free(vault);
    snprintf(command, sizeof command, "rm -rf '%s'", store);
    return system(command);
}

static unsigned files_in(const char *where) {
    DIR *all = opendir(where);
    unsigned count = 0;
    for (struct dirent *entry; all && (entry = readdir(all));)
        count += entry->d_name[0] != '.';
    if (all)
        closedir(all);
    return count;
}

static enum outcome put(const char *bytes, size_t length, struct vault_kept *kept) {
    struct vault_upload *upload = NULL;
    assert_int_equal(port.begin(port.context, &upload, &error), OUTCOME_OK);
    for (size_t i = 0; i < length; i++) {
        enum outcome outcome = port.take(upload, bytes + i, 1, &error);
        if (outcome != OUTCOME_OK) {
            port.drop(upload);
            return outcome;
        }
    }
    return port.keep(upload, kept, &error);
}

static void is_refused(const char *bytes, size_t length, const char *code) {
    struct vault_kept kept;
    assert_int_equal(put(bytes, length, &kept), OUTCOME_REJECT);
    assert_string_equal(error.code, code);
    snprintf(path, sizeof path, "%s/incoming", store);
    assert_int_equal(files_in(path), 0);
    assert_int_equal(files_in(store), 1);   /* incoming alone */
}

#define PDF "%PDF-1.4\nabc\n%%EOF\n"

static void test_a_material_lies_under_its_sm3_digest(void **state) {
    struct vault_kept kept;
    (void)state;
    assert_int_equal(put(PDF, sizeof PDF - 1, &kept), OUTCOME_OK);
    /* printf '%%PDF-1.4\nabc\n%%%%EOF\n' | openssl dgst -sm3 */
    assert_string_equal(kept.digest, "sm3:c6a66e837ae4bb4f0accae541ba9152ba94a180fc3ae52f7a85ae8ca1eb691c4");
    assert_string_equal(kept.media_type, "application/pdf");
    assert_int_equal(kept.size, sizeof PDF - 1);
    assert_string_equal(kept.scan, "not_scanned");
    snprintf(path, sizeof path, "%s/%.2s/%s", store, kept.digest + 4, kept.digest + 4);
    assert_int_equal(access(path, R_OK), 0);
    int fd = -1;
    int64_t size = 0;
    char room[64] = "";
    assert_int_equal(port.fetch(port.context, text_from(kept.digest), &fd, &size, &error), OUTCOME_OK);
    assert_int_equal(size, kept.size);
    assert_int_equal(read(fd, room, sizeof room), kept.size);
    assert_string_equal(room, PDF);
    close(fd);
    FILE *file = fopen(path, "ab");
    fputc('x', file);
    fclose(file);
    assert_int_equal(port.fetch(port.context, text_from(kept.digest), &fd, &size, &error), OUTCOME_FATAL);
    assert_string_equal(error.code, "material_damaged");
}

static void test_a_name_that_is_no_digest_opens_nothing(void **state) {
    static const char *const names[] = {"sm3:../../../etc/passwd", "", "sm3:", "sha256:0000000000000000000000000000000000000000000000000000000000000000",
                                        "sm3:000000000000000000000000000000000000000000000000000000000000000G",
                                        "sm3:0000000000000000000000000000000000000000000000000000000000000000"};
    int fd;
    int64_t size;
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(port.fetch(port.context, text_from(names[i]), &fd, &size, &error), OUTCOME_REJECT);
        assert_string_equal(error.code, "material_unknown");
    }
}

/* A zip of one stored file: local header, content, directory, end. */
static size_t zip(const char *name, char *out) {
    static const char local[26] = "PK\3\4\24\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", central[28] = "PK\1\2\24\0\24\0";
    size_t length = strlen(name), at = 0;
    memcpy(out, local, sizeof local);
    at += sizeof local;
    out[at++] = (char)length;
    out[at++] = 0, out[at++] = 0, out[at++] = 0;
    memcpy(out + at, name, length);
    at += length;
    size_t directory = at;
    memcpy(out + at, central, sizeof central);
    at += sizeof central;
    out[at++] = (char)length;
    memset(out + at, 0, 17);
    at += 17;
    memcpy(out + at, name, length);
    at += length;
    memset(out + at, 0, 22);
    memcpy(out + at, "PK\5\6", 4);
    out[at + 8] = out[at + 10] = 1;
    out[at + 12] = (char)(at - directory);
    out[at + 16] = (char)directory;
    return at + 22;
}

static void test_an_ofd_is_told_from_another_zip(void **state) {
    struct vault_kept kept;
    char archive[512];
    (void)state;
    size_t length = zip("OFD.xml", archive);
    assert_int_equal(put(archive, length, &kept), OUTCOME_OK);
    assert_string_equal(kept.media_type, "application/ofd");
    length = zip("XFD.xml", archive);
    assert_int_equal(put(archive, length, &kept), OUTCOME_REJECT);
    assert_string_equal(error.code, "material_type_refused");
    assert_non_null(strstr(error.message, "application/zip"));
}

static void test_what_is_refused_leaves_nothing(void **state) {
    static char large[1001] = PDF;
    (void)state;
    is_refused("", 0, "material_empty");
    is_refused("MZ\x90\0", 4, "material_type_refused");
    is_refused("<html><script>alert(1)</script></html>", 38, "material_type_refused");
    is_refused(large, sizeof large, "material_too_large");
    assert_non_null(strstr(error.message, "materials.bytes (1000 bytes)"));
}

static void test_settings_that_can_not_be_are_refused(void **state) {
    struct vault *other = NULL;
    struct vault_settings bad[] = {settings(), settings(), settings(), settings()};
    (void)state;
    bad[0].store = "/proc/no/folder";
    bad[1].scanner = "localhost:3310";
    bad[2].store = "https://s3.example/bucket";
    bad[3].types = "";
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(vault_create(&bad[i], &other, &error), OUTCOME_REJECT);
        assert_string_equal(error.code, "setting_bad");
        assert_null(other);
    }
}

static void test_what_is_taken_away_is_not_there_any_more(void **state) {
    struct vault_kept kept;
    bool is;
    int fd;
    int64_t size;
    (void)state;
    assert_int_equal(put("%PDF-1.4 away", 13, &kept), OUTCOME_OK);
    struct text digest = text_from(kept.digest);
    assert_int_equal(port.has(port.context, digest, &is, &error), OUTCOME_OK);
    assert_true(is);
    assert_int_equal(port.remove(port.context, digest, &error), OUTCOME_OK);
    assert_int_equal(port.has(port.context, digest, &is, &error), OUTCOME_OK);
    assert_false(is);
    assert_int_equal(port.fetch(port.context, digest, &fd, &size, &error), OUTCOME_REJECT);
    assert_int_equal(port.remove(port.context, digest, &error), OUTCOME_OK);   /* once more is nothing */
    assert_int_equal(port.remove(port.context, TEXT("sm3:../../x"), &error), OUTCOME_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_material_lies_under_its_sm3_digest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_name_that_is_no_digest_opens_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_ofd_is_told_from_another_zip, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_refused_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_settings_that_can_not_be_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_taken_away_is_not_there_any_more, set_up, tear_down),
    };
    if (!mkdtemp(folder))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(folder);
    return failed;
}
