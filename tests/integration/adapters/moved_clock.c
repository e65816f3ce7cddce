/* To be preloaded: the wall clock is as many seconds off as stands in the file CLOCK_FILE, 8 bytes that may change meanwhile. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *off;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("CLOCK_FILE");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *map = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *off, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        abort();
    off = map;
    close(fd);
    unsetenv("LD_PRELOAD");
}

int clock_gettime(clockid_t clock, struct timespec *ret) {
    int code = (int)syscall(SYS_clock_gettime, clock, ret);
    if (!code && clock == CLOCK_REALTIME && off)
        ret->tv_sec += *off;
    return code;
}
