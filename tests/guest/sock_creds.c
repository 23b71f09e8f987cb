/* SPDX-License-Identifier: Apache-2.0 */
/* sock_creds.c - who is at the other end of a local socket, and who has sent a message. */
#define _GNU_SOURCE
#include <grp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "cmsg.h"
#include "show.h"

static pid_t self;

static void show_cred(const char *what, const struct ucred *cred)
{
    printf("%s: %s %d %d\n", what,
           cred->pid == self ? "self"
           : cred->pid == 0  ? "none"
                             : "another",
           (int)cred->uid, (int)cred->gid);
}

static void peer(const char *what, int fd)
{
    struct ucred cred;
    socklen_t size = sizeof(cred);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) != 0)
        printf("%s: %s\n", what, error_name(errno));
    else
        show_cred(what, &cred);
}

static void take(const char *what, int fd, int flags)
{
    char text[32], room[256];
    struct iovec vector = {text, sizeof(text)};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room)};
    ssize_t size = recvmsg(fd, &message, flags | MSG_DONTWAIT); /* it is there, unless sending it has failed */

    if (show(what, size) < 0)
        return;
    printf("  \"%.*s\" flags %x\n", (int)size, text, message.msg_flags);
    for (struct cmsghdr *head = CMSG_FIRSTHDR(&message); head != NULL; head = cmsg_next(&message, head)) {
        if (head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_CREDENTIALS)
            show_cred("  by", (struct ucred *)CMSG_DATA(head));
        else
            printf("  type %d\n", head->cmsg_type);
    }
}

static long forge(int fd, pid_t pid, uid_t uid, gid_t gid)
{
    char room[CMSG_SPACE(sizeof(struct ucred))] = {0};
    struct iovec vector = {"forged", 6};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room)};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);

    *head = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof(struct ucred)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_CREDENTIALS};
    *(struct ucred *)CMSG_DATA(head) = (struct ucred){pid, uid, gid};
    return sendmsg(fd, &message, 0);
}

static void messages(int type)
{
    int pair[2], on = 1, off = 0;

    socketpair(AF_UNIX, type, 0, pair);
    peer("the peer", pair[0]);
    send(pair[0], "a", 1, 0);
    setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
    take("sent before it was asked for", pair[1], 0);
    send(pair[0], "b", 1, 0);
    take("sent after that", pair[1], 0);
    send(pair[0], "peek", 4, 0);
    take("peek", pair[1], MSG_PEEK);
    take("take", pair[1], 0);
    show("forged: self", forge(pair[0], getpid(), getuid(), getgid()));
    take("take", pair[1], 0);
    show("forged: another's", forge(pair[0], 1, 77, 88));
    take("take", pair[1], 0);
    show("nobody's", forge(pair[0], 4000000, 77, 88));
    show("a user that isn't one", forge(pair[0], getpid(), (uid_t)-1, 0));
    send(pair[0], "c", 1, 0);
    show("no room", recv(pair[1], (char[4]){0}, 4, MSG_DONTWAIT));
    if (type == SOCK_STREAM) {
        forge(pair[0], getpid(), 5, 0);
        forge(pair[0], getpid(), 5, 0);
        forge(pair[0], getpid(), 6, 0);
        take("bytes of one sender", pair[1], 0);
        take("of another", pair[1], 0);
    }
    setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &off, sizeof(off));
    forge(pair[0], getpid(), 5, 0);
    take("not asked for", pair[1], 0);
    close(pair[0]);
    close(pair[1]);
}

static void users(void)
{
    int pair[2], on = 1, status = -1;

    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
    pid_t child = fork();
    if (child == 0) {
        if (setresgid(101, 102, 103) != 0 || setresuid(201, 202, 203) != 0)
            _exit(1);
        send(pair[0], "x", 1, 0);
        show("real", forge(pair[0], getpid(), 201, 101));
        show("effective", forge(pair[0], getpid(), 202, 102));
        show("saved", forge(pair[0], getpid(), 203, 103));
        show("another user", forge(pair[0], getpid(), 0, 101));
        show("another group", forge(pair[0], getpid(), 201, 0));
        show("another process", forge(pair[0], getppid(), 201, 101));
        int more[2];
        socketpair(AF_UNIX, SOCK_STREAM, 0, more);
        self = getpid();
        peer("a pair of its own", more[0]);
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, &status, 0);
    show("status", status);
    for (int i = 0; i < 4; i++)
        take("take", pair[1], 0);
    take("nothing", pair[1], MSG_DONTWAIT);
    close(pair[0]);
    close(pair[1]);
}

/* Who has listened, and who has connected, at that moment. */
static void connections(void)
{
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), client = socket(AF_UNIX, SOCK_STREAM, 0),
        status = -1;
    struct sockaddr_un address;
    socklen_t size = sizeof(address);
    gid_t groups[4];

    peer("unconnected", client);
    bind(listener, &(struct sockaddr){.sa_family = AF_UNIX}, sizeof(sa_family_t));
    getsockname(listener, (struct sockaddr *)&address, &size);
    listen(listener, 5);
    peer("who listens", listener);
    pid_t child = fork();
    if (child == 0) {
        gid_t some[3] = {9, 7, 8};
        if (setgroups(3, some) != 0 || setgid(301) != 0 || setuid(302) != 0)
            _exit(1);
        _exit(connect(client, (struct sockaddr *)&address, size) != 0);
    }
    waitpid(child, &status, 0);
    show("status", status);
    int accepted = accept(listener, NULL, NULL);
    peer("who has connected", accepted);
    peer("who has listened", client);
    size = sizeof(groups);
    show("SO_PEERGROUPS", getsockopt(accepted, SOL_SOCKET, 59, groups, &size));
    printf("%d bytes: %d %d %d\n", (int)size, (int)groups[0], (int)groups[1], (int)groups[2]);
    size = 4;
    show("no room", getsockopt(accepted, SOL_SOCKET, 59, groups, &size));
    show("size", size);
    size = sizeof(groups);
    show("of nobody", getsockopt(socket(AF_UNIX, SOCK_STREAM, 0), SOL_SOCKET, 59, groups, &size));
    size = 6;
    struct ucred cred;
    show("cut", getsockopt(client, SOL_SOCKET, SO_PEERCRED, &cred, &size));
    show("size", size);
    show("can't be set", setsockopt(client, SOL_SOCKET, SO_PEERCRED, &cred, sizeof(cred)));
    close(client);
    close(accepted);
    close(listener);
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    setvbuf(stdout, NULL, _IOLBF, 0);
    self = getpid();
    messages(SOCK_STREAM);
    messages(SOCK_DGRAM);
    messages(SOCK_SEQPACKET);
    users();
    connections();
    return 0;
}
