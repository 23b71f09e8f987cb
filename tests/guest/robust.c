// SPDX-License-Identifier: Apache-2.0
/* robust.c - locks whose owner ends, as the kernel marks them (get_robust_list(2)), and what it makes of bad lists;
 * words that processes share; the word that a thread's end clears. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "futex.h"
#include "show.h"

struct list {
    struct list *next;
};
struct head {
    struct list list;
    long offset;
    struct list *pending;
};
struct lock {
    uint32_t word, rest;
    struct list list;
};

static const char *program;

#define LOCKS 4
static struct shared {
    struct head head;
    struct lock lock[LOCKS];
    atomic_uint turn;
} *shared;

static uint32_t tid(void)
{
    return (uint32_t)syscall(SYS_gettid);
}

static struct list *tagged(struct list *list)
{
    return (struct list *)((char *)list + 1);
}

/* Of all locks in order; the third is marked as one with priority inheritance. */
static void list_fill(void)
{
    struct head *head = &shared->head;

    memset(shared, 0, sizeof(*shared));
    head->offset = -(long)offsetof(struct lock, list);
    head->list.next = &shared->lock[0].list;
    for (int i = 0; i < LOCKS; i++) {
        shared->lock[i].list.next = i + 1 < LOCKS ? &shared->lock[i + 1].list : &head->list;
        if (i + 1 == 2)
            shared->lock[i].list.next = tagged(shared->lock[i].list.next);
    }
}

static void show_locks(const char *what, uint32_t owner)
{
    printf("%s:", what);
    for (int i = 0; i < LOCKS; i++) {
        uint32_t word = shared->lock[i].word, id = word & FUTEX_TID_MASK;
        printf(" %s%s%s", word & FUTEX_WAITERS ? "waiters+" : "", word & FUTEX_OWNER_DIED ? "died+" : "",
               id == 0       ? "nobody"
               : id == owner ? "owner"
                             : "other");
    }
    printf("\n");
}

/* A process that has the locks, and ends with the head at `head`, in one of several ways. */
static uint32_t owner_ends(void (*spoil)(void), int how)
{
    int status;
    pid_t child = fork_or_end();

    if (child == 0) {
        for (int i = 0; i < LOCKS; i++)
            shared->lock[i].word = tid() | (i == 1 ? FUTEX_WAITERS : 0);
        shared->lock[3].word = 1; /* somebody else's */
        if (syscall(SYS_set_robust_list, &shared->head, sizeof(struct head)) != 0)
            _exit(1);
        if (spoil != NULL)
            spoil();
        if (how == SIGKILL)
            kill(getpid(), SIGKILL);
        if (how == -1)
            execl(program, program, "quit", NULL);
        _exit(0);
    }
    waitpid(child, &status, 0);
    return (uint32_t)child;
}

static void nothing(void)
{
}

/* The first is about to be taken or given up: it is in both. */
static void pending_too(void)
{
    shared->head.pending = &shared->lock[0].list;
}

/* It isn't in the list, and has no owner: was it given up without a word? */
static void pending_alone(void)
{
    shared->head.list.next = &shared->head.list;
    shared->head.pending = &shared->lock[2].list;
    shared->lock[2].word = FUTEX_WAITERS;
}

static void ring(void)
{
    shared->lock[1].list.next = &shared->lock[0].list;
}

static void bad_next(void)
{
    shared->lock[1].list.next = (struct list *)number(8);
}

static void bad_head(void)
{
    shared->head.list.next = (struct list *)number(-4096ul);
}

static void bad_offset(void)
{
    shared->head.offset++;
}

static void far_offset(void)
{
    shared->head.offset = 0x7fffffffffffffff;
}

static void bad_list(void)
{
    syscall(SYS_set_robust_list, number(16), sizeof(struct head));
}

