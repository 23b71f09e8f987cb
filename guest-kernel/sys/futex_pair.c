/* SPDX-License-Identifier: Apache-2.0 */
/* futex_pair.c - what futex(2) does with two words: it moves waiters from one to the other, or operates on one. */
#include "abi/futex.h"
#include "mm/usercopy.h"
#include "sys/futex_queue.h"
#include "sys/user.h"

int futex_pair_get(struct futex_pair *pair, bool to_write_second)
{
    int error = futex_key_get(pair->address[0], pair->shared[0], false, &pair->key[0]);

    if (error != 0)
        return error;
    error = futex_key_get(pair->address[1], pair->shared[1], to_write_second, &pair->key[1]);
    if (error != 0)
        futex_key_put(&pair->key[0]);
    return error;
}

void futex_pair_put(struct futex_pair *pair)
{
    futex_key_put(&pair->key[0]);
    futex_key_put(&pair->key[1]);
}

static int64_t requeue_by_keys(const struct futex_pair *pair)
{
    struct futex_waiter *waiter = futex_first(&pair->key[0]), *next;
    int64_t count = 0;

    for (; waiter != NULL && count - pair->wake < pair->other; waiter = next, count++) {
        next = futex_next(&pair->key[0], waiter);
        if (!futex_is_plain(waiter))
            return -EINVAL;
        if (count < pair->wake)
            futex_waiter_wake(waiter);
        else if (!futex_key_equal(&pair->key[0], &pair->key[1]))
            futex_waiter_move(waiter, &pair->key[1]);
    }
    return count;
}

int64_t futex_requeue(struct futex_pair *pair)
{
    uint32_t *word;
    int64_t result;

    if (pair->wake < 0 || pair->other < 0)
        return -EINVAL;
    result = futex_pair_get(pair, false);
    if (result != 0)
        return result;
    if (pair->value == NULL)
        result = requeue_by_keys(pair);
    else if (user_word(pair->address[0], false, &word) != 0)
        result = -EFAULT;
    else
        result = user_word_read(word) == *pair->value ? requeue_by_keys(pair) : -EAGAIN;
    futex_pair_put(pair);
    return result;
}

static int32_t sign_extended_12(uint32_t value)
{
    return (int32_t)(value << 20) >> 20;
}

/* What FUTEX_WAKE_OP's last argument makes of a word. False: there is no such operation. */
static bool word_result(uint32_t operation, uint32_t old, uint32_t *result)
{
    uint32_t operand = (uint32_t)sign_extended_12(operation >> 12);

    if (operation >> 28 & FUTEX_OP_OPARG_SHIFT)
        operand = 1u << (operand & 31);
    switch (operation >> 28 & 7) {
    case FUTEX_OP_SET:
        *result = operand;
        return true;
    case FUTEX_OP_ADD:
        *result = old + operand;
        return true;
    case FUTEX_OP_OR:
        *result = old | operand;
        return true;
    case FUTEX_OP_ANDN:
        *result = old & ~operand;
        return true;
    case FUTEX_OP_XOR:
        *result = old ^ operand;
        return true;
    default:
        return false;
    }
}

/* Changes the word so, and whether it was what the argument compares it with: 0, 1 or -ENOSYS. */
static int word_operate(uint32_t *word, uint32_t operation)
{
    int32_t compared = sign_extended_12(operation), old;
    uint32_t before, after;

    do {
        before = user_word_read(word);
        if (!word_result(operation, before, &after))
            return -ENOSYS;
    } while (!user_word_exchange(word, before, after));
    old = (int32_t)before;
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

static int64_t sum(int64_t count, int64_t more)
{
    return more < 0 ? more : count + more;
}

int64_t futex_wake_op(struct futex_pair *pair, uint32_t operation)
{
    uint32_t *word;
    int64_t result = futex_pair_get(pair, true);
    int holds;

    if (result != 0)
        return result;
    holds = user_word(pair->address[1], true, &word) != 0 ? -EFAULT : word_operate(word, operation);
    if (holds < 0) {
        result = holds;
    } else {
        result = futex_wake_by_key(&pair->key[0], pair->wake, FUTEX_ANY);
        if (holds != 0 && result >= 0)
            result = sum(result, futex_wake_by_key(&pair->key[1], pair->other, FUTEX_ANY));
    }
    futex_pair_put(pair);
    return result;
}
