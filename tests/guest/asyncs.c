/* SPDX-License-Identifier: Apache-2.0 */
/* asyncs.c - signal-driven I/O: which files know O_ASYNC, and what their owners are told when. */
#define _GNU_SOURCE
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>

#include "asyncs.h"
#include "pty.h"

/* ---- which files ---- */

static void try_file(const char *what, int fd)
{
    int on = 1, off = 0, flags = fcntl(fd, F_GETFL), error;

    if (fd < 0) {
        printf("%s: %s\n", what, error_name(errno));
        return;
    }
    error = fcntl(fd, F_SETFL, flags | O_ASYNC | O_NONBLOCK);
    printf("%s: %d %o", what, error, fcntl(fd, F_GETFL) & (O_ASYNC | O_NONBLOCK));
    error = fcntl(fd, F_SETFL, flags);
    printf(", %d %o", error, fcntl(fd, F_GETFL) & (O_ASYNC | O_NONBLOCK));
    error = ioctl(fd, FIOASYNC, &on);
    printf(", %s %o", error == 0 ? "0" : error_name(errno), fcntl(fd, F_GETFL) & O_ASYNC);
    error = ioctl(fd, FIOASYNC, &off);
    printf(", %s %o", error == 0 ? "0" : error_name(errno), fcntl(fd, F_GETFL) & O_ASYNC);
    error = ioctl(fd, FIOASYNC, 8);
    printf(", %s\n", error == 0 ? "0" : error_name(errno));
    close(fd);
}

static void which_files(void)
{
    int ends[2], master;
    sigset_t none;

    sigemptyset(&none);
    if (pipe(ends) != 0)
        return;
    try_file("pipe to read", ends[0]);
    try_file("pipe to write", ends[1]);
    unlink(FIFO);
    mkfifo(FIFO, 0600);
    try_file("FIFO", open(FIFO, O_RDWR));
    master = pty_master();
    try_file("terminal", pty_slave(master, O_RDWR | O_NOCTTY));
    try_file("master", master);
    try_file("inotify", inotify_init());
    try_file("eventfd", eventfd(0, 0));
    try_file("signalfd", signalfd(-1, &none, 0));
    try_file("timerfd", timerfd_create(CLOCK_MONOTONIC, 0));
    try_file("epoll", epoll_create1(0));
    try_file("memfd", memfd_create("m", 0));
    try_file("file", open("f", O_RDWR | O_CREAT, 0600));
    try_file("directory", open(".", O_RDONLY));
    try_file("/dev/null", open("/dev/null", O_RDWR));
    try_file("/dev/zero", open("/dev/zero", O_RDWR));
    try_file("/dev/random", open("/dev/random", O_RDONLY));
    try_file("/dev/urandom", open("/dev/urandom", O_RDONLY));
    try_file("O_PATH", open("f", O_PATH));
}

/* open(2) keeps the flag, and does nothing for it. */
static void opened_so(void)
{
    int fifo = open(FIFO, O_RDWR | O_ASYNC), file = open("f", O_RDWR | O_ASYNC);

    show_async("FIFO opened with O_ASYNC", fifo);
    show_async("file opened with O_ASYNC", file);
    async("turn it on", fifo, getpid(), 0);
    show("write", write(fifo, "x", 1));
    came("nothing", fifo);
    show("turn it off", fcntl(fifo, F_SETFL, O_RDWR));
    show_async("FIFO", fifo);
    show("turn it off", fcntl(file, F_SETFL, O_RDWR));
    show_async("file", file);
    close(fifo);
    close(file);
}

/* ---- pipes ---- */

/* What a pipe holds at first depends on the size of pages. */
static void fill(int fd)
{
    static char bytes[65536];

    fcntl(fd, F_SETPIPE_SZ, (int)sizeof(bytes));
    show_ok("fill it", write(fd, bytes, sizeof(bytes)) > 0 ? 0 : -1);
}

