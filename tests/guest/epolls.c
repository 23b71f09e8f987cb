/* SPDX-License-Identifier: Apache-2.0 */
/* epolls.c - epoll: its errors, level and edge, one shot, exclusive, nested ones, and files that are closed meanwhile.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "show.h"

static int new_epoll(void)
{
    return epoll_create1(EPOLL_CLOEXEC);
}

static int control(int epoll, int operation, int fd, uint32_t events, uint64_t data)
{
    struct epoll_event event = {.events = events, .data.u64 = data};

    return epoll_ctl(epoll, operation, fd, &event);
}

static int add(int epoll, int fd, uint32_t events, uint64_t data)
{
    return control(epoll, EPOLL_CTL_ADD, fd, events, data);
}

/* What is ready, without waiting. */
static void ready(const char *what, int epoll)
{
    struct epoll_event event[8];
    int count = epoll_wait(epoll, event, 8, 0);

    show(what, count);
    for (int i = 0; i < count; i++)
        printf("  %#x of %d\n", event[i].events, (int)event[i].data.u64);
}

static void signal_event(int fd)
{
    uint64_t one = 1;

    if (write(fd, &one, sizeof(one)) != sizeof(one))
        printf("eventfd: %s\n", strerror(errno));
}

static void take_event(int fd)
{
    uint64_t value;

    if (read(fd, &value, sizeof(value)) != sizeof(value))
        printf("eventfd: %s\n", strerror(errno));
}

static void errors(const char *path)
{
    int epoll = new_epoll(), event = eventfd(0, EFD_NONBLOCK), file = open(path, O_RDWR | O_CREAT, 0600);
    struct epoll_event out;

    show("epoll_create1 with a bad flag", epoll_create1(1));
    show("add a regular file", add(epoll, file, EPOLLIN, 1));
    show("add itself", add(epoll, epoll, EPOLLIN, 1));
    show("add to what is none", add(event, epoll, EPOLLIN, 1));
    show("add a bad descriptor", add(epoll, 99, EPOLLIN, 1));
    show("add to a bad descriptor", add(99, event, EPOLLIN, 1));
    show("a bad operation", control(epoll, 9, event, EPOLLIN, 1));
    show("change what isn't there", control(epoll, EPOLL_CTL_MOD, event, EPOLLIN, 1));
    show("delete what isn't there", control(epoll, EPOLL_CTL_DEL, event, 0, 0));
    show("a bad address", epoll_ctl(epoll, EPOLL_CTL_ADD, event, NULL));
    show("add", add(epoll, event, EPOLLIN, 1));
    show("add again", add(epoll, event, EPOLLIN, 1));
    show("exclusive, changed", control(epoll, EPOLL_CTL_MOD, event, EPOLLIN | EPOLLEXCLUSIVE, 1));
    show("delete without an event", epoll_ctl(epoll, EPOLL_CTL_DEL, event, NULL));
    show("exclusive and one shot", add(epoll, event, EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT, 1));
    show("exclusive", add(epoll, event, EPOLLIN | EPOLLEXCLUSIVE, 1));
    show("change an exclusive one", control(epoll, EPOLL_CTL_MOD, event, EPOLLIN, 1));
    show("wait for none", epoll_wait(epoll, &out, 0, 0));
    show("wait for -1", epoll_wait(epoll, &out, -1, 0));
    show("wait for too many", epoll_wait(epoll, &out, 0x7fffffff, 0));
    show("wait on what is none", epoll_wait(event, &out, 1, 0));
    show("wait on nothing", epoll_wait(99, &out, 1, 0));
    signal_event(event);
    show("wait at a bad address", epoll_wait(epoll, (struct epoll_event *)8, 1, 0));
    ready("it is still there", epoll);
    show("read an epoll", read(epoll, &out, 1));
    show("write an epoll", write(epoll, &out, 1));
    close(epoll);
    close(event);
    close(file);
}

