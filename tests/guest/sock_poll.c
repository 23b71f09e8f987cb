/* SPDX-License-Identifier: Apache-2.0 */
/* sock_poll.c - what poll(2), select(2), epoll(7) and signals tell of local sockets. */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "show.h"

#define ALL (POLLIN | POLLPRI | POLLOUT | POLLRDHUP | POLLRDNORM | POLLRDBAND | POLLWRNORM | POLLWRBAND)

static char buf[70000];

static void now(const char *what, int fd)
{
    struct pollfd entry = {fd, ALL, 0};

    if (poll(&entry, 1, 0) < 0)
        printf("%s: %s\n", what, error_name(errno));
    else
        printf("%s: %x\n", what, entry.revents);
}

static void stream(int type)
{
    int pair[2], alone = socket(AF_UNIX, type, 0);

    now("alone", alone);
    close(alone);
    socketpair(AF_UNIX, type, 0, pair);
    now("new", pair[0]);
    send(pair[1], "abc", 3, 0);
    now("something", pair[0]);
    recv(pair[0], buf, 1, 0);
    now("a part", pair[0]);
    recv(pair[0], buf, 2, MSG_DONTWAIT);
    now("nothing", pair[0]);
    shutdown(pair[1], SHUT_WR);
    now("half closed", pair[0]);
    now("the other", pair[1]);
    close(pair[1]);
    now("closed", pair[0]);
    close(pair[0]);
    socketpair(AF_UNIX, type, 0, pair);
    send(pair[0], "unread", 6, 0);
    close(pair[1]);
    now("reset", pair[0]);
    recv(pair[0], buf, 1, 0);
    now("and told", pair[0]);
    close(pair[0]);
    socketpair(AF_UNIX, type, 0, pair);
    shutdown(pair[0], SHUT_RD);
    now("SHUT_RD", pair[0]);
    now("the other", pair[1]);
    close(pair[0]);
    close(pair[1]);
    socketpair(AF_UNIX, type, 0, pair);
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    while (send(pair[0], buf, 3000, 0) > 0)
        ;
    now("full", pair[0]);
    recv(pair[1], buf, 3000, 0);
    now("a little room", pair[0]);
    while (recv(pair[1], buf, sizeof(buf), MSG_DONTWAIT) > 0)
        ;
    now("empty", pair[0]);
    close(pair[0]);
    close(pair[1]);
}

static void urgent(void)
{
    int pair[2];

    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    send(pair[1], "ab", 2, MSG_OOB);
    now("urgent", pair[0]);
    recv(pair[0], buf, 1, MSG_OOB);
    now("taken", pair[0]);
    close(pair[0]);
    close(pair[1]);
}

static void listeners(void)
{
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address;
    socklen_t size = sizeof(address);

    bind(listener, &(struct sockaddr){.sa_family = AF_UNIX}, sizeof(sa_family_t));
    now("bound", listener);
    listen(listener, 1);
    now("listens", listener);
    getsockname(listener, (struct sockaddr *)&address, &size);
    connect(client, (struct sockaddr *)&address, size);
    now("a caller", listener);
    now("who calls", client);
    close(accept(listener, NULL, NULL));
    now("accepted", listener);
    now("hung up", client);
    close(client);
    shutdown(listener, SHUT_RD);
    now("shut", listener);
    show("accept", accept(listener, NULL, NULL));
    client = socket(AF_UNIX, SOCK_STREAM, 0);
    show("connect", connect(client, (struct sockaddr *)&address, size));
    close(client);
    close(listener);
}

static void datagrams(void)
{
    int receiver = socket(AF_UNIX, SOCK_DGRAM, 0), sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    struct sockaddr_un address;
    socklen_t size = sizeof(address);
    struct pollfd entry = {sender, POLLOUT, 0};
    int status = -1, count = 0;

    bind(receiver, &(struct sockaddr){.sa_family = AF_UNIX}, sizeof(sa_family_t));
    getsockname(receiver, (struct sockaddr *)&address, &size);
    connect(sender, (struct sockaddr *)&address, size);
    now("new", sender);
    while (send(sender, "m", 1, 0) == 1)
        count++;
    show("messages", count);
    now("the queue is full", sender);
    pid_t child = fork();
    if (child == 0) {
        usleep(1000);
        _exit(recv(receiver, buf, 1, 0) != 1);
    }
    show("poll", poll(&entry, 1, 10000));
    printf("%x\n", entry.revents);
    waitpid(child, &status, 0);
    show("status", status);
    now("room", sender);
    close(receiver);
    now("the peer is gone", sender);
    close(sender);
}

