/* SPDX-License-Identifier: Apache-2.0 */
/* execthreads.c - execve in a process of several threads: the others end, the number stays; vfork; execveat. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/prctl.h>

#include "family.h"

static struct shared *shared;
static char *program;

static int is_alone(void)
{
    int tids = 0;

    /* One after the other: no thread that was there before has a number near ours. */
    for (int tid = getpid() + 1; tid < getpid() + 8; tid++)
        tids += syscall(SYS_tgkill, getpid(), tid, 0) == 0;
    return tids == 0;
}

/* The new program. */
static int executed(const char *what)
{
    char name[16];

    prctl(PR_GET_NAME, name);
    printf("  %s: thread %s, alone %s, name %s, parent %s\n", what,
           syscall(SYS_gettid) == getpid() ? "is the first" : "is another", is_alone() ? "yes" : "no", name,
           shared == NULL ? "there" : "not there");
    printf("  descriptor 60 is %s\n", fcntl(60, F_GETFD) == -1 ? "closed" : "open");
    return 21;
}

static void execute(const char *what)
{
    fflush(stdout);
    execl(program, program, "executed", what, NULL);
    printf("execl: %s\n", error_name(errno));
    leave(1);
}

static void *spin(void *arg)
{
    (void)arg;
    atomic_fetch_add(&shared->value[0], 1);
    for (;;)
        sched_yield();
    return NULL;
}

static void *sleep_long(void *arg)
{
    (void)arg;
    atomic_fetch_add(&shared->value[0], 1);
    for (;;)
        pause();
    return NULL;
}

static pid_t waited_for;

static void *wait_for_child(void *arg)
{
    (void)arg;
    atomic_fetch_add(&shared->value[0], 1);
    waitpid(waited_for, NULL, 0);
    return NULL;
}

static void *execute_thread(void *arg)
{
    execute(arg);
    return NULL;
}

static void threads(void *(*one)(void *), void *(*two)(void *))
{
    pthread_t id;

    atomic_store(&shared->value[0], 0);
    if (pthread_create(&id, NULL, one, NULL) != 0 || pthread_create(&id, NULL, two, NULL) != 0)
        printf("no threads\n");
    while (atomic_load(&shared->value[0]) != 2)
        sched_yield();
}

static void from_first(void)
{
    pid_t pid = branch();

    if (pid == 0) {
        if (dup2(1, 60) != 60 || fcntl(60, F_SETFD, FD_CLOEXEC) != 0)
            leave(1);
        threads(spin, sleep_long);
        execute("from the first thread");
    }
    reap("from the first", pid);
}

static void from_another(int first_ends)
{
    pid_t pid = branch();
    pthread_t id;

    if (pid == 0) {
        waited_for = fork();
        if (waited_for == 0) {
            turn_wait(shared, 100);
            _exit(0);
        }
        threads(sleep_long, wait_for_child);
        pthread_create(&id, NULL, execute_thread, first_ends ? "its first ended" : "from another thread");
        if (first_ends)
            syscall(SYS_exit, 3);
        sleep_long(NULL);
    }
    reap("from another", pid);
    turn_set(shared, 100);
}

static void *execute_nothing(void *arg)
{
    (void)arg;
    execl("/nothing/here", "nothing", NULL);
    show("execve of nothing", -1);
    printf("and the others are there: %s\n", is_alone() ? "no" : "yes");
    leave(7);
    return NULL;
}

static void failed(void)
{
    pid_t pid = branch();
    pthread_t id;

    if (pid == 0) {
        threads(spin, sleep_long);
        pthread_create(&id, NULL, execute_nothing, NULL);
        sleep_long(NULL);
    }
    reap("failed", pid);
}

/* Two at once: one of them wins. */
static void both(void)
{
    pid_t pid = branch();
    pthread_t id;

    if (pid == 0) {
        pthread_create(&id, NULL, execute_thread, "one of two");
        execute_thread("one of two");
    }
    reap("two at once", pid);
}

static volatile int seen;

static int vfork_executes(void *arg)
{
    (void)arg;
    seen = 1;
    execl(program, program, "executed", "by vfork", NULL);
    _exit(1);
}

static int vfork_ends(void *arg)
{
    (void)arg;
    seen = 2;
    _exit(9);
}

static void by_vfork(void)
{
    pid_t pid = branch_vm(vfork_executes, NULL);

    show("vfork: its child ran before", seen);
    reap("vfork", pid);
    pid = branch_vm(vfork_ends, NULL);
    show("vfork: and ended before", seen);
    reap("vfork", pid);
}

/* What a program that is run by a descriptor is called differs between versions: it says nothing. */
static void exec_at(const char *what, int dirfd, const char *path, int flags)
{
    char *argv[] = {program, "quietly", (char *)what, NULL}, *envp[] = {NULL};
    pid_t pid = branch();

    if (pid == 0) {
        long result = syscall(SYS_execveat, dirfd, path, argv, envp, flags);
        show(what, result);
        leave(1);
    }
    reap(what, pid);
}

static void at(void)
{
    int fd = open(program, O_PATH), readable = open(program, O_RDONLY | O_CLOEXEC);
    int dir = open("/", O_RDONLY | O_DIRECTORY), own;
    char *slash = strrchr(program, '/');

    exec_at("by path", AT_FDCWD, program, 0);
    exec_at("by descriptor", readable, "", AT_EMPTY_PATH);
    exec_at("by a descriptor of no use otherwise", fd, "", AT_EMPTY_PATH);
    *slash = 0;
    own = open(program, O_RDONLY | O_DIRECTORY);
    *slash = '/';
    exec_at("in a folder", own, slash + 1, 0);
    exec_at("in a folder, no link", own, slash + 1, AT_SYMLINK_NOFOLLOW);
    exec_at("by descriptor, no path, no flag", readable, "", 0);
    exec_at("unknown flag", AT_FDCWD, program, 0x40);
    exec_at("no descriptor", 999, "", AT_EMPTY_PATH);
    exec_at("of no folder", fd, "x", 0);
    exec_at("a folder", dir, "", AT_EMPTY_PATH);
    exec_at("not there", dir, "nothing-here", 0);
    exec_at("a bad address", AT_FDCWD, (const char *)8, 0);
    close(fd);
    close(readable);
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "executed") == 0)
        return executed(argv[2]);
    if (argc > 1 && strcmp(argv[1], "quietly") == 0)
        return 22;
    program = argv[0];
    shared = shared_make();
    from_first();
    from_another(0);
    turn_set(shared, 0);
    from_another(1);
    failed();
    both();
    by_vfork();
    at();
    return 0;
}
