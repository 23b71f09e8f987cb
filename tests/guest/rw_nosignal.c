/* SPDX-License-Identifier: Apache-2.0 */
/* rw_nosignal.c - pwritev2(2) with RWF_NOSIGNAL: nobody reads, and there is no SIGPIPE. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "show.h"

enum { NOSIGNAL = 0x100 }; /* linux/fs.h */

static volatile sig_atomic_t came;

static void on_pipe(int signal)
{
    (void)signal;
    came++;
}

static void transfer(const char *what, long number, int fd, long flags)
{
    char byte = 'x';
    struct iovec vector = {&byte, 1};

    came = 0;
    show(what, syscall(number, fd, &vector, 1L, -1L, -1L, flags));
    printf("  signals: %d\n", (int)came);
}

static void pair_of(const char *what, int type)
{
    int pair[2];

    if (type == 0 ? pipe(pair) : socketpair(AF_UNIX, type, 0, pair))
        return;
    printf("%s\n", what);
    transfer("write", SYS_pwritev2, pair[1], NOSIGNAL);
    transfer("read", SYS_preadv2, pair[0], NOSIGNAL);
    close(pair[0]);
    transfer("without a reader", SYS_pwritev2, pair[1], 0);
    transfer("without a signal", SYS_pwritev2, pair[1], NOSIGNAL);
    transfer("the next", SYS_pwritev2, pair[1], 0);
    close(pair[1]);
}

int main(int argc, char **argv)
{
    struct sigaction pipes = {.sa_handler = on_pipe};

    enter(argc, argv);
    sigaction(SIGPIPE, &pipes, NULL);
    pair_of("pipe", 0);
    pair_of("stream", SOCK_STREAM);
    pair_of("datagrams", SOCK_DGRAM);
    pair_of("sequenced packets", SOCK_SEQPACKET);
    int fd = open("rw_nosignal", O_CREAT | O_RDWR, 0600);
    transfer("file", SYS_pwritev2, fd, NOSIGNAL);
    transfer("what is more", SYS_pwritev2, fd, 0x200);
    close(fd);
    unlink("rw_nosignal");
    return 0;
}
