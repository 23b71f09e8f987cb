/* SPDX-License-Identifier: Apache-2.0 */
/* structures.c - calls with all kinds of arguments, results and structures, for tests/cli/strace.sh, which compares how
 * they are shown with how strace shows them. What they give is the same everywhere. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* futex(2), whose header musl has not. */
enum { WAIT = 0, WAKE = 1, CMP_REQUEUE = 4, WAIT_BITSET = 9, PRIVATE = 128, REAL_TIME = 256 };

static int ends[2];

static void ready(void)
{
    struct epoll_event event = {EPOLLIN | EPOLLET, {.u64 = 0x123456789}};
    struct pollfd polled[2];
    struct timeval at_once = {0, 0};
    struct timespec soon = {0, 1000};
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    fd_set set;

    epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event);
    epoll_wait(epoll, &event, 1, 0);
    polled[0] = (struct pollfd){ends[0], POLLIN, 0};
    polled[1] = (struct pollfd){-1, POLLIN, 0};
    poll(polled, 2, 0);
    if (write(ends[1], "x", 1) != 1)
        exit(1);
    epoll_wait(epoll, &event, 1, 0);
    poll(polled, 2, -1);
    polled[0].events = 0;
    poll(polled, 1, 0);
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    select(ends[0] + 1, &set, NULL, NULL, &at_once);
    pselect(0, NULL, NULL, NULL, &soon, NULL);
    epoll_ctl(epoll, EPOLL_CTL_DEL, ends[0], NULL);
    close(epoll);
}

static void descriptors(void)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 1, .l_len = 10};
    struct iovec parts[2] = {{(char[]){"ab"}, 2}, {NULL, 0}};
    struct stat stat_buffer;
    struct termios termios;
    char bytes[4];
    int count;

    fcntl(ends[0], F_SETFL, O_RDONLY | O_NONBLOCK | O_APPEND);
    fcntl(ends[0], F_GETFL);
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[0], F_GETFD);
    fcntl(ends[1], F_GETFD);
    fcntl(ends[1], F_DUPFD_CLOEXEC, 20);
    ioctl(ends[0], FIONREAD, &count);
    ioctl(ends[0], TCGETS, &termios);
    ioctl(ends[0], TIOCGWINSZ, &termios);
    writev(ends[1], parts, 2);
    read(ends[0], bytes, 4);
    read(ends[0], bytes, 0);
    fstat(ends[0], &stat_buffer);
    stat("/dev/null", &stat_buffer);
    lstat("/no/such", &stat_buffer);
    dup3(ends[0], 30, O_CLOEXEC);
    close(30);
    close(20);
    count = memfd_create("name", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    fcntl(count, F_SETLK, &lock);
    fcntl(count, F_GETLK, &lock);
    fcntl(count, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_GROW);
    fcntl(count, F_GET_SEALS);
    fallocate(count, FALLOC_FL_KEEP_SIZE, 0, -1);
    close(count);
}

static void names(void)
{
    const struct timespec times[2] = {{0, UTIME_NOW}, {0, UTIME_OMIT}};
    const uint64_t how[3] = {O_RDONLY, 0, 4};

    chmod("/no/such", 04755);
    chown("/no/such", (uid_t)-1, 5);
    mkdir("/no/such/folder", 0700);
    access("/no/such", R_OK | X_OK);
    unlinkat(AT_FDCWD, "/no/such", AT_REMOVEDIR);
    syscall(SYS_renameat2, AT_FDCWD, "/no/such", AT_FDCWD, "/no/more", 1);
    utimensat(AT_FDCWD, "/no/such", times, AT_SYMLINK_NOFOLLOW);
    linkat(AT_FDCWD, "/no/such", AT_FDCWD, "/no/more", AT_SYMLINK_FOLLOW);
    mknod("/no/such/device", S_IFCHR | 0600, makedev(1, 3));
    syscall(SYS_openat2, AT_FDCWD, "/no/such", how, sizeof(how));
    open("/no/such", O_RDWR | O_CREAT | O_EXCL | O_TRUNC | O_NOFOLLOW, 0600);
    setxattr("/no/such", "user.name", "value", 5, 1);
}

