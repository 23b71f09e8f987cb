/* SPDX-License-Identifier: Apache-2.0 */
/* socket_options.c - the options of level SOL_SOCKET (socket(7)), as far as they are the same for all families. */
#include "abi/errno.h"
#include "abi/poll.h"
#include "abi/socket.h"
#include "abi/time.h"
#include "core/abi.h"
#include "core/process.h"
#include "lib/string.h"
#include "net/settings.h"
#include "net/socket.h"
#include "net/socket_tuning.h"
#include "vfs/permission.h"

/* ---- flags ---- */

/* The flag that an option is; NULL: it is none. */
static bool *flag_of(struct socket *socket, int name)
{
    switch (name) {
    case SO_DEBUG:
        return &socket->debug;
    case SO_REUSEADDR:
        return &socket->reuse_address;
    case SO_REUSEPORT:
        return &socket->reuse_port;
    case SO_DONTROUTE:
        return &socket->dont_route;
    case SO_BROADCAST:
        return &socket->broadcast;
    case SO_KEEPALIVE:
        return &socket->keep_alive;
    case SO_OOBINLINE:
        return &socket->out_of_band_inline;
    case SO_NO_CHECK:
        return &socket->no_check;
    case SO_PASSCRED:
        return &socket->pass_identity;
    case SO_PASSSEC:
        return &socket->pass_security;
    case SO_PASSPIDFD:
        return &socket->pass_pidfd;
    case SO_TIMESTAMP_OLD:
    case SO_TIMESTAMP_NEW:
        return &socket->timestamp;
    case SO_TIMESTAMPNS_OLD:
    case SO_TIMESTAMPNS_NEW:
        return &socket->timestamp_ns;
    default:
        return NULL;
    }
}

static bool is_new_time(int name)
{
    return name == SO_TIMESTAMP_NEW || name == SO_TIMESTAMPNS_NEW;
}

/* Linux's SO_TIMESTAMP_NEW doesn't ask which of the two it is. */
static bool time_get(const struct socket *socket, int name, bool flag)
{
    if (name == SO_TIMESTAMP_NEW)
        flag = socket->timestamp || socket->timestamp_ns;
    return flag && socket->tuning.stamps_are_new == is_new_time(name);
}

/* Some flags are for families that tell who sent something. */
static bool flag_is_for(const struct socket *socket, int name)
{
    if (name == SO_PASSCRED || name == SO_PASSSEC)
        return socket->family == AF_UNIX || socket->family == AF_NETLINK;
    return name != SO_PASSPIDFD || socket->family == AF_UNIX;
}

/* Of the two timestamps there is one at most, by the older or the newer of its names. */
static int flag_set(struct socket *socket, int name, bool *flag, bool on)
{
    if (name == SO_DEBUG && on && !permission_has(CAP_NET_ADMIN))
        return -EACCES;
    if (name == SO_REUSEPORT && on && socket->family != AF_INET && socket->family != AF_INET6)
        return -EOPNOTSUPP;
    if (!flag_is_for(socket, name))
        return -EOPNOTSUPP;
    if (flag == &socket->timestamp || flag == &socket->timestamp_ns)
        socket->timestamp = socket->timestamp_ns = false;
    if (on && (flag == &socket->timestamp || flag == &socket->timestamp_ns))
        socket->tuning.stamps_are_new = is_new_time(name);
    *flag = on;
    return 0;
}

/* ---- sizes of buffers ---- */

/* Half of what is kept is for what comes beside the bytes, as Linux counts it. */
static uint32_t buffer_size(int64_t wanted, int64_t most, uint32_t least)
{
    if (wanted < 0)
        wanted = 0;
    if (wanted > most)
        wanted = most;
    if (wanted > INT32_MAX / 2)
        wanted = INT32_MAX / 2;
    return (uint32_t)wanted * 2 > least ? (uint32_t)wanted * 2 : least;
}

static int buffer_set(struct socket *socket, int name, int wanted)
{
    if ((name == SO_SNDBUFFORCE || name == SO_RCVBUFFORCE) && !permission_has(CAP_NET_ADMIN))
        return -EPERM;
    socket_tuning_lock(socket, name == SO_RCVBUF || name == SO_RCVBUFFORCE);
    if (name == SO_RCVBUF || name == SO_RCVBUFFORCE) {
        int64_t asked = name == SO_RCVBUF ? (int64_t)(uint32_t)wanted : wanted;

        socket->receive_size =
            buffer_size(asked, name == SO_RCVBUF ? socket_receive_most : INT32_MAX, SOCKET_RECEIVE_LEAST);
        return 0;
    }
    int64_t asked = name == SO_SNDBUF ? (int64_t)(uint32_t)wanted : wanted;
    socket->send_size = buffer_size(asked, name == SO_SNDBUF ? socket_send_most : INT32_MAX, SOCKET_SEND_LEAST);
    socket_changed(socket, POLLOUT | POLLWRNORM | POLLWRBAND);
    return 0;
}

