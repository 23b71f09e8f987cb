/* SPDX-License-Identifier: Apache-2.0 */
/* pipes.c - pipe(7): sizes, atomic writes, packets, the end, SIGPIPE, what poll says; with processes at both ends. */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "meanwhile.h"
#include "show.h"

static char block[1 << 20];
static int ends[2];

static void make(int flags)
{
    if (pipe2(ends, flags) != 0)
        show("pipe2", -1);
}

static void close_both(void)
{
    close(ends[0]);
    close(ends[1]);
}

static void show_poll(const char *what, int fd)
{
    struct pollfd entry = {.fd = fd, .events = POLLIN | POLLOUT | POLLPRI | POLLRDNORM | POLLWRNORM};
    int count = poll(&entry, 1, 0);

    printf("%s: %d:%s%s%s%s%s%s%s%s\n", what, count, entry.revents & POLLIN ? " IN" : "",
           entry.revents & POLLOUT ? " OUT" : "", entry.revents & POLLPRI ? " PRI" : "",
           entry.revents & POLLERR ? " ERR" : "", entry.revents & POLLHUP ? " HUP" : "",
           entry.revents & POLLNVAL ? " NVAL" : "", entry.revents & POLLRDNORM ? " RDNORM" : "",
           entry.revents & POLLWRNORM ? " WRNORM" : "");
}

static void show_waiting(const char *what)
{
    int bytes = -1;

    ioctl(ends[0], FIONREAD, &bytes);
    show(what, bytes);
}

static void flags(void)
{
    struct stat stat;
    int *volatile nowhere = (int *)8;

    show("a bad flag", pipe2(ends, O_APPEND));
    show("a bad address", pipe(nowhere));
    make(0);
    printf("the second is the next: %d\n", ends[1] > ends[0]);
    show("read end", fcntl(ends[0], F_GETFL));
    show("write end", fcntl(ends[1], F_GETFL));
    show("close on exec", fcntl(ends[0], F_GETFD));
    show("fstat", fstat(ends[0], &stat));
    printf("%o %ld %ld %ld %d %d\n", stat.st_mode, (long)stat.st_size, (long)stat.st_blocks, (long)stat.st_nlink,
           (int)stat.st_uid, (int)stat.st_gid);
    show("lseek", lseek(ends[0], 0, SEEK_CUR));
    show("pread", pread(ends[0], block, 1, 0));
    show("pwrite", pwrite(ends[1], block, 1, 0));
    show("read of the write end", read(ends[1], block, 1));
    show("write to the read end", write(ends[0], block, 1));
    show("read of nothing", read(ends[0], block, 0));
    show("write of nothing", write(ends[1], block, 0));
    show("ftruncate", ftruncate(ends[1], 0));
    show("fsync", fsync(ends[1]));
    show("an unknown ioctl", ioctl(ends[0], 0x5413, block));
    close_both();
    make(O_CLOEXEC | O_NONBLOCK);
    show("close on exec", fcntl(ends[1], F_GETFD));
    show_bool("O_NONBLOCK", fcntl(ends[1], F_GETFL) & O_NONBLOCK);
    show("empty", read(ends[0], block, 1));
    close_both();
}

static void events(void)
{
    make(O_NONBLOCK);
    show_poll("read end, empty", ends[0]);
    show_poll("write end, empty", ends[1]);
    write(ends[1], "x", 1);
    show_poll("read end, a byte", ends[0]);
    while (write(ends[1], block, 4096) > 0)
        ;
    show_poll("write end, full", ends[1]);
    read(ends[0], block, (size_t)page_size());
    show_poll("write end, a page less", ends[1]);
    close(ends[1]);
    show_poll("read end, no writer, data", ends[0]);
    while (read(ends[0], block, sizeof(block)) > 0)
        ;
    show_poll("read end, no writer", ends[0]);
    show("read", read(ends[0], block, 1));
    close(ends[0]);
    make(O_NONBLOCK);
    close(ends[0]);
    show_poll("write end, no reader", ends[1]);
    close(ends[1]);
}