static void levels(void)
{
    int epoll = new_epoll(), event = eventfd(0, EFD_NONBLOCK), copy = dup(event);

    show("level", add(epoll, event, EPOLLIN, 1));
    ready("nothing", epoll);
    signal_event(event);
    ready("there", epoll);
    ready("still there", epoll);
    take_event(event);
    ready("taken", epoll);
    show("for output", control(epoll, EPOLL_CTL_MOD, event, EPOLLIN | EPOLLOUT, 2));
    ready("output", epoll);
    show("edge", control(epoll, EPOLL_CTL_MOD, event, EPOLLIN | EPOLLET, 3));
    signal_event(event);
    ready("there", epoll);
    ready("was told", epoll);
    signal_event(event);
    ready("once more", epoll);
    show("a change tells again", control(epoll, EPOLL_CTL_MOD, event, EPOLLIN | EPOLLET, 4));
    ready("changed", epoll);
    ready("was told", epoll);
    show("one shot", control(epoll, EPOLL_CTL_MOD, event, EPOLLIN | EPOLLONESHOT, 5));
    ready("shot", epoll);
    signal_event(event);
    ready("no more", epoll);
    show("armed again", control(epoll, EPOLL_CTL_MOD, event, EPOLLIN | EPOLLONESHOT, 6));
    ready("shot", epoll);
    show("the same file by another descriptor", add(epoll, copy, EPOLLIN, 7));
    ready("by the other", epoll);
    show("delete the first", control(epoll, EPOLL_CTL_DEL, event, 0, 0));
    close(copy);
    ready("closed, but the file is there", epoll);
    show("by a descriptor that is closed", control(epoll, EPOLL_CTL_DEL, copy, 0, 0));
    close(event);
    ready("the file is gone", epoll);
    close(epoll);
}

static void pipes(void)
{
    int epoll = new_epoll(), ends[2];
    char byte;

    show("pipe", pipe2(ends, O_NONBLOCK));
    show("reader", add(epoll, ends[0], EPOLLIN | EPOLLRDHUP, 1));
    show("writer", add(epoll, ends[1], EPOLLOUT, 2));
    ready("empty", epoll);
    show("write", write(ends[1], "xy", 2));
    ready("both", epoll);
    show("read", read(ends[0], &byte, 1));
    ready("both still", epoll);
    close(ends[1]);
    ready("the writer is gone", epoll);
    show("read", read(ends[0], &byte, 1));
    ready("the end", epoll);
    close(ends[0]);
    ready("nothing is left", epoll);
    close(epoll);
}

/* Many are ready: each has its turn. */
static void turns(void)
{
    int epoll = new_epoll(), event[5];
    struct epoll_event out[2];

    for (int i = 0; i < 5; i++) {
        event[i] = eventfd(1, 0);
        add(epoll, event[i], EPOLLIN, (uint64_t)i);
    }
    for (int i = 0; i < 5; i++) {
        int count = epoll_wait(epoll, out, 2, 0);
        printf("turn %d:", i);
        for (int at = 0; at < count; at++)
            printf(" %d", (int)out[at].data.u64);
        printf("\n");
    }
    for (int i = 0; i < 5; i++)
        close(event[i]);
    ready("all closed", epoll);
    close(epoll);
}

static void nested(void)
{
    int epoll[8], event = eventfd(0, 0), other = new_epoll();

    for (int i = 0; i < 8; i++)
        epoll[i] = new_epoll();
    for (int i = 0; i < 6; i++)
        show("one in another", add(epoll[i], epoll[i + 1], EPOLLIN, (uint64_t)i + 1));
    show("a cycle", add(epoll[2], epoll[1], EPOLLIN, 9));
    show("a longer one", add(epoll[4], epoll[0], EPOLLIN, 9));
    show("exclusive", add(epoll[7], epoll[0], EPOLLIN | EPOLLEXCLUSIVE, 9));
    show("an event at the bottom", add(epoll[4], event, EPOLLIN, 100));
    ready("nothing at the top", epoll[0]);
    signal_event(event);
    ready("at the top", epoll[0]);
    ready("still", epoll[0]);
    ready("at the bottom", epoll[4]);
    take_event(event);
    ready("taken", epoll[0]);
    show("by edge", add(other, epoll[4], EPOLLIN | EPOLLET, 50));
    ready("nothing", other);
    signal_event(event);
    ready("once", other);
    ready("was told", other);
    signal_event(event);
    ready("anew", other);
    close(epoll[4]);
    ready("the inner one is gone", other);
    ready("and from the top", epoll[0]);
    for (int i = 0; i < 8; i++)
        if (i != 4)
            close(epoll[i]);
    close(other);
    close(event);
}

