/* SPDX-License-Identifier: Apache-2.0 */
/* pidfds.c - descriptors that stand for processes and threads: opened, polled, waited for, used to signal and to reach.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>

#include "family.h"

#define NONBLOCK O_NONBLOCK
#define THREAD O_EXCL
#define THE_PIDFD 3 /* P_PIDFD */

static struct shared *shared;

static int pidfd_open(pid_t pid, unsigned flags)
{
    return (int)syscall(SYS_pidfd_open, pid, flags);
}

static long send(int fd, int signal, siginfo_t *info, unsigned flags)
{
    return syscall(SYS_pidfd_send_signal, fd, signal, info, flags);
}

static int events(int fd)
{
    struct pollfd poller = {.fd = fd, .events = POLLIN | POLLOUT};

    return poll(&poller, 1, 0) == 1 ? poller.revents : 0;
}

static void errors(void)
{
    int fd = pidfd_open(getpid(), 0);
    char byte;

    show("process 0", pidfd_open(0, 0));
    show("process -1", pidfd_open(-1, 0));
    show("nobody", pidfd_open(4000000, 0));
    show("unknown flag", pidfd_open(getpid(), 1));
    show("flags of descriptor", fcntl(fd, F_GETFD));
    show("status flags", fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
    show("read", read(fd, &byte, 1));
    show("write", write(fd, "x", 1));
    show("lseek", lseek(fd, 0, SEEK_CUR));
    show("events of one that runs", events(fd));
    show("signal 0 to self", send(fd, 0, NULL, 0));
    show("signal 65", send(fd, 65, NULL, 0));
    show("signal with unknown flags", send(fd, 0, NULL, 8));
    show("signal with two flags", send(fd, 0, NULL, 3));
    show("signal by another descriptor", send(1, 0, NULL, 0));
    show("signal by no descriptor", send(99, 0, NULL, 0));
    show("getfd: no such", syscall(SYS_pidfd_getfd, fd, 999, 0));
    show("getfd: flags", syscall(SYS_pidfd_getfd, fd, 1, 1));
    show("getfd: by another", syscall(SYS_pidfd_getfd, 1, 1, 0));
    show("waitid by another", waitid(THE_PIDFD, 1, NULL, WEXITED));
    show("waitid for self", waitid(THE_PIDFD, (id_t)fd, NULL, WEXITED));
    close(fd);
}

/* A directory of /proc does as well, for a signal alone. */
static void by_proc(const char *name, const char *form, int number, int flags)
{
    char path[64];
    int fd;

    snprintf(path, sizeof(path), form, number, number);
    fd = open(path, O_RDONLY | flags);
    show(name, fd >= 0 ? send(fd, 0, NULL, 0) : -1);
    close(fd);
}

static void directories(void)
{
    pid_t pid = branch();
    char path[64];
    int fd;

    if (pid == 0)
        for (;;)
            pause();
    by_proc("by /proc/PID", "/proc/%d", pid, O_DIRECTORY);
    by_proc("by /proc/PID, O_PATH", "/proc/%d", pid, O_PATH);
    by_proc("by a thread's", "/proc/%d/task/%d", pid, 0);
    by_proc("by a file there", "/proc/%d/stat", pid, 0);
    by_proc("by another directory there", "/proc/%d/fd", pid, 0);
    by_proc("by /proc", "/proc", pid, 0);
    snprintf(path, sizeof(path), "/proc/%d", (int)pid);
    fd = open(path, O_DIRECTORY);
    show("getfd by /proc/PID", syscall(SYS_pidfd_getfd, fd, 1, 0));
    show("SIGKILL by /proc/PID", send(fd, SIGKILL, NULL, 0));
    reap("it", pid);
    show("and once it is gone", send(fd, 0, NULL, 0));
    close(fd);
}

static void child(void)
{
    siginfo_t info = {0};
    pid_t pid = branch();
    int fd, lazy;

    if (pid == 0) {
        turn_wait(shared, 1);
        _exit(12);
    }
    fd = pidfd_open(pid, 0);
    lazy = pidfd_open(pid, NONBLOCK);
    show("events", events(fd));
    show("waitid, not waiting", waitid(THE_PIDFD, (id_t)lazy, &info, WEXITED));
    show("waitid, WNOHANG", waitid(THE_PIDFD, (id_t)lazy, &info, WEXITED | WNOHANG));
    turn_set(shared, 1);
    while (events(fd) == 0)
        sched_yield();
    show("events of one that has ended", events(fd));
    show("signal 0 to one that has ended", send(fd, 0, NULL, 0));
    show("signal to one that has ended", send(fd, SIGKILL, NULL, 0));
    show("getfd of one that has ended", syscall(SYS_pidfd_getfd, fd, 1, 0));
    show("waitid", waitid(THE_PIDFD, (id_t)lazy, &info, WEXITED));
    show_bool("it is the one", info.si_pid == pid && info.si_status == 12);
    show("events of one that is gone", events(fd));
    show("signal to one that is gone", send(fd, 0, NULL, 0));
    show("waitid for one that is gone", waitid(THE_PIDFD, (id_t)fd, &info, WEXITED));
    close(fd);
    close(lazy);
}

static void signals(void)
{
    siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
    pid_t pid = branch();
    int fd, status;

    if (pid == 0) {
        for (;;)
            pause();
    }
    fd = pidfd_open(pid, 0);
    show("signal of another number", send(fd, SIGUSR2, &info, 0));
    info.si_code = SI_USER;
    show("signal as from kill, to another", send(fd, SIGUSR1, &info, 0));
    show("at a bad address", send(fd, SIGUSR1, (siginfo_t *)8, 0));
    info.si_code = -100; /* of which nobody knows what it tells */
    ((char *)&info)[sizeof(info) - 1] = 1;
    show("signal that tells too much", send(fd, SIGUSR1, &info, 0));
    ((char *)&info)[sizeof(info) - 1] = 0;
    info.si_code = SI_QUEUE;
    show("signal with info", send(fd, SIGUSR1, &info, 0));
    waitpid(pid, &status, 0);
    show_status("it", status);
    close(fd);
}

static void reach(void)
{
    pid_t pid = branch();
    int fd, got;

    if (pid == 0) {
        int file = open("shared-file", O_CREAT | O_RDWR, 0600);
        if (write(file, "hello", 5) != 5 || dup2(file, 50) != 50)
            _exit(1);
        turn_set(shared, 2);
        turn_wait(shared, 3);
        show("its child moved it", lseek(50, 0, SEEK_CUR));
        leave(0);
    }
    turn_wait(shared, 2);
    fd = pidfd_open(pid, 0);
    got = (int)syscall(SYS_pidfd_getfd, fd, 50, 0);
    show("getfd: position", lseek(got, 0, SEEK_CUR));
    show("getfd: close on exec", fcntl(got, F_GETFD));
    show("moved", lseek(got, 2, SEEK_SET));
    turn_set(shared, 3);
    reap("it", pid);
    close(got);
    close(fd);
    unlink("shared-file");
}

static int thread_fd;

static void *body(void *arg)
{
    (void)arg;
    atomic_store(&shared->value[1], (int)syscall(SYS_gettid));
    turn_wait(shared, 5);
    return NULL;
}

static void threads(void)
{
    pthread_t id;
    pid_t tid;

    pthread_create(&id, NULL, body, NULL);
    while ((tid = atomic_load(&shared->value[1])) == 0)
        sched_yield();
    show("a thread without its flag", pidfd_open(tid, 0));
    thread_fd = pidfd_open(tid, THREAD);
    show_bool("a thread", thread_fd >= 0);
    show("events of it", events(thread_fd));
    show("signal 0 to it", send(thread_fd, 0, NULL, 0));
    turn_set(shared, 5);
    while (!(events(thread_fd) & POLLHUP)) /* Linux tells of its end, and then that it is gone */
        sched_yield();
    show("events of it, ended", events(thread_fd));
    show("signal to it, ended", send(thread_fd, 0, NULL, 0));
    close(thread_fd);
}

static volatile int ran;

static void on_signal(int signal)
{
    ran = signal;
}

static void made_by_clone(void)
{
    int fd = -1;
    pid_t pid;

    fflush(stdout);
    pid = (pid_t)syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, NULL, &fd, NULL, 0);
    if (pid == 0)
        _exit(44);
    show("CLONE_PIDFD: close on exec", fcntl(fd, F_GETFD));
    show("CLONE_PIDFD: waits", waitid(THE_PIDFD, (id_t)fd, NULL, WEXITED));
    show("events", events(fd) & POLLIN);
    close(fd);
    show("a bad place for it", syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, NULL, 8, NULL, 0));
    show("no child is left", waitpid(-1, NULL, WNOHANG));
    signal(SIGUSR1, on_signal);
    fd = pidfd_open(getpid(), 0);
    show("signal to self", send(fd, SIGUSR1, NULL, 0));
    show("it came", ran);
    close(fd);
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    shared = shared_make();
    errors();
    directories();
    child();
    signals();
    reach();
    threads();
    made_by_clone();
    return 0;
}