/* All in pages, whose size may be another than the oracle's. */
static void sizes(void)
{
    long page = page_size(), n = 0;

    make(O_NONBLOCK);
    show("pages at first", fcntl(ends[0], F_GETPIPE_SZ) / page);
    while (write(ends[1], block, page) == page)
        n++;
    show("pages that fit", n);
    show("none more", write(ends[1], block, 1));
    show("fewer pages than are used", fcntl(ends[1], F_SETPIPE_SZ, 8 * page));
    show("twice as many", fcntl(ends[1], F_SETPIPE_SZ, 32 * page) / page);
    show("part of what is written", write(ends[1], block, 20 * page) / page);
    show("what is there", read(ends[0], block, 64 * page) / page);
    show("one byte", fcntl(ends[1], F_SETPIPE_SZ, 1) / page);
    show("one page and a byte", fcntl(ends[1], F_SETPIPE_SZ, page + 1) / page);
    show("of no bytes", fcntl(ends[1], F_SETPIPE_SZ, 0) / page);
    show("too much", fcntl(ends[1], F_SETPIPE_SZ, 0x80000001u));
    show("of no pipe", fcntl(open(".", O_RDONLY), F_GETPIPE_SZ));
    show("FIONREAD", ioctl(ends[0], FIONREAD, (int *)8));
    show("bytes in small pieces", write(ends[1], block, 10) + write(ends[1], block, 20));
    show_waiting("are there");
    show("the whole pipe is one page", write(ends[1], block, page));
    show("its rest", write(ends[1], block, page - 30) - page);
    close_both();
}

/* A write of at most PIPE_BUF bytes comes whole or not at all; a larger one may come in part. */
static void parts(void)
{
    long page = page_size(), n = 0;

    make(O_NONBLOCK);
    for (; write(ends[1], block, 4096) == 4096; n += 4096)
        ;
    show_bool("full", n == 16 * page);
    show("read a little", read(ends[0], block, 100));
    show("no room for a page", write(ends[1], block, 4096));
    show("nor for a byte", write(ends[1], block, 1));
    show("read the page's rest", read(ends[0], block, page - 100) - page);
    show("room for a page", write(ends[1], block, 3 * page) / page);
    close_both();
}

/* Without waiting, for one call (RWF_NOWAIT). */
static long at_once(long call, int fd, long position)
{
    struct iovec vector = {block, 10};

    return syscall(call, fd, &vector, 1, position, 0, 8);
}

static void nowait(void)
{
    int counter = eventfd(0, 0);

    make(0);
    show("nothing", at_once(SYS_preadv2, ends[0], -1));
    show("write", at_once(SYS_pwritev2, ends[1], -1));
    show("read", at_once(SYS_preadv2, ends[0], -1));
    show("at a place", at_once(SYS_preadv2, ends[0], 0));
    show("counter", at_once(SYS_preadv2, counter, -1));
    close(counter);
    close_both();
}

static void packets(void)
{
    make(O_DIRECT | O_NONBLOCK);
    show_bool("O_DIRECT", fcntl(ends[1], F_GETFL) & O_DIRECT);
    show_bool("O_DIRECT of the read end", fcntl(ends[0], F_GETFL) & O_DIRECT);
    show("three packets", write(ends[1], "one", 3) + write(ends[1], "three", 5) + write(ends[1], "two", 3));
    show_waiting("bytes");
    show("the first", read(ends[0], block, 100));
    show("the second in part", read(ends[0], block, 2));
    show("the third", read(ends[0], block, 100));
    show("none", read(ends[0], block, 100));
    show("a stream again", fcntl(ends[1], F_SETFL, O_NONBLOCK));
    show("two pieces", write(ends[1], "one", 3) + write(ends[1], "two", 3));
    show("together", read(ends[0], block, 100));
    close_both();
}

static void bad_buffers(void)
{
    make(O_NONBLOCK);
    show("write from nowhere", write(ends[1], (void *)8, 10));
    show("is there nothing", read(ends[0], block, 10));
    write(ends[1], "abcdef", 6);
    show("read to nowhere", read(ends[0], (void *)8, 10));
    show("it is still there", read(ends[0], block, 10));
    close_both();
}

static volatile sig_atomic_t signals;

static void count(int signal)
{
    (void)signal;
    signals++;
}