/* ---- times ---- */

struct seconds { /* struct timeval, of both forms */
    int64_t seconds, microseconds;
};

/* A 32-bit program's, by the older name, has two words of 32 bits. */
static bool is_short(int name)
{
    return (name == SO_RCVTIMEO_OLD || name == SO_SNDTIMEO_OLD) && call_is_32bit();
}

static int timeout_set(uint64_t *timeout_ns, int name, const void *value, uint32_t size)
{
    struct seconds time;
    int32_t halves[2];

    if (size < (is_short(name) ? sizeof(halves) : sizeof(time)))
        return -EINVAL;
    if (is_short(name)) {
        memcpy(halves, value, sizeof(halves));
        time = (struct seconds){halves[0], halves[1]};
    } else {
        memcpy(&time, value, sizeof(time));
    }
    if (time.microseconds < 0 || time.microseconds >= 1000000)
        return -EDOM;
    if (time.seconds < 0)
        *timeout_ns = 1; /* it is over at once */
    else if (time.seconds >= INT64_MAX / NS_PER_SEC - 1)
        *timeout_ns = 0;
    else
        *timeout_ns = (uint64_t)time.seconds * NS_PER_SEC + (uint64_t)time.microseconds * 1000;
    return 0;
}

static uint32_t timeout_get(uint64_t timeout_ns, int name, void *value)
{
    struct seconds time = {(int64_t)(timeout_ns / NS_PER_SEC), (int64_t)(timeout_ns % NS_PER_SEC / 1000)};
    const int32_t halves[2] = {(int32_t)time.seconds, (int32_t)time.microseconds};

    if (timeout_ns == 1)
        time = (struct seconds){0};
    memcpy(value, is_short(name) ? (const void *)halves : &time, is_short(name) ? sizeof(halves) : sizeof(time));
    return is_short(name) ? sizeof(halves) : sizeof(time);
}

/* ---- setsockopt ---- */

static int priority_set(struct socket *socket, int value)
{
    if ((value < 0 || value > 6) && !permission_has(CAP_NET_ADMIN) && !permission_has(CAP_NET_RAW))
        return -EPERM;
    socket->priority = (uint32_t)value;
    return 0;
}

static int mark_set(struct socket *socket, int value)
{
    if (!permission_has(CAP_NET_ADMIN) && !permission_has(CAP_NET_RAW))
        return -EPERM;
    socket->mark = (uint32_t)value;
    return 0;
}

static int linger_set(struct socket *socket, const void *value, uint32_t size)
{
    struct socket_linger linger;

    if (size < sizeof(linger))
        return -EINVAL;
    memcpy(&linger, value, sizeof(linger));
    socket->linger = (struct socket_linger){linger.on != 0, linger.on != 0 ? linger.seconds : socket->linger.seconds};
    return 0;
}

/* -ENOPROTOOPT: an option that isn't one of these. */
static int common_set(struct socket *socket, int name, const void *value, uint32_t size)
{
    int number;
    bool *flag;

    if (size < sizeof(number))
        return -EINVAL;
    memcpy(&number, value, sizeof(number));
    flag = flag_of(socket, name);
    if (flag != NULL)
        return flag_set(socket, name, flag, number != 0);
    switch (name) {
    case SO_TYPE:
    case SO_PROTOCOL:
    case SO_DOMAIN:
    case SO_ERROR:
    case SO_ACCEPTCONN:
        return -ENOPROTOOPT;
    case SO_SNDBUF:
    case SO_RCVBUF:
    case SO_SNDBUFFORCE:
    case SO_RCVBUFFORCE:
        return buffer_set(socket, name, number);
    case SO_PRIORITY:
        return priority_set(socket, number);
    case SO_MARK:
        return mark_set(socket, number);
    case SO_LINGER:
        return linger_set(socket, value, size);
    case SO_RCVLOWAT:
        socket->receive_least = number < 0 ? INT32_MAX : number == 0 ? 1 : (uint32_t)number;
        if (socket->ops->receive_least_most != 0 && socket->receive_least > socket->ops->receive_least_most)
            socket->receive_least = socket->ops->receive_least_most;
        return 0;
    case SO_RCVTIMEO_OLD:
    case SO_RCVTIMEO_NEW:
        return timeout_set(&socket->receive_timeout_ns, name, value, size);
    case SO_SNDTIMEO_OLD:
    case SO_SNDTIMEO_NEW:
        return timeout_set(&socket->send_timeout_ns, name, value, size);
    default:
        return socket_tuning_set(socket, name, value, size);
    }
}

