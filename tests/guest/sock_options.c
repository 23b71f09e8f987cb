/* SPDX-License-Identifier: Apache-2.0 */
/* sock_options.c - setsockopt(2) and getsockopt(2) of local sockets. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "show.h"

static int fd;

static void get(const char *what, int option)
{
    int value[8] = {-7, -7, -7, -7, -7, -7, -7, -7};
    socklen_t size = sizeof(value);

    if (getsockopt(fd, SOL_SOCKET, option, value, &size) != 0) {
        printf("%s: %s\n", what, error_name(errno));
        return;
    }
    printf("%s: %d bytes:", what, (int)size);
    for (unsigned i = 0; i < size / sizeof(int); i++)
        printf(" %d", value[i]);
    printf("\n");
}

static void set(const char *what, int option, int value)
{
    show(what, setsockopt(fd, SOL_SOCKET, option, &value, sizeof(value)));
    get(what, option);
}

static void all_of(int type)
{
    static const struct {
        const char *name;
        int option;
    } options[] = {
        {"SO_TYPE", SO_TYPE},           {"SO_DOMAIN", SO_DOMAIN},         {"SO_PROTOCOL", SO_PROTOCOL},
        {"SO_ERROR", SO_ERROR},         {"SO_ACCEPTCONN", SO_ACCEPTCONN}, {"SO_SNDBUF", SO_SNDBUF},
        {"SO_RCVBUF", SO_RCVBUF},       {"SO_SNDLOWAT", SO_SNDLOWAT},     {"SO_RCVLOWAT", SO_RCVLOWAT},
        {"SO_LINGER", SO_LINGER},       {"SO_KEEPALIVE", SO_KEEPALIVE},   {"SO_REUSEADDR", SO_REUSEADDR},
        {"SO_BROADCAST", SO_BROADCAST}, {"SO_OOBINLINE", SO_OOBINLINE},   {"SO_PRIORITY", SO_PRIORITY},
        {"SO_PASSCRED", SO_PASSCRED},   {"SO_TIMESTAMP", SO_TIMESTAMP},   {"SO_MARK", SO_MARK},
        {"SO_DONTROUTE", SO_DONTROUTE}, {"SO_PEEK_OFF", SO_PEEK_OFF},     {"SO_DEBUG", SO_DEBUG},
        {"SO_REUSEPORT", SO_REUSEPORT}, {"SO_PEERSEC", SO_PEERSEC},       {"unknown", 9999},
    };

    fd = socket(AF_UNIX, type, 0);
    for (unsigned i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        get(options[i].name, options[i].option);
    close(fd);
}

static void sets(void)
{
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    set("SO_SNDBUF", SO_SNDBUF, 10000);
    set("SO_SNDBUF", SO_SNDBUF, 0);
    set("SO_RCVBUF", SO_RCVBUF, 1);
    int most = 1000000000, given = 0;
    socklen_t given_size = sizeof(given);
    show("SO_RCVBUF", setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &most, sizeof(most)));
    getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &given, &given_size);
    show_bool("bounded", given >= 2 * 212992 && given < most); /* newer kernels allow more */
    set("SO_SNDBUFFORCE", SO_SNDBUFFORCE, 3000000);
    get("SO_SNDBUF", SO_SNDBUF);
    set("SO_TYPE", SO_TYPE, 1);
    set("SO_ERROR", SO_ERROR, 1);
    set("SO_KEEPALIVE", SO_KEEPALIVE, 5);
    set("SO_KEEPALIVE", SO_KEEPALIVE, 0);
    set("SO_REUSEADDR", SO_REUSEADDR, -1);
    set("SO_RCVLOWAT", SO_RCVLOWAT, 0);
    set("SO_RCVLOWAT", SO_RCVLOWAT, 4);
    set("SO_SNDLOWAT", SO_SNDLOWAT, 4);
    set("SO_PRIORITY", SO_PRIORITY, 6);
    set("SO_PASSCRED", SO_PASSCRED, 1);
    set("SO_PEEK_OFF", SO_PEEK_OFF, 4);
    set("SO_PEEK_OFF", SO_PEEK_OFF, -1);
    set("SO_TIMESTAMP", SO_TIMESTAMP, 1);
    set("unknown", 9999, 1);
    struct linger linger = {1, 5};
    show("SO_LINGER", setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
    get("SO_LINGER", SO_LINGER);
    show("SO_LINGER, short", setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, 4));
    show("short", setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &linger, 3));
    show("negative", setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &linger, (socklen_t)-1));
    show("nowhere", setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, (void *)8, 4));
    int value = 0;
    socklen_t size = 2;
    show("cut", getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &size));
    printf("%d, %d\n", (int)size, value);
    size = (socklen_t)-1;
    show("negative", getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &size));
    show("no size", getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, (socklen_t *)8));
    size = 4;
    show("nowhere", getsockopt(fd, SOL_SOCKET, SO_TYPE, (void *)8, &size));
    close(fd);
}

static void nothing(int signal)
{
    (void)signal;
}

static void times(void)
{
    struct timeval time = {0, 20000};
    struct sigaction action = {.sa_flags = SA_RESTART};
    struct itimerval alarm = {{0, 1000}, {0, 1000}};
    int pair[2];
    char buf[1];
    socklen_t size = sizeof(time);

    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    fd = pair[0];
    show("SO_RCVTIMEO", setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time)));
    show("recv", recv(fd, buf, 1, 0));
    show("read", read(fd, buf, 1));
    time = (struct timeval){5, 0};
    show("SO_SNDTIMEO", setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time)));
    time = (struct timeval){0, 0};
    show("getsockopt", getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, &size));
    printf("%d s, %d us, %d bytes\n", (int)time.tv_sec, (int)time.tv_usec, (int)size == (int)sizeof(time));
    time = (struct timeval){1, 1000000};
    show("too many", setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time)));
    show("short", setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, 4));
    /* A signal ends a wait that has a time, and has one that hasn't made again. */
    action.sa_handler = nothing;
    sigaction(SIGALRM, &action, NULL);
    time = (struct timeval){100, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
    setitimer(ITIMER_REAL, &alarm, NULL);
    show("a signal", recv(fd, buf, 1, 0));
    alarm = (struct itimerval){{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &alarm, NULL);
    close(pair[0]);
    close(pair[1]);
}

static void least(void)
{
    int pair[2], four = 4, status = -1;
    char buf[10];

    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    setsockopt(pair[1], SOL_SOCKET, SO_RCVLOWAT, &four, sizeof(four));
    send(pair[0], "ab", 2, 0);
    pid_t child = fork();
    if (child == 0)
        _exit(send(pair[0], "cde", 3, 0) != 3);
    show("SO_RCVLOWAT", recv(pair[1], buf, 10, 0));
    send(pair[0], "ab", 2, 0);
    show("not waiting", recv(pair[1], buf, 10, MSG_DONTWAIT));
    waitpid(child, &status, 0);
    show("status", status);
    close(pair[0]);
    close(pair[1]);
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    setvbuf(stdout, NULL, _IOLBF, 0);
    all_of(SOCK_STREAM);
    all_of(SOCK_DGRAM);
    sets();
    times();
    least();
    return 0;
}
