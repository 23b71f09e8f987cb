/* SPDX-License-Identifier: Apache-2.0 */
/* sock_mmsg.c - several messages by one call: sendmmsg(2), recvmmsg(2). */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

#include "show.h"

#define COUNT 5

static struct mmsghdr messages[COUNT];
static struct iovec vectors[COUNT];
static char texts[COUNT][8];

static void prepare(int receive)
{
    for (int i = 0; i < COUNT; i++) {
        snprintf(texts[i], sizeof(texts[i]), "%.*s", i + 1, receive ? "" : "abcdefg");
        vectors[i] = (struct iovec){texts[i], receive ? sizeof(texts[i]) : (size_t)i + 1};
        messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &vectors[i], .msg_iovlen = 1}, .msg_len = 99};
    }
}

static void show_all(const char *what, long count)
{
    show(what, count);
    for (int i = 0; i < COUNT; i++)
        printf("  %u \"%.8s\"%s", messages[i].msg_len, texts[i], i == COUNT - 1 ? "\n" : "");
}

static long send_some(int fd, unsigned count, int flags)
{
    prepare(0);
    return syscall(SYS_sendmmsg, fd, messages, count, flags);
}

static void receive(const char *what, int fd, unsigned count, int flags, struct timespec *time)
{
    prepare(1);
    show_all(what, syscall(SYS_recvmmsg, fd, messages, count, flags, time));
}

int main(int argc, char **argv)
{
    int pair[2];
    struct timespec time = {0, 0};

    enter(argc, argv);
    setvbuf(stdout, NULL, _IOLBF, 0);
    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    show_all("sendmmsg", send_some(pair[0], COUNT, 0));
    receive("recvmmsg", pair[1], 3, 0, NULL);
    receive("those that are there", pair[1], COUNT, MSG_DONTWAIT, NULL);
    receive("none", pair[1], COUNT, MSG_DONTWAIT, NULL);
    show("none to be sent", send_some(pair[0], 0, 0));
    receive("none to be received", pair[1], 0, 0, NULL);
    send_some(pair[0], 3, 0);
    receive("MSG_WAITFORONE", pair[1], COUNT, MSG_WAITFORONE, NULL);
    send_some(pair[0], 4, 0);
    receive("no time", pair[1], COUNT, 0, &time);
    time.tv_sec = 100;
    receive("time", pair[1], 3, 0, &time);
    show_bool("is left", time.tv_sec >= 90 && time.tv_sec <= 100);
    time.tv_nsec = 1000000000;
    receive("no time at all", pair[1], 3, 0, &time);
    time.tv_nsec = -1;
    receive("nor this", pair[1], 3, 0, &time);
    receive("no descriptor", 999, 3, 0, NULL);
    show("no descriptor", send_some(999, 3, 0));
    prepare(0);
    messages[2].msg_hdr.msg_iovlen = 2000;
    show_all("an error behind two", syscall(SYS_sendmmsg, pair[0], messages, COUNT, 0));
    receive("two", pair[1], COUNT, MSG_DONTWAIT, NULL);
    messages[0].msg_hdr.msg_iovlen = 2000;
    show("an error at once", syscall(SYS_sendmmsg, pair[0], messages, 1, 0));
    show("from nowhere", syscall(SYS_sendmmsg, pair[0], 8, 1, 0));
    show("MSG_CMSG_COMPAT", send_some(pair[0], 1, (int)0x80000000));
    close(pair[1]);
    show_all("the peer is gone", send_some(pair[0], 3, MSG_NOSIGNAL));
    close(pair[0]);
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    show_all("a stream", send_some(pair[0], 3, 0));
    receive("a stream", pair[1], 2, MSG_DONTWAIT, NULL);
    close(pair[0]);
    receive("its end", pair[1], 2, 0, NULL);
    close(pair[1]);
    return 0;
}
