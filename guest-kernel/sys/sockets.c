/* SPDX-License-Identifier: Apache-2.0 */
/* sockets.c - sockets that are made, named and connected; their options. Messages: sys/message.c. */
#include "sys/sockets.h"

#include "abi/poll.h"
#include "abi/socket.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "net/settings.h"
#include "sys/filter_program.h"
#include "sys/syscall.h"

/* ---- arguments ---- */

int user_socket(uint64_t fd, struct file **file, struct socket **socket)
{
    struct file *found = user_file(fd);

    if (found == NULL || (found->flags & O_PATH))
        return -EBADF;
    *socket = socket_of(found);
    if (*socket == NULL)
        return -ENOTSOCK;
    file_get(found);
    *file = found;
    return 0;
}

int user_address_get(struct socket_address *out, uaddr_t address, uint64_t size)
{
    int32_t length = (int32_t)size;

    if (length < 0 || length > SOCKET_ADDRESS_MAX)
        return -EINVAL;
    out->size = (uint32_t)length;
    return length != 0 ? copy_from_user(out->bytes, address, (size_t)length) : 0;
}

int user_address_put(const struct socket_address *from, uaddr_t address, uaddr_t size_address)
{
    int32_t room;

    if (user_get(room, size_address))
        return -EFAULT;
    if (room < 0)
        return -EINVAL;
    if ((uint32_t)room > from->size)
        room = (int32_t)from->size;
    if (room != 0 && copy_to_user(address, from->bytes, (size_t)room) != 0)
        return -EFAULT;
    return user_put(size_address, from->size);
}

/* ---- new ones ---- */

static bool flags_are_known(uint64_t flags)
{
    return !((uint32_t)flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC));
}

/* A descriptor of a socket without a file, which is gone if there is none to be had. */
static int64_t install(struct socket *socket, uint32_t flags)
{
    struct file *file;
    int error = socket_open(socket, flags, &file);

    if (error != 0) {
        socket_discard(socket);
        return error;
    }
    return fd_install(current_thread()->files, file, 0, flags & SOCK_CLOEXEC);
}

int64_t sys_socket(const uint64_t arg[6])
{
    uint32_t type = (uint32_t)arg[1] & SOCK_TYPE_MASK, flags = (uint32_t)arg[1] & ~SOCK_TYPE_MASK;
    struct socket *socket;
    int error;

    if (!flags_are_known(flags))
        return -EINVAL;
    error = socket_create((uint32_t)arg[0], type, (uint32_t)arg[2], &socket);
    return error != 0 ? error : install(socket, flags);
}

static int pair_create(const uint64_t arg[6], uint32_t type, struct socket *pair[2])
{
    int error = socket_create((uint32_t)arg[0], type, (uint32_t)arg[2], &pair[0]);

    if (error != 0)
        return error;
    error = socket_create((uint32_t)arg[0], type, (uint32_t)arg[2], &pair[1]);
    if (error == 0) {
        error = pair[0]->ops->pair != NULL ? pair[0]->ops->pair(pair[0], pair[1]) : -EOPNOTSUPP;
        if (error != 0)
            socket_discard(pair[1]);
    }
    if (error != 0)
        socket_discard(pair[0]);
    return error;
}

int64_t sys_socketpair(const uint64_t arg[6])
{
    uint32_t type = (uint32_t)arg[1] & SOCK_TYPE_MASK, flags = (uint32_t)arg[1] & ~SOCK_TYPE_MASK;
    struct fdtable *table = current_thread()->files;
    int32_t fds[2] = {fd_lowest(table), 0};
    struct socket *pair[2];
    int error;

    if (!flags_are_known(flags))
        return -EINVAL;
    if (fds[0] < 0)
        return fds[0];
    if (user_put(arg[3], fds))
        return -EFAULT;
    error = pair_create(arg, type, pair);
    if (error != 0)
        return error;
    for (unsigned i = 0; i < 2; i++) {
        fds[i] = (int32_t)install(pair[i], flags);
        if (fds[i] < 0) {
            if (i == 0)
                socket_discard(pair[1]);
            else
                (void)fd_close(table, fds[0]);
            return fds[i];
        }
    }
    if (user_put(arg[3], fds) == 0)
        return 0;
    (void)fd_close(table, fds[0]);
    (void)fd_close(table, fds[1]);
    return -EFAULT;
}