static void pipe_of(int signal)
{
    static char bytes[65536];
    int ends[2];

    printf("signal %s\n", signal == 0 ? "of none" : name_of(signal));
    if (pipe2(ends, O_NONBLOCK) != 0)
        return;
    async("reader", ends[0], getpid(), signal);
    async("writer", ends[1], getpid(), signal);
    show("write", write(ends[1], "ab", 2));
    came("written", ends[0]);
    show("write more", write(ends[1], "ab", 2));
    came("written more", ends[0]);
    show("write nothing", write(ends[1], "ab", 0));
    came("nothing written", ends[0]);
    show("read", read(ends[0], bytes, 1));
    came("read", ends[1]);
    show("read all", read(ends[0], bytes, 10));
    came("read all", ends[1]);
    show("read none", read(ends[0], bytes, 10));
    came("read none", ends[1]);
    fill(ends[1]);
    came("filled", ends[0]);
    show("write to a full one", write(ends[1], "x", 1));
    came("was full", ends[0]);
    show_ok("read a part", read(ends[0], bytes, sizeof(bytes)));
    came("room", ends[1]);
    show("turn the reader off", fcntl(ends[0], F_SETFL, O_NONBLOCK));
    show("write", write(ends[1], "ab", 2));
    came("nobody is told", ends[0]);
    show("turn it on", fcntl(ends[0], F_SETFL, O_NONBLOCK | O_ASYNC));
    close(ends[1]);
    came("no writer", ends[0]);
    close(ends[0]);
    came("none at all", ends[0]);
}

static void pipe_reader_goes(void)
{
    int ends[2];

    if (pipe2(ends, O_NONBLOCK) != 0)
        return;
    async("writer", ends[1], getpid(), QUEUED);
    close(ends[0]);
    came("no reader", ends[1]);
    show("write", write(ends[1], "x", 1));
    came("SIGPIPE is ignored", ends[1]);
    close(ends[1]);
}

static void splicing(void)
{
    int in[2], out[2];

    if (pipe2(in, O_NONBLOCK) != 0 || pipe2(out, O_NONBLOCK) != 0)
        return;
    show("write", write(in[1], "abcd", 4));
    async("reader of the second", out[0], getpid(), QUEUED);
    async("writer of the first", in[1], getpid(), SIGUSR1);
    show("tee", tee(in[0], out[1], 10, 0));
    came("tee", out[0]);
    show("splice a part", splice(in[0], NULL, out[1], NULL, 2, 0));
    came("a part", out[0]);
    show("splice", splice(in[0], NULL, out[1], NULL, 10, 0));
    came("a buffer", out[0]);
    show("vmsplice", vmsplice(out[1], &(struct iovec){"ab", 2}, 1, 0));
    came("vmsplice", out[0]);
    int file = open("spliced", O_RDWR | O_CREAT | O_TRUNC, 0600);
    show("splice nothing from a file", splice(file, NULL, out[1], NULL, 10, 0));
    came("nothing", out[0]);
    show("write", write(file, "x", 1));
    show("splice from a file", splice(file, &(off_t){0}, out[1], NULL, 10, 0));
    came("from a file", out[0]);
    show("write", write(in[1], "abcd", 4));
    came("no reader has asked", in[1]);
    show("splice to a file", splice(in[0], NULL, file, &(off_t){0}, 10, 0));
    came("to a file", in[1]);
    for (int i = 0; i < 2; i++)
        close(in[i]), close(out[i]);
    close(file);
}

/* A FIFO that is open for both is told of both; a descriptor's number is the one that it was turned on by. */
static void fifos(void)
{
    int fd = open(FIFO, O_RDWR | O_NONBLOCK), other = dup(fd);
    char byte;

    async("FIFO", fd, getpid(), QUEUED);
    show_async("the other descriptor", other);
    show("write", write(other, "x", 1));
    came("written", fd);
    show("read", read(other, &byte, 1));
    came("read", fd);
    show("again by the other", fcntl(other, F_SETFL, O_ASYNC | O_NONBLOCK));
    close(fd);
    show("write", write(other, "x", 1));
    came("still told", fd);
    show("off", ioctl(other, FIOASYNC, &(int){0}));
    show("on", ioctl(other, FIOASYNC, &(int){1}));
    show("write", write(other, "x", 1));
    came("of the other", other);
    close(other);
    fd = open(FIFO, O_RDWR | O_NONBLOCK);
    show("write", write(fd, "x", 1));
    came("it is closed", fd);
    close(fd);
}

/* Several files: the last that asked is told first. */
static void several(void)
{
    int first = open(FIFO, O_RDONLY | O_NONBLOCK), second = open(FIFO, O_RDWR | O_NONBLOCK);

    async("first", first, getpid(), QUEUED);
    async("second", second, getpid(), QUEUED);
    show("write", write(second, "x", 1));
    came("both", second);
    close(second);
    came("no writer", first);
    close(first);
}

static void sharing(void)
{
    int ends[2];
    pid_t child;

    if (pipe(ends) != 0)
        return;
    async("reader", ends[0], getpid(), QUEUED);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        close(ends[0]);
        _exit(write(ends[1], "x", 1) == 1 ? 0 : 1);
    }
    waitpid(child, NULL, 0);
    came("of a child's write", ends[0]);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        came("nothing is inherited", ends[0]);
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    close(ends[1]);
    came("the file is still the child's parent's", ends[0]);
    close(ends[0]);
}