static void memory(void)
{
    char *pages = mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    mprotect(pages, 4096, PROT_READ | PROT_EXEC);
    madvise(pages, 4096, MADV_WILLNEED);
    mremap(pages, 8192, 4096, 0);
    msync(pages, 4096, MS_SYNC | MS_INVALIDATE);
    munmap(pages, 4096);
    mmap(NULL, 4096, PROT_READ, MAP_SHARED, 77, 0x3000);
}

static void times(void)
{
    const struct itimerspec zero = {{0, 0}, {0, 0}};
    const struct itimerval none = {{0, 0}, {0, 0}};
    struct itimerspec old;
    struct timespec left, short_time = {0, 1};
    uint32_t word = 1;
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

    timerfd_settime(timer, TFD_TIMER_ABSTIME, &zero, &old);
    timerfd_gettime(timer, &old);
    close(timer);
    setitimer(ITIMER_VIRTUAL, &none, NULL);
    syscall(SYS_clock_nanosleep, CLOCK_REALTIME, 0, &short_time, &left);
    syscall(SYS_futex, &word, WAIT | PRIVATE, 2, &short_time, NULL, 0);
    syscall(SYS_futex, &word, WAKE, INT32_MAX, NULL, NULL, 0);
    syscall(SYS_futex, &word, WAIT_BITSET | REAL_TIME, 2, NULL, NULL, UINT32_MAX);
    syscall(SYS_futex, &word, CMP_REQUEUE, 1, 2, &word, 1);
}

static void on_signal(int signal)
{
    (void)signal;
}

static void signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_NODEFER | SA_ONSTACK};
    stack_t stack = {.ss_flags = SS_DISABLE};
    sigset_t set;

    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGRTMIN + 1, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGUSR2, &action, NULL);
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGUSR2);
    sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 77});
    sigfillset(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
    kill(getpid(), SIGHUP);
    sigpending(&set);
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, 8);
    sigaltstack(&stack, NULL);
    syscall(SYS_tkill, 0, SIGUSR1);
}

static void limits(void)
{
    const struct sched_param priority = {0};
    struct rlimit limit = {0, 0};
    char name[16];

    setrlimit(RLIMIT_CORE, &limit);
    getrlimit(RLIMIT_CORE, &limit);
    sched_setscheduler(0, SCHED_BATCH, &priority);
    syscall(SYS_sched_getscheduler, 0);
    syscall(SYS_sched_getparam, 0, &priority);
    getpriority(PRIO_PROCESS, 0);
    prctl(PR_SET_NAME, "a name");
    prctl(PR_GET_NAME, name);
    prctl(PR_GET_DUMPABLE);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    getgroups(-1, NULL);
}

static void children(void)
{
    siginfo_t info;
    pid_t child = fork();
    int status;

    if (child == 0)
        _exit(3);
    waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
    waitpid(child, &status, 0);
    waitpid(child, &status, WNOHANG);
    child = fork();
    if (child == 0)
        raise(SIGKILL);
    waitpid(child, &status, 0);
    child = fork();
    if (child == 0) {
        sigset_t set;
        sigemptyset(&set);
        sigprocmask(SIG_SETMASK, &set, NULL);
        kill(getpid(), SIGTERM);
    }
    waitpid(child, &status, 0);
    execve("/no/such", (char *[]){"one", "two words", NULL}, (char *[]){"A=b", "C=d", NULL});
}

int main(void)
{
    if (pipe2(ends, O_CLOEXEC) != 0)
        return 1;
    ready();
    descriptors();
    names();
    memory();
    times();
    signals();
    limits();
    children();
    puts("done");
    return 0;
}
