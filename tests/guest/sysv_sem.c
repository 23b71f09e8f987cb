/* SPDX-License-Identifier: Apache-2.0 */
/* sysv_sem.c - System V semaphores: all operations of a call or none, who waits and is woken, and what is undone. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <sys/sem.h>
#include <sys/syscall.h>

#include "meanwhile.h"
#include "sysv.h"

union semun {
    int val;
    void *buf;
    unsigned short *array;
};

static int id;

static void show_values(const char *what)
{
    unsigned short value[4] = {0};

    if (semctl(id, 0, GETALL, (union semun){.array = value}) != 0)
        printf("%s: %s\n", what, error_name(errno));
    else
        printf("%s: %u %u %u %u\n", what, value[0], value[1], value[2], value[3]);
}

static void set_values(unsigned short a, unsigned short b, unsigned short c, unsigned short d)
{
    unsigned short value[4] = {a, b, c, d};

    show("SETALL", semctl(id, 0, SETALL, (union semun){.array = value}));
}

static int one(int number, int op, int flags)
{
    struct sembuf buf = {(unsigned short)number, (short)op, (short)flags};

    return semop(id, &buf, 1);
}

/* ---- making them ---- */

static void made(void)
{
    struct semid_ds ds;
    key_t key = own_key(0);

    show("none", semget(IPC_PRIVATE, 0, 0600));
    show("less", semget(IPC_PRIVATE, -1, 0600));
    show("too many", semget(IPC_PRIVATE, 1 << 30, 0600));
    show("no such key", semget(key, 4, 0600));
    id = semget(key, 4, IPC_CREAT | 0600);
    show_ok("four", id);
    show("alone", semget(key, 4, IPC_CREAT | IPC_EXCL | 0600));
    show("more", semget(key, 5, 0600));
    show("fewer", semget(key, 0, 0600) == id);
    show("IPC_STAT", semctl(id, 0, IPC_STAT, (union semun){.buf = &ds}));
    printf("%lu, mode %o, otime %ld\n", (unsigned long)ds.sem_nsems, ds.sem_perm.mode, (long)ds.sem_otime);
    show_bool("its time", ds.sem_ctime > 1000000000);
    show_bool("SEM_STAT", semctl(id % 32768, 0, SEM_STAT, (union semun){.buf = &ds}) == id);
    show_bool("SEM_STAT_ANY", semctl(id % 32768, 0, SEM_STAT_ANY, (union semun){.buf = &ds}) == id);
    show("no such command", semctl(id, 0, 99, (union semun){.val = 0}));
    show("no such number", semctl(id + 32768 * 7, 0, GETVAL));
    show("a negative number", semctl(-1, 0, GETVAL));
    show("no such semaphore", semctl(id, 4, GETVAL));
    show("nor this", semctl(id, -1, SETVAL, (union semun){.val = 1}));
    show("SETVAL too large", semctl(id, 0, SETVAL, (union semun){.val = 32768}));
    show("SETVAL too small", semctl(id, 0, SETVAL, (union semun){.val = -1}));
    show("SETVAL", semctl(id, 3, SETVAL, (union semun){.val = 32767}));
    show("GETVAL", semctl(id, 3, GETVAL));
    show_bool("GETPID", semctl(id, 3, GETPID) == getpid());
    show("GETPID of who didn't", semctl(id, 0, GETPID));
    show("GETALL nowhere", semctl(id, 0, GETALL, (union semun){.buf = (void *)8}));
    show("SETALL from nowhere", semctl(id, 0, SETALL, (union semun){.buf = (void *)8}));
    set_values(1, 40000, 1, 1);
    show_values("as it was");
}

/* ---- operations ---- */

static void operations(void)
{
    struct sembuf up_down[] = {{0, 2, 0}, {1, 1, 0}, {0, -3, IPC_NOWAIT}}, twice[] = {{0, 1, 0}, {0, -1, 0}, {0, 5, 0}};
    struct sembuf zero_first[] = {{2, 0, IPC_NOWAIT}, {2, 4, 0}}, over[] = {{1, 7, 0}, {3, 1, 0}};
    static struct sembuf many[501];
    struct semid_ds ds;

    show("none", semop(id, up_down, 0));
    show("too many", semop(id, many, 501));
    show("as many as may be", semop(id, many, 500));
    show("from nowhere", semop(id, (void *)8, 1));
    show("no such number", semop(-1, up_down, 1));
    show("nor this", semop(id + 32768 * 7, up_down, 1));
    show("no such semaphore", one(4, 1, 0));
    show("all or none", semop(id, up_down, 3));
    show_values("none");
    show("one after the other", semop(id, twice, 3));
    show("zero, and then", semop(id, zero_first, 2));
    show("once more", semop(id, zero_first, 2));
    show("too much", semop(id, over, 2));
    show("too little", one(0, -6, IPC_NOWAIT));
    show("just", one(0, -5, IPC_NOWAIT));
    show("zero", one(0, 0, 0));
    show_values("now");
    semctl(id, 0, IPC_STAT, (union semun){.buf = &ds});
    show_bool("the last operation's time", ds.sem_otime != 0);
}

