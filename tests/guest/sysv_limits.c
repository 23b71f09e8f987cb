/* SPDX-License-Identifier: Apache-2.0 */
/* sysv_limits.c - what System V IPC and message queues are limited by: what /proc/sys says, IPC_INFO, and what is in
 * use, as far as other programs that run at the same time don't count. Nothing is set: it would be the oracle's, too.
 */
#define _GNU_SOURCE
#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>

#include "sysv.h"

#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15
#endif

static void show_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[256];
    struct stat stat;

    if (file == NULL) {
        printf("%s: %s\n", path, error_name(errno));
        return;
    }
    fstat(fileno(file), &stat);
    while (fgets(line, sizeof(line), file) != NULL)
        printf("%s: %o: %s", path, stat.st_mode, line);
    fclose(file);
}

static void show_head(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[256];

    if (file != NULL && fgets(line, sizeof(line), file) != NULL)
        printf("%s: %s", path, line);
    if (file != NULL)
        fclose(file);
}

/* The line of `id` in a table, with what is another number on each machine left out. */
static void show_line(const char *path, int id)
{
    FILE *file = fopen(path, "r");
    char line[256], *at, *field;
    int number = 0;

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        int length = (int)strlen(line);

        if (atoi(line + 11) != id || strstr(line, "key") != NULL)
            continue;
        printf("%s: %d characters:", path, length);
        for (at = line; (field = strtok(at, " \n")) != NULL; at = NULL, number++) {
            long value = atol(field);

            printf(" %s", number == 0                      ? value == own_key(1) ? "key" : "another"
                          : number == 1                    ? "id"
                          : value == getpid() && value > 1 ? "me"
                          : value > 1000000000             ? "time"
                                                           : field);
        }
        printf("\n");
    }
    if (file != NULL)
        fclose(file);
}

static void limits(void)
{
    struct shminfo shminfo;
    struct shm_info shm_info;
    struct seminfo seminfo;
    struct msginfo msginfo;

    show_ok("shm", shmctl(0, IPC_INFO, (void *)&shminfo));
    printf("%lu %lu %lu %lu %lu\n", shminfo.shmmax, shminfo.shmmin, shminfo.shmmni, shminfo.shmseg, shminfo.shmall);
    show_bool("shm in use", shmctl(0, SHM_INFO, (void *)&shm_info) >= 0 && shm_info.used_ids >= 1 &&
                                shm_info.shm_tot >= 2 && shm_info.shm_rss >= 1);
    printf("%lu %lu %lu\n", shm_info.shm_swp, shm_info.swap_attempts, shm_info.swap_successes);
    show_ok("sem", semctl(0, 0, IPC_INFO, &seminfo));
    printf("%d %d %d %d %d %d %d %d %d %d\n", seminfo.semmap, seminfo.semmni, seminfo.semmns, seminfo.semmnu,
           seminfo.semmsl, seminfo.semopm, seminfo.semume, seminfo.semusz, seminfo.semvmx, seminfo.semaem);
    show_bool("sem in use", semctl(0, 0, SEM_INFO, &seminfo) >= 0 && seminfo.semusz >= 1 && seminfo.semaem >= 3);
    show_ok("msg", msgctl(0, IPC_INFO, (void *)&msginfo));
    printf("%d %d %d %d %d %d %d %u\n", msginfo.msgpool, msginfo.msgmap, msginfo.msgmax, msginfo.msgmnb, msginfo.msgmni,
           msginfo.msgssz, msginfo.msgtql, msginfo.msgseg);
    show_bool("msg in use", msgctl(0, MSG_INFO, (void *)&msginfo) >= 0 && msginfo.msgpool >= 1 && msginfo.msgmap >= 1 &&
                                msginfo.msgtql >= 5);
}

/* Nothing waits here: memory may be used up (tests/alloc_fail). */
static void queue_used(void)
{
    struct mq_attr attr = {.mq_maxmsg = 2, .mq_msgsize = 16};
    char name[64], text[16];
    mqd_t queue;

    snprintf(name, sizeof(name), "/lvmm-limits-%d", (int)getpid());
    queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 0600, &attr);
    show("send", mq_send(queue, "one", 3, 1));
    show("send", mq_send(queue, "two", 3, 2));
    show("send", mq_send(queue, "three", 5, 3));
    show("receive", mq_receive(queue, text, sizeof(text), NULL));
    mq_close(queue);
    show("unlink", mq_unlink(name));
}

int main(void)
{
    static const char *const files[] = {"kernel/shmmax",
                                        "kernel/shmall",
                                        "kernel/shmmni",
                                        "kernel/shm_rmid_forced",
                                        "kernel/sem",
                                        "kernel/msgmax",
                                        "kernel/msgmnb",
                                        "kernel/msgmni",
                                        "kernel/auto_msgmni",
                                        "fs/mqueue/queues_max",
                                        "fs/mqueue/msg_max",
                                        "fs/mqueue/msgsize_max",
                                        "fs/mqueue/msg_default",
                                        "fs/mqueue/msgsize_default"};
    struct {
        long type;
        char text[5];
    } text = {1, "five"};
    own_ipc();
    int shm = shmget(own_key(1), (size_t)(page_size() + 1), IPC_CREAT | IPC_EXCL | 0640);
    int sem = semget(own_key(1), 3, IPC_CREAT | IPC_EXCL | 0604), msg = msgget(own_key(1), IPC_CREAT | IPC_EXCL | 0660);
    char *at = shmat(shm, NULL, 0), path[64];
    struct sembuf up = {1, 1, SEM_UNDO};

    at[0] = 1;
    semop(sem, &up, 1);
    msgsnd(msg, &text, 5, 0);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        snprintf(path, sizeof(path), "/proc/sys/%s", files[i]);
        show_file(path);
    }
    limits();
    show_head("/proc/sysvipc/shm");
    show_head("/proc/sysvipc/sem");
    show_head("/proc/sysvipc/msg");
    show_line("/proc/sysvipc/sem", sem);
    show_line("/proc/sysvipc/msg", msg);
    queue_used();
    shmdt(at);
    shmctl(shm, IPC_RMID, NULL);
    semctl(sem, 0, IPC_RMID);
    msgctl(msg, IPC_RMID, NULL);
    return 0;
}