/* ---- with others ---- */

static int shared_epoll, shared_event;

static void *waits(void *arg)
{
    struct epoll_event event;
    long count = epoll_wait(shared_epoll, &event, 1, -1);

    if (count == 1)
        take_event(shared_event);
    *(long *)arg = count;
    return NULL;
}

/* Each event wakes one who waits: with a semaphore of three all get one. */
static void threads(void)
{
    pthread_t thread[3];
    long result[3];

    shared_epoll = new_epoll();
    shared_event = eventfd(0, EFD_SEMAPHORE);
    show("add", add(shared_epoll, shared_event, EPOLLIN, 1));
    for (int i = 0; i < 3; i++)
        pthread_create(&thread[i], NULL, waits, &result[i]);
    for (int i = 0; i < 3; i++)
        signal_event(shared_event);
    for (int i = 0; i < 3; i++)
        pthread_join(thread[i], NULL);
    printf("threads got %ld %ld %ld\n", result[0], result[1], result[2]);
    ready("nothing is left", shared_epoll);
    close(shared_epoll);
    close(shared_event);
}

static void *adds_later(void *arg)
{
    (void)arg;
    usleep(20000);
    show("added meanwhile", add(shared_epoll, shared_event, EPOLLIN, 33));
    return NULL;
}

static void added_while_waiting(void)
{
    struct epoll_event event;
    pthread_t thread;

    shared_epoll = new_epoll();
    shared_event = eventfd(1, 0);
    pthread_create(&thread, NULL, adds_later, NULL);
    long count = epoll_wait(shared_epoll, &event, 1, -1);
    pthread_join(thread, NULL);
    show("waited", count);
    printf("  of %d\n", (int)event.data.u64);
    close(shared_epoll);
    close(shared_event);
}

static void *closes_later(void *arg)
{
    (void)arg;
    usleep(20000);
    close(shared_event);
    return NULL;
}

static void closed_while_waiting(void)
{
    struct epoll_event event;
    pthread_t thread;

    shared_epoll = new_epoll();
    shared_event = eventfd(0, 0);
    show("add", add(shared_epoll, shared_event, EPOLLIN, 1));
    pthread_create(&thread, NULL, closes_later, NULL);
    show("the only file is closed meanwhile", epoll_wait(shared_epoll, &event, 1, 100));
    pthread_join(thread, NULL);
    close(shared_epoll);
}

static void forked(void)
{
    int epoll = new_epoll(), event = eventfd(0, 0);
    struct epoll_event out;
    int status;

    show("add", add(epoll, event, EPOLLIN, 1));
    fflush(stdout);
    if (fork() == 0) {
        close(event);
        signal_event(epoll); /* an epoll can't be written: says so */
        long count = epoll_wait(epoll, &out, 1, -1);
        printf("the child waited: %ld\n", count);
        fflush(stdout);
        _exit(count == 1 ? 0 : 1);
    }
    usleep(20000);
    signal_event(event);
    wait(&status);
    show("the child's status", status);
    ready("here too", epoll);
    close(event);
    ready("gone", epoll);
    close(epoll);
}

static void on_alarm(int signal)
{
    (void)signal;
}

static void interrupted(void)
{
    int epoll = new_epoll();
    struct epoll_event out;
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    sigset_t none, old;
    struct timespec time = {0, 1000000}, bad = {0, -1};

    sigaction(SIGALRM, &action, NULL);
    ualarm(20000, 0);
    show("a signal ends it, whatever its handler says", epoll_wait(epoll, &out, 1, -1));
    sigemptyset(&none);
    sigaddset(&none, SIGALRM);
    sigprocmask(SIG_BLOCK, &none, &old);
    sigemptyset(&none);
    raise(SIGALRM);
    show("with another mask", epoll_pwait(epoll, &out, 1, -1, &none));
    show("the time is over", syscall(SYS_epoll_pwait2, epoll, &out, 1, &time, NULL, 8));
    show("a bad time", syscall(SYS_epoll_pwait2, epoll, &out, 1, &bad, NULL, 8));
    show("a bad mask", syscall(SYS_epoll_pwait, epoll, &out, 1, 0, &none, 4));
    sigprocmask(SIG_SETMASK, &old, NULL);
    close(epoll);
}

