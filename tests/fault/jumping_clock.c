/* A wall clock that jumps, to be preloaded into a daemon under test: the file that YJS_CLOCK names holds, as eight bytes,
 * the seconds by which it is off; whoever writes them makes it jump. Waiting goes by the monotonic clock, which is as it
 * was. No allocation and no function of the C library that may allocate: an allocator may ask for the time while it begins. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const int64_t *shared_offset(void) {
    static const int64_t *offset; /* found by whichever thread comes first, or twice: the same file */
    const char *path = offset ? NULL : getenv("YJS_CLOCK");
    int file = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return offset;
    void *map = mmap(NULL, sizeof *offset, PROT_READ, MAP_SHARED, file, 0);
    syscall(SYS_close, file);
    if (map != MAP_FAILED)
        __atomic_store_n(&offset, map, __ATOMIC_RELEASE);
    return offset;
}

int clock_gettime(clockid_t clock, struct timespec *ret) {
    int result = (int)syscall(SYS_clock_gettime, clock, ret);
    const int64_t *offset = result == 0 && clock == CLOCK_REALTIME ? shared_offset() : NULL;
    if (offset)
        ret->tv_sec += __atomic_load_n(offset, __ATOMIC_RELAXED);
    return result;
}
