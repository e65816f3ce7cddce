/* A wall clock that is late by YJS_LATE_SECONDS, to be preloaded into a daemon under test: what it takes in happened so
 * long ago, and a daemon started later without it finds that its days have passed. Waiting goes by the monotonic clock
 * and by the C library's own way to the wall clock, which are as they were. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *ret) {
    const char *late = getenv("YJS_LATE_SECONDS");
    int result = (int)syscall(SYS_clock_gettime, clock, ret);
    if (result == 0 && late && clock == CLOCK_REALTIME)
        ret->tv_sec -= atol(late);
    return result;
}
