/* SPDX-License-Identifier: Apache-2.0 */
/* tcp_defer.c - TCP_DEFER_ACCEPT: who listens hears of a connection when there is something to read. */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "show.h"

static int listener;
static struct sockaddr_in address = {.sin_family = AF_INET};

static int connected(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    show("connect", connect(fd, (struct sockaddr *)&address, sizeof(address)));
    return fd;
}

static int accepted(void)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

    show_ok("accept", fd);
    return fd;
}

static void wait_for(int timeout)
{
    struct pollfd look = {listener, POLLIN, 0};

    show("poll", poll(&look, 1, timeout));
}

static void defer(int seconds)
{
    setsockopt(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds));
}

static void first_bytes(void)
{
    int client = connected(), server, value = -1;
    socklen_t size = sizeof(value);
    char byte = 'x';

    wait_for(0);
    accepted();
    show("write", write(client, &byte, 1));
    wait_for(-1);
    server = accepted();
    show("read", read(server, &byte, 1));
    getsockopt(server, IPPROTO_TCP, TCP_DEFER_ACCEPT, &value, &size);
    printf("what was accepted has %d\n", value);
    show("write back", write(server, &byte, 1));
    show("read", read(client, &byte, 1));
    close(client);
    close(server);
}

static void ends(void)
{
    struct linger reset = {1, 0};
    int client, server;
    char byte;

    printf("close\n");
    client = connected();
    close(client);
    wait_for(-1);
    server = accepted();
    show("read", read(server, &byte, 1));
    close(server);
    printf("shutdown\n");
    client = connected();
    shutdown(client, SHUT_WR);
    wait_for(-1);
    server = accepted();
    show("read", read(server, &byte, 1));
    close(server);
    close(client);
    printf("reset\n");
    client = connected();
    setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    close(client);
    wait_for(0);
    accepted();
}

static void silence(void)
{
    int client, server;

    printf("nothing comes\n");
    client = connected();
    wait_for(-1);
    server = accepted();
    close(client);
    close(server);
}

/* More than the backlog, and in the order in which they speak. */
static void order(void)
{
    int clients[4], server;
    char byte;

    printf("several\n");
    for (int i = 0; i < 4; i++)
        clients[i] = connected();
    for (int i = 3; i >= 0; i--)
        show("write", write(clients[i], &"0123"[i], 1));
    for (int i = 0; i < 4; i++) {
        wait_for(-1);
        server = accepted();
        show("read", read(server, &byte, 1));
        printf("%c\n", byte);
        close(server);
        close(clients[i]);
    }
    accepted();
}

int main(void)
{
    socklen_t size = sizeof(address);
    int client;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    defer(1);
    bind(listener, (struct sockaddr *)&address, sizeof(address));
    listen(listener, 3);
    getsockname(listener, (struct sockaddr *)&address, &size);
    first_bytes();
    ends();
    silence();
    order();
    printf("no longer\n");
    defer(0);
    client = connected();
    wait_for(-1);
    accepted();
    close(client);
    defer(1);
    printf("left behind\n");
    client = connected();
    close(listener);
    close(client);
    return 0;
}
