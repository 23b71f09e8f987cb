/* SPDX-License-Identifier: Apache-2.0 */
/* aiowait.c - io_submit(2) that waits for a pipe, while another thread asks for events and destroys the context. */
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

#include "meanwhile.h"
#include "show.h"

struct iocb_text { /* struct iocb of linux/aio_abi.h */
    uint64_t data;
    uint32_t key, rw_flags;
    uint16_t opcode;
    int16_t priority;
    uint32_t fd;
    uint64_t buffer, bytes, offset, reserved;
    uint32_t flags, event_fd;
};

static unsigned long context;
static int ends[2];
static sem_t asked; /* for events */

static void *write_late(void *arg)
{
    sem_wait(&asked);
    usleep(40000);
    write(ends[1], "abc", 3);
    return arg;
}

/* While the other thread waits in io_submit. */
static void *meanwhile(void *arg)
{
    struct timespec soon = {0, 1000000};
    uint64_t event[4];

    until_asleep(getpid());
    printf("events: %ld\n", syscall(SYS_io_getevents, context, 0, 1, event, &soon));
    sem_post(&asked);
    if (arg != NULL)
        printf("destroy: %ld\n", syscall(SYS_io_destroy, context));
    return arg;
}

static void submit(void *destroy)
{
    char text[16];
    struct iocb_text iocb = {.opcode = 0, .buffer = (uint64_t)(uintptr_t)text, .bytes = 3};
    struct iocb_text *list[1] = {&iocb};
    uint64_t event[4] = {0};
    struct timespec soon = {0, 1000000};
    pthread_t writer, thread;

    context = 0;
    sem_init(&asked, 0, 0);
    pipe(ends);
    iocb.fd = (uint32_t)ends[0];
    show("setup", syscall(SYS_io_setup, 4, &context));
    pthread_create(&writer, NULL, write_late, NULL);
    pthread_create(&thread, NULL, meanwhile, destroy);
    long result = syscall(SYS_io_submit, context, 1, list);
    pthread_join(thread, NULL);
    pthread_join(writer, NULL);
    show("submit", result);
    if (destroy == NULL) {
        show("events", syscall(SYS_io_getevents, context, 1, 1, event, &soon));
        show("its result", (long)event[2]);
        show("destroy", syscall(SYS_io_destroy, context));
    }
    close(ends[0]);
    close(ends[1]);
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    submit(NULL);
    submit(argv);
    return 0;
}