/* ---- names and connections ---- */

int64_t sys_bind(const uint64_t arg[6])
{
    struct socket_address address;
    struct socket *socket;
    struct file *file;
    int error = user_socket(arg[0], &file, &socket);

    if (error != 0)
        return error;
    error = user_address_get(&address, arg[1], arg[2]);
    if (error == 0)
        error = socket->ops->bind != NULL ? socket->ops->bind(socket, &address) : -EOPNOTSUPP;
    file_put(file);
    return error;
}

int64_t sys_connect(const uint64_t arg[6])
{
    struct socket_address address;
    struct socket *socket;
    struct file *file;
    int error = user_socket(arg[0], &file, &socket);

    if (error != 0)
        return error;
    error = user_address_get(&address, arg[1], arg[2]);
    if (error == 0)
        error = socket->ops->connect != NULL ? socket->ops->connect(socket, &address, file->flags & O_NONBLOCK)
                                             : -EOPNOTSUPP;
    file_put(file);
    return error;
}

int64_t sys_listen(const uint64_t arg[6])
{
    uint32_t backlog = (uint32_t)arg[1];
    struct socket *socket;
    struct file *file;
    int error = user_socket(arg[0], &file, &socket);

    if (error != 0)
        return error;
    if (backlog > (uint32_t)socket_backlog_most)
        backlog = (uint32_t)socket_backlog_most;
    error = socket->ops->listen != NULL ? socket->ops->listen(socket, backlog) : -EOPNOTSUPP;
    file_put(file);
    return error;
}

/* Tells who has called, if that is asked for. */
static int caller_put(struct socket *socket, uaddr_t address, uaddr_t size_address)
{
    struct socket_address name;

    if (address == 0)
        return 0;
    if (socket->ops->name == NULL || socket->ops->name(socket, true, &name) != 0)
        return -ECONNABORTED;
    return user_address_put(&name, address, size_address);
}

static int64_t accept_one(const struct file *file, struct socket *socket, const uint64_t arg[6], uint32_t flags)
{
    struct fdtable *table = current_thread()->files;
    struct socket *accepted;
    struct file *made;
    int error = fd_lowest(table);

    if (error < 0)
        return error;
    error =
        socket->ops->accept != NULL ? socket->ops->accept(socket, file->flags & O_NONBLOCK, &accepted) : -EOPNOTSUPP;
    if (error != 0)
        return error;
    error = socket_open(accepted, flags, &made);
    if (error != 0) {
        socket_discard(accepted);
        return error;
    }
    error = caller_put(accepted, arg[1], arg[2]);
    if (error != 0) {
        file_put(made);
        return error;
    }
    return fd_install(table, made, 0, flags & SOCK_CLOEXEC);
}

static int64_t accept_from(const uint64_t arg[6], uint64_t flags)
{
    struct socket *socket;
    struct file *file;
    int64_t result;

    if (!flags_are_known(flags))
        return -EINVAL;
    result = user_socket(arg[0], &file, &socket);
    if (result != 0)
        return result;
    result = accept_one(file, socket, arg, (uint32_t)flags);
    file_put(file);
    return result;
}

int64_t sys_accept(const uint64_t arg[6])
{
    return accept_from(arg, 0);
}

int64_t sys_accept4(const uint64_t arg[6])
{
    return accept_from(arg, arg[3]);
}

static int64_t name_get(const uint64_t arg[6], bool peer)
{
    struct socket_address name;
    struct socket *socket;
    struct file *file;
    int error = user_socket(arg[0], &file, &socket);

    if (error != 0)
        return error;
    error = socket->ops->name != NULL ? socket->ops->name(socket, peer, &name) : -EOPNOTSUPP;
    if (error == 0)
        error = user_address_put(&name, arg[1], arg[2]);
    file_put(file);
    return error;
}

int64_t sys_getsockname(const uint64_t arg[6])
{
    return name_get(arg, false);
}

int64_t sys_getpeername(const uint64_t arg[6])
{
    return name_get(arg, true);
}

