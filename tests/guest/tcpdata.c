/* SPDX-License-Identifier: Apache-2.0 */
/* tcpdata.c - bytes over TCP: flags of recv and send, the urgent byte, full buffers, time-outs (tcp(7), recv(2)). */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "inet.h"

static void flags(int family)
{
    int pair[2], queued = -1;
    char bytes[64];

    inet_pair(family, pair);
    send(pair[0], "abcdef", 6, 0);
    show_recv("peek", pair[1], 3, MSG_PEEK);
    show_recv("peek more", pair[1], 30, MSG_PEEK);
    ioctl(pair[1], FIONREAD, &queued);
    show("FIONREAD", queued);
    show("discard", recv(pair[1], NULL, 2, MSG_TRUNC));
    show_recv("the rest", pair[1], 30, 0);
    send(pair[0], "12", 2, MSG_MORE);
    send(pair[0], "345", 3, 0);
    show_recv("all of it", pair[1], 5, MSG_WAITALL);
    show_recv("not there", pair[1], 5, MSG_WAITALL | MSG_DONTWAIT);
    send(pair[0], "67", 2, 0);
    show_recv("in part", pair[1], 5, MSG_WAITALL | MSG_DONTWAIT);
    show("nothing to be read", recv(pair[1], bytes, 0, MSG_DONTWAIT));
    send(pair[0], "8", 1, 0);
    show("nothing wanted", recv(pair[1], bytes, 0, MSG_DONTWAIT));
    show("nothing sent", send(pair[0], bytes, 0, 0));
    show_recv("one", pair[1], 5, 0);
    show("to a bad place", recv(pair[1], (void *)8, 5, MSG_DONTWAIT));
    send(pair[0], "9", 1, 0);
    show("to a bad place", recv(pair[1], (void *)8, 5, MSG_DONTWAIT));
    show_recv("it is still there", pair[1], 5, MSG_DONTWAIT);
    show("from a bad place", send(pair[0], (void *)8, 5, 0));
    show("errors of packets", recv(pair[1], bytes, 5, MSG_ERRQUEUE));
    inet_close(pair);
}

static void low_water(int family)
{
    int pair[2];

    inet_pair(family, pair);
    option_set(pair[1], SOL_SOCKET, SO_RCVLOWAT, 4);
    send(pair[0], "abc", 3, 0);
    show_poll("too few", pair[1]);
    show_recv("too few, and not waiting", pair[1], 9, MSG_DONTWAIT);
    send(pair[0], "abcd", 4, 0);
    show_poll("enough", pair[1]);
    show_recv("enough", pair[1], 9, 0);
    inet_close(pair);
}

static int at_mark(int fd)
{
    int is_there = -1;

    return ioctl(fd, SIOCATMARK, &is_there) != 0 ? -1 : is_there;
}

static void urgent(int family)
{
    int pair[2], queued = -1;

    inet_pair(family, pair);
    show_recv("none", pair[1], 1, MSG_OOB);
    show("urgent", send(pair[0], "xy!", 3, MSG_OOB));
    show("more", send(pair[0], "after", 5, 0));
    show_poll("poll", pair[1]);
    show("at the mark", at_mark(pair[1]));
    ioctl(pair[1], FIONREAD, &queued);
    show("FIONREAD", queued);
    show_recv("up to it", pair[1], 20, 0);
    show("at the mark", at_mark(pair[1]));
    show_recv("a look at it", pair[1], 1, MSG_OOB | MSG_PEEK);
    show_recv("it", pair[1], 1, MSG_OOB);
    show_recv("once", pair[1], 1, MSG_OOB);
    show_poll("poll", pair[1]);
    show_recv("behind it", pair[1], 20, 0);
    show("at the mark", at_mark(pair[1]));

    option_set(pair[1], SOL_SOCKET, SO_OOBINLINE, 1);
    send(pair[0], "xy!", 3, MSG_OOB);
    send(pair[0], "after", 5, 0);
    show_recv("inline", pair[1], 20, MSG_OOB);
    show_recv("up to it", pair[1], 20, 0);
    show("at the mark", at_mark(pair[1]));
    show_recv("with it", pair[1], 20, 0);
    inet_close(pair);
}

static volatile sig_atomic_t signals;
static void count(int signal)
{
    (void)signal;
    signals++;
}

static void owners(int family)
{
    int pair[2];

    inet_pair(family, pair);
    signal(SIGURG, count);
    fcntl(pair[1], F_SETOWN, getpid());
    send(pair[0], "!", 1, MSG_OOB);
    show("SIGURG", signals);
    signal(SIGPIPE, count);
    signals = 0;
    close(pair[1]);
    show("EPIPE", send(pair[0], "x", 1, MSG_NOSIGNAL));
    show("EPIPE", send(pair[0], "x", 1, 0));
    show("and again", send(pair[0], "x", 1, 0));
    show("SIGPIPE", signals);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGURG, SIG_DFL);
    close(pair[0]);
}

/* Fills the other end's buffer and empties it again: what came is what was sent. */
static void full(int family)
{
    static unsigned char block[10000], seen[10000];
    int pair[2];
    size_t sent = 0, got = 0, wrong = 0;
    ssize_t moved;

    inet_pair(family, pair);
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    for (;;) {
        for (size_t i = 0; i < sizeof(block); i++)
            block[i] = (unsigned char)((sent + i) % 251);
        moved = send(pair[0], block, sizeof(block), 0);
        if (moved < 0)
            break;
        sent += (size_t)moved;
    }
    show("full", moved);
    show_poll("full", pair[0]);
    show_bool("some", sent > 10000);
    shutdown(pair[0], SHUT_WR);
    while ((moved = recv(pair[1], seen, sizeof(seen), 0)) > 0) {
        for (ssize_t i = 0; i < moved; i++)
            wrong += seen[i] != (unsigned char)((got + (size_t)i) % 251);
        got += (size_t)moved;
    }
    show("the end", moved);
    show_bool("all came", got == sent);
    show("wrong", (long)wrong);
    inet_close(pair);
}

