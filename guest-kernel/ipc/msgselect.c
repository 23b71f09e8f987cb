/* SPDX-License-Identifier: Apache-2.0 */
/* msgselect.c - see msgselect.h. */
#include "ipc/msgselect.h"

#include <stddef.h>

#include "abi/ipc.h"

struct msg_select msg_select_by(int64_t type, uint32_t flags)
{
    if (flags & MSG_COPY)
        return (struct msg_select){MSG_NTH, type};
    if (type == 0)
        return (struct msg_select){MSG_ANY, 0};
    if (type < 0)
        return (struct msg_select){MSG_LOWEST, type == INT64_MIN ? INT64_MAX : -type};
    return (struct msg_select){flags & MSG_EXCEPT ? MSG_BUT_TYPE : MSG_OF_TYPE, type};
}

bool msg_select_fits(const struct msg_select *select, const struct msg *msg)
{
    switch (select->how) {
    case MSG_ANY:
        return true;
    case MSG_OF_TYPE:
        return msg->type == select->type;
    case MSG_BUT_TYPE:
        return msg->type != select->type;
    case MSG_LOWEST:
        return msg->type <= select->type;
    default:
        return false;
    }
}

static struct msg *msg_of(const struct list *link)
{
    return container_of((struct list *)(uintptr_t)link, struct msg, link); /* NOLINT(performance-no-int-to-ptr) */
}

static struct msg *find_nth(int64_t number, const struct list *queue)
{
    const struct list *at = queue->next;

    while (at != queue && number > 0) {
        at = at->next;
        number--;
    }
    return at != queue && number == 0 ? msg_of(at) : NULL;
}

struct msg *msg_select_find(const struct msg_select *select, const struct list *queue)
{
    struct msg *found = NULL;

    if (select->how == MSG_NTH)
        return find_nth(select->type, queue);
    for (const struct list *at = queue->next; at != queue; at = at->next) {
        struct msg *msg = msg_of(at);

        if (!msg_select_fits(select, msg) || (found != NULL && msg->type >= found->type))
            continue;
        found = msg;
        if (select->how != MSG_LOWEST || msg->type == 1)
            break;
    }
    return found;
}
