/* SPDX-License-Identifier: Apache-2.0 */
/* pty.h - for the guest tests with pseudo-terminals: a pair, and what comes out of it. */
#ifndef TESTS_GUEST_PTY_H
#define TESTS_GUEST_PTY_H

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "family.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

static inline int pty_number(int master)
{
    int number = -1;

    ioctl(master, TIOCGPTN, &number);
    return number;
}

/* A master; its slave can be opened. */
static inline int pty_master(void)
{
    int master = open("/dev/ptmx", O_RDWR | O_NOCTTY), unlocked = 0;

    if (master < 0 || ioctl(master, TIOCSPTLCK, &unlocked) != 0) {
        printf("no pseudo-terminal: %s\n", error_name(errno));
        exit(1);
    }
    return master;
}

static inline int pty_slave(int master, int flags)
{
    char name[32];

    snprintf(name, sizeof(name), "/dev/pts/%d", pty_number(master));
    return open(name, flags);
}

/* Neither echo nor lines. */
static inline void pty_raw(int slave)
{
    struct termios termios;

    tcgetattr(slave, &termios);
    cfmakeraw(&termios);
    tcsetattr(slave, TCSANOW, &termios);
}

static inline void put_visibly(const char *bytes, long size)
{
    for (long i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)bytes[i];

        if (byte >= ' ' && byte < 0x7f && byte != '\\')
            putchar(byte);
        else
            printf("\\%03o", byte);
    }
}

/* What one read gives. */
static inline void show_read(const char *what, int fd, size_t size)
{
    char bytes[512];
    long n = read(fd, bytes, size < sizeof(bytes) ? size : sizeof(bytes));

    printf("%s: ", what);
    if (n < 0)
        printf("%s", error_name(errno));
    else
        printf("%ld <", n), put_visibly(bytes, n), printf(">");
    printf("\n");
}

/* So many bytes, however many reads that takes. */
static inline void show_bytes(const char *what, int fd, size_t size)
{
    char bytes[2048] = "";
    size_t have = 0;
    long n = 1;

    while (have < size && (n = read(fd, bytes + have, size - have)) > 0)
        have += (size_t)n;
    printf("%s: <", what);
    put_visibly(bytes, (long)have);
    printf(">%s%s\n", n < 0 ? " " : "", n < 0 ? error_name(errno) : "");
}

static inline void show_poll(const char *what, int fd, short events, int timeout_ms)
{
    struct pollfd ready = {.fd = fd, .events = events};
    int n = poll(&ready, 1, timeout_ms);

    printf("%s: %d%s%s%s%s%s\n", what, n, ready.revents & POLLIN ? " in" : "", ready.revents & POLLOUT ? " out" : "",
           ready.revents & POLLPRI ? " pri" : "", ready.revents & POLLERR ? " err" : "",
           ready.revents & POLLHUP ? " hup" : "");
}

/* Until the bytes that were written to the master have arrived, which Linux doesn't do at once. */
static inline void wait_readable(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};

    if (poll(&ready, 1, 10000) != 1)
        printf("nothing comes\n");
}

#endif
