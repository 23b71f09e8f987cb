/* SPDX-License-Identifier: Apache-2.0 */
/* msgselect.h - which message of a queue msgrcv(2) means by its type and flags. Pure. */
#ifndef GK_IPC_MSGSELECT_H
#define GK_IPC_MSGSELECT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/list.h"

struct msg {
    struct list link;
    int64_t type;        /* positive */
    uint32_t size, room; /* bytes of text; that it could have */
    uint8_t text[];
};

struct msg_select {
    enum { MSG_ANY, MSG_OF_TYPE, MSG_BUT_TYPE, MSG_LOWEST, MSG_NTH } how;
    int64_t type; /* MSG_LOWEST: at most that; MSG_NTH: how many come before it */
};

/* What msgrcv's arguments ask for. */
struct msg_select msg_select_by(int64_t type, uint32_t flags);
/* Whether the message is one of those; of MSG_NTH none is. */
bool msg_select_fits(const struct msg_select *select, const struct msg *msg);
/* The first that fits in the queue of messages; of MSG_LOWEST that of the lowest type. NULL: there is none. */
struct msg *msg_select_find(const struct msg_select *select, const struct list *queue);

#endif
