/* SPDX-License-Identifier: Apache-2.0 */
/* vhost_link.c - see vhost_link.h. */
#include "devices/virtio/vhost_link.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "vmm/clock.h"

#define NS_PER_MS 1000000u

static uint64_t deadline(const struct vhost_link *link)
{
    return clock_ns(CLOCK_MONOTONIC) + (uint64_t)link->patience_ms * NS_PER_MS;
}

/* Waits until the socket is ready for `events`, or its other end is closed. 0, -ETIMEDOUT or -errno. */
static int wait_until(int socket, short events, uint64_t end_ns)
{
    for (;;) {
        struct pollfd fd = {.fd = socket, .events = events};
        uint64_t now = clock_ns(CLOCK_MONOTONIC);
        int ready = poll(&fd, 1, now < end_ns ? (int)((end_ns - now + NS_PER_MS - 1) / NS_PER_MS) : 0);

        if (ready > 0)
            return 0;
        if (ready == 0)
            return -ETIMEDOUT;
        if (errno != EINTR)
            return -errno;
    }
}

static bool may_come_later(int error)
{
    return error == EINTR || error == EAGAIN || error == EWOULDBLOCK;
}

static void add_descriptors(struct msghdr *message, struct cmsghdr *head, const int *fds, unsigned count)
{
    if (count == 0)
        return;
    *head =
        (struct cmsghdr){.cmsg_len = CMSG_LEN(count * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(head), fds, count * sizeof(int));
    message->msg_control = head;
    message->msg_controllen = CMSG_SPACE(count * sizeof(int));
}

/* The descriptors go with the first byte. */
static int send_all(int socket, struct iovec *iov, const int *fds, unsigned fd_count, uint64_t end_ns)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(VHOST_REGIONS_MAX * sizeof(int))];
    } control;
    struct msghdr message = {.msg_iov = iov, .msg_iovlen = 2};

    memset(&control, 0, sizeof(control));
    add_descriptors(&message, &control.head, fds, fd_count);
    while (iov[0].iov_len + iov[1].iov_len != 0) {
        ssize_t n = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && !may_come_later(errno))
            return errno == ECONNRESET ? -EPIPE : -errno;
        if (n < 0) {
            int error = wait_until(socket, POLLOUT, end_ns);
            if (error != 0)
                return error;
            continue;
        }
        message.msg_control = NULL;
        message.msg_controllen = 0;
        for (unsigned i = 0; i < 2; i++) {
            size_t sent = (size_t)n < iov[i].iov_len ? (size_t)n : iov[i].iov_len;

            iov[i].iov_base = (char *)iov[i].iov_base + sent;
            iov[i].iov_len -= sent;
            n -= (ssize_t)sent;
        }
    }
    return 0;
}

static int receive(int socket, void *bytes, size_t size, uint64_t end_ns)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = recv(socket, (char *)bytes + done, size - done, MSG_DONTWAIT);

        if (n > 0) {
            done += (size_t)n;
            continue;
        }
        if (n == 0 || !may_come_later(errno))
            return n == 0 || errno == ECONNRESET ? -EPIPE : -errno;
        int error = wait_until(socket, POLLIN, end_ns);
        if (error != 0)
            return error;
    }
    return 0;
}

static int receive_answer(int socket, enum vhost_request request, void *answer, uint32_t size, uint64_t end_ns)
{
    struct vhost_user_header header;
    int error = receive(socket, &header, sizeof(header), end_ns);

    if (error != 0)
        return error;
    if (header.request != (uint32_t)request || header.size != size || (header.flags & VHOST_REPLY) == 0)
        return -EPROTO;
    return receive(socket, answer, size, end_ns);
}

/* Request and answer in one time. */
static int exchange(struct vhost_link *link, const struct vhost_user_header *header, const void *payload,
                    const int *fds, unsigned fd_count, void *answer, uint32_t answer_size)
{
    struct iovec iov[2] = {{(void *)(uintptr_t)header, sizeof(*header)}, {(void *)(uintptr_t)payload, header->size}};
    uint64_t end_ns = deadline(link);

    if (link->broken)
        return -EPIPE;
    int error = send_all(link->socket, iov, fds, fd_count, end_ns);
    if (error == 0 && answer_size != 0)
        error = receive_answer(link->socket, (enum vhost_request)header->request, answer, answer_size, end_ns);
    link->broken = error != 0;
    return error;
}

int vhost_link_send(struct vhost_link *link, enum vhost_request request, const void *payload, uint32_t size,
                    const int *fds, unsigned fd_count, bool told)
{
    bool answers = told && link->acknowledges;
    struct vhost_user_header header = {
        .request = (uint32_t)request, .flags = VHOST_VERSION | (answers ? VHOST_NEED_REPLY : 0), .size = size};
    uint64_t failed = 0;
    int error = exchange(link, &header, payload, fds, fd_count, &failed, answers ? sizeof(failed) : 0);

    if (error == 0 && failed != 0) {
        link->broken = true;
        error = -EREMOTEIO;
    }
    return error;
}

int vhost_link_ask(struct vhost_link *link, enum vhost_request request, const void *payload, uint32_t size,
                   void *answer, uint32_t answer_size)
{
    struct vhost_user_header header = {.request = (uint32_t)request, .flags = VHOST_VERSION, .size = size};

    return exchange(link, &header, payload, NULL, 0, answer, answer_size);
}
