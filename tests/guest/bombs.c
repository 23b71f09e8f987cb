/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bombs.c - forks, or starts threads, until that is refused, and then once more when all have gone. It does so as the
 * program of a machine of its own only, where tests/cli/bombs.sh runs it; a shared one would suffer.
 */
#define _GNU_SOURCE
#include <pthread.h>

#include "family.h"

#define ENOUGH 100000 /* no bound was there */

static void *rest(void *arg)
{
    for (;;)
        pause();
    return arg;
}

static void processes(void)
{
    int made = 0, reaped = 0;
    pid_t pid;

    fflush(stdout);
    while (made < ENOUGH && (pid = fork()) != -1) {
        if (pid == 0)
            rest(NULL);
        made++;
    }
    show("fork", made == ENOUGH ? 0 : -1);
    show_bool("some were made", made > 50);
    kill(-1, SIGKILL);
    while (wait(NULL) > 0)
        reaped++;
    show_bool("all ended", reaped == made);
    pid = branch();
    if (pid == 0)
        _exit(5);
    reap("and once more", pid);
}

static void threads(void)
{
    pthread_attr_t small;
    pthread_t id;
    int made = 0, error = 0;

    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 16384);
    while (made < ENOUGH && (error = pthread_create(&id, &small, rest, NULL)) == 0)
        made++;
    printf("threads: %s\n", error_name(error));
    show_bool("some were made", made > 50);
}

/* Each of them makes more. */
static void chain_reaction(void)
{
    pid_t own = getpid();

    fflush(stdout);
    for (int i = 0; i < ENOUGH; i++) {
        if (fork() != -1)
            continue;
        if (getpid() != own)
            _exit(0);
        show("a chain reaction", -1);
        leave(0);
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } kinds[] = {{"processes", processes}, {"threads", threads}, {"chain", chain_reaction}};

    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && getpid() <= 2; i++) {
        if (argc > 1 && strcmp(argv[1], kinds[i].name) == 0) {
            kinds[i].run();
            return 0;
        }
    }
    printf("not in a machine of its own, or of no kind\n");
    return 0;
}
