/* SPDX-License-Identifier: Apache-2.0 */
/* splicewaits.c - threads that wait in splice, tee and vmsplice don't use up what read and write are woken for. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/uio.h>

#include "show.h"

static int in[2], out[2], target;
static char block[1 << 20];
static ssize_t done; /* by the second thread */

static void *reads(void *arg)
{
    char bytes[64];

    (void)arg;
    done = read(in[0], bytes, 4);
    return NULL;
}

static void *writes(void *arg)
{
    (void)arg;
    done = write(in[1], block, 4096);
    return NULL;
}

static void *splices(void *arg)
{
    (void)arg;
    (void)!splice(in[0], NULL, target, NULL, 1, 0);
    return NULL;
}

static void *moves(void *arg)
{
    (void)arg;
    (void)!splice(in[0], NULL, out[1], NULL, 1, 0);
    return NULL;
}

static void *tees(void *arg)
{
    (void)arg;
    (void)!tee(in[0], out[1], 100, 0);
    return NULL;
}

static void *adds(void *arg)
{
    struct iovec vector = {block, 100};

    (void)arg;
    (void)!vmsplice(in[1], &vector, 1, 0);
    return NULL;
}

/* `first` waits, then `second`, and then there is enough for both. If they are slower than that, nobody waits. */
static void both(const char *name, void *(*first)(void *arg), void *(*second)(void *arg), int is_full)
{
    pthread_t thread[2];
    size_t size;

    printf("%s\n", name);
    if (pipe(in) != 0 || pipe(out) != 0)
        exit(1);
    size = (size_t)fcntl(in[1], F_GETPIPE_SZ);
    if (is_full && size <= sizeof(block))
        show_ok("fill", write(in[1], block, size));
    pthread_create(&thread[0], NULL, first, NULL);
    usleep(20000);
    pthread_create(&thread[1], NULL, second, NULL);
    usleep(20000);
    if (is_full)
        show_ok("drain", read(in[0], block, size));
    else
        (void)!write(in[1], "0123456789", 10);
    pthread_join(thread[1], NULL);
    pthread_join(thread[0], NULL);
    show(is_full ? "write" : "read", done);
    for (unsigned i = 0; i < 2; i++) {
        close(in[i]);
        close(out[i]);
    }
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    target = open("file", O_WRONLY | O_CREAT, 0600);
    if (target < 0)
        return 1;
    both("splice to a file", splices, reads, 0);
    both("splice to a pipe", moves, reads, 0);
    both("tee", tees, reads, 0);
    both("vmsplice", adds, writes, 1);
    return 0;
}
