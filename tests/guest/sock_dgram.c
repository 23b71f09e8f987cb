/* SPDX-License-Identifier: Apache-2.0 */
/* sock_dgram.c - local datagrams: whole messages, their senders, peers, a full queue. */
#define _GNU_SOURCE
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "show.h"

static char buf[300000];

static int self; /* names are of this process and its children */

static socklen_t name_of(struct sockaddr_un *address, const char *name)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
                       (size_t)snprintf(address->sun_path + 1, 100, "%s-%d", name, self));
}

static int named(const char *name)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    struct sockaddr_un address;
    socklen_t size = name_of(&address, name);

    show(name, bind(fd, (struct sockaddr *)&address, size));
    return fd;
}

static long to(int fd, const char *name, const char *text, int flags)
{
    struct sockaddr_un address;
    socklen_t size = name_of(&address, name);

    return sendto(fd, text, strlen(text), flags, (struct sockaddr *)&address, size);
}

static long peer(int fd, const char *name)
{
    struct sockaddr_un address;
    socklen_t size = name_of(&address, name);

    return connect(fd, (struct sockaddr *)&address, size);
}

/* Receives, and tells who has sent it. */
static void from(const char *what, int fd, size_t room, int flags)
{
    struct sockaddr_un address;
    struct iovec vector = {buf, room};
    struct msghdr message = {.msg_name = &address, .msg_namelen = sizeof(address), .msg_iov = &vector, .msg_iovlen = 1};
    ssize_t size = recvmsg(fd, &message, flags);

    show(what, size);
    if (size < 0)
        return;
    printf("  \"%.*s\", flags %x, from ", (int)(size < (ssize_t)room ? size : (ssize_t)room), buf, message.msg_flags);
    if (message.msg_namelen > 3)
        printf("%.*s\n", (int)strcspn(address.sun_path + 1, "-"), address.sun_path + 1);
    else
        printf("nobody (%d)\n", (int)message.msg_namelen);
}

static void plain(void)
{
    int one = named("one"), two = named("two"), none = socket(AF_UNIX, SOCK_DGRAM, 0), number = -1;

    show("send without a peer", send(one, "x", 1, 0));
    show("sendto", to(one, "two", "hello", 0));
    show("sendto", to(one, "two", "", 0));
    show("sendto", to(none, "two", "again", 0));
    ioctl(two, FIONREAD, &number);
    show("FIONREAD", number);
    ioctl(one, TIOCOUTQ, &number);
    show_bool("TIOCOUTQ", number > 0);
    from("peek", two, 3, MSG_PEEK);
    from("recv", two, 3, MSG_TRUNC);
    from("empty", two, 10, 0);
    from("recv", two, 10, 0);
    from("nothing", two, 10, MSG_DONTWAIT);
    show("to nobody", to(one, "three", "x", 0));
    show("MSG_OOB", to(one, "two", "x", MSG_OOB));
    show("recv MSG_OOB", recv(two, buf, 1, MSG_OOB));
    show("to itself", to(one, "one", "self", 0));
    from("recv", one, 10, 0);
    show("connect", peer(one, "two"));
    show("send", send(one, "by peer", 7, 0));
    from("recv", two, 10, 0);
    show("sendto another", to(one, "one", "elsewhere", 0));
    show("from another", to(none, "one", "x", 0));
    show("who isn't its peer", to(two, "one", "y", 0));
    from("recv", one, 10, MSG_DONTWAIT);
    show("connect to who has another peer", peer(none, "one"));
    show("AF_UNSPEC", connect(one, &(struct sockaddr){.sa_family = AF_UNSPEC}, sizeof(struct sockaddr)));
    show("send", send(one, "x", 1, 0));
    show("from another", to(none, "one", "now", 0));
    from("recv", one, 10, 0);
    show("connect", peer(one, "two"));
    close(two);
    show("the peer is gone", send(one, "x", 1, 0));
    show("and forgotten", send(one, "x", 1, 0));
    close(one);
    close(none);
}