/* ---- epoll ---- */

static void edge(const char *what, int epoll)
{
    struct epoll_event events[4];
    int count = epoll_wait(epoll, events, 4, 0);

    printf("%s: %d", what, count);
    for (int i = 0; i < count; i++)
        printf(" %x", events[i].events);
    printf("\n");
}

static void edges(void)
{
    int pair[2], epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET};

    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    show("add", epoll_ctl(epoll, EPOLL_CTL_ADD, pair[0], &event));
    edge("first", epoll);
    edge("no more", epoll);
    send(pair[1], "a", 1, 0);
    edge("a message", epoll);
    edge("no more", epoll);
    send(pair[1], "b", 1, 0);
    edge("another", epoll);
    recv(pair[0], buf, 1, 0);
    edge("a part read", epoll);
    recv(pair[0], buf, 10, 0);
    edge("read", epoll);
    send(pair[0], "c", 1, 0);
    edge("sent", epoll);
    recv(pair[1], buf, 10, 0);
    edge("received there", epoll);
    shutdown(pair[1], SHUT_WR);
    edge("half closed", epoll);
    close(pair[1]);
    edge("closed", epoll);
    close(pair[0]);
    edge("gone", epoll);
    close(epoll);
}

static volatile sig_atomic_t told;

static void count_signal(int signal)
{
    (void)signal;
    told++;
}

static void signals(void)
{
    int pair[2];

    signal(SIGIO, count_signal);
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    fcntl(pair[0], F_SETOWN, getpid());
    fcntl(pair[0], F_SETFL, O_ASYNC);
    send(pair[1], "x", 1, 0);
    show("a message", told);
    shutdown(pair[1], SHUT_WR);
    show_bool("half closed", told > 1);
    close(pair[0]);
    close(pair[1]);
    signal(SIGURG, count_signal);
    told = 0;
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    fcntl(pair[0], F_SETOWN, getpid());
    send(pair[1], "u", 1, MSG_OOB);
    show("an urgent byte", told);
    close(pair[0]);
    close(pair[1]);
}

static void selects(void)
{
    int pair[2];
    fd_set reads, writes;
    struct timeval none = {0, 0};

    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    FD_ZERO(&reads);
    FD_ZERO(&writes);
    FD_SET(pair[0], &reads);
    FD_SET(pair[0], &writes);
    show("select", select(pair[0] + 1, &reads, &writes, NULL, &none));
    show_bool("reads", FD_ISSET(pair[0], &reads));
    close(pair[0]);
    close(pair[1]);
}

/* Waits that another process ends. */
static void waits(void)
{
    int pair[2], status = -1;

    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    pid_t child = fork();
    if (child == 0) {
        struct pollfd entry = {pair[1], POLLIN, 0};

        for (int i = 0; i < 500; i++) {
            if (poll(&entry, 1, -1) != 1 || recv(pair[1], buf, 10, 0) != 1 || send(pair[1], "r", 1, 0) != 1)
                _exit(1);
        }
        _exit(0);
    }
    int errors = 0;
    for (int i = 0; i < 500; i++)
        errors += send(pair[0], "q", 1, 0) != 1 || recv(pair[0], buf, 10, 0) != 1;
    waitpid(child, &status, 0);
    show("errors", errors);
    show("status", status);
    close(pair[0]);
    close(pair[1]);
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    stream(SOCK_STREAM);
    stream(SOCK_SEQPACKET);
    urgent();
    listeners();
    datagrams();
    edges();
    signals();
    selects();
    waits();
    return 0;
}
