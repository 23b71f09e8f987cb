/* SPDX-License-Identifier: Apache-2.0 */
/* hog.c - a child takes memory, 4 MiB of it, or (with an argument more, "touch" or "copy") without end; its parent
 * tells what has become of it, and that there is memory again. */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/wait.h>

#include "show.h"

#define CHUNK (1l << 20)

/* By itself, or by the kernel's own hand. */
static void take(long chunks, int by_copy)
{
    int zero = open("/dev/zero", O_RDONLY);

    for (long i = 0; i < chunks; i++) {
        char *chunk = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (chunk == MAP_FAILED)
            _exit(2);
        if (!by_copy)
            memset(chunk, 1, CHUNK);
        else if (read(zero, chunk, CHUNK) != CHUNK)
            _exit(3);
    }
}

int main(int argc, char **argv)
{
    long chunks = argc > 2 ? 1l << 20 : 4;
    int by_copy = argc > 2 && strcmp(argv[2], "copy") == 0;

    for (int round = 0; round < 3; round++) {
        int status = 0;

        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            take(chunks, by_copy);
            _exit(0);
        }
        waitpid(child, &status, 0);
        if (WIFSIGNALED(status))
            show("the child is ended by signal", WTERMSIG(status));
        else
            show("the child ends with", WEXITSTATUS(status));
        take(2, 0);
    }
    printf("and there is memory\n");
    return 0;
}
