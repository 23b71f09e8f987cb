/* SPDX-License-Identifier: Apache-2.0 */
/*
 * meter.h - counts bytes, and says when there would be more than there may be. Any thread; also a process made by
 * fork(2), where the meter lies in memory that both share.
 *
 * Each function takes NULL for a meter: then nothing is counted, and everything is allowed.
 */
#ifndef LVMM_METER_H
#define LVMM_METER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define METER_NO_LIMIT UINT64_MAX

struct meter {
    atomic_uint_fast64_t used; /* at most `most`, but for what meter_add has added */
    uint64_t most;             /* METER_NO_LIMIT: as many as there are */
    /* Called each time that something is refused. NULL: nobody wants to know. */
    void (*over)(void *owner);
    void *owner;
};

/* Reserves `least` to `size` bytes, as many as are left, and says how many. 0, and over(): there aren't as many. */
static inline uint64_t meter_take_some(struct meter *meter, uint64_t least, uint64_t size)
{
    if (meter == NULL || size == 0)
        return size;
    uint_fast64_t used = atomic_load(&meter->used);
    uint64_t taken;
    do {
        uint64_t left = used < meter->most ? meter->most - used : 0;

        taken = size < left ? size : left;
        if (taken < least) {
            if (meter->over != NULL)
                meter->over(meter->owner);
            return 0;
        }
    } while (!atomic_compare_exchange_weak(&meter->used, &used, used + taken));
    return taken;
}

/* Reserves up to `size` bytes, and says how many. 0, and over(): none are left. */
static inline uint64_t meter_take(struct meter *meter, uint64_t size)
{
    return meter_take_some(meter, 1, size);
}

/* Reserves all of them, or none: false, and over(). */
static inline bool meter_take_all(struct meter *meter, uint64_t size)
{
    return meter_take_some(meter, size, size) == size;
}

/* So many bytes of those that were reserved weren't used. */
static inline void meter_give_back(struct meter *meter, uint64_t size)
{
    if (meter != NULL)
        atomic_fetch_sub(&meter->used, size);
}

/* Counts them, whatever the limit. */
static inline void meter_add(struct meter *meter, uint64_t size)
{
    if (meter != NULL)
        atomic_fetch_add(&meter->used, size);
}

#endif
