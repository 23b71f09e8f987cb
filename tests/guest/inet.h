/* SPDX-License-Identifier: Apache-2.0 */
/* inet.h - for the guest tests of AF_INET and AF_INET6: each test is run over both, on lo, with ports that are free. */
#ifndef TESTS_GUEST_INET_H
#define TESTS_GUEST_INET_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "show.h"

union inet_address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

static inline socklen_t inet_size(int family)
{
    return family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

/* An address of that family by its text; port in the CPU's order. */
static inline union inet_address inet_make(int family, const char *text, unsigned port)
{
    union inet_address address = {0};

    address.any.sa_family = (sa_family_t)family;
    if (family == AF_INET) {
        address.in.sin_port = htons((uint16_t)port);
        inet_pton(AF_INET, text, &address.in.sin_addr);
    } else {
        address.in6.sin6_port = htons((uint16_t)port);
        inet_pton(AF_INET6, text, &address.in6.sin6_addr);
    }
    return address;
}

static inline const char *inet_lo(int family)
{
    return family == AF_INET ? "127.0.0.1" : "::1";
}

static inline const char *inet_any(int family)
{
    return family == AF_INET ? "0.0.0.0" : "::";
}

/* The port that a socket has, or its peer. */
static inline unsigned inet_port(int fd, int is_peer)
{
    union inet_address address = {0};
    socklen_t size = sizeof(address);

    if (is_peer ? getpeername(fd, &address.any, &size) : getsockname(fd, &address.any, &size))
        return 0;
    return ntohs(address.any.sa_family == AF_INET ? address.in.sin_port : address.in6.sin6_port);
}

/* The address without the port, which is another one each time. */
static inline void inet_show(const char *what, int fd, int is_peer)
{
    union inet_address address = {0};
    socklen_t size = sizeof(address);
    char text[INET6_ADDRSTRLEN];

    if ((is_peer ? getpeername(fd, &address.any, &size) : getsockname(fd, &address.any, &size)) != 0) {
        printf("%s: %s\n", what, error_name(errno));
        return;
    }
    inet_ntop(address.any.sa_family,
              address.any.sa_family == AF_INET ? (void *)&address.in.sin_addr : (void *)&address.in6.sin6_addr, text,
              sizeof(text));
    printf("%s: %s, %u bytes, %s\n", what, text, (unsigned)size, inet_port(fd, is_peer) != 0 ? "a port" : "no port");
}

static inline int inet_bind(int fd, int family, const char *text, unsigned port)
{
    union inet_address address = inet_make(family, text, port);

    return bind(fd, &address.any, inet_size(family));
}

static inline int inet_connect(int fd, int family, const char *text, unsigned port)
{
    union inet_address address = inet_make(family, text, port);

    return connect(fd, &address.any, inet_size(family));
}

/* Who listens on lo. */
static inline int inet_listener(int family, int backlog)
{
    int fd = socket(family, SOCK_STREAM, 0);

    if (inet_bind(fd, family, inet_lo(family), 0) != 0 || listen(fd, backlog) != 0)
        printf("a listener: %s\n", error_name(errno));
    return fd;
}

/* Two that are connected: of `listener`, or of one for them. */
static inline void inet_pair(int family, int pair[2])
{
    int listener = inet_listener(family, 1);

    pair[0] = socket(family, SOCK_STREAM, 0);
    if (inet_connect(pair[0], family, inet_lo(family), inet_port(listener, 0)) != 0)
        printf("connect: %s\n", error_name(errno));
    pair[1] = accept(listener, NULL, NULL);
    close(listener);
}

static inline void inet_close(int pair[2])
{
    close(pair[0]);
    close(pair[1]);
}

static inline void show_poll(const char *what, int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN | POLLOUT | POLLPRI | POLLRDHUP | POLLRDNORM | POLLWRNORM};
    int count = poll(&poll_fd, 1, 0);

    printf("%s: %d %#x\n", what, count, (unsigned)poll_fd.revents);
}

static inline int option_get(int fd, int level, int name)
{
    int value = -77;
    socklen_t size = sizeof(value);

    return getsockopt(fd, level, name, &value, &size) != 0 ? -errno : value;
}

static inline int option_set(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof(value));
}

static inline void show_option(const char *what, int fd, int level, int name)
{
    int value = option_get(fd, level, name);

    if (value < 0 && value > -200)
        printf("%s: %s\n", what, error_name(-value));
    else
        printf("%s: %d\n", what, value);
}

static inline void show_error(const char *what, int fd)
{
    int error = option_get(fd, SOL_SOCKET, SO_ERROR);

    printf("%s: %s\n", what, error == 0 ? "none" : error_name(error));
}

/* CMSG_NXTHDR, which compares what has a sign with what hasn't in some C libraries. */
static inline struct cmsghdr *next_control(struct msghdr *message, struct cmsghdr *one)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-compare"
    return CMSG_NXTHDR(message, one);
#pragma GCC diagnostic pop
}

/* Reads up to `size` bytes and shows them. */
static inline void show_recv(const char *what, int fd, size_t size, int flags)
{
    char bytes[256] = {0};
    ssize_t got = recv(fd, bytes, size < sizeof(bytes) ? size : sizeof(bytes) - 1, flags);

    if (got < 0)
        printf("%s: %s\n", what, error_name(errno));
    else
        printf("%s: %zd \"%s\"\n", what, got, bytes);
}

/* For each family that this machine has; the host may lack IPv6, and is no oracle then. */
static inline void inet_each(void (*test)(int family))
{
    int fd = socket(AF_INET6, SOCK_STREAM, 0);

    printf("-- IPv4\n");
    test(AF_INET);
    if (fd < 0 || inet_bind(fd, AF_INET6, "::1", 0) != 0) {
        printf("-- IPv6: skipped, there is no ::1\n");
        return;
    }
    close(fd);
    printf("-- IPv6\n");
    test(AF_INET6);
}

#endif
