/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sock_pidfds.c - descriptors for the process at the other end of a local socket (SO_PEERPIDFD), and for who has sent a
 * message (SO_PASSPIDFD, SCM_PIDFD).
 */
#define _GNU_SOURCE
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "cmsg.h"
#include "show.h"

enum { PASS_PIDFD = 76, PEER_PIDFD = 77, MESSAGE_PIDFD = 4 }; /* asm-generic/socket.h, linux/socket.h */

static pid_t child;

/* Whom it stands for, by what /proc says of it. */
static void show_pidfd(const char *what, int fd)
{
    char name[64], text[512], *pid;
    int info, number;
    ssize_t size;

    if (fd < 0) {
        printf("%s: %s\n", what, error_name(-fd));
        return;
    }
    snprintf(name, sizeof(name), "/proc/self/fdinfo/%d", fd);
    info = open(name, O_RDONLY);
    size = read(info, text, sizeof(text) - 1);
    text[size > 0 ? size : 0] = 0;
    close(info);
    pid = strstr(text, "Pid:");
    number = pid != NULL ? atoi(pid + 4) : 0;
    printf("%s: %s, FD_CLOEXEC %d\n", what,
           number == getpid()    ? "me"
           : number == child     ? "the child"
           : number == getppid() ? "the parent"
                                 : "another",
           fcntl(fd, F_GETFD));
    close(fd);
}

static void peer(const char *what, int fd)
{
    int pidfd = -77;
    socklen_t size = sizeof(pidfd);

    if (getsockopt(fd, SOL_SOCKET, PEER_PIDFD, &pidfd, &size) != 0)
        pidfd = -errno;
    show_pidfd(what, pidfd);
}

static int next_fd(void)
{
    int fd = dup(0);

    close(fd);
    return fd;
}

static void take(const char *what, int fd, size_t room, int flags)
{
    char text[32], control[256];
    struct iovec vector = {text, sizeof(text)};
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = room != 0 ? control : NULL, .msg_controllen = room};
    ssize_t size = recvmsg(fd, &message, flags | MSG_DONTWAIT);

    if (show(what, size) < 0)
        return;
    printf("  \"%.*s\" flags %x\n", (int)size, text, message.msg_flags);
    if (room == 0)
        return;
    for (struct cmsghdr *head = CMSG_FIRSTHDR(&message); head != NULL; head = cmsg_next(&message, head)) {
        int pidfd = *(int *)CMSG_DATA(head);

        if (head->cmsg_type == MESSAGE_PIDFD)
            show_pidfd("  by", pidfd);
        else
            printf("  type %d\n", head->cmsg_type);
    }
}

static void messages(int type)
{
    int pair[2], on = 1, status;

    socketpair(AF_UNIX, type, 0, pair);
    peer("the peer", pair[0]);
    send(pair[0], "a", 1, 0);
    show("SO_PASSPIDFD", setsockopt(pair[1], SOL_SOCKET, PASS_PIDFD, &on, sizeof(on)));
    take("sent before it was asked for", pair[1], 256, 0);
    send(pair[0], "b", 1, 0);
    take("sent after that", pair[1], 256, 0);
    send(pair[0], "c", 1, 0);
    take("peek", pair[1], 256, MSG_PEEK);
    take("take", pair[1], 256, 0);
    send(pair[0], "d", 1, 0);
    take("no room", pair[1], CMSG_LEN(sizeof(int)) - 1, 0);
    send(pair[0], "e", 1, 0);
    take("just room", pair[1], CMSG_LEN(sizeof(int)), 0);
    send(pair[0], "f", 1, 0);
    take("none at all", pair[1], 0, 0);
    setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
    send(pair[0], "g", 1, 0);
    take("with credentials", pair[1], 256, 0);
    fflush(stdout);
    child = fork();
    if (child == 0)
        _exit(send(pair[0], "by the child", 12, 0) != 12);
    waitid(P_PID, (id_t)child, NULL, WEXITED | WNOWAIT);
    take("the child's", pair[1], 256, 0);
    waitpid(child, &status, 0);
    show("status", status);
    send(pair[0], "not read", 8, 0);
    close(pair[0]);
    close(pair[1]);
}

static void connections(void)
{
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), client = socket(AF_UNIX, SOCK_STREAM, 0), status,
        held[2], accepted, before;
    struct sockaddr_un address;
    socklen_t size = sizeof(address);

    peer("unconnected", client);
    bind(listener, &(struct sockaddr){.sa_family = AF_UNIX}, sizeof(sa_family_t));
    getsockname(listener, (struct sockaddr *)&address, &size);
    listen(listener, 5);
    peer("who listens", listener);
    if (pipe(held) != 0)
        return;
    fflush(stdout);
    child = fork();
    if (child == 0) {
        char byte;

        close(held[1]);
        if (connect(client, (struct sockaddr *)&address, size) != 0)
            _exit(1);
        _exit((int)read(held[0], &byte, 1));
    }
    poll(&(struct pollfd){.fd = listener, .events = POLLIN}, 1, -1);
    accepted = accept(listener, NULL, NULL);
    peer("who has connected", accepted);
    peer("who has listened", client);
    before = next_fd();
    size = sizeof(status);
    show("nowhere", getsockopt(accepted, SOL_SOCKET, PEER_PIDFD, (void *)8, &size));
    show_bool("nothing stays open", next_fd() == before);
    show("can't be set", setsockopt(accepted, SOL_SOCKET, PEER_PIDFD, &status, sizeof(status)));
    close(held[1]);
    waitpid(child, &status, 0);
    show("status", status);
    close(accepted);
    close(client);
    close(listener);
}

/* No descriptor is left: the message tells why. */
static void without_descriptors(void)
{
    int pair[2], on = 1;
    struct rlimit limit;

    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    setsockopt(pair[1], SOL_SOCKET, PASS_PIDFD, &on, sizeof(on));
    send(pair[0], "x", 1, 0);
    getrlimit(RLIMIT_NOFILE, &limit);
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){(rlim_t)next_fd(), limit.rlim_max});
    take("no descriptor", pair[1], 256, 0);
    peer("no descriptor", pair[1]);
    setrlimit(RLIMIT_NOFILE, &limit);
    close(pair[0]);
    close(pair[1]);
}

int main(int argc, char **argv)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), value;
    socklen_t size = sizeof(value);

    enter(argc, argv);
    if (argc > 2)
        return getsockopt(fd, SOL_SOCKET, PEER_PIDFD, &value, &size) != 0 && errno == ENOPROTOOPT;
    setvbuf(stdout, NULL, _IOLBF, 0);
    messages(SOCK_STREAM);
    messages(SOCK_DGRAM);
    messages(SOCK_SEQPACKET);
    connections();
    without_descriptors();
    return 0;
}
