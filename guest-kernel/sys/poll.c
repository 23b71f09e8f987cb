/* SPDX-License-Identifier: Apache-2.0 */
/* poll.c - poll and select: a look at every file, and again after one of them has told of a change. */
#include "abi/poll.h"

#include "abi/time.h"
#include "core/clock.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "sys/sigmask.h"
#include "sys/syscall.h"
#include "sys/timeout.h"
#include "sys/user.h"
#include "vfs/poller.h"

/* The end of a call that has a timeout at a user's address, and may be made again with what is left of it: that stands
 * there afterwards, as far as it can be written. */
static int64_t timeout_finish(int64_t result, uaddr_t timeout, uint64_t deadline, uint64_t unit_ns)
{
    uint64_t now, left;
    struct timespec_user time;

    if (timeout == 0)
        return result;
    now = clock_monotonic_ns();
    left = deadline > now ? deadline - now : 0;
    time = (struct timespec_user){(int64_t)(left / NS_PER_SEC), (int64_t)(left % NS_PER_SEC / unit_ns)};
    return timespec_to_user(timeout, &time) && result == -ERESTARTNOHAND ? -EINTR : result;
}

/* ---- poll ---- */

#define ENTRIES ((unsigned)(PAGE_SIZE / sizeof(struct pollfd_user))) /* in a page */
#define ENTRIES_FEW 8u                                               /* so many need no memory */
#define ALWAYS_WANTED (POLLERR | POLLHUP)

struct poll_set {
    struct pollfd_user **block; /* of ENTRIES each */
    unsigned count, ready;
};

static bool poll_scan(struct poll_set *set, struct poller *poller)
{
    set->ready = 0;
    for (unsigned i = 0; i < set->count; i++) {
        struct pollfd_user *entry = &set->block[i / ENTRIES][i % ENTRIES];
        entry->revents = 0;
        if (entry->fd < 0)
            continue;
        struct file *file = fd_get(current_thread()->files, entry->fd);
        uint32_t wanted = entry->events | ALWAYS_WANTED;
        entry->revents = (uint16_t)(file != NULL ? poller_look(poller, file, wanted) : POLLNVAL);
        set->ready += entry->revents != 0;
    }
    return set->ready != 0;
}

/* Result of the wait: how many are ready; none at the deadline. */
static int64_t poll_wait(struct poll_set *set, uint64_t deadline)
{
    struct poller poller;
    int error = 0;

    poller_begin(&poller, deadline);
    while (!poll_scan(set, &poller) && error == 0)
        error = poller_sleep(&poller);
    poller_end(&poller);
    if (set->ready != 0)
        return set->ready;
    return error != 0 && error != -ETIMEDOUT ? error : (int64_t)set->ready;
}

static size_t block_size(const struct poll_set *set, unsigned block)
{
    unsigned rest = set->count - block * ENTRIES;

    return (rest < ENTRIES ? rest : ENTRIES) * sizeof(struct pollfd_user);
}

static int64_t poll_blocks(struct poll_set *set, unsigned blocks, uaddr_t address, uint64_t deadline)
{
    for (unsigned i = 0; i < blocks; i++) {
        set->block[i] = kmalloc(block_size(set, i));
        if (set->block[i] == NULL)
            return -ENOMEM;
        if (copy_from_user(set->block[i], address + i * PAGE_SIZE, block_size(set, i)) != 0)
            return -EFAULT;
    }
    int64_t result = poll_wait(set, deadline);
    for (unsigned i = 0; i < blocks && result >= 0; i++)
        if (copy_to_user(address + i * PAGE_SIZE, set->block[i], block_size(set, i)) != 0)
            result = -EFAULT;
    return result;
}

static int64_t poll_few(uaddr_t address, unsigned count, uint64_t deadline)
{
    struct pollfd_user entries[ENTRIES_FEW], *block = entries;
    struct poll_set set = {.block = &block, .count = count};
    size_t size = count * sizeof(entries[0]);
    int64_t result;

    if (copy_from_user(entries, address, size) != 0)
        return -EFAULT;
    result = poll_wait(&set, deadline);
    return result >= 0 && copy_to_user(address, entries, size) != 0 ? -EFAULT : result;
}

