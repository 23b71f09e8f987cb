/* SPDX-License-Identifier: Apache-2.0 */
/* sysv_msg.c - System V message queues: which message comes, who waits for it, and what is left. */
#define _GNU_SOURCE
#include <limits.h>
#include <stddef.h>
#include <sys/msg.h>

#include "meanwhile.h"
#include "sysv.h"

#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

struct text {
    long type;
    char text[9000];
};

static int id;
static key_t key;

static int put(long type, const char *string, int flags)
{
    struct text text = {.type = type};

    strcpy(text.text, string);
    return msgsnd(id, &text, strlen(string), flags);
}

static void get(const char *what, size_t size, long type, int flags)
{
    struct text text = {.type = 0};
    ssize_t got = msgrcv(id, &text, size, type, flags);

    if (got < 0)
        printf("%s: %s\n", what, error_name(errno));
    else
        printf("%s: %zd bytes of type %ld: %.20s\n", what, got, text.type, text.text);
}

static void show_queue(const char *what)
{
    struct msqid_ds ds;

    if (msgctl(id, IPC_STAT, &ds) != 0)
        printf("%s: %s\n", what, error_name(errno));
    else
        printf("%s: %lu messages, %lu bytes of %lu\n", what, (unsigned long)ds.msg_qnum, (unsigned long)ds.__msg_cbytes,
               (unsigned long)ds.msg_qbytes);
}

static void made(void)
{
    struct msqid_ds ds;

    show("no such key", msgget(key, 0600));
    id = msgget(key, IPC_CREAT | 0600);
    show_ok("a queue", id);
    show("alone", msgget(key, IPC_CREAT | IPC_EXCL | 0600));
    show_bool("the same", msgget(key, IPC_CREAT) == id);
    show("IPC_STAT", msgctl(id, IPC_STAT, &ds));
    printf("mode %o, %d %d %ld %ld\n", ds.msg_perm.mode, ds.msg_lspid, ds.msg_lrpid, (long)ds.msg_stime,
           (long)ds.msg_rtime);
    show_queue("empty");
    show_bool("MSG_STAT", msgctl(id % 32768, MSG_STAT, &ds) == id);
    show_bool("MSG_STAT_ANY", msgctl(id % 32768, MSG_STAT_ANY, &ds) == id);
    show("no such command", msgctl(id, 99, &ds));
    show("no such number", msgctl(id + 32768 * 7, IPC_STAT, &ds));
    show("a negative one", msgctl(-1, IPC_STAT, &ds));
    show("nowhere", msgctl(id, IPC_STAT, (void *)8));
    show("from nowhere", msgctl(id, IPC_SET, (void *)8));
}

static void sent(void)
{
    static struct text text = {.type = 1};
    struct msqid_ds ds;

    show("no type", put(0, "x", 0));
    show("a negative one", put(-5, "x", 0));
    show("too long", msgsnd(id, &text, 8193, IPC_NOWAIT));
    show("too long for anything", msgsnd(id, &text, (size_t)-1, IPC_NOWAIT));
    show("from nowhere", msgsnd(id, (void *)8, 1, IPC_NOWAIT));
    show("no such queue", msgsnd(-1, &text, 1, IPC_NOWAIT));
    show("nor this", msgsnd(id + 32768 * 7, &text, 1, IPC_NOWAIT));
    show("as long as may be", msgsnd(id, &text, 8192, IPC_NOWAIT));
    show("once more", msgsnd(id, &text, 8192, IPC_NOWAIT));
    show("no room", msgsnd(id, &text, 1, IPC_NOWAIT));
    show("room for nothing", msgsnd(id, &text, 0, IPC_NOWAIT));
    show_queue("full");
    msgctl(id, IPC_STAT, &ds);
    show_bool("who sent", ds.msg_lspid == getpid() && ds.msg_stime != 0);
    get("the first", 8192, 0, 0);
    get("the second, in part", 10, 0, MSG_NOERROR);
    get("nothing", 10, 0, 0);
    msgctl(id, IPC_STAT, &ds);
    show_bool("who received", ds.msg_lrpid == getpid() && ds.msg_rtime != 0);
    get("none", 10, 0, IPC_NOWAIT);
    show("to nowhere", msgrcv(id, (void *)8, (size_t)-1, 0, IPC_NOWAIT));
    put(1, "lost", 0);
    show("nowhere", msgrcv(id, (void *)8, 10, 0, IPC_NOWAIT));
    show_queue("and it is lost");
}

static void fill(void)
{
    put(5, "five", 0);
    put(2, "two", 0);
    put(9, "nine", 0);
    put(2, "two again", 0);
    put(3, "three", 0);
}

static void types(void)
{
    fill();
    get("too long", 3, 0, 0);
    get("too long, of its type", 2, 9, 0);
    get("a short one of them", 3, 2, 0);
    get("of a type", 20, 3, 0);
    get("of none that is there", 20, 4, IPC_NOWAIT);
    get("any but five", 20, 5, MSG_EXCEPT);
    get("the lowest up to five", 20, -5, IPC_NOWAIT);
    get("and again", 20, -5, IPC_NOWAIT);
    get("and again", 20, -5, IPC_NOWAIT);
    get("what is left", 20, 0, IPC_NOWAIT);
    fill();
    get("the lowest of all", 20, LONG_MIN, 0);
    get("the lowest of all", 20, LONG_MIN, 0);
    show_queue("three");
    get("a copy of the first", 20, 0, MSG_COPY | IPC_NOWAIT);
    get("of the third", 20, 2, MSG_COPY | IPC_NOWAIT);
    get("of the fourth", 20, 3, MSG_COPY | IPC_NOWAIT);
    get("a copy that waits", 20, 0, MSG_COPY);
    get("but it", 20, 0, MSG_COPY | MSG_EXCEPT | IPC_NOWAIT);
    get("too short", 2, 0, MSG_COPY | IPC_NOWAIT);
    get("too short, in part", 2, 0, MSG_COPY | MSG_NOERROR | IPC_NOWAIT);
    show_queue("still three");
    for (int i = 0; i < 3; i++)
        get("any", 20, 0, IPC_NOWAIT);
}