/* ---- waiting ---- */

static pid_t wait_for(const struct sembuf *ops, unsigned count, const struct timespec *time)
{
    fflush(stdout);
    pid_t child = fork();

    if (child == 0)
        _exit(semtimedop(id, (struct sembuf *)ops, count, time) == 0 ? 0 : errno);
    until_asleep(child);
    return child;
}

static void show_child(const char *what, pid_t child)
{
    int status;

    waitpid(child, &status, 0);
    if (WIFEXITED(status))
        printf("%s: %s\n", what, WEXITSTATUS(status) == 0 ? "ok" : error_name(WEXITSTATUS(status)));
    else
        printf("%s: signal %d\n", what, WTERMSIG(status));
}

static void show_waiting(void)
{
    for (int i = 0; i < 4; i++)
        printf("%d/%d ", semctl(id, i, GETNCNT), semctl(id, i, GETZCNT));
    printf("wait\n");
}

static void waits(void)
{
    const struct sembuf down[] = {{0, -2, 0}}, zero[] = {{1, 0, 0}}, both[] = {{0, -1, 0}, {1, 0, 0}, {2, -1, 0}};
    pid_t first, second, third;

    set_values(0, 1, 0, 0);
    first = wait_for(down, 1, NULL);
    second = wait_for(zero, 1, NULL);
    third = wait_for(both, 3, NULL);
    show_waiting();
    show("one is not enough", one(0, 1, 0));
    show_waiting();
    show("zero", one(1, -1, 0));
    show_child("who waits for zero", second);
    show_waiting();
    show("two are", one(0, 1, 0));
    show_child("who waits for two", first);
    show_bool("by whom it was changed", semctl(id, 0, GETPID) == first);
    one(2, 1, 0);
    show_waiting();
    show("the third", semctl(id, 0, SETVAL, (union semun){.val = 5}));
    show_child("the third", third);
    show_values("now");
}

/* Who has waited longest for what there is enough of goes first. */
static void order(void)
{
    const struct sembuf three[] = {{0, -3, 0}}, two[] = {{0, -2, 0}};
    pid_t first, second, third;

    set_values(0, 0, 0, 0);
    first = wait_for(three, 1, NULL);
    second = wait_for(two, 1, NULL);
    third = wait_for(two, 1, NULL);
    one(0, 2, 0);
    show_child("two go past three", second);
    one(0, 3, 0);
    show_child("three", first);
    show_values("none left");
    one(0, 2, 0);
    show_child("the last", third);
}

static void nothing(int signal)
{
    (void)signal;
}

static void interrupted(void)
{
    const struct sembuf down[] = {{3, -1, 0}};
    const struct timespec none = {0, 0}, soon = {0, 20000000}, wrong = {0, 1000000000}, negative = {-1, 0};
    struct sigaction action = {.sa_handler = nothing, .sa_flags = SA_RESTART};
    pid_t child;

    set_values(0, 0, 0, 0);
    show("no time", semtimedop(id, (struct sembuf *)down, 1, &none));
    show("a time", semtimedop(id, (struct sembuf *)down, 1, &soon));
    show("no right time", semtimedop(id, (struct sembuf *)down, 1, &wrong));
    show("a negative one", semtimedop(id, (struct sembuf *)down, 1, &negative));
    show("nowhere", semtimedop(id, (struct sembuf *)down, 1, (void *)8));
    sigaction(SIGALRM, &action, NULL);
    alarms_begin();
    show("a signal, with SA_RESTART", semop(id, (struct sembuf *)down, 1));
    alarms_end();
    show_waiting();
    child = wait_for(down, 1, NULL);
    kill(child, SIGKILL);
    show_child("killed", child);
    show_waiting();
    child = wait_for(down, 1, NULL);
    kill(child, SIGSTOP);
    kill(child, SIGCONT);
    until_asleep(child);
    kill(child, SIGKILL);
    show_child("stopped", child);
}

/* ---- undone at the end ---- */

static void undo(int how)
{
    show("with SEM_UNDO", one(0, -2, SEM_UNDO));
    show("up", one(1, 3, SEM_UNDO));
    show("without", one(2, 1, 0));
    show_values("in the child");
    fflush(stdout);
    if (how == 1)
        kill(getpid(), SIGKILL);
    if (how == 2)
        execl("/proc/self/exe", "sysv_sem", "end", NULL);
    if (how == 3)
        show("SETVAL forgets it", semctl(id, 0, SETVAL, (union semun){.val = 9}));
    if (how == 4)
        show("unshare", unshare(CLONE_SYSVSEM));
    if (how == 4)
        show_values("undone");
}

