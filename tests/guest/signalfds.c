/* SPDX-License-Identifier: Apache-2.0 */
/* signalfds.c - signals read from a signalfd: what is told, how many at once, poll, masks that change, children. */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "show.h"

static pid_t child;

static const char *who(uint32_t pid)
{
    return pid == 0                  ? "nobody"
           : (pid_t)pid == getpid()  ? "itself"
           : (pid_t)pid == child     ? "the child"
           : (pid_t)pid == getppid() ? "the parent"
                                     : "another";
}

static void tell(const struct signalfd_siginfo *info)
{
    printf("  signal %d, code %d, from %s, user %s, value %d, pointer %x, status %d\n", (int)info->ssi_signo,
           info->ssi_code, who(info->ssi_pid), info->ssi_uid == getuid() ? "ours" : "another", info->ssi_int,
           (unsigned)info->ssi_ptr, info->ssi_status);
}

static void take(const char *what, int fd, size_t size)
{
    struct signalfd_siginfo info[4];
    ssize_t got = read(fd, info, size);

    show(what, got);
    for (ssize_t i = 0; i < got / (ssize_t)sizeof(info[0]); i++)
        tell(&info[i]);
}

static void queue(int signal, int value)
{
    sigqueue(getpid(), signal, (union sigval){.sival_int = value});
}

static void ready(const char *what, int fd, int timeout_ms)
{
    struct pollfd entry = {.fd = fd, .events = POLLIN | POLLOUT};
    int got = poll(&entry, 1, timeout_ms);

    printf("%s: %d, events %x\n", what, got, (unsigned)entry.revents);
}

static void reading(int fd)
{
    take("nothing", fd, 512);
    take("too little", fd, 127);
    ready("nothing", fd, 0);
    raise(SIGUSR1);
    ready("one", fd, 0);
    take("one", fd, 512);
    kill(getpid(), SIGUSR1);
    queue(SIGRTMIN + 1, 5);
    queue(SIGRTMIN + 1, -6);
    take("two of three", fd, 300);
    take("the last", fd, 512);
    queue(SIGUSR2, 1); /* not in the set */
    take("another", fd, 512);
    show("writing", write(fd, "12345678", 8));
    show("seeking", lseek(fd, 0, SEEK_SET));
    show("a bad address", read(fd, (void *)8, 512) == -1 && errno == EAGAIN);
    raise(SIGUSR1);
    show("a bad address", read(fd, (void *)8, 512));
    take("it is lost", fd, 512);
}

static void changing(int fd)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    show("another set", signalfd(fd, &set, SFD_CLOEXEC) == fd);
    show("its flags stay", fcntl(fd, F_GETFD));
    take("what waited", fd, 512);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGKILL);
    sigaddset(&set, SIGRTMIN + 1);
    signalfd(fd, &set, 0);
}

static void children(int fd)
{
    struct signalfd_siginfo info;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        ready("the child has none of the parent's", fd, 0);
        kill(getppid(), SIGUSR1);
        kill(getpid(), SIGRTMIN + 1);
        take("the child's own", fd, 512);
        fflush(stdout);
        _exit(9);
    }
    ready("from the child", fd, -1);
    take("from the child", fd, 128);
    ready("its end", fd, -1);
    waitpid(child, NULL, 0);
    take("its end", fd, 512);
    int blocking = signalfd(-1, &(sigset_t){0}, 0);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    signalfd(blocking, &set, 0);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        queue(SIGUSR1, 3); /* to itself: the parent doesn't see it */
        usleep(1000);
        kill(getppid(), SIGUSR1);
        _exit(0);
    }
    show("a read that waits", read(blocking, &info, sizeof(info)));
    tell(&info);
    waitpid(child, NULL, 0);
    take("the end again", fd, 512);
}

/* It is the signals of whoever adds it that an epoll waits for; one that ends leaves nothing behind. */
static void polled(int fd)
{
    struct epoll_event wanted = {.events = EPOLLIN}, got;
    int epoll = epoll_create1(0);

    show("add", epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &wanted));
    show("nothing", epoll_wait(epoll, &got, 1, 0));
    raise(SIGUSR1);
    show("a signal", epoll_wait(epoll, &got, 1, 0));
    take("a signal", fd, 512);
    show("nothing", epoll_wait(epoll, &got, 1, 0));
    show("delete", epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL));
    fflush(stdout);
    child = fork();
    if (child == 0) {
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &wanted);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    take("the end of who has added it", fd, 512);
    show("nothing", epoll_wait(epoll, &got, 1, 0));
    raise(SIGUSR1);
    take("a signal", fd, 512);
    show("delete", epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL));
    close(epoll);
}

static void errors(void)
{
    sigset_t set;

    sigemptyset(&set);
    show("flags", signalfd(-1, &set, 1));
    show("no such file", signalfd(99, &set, 0));
    show("not one", signalfd(0, &set, 0));
    show("another size", syscall(SYS_signalfd4, -1, &set, 4, 0));
    show("a bad set", syscall(SYS_signalfd4, -1, 8, 8, 0));
    show("a bad set and bad flags", syscall(SYS_signalfd4, -1, 8, 8, 1));
}

int main(void)
{
    sigset_t set;

    sigfillset(&set);
    sigdelset(&set, SIGINT);
    sigprocmask(SIG_SETMASK, &set, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN + 1);
    int fd = signalfd(-1, &set, SFD_NONBLOCK);
    show("flags", fcntl(fd, F_GETFL) & (O_NONBLOCK | O_ACCMODE));
    reading(fd);
    changing(fd);
    children(fd);
    polled(fd);
    errors();
    return 0;
}
