/* SPDX-License-Identifier: Apache-2.0 */
/*
 * socket_tuning.c - options of level SOL_SOCKET by which programs ask for what a network card's driver would do, or
 * count what a socket takes. There is no such driver, so that they are kept, and told again, as far as Linux checks
 * them.
 */
#include "net/socket_tuning.h"

#include "abi/errno.h"
#include "abi/socket.h"
#include "lib/string.h"
#include "net/socket_filter.h"
#include "vfs/permission.h"

#define FILTER_MOST 64     /* SO_BPF_EXTENSIONS: what Linux's filters know */
#define POLL_BUDGET_MOST 8 /* of packets: what who has no CAP_NET_ADMIN may ask for */
#define SEND_LOCK 1        /* SO_BUF_LOCK: who has set that size, so that it stays */
#define RECEIVE_LOCK 2
#define LOCKS (SEND_LOCK | RECEIVE_LOCK)

/* Linux's struct of SO_MEMINFO. */
enum { MEM_RECEIVED, MEM_RECEIVE_SIZE, MEM_SENT, MEM_SEND_SIZE, MEM_COUNT = 9 };

uint64_t socket_cookie(struct socket *socket)
{
    static uint64_t last;

    if (socket->tuning.cookie == 0)
        socket->tuning.cookie = ++last;
    return socket->tuning.cookie;
}

static bool *flag_of(struct socket_tuning *tuning, int name)
{
    switch (name) {
    case SO_RXQ_OVFL:
        return &tuning->tells_lost;
    case SO_WIFI_STATUS:
        return &tuning->wifi_status;
    case SO_NOFCS:
        return &tuning->no_checksum;
    case SO_LOCK_FILTER:
        return &tuning->filter_is_locked;
    case SO_SELECT_ERR_QUEUE:
        return &tuning->select_errors;
    case SO_PREFER_BUSY_POLL:
        return &tuning->prefers_poll;
    default:
        return NULL;
    }
}

static int flag_set(struct socket_tuning *tuning, int name, int number)
{
    if (name == SO_LOCK_FILTER && tuning->filter_is_locked && number == 0)
        return -EPERM;
    if (name == SO_PREFER_BUSY_POLL && number != 0 && !permission_has(CAP_NET_ADMIN))
        return -EPERM;
    *flag_of(tuning, name) = number != 0;
    return 0;
}

static int poll_set(struct socket_tuning *tuning, int number)
{
    if (number > tuning->busy_poll_us && !permission_has(CAP_NET_ADMIN))
        return -EPERM;
    if (number < 0)
        return -EINVAL;
    tuning->busy_poll_us = number;
    return 0;
}

static int budget_check(int number)
{
    if (number > POLL_BUDGET_MOST && !permission_has(CAP_NET_ADMIN))
        return -EPERM;
    return number < 0 || number > (int)UINT16_MAX ? -EINVAL : 0;
}

/* ~0 of a short number is no limit, as that of a long one. */
static void rate_set(struct socket_tuning *tuning, const void *value, uint32_t size)
{
    uint32_t half;

    if (size >= sizeof(tuning->pacing_rate)) {
        memcpy(&tuning->pacing_rate, value, sizeof(tuning->pacing_rate));
        return;
    }
    memcpy(&half, value, sizeof(half));
    tuning->pacing_rate = half == UINT32_MAX ? UINT64_MAX : half;
}

/* SO_TXREHASH: it may take another way when it gets no answer. */
static bool is_inet_stream(const struct socket *socket)
{
    return socket->type == SOCK_STREAM && (socket->family == AF_INET || socket->family == AF_INET6);
}

static int rehash_set(struct socket *socket, int number)
{
    if (!is_inet_stream(socket))
        return -EOPNOTSUPP;
    if (number < -1 || number > 1)
        return -EINVAL;
    socket->tuning.no_rehash = number == 0; /* -1: the default, which is to do so */
    return 0;
}

static bool is_connected(struct socket *socket)
{
    struct socket_address name;

    return socket->ops->name != NULL && socket->ops->name(socket, true, &name) == 0;
}

/* What is sent gets no times of its own: that is a driver's business. */
static int stamps_set(struct socket *socket, uint32_t stamps, bool is_new)
{
    struct socket_tuning *tuning = &socket->tuning;
    bool begins = (stamps & STAMPS_NUMBERED) && !(tuning->stamps & STAMPS_NUMBERED);

    if (stamps & ~(uint32_t)STAMPS_ALL)
        return -EINVAL;
    if ((stamps & STAMPS_NUMBERED_TCP) && !(stamps & STAMPS_NUMBERED))
        return -EINVAL;
    if (begins && is_inet_stream(socket) && !is_connected(socket)) /* there are no bytes to be counted yet */
        return -EINVAL;
    if ((stamps & STAMPS_STATISTICS) && !(stamps & STAMPS_BARE))
        return -EINVAL;
    if (stamps & STAMPS_CLOCK) /* of a card, which has none */
        return -EOPNOTSUPP;
    tuning->stamps = stamps;
    tuning->stamps_are_new = is_new;
    return 0;
}