static void lists(void)
{
    static const struct {
        const char *name;
        void (*spoil)(void);
        int how;
    } cases[] = {
        {"exit", nothing, 0},
        {"killed", nothing, SIGKILL},
        {"exec", nothing, -1},
        {"pending and in the list", pending_too, 0},
        {"pending alone", pending_alone, 0},
        {"a ring", ring, 0},
        {"a bad pointer", bad_next, 0},
        {"a bad first one", bad_head, 0},
        {"words that aren't aligned", bad_offset, 0},
        {"words that are nowhere", far_offset, 0},
        {"a list that is nowhere", bad_list, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        list_fill();
        show_locks(cases[i].name, owner_ends(cases[i].spoil, cases[i].how));
    }
    show("a head of another size", syscall(SYS_set_robust_list, &shared->head, sizeof(struct head) - 1));
}

/* Processes that wait for the same lock learn of its owner's end, one of them. */
static void death_wakes(void)
{
    pid_t child[2];
    int status;
    uint32_t owner, expected;

    list_fill();
    for (int i = 0; i < 2; i++) {
        child[i] = fork_or_end();
        if (child[i] == 0) {
            while (shared->turn == 0)
                sched_yield();
            expected = shared->lock[1].word;
            _exit(futex(&shared->lock[1].word, FUTEX_WAIT, expected, NULL, NULL, 0) == 0 ? 0 : errno);
        }
    }
    pid_t pid = fork_or_end();
    if (pid == 0) {
        shared->lock[1].word = tid() | FUTEX_WAITERS;
        syscall(SYS_set_robust_list, &shared->head, sizeof(struct head));
        shared->turn = 1;
        until_waiting(&shared->lock[1].word, 0, 2);
        _exit(0);
    }
    owner = (uint32_t)pid;
    waitpid(pid, &status, 0);
    show_locks("after its owner", owner);
    show("still wait", waiting(&shared->lock[1].word, 0));
    show("wake the other", futex(&shared->lock[1].word, FUTEX_WAKE, 9, NULL, NULL, 0));
    for (int i = 0; i < 2; i++) {
        waitpid(child[i], &status, 0);
        show("a waiter's result", WEXITSTATUS(status));
    }
}

static void *thread_dies(void *arg)
{
    atomic_uint *number_of = arg;

    shared->lock[0].word = tid() | FUTEX_WAITERS;
    *number_of = tid();
    syscall(SYS_set_robust_list, &shared->head, sizeof(struct head));
    until_waiting(&shared->lock[0].word, 0, 1);
    return NULL;
}

/* A thread's end wakes another of its process, as well. */
static void thread_death(void)
{
    atomic_uint owner = 0;
    pthread_t thread;
    struct head *head;
    size_t size;

    list_fill();
    if (pthread_create(&thread, NULL, thread_dies, &owner) != 0)
        exit(1);
    while (owner == 0)
        sched_yield();
    uint32_t expected = owner | FUTEX_WAITERS;
    show("wait for a thread's lock", futex(&shared->lock[0].word, FUTEX_WAIT, expected, NULL, NULL, 0));
    show_locks("after the thread", owner);
    pthread_join(thread, NULL);
    syscall(SYS_set_robust_list, &shared->head, sizeof(struct head));
    show("own list", syscall(SYS_get_robust_list, 0, &head, &size));
    show_bool("the one that was set", head == &shared->head && size == sizeof(struct head));
    syscall(SYS_set_robust_list, NULL, sizeof(struct head));
    show("no such thread's list", syscall(SYS_get_robust_list, 0x3fffffff, &head, &size));
    pid_t child = fork_or_end();
    if (child == 0) {
        syscall(SYS_set_robust_list, &shared->lock[1], sizeof(struct head));
        shared->turn = 1;
        while (shared->turn == 1)
            sched_yield();
        _exit(0);
    }
    while (shared->turn == 0)
        sched_yield();
    show("a child's list", syscall(SYS_get_robust_list, child, &head, &size));
    show_bool("what the child has set", (void *)head == &shared->lock[1]);
    show("no place for it", syscall(SYS_get_robust_list, child, number(8), &size));
    shared->turn = 2;
    waitpid(child, NULL, 0);
}

/* A mutex of the C library's, in memory that processes share. */
static void library_mutex(void)
{
    pthread_mutexattr_t attr;
    pthread_mutex_t *mutex = (void *)shared;
    int error;

    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(mutex, &attr);
    if (fork_or_end() == 0) {
        pthread_mutex_lock(mutex);
        _exit(0);
    }
    wait(NULL);
    error = pthread_mutex_lock(mutex);
    printf("lock after its owner's death: %s\n", error_name(error));
    printf("consistent: %d\n", pthread_mutex_consistent(mutex));
    printf("unlock: %d\n", pthread_mutex_unlock(mutex));
    printf("lock again: %d\n", pthread_mutex_lock(mutex));
}

/* Words that are shared by fork are the same wherever they are mapped; private ones aren't. */
static void across_fork(void)
{
    static const struct timespec soon = {0, 100000000};
    static uint32_t private_word;
    uint32_t *word = &shared->lock[2].word;
    int status;
    pid_t child;

    list_fill();
    child = fork_or_end();
    if (child == 0) {
        void *moved = mmap(NULL, (size_t)page_size(), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        moved = mremap(shared, sizeof(*shared), sizeof(*shared), MREMAP_MAYMOVE | MREMAP_FIXED, moved);
        word = &((struct shared *)moved)->lock[2].word;
        _exit(moved == MAP_FAILED || futex(word, FUTEX_WAIT, 0, NULL, NULL, 0) != 0);
    }
    until_waiting(word, 0, 1);
    show("the private way it isn't the same", futex(word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 9, NULL, NULL, 0));
    show("wake the child", futex(word, FUTEX_WAKE, 9, NULL, NULL, 0));
    waitpid(child, &status, 0);
    show("its status", status);
    child = fork_or_end();
    if (child == 0) {
        shared->turn = 1;
        _exit(futex(&private_word, FUTEX_WAIT, 0, &soon, NULL, 0) == -1 && errno == ETIMEDOUT ? 0 : 1);
    }
    while (shared->turn == 0)
        sched_yield();
    show("a copy's word is another one", futex(&private_word, FUTEX_WAKE, 9, NULL, NULL, 0));
    waitpid(child, &status, 0);
    show("its status", status);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "quit") == 0)
        return 0;
    program = argv[0];
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return 1;
    setvbuf(stdout, NULL, _IONBF, 0);
    lists();
    death_wakes();
    thread_death();
    library_mutex();
    across_fork();
    return 0;
}
