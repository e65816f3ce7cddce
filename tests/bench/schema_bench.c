/* What does it cost to validate a message? Prints microseconds per message of about 1 KB: reading, validating with a
 * list of faults, validating for the verdict alone. Not a test: run it by hand on a release build.
 * usage: schema_bench [ROUNDS] */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "wire/schema.h"

static const char schema_text[] =
    "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"type\":\"object\",\"additionalProperties\":false,"
    "\"required\":[\"case\",\"home\",\"parties\",\"price\",\"filed_at\"],\"definitions\":{\"party\":{\"type\""
    ":\"object\","
    "\"required\":[\"name\",\"id\"],\"additionalProperties\":false,\"properties\":{\"name\":{\"type\":\"string\","
    "\"minLength\":2,\"maxLength\":64},\"id\":{\"type\":\"string\",\"format\":\"citizen-id\"},\"phone\":{\"type\":"
    "\"string\",\"pattern\":\"^1[3-9]\\\\d{9}$\"},\"email\":{\"type\":\"string\",\"format\":\"email\"},\"shar"
    "e\":{\"type\":"
    "\"number\",\"exclusiveMinimum\":0,\"maximum\":1,\"multipleOf\":0.01}}}},\"properties\":{\"case\":{\"typ"
    "e\":\"string\","
    "\"pattern\":\"^[0-9A-Z]{10,32}$\"},\"home\":{\"type\":\"object\",\"required\":[\"unit_number\",\"address\"],"
    "\"properties\":{\"unit_number\":{\"type\":\"string\",\"format\":\"real-estate-unit\"},\"address\":{\"type\":"
    "\"string\",\"maxLength\":200},\"area\":{\"type\":\"number\",\"minimum\":1},\"region\":{\"format\":\"regio"
    "n-code\"},"
    "\"use\":{\"enum\":[\"residential\",\"commercial\",\"industrial\",\"office\"]}}},\"parties\":{\"type\":\"array\","
    "\"minItems\":2,\"maxItems\":20,\"items\":{\"$ref\":\"#/definitions/party\"}},\"price\":{\"type\":\"string\","
    "\"pattern\":\"^\\\\d{1,12}\\\\.\\\\d{2}$\"},\"filed_at\":{\"type\":\"string\",\"format\":\"date-time\"}"
    ",\"utilities\":"
    "{\"type\":\"array\",\"uniqueItems\":true,\"items\":{\"enum\":[\"water\",\"power\",\"gas\"]}},\"remarks\":"
    "{\"type\":"
    "\"string\",\"maxLength\":500}}}";

static const char message_text[] =
    "{\"case\":\"4413002026030200000017\",\"home\":{\"unit_number\":\"441302001001GB00001F00010001\",\"address\":"
    "\"廣東省惠州市惠城區江北街道文昌一路11號華貿大廈3單元1502房\",\"area\":89.43,\"region\":\"441302\",\"use\":"
    "\"residential\"},\"parties\":[{\"name\":\"張三\",\"id\":\"11010519491231002X\",\"phone\":\"13800138000\",\"email\":"
    "\"zhang.san@example.com\",\"share\":0.5},{\"name\":\"李四\",\"id\":\"440524188001010014\",\"phone\":\"13900139000\","
    "\"share\":0.50},{\"name\":\"王五\",\"id\":\"11010519491231002X\",\"phone\":\"13700137000\",\"email\":"
    "\"wang.wu@example.com\",\"share\":0.25}],\"price\":\"1280000.00\",\"filed_at\":\"2026-03-02T09:00:00.123+08:00\","
    "\"utilities\":[\"water\",\"power\",\"gas\"],\"remarks\":\"買賣雙方已共同到場簽署合同,水電氣一併過戶;維修資金隨房轉移,"
    "餘額以專戶為準。如需補正,請電話通知買方代理人。\"}";

static double now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

int main(int argc, char **argv) {
    long rounds = argc > 1 ? atol(argv[1]) : 200000;
    struct arena arena, scratch;
    struct schema *schema = NULL;
    struct schema_fault_list faults = {.most = 100};
    struct json document, message = {.type = JSON_NULL};
    struct error error;
    arena_init(&arena, 64 << 20);
    arena_init(&scratch, 64 << 20);
    double start = now_us();
    if (json_read(&arena, text_from(schema_text), 64, &document, &error) != OUTCOME_OK ||
        schema_compile(&arena, &document, NULL, &faults, &schema, &error) != OUTCOME_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    printf("schema: %zu bytes, compiled in %.0f us, %zu KiB\n", sizeof schema_text - 1, now_us() - start,
           arena.used_bytes / 1024);
    start = now_us();
    for (long i = 0; i < rounds; i++) {
        arena_reset(&scratch);
        if (json_read(&scratch, text_from(message_text), 64, &message, &error) != OUTCOME_OK)
            return 1;
    }
    printf("message: %zu bytes\nread       %7.3f us\n", sizeof message_text - 1, (now_us() - start) / (double)rounds);
    struct arena work;
    arena_init(&work, 64 << 20);
    for (int quiet = 0; quiet < 2; quiet++) {
        start = now_us();
        for (long i = 0; i < rounds; i++) {
            arena_reset(&work);
            if (schema_validate(schema, &message, &work, quiet ? NULL : &faults) != OUTCOME_OK) {
                fprintf(stderr, "%.*s\n", TEXT_ARG(faults.count ? faults.fault[0].message : TEXT("not valid")));
                return 1;
            }
        }
        printf("%s %7.3f us\n", quiet ? "verdict   " : "validate  ", (now_us() - start) / (double)rounds);
    }
    schema_free(schema);
    arena_free(&arena);
    arena_free(&scratch);
    arena_free(&work);
    return 0;
}
