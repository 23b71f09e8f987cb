/* SPDX-License-Identifier: Apache-2.0 */
/* turns.c - see turns.h. */
#include "turns.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

static struct {
    sem_t turn;
    void (*entry)(void);
} contexts[TURNS];

static void await(unsigned index)
{
    while (sem_wait(&contexts[index].turn) != 0)
        ;
}

static void *run(void *arg)
{
    unsigned index = *(unsigned *)arg;

    free(arg);
    await(index);
    contexts[index].entry();
    return NULL;
}

void turns_init(unsigned self)
{
    if (sem_init(&contexts[self].turn, 0, 0) != 0)
        abort();
}

void turn_make(unsigned index, void (*entry)(void))
{
    unsigned *arg = malloc(sizeof(*arg));
    pthread_t thread;

    if (arg == NULL || sem_init(&contexts[index].turn, 0, 0) != 0)
        abort();
    *arg = index;
    contexts[index].entry = entry;
    if (pthread_create(&thread, NULL, run, arg) != 0 || pthread_detach(thread) != 0)
        abort();
}

void turn_pass(unsigned from, unsigned to)
{
    sem_post(&contexts[to].turn);
    await(from);
}