static int64_t poll_user(uaddr_t address, uint64_t count, uint64_t deadline)
{
    struct poll_set set = {.count = (unsigned)count};
    unsigned blocks = (unsigned)((count + ENTRIES - 1) / ENTRIES);
    int64_t result;

    if (count > current_thread()->files->limit)
        return -EINVAL;
    if (count <= ENTRIES_FEW)
        return poll_few(address, (unsigned)count, deadline);
    set.block = kmalloc_array(blocks, sizeof(*set.block));
    if (set.block == NULL)
        return -ENOMEM;
    result = poll_blocks(&set, blocks, address, deadline);
    for (unsigned i = 0; i < blocks; i++)
        kfree(set.block[i]);
    kfree(set.block);
    return result;
}

static int64_t poll_until(struct thread *thread, uaddr_t address, unsigned count, uint64_t deadline);

static int64_t poll_resume(struct thread *thread)
{
    return poll_until(thread, thread->restart.arg[0], (unsigned)thread->restart.arg[1], thread->restart.deadline_ns);
}

static int64_t poll_until(struct thread *thread, uaddr_t address, unsigned count, uint64_t deadline)
{
    int64_t result = poll_user(address, count, deadline);

    if (result != -ERESTARTSYS)
        return result;
    thread->restart = (struct restart){.resume = poll_resume, .deadline_ns = deadline, .arg = {address, count}};
    return -ERESTART_RESTARTBLOCK;
}

int64_t sys_poll(const uint64_t arg[6])
{
    int timeout_ms = (int)arg[2];

    return poll_until(current_thread(), arg[0], (unsigned)arg[1],
                      timeout_ms < 0 ? WAIT_FOREVER : deadline_after((uint64_t)timeout_ms * 1000000));
}

/* The end of ppoll and the selects: only a handler makes them end with EINTR. */
static int64_t interrupted_by_handler(int64_t result)
{
    return result == -ERESTARTSYS ? -ERESTARTNOHAND : result;
}

int64_t sys_ppoll(const uint64_t arg[6])
{
    uint64_t deadline;
    int64_t error = timeout_deadline(arg[2], &deadline);

    if (error == 0 && arg[3] != 0)
        error = sigmask_suspend(arg[3], arg[4]);
    if (error != 0)
        return error;
    int64_t result = interrupted_by_handler(poll_user(arg[0], (unsigned)arg[1], deadline));
    sigmask_resume(result);
    return timeout_finish(result, arg[2], deadline, 1);
}

/* ---- select ---- */

#define WORDS_FEW 2u /* 128 descriptors need no memory */
enum { SET_READ, SET_WRITE, SET_EXCEPT, SETS };

struct select_set {
    uint64_t *wanted[SETS], *ready[SETS]; /* each `words` long; wanted[0] and ready[0] begin two blocks of memory */
    uaddr_t address[SETS];
    unsigned words;
    size_t bytes; /* of a set of the program's, whose words may be shorter: they begin in the same way */
    int count;    /* bits set in `ready`, or -EBADF */
};

static const uint32_t select_events[SETS] = {POLLIN | POLLRDNORM | POLLHUP | POLLERR, POLLOUT | POLLWRNORM | POLLERR,
                                             POLLPRI};

static void select_one(struct select_set *set, struct poller *poller, unsigned word, uint64_t bit, struct file *file)
{
    uint32_t wanted = 0, events;

    for (unsigned i = 0; i < SETS; i++)
        wanted |= set->wanted[i][word] & bit ? select_events[i] : 0;
    events = poller_look(poller, file, wanted);
    for (unsigned i = 0; i < SETS; i++) {
        if (!(set->wanted[i][word] & bit) || !(events & select_events[i]))
            continue;
        set->ready[i][word] |= bit;
        set->count++;
    }
}

static bool select_scan(struct select_set *set, struct poller *poller)
{
    set->count = 0;
    memset(set->ready[0], 0, SETS * set->words * sizeof(uint64_t));
    for (unsigned word = 0; word < set->words; word++) {
        uint64_t any = set->wanted[SET_READ][word] | set->wanted[SET_WRITE][word] | set->wanted[SET_EXCEPT][word];
        for (; any != 0; any &= any - 1) {
            int bit = __builtin_ctzll(any);
            struct file *file = fd_get(current_thread()->files, (int)word * 64 + bit);
            if (file == NULL) {
                set->count = -EBADF;
                return true;
            }
            select_one(set, poller, word, 1ull << bit, file);
        }
    }
    return set->count != 0;
}

