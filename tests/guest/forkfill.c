/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forkfill.c - forks with so much memory that not all of it can be copied: 4 MiB of it, or as many as the second
 * argument says. Children write all over it, and may end early; their parent is told how.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/wait.h>

#include "show.h"

#define MIB (1l << 20)

static char *fill(size_t size)
{
    char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (at != MAP_FAILED)
        memset(at, 1, size);
    return at;
}

/* 0; 1: fork failed with ENOMEM; 2: the child was killed; 3: there was something else. */
static int fill_and_fork(size_t size)
{
    char *at = fill(size);
    int status = 0;

    if (at == MAP_FAILED)
        return 3;
    pid_t child = fork();
    if (child < 0)
        return errno == ENOMEM ? 1 : 3;
    if (child == 0) {
        for (size_t i = 0; i < size; i += 512)
            at[i] = 2;
        _exit(0);
    }
    if (waitpid(child, &status, 0) != child)
        return 3;
    for (size_t i = 0; i < size; i += 512)
        if (at[i] != 1)
            return 3;
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? 2 : status != 0 ? 3 : 0;
}

int main(int argc, char **argv)
{
    size_t size = (size_t)(argc > 2 ? atol(argv[2]) : 4) * MIB;

    for (int round = 0; round < 3; round++) {
        int status = 0;

        fflush(stdout);
        pid_t child = fork();
        if (child == 0)
            _exit(fill_and_fork(size));
        waitpid(child, &status, 0);
        if (WIFSIGNALED(status))
            show("the parent is ended by signal", WTERMSIG(status));
        else
            show("it ends with", WEXITSTATUS(status));
        while (waitpid(-1, &status, 0) > 0)
            ;
    }
    show_bool("there is memory", fill(2 * MIB) != MAP_FAILED);
    return 0;
}