int socket_tuning_set(struct socket *socket, int name, const void *value, uint32_t size)
{
    struct socket_tuning *tuning = &socket->tuning;
    int number;

    memcpy(&number, value, sizeof(number));
    if (flag_of(tuning, name) != NULL)
        return flag_set(tuning, name, number);
    switch (name) {
    case SO_BSDCOMPAT:
        return 0;
    case SO_DETACH_FILTER:
        return socket_filter_detach(socket);
    case SO_BUSY_POLL:
        return poll_set(tuning, number);
    case SO_BUSY_POLL_BUDGET:
        return budget_check(number);
    case SO_MAX_PACING_RATE:
        rate_set(tuning, value, size);
        return 0;
    case SO_INCOMING_CPU:
        tuning->cpu = number;
        return 0;
    case SO_TIMESTAMPING_OLD:
    case SO_TIMESTAMPING_NEW:
        return stamps_set(socket, (uint32_t)number, name == SO_TIMESTAMPING_NEW);
    case SO_TXREHASH:
        return rehash_set(socket, number);
    case SO_RESERVE_MEM: /* it is a control group's memory that would be reserved */
        return number < 0 ? -EINVAL : -EOPNOTSUPP;
    case SO_BUF_LOCK:
        if (number & ~LOCKS)
            return -EINVAL;
        tuning->locks = (uint8_t)number;
        return 0;
    default:
        return -ENOPROTOOPT;
    }
}

static int number_get(struct socket *socket, int name, int *out)
{
    struct socket_tuning *tuning = &socket->tuning;
    const bool *flag = flag_of(tuning, name);

    *out = 0;
    if (flag != NULL) {
        *out = *flag;
        return 0;
    }
    switch (name) {
    case SO_BSDCOMPAT:
    case SO_INCOMING_NAPI_ID: /* of no card */
    case SO_RESERVE_MEM:
        return 0;
    case SO_TXREHASH:
        *out = !tuning->no_rehash;
        return is_inet_stream(socket) ? 0 : -EOPNOTSUPP;
    case SO_BUSY_POLL:
        *out = tuning->busy_poll_us;
        return 0;
    case SO_BPF_EXTENSIONS:
        *out = FILTER_MOST;
        return 0;
    case SO_INCOMING_CPU:
        *out = tuning->cpu;
        return 0;
    case SO_BUF_LOCK:
        *out = tuning->locks;
        return 0;
    default:
        return -ENOPROTOOPT;
    }
}

/* So much of it as there is room for. */
static int give(void *value, uint32_t *size, const void *from, uint32_t length)
{
    if (*size > length)
        *size = length;
    memcpy(value, from, *size);
    return 0;
}

static int rate_give(const struct socket_tuning *tuning, void *value, uint32_t *size)
{
    uint32_t half = tuning->pacing_rate < UINT32_MAX ? (uint32_t)tuning->pacing_rate : UINT32_MAX;

    if (*size >= sizeof(tuning->pacing_rate))
        return give(value, size, &tuning->pacing_rate, sizeof(tuning->pacing_rate));
    return give(value, size, &half, sizeof(half));
}

int socket_tuning_get(struct socket *socket, int name, void *value, uint32_t *size)
{
    uint32_t memory[MEM_COUNT] = {[MEM_RECEIVE_SIZE] = socket->receive_size, [MEM_SEND_SIZE] = socket->send_size};
    uint32_t stamps[2] = {name == SO_TIMESTAMPING_OLD || socket->tuning.stamps_are_new ? socket->tuning.stamps : 0, 0};
    uint64_t cookie;
    int number, error;

    switch (name) {
    case SO_TIMESTAMPING_OLD:
    case SO_TIMESTAMPING_NEW:
        return give(value, size, stamps, sizeof(stamps));
    case SO_MAX_PACING_RATE:
        return rate_give(&socket->tuning, value, size);
    case SO_MEMINFO:
        return give(value, size, memory, sizeof(memory));
    case SO_NETNS_COOKIE: /* there is one name space */
        cookie = 1;
        return *size == sizeof(cookie) ? give(value, size, &cookie, sizeof(cookie)) : -EINVAL;
    case SO_COOKIE:
        if (*size < sizeof(cookie))
            return -EINVAL;
        cookie = socket_cookie(socket);
        return give(value, size, &cookie, sizeof(cookie));
    default:
        error = number_get(socket, name, &number);
        return error != 0 ? error : give(value, size, &number, sizeof(number));
    }
}

void socket_tuning_lock(struct socket *socket, bool receives)
{
    socket->tuning.locks |= receives ? RECEIVE_LOCK : SEND_LOCK;
}