/* ---- terminals, inotify, leases ---- */

static void terminals(void)
{
    int master = pty_master(), slave = pty_slave(master, O_RDWR | O_NOCTTY | O_NONBLOCK), other;
    static char bytes[65536];

    show("on", fcntl(slave, F_SETFL, fcntl(slave, F_GETFL) | O_ASYNC));
    show_owner("owner of a terminal", slave);
    show("signal", fcntl(slave, F_SETSIG, QUEUED));
    show("type", write(master, "a", 1));
    show("type a line", write(master, "b\n", 2));
    comes("a line", slave);
    show_read("read", slave, 100);
    show("type", write(master, "a\n", 2));
    comes("another line", slave);
    pty_raw(slave);
    show_read("read", slave, 100);
    show("type", write(master, "x", 1));
    comes("a byte", slave);
    show_read("read", slave, 100);
    tcflush(master, TCIFLUSH);
    show("master on", fcntl(master, F_SETFL, fcntl(master, F_GETFL) | O_ASYNC | O_NONBLOCK));
    show_owner("owner of a master", master);
    show("signal", fcntl(master, F_SETSIG, QUEUED));
    show("show", write(slave, "shown", 5));
    comes("shown", master);
    while (read(master, bytes, sizeof(bytes)) > 0)
        ;
    show("master off", fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK));
    while (write(slave, bytes, sizeof(bytes)) > 0)
        ;
    came("nobody", slave);
    while (read(master, bytes, sizeof(bytes)) > 0)
        ;
    comes("room", slave);
    other = pty_slave(master, O_RDWR | O_NOCTTY);
    close(other);
    came("one of two is closed", slave);
    close(master);
    came("hung up", slave);
    show_async("after that", slave);
    show("off", fcntl(slave, F_SETFL, O_RDWR));
    show("on", fcntl(slave, F_SETFL, O_RDWR | O_ASYNC));
    show("FIOASYNC", ioctl(slave, FIOASYNC, &(int){1}));
    show("FIOASYNC off", ioctl(slave, FIOASYNC, &(int){0}));
    close(slave);
}

/* In a session of its own the group in the foreground is told. */
static void controlled(void)
{
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        int master = pty_master(), slave;

        setsid();
        slave = pty_slave(master, O_RDWR);
        show("on", fcntl(slave, F_SETFL, O_RDWR | O_ASYNC));
        show_owner("owner of a controlling terminal", slave);
        show("group", fcntl(slave, F_GETOWN) == -getpid());
        show("set", fcntl(slave, F_SETOWN, getpid()));
        show("off", fcntl(slave, F_SETFL, O_RDWR));
        show("on", fcntl(slave, F_SETFL, O_RDWR | O_ASYNC));
        show_owner("it stays", slave);
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

static void watches(void)
{
    int fd = inotify_init1(IN_NONBLOCK), file;

    async("inotify", fd, getpid(), QUEUED);
    show("watch", inotify_add_watch(fd, "f", IN_MODIFY | IN_CLOSE));
    file = open("f", O_RDWR);
    show("write", write(file, "x", 1));
    came("an event", fd);
    show("write", write(file, "x", 1));
    came("the same one", fd);
    close(file);
    came("another", fd);
    close(fd);
}

static void leases(void)
{
    int fd = open("leased", O_RDWR | O_CREAT, 0600);

    show("signal", fcntl(fd, F_SETSIG, QUEUED));
    show("lease", fcntl(fd, F_SETLEASE, F_WRLCK));
    show_owner("owner", fd);
    show("open", open("leased", O_RDONLY | O_NONBLOCK));
    came("a lease breaks", fd);
    show("give up", fcntl(fd, F_SETLEASE, F_UNLCK));
    show_owner("owner", fd);
    show("F_GETSIG", fcntl(fd, F_GETSIG));
    show("lease", fcntl(fd, F_SETLEASE, F_WRLCK));
    show("open", open("leased", O_RDONLY | O_NONBLOCK));
    came("without F_SETSIG", fd);
    show("F_SETOWN", fcntl(fd, F_SETOWN, 0));
    show("give up", fcntl(fd, F_SETLEASE, F_UNLCK));
    show("off", fcntl(fd, F_SETFL, O_RDWR | O_ASYNC));
    show_async("a file with a lease", fd);
    close(fd);
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    signals_block();
    which_files();
    opened_so();
    pipe_of(0);
    pipe_of(QUEUED);
    pipe_of(SIGUSR1);
    pipe_reader_goes();
    splicing();
    fifos();
    several();
    sharing();
    terminals();
    controlled();
    watches();
    leases();
    unlink(FIFO);
    return 0;
}
