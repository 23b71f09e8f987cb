/* SPDX-License-Identifier: Apache-2.0 */
/* futex.c - futex(2): threads wait until others say that they have changed a word. */
#include "abi/futex.h"

#include "abi/time.h"
#include "mm/space.h"
#include "sys/futex.h"
#include "sys/futex_queue.h"
#include "sys/syscall.h"
#include "sys/timeout.h"
#include "sys/user.h"

/* ---- waiting ---- */

struct wait {
    uaddr_t address;
    uint64_t deadline_ns;
    uint32_t expected, bitset;
    bool shared;
};

/* Queued if the word is `expected`: nobody can change it in between, as nothing waits there. */
static int wait_begin(const struct wait *wait, struct futex_waiter *waiter)
{
    uint32_t *word;
    int error = futex_key_get(wait->address, wait->shared, false, &waiter->key);

    if (error != 0)
        return error;
    if (user_word(wait->address, false, &word) != 0)
        error = -EFAULT;
    else if (*word != wait->expected)
        error = -EAGAIN;
    if (error == 0)
        futex_queue(waiter);
    else
        futex_key_put(&waiter->key);
    return error;
}

static int64_t futex_wait(const struct wait *wait);

#define RESTART_SHARED (1ull << 32)

static int64_t wait_resume(struct thread *thread)
{
    const uint64_t *arg = thread->restart.arg;
    const struct wait wait = {
        .address = arg[0],
        .deadline_ns = thread->restart.deadline_ns,
        .expected = (uint32_t)arg[1],
        .bitset = (uint32_t)arg[2],
        .shared = (arg[1] & RESTART_SHARED) != 0,
    };

    return futex_wait(&wait);
}

static int64_t futex_wait(const struct wait *wait)
{
    struct futex_waiter waiter = {.bitset = wait->bitset};
    int error;

    if (wait->bitset == 0)
        return -EINVAL;
    error = wait_begin(wait, &waiter);
    if (error != 0)
        return error;
    error = futex_sleep(&waiter, wait->deadline_ns);
    if (error != -ERESTARTSYS || wait->deadline_ns == WAIT_FOREVER)
        return error;
    current_thread()->restart = (struct restart){
        .resume = wait_resume,
        .deadline_ns = wait->deadline_ns,
        .arg = {wait->address, wait->expected | (wait->shared ? RESTART_SHARED : 0), wait->bitset},
    };
    return -ERESTART_RESTARTBLOCK;
}

/* ---- waking ---- */

/* At least one, as Linux does it. How many there were. */
static int64_t wake_by_key(const struct futex_key *key, int most, uint32_t bitset)
{
    struct futex_waiter *waiter = futex_first(key), *next;
    int count = 0;

    for (; waiter != NULL; waiter = next) {
        next = futex_next(key, waiter);
        if (!(waiter->bitset & bitset))
            continue;
        futex_waiter_wake(waiter);
        if (++count >= most)
            break;
    }
    return count;
}

int64_t futex_wake(uaddr_t address, bool shared, int most, uint32_t bitset)
{
    struct futex_key key;
    int64_t result;

    if (bitset == 0)
        return -EINVAL;
    result = futex_key_get(address, shared, false, &key);
    if (result != 0)
        return result;
    result = wake_by_key(&key, most, bitset);
    futex_key_put(&key);
    return result;
}

/* ---- two words ---- */

struct pair {
    uaddr_t address[2];
    bool shared;
    int wake;        /* at most so many of the first's waiters */
    int other;       /* move so many, or wake so many of the second's */
    uint32_t *value; /* what the first must be; NULL: anything */
    struct futex_key key[2];
};

static int pair_get(struct pair *pair, bool to_write_second)
{
    int error = futex_key_get(pair->address[0], pair->shared, false, &pair->key[0]);

    if (error != 0)
        return error;
    error = futex_key_get(pair->address[1], pair->shared, to_write_second, &pair->key[1]);
    if (error != 0)
        futex_key_put(&pair->key[0]);
    return error;
}

static void pair_put(struct pair *pair)
{
    futex_key_put(&pair->key[0]);
    futex_key_put(&pair->key[1]);
}

static int64_t requeue_by_keys(const struct pair *pair)
{
    struct futex_waiter *waiter = futex_first(&pair->key[0]), *next;
    int64_t count = 0;

    for (; waiter != NULL && count - pair->wake < pair->other; waiter = next, count++) {
        next = futex_next(&pair->key[0], waiter);
        if (count < pair->wake)
            futex_waiter_wake(waiter);
        else if (!futex_key_equal(&pair->key[0], &pair->key[1]))
            futex_waiter_move(waiter, &pair->key[1]);
    }
    return count;
}

static int64_t futex_requeue(struct pair *pair)
{
    uint32_t *word;
    int64_t result;

    if (pair->wake < 0 || pair->other < 0)
        return -EINVAL;
    result = pair_get(pair, false);
    if (result != 0)
        return result;
    if (pair->value == NULL)
        result = requeue_by_keys(pair);
    else if (user_word(pair->address[0], false, &word) != 0)
        result = -EFAULT;
    else
        result = *word == *pair->value ? requeue_by_keys(pair) : -EAGAIN;
    pair_put(pair);
    return result;
}

