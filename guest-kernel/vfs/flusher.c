/* SPDX-License-Identifier: Apache-2.0 */
/* flusher.c - see flusher.h. The thread is made when the first timer expires: who ends before needs none. */
#include "vfs/flusher.h"

#include <stddef.h>

#include "arch/arch.h"
#include "core/oom.h"
#include "core/sched.h"
#include "core/threads.h"
#include "core/timer.h"
#include "core/wait.h"
#include "mm/page.h"
#include "vfs/pageindex.h"

#define DELAY_NS 4000000000ull /* and a second to write it in */
#define RESERVE_FRAMES 16u
#define STUCK_SHARE 32 /* of memory: a part that is a quarter of what may be dirty */

static struct {
    const struct flusher_work *calls; /* NULL: nothing was ever dirty */
    struct thread thread;
    struct timer timer;
    struct wait_queue work; /* the thread waits for something to do */
    struct wait_queue done; /* others wait for the end of a round */
    uint64_t rounds;        /* that have ended */
    bool started, wanted, running;
    bool has_failed;   /* the last round did, and stored no page */
    uint64_t stuck_at; /* then: the pages that were dirty after it */
    unsigned paused;   /* by so many */
    struct page *reserve[RESERVE_FRAMES];
    unsigned reserve_count;
} flusher;

/* ---- the reserve ---- */

static void reserve_fill(void)
{
    struct page *page;

    while (flusher.reserve_count < RESERVE_FRAMES && (page = page_alloc_dirty()) != NULL)
        flusher.reserve[flusher.reserve_count++] = page;
}

static uint64_t reserve_empty(void)
{
    uint64_t count = flusher.reserve_count;

    while (flusher.reserve_count != 0)
        page_put(flusher.reserve[--flusher.reserve_count]);
    return count;
}

bool flusher_is_current(void)
{
    return arch_current() == &flusher.thread;
}

uint64_t flusher_use_reserve(void)
{
    return flusher_is_current() ? reserve_empty() : 0;
}

/* ---- the thread ---- */

static bool has_work(void)
{
    return flusher.wanted && flusher.paused == 0;
}

/* The last round failed, and another right behind it would, too. Once much more is dirty it wouldn't: that may be other
 * disks', of which one that fails is not to keep what they take in memory. */
static bool is_stuck(void)
{
    return flusher.has_failed && pageindex_dirty_count < flusher.stuck_at + page_total_count() / STUCK_SHARE;
}

/* It holds nothing while it waits here. In a round it waits for volumes and, with one, for the disk. */
static _Noreturn void flusher_run(void)
{
    for (;;) {
        while (!has_work())
            (void)wait_on(&flusher.work, WAIT_FOREVER, 0);
        flusher.wanted = false;
        flusher.running = true;
        reserve_fill();
        flusher.has_failed = !flusher.calls->store(flusher.rounds + 1);
        flusher.stuck_at = pageindex_dirty_count;
        flusher.running = false;
        flusher.rounds++;
        if (flusher.calls->is_needed()) /* made dirty meanwhile, or an error: tried again */
            flusher_note(flusher.calls);
        wait_wake_all(&flusher.done, 0);
    }
}

/* False: there is no memory for its stack. */
static bool start(void)
{
    if (!flusher.started && thread_init_kernel(&flusher.thread, "flusher") == 0) {
        flusher.started = true;
        sched_start(&flusher.thread, flusher_run);
    }
    return flusher.started;
}

static void expired(struct timer *timer)
{
    (void)timer;
    flusher_wake();
}

/* Before a program is killed for want of memory. */
static bool store_for_memory(void)
{
    uint64_t dirty = pageindex_dirty_count;

    /* Twice: the round that is under way may be past what is dirty. */
    for (int tries = 0; tries < 2 && dirty != 0 && flusher_wait(); tries++)
        if (pageindex_dirty_count < dirty)
            return true;
    return false;
}

void flusher_note(const struct flusher_work *work)
{
    if (flusher.timer.is_set || flusher.wanted || flusher.running)
        return;
    flusher.calls = work;
    oom_store = store_for_memory;
    flusher.timer.expired = expired;
    timer_set(&flusher.timer, arch_clock_ns() + DELAY_NS);
}

void flusher_wake(void)
{
    if (flusher.calls == NULL)
        return;
    timer_cancel(&flusher.timer);
    flusher.wanted = start();
    if (flusher.wanted)
        wait_wake_all(&flusher.work, 0);
    else
        flusher_note(flusher.calls);
}

bool flusher_wait(void)
{
    uint64_t rounds = flusher.rounds;

    if (arch_current()->wants_no_wait != 0 || arch_current() == &flusher.thread || flusher.paused != 0 || is_stuck())
        return false;
    flusher_wake();
    if (!flusher.started)
        return false;
    while (flusher.rounds == rounds && flusher.paused == 0)
        (void)wait_on(&flusher.done, WAIT_FOREVER, 0);
    return true;
}

/* Half of what is allowed has it begin, so that as a rule nobody waits. A disk that fails is no reason to wait: else
 * each page would be, for all that can't be stored to be tried again. */
void flusher_throttle(void)
{
    uint64_t most = page_total_count() / 8;

    if (pageindex_dirty_count < most / 2 || is_stuck())
        return;
    if (!flusher.running && !flusher.wanted)
        flusher_wake();
    for (unsigned tries = 0; tries < 4 && pageindex_dirty_count >= most && flusher_wait(); tries++)
        ;
}

void flusher_pause(void)
{
    flusher.paused++;
    while (flusher.running)
        (void)wait_on(&flusher.done, WAIT_FOREVER, 0);
    timer_cancel(&flusher.timer);
    reserve_empty();
    wait_wake_all(&flusher.done, 0);
}

void flusher_resume(void)
{
    if (--flusher.paused != 0)
        return;
    if (flusher.calls != NULL && flusher.calls->is_needed())
        flusher_note(flusher.calls);
    if (flusher.wanted)
        wait_wake_all(&flusher.work, 0);
}
