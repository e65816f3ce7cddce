/* The smallest department in C: every task is granted. Build: cc department.c $(pkg-config …) or see CMakeLists.txt. */
#include <stdio.h>
#include <string.h>
#include "yjs_adapter.h"

static void start(void *user, struct yjs_task *task) {
    (void)user;
    static const char granted[] = "{\"result\":{\"ok\":true}}";
    yjs_answer(task, YJS_RESULT, granted, strlen(granted));
}

int main(int count, char **arguments) {
    struct yjs_error error;
    struct yjs_adapter *adapter;
    if (count != 5) {
        fprintf(stderr, "usage: department BOOTSTRAP REGION DEPARTMENT STORE\n");
        return 2;
    }
    struct yjs_options options = {.bootstrap = arguments[1], .region = arguments[2], .department = arguments[3],
                                  .store_path = arguments[4]};
    if (yjs_adapter_open(&options, &(struct yjs_handler){.start = start}, &adapter, &error) < 0) {
        fprintf(stderr, "%s: %s\n", error.code, error.message);
        return 1;
    }
    int verdict = yjs_adapter_run(adapter);
    yjs_adapter_close(adapter);
    return verdict ? 1 : 0;
}
