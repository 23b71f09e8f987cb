/* SPDX-License-Identifier: Apache-2.0 */
/*
 * greedy.c - takes what it is told to take, without an end: CPU time, output, processes that nobody waits for. It does
 * so as the program of a machine of its own only, where tests/cli/bounded.sh sets bounds.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "show.h"

static void *spin_on(void *arg)
{
    for (volatile unsigned n = 0;; n++)
        ;
    return arg;
}

static void spin(void)
{
    pthread_t other;

    pthread_create(&other, NULL, spin_on, NULL);
    spin_on(NULL);
}

/* As long as a limit of CPU time is, and longer, without using it. */
static void sleep_on(void)
{
    nanosleep(&(struct timespec){2, 200000000}, NULL);
}

/* In turn to both streams, from 1 byte on to many. */
static void talk(void)
{
    static char bytes[40000];

    memset(bytes, 'x', sizeof(bytes));
    for (size_t n = 1;; n = n < sizeof(bytes) / 3 ? n * 3 : n)
        if (write(STDOUT_FILENO, bytes, n) < 0 || write(STDERR_FILENO, bytes, n / 2) < 0)
            _exit(1);
}

static void write_thousand(void)
{
    char bytes[500];

    memset(bytes, 'y', sizeof(bytes));
    if (write(STDOUT_FILENO, bytes, sizeof(bytes)) < 0 || write(STDERR_FILENO, bytes, sizeof(bytes)) < 0)
        _exit(1);
}

/* Children that end at once and stay until somebody waits for them. */
static void leave_children(void)
{
    int made = 0;
    pid_t pid;

    while (made < 1000 && (pid = fork()) != -1) {
        if (pid == 0)
            _exit(0);
        made++;
    }
    printf("%d children: %s\n", made, made < 1000 ? error_name(errno) : "no end");
}

static void be_killed(void)
{
    raise(SIGSEGV);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*take)(void);
    } kinds[] = {{"spin", spin},
                 {"sleep", sleep_on},
                 {"talk", talk},
                 {"thousand", write_thousand},
                 {"children", leave_children},
                 {"killed", be_killed}};

    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && getpid() <= 2; i++) {
        if (argc > 1 && strcmp(argv[1], kinds[i].name) == 0) {
            kinds[i].take();
            return 0;
        }
    }
    printf("not in a machine of its own, or nothing to take\n");
    return 0;
}