int socket_set_option(struct socket *socket, int level, int name, const void *value, uint32_t size)
{
    int error = -ENOPROTOOPT;

    if (level == SOL_SOCKET && name != SO_BINDTODEVICE) /* whose value is a name */
        error = common_set(socket, name, value, size);
    if (error == -ENOPROTOOPT && socket->ops->set_option != NULL)
        error = socket->ops->set_option(socket, level, name, value, size);
    else if (error == -ENOPROTOOPT && level != SOL_SOCKET)
        error = -EOPNOTSUPP;
    if (error == 0 && socket->ops->tuned != NULL)
        socket->ops->tuned(socket);
    return error;
}

/* ---- getsockopt ---- */

/* A number. -ENOPROTOOPT: the option is none. */
static int number_get(struct socket *socket, int name, int *out)
{
    const bool *flag = flag_of(socket, name);

    if (flag != NULL) {
        *out = *flag;
        if (flag == &socket->timestamp || flag == &socket->timestamp_ns)
            *out = time_get(socket, name, *flag);
        return flag_is_for(socket, name) ? 0 : -EOPNOTSUPP;
    }
    switch (name) {
    case SO_TYPE:
        *out = socket->type;
        return 0;
    case SO_PROTOCOL:
        *out = socket->protocol;
        return 0;
    case SO_DOMAIN:
        *out = socket->family;
        return 0;
    case SO_ERROR:
        *out = -socket_take_error(socket);
        return 0;
    case SO_ACCEPTCONN:
        *out = socket->listens;
        return 0;
    case SO_SNDBUF:
        *out = (int)socket->send_size;
        return 0;
    case SO_RCVBUF:
        *out = (int)socket->receive_size;
        return 0;
    case SO_PRIORITY:
        *out = (int)socket->priority;
        return 0;
    case SO_MARK:
        *out = (int)socket->mark;
        return 0;
    case SO_RCVLOWAT:
        *out = (int)socket->receive_least;
        return 0;
    case SO_SNDLOWAT:
        *out = 1;
        return 0;
    default:
        return -ENOPROTOOPT;
    }
}

/* What isn't a number: its size, or -ENOPROTOOPT. */
static int structure_get(struct socket *socket, int name, void *value)
{
    switch (name) {
    case SO_LINGER:
        memcpy(value, &socket->linger, sizeof(socket->linger));
        return sizeof(socket->linger);
    case SO_RCVTIMEO_OLD:
    case SO_RCVTIMEO_NEW:
        return (int)timeout_get(socket->receive_timeout_ns, name, value);
    case SO_SNDTIMEO_OLD:
    case SO_SNDTIMEO_NEW:
        return (int)timeout_get(socket->send_timeout_ns, name, value);
    default:
        return -ENOPROTOOPT;
    }
}

static int common_get(struct socket *socket, int name, void *value, uint32_t *size)
{
    uint8_t found[sizeof(struct seconds)];
    int number, length = (int)sizeof(number), error = number_get(socket, name, &number);

    if (error == 0)
        memcpy(found, &number, sizeof(number));
    else if (error == -ENOPROTOOPT)
        length = structure_get(socket, name, found);
    else
        length = error;
    if (length < 0)
        return length;
    if (*size > (uint32_t)length)
        *size = (uint32_t)length;
    memcpy(value, found, *size);
    return 0;
}

/* getpeername(2) by another way: as much of it as is asked for, and not more than there is. */
static int peer_name_get(struct socket *socket, void *value, const uint32_t *size)
{
    struct socket_address name;

    if (socket->ops->name == NULL || socket->ops->name(socket, true, &name) != 0)
        return -ENOTCONN;
    if (name.size < *size)
        return -EINVAL;
    memcpy(value, name.bytes, *size);
    return 0;
}

/* What local sockets know of their peers, and others don't. */
static int no_peer_get(int name, void *value, uint32_t *size)
{
    static const struct socket_identity nobody = {0, UINT32_MAX, UINT32_MAX};

    if (name == SO_PEERGROUPS || name == SO_PEERPIDFD)
        return -ENODATA;
    if (name != SO_PEERCRED)
        return -ENOPROTOOPT;
    if (*size > sizeof(nobody))
        *size = sizeof(nobody);
    memcpy(value, &nobody, *size);
    return 0;
}

int socket_get_option(struct socket *socket, int level, int name, void *value, uint32_t *size)
{
    int error = -ENOPROTOOPT;

    if (level == SOL_SOCKET)
        error = common_get(socket, name, value, size);
    if (level == SOL_SOCKET && error == -ENOPROTOOPT)
        error = socket_tuning_get(socket, name, value, size);
    if (level == SOL_SOCKET && name == SO_PEERNAME)
        return peer_name_get(socket, value, size);
    if (level == SOL_SOCKET && error == -ENOPROTOOPT && socket->family != AF_UNIX)
        error = no_peer_get(name, value, size);
    if (error != -ENOPROTOOPT)
        return error;
    if (socket->ops->get_option != NULL)
        return socket->ops->get_option(socket, level, name, value, size);
    return level == SOL_SOCKET ? -ENOPROTOOPT : -EOPNOTSUPP;
}
