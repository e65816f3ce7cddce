/* yjsctl: the command line. Reads the words, calls the verb's handler, ends with its status. */
#include <signal.h>
#include <stdio.h>

#include "base/log.h"
#include "cli/verb.h"

int main(int argc, char **argv) {
    struct invocation invocation = {0};
    enum verb_status status;
    signal(SIGPIPE, SIG_IGN);
    /* What floors below have to say belongs to people here: on standard error, from warnings on. */
    log_setup(2, LOG_WARN, LOG_FORMAT_TEXT, "yjsctl");
    if (invocation_read(&invocation, argc, (const char **)argv, &status))
        status = invocation.verb->run(&invocation);
    invocation_free(&invocation);
    if (fflush(stdout) != 0 || ferror(stdout))
        status = status == STATUS_DONE ? STATUS_REFUSED : status; /* a full disk; a reader that has gone is quiet */
    return (int)status;
}
