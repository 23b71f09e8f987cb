/* SPDX-License-Identifier: Apache-2.0 */
/* tmpfs_shared.c - memory and semaphores that processes share by name: shm_open(3) and sem_open(3) by two programs that
 * have nothing but the names in common. */
#define _GNU_SOURCE
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "show.h"

#define ROUNDS 200
#define SIZE (3 << 20)

struct shared {
    unsigned turns, wrong;
    char bytes[SIZE];
};

static char names[3][64];

static void name_all(const char *tag)
{
    snprintf(names[0], sizeof(names[0]), "/tmpfs-shared-memory-%s", tag);
    snprintf(names[1], sizeof(names[1]), "/tmpfs-shared-ping-%s", tag);
    snprintf(names[2], sizeof(names[2]), "/tmpfs-shared-pong-%s", tag);
}

static struct shared *map_shared(int flags)
{
    int fd = shm_open(names[0], O_RDWR | flags, 0600);

    if (fd < 0 || ((flags & O_CREAT) && ftruncate(fd, sizeof(struct shared)) != 0))
        return NULL;
    struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return shared != MAP_FAILED ? shared : NULL;
}

/* The other program: answers each turn. */
static int other(void)
{
    struct shared *shared = map_shared(0);
    sem_t *ping = sem_open(names[1], 0), *pong = sem_open(names[2], 0);

    if (shared == NULL || ping == SEM_FAILED || pong == SEM_FAILED)
        return 3;
    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned at = i * 7919u * 4096u % SIZE;

        sem_wait(ping);
        shared->wrong += shared->turns != 2 * i + 1 || shared->bytes[at] != (char)i;
        shared->bytes[at] = (char)(i + 1);
        shared->turns++;
        sem_post(pong);
    }
    return 0;
}

static void play(struct shared *shared, sem_t *ping, sem_t *pong)
{
    unsigned wrong = 0;

    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned at = i * 7919u * 4096u % SIZE;

        shared->bytes[at] = (char)i;
        shared->turns++;
        sem_post(ping);
        sem_wait(pong);
        wrong += shared->bytes[at] != (char)(i + 1);
    }
    printf("%u turns, wrong here %u, there %u\n", shared->turns, wrong, shared->wrong);
}

int main(int argc, char **argv)
{
    char tag[32];
    int status;

    if (argc == 3 && strcmp(argv[1], "other") == 0) {
        name_all(argv[2]);
        return other();
    }
    snprintf(tag, sizeof(tag), "%d", (int)getpid());
    name_all(tag);
    struct shared *shared = map_shared(O_CREAT | O_EXCL);
    sem_t *ping = sem_open(names[1], O_CREAT | O_EXCL, 0600, 0), *pong = sem_open(names[2], O_CREAT | O_EXCL, 0600, 0);

    show("made", shared != NULL && ping != SEM_FAILED && pong != SEM_FAILED);
    show("once only", sem_open(names[1], O_CREAT | O_EXCL, 0600, 0) == SEM_FAILED && errno == EEXIST);
    fflush(stdout);
    if (fork() == 0) {
        execl(argv[0], argv[0], "other", tag, (char *)NULL);
        _exit(4);
    }
    play(shared, ping, pong);
    wait(&status);
    printf("the other one ended with %d\n", WEXITSTATUS(status));
    sem_close(ping);
    sem_close(pong);
    for (int i = 0; i < 3; i++)
        show("unlink", i == 0 ? shm_unlink(names[i]) : sem_unlink(names[i]));
    show("gone", shm_open(names[0], O_RDWR, 0) == -1 && errno == ENOENT);
    return 0;
}
