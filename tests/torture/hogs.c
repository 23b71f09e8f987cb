/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hogs.c - too many processes, too many threads, too much memory: each ends as on Linux, and afterwards the guest is as
 * usable as before.
 *
 *   hogs    as a guest's program only: it takes all that the machine has
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define SUPERVISOR 2 /* the process that a guest is started with */
#define USER 4711
#define MOST_CHILDREN 20000

static struct shared {
    int children, refused, threads, error;
} *shared;

static _Noreturn void fail(const char *what, long got)
{
    printf("%s: %ld, errno %d\n", what, got, errno);
    exit(1);
}

static int status_of(pid_t pid)
{
    int status;

    if (pid == -1 || waitpid(pid, &status, 0) != pid)
        fail("no child", pid);
    return status;
}

/* A child that does this, and what it ended with. */
static int child(void (*body)(void))
{
    pid_t pid = fork();

    if (pid == 0) {
        body();
        _exit(0);
    }
    return status_of(pid);
}

static void nothing(void)
{
}

static void usable(const char *after)
{
    char *memory = malloc(4 << 20);

    if (memory == NULL || child(nothing) != 0)
        fail(after, 0);
    memset(memory, 1, 4 << 20);
    free(memory);
}

/* Every process of it forks, until none can. */
static void bomb(void)
{
    for (int tries = 0; tries < 30; tries++) {
        pid_t pid = fork();

        if (pid > 0) {
            __atomic_add_fetch(&shared->children, 1, __ATOMIC_SEQ_CST);
        } else if (pid == -1) {
            shared->error = errno;
            __atomic_add_fetch(&shared->refused, 1, __ATOMIC_SEQ_CST);
        }
    }
    for (;;)
        pause();
}

static void bomb_limited(void)
{
    const struct rlimit limit = {200, 200};

    if (setrlimit(RLIMIT_NPROC, &limit) != 0 || setresuid(USER, USER, USER) != 0)
        _exit(1);
    bomb();
}

/* Where memory ends it, its processes are to be larger than who looks on. */
static void bomb_unlimited(void)
{
    char *memory = malloc(1 << 20);

    memset(memory, 1, 1 << 20);
    bomb();
}

/* Until it has been refused often, or (where memory ends it) is quiet; then all of it is killed. */
static void run_bomb(const char *what, void (*body)(void), int wants)
{
    pid_t pid = fork();
    int quiet = 0, last = 0;

    if (pid == 0) {
        setpgid(0, 0);
        body();
    }
    setpgid(pid, pid);
    while (__atomic_load_n(&shared->refused, __ATOMIC_SEQ_CST) < wants && quiet < 20 && last < MOST_CHILDREN) {
        usleep(20000);
        quiet = last == shared->children ? quiet + 1 : 0;
        last = shared->children;
    }
    kill(-pid, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0)
        ;
    if (shared->refused != 0 && (shared->error != EAGAIN && shared->error != ENOMEM))
        fail(what, shared->error);
    if (shared->refused == 0 && body == bomb_limited)
        fail(what, 0);
    fprintf(stderr, "%s: %d processes, %d refused\n", what, shared->children, shared->refused);
    shared->children = shared->refused = shared->error = 0;
    usable(what);
}

static void *wait_for_ever(void *arg)
{
    (void)arg;
    for (;;)
        pause();
    return NULL;
}

/* As many threads as there may be, 5,000 at most. */
static void many_threads(void)
{
    pthread_attr_t small;
    pthread_t thread;

    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 16384);
    while (shared->threads < 5000 && (shared->error = pthread_create(&thread, &small, wait_for_ever, NULL)) == 0)
        shared->threads++;
    _exit(0);
}

static void much_memory(void)
{
    for (;;) {
        char *more = mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (more == MAP_FAILED)
            _exit(1);
        memset(more, 1, 8 << 20);
    }
}

/* Several that grow at a time: each is killed. */
static void hogs(void)
{
    pid_t pid[3];

    for (int i = 0; i < 3; i++) {
        pid[i] = fork();
        if (pid[i] == 0)
            much_memory();
    }
    for (int i = 0; i < 3; i++) {
        int status = status_of(pid[i]);

        if (status != SIGKILL)
            fail("a memory hog", status);
    }
    usable("memory hogs");
}

int main(void)
{
    if (getpid() != SUPERVISOR) {
        fprintf(stderr, "hogs: only for a guest, all of which it takes\n");
        return 2;
    }
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    run_bomb("a fork bomb with a limit", bomb_limited, 100);
    if (child(many_threads) != 0 || (shared->error != 0 && shared->error != EAGAIN) || shared->threads < 500)
        fail("many threads", shared->threads);
    fprintf(stderr, "%d threads\n", shared->threads);
    shared->error = 0;
    usable("many threads");
    hogs();
    run_bomb("a fork bomb", bomb_unlimited, 20);
    printf("all ended\n");
    return 0;
}