static void broken(void)
{
    struct sigaction action = {.sa_handler = count};
    int status;

    make(0);
    close(ends[0]);
    sigaction(SIGPIPE, &action, NULL);
    show("no reader", write(ends[1], "x", 1));
    show("nothing to nobody", write(ends[1], "x", 0));
    show("signals", signals);
    signal(SIGPIPE, SIG_DFL);
    if (fork() == 0) {
        write(ends[1], "x", 1);
        _exit(1);
    }
    wait(&status);
    show("the signal ends a process", WIFSIGNALED(status) ? WTERMSIG(status) : -2);
    close(ends[1]);
}

/* A writer that waits for room gets what it had written when the reader goes. */
static void reader_goes(void)
{
    char ready;
    int back[2];

    make(0);
    pipe(back);
    signal(SIGPIPE, SIG_IGN);
    if (fork() == 0) {
        close(ends[1]);
        read(ends[0], &ready, 1);
        _exit(0);
    }
    close(ends[0]);
    show("a part of a long write", write(ends[1], block, sizeof(block)) / page_size());
    show("then", write(ends[1], block, sizeof(block)));
    wait(NULL);
    close(ends[1]);
    close(back[0]);
    close(back[1]);
}

static void write_late(int signal)
{
    (void)signal;
    if (signals++ == 0)
        write(ends[1], "late", 4);
}

static void interrupted(void)
{
    struct sigaction action = {.sa_handler = count}, again = {.sa_handler = write_late, .sa_flags = SA_RESTART};

    make(0);
    signals = 0;
    sigaction(SIGALRM, &action, NULL);
    alarms_begin();
    show("read", read(ends[0], block, 10));
    alarms_end();
    show_bool("a signal has come", signals > 0);
    signals = 0;
    sigaction(SIGALRM, &again, NULL);
    alarms_begin();
    show("read, made again", read(ends[0], block, 10));
    alarms_end();
    show_bool("a signal has come", signals > 0);
    signals = 0;
    sigaction(SIGALRM, &action, NULL);
    alarms_begin();
    show("write, in part", write(ends[1], block, sizeof(block)) / page_size());
    show("write", write(ends[1], block, sizeof(block)));
    alarms_end();
    show_bool("signals have come", signals > 0);
    close_both();
}

/* Pieces of several writers don't mix, and none is lost: each is all of one letter. */
static void writers(void)
{
    int count[4] = {0}, mixed = 0;
    long got;

    make(0);
    for (int i = 0; i < 4; i++) {
        if (fork() == 0) {
            memset(block, 'a' + i, 4096);
            for (int k = 0; k < 50; k++)
                write(ends[1], block, i == 0 ? 4096 : 512 << (i - 1));
            _exit(0);
        }
    }
    close(ends[1]);
    while ((got = read(ends[0], block, 512)) > 0) {
        for (long at = 1; at < got; at++)
            mixed += block[at] != block[0];
        count[block[0] - 'a'] += (int)got;
    }
    for (int i = 0; i < 4; i++) {
        show("bytes", count[i]);
        wait(NULL);
    }
    show("mixed", mixed);
    close(ends[0]);
}

/* Several readers share what comes; each byte goes to one. */
static void readers(void)
{
    int back[2], sum = 0, part;

    make(0);
    pipe(back);
    for (int i = 0; i < 3; i++) {
        if (fork() == 0) {
            char byte;

            close(ends[1]);
            for (part = 0; read(ends[0], &byte, 1) == 1; part += byte)
                ;
            write(back[1], &part, sizeof(part));
            _exit(0);
        }
    }
    close(ends[0]);
    for (int i = 0; i < 300; i++) {
        char byte = (char)(i % 100);

        write(ends[1], &byte, 1);
    }
    close(ends[1]);
    for (int i = 0; i < 3; i++) {
        read(back[0], &part, sizeof(part));
        sum += part;
        wait(NULL);
    }
    show("sum", sum);
    close(back[0]);
    close(back[1]);
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    flags();
    events();
    sizes();
    parts();
    nowait();
    packets();
    bad_buffers();
    broken();
    reader_goes();
    interrupted();
    writers();
    readers();
    return 0;
}
