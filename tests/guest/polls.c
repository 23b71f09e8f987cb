/* SPDX-License-Identifier: Apache-2.0 */
/* polls.c - poll and select on files that others change, and that others close. */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <time.h>

#include "show.h"

#define MANY 300

static int ends[2], many[MANY];

static void *writes_later(void *arg)
{
    usleep(20000);
    if (write(*(int *)arg, "x", 1) != 1)
        printf("write: %s\n", error_name(errno));
    return NULL;
}

static void *closes_later(void *arg)
{
    usleep(20000);
    close(*(int *)arg);
    return NULL;
}

static void show_poll(const char *what, struct pollfd *entries, unsigned count, int timeout_ms)
{
    show(what, poll(entries, count, timeout_ms));
    for (unsigned i = 0; i < count; i++)
        if (entries[i].revents != 0)
            printf("  %u: %#x\n", i, (unsigned)entries[i].revents);
}

static void polls(void)
{
    struct pollfd entries[6];
    pthread_t thread;
    char byte;

    show("pipe", pipe(ends));
    entries[0] = (struct pollfd){.fd = ends[0], .events = POLLIN};
    entries[1] = (struct pollfd){.fd = -1, .events = POLLIN};
    entries[2] = (struct pollfd){.fd = ends[1], .events = POLLPRI};
    entries[3] = (struct pollfd){.fd = 77, .events = POLLIN};
    show_poll("a descriptor that isn't there", entries, 4, -1);
    show_poll("the time is over", entries, 3, 10);
    pthread_create(&thread, NULL, writes_later, &ends[1]);
    show_poll("written", entries, 3, -1);
    pthread_join(thread, NULL);
    show("read", read(ends[0], &byte, 1));
    pthread_create(&thread, NULL, closes_later, &ends[1]);
    entries[2].fd = -1;
    show_poll("the other end is closed", entries, 3, -1);
    pthread_join(thread, NULL);
    close(ends[0]);
    show("none at all", poll(NULL, 0, 1));
    show("from nowhere", poll((void *)8, 1, 0));
    show("too many", poll(entries, 0x7fffffff, 0));
}

/* Another thread closes what is polled: that is seen when it is looked at again, not before. */
static void closed(void)
{
    struct pollfd entries[2];
    pthread_t thread;
    int other[2], fd;

    show("pipes", pipe(ends) + pipe(other));
    entries[0] = (struct pollfd){.fd = ends[0], .events = POLLIN};
    entries[1] = (struct pollfd){.fd = other[0], .events = POLLIN};
    fd = ends[0];
    pthread_create(&thread, NULL, closes_later, &fd);
    show_poll("closed meanwhile", entries, 1, 60);
    pthread_join(thread, NULL);
    close(ends[1]);
    fd = other[0];
    pthread_create(&thread, NULL, closes_later, &fd);
    entries[0].fd = other[0];
    show_poll("and once more", entries, 2, 60);
    pthread_join(thread, NULL);
    close(other[1]);
}

static void large(void)
{
    struct pollfd entries[MANY];
    pthread_t thread;
    fd_set set, none;

    for (int i = 0; i < MANY; i++) {
        many[i] = eventfd(0, 0);
        entries[i] = (struct pollfd){.fd = many[i], .events = POLLIN};
    }
    show("pipe", pipe(ends));
    entries[MANY - 7].fd = ends[0];
    pthread_create(&thread, NULL, writes_later, &ends[1]);
    show_poll("many", entries, MANY, -1);
    pthread_join(thread, NULL);
    FD_ZERO(&set);
    FD_ZERO(&none);
    for (int i = 0; i < MANY; i++)
        FD_SET(many[i], &set);
    FD_SET(ends[0], &set);
    show("select many", select(1000, &set, NULL, NULL, NULL));
    show("  that one", FD_ISSET(ends[0], &set) != 0);
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    show("a descriptor that isn't there", (FD_SET(900, &set), select(1000, &set, NULL, NULL, NULL)));
    for (int i = 0; i < MANY; i++)
        close(many[i]);
    close(ends[0]);
    close(ends[1]);
}

