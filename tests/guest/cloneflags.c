/* SPDX-License-Identifier: Apache-2.0 */
/* cloneflags.c - clone, clone3, unshare and setns by themselves: what each flag does, and which are refused. */
#define _GNU_SOURCE
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "family.h"

#define CLEAR_SIGHAND 0x100000000ull
#define INTO_CGROUP 0x200000000ull

struct args3 {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

static struct shared *shared;

/* Without a stack of its own it needs memory of its own. */
static long raw_clone(unsigned long flags, int *parent_tid, int *child_tid)
{
    fflush(stdout);
#if defined(__riscv) || defined(__aarch64__) || defined(__i386__)
    return syscall(SYS_clone, flags, 0, parent_tid, 0, child_tid);
#else
    return syscall(SYS_clone, flags, 0, parent_tid, child_tid, 0);
#endif
}

static long clone3_sized(struct args3 *args, size_t size)
{
    fflush(stdout);
    return syscall(SYS_clone3, args, size);
}

static long raw_clone3(struct args3 args)
{
    return clone3_sized(&args, sizeof(args));
}

/* Makes a child, which ends at once, and says how that went. */
static void try_clone(const char *what, unsigned long flags)
{
    long pid = raw_clone(flags, NULL, NULL);

    if (pid == 0)
        _exit(6);
    if (pid == -1)
        printf("%s: %s\n", what, error_name(errno));
    else
        reap(what, (pid_t)pid);
}

static void try_clone3(const char *what, struct args3 args)
{
    long pid = raw_clone3(args);

    if (pid == 0)
        _exit(6);
    if (pid == -1)
        printf("%s: %s\n", what, error_name(errno));
    else
        reap(what, (pid_t)pid);
}

static void refused(void)
{
    try_clone("THREAD alone", CLONE_THREAD);
    try_clone("SIGHAND alone", CLONE_SIGHAND);
    try_clone("THREAD and SIGHAND", CLONE_THREAD | CLONE_SIGHAND);
    try_clone("PIDFD and DETACHED", CLONE_PIDFD | CLONE_DETACHED);
    try_clone("PIDFD and PARENT_SETTID", CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD);
    try_clone("NEWNS and FS", CLONE_NEWNS | CLONE_FS | SIGCHLD);
    try_clone("NEWUSER and FS", CLONE_NEWUSER | CLONE_FS | SIGCHLD);
    try_clone3("3: end signal in flags", (struct args3){.flags = SIGCHLD});
    try_clone3("3: DETACHED", (struct args3){.flags = CLONE_DETACHED});
    try_clone3("3: unknown flag", (struct args3){.flags = 1ull << 40});
    try_clone3("3: end signal 65", (struct args3){.exit_signal = 65});
    try_clone3("3: end signal 256", (struct args3){.exit_signal = 256});
    try_clone3("3: THREAD with end signal",
               (struct args3){.flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, .exit_signal = SIGCHLD});
    try_clone3("3: PARENT with end signal", (struct args3){.flags = CLONE_PARENT, .exit_signal = SIGCHLD});
    try_clone3("3: CLEAR_SIGHAND and SIGHAND",
               (struct args3){.flags = CLEAR_SIGHAND | CLONE_SIGHAND | CLONE_VM, .exit_signal = SIGCHLD});
    try_clone3("3: a stack without size", (struct args3){.stack = 4096, .exit_signal = SIGCHLD});
    try_clone3("3: a size without stack", (struct args3){.stack_size = 4096, .exit_signal = SIGCHLD});
    try_clone3("3: a stack of the kernel's",
               (struct args3){.stack = 1ull << 63, .stack_size = 4096, .exit_signal = SIGCHLD});
    try_clone3("3: a cgroup that is none",
               (struct args3){.flags = INTO_CGROUP, .cgroup = 9999, .exit_signal = SIGCHLD});
    try_clone3("3: a cgroup out of range",
               (struct args3){.flags = INTO_CGROUP, .cgroup = 1ull << 40, .exit_signal = SIGCHLD});
    try_clone3("3: set_tid without size", (struct args3){.set_tid = 4096, .exit_signal = SIGCHLD});
    try_clone3("3: set_tid_size without it", (struct args3){.set_tid_size = 1, .exit_signal = SIGCHLD});
    try_clone3("3: too many of them", (struct args3){.set_tid = 4096, .set_tid_size = 33, .exit_signal = SIGCHLD});
    try_clone3("3: set_tid at a bad address", (struct args3){.set_tid = 8, .set_tid_size = 1, .exit_signal = SIGCHLD});
    try_clone3("3: plain", (struct args3){.exit_signal = SIGCHLD});
}

static void sizes(void)
{
    char room[256] = {0};
    struct args3 *args = (void *)room;

    args->flags = 1ull << 40;
    show("3: of no size", clone3_sized(args, 0));
    show("3: too short", clone3_sized(args, 63));
    show("3: longer than a page", clone3_sized(args, 1 << 20));
    show("3: longer, with zeros", clone3_sized(args, 200));
    room[150] = 1;
    show("3: longer, with more", clone3_sized(args, 200));
    show("3: at a bad address", syscall(SYS_clone3, 8, 88));
}

static void set_tid(void)
{
    int own = getpid(), none = 0, wanted, more[2] = {1000, 1000};
    long pid = -1;

    try_clone3("3: a number that is taken",
               (struct args3){.set_tid = (uintptr_t)&own, .set_tid_size = 1, .exit_signal = SIGCHLD});
    try_clone3("3: number 0", (struct args3){.set_tid = (uintptr_t)&none, .set_tid_size = 1, .exit_signal = SIGCHLD});
    /* Numbers may end at 32768, and on a machine where much goes on one may be somebody's. */
    wanted = own > 8000 ? own - 4000 : own + 4000;
    for (int tries = 0; tries < 100; tries++, wanted++) {
        pid = raw_clone3((struct args3){.set_tid = (uintptr_t)&wanted, .set_tid_size = 1, .exit_signal = SIGCHLD});
        if (pid != -1 || errno != EEXIST)
            break;
    }
    if (pid == 0)
        _exit(getpid() == wanted ? 8 : 9);
    show_bool("3: a free number", pid == wanted);
    reap("it", (pid_t)pid);
    (void)more;
}

static volatile int here;

static int write_here(void *arg)
{
    (void)arg;
    here = 5;
    _exit(0);
}

static void memory(void)
{
    pid_t pid = branch_vm(write_here, NULL);

    show("VFORK and VM: what it wrote", here);
    reap("it", pid);
    pid = branch();
    if (pid == 0) {
        here = 6;
        _exit(0);
    }
    reap("it", pid);
    show("without VM", here);
}

static void files(void)
{
    int fd = dup(1);
    long pid = raw_clone(CLONE_FILES | SIGCHLD, NULL, NULL);

    if (pid == 0)
        _exit(close(fd));
    reap("FILES", (pid_t)pid);
    show("it closed ours", fcntl(fd, F_GETFD));
    fd = dup(1);
    pid = raw_clone(CLONE_FILES | SIGCHLD, NULL, NULL);
    if (pid == 0) {
        if (unshare(CLONE_FILES) != 0)
            _exit(1);
        _exit(close(fd));
    }
    reap("FILES, unshared", (pid_t)pid);
    show("ours is open", fcntl(fd, F_GETFD));
    close(fd);
}

static void folder(void)
{
    mode_t mask = umask(022);
    long pid = raw_clone(CLONE_FS | SIGCHLD, NULL, NULL);

    if (pid == 0) {
        umask(077);
        _exit(0);
    }
    reap("FS", (pid_t)pid);
    show("its umask is ours", umask(022));
    pid = raw_clone(CLONE_FS | SIGCHLD, NULL, NULL);
    if (pid == 0) {
        show("unshare FS", unshare(CLONE_FS));
        umask(077);
        leave(0);
    }
    reap("FS, unshared", (pid_t)pid);
    show("its umask isn't", umask(mask));
}

static void on_signal(int signal)
{
    (void)signal;
}

static void actions(void)
{
    struct sigaction action;
    long pid;

    signal(SIGUSR1, on_signal);
    signal(SIGUSR2, SIG_IGN);
    pid = raw_clone3((struct args3){.flags = CLEAR_SIGHAND, .exit_signal = SIGCHLD});
    if (pid == 0) {
        sigaction(SIGUSR1, NULL, &action);
        show_bool("CLEAR_SIGHAND: a handler is gone", action.sa_handler == SIG_DFL);
        sigaction(SIGUSR2, NULL, &action);
        show_bool("CLEAR_SIGHAND: ignored stays", action.sa_handler == SIG_IGN);
        leave(0);
    }
    reap("it", (pid_t)pid);
}

static void numbers(void)
{
    int parent = 0, *child = (int *)&shared->value[3];
    long pid = raw_clone(CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD, &parent, child);

    if (pid == 0)
        _exit(*child == getpid() ? 1 : 2);
    show_bool("PARENT_SETTID", parent == pid);
    reap("CHILD_SETTID", (pid_t)pid);
    show_bool("in shared memory too", *child == pid);
    pid = raw_clone(CLONE_PARENT_SETTID | SIGCHLD, (int *)8, NULL);
    if (pid == 0)
        _exit(3);
    reap("a bad place for it", (pid_t)pid);
}

static volatile int came;

static void on_end(int signal)
{
    came = signal;
}

static void end_signals(void)
{
    int status;
    long pid;

    signal(SIGUSR2, on_end);
    pid = raw_clone(SIGUSR2, NULL, NULL);
    if (pid == 0)
        _exit(4);
    while (came == 0)
        sched_yield();
    show("end signal", came);
    show("not for an ordinary wait", waitpid((pid_t)pid, &status, 0));
    show_bool("__WCLONE", waitpid((pid_t)pid, &status, __WCLONE) == pid);
    show_status("it", status);
    pid = raw_clone(0, NULL, NULL);
    if (pid == 0)
        _exit(5);
    reap("without end signal", (pid_t)pid);
    pid = raw_clone(200, NULL, NULL);
    if (pid == 0)
        _exit(5);
    reap("end signal 200", (pid_t)pid);
}

static void siblings(void)
{
    pid_t pid = branch();

    if (pid == 0) {
        pid_t own = getppid();
        long sibling = raw_clone(CLONE_PARENT, NULL, NULL);
        if (sibling == 0)
            _exit(getppid() == own ? 31 : 32);
        atomic_store(&shared->value[4], (int)sibling);
        _exit(waitpid((pid_t)sibling, NULL, __WALL) == -1 ? 33 : 34);
    }
    reap("its parent", pid);
    reap("CLONE_PARENT", (pid_t)atomic_load(&shared->value[4]));
}

static void unsharing(void)
{
    show("unshare nothing", unshare(0));
    show("unshare what isn't shared", unshare(CLONE_FILES | CLONE_FS | CLONE_SYSVSEM));
    show("unshare VM of one", unshare(CLONE_VM));
    show("unshare THREAD of one", unshare(CLONE_THREAD | CLONE_SIGHAND));
    show("unshare what can't be", unshare(CLONE_VFORK));
    show("unshare PARENT", unshare(CLONE_PARENT));
    show("setns: no descriptor", syscall(SYS_setns, 99, 0));
    show("setns: of no namespace", syscall(SYS_setns, 1, 0));
}

int main(void)
{
    shared = shared_make();
    refused();
    sizes();
    set_tid();
    memory();
    files();
    folder();
    actions();
    numbers();
    end_signals();
    siblings();
    unsharing();
    return 0;
}
