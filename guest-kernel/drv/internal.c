/* SPDX-License-Identifier: Apache-2.0 */
/* internal.c - see internal.h. */
#include "drv/internal.h"

#include "core/signal.h"

void drv_signal(int signal)
{
    struct thread *thread = arch_current();

    if (thread != NULL)
        signal_send(thread->process, signal);
}

bool drv_is_ending(void)
{
    const struct thread *thread = arch_current();

    return thread != NULL && signal_fatal_pending(thread);
}

static void no_release(struct inode *inode)
{
    (void)inode; /* it is not on the heap, and the reference that it was made with stays */
}

static const struct inode_ops nameless_ops = {.release = no_release};

void drv_inode_init(struct inode *inode, uint64_t number, uint32_t mode, uint64_t rdev)
{
    inode_init(inode, NULL, &nameless_ops, number, mode);
    inode->rdev = rdev;
}