static void *undo_in_thread(void *arg)
{
    (void)arg;
    one(0, -1, SEM_UNDO);
    one(3, 1, 0);
    return NULL;
}

/* What a thread has done is undone when the process ends, as its threads share it. */
static void undo_threads(int arg)
{
    pthread_t thread;

    (void)arg;
    pthread_create(&thread, NULL, undo_in_thread, NULL);
    pthread_join(thread, NULL);
    show_values("after the thread");
}

static int undo_in_clone(void *arg)
{
    (void)arg;
    return one(0, -1, SEM_UNDO) == 0 ? 0 : errno;
}

static void undo_clones(int shared)
{
    static char stack[65536] __attribute__((aligned(16)));
    pid_t child = clone(undo_in_clone, stack + sizeof(stack), SIGCHLD | (shared != 0 ? CLONE_SYSVSEM : 0), NULL);

    show_child("a clone", child);
    show_values(shared != 0 ? "it shares" : "it doesn't");
}

static void undo_limits(int arg)
{
    (void)arg;
    semctl(id, 0, SETVAL, (union semun){.val = 0});
    show("as far down as it goes", one(0, 32767, SEM_UNDO));
    show("to zero", semctl(id, 0, SETVAL, (union semun){.val = 0}));
    show("once more", one(0, 32767, SEM_UNDO));
    show("down", one(0, -32767, 0));
    show("one more", one(0, 1, SEM_UNDO));
    show("two more", one(0, 1, SEM_UNDO));
    show_values("kept within what it can be");
}

static void undone(void)
{
    static const char *const how[] = {"ends", "is killed", "runs a program", "sets it", "unshares"};
    pid_t child;

    for (int i = 0; i < 5; i++) {
        set_values(5, 0, 0, 0);
        show_end(how[i], in_child(undo, i, 0));
        show_values("after it");
    }
    show_end("threads", in_child(undo_threads, 0, 0));
    show_values("after them");
    for (int i = 0; i < 2; i++)
        show_end("clones", in_child(undo_clones, i, 0));
    show_values("after them");
    show_end("limits", in_child(undo_limits, 0, 0));
    show_values("after them");
    /* Who waits for it is woken. */
    set_values(1, 0, 0, 0);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        one(0, -1, SEM_UNDO);
        one(1, -1, 0);
        _exit(0);
    }
    until_asleep(child);
    const struct sembuf down[] = {{0, -1, 0}};
    pid_t waits = wait_for(down, 1, NULL);
    kill(child, SIGKILL);
    show_child("killed", child);
    show_child("who waits for it", waits);
}

/* ---- rights, and the end ---- */

static void as_nobody(int arg)
{
    struct semid_ds ds = {.sem_perm = {.uid = 0}};

    (void)arg;
    show("GETVAL", semctl(id, 0, GETVAL));
    show("SETVAL", semctl(id, 0, SETVAL, (union semun){.val = 1}));
    show("zero", one(0, 0, IPC_NOWAIT));
    show("up", one(0, 1, 0));
    show("IPC_STAT", semctl(id, 0, IPC_STAT, (union semun){.buf = &ds}));
    show("IPC_SET", semctl(id, 0, IPC_SET, (union semun){.buf = &ds}));
    show("IPC_RMID", semctl(id, 0, IPC_RMID));
}

static void rights(void)
{
    struct semid_ds ds;

    set_values(0, 0, 0, 0);
    show_end("nobody", in_child(as_nobody, 0, 1));
    semctl(id, 0, IPC_STAT, (union semun){.buf = &ds});
    ds.sem_perm.mode = 0604;
    show("IPC_SET", semctl(id, 0, IPC_SET, (union semun){.buf = &ds}));
    show_end("nobody", in_child(as_nobody, 0, 1));
    ds.sem_perm.uid = 65534;
    show("IPC_SET", semctl(id, 0, IPC_SET, (union semun){.buf = &ds}));
    show_end("its owner", in_child(as_nobody, 0, 1));
}

static void removed(void)
{
    const struct sembuf down[] = {{0, -1, SEM_UNDO}}, zero[] = {{1, 0, 0}};
    pid_t first, second;

    id = semget(IPC_PRIVATE, 2, 0600);
    one(1, 1, SEM_UNDO);
    first = wait_for(down, 1, NULL);
    second = wait_for(zero, 1, NULL);
    show("remove", semctl(id, 0, IPC_RMID));
    show_child("who waits", first);
    show_child("and the other", second);
    show("up", one(0, 1, 0));
    show("remove twice", semctl(id, 0, IPC_RMID));
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "end") == 0)
        return 7;
    own_ipc();
    made();
    operations();
    waits();
    order();
    interrupted();
    undone();
    rights();
    show("gone", semctl(id, 0, GETVAL));
    removed();
    return 0;
}
