/* SPDX-License-Identifier: Apache-2.0 */
/* sock_rights.c - open files by way of local sockets (SCM_RIGHTS): whole, cut, peeked at, lost, and sockets in one
 * another's queues that nobody can reach. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "cmsg.h"
#include "show.h"

#define MOST 300

static char room[CMSG_SPACE(MOST * sizeof(int))] __attribute__((aligned(16)));
static int got[MOST], got_count;

/* Sends `text` with these descriptors, `count` of them. */
static long give(int socket, const char *text, const int *fds, unsigned count)
{
    struct iovec vector = {(void *)text, strlen(text)};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = room};
    struct cmsghdr *head = (struct cmsghdr *)room;

    memset(room, 0, sizeof(room));
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    *head =
        (struct cmsghdr){.cmsg_len = CMSG_LEN(count * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(head), fds, count * sizeof(int));
    return syscall(SYS_sendmsg, socket, &message, MSG_NOSIGNAL); /* a library may have less room for it */
}

static long give_one(int socket, int fd)
{
    return give(socket, "f", &fd, 1);
}

/* Receives with room for so many bytes of control. */
static void take(const char *what, int socket, size_t control, size_t bytes, int flags)
{
    char text[64];
    struct iovec vector = {text, bytes};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = room, .msg_controllen = control};
    ssize_t size;

    got_count = 0;
    memset(room, 0, sizeof(room));
    size = recvmsg(socket, &message, flags | MSG_DONTWAIT); /* it is there, unless sending it has failed */
    show(what, size);
    if (size < 0)
        return;
    printf("  \"%.*s\" flags %x control %d", (int)size, text, message.msg_flags, (int)message.msg_controllen);
    for (struct cmsghdr *head = CMSG_FIRSTHDR(&message); head != NULL; head = cmsg_next(&message, head)) {
        if (head->cmsg_type == SCM_RIGHTS) {
            got_count = (int)((head->cmsg_len - CMSG_LEN(0)) / sizeof(int));
            memcpy(got, CMSG_DATA(head), (size_t)got_count * sizeof(int));
        }
        printf(" type %d length %d", head->cmsg_type, (int)head->cmsg_len);
    }
    printf(", %d files\n", got_count);
}

static void drop_got(void)
{
    for (int i = 0; i < got_count; i++)
        close(got[i]);
}

static void plain(int type)
{
    int pair[2], pipes[2], fds[3];
    char byte = 0;

    socketpair(AF_UNIX, type, 0, pair);
    pipe2(pipes, O_NONBLOCK);
    show("give", give_one(pair[0], pipes[1]));
    close(pipes[1]);
    take("take", pair[1], sizeof(room), 10, 0);
    show("write to it", write(got[0], "p", 1));
    show("FD_CLOEXEC", fcntl(got[0], F_GETFD));
    drop_got();
    show("read", read(pipes[0], &byte, 1));
    show("its end", read(pipes[0], &byte, 1));
    fds[0] = fds[1] = fds[2] = pipes[0];
    show("three", give(pair[0], "three", fds, 3));
    take("peek", pair[1], sizeof(room), 10, MSG_PEEK);
    drop_got();
    take("MSG_CMSG_CLOEXEC", pair[1], sizeof(room), 10, MSG_CMSG_CLOEXEC);
    show("FD_CLOEXEC", fcntl(got[2], F_GETFD));
    drop_got();
    give(pair[0], "cut", fds, 3);
    take("room for two", pair[1], CMSG_LEN(2 * sizeof(int)), 10, 0);
    drop_got();
    give(pair[0], "none", fds, 3);
    take("no room", pair[1], 0, 10, 0);
    give(pair[0], "none", fds, 3);
    take("no room for one", pair[1], CMSG_LEN(0) + 3, 10, 0);
    give(pair[0], "read", fds, 3);
    show("read", recv(pair[1], room, 10, MSG_DONTWAIT));
    give(pair[0], "none", fds, 0);
    take("no files", pair[1], sizeof(room), 10, 0);
    give(pair[0], "lost", fds, 3);
    close(pair[1]);
    close(pair[0]);
    close(pipes[0]);
}

