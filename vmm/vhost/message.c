/* SPDX-License-Identifier: Apache-2.0 */
/* message.c - see message.h. */
#include "vmm/vhost/message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Room for one more descriptor than a message may have: that it had too many is seen. */
#define CONTROL_BYTES CMSG_SPACE((VHOST_REGIONS_MAX + 1) * sizeof(int))

void vhost_message_init(struct vhost_message *message)
{
    message->fds = 0;
    vhost_message_clear(message);
}

void vhost_message_clear(struct vhost_message *message)
{
    for (unsigned i = 0; i < message->fds; i++)
        if (message->fd[i] >= 0)
            close(message->fd[i]);
    message->fds = 0;
    message->have = 0;
    memset(&message->header, 0, sizeof(message->header));
    memset(&message->payload, 0, sizeof(message->payload));
}

/* Takes all descriptors of one SCM_RIGHTS, and closes those that are too many. */
static int take_rights(struct vhost_message *message, const struct cmsghdr *head)
{
    size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    int error = 0;

    for (size_t i = 0; i < count; i++) {
        int fd;

        memcpy(&fd, CMSG_DATA(head) + i * sizeof(fd), sizeof(fd));
        if (message->fds < VHOST_REGIONS_MAX) {
            message->fd[message->fds++] = fd;
        } else {
            close(fd);
            error = -EPROTO;
        }
    }
    return error;
}

static int take_descriptors(struct vhost_message *message, struct msghdr *got)
{
    int error = got->msg_flags & MSG_CTRUNC ? -EPROTO : 0;

    for (struct cmsghdr *head = CMSG_FIRSTHDR(got); head != NULL; head = CMSG_NXTHDR(got, head))
        if (head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS && take_rights(message, head) != 0)
            error = -EPROTO;
    return error;
}

/* The rest of the header, or of the payload that it announces: never a byte of the next message. */
static struct iovec next_piece(struct vhost_message *message)
{
    const uint32_t head = sizeof(message->header);

    if (message->have < head)
        return (struct iovec){(uint8_t *)&message->header + message->have, head - message->have};
    return (struct iovec){(uint8_t *)&message->payload + (message->have - head),
                          message->header.size - (message->have - head)};
}

static int header_check(const struct vhost_user_header *header)
{
    uint32_t known = VHOST_VERSION_MASK | VHOST_NEED_REPLY;

    if (header->size > sizeof(union vhost_user_payload) || (header->flags & VHOST_VERSION_MASK) != VHOST_VERSION ||
        (header->flags & ~known) != 0)
        return -EPROTO;
    return 0;
}

/* 1: something has come; the rest as vhost_message_read. */
static int read_piece(struct vhost_message *message, int socket)
{
    _Alignas(struct cmsghdr) char control[CONTROL_BYTES];
    struct iovec iov = next_piece(message);
    struct msghdr got = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
    ssize_t n = recvmsg(socket, &got, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : errno == ECONNRESET ? -EPIPE : -errno;
    if (n == 0)
        return -EPIPE;
    message->have += (uint32_t)n;
    int error = take_descriptors(message, &got);
    return error != 0 ? error : 1;
}

int vhost_message_read(struct vhost_message *message, int socket)
{
    const uint32_t head = sizeof(message->header);

    for (;;) {
        int got = read_piece(message, socket);

        if (got <= 0)
            return got;
        if (message->have < head)
            continue;
        int error = header_check(&message->header);
        if (error != 0)
            return error;
        if (message->have == head + message->header.size)
            return 1;
    }
}

int vhost_message_answer(const struct vhost_message *message, int socket, const void *payload, uint32_t size)
{
    struct vhost_user_header header = {message->header.request, VHOST_VERSION | VHOST_REPLY, size};
    struct iovec iov[2] = {{&header, sizeof(header)}, {(void *)payload, size}};
    struct msghdr answer = {.msg_iov = iov, .msg_iovlen = 2};

    ssize_t n = sendmsg(socket, &answer, MSG_DONTWAIT | MSG_NOSIGNAL);
    return n == (ssize_t)(sizeof(header) + size) ? 0 : -EPIPE;
}
