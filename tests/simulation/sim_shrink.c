/* A failing seed is played again with fewer and fewer troubles, until each that is left is needed: what is left to read is
 * short. */
#include "sim.h"

static void spare(struct sim_troubles *troubles, uint32_t from, uint32_t to, bool spared) {
    for (uint32_t i = from; i < to; i++)
        troubles->spared[i] = spared;
}

uint32_t sim_shrink(struct sim_troubles *troubles, bool (*play)(void *context, struct sim_troubles *), void *context) {
    uint32_t count = troubles->count < SIM_TROUBLES_MOST ? troubles->count : SIM_TROUBLES_MOST, left = 0;
    struct sim_troubles tried;
    /* whole halves, quarters … and at last single ones, twice: one that goes may make another needless */
    for (uint32_t size = count ? count : 1, again = 0; size > 0; size = size > 1 ? (size + 1) / 2 : again++ < 1 ? 1 : 0)
        for (uint32_t from = 0; from < count; from += size) {
            uint32_t to = from + size < count ? from + size : count;
            tried = *troubles;
            spare(&tried, from, to, true);
            tried.count = 0;
            if (memcmp(tried.spared, troubles->spared, sizeof tried.spared) != 0 && play(context, &tried))
                spare(troubles, from, to, true);
        }
    for (uint32_t i = 0; i < count; i++)
        left += !troubles->spared[i];
    return left;
}