static int select_get(struct select_set *set, unsigned nfds)
{
    for (unsigned i = 0; i < SETS; i++) {
        set->wanted[i] = set->wanted[0] + i * set->words;
        set->ready[i] = set->ready[0] + i * set->words;
        if (set->address[i] == 0)
            continue;
        if (copy_from_user(set->wanted[i], set->address[i], set->bytes) != 0)
            return -EFAULT;
        if (nfds % 64 != 0) /* what lies behind nfds isn't asked for */
            set->wanted[i][set->words - 1] &= (1ull << (nfds % 64)) - 1;
    }
    return 0;
}

static int64_t select_wait(struct select_set *set, uint64_t deadline)
{
    struct poller poller;
    int error = 0;

    poller_begin(&poller, deadline);
    while (!select_scan(set, &poller) && error == 0)
        error = poller_sleep(&poller);
    poller_end(&poller);
    if (set->count == 0 && error != 0 && error != -ETIMEDOUT)
        return error;
    for (unsigned i = 0; i < SETS && set->count >= 0; i++)
        if (set->address[i] != 0 && copy_to_user(set->address[i], set->ready[i], set->bytes) != 0)
            return -EFAULT;
    return set->count;
}

/* Descriptors beyond what the table has room for are not looked at, as on Linux. */
static int64_t select_user(const uint64_t arg[6], uint64_t deadline)
{
    unsigned nfds = (unsigned)arg[0], most = current_thread()->files->size;
    struct select_set set = {.address = {arg[1], arg[2], arg[3]}};
    uint64_t few[2][SETS * WORDS_FEW] = {0};
    int64_t result = -ENOMEM;

    if ((int)arg[0] < 0)
        return -EINVAL;
    if (nfds > most)
        nfds = most;
    set.words = (nfds + 63) / 64;
    set.bytes = call_comes_from_i386() ? (nfds + 31) / 32 * sizeof(uint32_t) : set.words * sizeof(uint64_t);
    bool is_few = set.words <= WORDS_FEW;
    set.wanted[0] = is_few ? few[0] : kmalloc_array(SETS * set.words, sizeof(uint64_t));
    set.ready[0] = is_few ? few[1] : kmalloc_array(SETS * set.words, sizeof(uint64_t));
    if (set.wanted[0] != NULL && set.ready[0] != NULL)
        result = select_get(&set, nfds);
    if (result == 0)
        result = select_wait(&set, deadline);
    if (!is_few) {
        kfree(set.wanted[0]);
        kfree(set.ready[0]);
    }
    return result;
}

int64_t sys_select(const uint64_t arg[6])
{
    struct timespec_user timeout; /* a struct timeval, which has the same layout */
    uint64_t deadline = WAIT_FOREVER;

    if (arg[4] != 0) {
        if (timespecs_from_user(&timeout, 1, arg[4]))
            return -EFAULT;
        if (timeout.sec < 0 || timeout.nsec < 0)
            return -EINVAL;
        bool is_long = timeout.sec > 0xffffffff || timeout.nsec > 0xffffffffffff;
        deadline = deadline_after(is_long ? TIMEOUT_LONGEST
                                          : (uint64_t)timeout.sec * 1000000000 + (uint64_t)timeout.nsec * 1000);
    }
    return timeout_finish(interrupted_by_handler(select_user(arg, deadline)), arg[4], deadline, 1000);
}

int64_t sys_pselect6(const uint64_t arg[6])
{
    struct sigmask_place sigmask;
    uint64_t deadline;
    int64_t error = sigmask_place_get(&sigmask, arg[5]);

    if (error == 0)
        error = timeout_deadline(arg[4], &deadline);
    if (error == 0 && sigmask.mask != 0)
        error = sigmask_suspend(sigmask.mask, sigmask.size);
    if (error != 0)
        return error;
    int64_t result = interrupted_by_handler(select_user(arg, deadline));
    sigmask_resume(result);
    return timeout_finish(result, arg[4], deadline, 1);
}
