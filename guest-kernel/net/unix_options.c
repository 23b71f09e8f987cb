/* SPDX-License-Identifier: Apache-2.0 */
/* unix_options.c - what programs set and ask of local sockets beside what all have (unix(7)). */
#include "abi/errno.h"
#include "core/cred.h"
#include "core/thread.h"
#include "lib/string.h"
#include "mm/usercopy.h"
#include "net/unix.h"
#include "vfs/fdtable.h"
#include "vfs/pidfile.h"

int unix_set_option(struct socket *socket, int level, int name, const void *value, uint32_t size)
{
    int32_t number;

    (void)size;
    if (level != SOL_SOCKET)
        return -EOPNOTSUPP;
    if (name != SO_PEEK_OFF)
        return -ENOPROTOOPT;
    memcpy(&number, value, sizeof(number)); /* as long as that, as net/socket_options.c has seen */
    socket->peek_offset = number < 0 ? -1 : number;
    return 0;
}

static int bytes_give(void *value, uint32_t *size, const void *from, uint32_t length)
{
    if (*size > length)
        *size = length;
    memcpy(value, from, *size);
    return 0;
}

/* The peer's supplementary groups, if there is room for all. */
static int groups_give(const struct unix_socket *unix_socket, void *value, uint32_t *size)
{
    const struct cred_groups *groups = unix_socket->peer_groups;
    uint32_t length = groups != NULL ? groups->count * (uint32_t)sizeof(groups->id[0]) : 0;

    if (unix_socket->peer_identity.pid == 0)
        return -ENODATA;
    if (*size < length) {
        *size = length;
        return -ERANGE;
    }
    *size = length;
    if (length != 0)
        memcpy(value, groups->id, length);
    return 0;
}

/* A descriptor for the peer, whether or not it has ended. */
static int pidfd_give(const struct unix_socket *unix_socket, void *value, uint32_t *size)
{
    struct file *file;
    int fd;

    if (unix_socket->peer_pid == NULL)
        return -ENODATA;
    fd = pidfd_file(unix_socket->peer_pid, 0, &file);
    if (fd == 0)
        fd = fd_install(current_thread()->files, file, 0, true);
    return fd < 0 ? fd : bytes_give(value, size, &fd, sizeof(fd));
}

int unix_get_option(struct socket *socket, int level, int name, void *value, uint32_t *size)
{
    const struct unix_socket *unix_socket = unix_of(socket);
    static const uint32_t overflow = UINT32_MAX;
    struct socket_identity identity = unix_socket->peer_identity;

    if (level != SOL_SOCKET)
        return -EOPNOTSUPP;
    switch (name) {
    case SO_PEEK_OFF:
        return bytes_give(value, size, &socket->peek_offset, sizeof(socket->peek_offset));
    case SO_PEERCRED:
        if (identity.pid == 0)
            identity.uid = identity.gid = overflow;
        return bytes_give(value, size, &identity, sizeof(identity));
    case SO_PEERPIDFD:
        return pidfd_give(unix_socket, value, size);
    case SO_PEERGROUPS:
        return groups_give(unix_socket, value, size);
    default:
        return -ENOPROTOOPT;
    }
}

/* ---- ioctl ---- */

/* Whether what is read next stands at the urgent byte. */
static bool is_at_mark(const struct unix_socket *unix_socket)
{
    const struct unix_packet *first = unix_socket->first, *urgent = unix_socket->urgent;

    if (first == NULL)
        return false;
    return first == urgent || (first->start == first->end && (urgent == NULL || first->next == urgent));
}

int64_t unix_ioctl(struct socket *socket, unsigned request, uint64_t arg)
{
    const struct unix_socket *unix_socket = unix_of(socket);
    int answer;

    switch (request) {
    case FIONREAD:
        if (unix_socket->state == UNIX_LISTENS)
            return -EINVAL;
        answer = (int)unix_unread(unix_socket);
        break;
    case TIOCOUTQ:
        answer = (int)unix_socket->charge;
        break;
    case SIOCATMARK:
        answer = is_at_mark(unix_socket);
        break;
    default:
        return -ENOTTY;
    }
    return copy_to_user(arg, &answer, sizeof(answer));
}
