/* SPDX-License-Identifier: Apache-2.0 */
/* dax_link.c - see dax_link.h. */
#include "devices/virtio/dax_link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Room for one more descriptor than a request may have: that it had too many is seen. */
#define DESCRIPTORS 2u

/* All descriptors that came; the first one is kept. Returns how many. */
static unsigned take_descriptors(struct msghdr *got, int *fd)
{
    unsigned count = 0;

    for (struct cmsghdr *head = CMSG_FIRSTHDR(got); head != NULL; head = CMSG_NXTHDR(got, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
            continue;
        size_t there = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        for (size_t i = 0; i < there; i++, count++) {
            int one;

            memcpy(&one, CMSG_DATA(head) + i * sizeof(one), sizeof(one));
            if (count == 0)
                *fd = one;
            else
                close(one);
        }
    }
    return count;
}

int dax_link_take(int socket, struct window_request *request, int *fd)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(DESCRIPTORS * sizeof(int))];
    struct iovec iov = {request, sizeof(*request)};
    struct msghdr got = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
    ssize_t n = recvmsg(socket, &got, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

    *fd = -1;
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : errno == ECONNRESET ? -EPIPE : -errno;
    if (n == 0)
        return -EPIPE;
    unsigned count = take_descriptors(&got, fd);
    /* One that was cut off (MSG_CTRUNC) may be for want of descriptors of ours, and is as none. */
    if (n == sizeof(*request) && count <= 1 && (got.msg_flags & MSG_TRUNC) == 0)
        return 1;
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    return -EPROTO;
}

void dax_link_answer(int socket, int error)
{
    const struct window_answer answer = {.error = error};

    (void)(send(socket, &answer, sizeof(answer), MSG_DONTWAIT | MSG_NOSIGNAL) == 0);
}
