/* SPDX-License-Identifier: Apache-2.0 */
/* proc_execs.c - what was opened of a process under /proc before it executes another program doesn't lead to that one.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "show.h"

static const char *const names[] = {"maps", "smaps", "environ", "mem", "pagemap"};
enum { NAMES = sizeof(names) / sizeof(names[0]) };

static long place; /* of something that the first program has in its memory */

static void look(const int *fds)
{
    char bytes[64];

    for (unsigned i = 0; i < NAMES; i++) {
        off_t pos = strcmp(names[i], "mem") == 0 ? (off_t)(uintptr_t)&place : 0;
        printf("  %s: %s\n", names[i], pread(fds[i], bytes, sizeof(long), pos) > 0 ? "something" : "nothing");
    }
}

/* The child says when it is there, and ends when nobody can tell it anything any more. */
static void other(int said, int told)
{
    char byte = 0;

    (void)!write(said, &byte, 1);
    (void)!read(told, &byte, 1);
}

int main(int argc, char **argv)
{
    int said[2], told[2], fds[NAMES], status;
    char path[64], byte;

    (void)argv;
    if (argc == 1 || strcmp(argv[1], "other") != 0) {
        if (pipe(said) != 0 || pipe(told) != 0)
            return 2;
        setvbuf(stdout, NULL, _IONBF, 0);
        pid_t child = fork();
        if (child == 0) {
            other(said[1], told[0]);
            dup2(said[1], 1);
            dup2(told[0], 0);
            execl(argv[0], argv[0], "other", (char *)NULL);
            _exit(3);
        }
        (void)!read(said[0], &byte, 1);
        for (unsigned i = 0; i < NAMES; i++) {
            snprintf(path, sizeof(path), "/proc/%d/%s", (int)child, names[i]);
            fds[i] = open(path, O_RDONLY);
        }
        printf("before\n");
        look(fds);
        (void)!write(told[1], "x", 1);
        (void)!read(said[0], &byte, 1);
        printf("after\n");
        look(fds);
        (void)!write(told[1], "x", 1);
        show("waited", waitpid(child, &status, 0) == child ? status : -1);
        return 0;
    }
    other(1, 0);
    return 0;
}
