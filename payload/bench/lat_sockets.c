/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lat_sockets.c - a byte to another process and back, and 64 KiB to it, by local sockets and by TCP over loopback; the
 * byte also by a pseudoterminal.
 */
#define _GNU_SOURCE
#include "lat.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define BULK 65536

static int ends[2] = {-1, -1};
static pid_t peer;
static char block[BULK];

/* Reads all; 0 or an errno. */
static int read_all(int fd, size_t size)
{
    while (size != 0) {
        ssize_t got = read(fd, block, size);

        if (got <= 0)
            return lat_error();
        size -= (size_t)got;
    }
    return 0;
}

/* The other process: sends back each byte, or one for each 64 KiB, until there are no more. */
static void echo(int fd, size_t size)
{
    while (read_all(fd, size) == 0 && write(fd, block, 1) == 1)
        continue;
}

static int fork_peer(size_t size)
{
    peer = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (peer < 0)
        return lat_error();
    if (peer == 0) {
        close(ends[0]);
        echo(ends[1], size);
        _exit(0);
    }
    close(ends[1]);
    ends[1] = -1;
    return 0;
}

static int setup_unix(size_t size)
{
    return socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 ? lat_error() : fork_peer(size);
}

/* As a machine may have left it down; an error shows in what follows. */
static void loopback_up(int fd)
{
    struct ifreq request = {.ifr_name = "lo"};

    if (ioctl(fd, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP) == 0) {
        request.ifr_flags |= IFF_UP;
        (void)ioctl(fd, SIOCSIFFLAGS, &request);
    }
}

static int setup_tcp(size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1, error = 0;

    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    loopback_up(ends[0]);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0 || listen(listener, 1) != 0 ||
        connect(ends[0], (struct sockaddr *)&address, length) != 0)
        error = lat_error();
    if (error == 0)
        ends[1] = accept(listener, NULL, NULL);
    if (error == 0 && (ends[1] < 0 || setsockopt(ends[0], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
                       setsockopt(ends[1], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0))
        error = lat_error();
    close(listener);
    return error != 0 ? error : fork_peer(size);
}

/* The other process has the terminal's side; each byte goes through as it is. */
static int setup_pty_byte(void)
{
    struct termios termios;
    char name[32];

    ends[0] = posix_openpt(O_RDWR | O_NOCTTY);
    if (ends[0] < 0 || unlockpt(ends[0]) != 0 || ptsname_r(ends[0], name, sizeof(name)) != 0)
        return lat_error();
    ends[1] = open(name, O_RDWR | O_NOCTTY);
    if (ends[1] < 0 || tcgetattr(ends[1], &termios) != 0)
        return lat_error();
    cfmakeraw(&termios);
    return tcsetattr(ends[1], TCSANOW, &termios) != 0 ? lat_error() : fork_peer(1);
}

static int setup_unix_byte(void)
{
    return setup_unix(1);
}

static int setup_tcp_byte(void)
{
    return setup_tcp(1);
}

static int setup_unix_bulk(void)
{
    return setup_unix(BULK);
}

static int setup_tcp_bulk(void)
{
    return setup_tcp(BULK);
}

static void end(void)
{
    for (int i = 0; i < 2; i++) {
        if (ends[i] >= 0)
            close(ends[i]);
        ends[i] = -1;
    }
    if (peer > 0)
        waitpid(peer, NULL, 0);
    peer = 0;
}

static int send_and_wait(long n, size_t size)
{
    while (n-- != 0)
        if (write(ends[0], block, size) != (ssize_t)size || read(ends[0], block, 1) != 1)
            return lat_error();
    return 0;
}

static int run_byte(long n)
{
    return send_and_wait(n, 1);
}

static int run_bulk(long n)
{
    return send_and_wait(n, BULK);
}

const struct bench lat_sockets[] = {
    {"unix_rtt", run_byte, setup_unix_byte, end, 1}, {"tcp_rtt", run_byte, setup_tcp_byte, end, 1},
    {"pty_rtt", run_byte, setup_pty_byte, end, 1},   {"unix_64k", run_bulk, setup_unix_bulk, end, 1},
    {"tcp_64k", run_bulk, setup_tcp_bulk, end, 1},   {0},
};
