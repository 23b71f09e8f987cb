/* SPDX-License-Identifier: Apache-2.0 */
/* sock_nowait.c - preadv2 and pwritev2 of sockets with RWF_NOWAIT: what would wait gives EAGAIN. */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "show.h"

enum { NOWAIT = 8 }; /* linux/fs.h */

static long at_once(long number, int fd, char *bytes, size_t size, long pos)
{
    struct iovec vector = {bytes, size};

    return syscall(number, fd, &vector, 1L, pos, pos >> 31 >> 1, (long)NOWAIT);
}

static void pair_of(const char *what, int type)
{
    static char bytes[65536];
    int pair[2], full = 0;

    printf("%s\n", what);
    socketpair(AF_UNIX, type, 0, pair);
    show("nothing", at_once(SYS_preadv2, pair[0], bytes, 8, -1));
    show("write", at_once(SYS_pwritev2, pair[1], "some", 4, -1));
    show("read", at_once(SYS_preadv2, pair[0], bytes, 8, -1));
    show("at a place", at_once(SYS_preadv2, pair[0], bytes, 8, 0));
    show("at a place", at_once(SYS_pwritev2, pair[0], bytes, 8, 0));
    while (full < 1000 && at_once(SYS_pwritev2, pair[1], bytes, 1000, -1) > 0) /* a stream may take a part */
        full++;
    show_bool("full in the end", full > 0 && full < 1000 && errno == EAGAIN);
    show_bool("still one that waits", (fcntl(pair[1], F_GETFL) & O_NONBLOCK) == 0);
    close(pair[0]);
    show("the end", type == SOCK_DGRAM ? 0 : at_once(SYS_preadv2, pair[1], bytes, 8, -1));
    close(pair[1]);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);
    int udp = socket(AF_INET, SOCK_DGRAM, 0), listener = socket(AF_INET, SOCK_STREAM, 0), client, accepted;
    char bytes[8];

    enter(argc, argv);
    pair_of("stream", SOCK_STREAM);
    pair_of("datagram", SOCK_DGRAM);
    pair_of("sequenced packets", SOCK_SEQPACKET);
    show("udp", at_once(SYS_preadv2, udp, bytes, 8, -1));
    bind(listener, (struct sockaddr *)&address, sizeof(address));
    getsockname(listener, (struct sockaddr *)&address, &size);
    listen(listener, 1);
    client = socket(AF_INET, SOCK_STREAM, 0);
    show("connect", connect(client, (struct sockaddr *)&address, size));
    accepted = accept(listener, NULL, NULL);
    show("tcp", at_once(SYS_preadv2, accepted, bytes, 8, -1));
    show("write", at_once(SYS_pwritev2, client, "bytes", 5, -1));
    show("read", recv(accepted, bytes, 8, MSG_PEEK)); /* it has come */
    show("read", at_once(SYS_preadv2, accepted, bytes, 8, -1));
    return 0;
}
