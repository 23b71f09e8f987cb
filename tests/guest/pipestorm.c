/* SPDX-License-Identifier: Apache-2.0 */
/* pipestorm.c - four processes do anything at all with the same pipes, from a seed; nothing waits. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "show.h"

#define PIPES 8u
#define STEPS 10000

static int ends[PIPES][2], file;
static unsigned seed;
static char block[200000];

static unsigned any(unsigned below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

/* A pipe of this process's alone takes the place of one. */
static void replace(unsigned n)
{
    close(ends[n][0]);
    close(ends[n][1]);
    pipe2(ends[n], O_NONBLOCK);
}

static void step(void)
{
    unsigned from = any(PIPES), to = any(PIPES);
    size_t size = any(any(3) != 0 ? 9000 : 100000);
    off_t offset = any(100000);
    struct iovec vector = {block + any(5000), size};

    switch (any(12)) {
    case 0:
        write(ends[to][1], block, size);
        break;
    case 1:
        splice(ends[from][0], NULL, ends[to][1], NULL, size, SPLICE_F_NONBLOCK);
        break;
    case 2:
        tee(ends[from][0], ends[to][1], size, SPLICE_F_NONBLOCK);
        break;
    case 3:
        splice(file, &offset, ends[to][1], NULL, size, SPLICE_F_NONBLOCK);
        break;
    case 4:
        splice(ends[from][0], NULL, file, &offset, size, SPLICE_F_NONBLOCK);
        break;
    case 5:
        vmsplice(ends[to][1], &vector, 1, SPLICE_F_NONBLOCK);
        break;
    case 6:
        vmsplice(ends[from][0], &vector, 1, SPLICE_F_NONBLOCK);
        break;
    case 7:
        fcntl(ends[to][1], F_SETPIPE_SZ, (int)size * 4);
        break;
    case 8:
        sendfile(ends[to][1], file, &offset, size);
        break;
    case 9:
        if (any(50) == 0)
            replace(from);
        if (any(100) == 0)
            ftruncate(file, any(100000));
        break;
    default:
        read(ends[from][0], block, size);
    }
}

int main(int argc, char **argv)
{
    int status;

    enter(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    for (unsigned i = 0; i < PIPES; i++)
        pipe2(ends[i], O_NONBLOCK | (i == 3 ? O_DIRECT : 0));
    file = open("file", O_CREAT | O_RDWR, 0600);
    write(file, block, 100000);
    for (unsigned i = 0; i < 4; i++) {
        if (fork() == 0) {
            seed = i;
            for (int n = 0; n < STEPS; n++) {
                step();
                if (n % 64 == 0)
                    sched_yield();
            }
            _exit(0);
        }
    }
    for (int i = 0; i < 4; i++) {
        wait(&status);
        show("ended", status);
    }
    return 0;
}
