/* SPDX-License-Identifier: Apache-2.0 */
/* longcalls.c - a call that takes long in the kernel keeps nobody else out of it: other CPUs' calls are served
 * meanwhile, and a signal that one of them sends ends it early. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/time.h>
#include <sys/uio.h>

#include "racers.h"

#define SIZE (4u << 20)
#define VECTORS 511 /* as much as one call takes: 2 GiB, nearly */
#define ATTEMPTS 20

static struct racers_cpus cpus;
static unsigned char bytes[SIZE];
static atomic_int attempt, done;

static void handler(int signal)
{
    (void)signal;
}

static int is_full(ssize_t got)
{
    return got == (ssize_t)SIZE * VECTORS;
}

/* Reads zeros over and over into the same memory. How many calls it took until one came back early; 0: none did. */
static void *reader(void *arg)
{
    struct iovec vector[VECTORS];
    int fd = open("/dev/zero", O_RDONLY);
    intptr_t ended = 0;

    (void)arg;
    racers_pin(0, cpus.number[cpus.count - 1]);
    for (int i = 0; i < VECTORS; i++)
        vector[i] = (struct iovec){bytes, SIZE};
    for (int i = 1; i <= ATTEMPTS && ended == 0; i++) {
        memset(bytes, 1, SIZE);
        atomic_store(&attempt, i);
        ssize_t got = readv(fd, vector, VECTORS);
        if (got > 0 && !is_full(got))
            ended = i;
    }
    atomic_store(&done, 1);
    close(fd);
    return (void *)ended;
}

/* Whether the call has begun: its first bytes have arrived. */
static int has_begun(void)
{
    return atomic_load(&attempt) != 0 && *(volatile unsigned char *)&bytes[SIZE - 1] == 0;
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler};
    pthread_t thread;
    void *ended;

    cpus = racers_cpus_get();
    racers_pin(0, cpus.number[0]);
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGALRM, &action, NULL);
    thread = racers_start(reader, NULL);
    if (cpus.count == 1) { /* nobody else can send it */
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGALRM);
        pthread_sigmask(SIG_BLOCK, &set, NULL);
        setitimer(ITIMER_REAL, &(struct itimerval){{0, 20000}, {0, 20000}}, NULL);
    }
    while (cpus.count > 1 && !atomic_load(&done)) {
        if (has_begun())
            pthread_kill(thread, SIGUSR1);
        sched_yield();
    }
    pthread_join(thread, &ended);
    show_bool("a signal ends a long call early", ended != NULL);
    return 0;
}