int64_t sys_shutdown(const uint64_t arg[6])
{
    int how = (int)arg[1];
    struct socket *socket;
    struct file *file;
    int error = user_socket(arg[0], &file, &socket);

    if (error != 0)
        return error;
    if (how < SHUT_RD || how > SHUT_RDWR)
        error = -EINVAL;
    else if (socket->ops->shutdown == NULL)
        error = -EOPNOTSUPP;
    else
        error = socket->ops->shutdown(socket, how != SHUT_WR, how != SHUT_RD);
    file_put(file);
    return error;
}

/* ---- options ---- */

#define OPTION_FEW 128u /* bytes that need no memory */

static int option_set(struct socket *socket, const uint64_t arg[6], uint32_t size)
{
    uint64_t few[OPTION_FEW / sizeof(uint64_t)] = {0};
    void *value = size <= OPTION_FEW ? few : kmalloc(size);
    int error;

    if (value == NULL)
        return -ENOMEM;
    error = size != 0 && copy_from_user(value, arg[3], size) != 0 ? -EFAULT : 0;
    if (error == 0)
        error = socket_set_option(socket, (int)arg[1], (int)arg[2], value, size);
    if (value != few)
        kfree(value);
    return error;
}

int64_t sys_setsockopt(const uint64_t arg[6])
{
    int32_t size = (int32_t)arg[4];
    struct socket *socket;
    struct file *file;
    int error;

    if (size < 0)
        return -EINVAL;
    error = user_socket(arg[0], &file, &socket);
    if (error != 0)
        return error;
    if ((int)arg[1] == SOL_SOCKET && (int)arg[2] == SO_ATTACH_FILTER)
        error = socket_filter_set(socket, arg[3], (uint32_t)size);
    else
        error = option_set(socket, arg, (uint32_t)size < SOCKET_OPTION_MAX ? (uint32_t)size : SOCKET_OPTION_MAX);
    file_put(file);
    return error;
}

/* The program wasn't told of a descriptor that the option has made: it has none. */
static void pidfd_take_back(const void *value, uint32_t size)
{
    int fd;

    if (size != sizeof(fd))
        return;
    memcpy(&fd, value, sizeof(fd));
    (void)fd_close(current_thread()->files, fd);
}

/* -ERANGE: the value is longer, and its size is told. */
static int option_get(struct socket *socket, const uint64_t arg[6], uint32_t size)
{
    uint64_t few[OPTION_FEW / sizeof(uint64_t)] = {0};
    void *value = size <= OPTION_FEW ? few : kmalloc(size);
    int error;

    if (value == NULL)
        return -ENOMEM;
    error = socket_get_option(socket, (int)arg[1], (int)arg[2], value, &size);
    bool is_open = error == 0 && (int)arg[1] == SOL_SOCKET && (int)arg[2] == SO_PEERPIDFD;
    if (error == 0 && size != 0 && copy_to_user(arg[3], value, size) != 0)
        error = -EFAULT;
    if ((error == 0 || error == -ERANGE) && user_put(arg[4], size))
        error = -EFAULT;
    if (is_open && error != 0)
        pidfd_take_back(value, size);
    if (value != few)
        kfree(value);
    return error;
}

/* Of instructions, in place of bytes. */
static int filter_get(const struct socket *socket, const uint64_t arg[6], uint32_t size)
{
    int64_t length = socket_filter_get(socket, arg[3], size);

    if (length < 0)
        return (int)length;
    size = (uint32_t)length;
    return user_put(arg[4], size) ? -EFAULT : 0;
}

int64_t sys_getsockopt(const uint64_t arg[6])
{
    struct socket *socket;
    struct file *file;
    int32_t size;
    int error = user_socket(arg[0], &file, &socket);

    if (error != 0)
        return error;
    if (user_get(size, arg[4]))
        error = -EFAULT;
    else if (size < 0)
        error = -EINVAL;
    else if ((int)arg[1] == SOL_SOCKET && (int)arg[2] == SO_ATTACH_FILTER)
        error = filter_get(socket, arg, (uint32_t)size);
    else
        error = option_get(socket, arg, (uint32_t)size < SOCKET_OPTION_MAX ? (uint32_t)size : SOCKET_OPTION_MAX);
    file_put(file);
    return error;
}
