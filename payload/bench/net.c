/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net.c - for the benchmark: what TCP costs to a server on the host.
 *
 *   net serve             prints its port of 127.0.0.1, and serves until it is killed
 *   net use ADDRESS PORT
 *
 *   rtt NS    a byte there and back
 *   out NS    a MiB to the server, of 64
 *   in NS     a MiB from it
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 1000
#define MIB 64u

static char bytes[65536];

static int64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void need(bool good, const char *what)
{
    if (good)
        return;
    perror(what);
    exit(1);
}

static void send_mib(int fd)
{
    for (size_t left = (size_t)MIB << 20; left > 0;) {
        ssize_t n = send(fd, bytes, sizeof(bytes) < left ? sizeof(bytes) : left, MSG_NOSIGNAL);

        need(n > 0, "send");
        left -= (size_t)n;
    }
}

static void receive_mib(int fd)
{
    for (size_t left = (size_t)MIB << 20; left > 0;) {
        ssize_t n = recv(fd, bytes, sizeof(bytes) < left ? sizeof(bytes) : left, 0);

        need(n > 0, "recv");
        left -= (size_t)n;
    }
}

/* The first byte says what. */
static void serve_one(int fd)
{
    char what = 0;

    need(recv(fd, &what, 1, 0) == 1, "recv");
    if (what == 'o') {
        receive_mib(fd);
        send(fd, &what, 1, MSG_NOSIGNAL);
    } else if (what == 'i') {
        send_mib(fd);
    } else {
        while (recv(fd, &what, 1, 0) == 1 && send(fd, &what, 1, MSG_NOSIGNAL) == 1)
            continue;
    }
}

static void serve(void)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(name);
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;

    need(bind(listener, (struct sockaddr *)&name, size) == 0 && listen(listener, 16) == 0 &&
             getsockname(listener, (struct sockaddr *)&name, &size) == 0,
         "listen");
    printf("%u\n", ntohs(name.sin_port));
    fflush(stdout);
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        int fd = accept(listener, NULL, NULL);

        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        if (fd >= 0 && fork() == 0) {
            serve_one(fd);
            _exit(0);
        }
        close(fd);
    }
}

static int call(const char *address, const char *port, char what)
{
    struct sockaddr_in name = {.sin_family = AF_INET,
                               .sin_addr.s_addr = inet_addr(address),
                               .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

    need(connect(fd, (struct sockaddr *)&name, sizeof(name)) == 0, "connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    need(send(fd, &what, 1, MSG_NOSIGNAL) == 1, "send");
    return fd;
}

static void use(const char *address, const char *port)
{
    char byte = 'x';
    int fd = call(address, port, 'r');
    int64_t begin = now_ns();

    for (unsigned i = 0; i < ROUNDS; i++)
        need(send(fd, &byte, 1, MSG_NOSIGNAL) == 1 && recv(fd, &byte, 1, 0) == 1, "round trip");
    printf("rtt %lld\n", (long long)(now_ns() - begin) / ROUNDS);
    close(fd);
    fd = call(address, port, 'o');
    begin = now_ns();
    send_mib(fd);
    need(recv(fd, &byte, 1, 0) == 1, "recv"); /* all of it has come */
    printf("out %lld\n", (long long)(now_ns() - begin) / MIB);
    close(fd);
    begin = now_ns();
    fd = call(address, port, 'i');
    receive_mib(fd);
    printf("in %lld\n", (long long)(now_ns() - begin) / MIB);
    close(fd);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "serve") == 0) {
        serve();
    } else if (argc == 4 && strcmp(argv[1], "use") == 0) {
        use(argv[2], argv[3]);
        return 0;
    }
    fprintf(stderr, "usage: net serve | net use ADDRESS PORT\n");
    return 2;
}