static void sizes(void)
{
    int pair[2], size = -1, small = 1;
    socklen_t length = sizeof(size);

    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    for (size_t i = 0; i < sizeof(buf); i++)
        buf[i] = (char)(i % 251);
    getsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, &length);
    show("SO_SNDBUF", size);
    show("as large as it can be", send(pair[0], buf, (size_t)size - 32, 0));
    show("larger", send(pair[0], buf, (size_t)size - 31, 0));
    memset(buf, 0, sizeof(buf));
    show("recv", recv(pair[1], buf, sizeof(buf), 0));
    long wrong = 0;
    for (int i = 0; i < size - 32; i++)
        wrong += buf[i] != (char)(i % 251);
    show("wrong", wrong);
    setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    getsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, &length);
    show("SO_SNDBUF", size);
    show("fits", send(pair[0], buf, (size_t)size - 32, 0));
    show("doesn't", send(pair[0], buf, (size_t)size, 0));
    show("TRUNC", recv(pair[1], buf, 7, MSG_TRUNC));
    close(pair[0]);
    show("the end of a pair isn't one", recv(pair[1], buf, 10, MSG_DONTWAIT));
    show("but sending", send(pair[1], "x", 1, 0));
    show("again", send(pair[1], "x", 1, 0));
    close(pair[1]);
}

static void full(void)
{
    int receiver = named("full"), sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0), count = 0, status = -1;
    struct sockaddr_un address;
    socklen_t size = name_of(&address, "full");

    while (to(sender, "full", "m", 0) == 1)
        count++;
    show("messages", count);
    show("then", to(sender, "full", "m", 0));
    show("MSG_DONTWAIT", to(sender, "full", "m", MSG_DONTWAIT));
    pid_t child = fork();
    if (child == 0) { /* it waits for room */
        fcntl(sender, F_SETFL, 0);
        _exit(sendto(sender, "w", 1, 0, (struct sockaddr *)&address, size) != 1);
    }
    for (int i = 0; i <= count; i++)
        recv(receiver, buf, 1, 0);
    waitpid(child, &status, 0);
    show("who waited", status);
    fcntl(sender, F_SETFL, O_NONBLOCK);
    count = 0;
    for (int i = 0; i < count; i++)
        recv(receiver, buf, 1, 0);
    show("empty", recv(receiver, buf, 1, MSG_DONTWAIT));
    show("room again", to(sender, "full", "m", 0));
    close(receiver);
    close(sender);

    int pair[2];
    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair);
    for (count = 0; send(pair[0], "m", 1, 0) == 1; count++)
        ;
    show("peers have no such limit", count);
    close(pair[0]);
    close(pair[1]);
}

static void shut(void)
{
    int pair[2];

    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    send(pair[0], "before", 6, 0);
    show("SHUT_RD", shutdown(pair[1], SHUT_RD));
    show("send", send(pair[0], "x", 1, MSG_NOSIGNAL));
    from("recv", pair[1], 10, 0);
    from("end", pair[1], 10, 0);
    from("but", pair[1], 10, MSG_DONTWAIT);
    show("SHUT_WR", shutdown(pair[1], SHUT_WR));
    show("send", send(pair[1], "x", 1, 0));
    show("the other", send(pair[0], "x", 1, 0));
    close(pair[0]);
    close(pair[1]);
}

static void lost(void)
{
    int one = named("lost"), two = named("other");

    peer(one, "other");
    peer(two, "lost");
    show("send", send(one, "gone", 4, 0));
    show("AF_UNSPEC", connect(two, &(struct sockaddr){.sa_family = AF_UNSPEC}, sizeof(struct sockaddr)));
    from("messages are lost", two, 10, MSG_DONTWAIT);
    show("who has sent them", send(one, "x", 1, 0));
    show("then", send(one, "y", 1, 0));
    close(one);
    close(two);
}

static void peeks(void)
{
    int pair[2], at = 0;

    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    send(pair[0], "abc", 3, 0);
    send(pair[0], "defg", 4, 0);
    show("SO_PEEK_OFF", setsockopt(pair[1], SOL_SOCKET, SO_PEEK_OFF, &at, sizeof(at)));
    from("peek", pair[1], 2, MSG_PEEK);
    from("peek", pair[1], 10, MSG_PEEK);
    from("peek", pair[1], 10, MSG_PEEK);
    from("peek", pair[1], 10, MSG_PEEK | MSG_DONTWAIT);
    from("recv", pair[1], 10, 0);
    from("recv", pair[1], 10, 0);
    close(pair[0]);
    close(pair[1]);
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    setvbuf(stdout, NULL, _IOLBF, 0);
    self = (int)getpid();
    plain();
    sizes();
    full();
    shut();
    lost();
    peeks();
    return 0;
}
