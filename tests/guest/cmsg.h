/* SPDX-License-Identifier: Apache-2.0 */
/* cmsg.h - for the guest tests: from one control message to the next, as a library's own macro compares numbers of
 * different signs. */
#ifndef TESTS_GUEST_CMSG_H
#define TESTS_GUEST_CMSG_H

#include <stddef.h>
#include <sys/socket.h>

/* NULL: it was the last one. */
static inline struct cmsghdr *cmsg_next(const struct msghdr *message, struct cmsghdr *at)
{
    size_t before = (size_t)((char *)at - (char *)message->msg_control), size = (size_t)at->cmsg_len;

    size = (size + sizeof(size_t) - 1) & ~(sizeof(size_t) - 1);
    if (before + size + sizeof(*at) > (size_t)message->msg_controllen)
        return NULL;
    return (void *)((char *)at + size);
}

#endif
