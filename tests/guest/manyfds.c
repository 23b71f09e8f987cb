/* SPDX-License-Identifier: Apache-2.0 */
/* manyfds.c - thousands of descriptors: the lowest free one, poll and select over them, close_range, flags. */
#define _GNU_SOURCE
#include <poll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/syscall.h>

#include "show.h"

#define COUNT 19000
#define CLOEXEC_RANGE 4u
#define UNSHARE_RANGE 2u

static long close_range_call(unsigned first, unsigned last, unsigned flags)
{
    return syscall(SYS_close_range, first, last, flags);
}

static int count_open(int from, int to)
{
    int count = 0;

    for (int fd = from; fd < to; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static int count_cloexec(int from, int to)
{
    int count = 0;

    for (int fd = from; fd < to; fd++)
        count += fcntl(fd, F_GETFD) == FD_CLOEXEC;
    return count;
}

static void fill(int fd)
{
    int last = -1;

    for (int i = 0; i < COUNT; i++) {
        int next = dup(fd);
        if (next != (i == 0 ? 4 : last + 1))
            printf("after %d came %d\n", last, next);
        last = next;
    }
    printf("the last is %d\n", last);
    close(17000);
    close(9000);
    close(300);
    show("the lowest", dup(fd));
    show("the next", dup(fd));
    show("from above", fcntl(fd, F_DUPFD, 18000));
    show("the one left", fcntl(fd, F_DUPFD, 10000));
    show("beyond all", dup(fd));
    show("far beyond", dup2(fd, 19900));
    close(19900);
}

static void wait_on_them(void)
{
    static struct pollfd set[COUNT];
    static unsigned long bits[3][20000 / 8 / sizeof(long) + 1];
    struct timeval now = {0, 0};

    for (int i = 0; i < COUNT; i++)
        set[i] = (struct pollfd){i + 3, POLLIN, 0};
    show("poll", poll(set, COUNT, -1));
    show_bool("the last of them", set[COUNT - 1].revents == POLLIN);
    for (int n = 3; n < COUNT; n++)
        bits[0][n / 8 / (int)sizeof(long)] |= 1ul << (n % (8 * (int)sizeof(long)));
    show("select", select(COUNT, (fd_set *)bits[0], NULL, NULL, &now));
    show_bool("the last of them", bits[0][18999 / 8 / sizeof(long)] >> (18999 % (8 * sizeof(long))) & 1);
}

static void ranges(void)
{
    show("flag of a range", close_range_call(1000, 1999, CLOEXEC_RANGE));
    printf("%d have it\n", count_cloexec(3, 20000));
    show("unshared and flag", close_range_call(1990, 2009, CLOEXEC_RANGE | UNSHARE_RANGE));
    printf("%d have it\n", count_cloexec(3, 20000));
    show("close a range", close_range_call(500, 15999, 0));
    printf("%d are open\n", count_open(3, 20000));
    show("the wrong way", close_range_call(20, 10, 0));
    show("unknown flag", close_range_call(20, 30, 8));
    show("nothing there", close_range_call(500, 600, 0));
    show("the lowest", dup(3));
    printf("%d have the flag\n", count_cloexec(3, 20000));
    show("unshared and close", close_range_call(16500, 16600, UNSHARE_RANGE));
    printf("%d are open\n", count_open(3, 20000));
    show("to the end", close_range_call(4, ~0u, 0));
    printf("%d are open\n", count_open(3, 20000));
    show("the lowest", dup(3));
}

int main(int argc, char **argv)
{
    struct rlimit limit;

    enter(argc, argv);
    close_range_call(3, ~0u, 0); /* whatever the caller left open */
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 20000;
    show("RLIMIT_NOFILE", setrlimit(RLIMIT_NOFILE, &limit));
    int fd = open("f", O_CREAT | O_RDWR | O_TRUNC, 0644);
    show("open", fd);
    fill(fd);
    wait_on_them();
    ranges();
    unlink("f");
    return 0;
}