/* ---- waiting ---- */

static pid_t receiver(size_t size, long type, int flags)
{
    fflush(stdout);
    pid_t child = fork();

    if (child == 0) {
        get("received", size, type, flags);
        fflush(stdout);
        _exit(0);
    }
    until_asleep(child);
    return child;
}

/* One whose end says what came of it, as another prints at the same time. */
static pid_t short_receiver(void)
{
    fflush(stdout);
    pid_t child = fork();

    if (child == 0) {
        struct text text;
        _exit(msgrcv(id, &text, 3, 0, 0) >= 0 ? 0 : errno);
    }
    until_asleep(child);
    return child;
}

static void nothing(int signal)
{
    (void)signal;
}

static void gone(pid_t child)
{
    int status;

    waitpid(child, &status, 0);
}

static void waits(void)
{
    pid_t first = receiver(20, 7, 0), second = short_receiver(), third = receiver(20, 0, 0);
    struct msqid_ds ds;
    int status;

    show("to the third, too long for the second", put(1, "a longer one", 0));
    waitpid(second, &status, 0);
    show_end("the second", status);
    gone(third);
    show("to the first", put(7, "seven", 0));
    gone(first);
    show_queue("nothing stays");
    msgctl(id, IPC_STAT, &ds);
    show_bool("who received", ds.msg_lrpid == first && ds.msg_lspid == getpid());
    first = receiver(20, -4, 0);
    second = receiver(20, 9, MSG_EXCEPT);
    show("to nobody", put(9, "nine", 0));
    show("to the first", put(4, "four", 0));
    gone(first);
    show("to the second", put(8, "eight", 0));
    gone(second);
    show_queue("one stays");
    get("that", 20, 0, 0);
}

static void sender(void)
{
    static struct text text = {.type = 1};
    pid_t child;
    int status;

    msgsnd(id, &text, 8192, 0);
    msgsnd(id, &text, 8192, 0);
    fflush(stdout);
    child = fork();
    if (child == 0)
        _exit(put(2, "at last", 0) == 0 ? 0 : errno);
    until_asleep(child);
    get("room", 8192, 0, 0);
    waitpid(child, &status, 0);
    show_end("the sender", status);
    get("the rest", 8192, 1, 0);
    get("the last", 8192, 0, 0);
}

static void interrupted(void)
{
    struct sigaction action = {.sa_handler = nothing, .sa_flags = SA_RESTART};
    pid_t child;
    int status;

    sigaction(SIGALRM, &action, NULL);
    alarms_begin();
    get("a signal, with SA_RESTART", 20, 0, 0);
    alarms_end();
    child = receiver(20, 0, 0);
    kill(child, SIGSTOP);
    kill(child, SIGCONT);
    until_asleep(child);
    put(1, "after a stop", 0);
    gone(child);
    child = receiver(20, 0, 0);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    show_end("killed", status);
    put(1, "stays", 0);
    get("it does", 20, 0, IPC_NOWAIT);
}

/* ---- rights, and the end ---- */

static void as_nobody(int more)
{
    struct msqid_ds ds = {.msg_perm = {.uid = 0}};

    show_ok("get", msgget(key, 0600));
    show("send", put(1, "x", IPC_NOWAIT));
    get("receive", 20, 0, IPC_NOWAIT);
    if (msgctl(id, IPC_STAT, &ds) != 0)
        printf("IPC_STAT: %s\n", error_name(errno));
    ds.msg_qbytes += (unsigned)more;
    show("IPC_SET", msgctl(id, IPC_SET, &ds));
    show("IPC_RMID", msgctl(id, IPC_RMID, NULL));
}

static void rights(void)
{
    struct msqid_ds ds;

    show_end("nobody", in_child(as_nobody, 0, 1));
    msgctl(id, IPC_STAT, &ds);
    ds.msg_perm.mode = 0602;
    ds.msg_qbytes = 100;
    show("IPC_SET", msgctl(id, IPC_SET, &ds));
    show_queue("less");
    show_end("nobody", in_child(as_nobody, 0, 1));
    get("what nobody sent", 20, 0, IPC_NOWAIT);
    ds.msg_perm.uid = 65534;
    ds.msg_qbytes = 16384;
    show("IPC_SET", msgctl(id, IPC_SET, &ds));
    show_end("its owner, who wants more", in_child(as_nobody, 1, 1));
}

static void removed(void)
{
    pid_t child;

    id = msgget(IPC_PRIVATE, 0600);
    child = receiver(20, 3, 0);
    put(1, "goes with it", 0);
    show("remove", msgctl(id, IPC_RMID, NULL));
    gone(child);
    show("send", put(1, "x", 0));
    get("receive", 20, 0, 0);
    show("remove twice", msgctl(id, IPC_RMID, NULL));
}

int main(void)
{
    own_ipc();
    key = own_key(0);
    made();
    sent();
    types();
    waits();
    sender();
    interrupted();
    rights();
    removed();
    return 0;
}