static void selects(void)
{
    struct timeval time = {0, 10000};
    pthread_t thread;
    fd_set in, out;

    show("pipe", pipe(ends));
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(ends[0], &in);
    show("the time is over", select(ends[1] + 1, &in, NULL, NULL, &time));
    show("  nothing is left of it", time.tv_sec == 0 && time.tv_usec == 0);
    FD_SET(ends[0], &in);
    FD_SET(ends[1], &out);
    show("one is ready", select(ends[1] + 1, &in, &out, NULL, NULL));
    show("  for output", FD_ISSET(ends[1], &out) != 0 && !FD_ISSET(ends[0], &in));
    FD_SET(ends[0], &in);
    pthread_create(&thread, NULL, writes_later, &ends[1]);
    show("written", select(ends[1] + 1, &in, NULL, NULL, NULL));
    pthread_join(thread, NULL);
    FD_ZERO(&out);
    FD_SET(ends[1], &out);
    close(ends[0]);
    show("the reader is gone", select(ends[1] + 1, NULL, &out, NULL, NULL));
    close(ends[1]);
    show("negative", select(-1, NULL, NULL, NULL, NULL));
    time = (struct timeval){0, -1};
    show("a bad time", select(0, NULL, NULL, NULL, &time));
}

static void on_signal(int signal)
{
    (void)signal;
}

static void signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct pollfd entry;
    struct timespec time = {5, 0};
    sigset_t blocked, open;
    fd_set set;

    show("pipe", pipe(ends));
    entry = (struct pollfd){.fd = ends[0], .events = POLLIN};
    sigaction(SIGALRM, &action, NULL);
    ualarm(20000, 0);
    show("a signal ends poll", poll(&entry, 1, -1));
    sigemptyset(&open);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGALRM);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    raise(SIGALRM);
    show("blocked", poll(&entry, 1, 10));
    show("not blocked in ppoll", ppoll(&entry, 1, &time, &open));
    raise(SIGALRM);
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    show("nor in pselect", pselect(ends[0] + 1, &set, NULL, NULL, &time, &open));
    show("ready comes first", write(ends[1], "x", 1));
    raise(SIGALRM);
    show("ppoll", ppoll(&entry, 1, &time, &open));
    sigprocmask(SIG_UNBLOCK, &blocked, NULL);
    close(ends[0]);
    close(ends[1]);
}

/* All who poll the same file hear of it. */
static void processes(void)
{
    int status, heard = 0;

    show("pipe", pipe(ends));
    fflush(stdout);
    for (int i = 0; i < 4; i++) {
        if (fork() == 0) {
            struct pollfd entry = {.fd = ends[0], .events = POLLIN};
            _exit(poll(&entry, 1, -1) == 1 && entry.revents == POLLIN ? 0 : 1);
        }
    }
    usleep(20000);
    show("write", write(ends[1], "x", 1));
    while (wait(&status) > 0)
        heard += status == 0;
    show("heard", heard);
    close(ends[0]);
    close(ends[1]);
}

/* An epoll is a file that can be polled. */
static void epolls(void)
{
    int epoll = epoll_create1(0), event = eventfd(0, 0), copy = dup(event);
    struct epoll_event add = {.events = EPOLLIN};
    struct pollfd entry = {.fd = epoll, .events = POLLIN | POLLOUT};
    pthread_t thread;
    uint64_t value = 1;

    show("add", epoll_ctl(epoll, EPOLL_CTL_ADD, event, &add));
    show_poll("not ready", &entry, 1, 0);
    show("write", write(event, &value, 8));
    show_poll("ready", &entry, 1, -1);
    show("read", read(event, &value, 8));
    show_poll("not ready", &entry, 1, 0);
    show("pipe", pipe(ends));
    show("add", epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &add));
    pthread_create(&thread, NULL, writes_later, &ends[1]);
    show_poll("ready", &entry, 1, -1);
    pthread_join(thread, NULL);
    close(epoll);
    close(event);
    close(copy);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    polls();
    closed();
    large();
    selects();
    signals();
    processes();
    epolls();
    return 0;
}
