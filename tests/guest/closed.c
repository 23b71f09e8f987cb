/* SPDX-License-Identifier: Apache-2.0 */
/* closed.c - a descriptor that another thread closes while a call waits on it: the call keeps what it has. */
#include <pthread.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include "meanwhile.h"
#include "show.h"

static int ends[2], go[2], counter;
static char block[1 << 20];

/* The first thread, which is about to wait, does. */
static void until_it_waits(void)
{
    until_asleep(getpid());
}

static void *close_reader(void *arg)
{
    until_it_waits();
    printf("close: %d\n", close(ends[0]));
    write(ends[1], "abc", 3);
    return arg;
}

static void *close_writer(void *arg)
{
    char byte;

    until_it_waits();
    printf("close: %d\n", close(ends[1]));
    for (long left = sizeof(block); left != 0; left -= read(ends[0], block, sizeof(block)))
        ;
    printf("the end: %ld\n", (long)read(ends[0], &byte, 1));
    return arg;
}

static void *replace_counter(void *arg)
{
    int other = dup(counter);
    uint64_t one = 1;

    until_it_waits();
    printf("dup2: %d\n", dup2(ends[0], counter) == counter);
    write(other, &one, sizeof(one));
    close(other);
    return arg;
}

static void *lock_later(void *arg)
{
    until_it_waits();
    printf("close: %d\n", close(*(int *)arg));
    write(go[1], "x", 1);
    return NULL;
}

static void record_lock(void)
{
    int fd = open("locked", O_CREAT | O_RDWR, 0600), parts[2];
    struct flock lock = {.l_type = F_WRLCK};
    pthread_t thread;
    char byte;

    pipe(parts);
    pipe(go);
    if (fork() == 0) {
        fcntl(fd, F_SETLK, &lock);
        write(parts[1], "x", 1);
        read(go[0], &byte, 1);
        _exit(0);
    }
    read(parts[0], &byte, 1);
    pthread_create(&thread, NULL, lock_later, &fd);
    show("a lock whose descriptor goes", fcntl(fd, F_SETLKW, &lock));
    pthread_join(thread, NULL);
    wait(NULL);
}

int main(int argc, char **argv)
{
    pthread_t thread;
    uint64_t value = 0;
    long got;

    setvbuf(stdout, NULL, _IONBF, 0);
    enter(argc, argv);
    pipe(ends);
    pthread_create(&thread, NULL, close_reader, NULL);
    got = read(ends[0], block, 10);
    pthread_join(thread, NULL);
    show("read", got);
    show("it is closed", fcntl(ends[0], F_GETFD));
    close(ends[1]);

    pipe(ends);
    pthread_create(&thread, NULL, close_writer, NULL);
    got = write(ends[1], block, sizeof(block));
    pthread_join(thread, NULL);
    show("write", got);
    close(ends[0]);

    pipe(ends);
    counter = eventfd(0, 0);
    pthread_create(&thread, NULL, replace_counter, NULL);
    got = read(counter, &value, sizeof(value));
    pthread_join(thread, NULL);
    show("read of a counter", got);
    record_lock();
    return 0;
}
