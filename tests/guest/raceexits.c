/* SPDX-License-Identifier: Apache-2.0 */
/* raceexits.c - exec, exit_group, a fatal fault and the end of the first thread while other threads compute, call,
 * fault pages in and wait, on other CPUs. */
#define _GNU_SOURCE
#include "family.h"
#include "racers.h"

#define ROUNDS 6
#define KINDS 5

enum { COMPUTES, CALLS, FAULTS, WAITS, STARTS };
enum { EXEC, EXIT_GROUP, FAULT, BOTH };

static atomic_int ready;
static int ends[2];

static void *nothing(void *arg)
{
    return arg;
}

static void busy(int kind)
{
    const size_t size = 8 * (size_t)page_size();
    char byte;

    switch (kind) {
    case COMPUTES:
        racers_spin(1000);
        break;
    case CALLS:
        syscall(SYS_getppid);
        break;
    case FAULTS: {
        volatile char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        for (size_t i = 0; at != MAP_FAILED && i < size; i += (size_t)page_size())
            at[i] = 1;
        munmap((void *)at, size);
        break;
    }
    case WAITS:
        if (read(ends[0], &byte, 1) == 1)
            puts("something came");
        break;
    default:
        racers_start(nothing, NULL);
    }
}

static void *thread_body(void *arg)
{
    int kind = (int)(intptr_t)arg;

    if (kind == STARTS)
        pthread_detach(pthread_self());
    atomic_fetch_add(&ready, 1);
    for (;;)
        if (kind == STARTS) {
            pthread_t other;
            if (pthread_create(&other, NULL, nothing, NULL) == 0)
                pthread_join(other, NULL);
        } else {
            busy(kind);
        }
    return NULL;
}

static void end(int how)
{
    volatile int *volatile nowhere = NULL;

    if (how == EXEC || how == BOTH)
        execl("/proc/self/exe", "raceexits", "again", (char *)NULL);
    if (how == FAULT)
        *nowhere = 1;
    _exit(7);
}

static void *ender(void *arg)
{
    racers_wait(&ready, KINDS);
    end((int)(intptr_t)arg);
    return NULL;
}

/* A process with threads of each kind, that one of them, or the first, ends. */
static int run(int how, bool by_first)
{
    int status = 0;
    pid_t pid = branch();

    if (pid != 0)
        return waitpid(pid, &status, 0) == pid ? status : -1;
    if (pipe(ends) != 0)
        _exit(1);
    for (int kind = 0; kind < KINDS; kind++)
        racers_start(thread_body, (void *)(intptr_t)kind);
    if (by_first)
        (void)ender((void *)(intptr_t)how);
    racers_start(ender, (void *)(intptr_t)how);
    if (how == BOTH) /* two at once */
        racers_start(ender, (void *)(intptr_t)EXEC);
    if (how == EXIT_GROUP)
        pthread_exit(NULL);
    for (;;)
        busy(CALLS);
}

static void all(const char *what, int how, bool by_first, int expected)
{
    int right = 0;

    for (int n = 0; n < ROUNDS; n++)
        right += run(how, by_first) == expected;
    printf("%s: %d of %d\n", what, right, ROUNDS);
}

int main(int argc, char **argv)
{
    const struct rlimit none = {0, 0};

    if (argc > 1 && strcmp(argv[1], "again") == 0)
        return 9;
    setrlimit(RLIMIT_CORE, &none);
    all("exec by the first", EXEC, true, 9 << 8);
    all("exec by another", EXEC, false, 9 << 8);
    all("exec by two", BOTH, false, 9 << 8);
    all("exit_group by the first", EXIT_GROUP, true, 7 << 8);
    all("exit_group by another, the first gone", EXIT_GROUP, false, 7 << 8);
    all("a fault of the first", FAULT, true, SIGSEGV);
    all("a fault of another", FAULT, false, SIGSEGV);
    return 0;
}
