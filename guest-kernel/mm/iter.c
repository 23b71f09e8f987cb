/* SPDX-License-Identifier: Apache-2.0 */
/* iter.c - moves bytes between the kernel and the buffers of a read or write. */
#include "mm/iter.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mm/page.h"
#include "mm/usercopy.h"

void iter_init(struct iter *iter, const struct iter_segment *segments, unsigned count, bool user)
{
    *iter = (struct iter){.segment = segments, .count = count, .user = user};
    for (unsigned i = 0; i < count; i++)
        iter->left += segments[i].length;
}

enum direction { FILL, DRAIN, ZERO };

static int move_user(enum direction direction, uint64_t addr, char *kernel, size_t size)
{
    if (direction == FILL)
        return copy_to_user(addr, kernel, size);
    if (direction == DRAIN)
        return copy_from_user(kernel, addr, size);
    return zero_user(addr, size);
}

static void move_kernel(enum direction direction, uint64_t addr, char *kernel, size_t size)
{
    void *buffer = (void *)(uintptr_t)addr;

    if (kernel == NULL) /* ZERO */
        memset(buffer, 0, size);
    else if (direction == FILL)
        memcpy(buffer, kernel, size);
    else
        memcpy(kernel, buffer, size);
}

/* After a fault within [addr, addr + size): how much of it could be moved, up to the page that faulted. */
static size_t move_until_fault(enum direction direction, uint64_t addr, char *kernel, size_t size)
{
    size_t done = 0;

    while (done < size) {
        size_t n = PAGE_SIZE - ((addr + done) & PAGE_MASK);
        if (n > size - done)
            n = size - done;
        if (move_user(direction, addr + done, kernel != NULL ? kernel + done : NULL, n) < 0)
            break;
        done += n;
    }
    return done;
}

static void step(struct iter *iter, size_t n)
{
    iter->offset += n;
    iter->left -= n;
    while (iter->count != 0 && iter->offset == iter->segment->length) {
        iter->segment++;
        iter->count--;
        iter->offset = 0;
    }
}

static __attribute__((noinline)) int64_t move_pieces(struct iter *iter, enum direction direction, char *kernel,
                                                     size_t size)
{
    size_t done = 0;

    if (iter->count != 0 && iter->offset == iter->segment->length)
        step(iter, 0); /* empty segments at the start */
    while (done < size) {
        uint64_t addr = iter->segment->base + iter->offset;
        size_t n = iter->segment->length - iter->offset;
        char *at = kernel != NULL ? kernel + done : NULL;
        if (n > size - done)
            n = size - done;
        if (!iter->user) {
            move_kernel(direction, addr, at, n);
        } else if (move_user(direction, addr, at, n) < 0) {
            n = move_until_fault(direction, addr, at, n);
            step(iter, n);
            return done + n != 0 ? (int64_t)(done + n) : -EFAULT;
        }
        step(iter, n);
        done += n;
    }
    return (int64_t)done;
}

/* As a rule all of it goes to one place. */
static inline __attribute__((always_inline)) int64_t move(struct iter *iter, enum direction direction, char *kernel,
                                                          size_t size)
{
    if (size > iter->left)
        size = iter->left;
    if (size == 0 || !iter->user || size > iter->segment->length - iter->offset ||
        move_user(direction, iter->segment->base + iter->offset, kernel, size) < 0)
        return move_pieces(iter, direction, kernel, size);
    iter->offset += size;
    iter->left -= size;
    return (int64_t)size;
}

int64_t iter_fill(struct iter *iter, const void *src, size_t size)
{
    return move(iter, FILL, (char *)(uintptr_t)src, size);
}

int64_t iter_drain(struct iter *iter, void *dst, size_t size)
{
    return move(iter, DRAIN, dst, size);
}

int64_t iter_zero(struct iter *iter, size_t size)
{
    return move(iter, ZERO, NULL, size);
}

int64_t iter_zero_all(struct iter *iter)
{
    return move(iter, ZERO, NULL, iter->left);
}

uint64_t iter_base(struct iter *iter)
{
    step(iter, 0);
    return iter->segment->base + iter->offset;
}

void iter_skip(struct iter *iter, size_t size)
{
    step(iter, size);
}
