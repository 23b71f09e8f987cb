/* SPDX-License-Identifier: Apache-2.0 */
/* kmsg.h - /dev/kmsg: the kernel's messages, one with each read. */
#ifndef GK_DRV_KMSG_H
#define GK_DRV_KMSG_H

struct wait_queue;

/* Registers /dev/kmsg; messages wake the queue from now on. */
void kmsg_register(void);
/* Woken with each new message. */
struct wait_queue *kmsg_queue(void);

#endif
