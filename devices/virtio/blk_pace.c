/* SPDX-License-Identifier: Apache-2.0 */
/* blk_pace.c - see blk_pace.h. */
#include "devices/virtio/blk_pace.h"

#include <time.h>

#include "vmm/clock.h"

#define BLK_ASYNC_AFTER 16
/* What requests may take before it is slow: one alone, which only holds up the vCPU's other work, and each of several.
 * Their data has a nanosecond a byte besides: memory that is touched for the first time. */
#define BLK_SLOW_NS 2000000
#define BLK_SLOW_EACH_NS 20000
/* After a slow one that many notifications are looked at more closely: was it waiting, or work (a large page that had
 * to be cleared for the data, a host that is slow altogether)? That takes system calls. */
#define BLK_SUSPICION 16

struct blk_turn blk_turn_begin(const struct blk_pace *pace)
{
    struct blk_turn turn = {.closely = pace->suspicion > 0};

    turn.work_ns = turn.closely ? clock_ns(CLOCK_THREAD_CPUTIME_ID) : 0;
    turn.start_ns = clock_ns(CLOCK_MONOTONIC);
    return turn;
}

void blk_turn_end(struct blk_pace *pace, const struct blk_turn *turn, unsigned count, uint64_t bytes)
{
    int64_t taken_ns = (int64_t)(clock_ns(CLOCK_MONOTONIC) - turn->start_ns);
    int64_t allowed_ns = (count > 1 ? count * BLK_SLOW_EACH_NS : BLK_SLOW_NS) + (int64_t)bytes;

    if (turn->closely) {
        taken_ns -= (int64_t)(clock_ns(CLOCK_THREAD_CPUTIME_ID) - turn->work_ns);
        pace->suspicion--;
    }
    if (taken_ns > allowed_ns) {
        pace->suspicion = BLK_SUSPICION;
        pace->would_pay += turn->closely ? count : 0;
    } else if (pace->would_pay > 0) { /* a busy host is slow at times */
        pace->would_pay--;
    }
}

bool blk_pace_wants_async(const struct blk_pace *pace)
{
    return pace->would_pay >= BLK_ASYNC_AFTER;
}
