/* The table of HTTP statuses (RFC 9110 §15). */
#include <stdio.h>
#include "rest_status.h"

static const char *const names[] = {"answer", "taken", "pending", "reject", "never", "again", "held"};
static const struct { int least, most; enum rest_meaning meaning; } rows[] = {
    {202, 202, MEANS_PENDING},
    {200, 299, MEANS_ANSWER},
    {408, 408, MEANS_HELD},        /* Request Timeout */
    {409, 409, MEANS_TAKEN},       /* it knows this Idempotency-Key */
    {425, 425, MEANS_HELD},        /* Too Early */
    {429, 429, MEANS_HELD},        /* Too Many Requests */
    {400, 499, MEANS_NEVER},
    {502, 504, MEANS_HELD},        /* Bad Gateway, Service Unavailable, Gateway Timeout */
    {500, 599, MEANS_AGAIN},
};

static bool lookup(int status, const struct node *map, enum rest_meaning *ret) {
    char key[16];
    snprintf(key, sizeof(key), "%d", status);
    const struct node *value = node_get(map, key);
    for (size_t i = 0; value && value->text && i < sizeof(names) / sizeof(names[0]); i++)
        if (!strcmp(value->text, names[i])) {
            *ret = (enum rest_meaning)i;
            return true;
        }
    return false;
}

enum rest_meaning rest_meaning(int status, const struct node *step, const struct node *general) {
    enum rest_meaning meaning;
    if (lookup(status, step, &meaning) || lookup(status, general, &meaning))
        return meaning;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (status >= rows[i].least && status <= rows[i].most)
            return rows[i].meaning;
    return MEANS_NEVER;        /* 1xx and 3xx: this is not the API we were told of */
}

void rest_check_statuses(const struct node *map, struct faults *faults) {
    enum rest_meaning meaning;
    for (size_t i = 0; map && i < map->count; i++) {
        const struct node *key = map->kind == NODE_MAP ? map->members[i].key : map->members[i].value;
        int64_t status;
        bool sound = map->kind == NODE_MAP && text_to_int64(text_from(key->text), &status) && status >= 100 && status <= 599;
        if (!sound || !lookup((int)status, map, &meaning))
            fault_add(faults, key, "bad_value", "`statuses` is a map of HTTP status: answer | taken | pending | reject | never | again | held");
    }
}
