/* The circuit breaker and the back-off: when to try again. */
#include "internal.h"

bool breaker_allows(struct breaker *b, int64_t now_us, bool probe_runs) {
    if (b->state == BREAKER_OPEN && now_us >= b->open_until_us)
        b->state = BREAKER_HALF_OPEN;
    if (b->state == BREAKER_HALF_OPEN)
        return !probe_runs;
    return b->state == BREAKER_CLOSED;
}

void breaker_failed(struct yjs_adapter *a, int64_t now_us) {
    struct breaker *b = &a->breaker;
    b->failures_in_row++;
    if (b->state == BREAKER_OPEN || (b->state == BREAKER_CLOSED && b->failures_in_row < a->options.breaker_failures))
        return;
    if (b->state == BREAKER_CLOSED) {
        a->counters.breaker_opened++;
        log_warn("breaker_open", "the department's system cannot be reached; tasks are held",
                 LOG_STRING("department", a->options.department), LOG_INT("failures", b->failures_in_row));
    }
    b->state = BREAKER_OPEN;
    b->open_until_us = now_us + a->options.breaker_open_us;
}

void breaker_succeeded(struct yjs_adapter *a) {
    if (a->breaker.state != BREAKER_CLOSED)
        log_info("breaker_closed", "the department's system is back", LOG_STRING("department", a->options.department));
    a->breaker.state = BREAKER_CLOSED;
    a->breaker.failures_in_row = 0;
}

/* Full jitter: anything up to first * 2^tries, at most `most`. splitmix64 is enough for spreading. */
int64_t backoff_jitter_us(uint64_t *random, int64_t first_us, int64_t most_us, uint32_t tries) {
    int64_t ceiling = tries < 30 ? first_us << tries : most_us;
    if (ceiling > most_us || ceiling <= 0)
        ceiling = most_us;
    uint64_t z = (*random += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return ceiling <= 1000 ? 1000 : 1000 + (int64_t)(z % (uint64_t)(ceiling - 999));
}