static int32_t sign_extended_12(uint32_t value)
{
    return (int32_t)(value << 20) >> 20;
}

/* Changes the word as FUTEX_WAKE_OP's last argument says, and whether it was what that compares it with: 0, 1 or
 * -ENOSYS. */
static int word_operate(uint32_t *word, uint32_t operation)
{
    unsigned op = operation >> 28 & 7;
    int32_t operand = sign_extended_12(operation >> 12), compared = sign_extended_12(operation);
    int32_t old = (int32_t)*word;

    if (operation >> 28 & FUTEX_OP_OPARG_SHIFT)
        operand = (int32_t)(1u << (operand & 31));
    switch (op) {
    case FUTEX_OP_SET:
        *word = (uint32_t)operand;
        break;
    case FUTEX_OP_ADD:
        *word += (uint32_t)operand;
        break;
    case FUTEX_OP_OR:
        *word |= (uint32_t)operand;
        break;
    case FUTEX_OP_ANDN:
        *word &= ~(uint32_t)operand;
        break;
    case FUTEX_OP_XOR:
        *word ^= (uint32_t)operand;
        break;
    default:
        return -ENOSYS;
    }
    switch (operation >> 24 & 15) {
    case FUTEX_OP_CMP_EQ:
        return old == compared;
    case FUTEX_OP_CMP_NE:
        return old != compared;
    case FUTEX_OP_CMP_LT:
        return old < compared;
    case FUTEX_OP_CMP_LE:
        return old <= compared;
    case FUTEX_OP_CMP_GT:
        return old > compared;
    case FUTEX_OP_CMP_GE:
        return old >= compared;
    default:
        return -ENOSYS;
    }
}

static int64_t futex_wake_op(struct pair *pair, uint32_t operation)
{
    uint32_t *word;
    int64_t result = pair_get(pair, true);
    int holds;

    if (result != 0)
        return result;
    holds = user_word(pair->address[1], true, &word) != 0 ? -EFAULT : word_operate(word, operation);
    if (holds < 0) {
        result = holds;
    } else {
        result = wake_by_key(&pair->key[0], pair->wake, FUTEX_ANY);
        if (holds != 0)
            result += wake_by_key(&pair->key[1], pair->other, FUTEX_ANY);
    }
    pair_put(pair);
    return result;
}

/* ---- the system call ---- */

static bool has_timeout(unsigned operation)
{
    return operation == FUTEX_WAIT || operation == FUTEX_WAIT_BITSET;
}

/* FUTEX_WAIT's timeout is a duration, the others' a time of the chosen clock. */
static int wait_deadline(unsigned operation, bool realtime, uaddr_t timeout, uint64_t *deadline_ns)
{
    uint64_t ns;
    int error;

    *deadline_ns = WAIT_FOREVER;
    if (timeout == 0 || !has_timeout(operation))
        return 0;
    error = timeout_read(timeout, &ns);
    if (error != 0)
        return error;
    if (operation == FUTEX_WAIT)
        *deadline_ns = deadline_after(ns);
    else
        *deadline_ns = deadline_at(realtime ? CLOCK_REALTIME : CLOCK_MONOTONIC, ns);
    return 0;
}

int64_t sys_futex(const uint64_t arg[6])
{
    unsigned operation = (unsigned)arg[1] & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
    bool realtime = (arg[1] & FUTEX_CLOCK_REALTIME) != 0, shared = !(arg[1] & FUTEX_PRIVATE_FLAG);
    uint32_t value = (uint32_t)arg[2], third = (uint32_t)arg[5];
    struct wait wait = {.address = arg[0], .expected = value, .bitset = FUTEX_ANY, .shared = shared};
    struct pair pair = {.address = {arg[0], arg[4]}, .shared = shared, .wake = (int)value, .other = (int)arg[3]};
    int error = wait_deadline(operation, realtime, arg[3], &wait.deadline_ns);

    if (error != 0)
        return error;
    if (realtime && operation != FUTEX_WAIT_BITSET)
        return -ENOSYS;
    switch (operation) {
    case FUTEX_WAIT_BITSET:
        wait.bitset = third;
        return futex_wait(&wait);
    case FUTEX_WAIT:
        return futex_wait(&wait);
    case FUTEX_WAKE_BITSET:
        return futex_wake(arg[0], shared, (int)value, third);
    case FUTEX_WAKE:
        return futex_wake(arg[0], shared, (int)value, FUTEX_ANY);
    case FUTEX_CMP_REQUEUE:
        pair.value = &third;
        return futex_requeue(&pair);
    case FUTEX_REQUEUE:
        return futex_requeue(&pair);
    case FUTEX_WAKE_OP:
        return futex_wake_op(&pair, third);
    default:
        return -ENOSYS;
    }
}
