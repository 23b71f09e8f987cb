/* SPDX-License-Identifier: Apache-2.0 */
/* sock_seqpacket.c - local sockets of messages in order (SOCK_SEQPACKET): connected, with ends. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "show.h"

static char buf[64];

static void take(const char *what, int fd, size_t room, int flags)
{
    struct iovec vector = {buf, room};
    struct sockaddr_un address;
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_name = &address, .msg_namelen = sizeof(address)};
    ssize_t size = recvmsg(fd, &message, flags | MSG_DONTWAIT); /* it is there, unless sending it has failed */

    if (show(what, size) >= 0)
        printf("  \"%.*s\" flags %x name %d\n", (int)(size < (ssize_t)room ? size : (ssize_t)room), buf,
               message.msg_flags, (int)message.msg_namelen);
}

static void plain(void)
{
    int pair[2], number = -1;

    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair);
    show("send", send(pair[0], "hello", 5, 0));
    show("MSG_EOR", send(pair[0], "second", 6, MSG_EOR));
    show("write", write(pair[0], "third", 5));
    show("empty", send(pair[0], "", 0, 0));
    ioctl(pair[1], FIONREAD, &number);
    show("FIONREAD", number);
    take("cut", pair[1], 3, 0);
    take("peek", pair[1], 20, MSG_PEEK);
    take("recv", pair[1], 20, MSG_WAITALL);
    show("recv", recv(pair[1], buf, 2, MSG_DONTWAIT));
    take("empty", pair[1], 20, 0);
    take("nothing", pair[1], 20, MSG_DONTWAIT);
    show("MSG_OOB", send(pair[0], "x", 1, MSG_OOB));
    show("a name", sendto(pair[0], "n", 1, 0, (struct sockaddr *)buf, 20));
    take("recv", pair[1], 20, 0);
    send(pair[0], "last", 4, 0);
    close(pair[0]);
    take("recv", pair[1], 20, 0);
    take("end", pair[1], 20, 0);
    take("end", pair[1], 20, MSG_DONTWAIT);
    show("send", send(pair[1], "x", 1, 0));
    close(pair[1]);
    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair);
    send(pair[1], "unread", 6, 0);
    send(pair[0], "there", 5, 0);
    close(pair[0]);
    take("the error first", pair[1], 20, 0);
    take("recv", pair[1], 20, 0);
    take("end", pair[1], 20, 0);
    close(pair[1]);
    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair);
    show("SHUT_RD", shutdown(pair[0], SHUT_RD));
    take("end", pair[0], 20, 0);
    show("send", send(pair[1], "x", 1, 0));
    show("the other way", send(pair[0], "y", 1, 0));
    take("recv", pair[1], 20, 0);
    close(pair[0]);
    close(pair[1]);
}

static void connections(void)
{
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0), client = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    struct sockaddr_un address;
    socklen_t size = sizeof(address);

    show("send", send(client, "x", 1, 0));
    take("recv", client, 20, 0);
    bind(listener, &(struct sockaddr){.sa_family = AF_UNIX}, sizeof(sa_family_t));
    getsockname(listener, (struct sockaddr *)&address, &size);
    show("listen", listen(listener, 1));
    show("connect", connect(client, (struct sockaddr *)&address, size));
    show("send", send(client, "early", 5, 0));
    int accepted = accept(listener, NULL, NULL);
    take("recv", accepted, 20, 0);
    show("send", send(accepted, "back", 4, 0));
    take("recv", client, 20, 0);
    show("recv of who listens", recv(listener, buf, 1, 0));
    close(listener);
    close(accepted);
    take("end", client, 20, 0);
    close(client);
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    plain();
    connections();
    return 0;
}
