/* SPDX-License-Identifier: Apache-2.0 */
/* racesysv.c - several processes at once on the same semaphores, messages and segments, which come and go meanwhile:
 * what has to be there afterwards is, and nothing else. */
#define _GNU_SOURCE
#include <mqueue.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "sysv.h"

enum { WORKERS = 4, ROUNDS = 300 };

struct shared {
    unsigned counter;           /* under a semaphore */
    unsigned received[WORKERS]; /* messages, of each sender */
    unsigned strange;           /* results that can't be */
};

static struct shared *shared;
static int sem, queue;
static char name[64];

static void strange(int is)
{
    if (is)
        __atomic_fetch_add(&shared->strange, 1, __ATOMIC_SEQ_CST);
}

static void run(void (*work)(int worker))
{
    fflush(stdout);
    for (int worker = 0; worker < WORKERS; worker++) {
        if (fork() == 0) {
            work(worker);
            _exit(0);
        }
    }
    while (wait(NULL) > 0)
        ;
}

/* A lock, which who ends with it gives back. */
static void lock(int worker)
{
    struct sembuf down = {0, -1, SEM_UNDO}, up = {0, 1, SEM_UNDO};

    for (int i = 0; i < ROUNDS; i++) {
        strange(semop(sem, &down, 1) != 0);
        unsigned was = *(volatile unsigned *)&shared->counter;
        if (i % 16 == worker)
            usleep(1);
        *(volatile unsigned *)&shared->counter = was + 1;
        strange(semop(sem, &up, 1) != 0);
    }
    semop(sem, &down, 1);
    if (worker % 2 != 0)
        kill(getpid(), SIGKILL);
}

/* Each gives to two others what it takes of its own two. */
static void both(int worker)
{
    struct sembuf take[] = {{(unsigned short)worker, -1, 0}, {(unsigned short)((worker + 1) % WORKERS), -1, 0}};
    struct sembuf give[] = {{(unsigned short)worker, 1, 0}, {(unsigned short)((worker + 1) % WORKERS), 1, 0}};

    for (int i = 0; i < ROUNDS; i++) {
        strange(semop(sem, take, 2) != 0);
        strange(semop(sem, give, 2) != 0);
    }
}

struct text {
    long type;
    int sender, number;
};

static void messages(int worker)
{
    struct text text = {.type = 1 + worker / 2, .sender = worker};

    if (worker % 2 == 0) {
        for (text.number = 0; text.number < ROUNDS; text.number++)
            strange(msgsnd(queue, &text, sizeof(text) - sizeof(long), 0) != 0);
        return;
    }
    for (int i = 0; i < ROUNDS; i++) {
        strange(msgrcv(queue, &text, sizeof(text) - sizeof(long), 1 + worker / 2, 0) !=
                (ssize_t)(sizeof(text) - sizeof(long)));
        strange(text.number != i);
        shared->received[text.sender]++;
    }
}

static void posix(int worker)
{
    mqd_t mq = mq_open(name, O_RDWR);
    int number = 0;

    for (int i = 0; i < ROUNDS; i++) {
        if (worker % 2 == 0)
            strange(mq_send(mq, (char *)&i, sizeof(i), 0) != 0);
        else
            strange(mq_receive(mq, (char *)&number, sizeof(number), NULL) != sizeof(number));
    }
    mq_close(mq);
}

/* Objects that are removed while others use them: each use either works or says that it is gone. */
static void comes_and_goes(int worker)
{
    key_t key = (key_t)(0x4d000000 | (getppid() & 0xfffff) << 4);

    for (int i = 0; i < ROUNDS / 4; i++) {
        int id = shmget(key, 8192, IPC_CREAT | 0600), set = semget(key, 2, IPC_CREAT | 0600);
        struct sembuf op = {1, (short)(worker % 2 != 0 ? 1 : -1), SEM_UNDO};
        const struct timespec soon = {0, 100000};
        char *at = shmat(id, NULL, 0);

        if (at != (char *)-1) {
            at[i % 8192] = 1;
            strange(shmdt(at) != 0);
        }
        /* EINTR: Linux says so without a signal where the time is over as the set goes, once in some thousand runs. */
        strange(semtimedop(set, &op, 1, &soon) != 0 && errno != EAGAIN && errno != EINVAL && errno != EIDRM &&
                errno != EINTR);
        if (i % 4 == worker) {
            shmctl(id, IPC_RMID, NULL);
            semctl(set, 0, IPC_RMID);
        }
    }
}

static void remove_key(key_t key)
{
    int id = shmget(key, 0, 0), set = semget(key, 0, 0);

    if (id != -1)
        shmctl(id, IPC_RMID, NULL);
    if (set != -1)
        semctl(set, 0, IPC_RMID);
}

int main(void)
{
    unsigned short ones[WORKERS] = {1, 1, 1, 1};
    struct mq_attr attr = {.mq_maxmsg = 3, .mq_msgsize = sizeof(int)};
    mqd_t mq;

    own_ipc();
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    snprintf(name, sizeof(name), "/lvmm-race-%d", (int)getpid());
    sem = semget(IPC_PRIVATE, WORKERS, 0600);
    queue = msgget(IPC_PRIVATE, 0600);
    mq = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
    semctl(sem, 0, SETALL, ones);
    run(lock);
    printf("counted %u, the lock is %d\n", shared->counter, semctl(sem, 0, GETVAL));
    run(both);
    for (int i = 0; i < WORKERS; i++)
        printf("semaphore %d: %d\n", i, semctl(sem, i, GETVAL));
    run(messages);
    printf("messages %u and %u\n", shared->received[0], shared->received[2]);
    run(posix);
    mq_getattr(mq, &attr);
    printf("%ld are left\n", attr.mq_curmsgs);
    run(comes_and_goes);
    remove_key((key_t)(0x4d000000 | (getpid() & 0xfffff) << 4));
    printf("%u strange results\n", shared->strange);
    mq_unlink(name);
    semctl(sem, 0, IPC_RMID);
    msgctl(queue, IPC_RMID, NULL);
    return 0;
}
