/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mq_threads.c - SIGEV_THREAD of mq_notify(3): a message to a netlink socket, which a thread of the C library reads,
 * and what that makes of it.
 */
#define _GNU_SOURCE
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "show.h"

static char name[64];
static mqd_t queue;
static int done[2]; /* a pipe: the library's thread has run */

static int ask(mqd_t mq, int fd, const void *cookie)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_signo = fd};

    memcpy(&event.sigev_value, &cookie, sizeof(cookie));
    return (int)syscall(SYS_mq_notify, mq, &event);
}

static void put(void)
{
    mq_send(queue, "x", 1, 0);
}

static void get(void)
{
    char text[32];

    mq_receive(queue, text, sizeof(text), NULL);
}

/* What has come by the socket. */
static void told(const char *what, int fd)
{
    unsigned char bytes[64];
    struct sockaddr from;
    socklen_t size = sizeof(from);
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    int ready = poll(&polled, 1, 0);
    ssize_t length = recvfrom(fd, bytes, sizeof(bytes), MSG_DONTWAIT, &from, &size);

    printf("%s: %d, ", what, ready);
    if (show("bytes", length) < 0)
        return;
    printf("  %.8s ... %d, from family %d\n", bytes, bytes[31], from.sa_family);
}

static void by_hand(void)
{
    static const char cookie[32] = "a cookie, of so many bytes, 123";
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0), other = socket(AF_UNIX, SOCK_STREAM, 0), status;
    pid_t child;

    show("no descriptor", ask(queue, 999, cookie));
    show("no socket", ask(queue, done[0], cookie));
    show("another socket", ask(queue, other, cookie));
    show("no cookie", ask(queue, fd, (void *)8));
    show("no queue", ask(done[0], fd, cookie));
    told("nothing", fd);
    show("ask", ask(queue, fd, cookie));
    show("twice", ask(queue, fd, cookie));
    told("nothing yet", fd);
    put();
    told("a message", fd);
    put();
    told("once", fd);
    get();
    get();
    show("ask", ask(queue, fd, cookie));
    show("take it back", syscall(SYS_mq_notify, queue, NULL));
    told("taken back", fd);
    show("ask", ask(queue, fd, cookie));
    close(dup(queue));
    told("a descriptor is closed", fd);
    fflush(stdout);
    child = fork();
    if (child == 0)
        _exit(ask(queue, fd, cookie) != 0);
    waitpid(child, &status, 0);
    show("a child", status);
    told("has ended", fd);
    show("ask", ask(queue, fd, cookie));
    close(fd);
    put(); /* to nobody */
    get();
    fd = socket(AF_NETLINK, SOCK_RAW, 0);
    show("and again", ask(queue, fd, cookie));
    close(fd);
    show("taken back", syscall(SYS_mq_notify, queue, NULL));
    close(other);
}

static void runs(union sigval value)
{
    char text[32];
    ssize_t size = mq_receive(queue, text, sizeof(text), NULL);

    printf("the thread: value %d, %.*s\n", value.sival_int, (int)size, text);
    fflush(stdout);
    if (write(done[1], "d", 1) < 0)
        _exit(1);
}

static void by_library(void)
{
    struct sigevent event = {
        .sigev_notify = SIGEV_THREAD, .sigev_notify_function = runs, .sigev_value = {.sival_int = 7}};
    char byte;

    for (int i = 0; i < 3; i++) {
        show("mq_notify", mq_notify(queue, &event));
        mq_send(queue, "a message", 9, 1);
        show("it has run", read(done[0], &byte, 1));
    }
}

int main(int argc, char **argv)
{
    struct mq_attr attr = {.mq_maxmsg = 4, .mq_msgsize = 32};

    enter(argc, argv);
    if (pipe(done) != 0)
        return 1;
    snprintf(name, sizeof(name), "/lvmm-threads-%d", (int)getpid());
    queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
    show_ok("open", queue);
    by_hand();
    by_library();
    mq_close(queue);
    show("unlink", mq_unlink(name));
    return 0;
}