/* A read ends behind the bytes that files came with. */
static void streams(void)
{
    int pair[2];

    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    send(pair[0], "before", 6, 0);
    give(pair[0], "with", &pair[0], 1);
    send(pair[0], "after", 5, 0);
    take("take", pair[1], sizeof(room), 60, 0);
    drop_got();
    take("take", pair[1], sizeof(room), 60, 0);
    drop_got();
    give(pair[0], "parts", &pair[0], 1);
    take("a part", pair[1], sizeof(room), 2, 0);
    drop_got();
    take("the rest", pair[1], sizeof(room), 60, 0);
    close(pair[0]);
    close(pair[1]);
}

static void wrong(void)
{
    int pair[2], fds[MOST];
    struct iovec vector = {"x", 1};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = room};
    struct cmsghdr *head = (struct cmsghdr *)room;

    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    show("no descriptor", give_one(pair[0], 999));
    for (int i = 0; i < MOST; i++)
        fds[i] = pair[0];
    show("as many as can be", give(pair[0], "m", fds, 253));
    take("take", pair[1], 0, 10, 0);
    show("more", give(pair[0], "m", fds, 254));
    *head = (struct cmsghdr){.cmsg_len = 3, .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    message.msg_controllen = CMSG_SPACE(4);
    show("too short", syscall(SYS_sendmsg, pair[0], &message, 0));
    head->cmsg_len = 1000;
    show("too long", syscall(SYS_sendmsg, pair[0], &message, 0));
    head->cmsg_len = CMSG_LEN(4);
    head->cmsg_type = 99;
    show("another type", syscall(SYS_sendmsg, pair[0], &message, 0));
    head->cmsg_level = 99;
    show("another level", syscall(SYS_sendmsg, pair[0], &message, 0));
    take("take", pair[1], sizeof(room), 10, 0);
    message.msg_controllen = 3;
    show("no header", syscall(SYS_sendmsg, pair[0], &message, 0));
    take("take", pair[1], sizeof(room), 10, 0);
    message.msg_control = (void *)8;
    message.msg_controllen = 100;
    show("nowhere", syscall(SYS_sendmsg, pair[0], &message, 0));
    message.msg_controllen = 200000;
    show("too much", syscall(SYS_sendmsg, pair[0], &message, 0));
    int path = open("/", O_PATH);
    show("O_PATH", give_one(pair[0], path));
    take("take", pair[1], sizeof(room), 10, 0);
    show_bool("still O_PATH", fcntl(got[0], F_GETFL) & O_PATH);
    drop_got();
    close(path);
    close(pair[0]);
    close(pair[1]);
}

/* No descriptor is left for what comes. */
static void none_left(void)
{
    struct rlimit limit;
    int pair[2], fds[2];

    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    fds[0] = fds[1] = pair[0];
    give(pair[0], "two", fds, 2);
    getrlimit(RLIMIT_NOFILE, &limit);
    struct rlimit less = {(rlim_t)pair[1] + 2, limit.rlim_max};
    setrlimit(RLIMIT_NOFILE, &less);
    take("one fits", pair[1], sizeof(room), 10, 0);
    setrlimit(RLIMIT_NOFILE, &limit);
    drop_got();
    close(pair[0]);
    close(pair[1]);
}

/* ---- what nobody can reach ---- */

static void watched(const char *what, int (*make)(int))
{
    int pipes[2];
    char byte;
    int error;

    pipe(pipes);
    error = make(pipes[1]);
    close(pipes[1]);
    int last[2]; /* the end of any local socket looks for garbage */
    socketpair(AF_UNIX, SOCK_STREAM, 0, last);
    close(last[0]);
    close(last[1]);
    fcntl(pipes[0], F_SETFL, O_NONBLOCK);
    printf("%s: %d, ", what, error);
    for (int i = 0; i < 1000 && read(pipes[0], &byte, 1) != 0; i++) /* it may go a little later */
        usleep(1000);
    show("the pipe in it", read(pipes[0], &byte, 1));
    close(pipes[0]);
}