struct task {
    int fd;
    size_t size;
};

static void *sends(void *arg)
{
    const struct task *task = arg;
    static char block[100000];
    size_t sent = 0;

    while (sent < task->size) {
        size_t want = task->size - sent < sizeof(block) ? task->size - sent : sizeof(block);

        for (size_t i = 0; i < want; i++)
            block[i] = (char)((sent + i) % 127);
        if (send(task->fd, block, want, 0) != (ssize_t)want)
            break;
        sent += want;
    }
    shutdown(task->fd, SHUT_WR);
    return NULL;
}

/* More than fits: both sides wait for each other. */
static void bulk(int family)
{
    static char block[70001];
    struct task task = {.size = 5000000};
    pthread_t thread;
    int pair[2];
    size_t got = 0, wrong = 0;
    ssize_t moved;

    inet_pair(family, pair);
    task.fd = pair[0];
    pthread_create(&thread, NULL, sends, &task);
    while ((moved = recv(pair[1], block, sizeof(block), MSG_WAITALL)) > 0) {
        for (ssize_t i = 0; i < moved; i++)
            wrong += block[i] != (char)((got + (size_t)i) % 127);
        got += (size_t)moved;
    }
    pthread_join(thread, NULL);
    show("bytes", (long)got);
    show("wrong", (long)wrong);
    inet_close(pair);
}

struct reader {
    int fd, flags;
    long got;
    char bytes[1 << 20];
};

/* Reads all that comes, with large buffers. */
static void *reads(void *arg)
{
    struct reader *reader = arg;
    ssize_t moved;

    while ((moved = recv(reader->fd, reader->bytes, sizeof(reader->bytes), reader->flags)) > 0)
        reader->got += moved;
    return NULL;
}

/* Two threads read from one socket, and one looks only: no byte is read twice. */
static void readers(int family)
{
    static struct reader each[3];
    static char block[1 << 20];
    pthread_t threads[3];
    int pair[2];

    inet_pair(family, pair);
    for (int i = 0; i < 3; i++) {
        each[i].fd = pair[1];
        each[i].flags = i == 2 ? MSG_PEEK : 0;
        each[i].got = 0;
        pthread_create(&threads[i], NULL, reads, &each[i]);
    }
    for (int i = 0; i < 8; i++)
        (void)!send(pair[0], block, sizeof(block), 0);
    shutdown(pair[0], SHUT_WR);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    show("read by both", each[0].got + each[1].got);
    inet_close(pair);
}

/* Two processes that answer each other. */
static void ping_pong(int family)
{
    int pair[2], status;
    char byte = 0;
    pid_t child;
    long rounds = 0;

    inet_pair(family, pair);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        close(pair[0]);
        while (recv(pair[1], &byte, 1, 0) == 1)
            send(pair[1], &byte, 1, 0);
        _exit(7);
    }
    close(pair[1]);
    for (int i = 0; i < 2000; i++) {
        char sent = (char)i;

        send(pair[0], &sent, 1, 0);
        rounds += recv(pair[0], &byte, 1, 0) == 1 && byte == sent;
    }
    show("rounds", rounds);
    close(pair[0]);
    waitpid(child, &status, 0);
    show("the other", WEXITSTATUS(status));
}

static void timeouts(int family)
{
    struct timeval time = {.tv_usec = 1000};
    int pair[2], listener = inet_listener(family, 1);
    char bytes[1];

    inet_pair(family, pair);
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
    show("nothing in time", recv(pair[0], bytes, 1, 0));
    setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
    show("nobody in time", accept(listener, NULL, NULL));
    inet_close(pair);
    close(listener);
}

static void *closes_later(void *arg)
{
    char byte;

    /* The other one waits by now, or will: it gets the same. */
    (void)recv(*(int *)arg, &byte, 1, 0);
    close(*(int *)arg);
    return NULL;
}

static void woken(int family)
{
    pthread_t thread;
    int pair[2];

    inet_pair(family, pair);
    pthread_create(&thread, NULL, closes_later, &pair[1]);
    send(pair[0], "x", 1, 0);
    show_recv("until the other end goes", pair[0], 1, 0);
    pthread_join(thread, NULL);
    close(pair[0]);
}

static void vectors(int family)
{
    char first[4] = {0}, second[8] = {0};
    struct iovec out[3] = {{"ab", 2}, {NULL, 0}, {"cdef", 4}}, in[2] = {{first, 3}, {second, 7}};
    struct msghdr message = {.msg_iov = out, .msg_iovlen = 3};
    int pair[2];

    inet_pair(family, pair);
    show("sendmsg", sendmsg(pair[0], &message, 0));
    message.msg_iov = in;
    message.msg_iovlen = 2;
    show("recvmsg", recvmsg(pair[1], &message, 0));
    printf("%s %s\n", first, second);
    show("flags", message.msg_flags);
    show("write", write(pair[0], "wr", 2));
    show("read", read(pair[1], first, 3));
    inet_close(pair);
}

static void test(int family)
{
    flags(family);
    low_water(family);
    urgent(family);
    owners(family);
    full(family);
    bulk(family);
    readers(family);
    ping_pong(family);
    timeouts(family);
    woken(family);
    vectors(family);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    inet_each(test);
    return 0;
}