/* More than descriptors can be at first. */
static void many(void)
{
    struct rlimit limit;
    int epoll = new_epoll(), first = -1, last = -1, count = 0;
    struct epoll_event out;

    getrlimit(RLIMIT_NOFILE, &limit);
    for (int fd; count < 900 && (fd = eventfd(0, 0)) >= 0; count++) {
        if (first < 0)
            first = fd;
        last = fd;
        add(epoll, fd, EPOLLIN | EPOLLET, (uint64_t)count);
    }
    signal_event(last);
    signal_event(first);
    show("many", count);
    show("the last", epoll_wait(epoll, &out, 1, 0));
    printf("  %d\n", (int)out.data.u64);
    show("the first", epoll_wait(epoll, &out, 1, 0));
    printf("  %d\n", (int)out.data.u64);
    for (int fd = first; fd <= last; fd++)
        close(fd);
    close(epoll);
}

/* Which file an epoll has: kcmp(2). */
static void compared(void)
{
    enum { EPOLL_TFD = 7 };
    struct {
        uint32_t epoll, fd, skip;
    } slot;
    int own = getpid(), epoll = new_epoll(), one = eventfd(0, 0), other = eventfd(0, 0);
    int copy = dup(one);

    add(epoll, one, EPOLLIN, 1);
    slot.epoll = (uint32_t)epoll, slot.fd = (uint32_t)one, slot.skip = 0;
    show("kcmp: the same", syscall(SYS_kcmp, own, own, EPOLL_TFD, one, &slot));
    show("kcmp: a copy", syscall(SYS_kcmp, own, own, EPOLL_TFD, copy, &slot));
    show("kcmp: another", syscall(SYS_kcmp, own, own, EPOLL_TFD, other, &slot) > 0);
    show("kcmp: no file", syscall(SYS_kcmp, own, own, EPOLL_TFD, 999, &slot));
    show("kcmp: no slot", syscall(SYS_kcmp, own, own, EPOLL_TFD, one, NULL));
    show("kcmp: nobody, no slot", syscall(SYS_kcmp, own, 4000000, EPOLL_TFD, one, NULL));
    slot.skip = 1;
    show("kcmp: no second one", syscall(SYS_kcmp, own, own, EPOLL_TFD, one, &slot));
    slot.fd = (uint32_t)other, slot.skip = 0;
    show("kcmp: not in it", syscall(SYS_kcmp, own, own, EPOLL_TFD, one, &slot));
    slot.epoll = 999;
    show("kcmp: no epoll", syscall(SYS_kcmp, own, own, EPOLL_TFD, one, &slot));
    slot.epoll = (uint32_t)other;
    show("kcmp: not an epoll", syscall(SYS_kcmp, own, own, EPOLL_TFD, one, &slot));
    /* Another file by the number that is in the set already. */
    dup2(other, one);
    add(epoll, one, EPOLLIN, 2);
    slot.epoll = (uint32_t)epoll, slot.fd = (uint32_t)one, slot.skip = 0;
    long first = syscall(SYS_kcmp, own, own, EPOLL_TFD, copy, &slot);
    slot.skip = 1;
    long second = syscall(SYS_kcmp, own, own, EPOLL_TFD, copy, &slot);
    show("kcmp: one of the two", (first == 0) + (second == 0));
    slot.skip = 2;
    show("kcmp: no third one", syscall(SYS_kcmp, own, own, EPOLL_TFD, copy, &slot));
    close(epoll);
    close(one);
    close(other);
    close(copy);
}

int main(int argc, char **argv)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/epoll", argc > 1 ? argv[1] : "/tmp");
    errors(path);
    levels();
    pipes();
    turns();
    nested();
    threads();
    added_while_waiting();
    closed_while_waiting();
    forked();
    interrupted();
    many();
    compared();
    return 0;
}