static int itself(int file)
{
    int pair[2];

    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    give_one(pair[0], file);
    give_one(pair[0], pair[1]);
    close(pair[0]);
    close(pair[1]);
    return 0;
}

static int each_other(int file)
{
    int one[2], two[2];

    socketpair(AF_UNIX, SOCK_DGRAM, 0, one);
    socketpair(AF_UNIX, SOCK_DGRAM, 0, two);
    give_one(one[0], two[1]);
    give_one(two[0], one[1]);
    give_one(one[0], file);
    give_one(two[1], one[0]);
    close(one[0]);
    close(one[1]);
    close(two[0]);
    close(two[1]);
    return 0;
}

static int chain(int file)
{
    int next = file, pair[2];

    for (int i = 0; i < 900; i++) { /* their ends come in a row */
        socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
        if (give_one(pair[0], next) < 0)
            return errno;
        if (i != 0)
            close(next);
        close(pair[0]);
        next = pair[1];
    }
    close(next);
    return 0;
}

static int ring(int file)
{
    int first[2], pair[2], next;

    socketpair(AF_UNIX, SOCK_DGRAM, 0, first);
    give_one(first[0], file);
    next = first[1];
    for (int i = 0; i < 100; i++) {
        socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
        give_one(pair[0], next);
        if (i != 0)
            close(next);
        close(pair[0]);
        next = pair[1];
    }
    give_one(first[0], next);
    close(next);
    close(first[0]);
    close(first[1]);
    return 0;
}

static int unaccepted(int file)
{
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address;
    socklen_t size = sizeof(address);

    bind(listener, &(struct sockaddr){.sa_family = AF_UNIX}, sizeof(sa_family_t));
    listen(listener, 1);
    getsockname(listener, (struct sockaddr *)&address, &size);
    connect(client, (struct sockaddr *)&address, size);
    give_one(client, file);
    give_one(client, listener);
    give_one(client, client);
    close(client);
    close(listener);
    return 0;
}

/* What can be reached stays. */
static void kept(void)
{
    int outer[2], inner[2];
    char buf[10];

    socketpair(AF_UNIX, SOCK_STREAM, 0, outer);
    socketpair(AF_UNIX, SOCK_STREAM, 0, inner);
    show("write", write(inner[0], "kept", 4));
    give_one(inner[0], inner[1]);
    give_one(outer[0], inner[1]);
    close(inner[1]);
    int last[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, last);
    close(last[0]);
    close(last[1]);
    take("take", outer[1], sizeof(room), 10, 0);
    show("read", recv(got[0], buf, 4, MSG_DONTWAIT));
    drop_got();
    close(outer[0]);
    close(outer[1]);
    close(inner[0]);
}

/* A user who isn't root has at most so many on their way as there can be descriptors. */
static void limits(void)
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        struct rlimit limit = {40, 40};
        int pair[2], count = 0;

        socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
        setrlimit(RLIMIT_NOFILE, &limit);
        if (setgid(54321) != 0 || setuid(54321) != 0)
            _exit(1);
        fcntl(pair[0], F_SETFL, O_NONBLOCK);
        while (count < 100 && give_one(pair[0], pair[0]) == 1)
            count++;
        if (errno == ETOOMANYREFS)
            printf("too many: %d\n", count);
        else
            show("count", count);
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, &status, 0);
    show("status", status);
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    plain(SOCK_STREAM);
    plain(SOCK_DGRAM);
    plain(SOCK_SEQPACKET);
    streams();
    wrong();
    none_left();
    watched("in its own queue", itself);
    watched("in each other's", each_other);
    watched("a chain", chain);
    watched("a ring", ring);
    watched("not accepted", unaccepted);
    kept();
    limits();
    return 0;
}
