/* SPDX-License-Identifier: Apache-2.0 */
/* futex_waitv.c - futex_waitv(2): a thread waits for the first of several words. */
#include "core/sched.h"
#include "mm/kmalloc.h"
#include "sys/futex2.h"
#include "sys/futex_queue.h"
#include "sys/syscall.h"
#include "sys/user.h"

#define WORDS_MAX 128u

struct wait_many {
    struct futex_waiter waiter[WORDS_MAX];
    struct futex_word word[WORDS_MAX];
    unsigned count;
};

/* The index of one that was woken, or the count: none was. Those before `end` wait no more. */
static unsigned many_end(struct wait_many *many, unsigned end)
{
    unsigned woken = many->count;

    for (unsigned i = 0; i < end; i++) {
        if (many->waiter[i].waiter.queue == NULL)
            woken = i;
        futex_unqueue(&many->waiter[i]);
    }
    return woken;
}

static bool many_has_woken(const struct wait_many *many)
{
    for (unsigned i = 0; i < many->count; i++)
        if (many->waiter[i].waiter.queue == NULL)
            return true;
    return false;
}

/* All are queued: 0. Else an error, or 1: *woken was woken before the last was queued. */
static int many_begin(struct wait_many *many, unsigned *woken)
{
    int error = 0;

    for (unsigned i = 0; i < many->count && error == 0; i++) {
        const struct futex_word *word = &many->word[i];
        const struct futex_wait wait = {
            .address = word->address,
            .expected = (uint32_t)word->value,
            .shared = futex2_is_shared(word->flags),
        };
        many->waiter[i].bitset = FUTEX_ANY;
        error = futex_wait_begin(&wait, &many->waiter[i]);
        if (error != 0)
            *woken = many_end(many, i);
    }
    return error != 0 && *woken != many->count ? 1 : error;
}

static int64_t many_wait(struct wait_many *many, uint64_t deadline_ns)
{
    unsigned woken = many->count;
    int error = many_begin(many, &woken);

    if (error < 0)
        return error;
    if (error > 0)
        return woken;
    while (!many_has_woken(many) && error == 0)
        error = sched_sleep(deadline_ns, WAIT_INTERRUPTIBLE);
    woken = many_end(many, many->count);
    return woken != many->count ? (int64_t)woken : error;
}

int64_t sys_futex_waitv(const uint64_t arg[6])
{
    struct wait_many *many;
    uint64_t deadline_ns;
    int64_t result;

    if ((uint32_t)arg[2] != 0 || (uint32_t)arg[1] == 0 || (uint32_t)arg[1] > WORDS_MAX || arg[0] == 0)
        return -EINVAL;
    result = futex2_deadline_get(arg[3], (int)arg[4], &deadline_ns);
    if (result != 0)
        return result;
    many = kmalloc(sizeof(*many));
    if (many == NULL)
        return -ENOMEM;
    many->count = (uint32_t)arg[1];
    result = futex2_words_get(many->word, many->count, arg[0]);
    if (result == 0)
        result = many_wait(many, deadline_ns);
    kfree(many);
    return result;
}
