/* SPDX-License-Identifier: Apache-2.0 */
/* sysv_settings.c - the limits of System V IPC and of message queues under /proc/sys, set to others. On Linux in a name
 * space of its own, so that nobody else's change. */
#define _GNU_SOURCE
#include <mqueue.h>
#include <sched.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "sysv.h"

static void set(const char *name, const char *value)
{
    char path[64], text[128];
    int fd;
    ssize_t got;

    snprintf(path, sizeof(path), "/proc/sys/%s", name);
    fd = open(path, O_RDWR);
    got = write(fd, value, strlen(value));
    printf("%s = %s: %s\n", name, value, got < 0 ? error_name(errno) : "ok");
    got = pread(fd, text, sizeof(text) - 1, 0);
    text[got > 0 ? got : 0] = 0;
    printf("  %s", text);
    close(fd);
}

static int segment(int which)
{
    return shmget(own_key(which), 100, IPC_CREAT | 0600);
}

static void makes_one(int attach)
{
    int id = shmget((key_t)0x4e000001, 100, IPC_CREAT | 0600);

    show("a child's", id >= 0);
    if (attach != 0)
        shmat(id, NULL, 0);
}

static void shared_memory(void)
{
    int one, two;
    char *at;

    set("kernel/shmmax", "10000");
    show("larger", shmget(IPC_PRIVATE, 10001, 0600));
    set("kernel/shmmax", "nonsense");
    set("kernel/shmmax", "1000000");
    set("kernel/shmmni", "1");
    one = segment(0);
    show_ok("one", one);
    show("two", segment(1));
    set("kernel/shmmni", "40000");
    set("kernel/shmmni", "-1");
    set("kernel/shmmni", "10");
    set("kernel/shmall", "0");
    show("a page more", segment(1));
    set("kernel/shmall", "1000");
    two = segment(1);
    show_ok("two", two);
    shmctl(two, IPC_RMID, NULL);
    at = shmat(one, NULL, 0);
    show_end("a child", in_child(makes_one, 0, 0));
    show("it stays", shmget((key_t)0x4e000001, 0, 0) >= 0);
    set("kernel/shm_rmid_forced", "2");
    set("kernel/shm_rmid_forced", "1");
    show("it is gone", shmget((key_t)0x4e000001, 0, 0));
    show("attached ones are not", shmget(own_key(0), 0, 0) == one);
    show_end("a child", in_child(makes_one, 1, 0));
    show("gone at once", shmget((key_t)0x4e000001, 0, 0));
    shmdt(at);
    show("with the last attachment", shmget(own_key(0), 0, 0));
    set("kernel/shm_rmid_forced", "0");
}

static void makes_many(int count)
{
    for (int i = 0; i < count; i++)
        if (shmget(IPC_PRIVATE, 100, 0600) < 0) {
            show("one of them", -1);
            break;
        }
}

/* More than can go at once, so that others have a turn in between; where pages are larger there can't be as many. */
static void many(void)
{
    struct shm_info info;

    set("kernel/shmmni", "32768");
    set("kernel/shmall", "100000");
    set("kernel/shm_rmid_forced", "1");
    show_end("many", in_child(makes_many, (int)(14000 * 4096 / page_size()), 0));
    shmctl(0, SHM_INFO, (struct shmid_ds *)&info);
    printf("%d are left\n", info.used_ids);
}

static void semaphores(void)
{
    struct sembuf ops[3] = {{0, 1, 0}, {0, 1, 0}, {0, 1, 0}};
    int one;

    set("kernel/sem", "3 5 2 2");
    show("too many", semget(IPC_PRIVATE, 4, 0600));
    one = semget(IPC_PRIVATE, 3, 0600);
    show_ok("three", one);
    show("too many of all", semget(IPC_PRIVATE, 3, 0600));
    show("two operations", semop(one, ops, 2));
    show("three", semop(one, ops, 3));
    show_ok("one", semget(IPC_PRIVATE, 1, 0600));
    show("too many sets", semget(IPC_PRIVATE, 1, 0600));
    set("kernel/sem", "32000 1000 500 40000");
    set("kernel/sem", "7");
    set("kernel/sem_next_id", "98305");
    show("of that number", semget(IPC_PRIVATE, 1, 0600));
    set("kernel/sem", "100 1000 500 10");
    set("kernel/sem_next_id", "98309");
    show("of that number", semget(IPC_PRIVATE, 1, 0600));
    show("and the next", semget(IPC_PRIVATE, 1, 0600) > 0);
}

static void messages(void)
{
    static struct {
        long type;
        char text[20000];
    } text = {1, ""};
    int one;

    set("kernel/msgmni", "1");
    set("kernel/msgmax", "20000");
    set("kernel/msgmnb", "30000");
    one = msgget(IPC_PRIVATE, 0600);
    show_ok("one", one);
    show("two", msgget(IPC_PRIVATE, 0600));
    show("a longer message", msgsnd(one, &text, 20000, IPC_NOWAIT));
    show("no room for another", msgsnd(one, &text, 20000, IPC_NOWAIT));
    show("some", msgsnd(one, &text, 10000, IPC_NOWAIT));
    set("kernel/msgmax", "100");
    show("too long now", msgsnd(one, &text, 101, IPC_NOWAIT));
    show("what is there stays", msgrcv(one, &text, 20000, 0, 0));
    set("kernel/msgmax", "-1");
}

static void queues(int arg)
{
    struct mq_attr attr = {.mq_maxmsg = 20, .mq_msgsize = 200};
    mqd_t mq;

    (void)arg;
    set("fs/mqueue/msg_max", "20");
    set("fs/mqueue/msgsize_max", "200");
    set("fs/mqueue/msg_default", "7");
    set("fs/mqueue/msgsize_default", "128");
    set("fs/mqueue/msgsize_max", "127");
    set("fs/mqueue/msg_max", "0");
    set("fs/mqueue/msg_max", "65537");
    set("fs/mqueue/queues_max", "1");
    drop_resource_right();
    mq = mq_open("/lvmm-settings", O_RDWR | O_CREAT, 0600, &attr);
    show_ok("as many as may be", mq);
    show("another", mq_open("/lvmm-settings-2", O_RDWR | O_CREAT, 0600, &attr));
    mq_close(mq);
    mq_unlink("/lvmm-settings");
    attr.mq_maxmsg = 21;
    show("more", mq_open("/lvmm-settings", O_RDWR | O_CREAT, 0600, &attr));
    mq = mq_open("/lvmm-settings", O_RDWR | O_CREAT, 0600, NULL);
    mq_getattr(mq, &attr);
    printf("%ld of %ld\n", attr.mq_maxmsg, attr.mq_msgsize);
    mq_unlink("/lvmm-settings");
}

int main(void)
{
    if (unshare(CLONE_NEWIPC) != 0 && errno != EINVAL) {
        perror("unshare: what is set would be others' too");
        return 2;
    }
    shared_memory();
    many();
    semaphores();
    messages();
    show_end("queues", in_child(queues, 0, 0));
    return 0;
}
