/* SPDX-License-Identifier: Apache-2.0 */
/* pty.c - see pty.h: what the two sides of a pair share. */
#include "drv/pty.h"

#include "abi/poll.h"
#include "abi/signal.h"
#include "mm/kmalloc.h"
#include "vfs/fasync.h"

#define MASTER_INPUT_BYTES                                                                     \
    (LDISC_INPUT_BYTES - 1) /* what Linux has in the master's own buffer, which nobody flushes \
                             */

void pty_get(struct pty *pty)
{
    pty->refs++;
}

void pty_put(struct pty *pty)
{
    if (--pty->refs != 0)
        return;
    kfree(pty->to_master.bytes);
    kfree(pty->to_slave.bytes);
    kfree(pty);
}

void pty_output_tell(struct pty *pty)
{
    wait_wake_all(&pty->readable, POLLIN | POLLRDNORM);
    fasync_tell(pty->owners, POLL_IN);
}

void pty_room_tell(struct pty *pty)
{
    wait_wake_all(&pty->writable, POLLOUT | POLLWRNORM);
    fasync_tell_room(pty->owners, &pty->owners_await_room);
}

void pty_packet_note(struct pty *pty, uint8_t set, uint8_t clear)
{
    if (!pty->is_packet)
        return;
    pty->packet_status = (uint8_t)((pty->packet_status & ~clear) | set);
    wait_wake_all(&pty->readable, POLLIN | POLLRDNORM | POLLPRI);
}

void pty_output_drop(struct pty *pty)
{
    byte_ring_limit(&pty->to_master, MASTER_INPUT_BYTES);
    tty_room_tell(&pty->slave);
}
