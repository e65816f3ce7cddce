/* The real server on a free loopback port over fake records, and a client: what every test of the web needs. */
#ifndef YJS_TESTS_WEB_KIT_H
#define YJS_TESTS_WEB_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <unistd.h>

#include "lib/fake_records.h"
#include "web/web.h"

extern struct fake_records records;
extern struct web *web;
extern struct web_settings kit_settings;   /* changed before kit_start */

/* Tokens by role ("window" …) have the secret "yjs_secret_of_<role>"; department's is tax in 441300. */
int kit_start(void **state);
int kit_stop(void **state);

struct reply { long status; char *body, *head; bool timed_out; };
/* `headers`: lines separated by '\n', NULL: none. `role`: NULL: no token. The reply stays until the next call. */
const struct reply *call(const char *role, const char *method, const char *path, const char *headers, const char *body);
/* As curl reads a stream: until each of `parts` (the list ends with NULL) has come, or the stream has ended. */
const struct reply *listen_until(const char *role, const char *path, const char *headers, const char *const *parts);
/* Waits until it is so, or 20 s in vain. */
#define KIT_AWAIT(condition) do for (int i_ = 0; i_ < 20000 && !(condition); i_++) usleep(1000); while (0)
/* Until something of the body of the test's first reply has come; another thread may ask before the call is made. */
void kit_await_body(void);
/* Value of a header of the last reply, in a static room; "" when it is not there. */
const char *header_of(const struct reply *, const char *name);
/* A text member of the reply's JSON (pointer), in a static room; numbers as written. */
const char *member(const struct reply *, const char *pointer);
#define JSON_BODY "Content-Type: application/json"

#endif
