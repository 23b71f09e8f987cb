/* SPDX-License-Identifier: Apache-2.0 */
/* sysv.c - System V IPC and message queues as a 32-bit program calls them: by ipc's number, by numbers of their own,
 * and with structures no larger than its own. */
#include "bare.h"

ENTRY("main");

enum {
    NR_ipc = 117,
    NR_mq_open = 277,
    NR_mq_unlink = 278,
    NR_mq_timedsend = 279,
    NR_mq_timedreceive = 280,
    NR_mq_notify = 281,
    NR_mq_getsetattr = 282,
    NR_semget = 393,
    NR_semctl = 394,
    NR_shmget = 395,
    NR_shmctl = 396,
    NR_shmat = 397,
    NR_shmdt = 398,
    NR_msgget = 399,
    NR_msgsnd = 400,
    NR_msgrcv = 401,
    NR_msgctl = 402,
    NR_mq_timedsend64 = 418,
    NR_mq_timedreceive64 = 419,
    NR_semtimedop64 = 420,
};
enum { SEMOP = 1, SEMGET, SEMCTL, SEMTIMEDOP, MSGSND = 11, MSGRCV, MSGGET, MSGCTL, SHMAT = 21, SHMDT, SHMGET, SHMCTL };
enum { IPC_RMID, IPC_SET, IPC_STAT, IPC_INFO, IPC_64 = 0x100, IPC_CREAT = 01000, IPC_NOWAIT = 04000 };
enum { GETVAL = 12, GETALL = 13, SETVAL = 16, SETALL = 17, SEM_INFO = 19, SHM_INFO = 14, MSG_INFO = 12 };
enum { O_RDWR = 2, O_CREAT = 0100, O_EXCL = 0200, O_NONBLOCK = 04000 };
enum { MARK = 0x5aa55aa5, WORDS = 40 };

static long words[WORDS];

static void marks(void)
{
    for (int i = 0; i < WORDS; i++)
        words[i] = MARK;
}

/* How many words a call has written. */
static void show_words(const char *what, long result)
{
    int count = WORDS;

    while (count > 0 && words[count - 1] == MARK)
        count--;
    show(what, result < 0 ? result : 0);
    show("  words", count);
}

#define IPC(call, ...) CALL(NR_ipc, call, __VA_ARGS__)

/* ---- shared memory ---- */

static void shared_memory(void)
{
    long id = IPC(SHMGET, 0, 5000, IPC_CREAT | 0600), at = 0, other;
    char *memory;

    show_bool("shmget", id >= 0);
    show("shmat", IPC(SHMAT, id, 0, P(&at), 0));
    memory = (char *)(uintptr_t)at;
    memory[4999] = 'x';
    show("shmat of the other version", IPC(SHMAT | 1 << 16, id, 0, P(&at), 0));
    show("shmat to nowhere", IPC(SHMAT, id, 0, 16, 0));
    other = CALL(NR_shmat, id, 0, 0);
    show_bool("shmat by its own number", ((char *)(uintptr_t)other)[4999] == 'x');
    marks();
    show_words("IPC_STAT", IPC(SHMCTL, id, IPC_STAT | IPC_64, 0, P(words)));
    show("size", words[9]);
    show("attached", words[18]);
    marks();
    show_words("and by its own number", CALL(NR_shmctl, id, IPC_STAT, P(words)));
    show("with IPC_64", CALL(NR_shmctl, id, IPC_STAT | IPC_64, P(words)));
    words[1] = words[2] = 0;
    words[5] = 0640;
    show("IPC_SET", CALL(NR_shmctl, id, IPC_SET, P(words)));
    CALL(NR_shmctl, id, IPC_STAT, P(words));
    show("mode", words[5] & 0xffff);
    marks();
    show_words("IPC_INFO", CALL(NR_shmctl, 0, IPC_INFO, P(words)));
    show("largest", words[0]);
    show("all", words[4]);
    marks();
    show_words("SHM_INFO", CALL(NR_shmctl, 0, SHM_INFO, P(words)));
    show("shmdt", IPC(SHMDT, 0, 0, 0, at));
    show("shmdt", CALL(NR_shmdt, other));
    show("IPC_RMID", IPC(SHMCTL, id, IPC_RMID, 0, 0));
}

/* ---- semaphores ---- */

static void semaphores(void)
{
    unsigned short up[] = {0, 2, 0}, down[] = {0, (unsigned short)-3, 0}, values[4] = {1, 2, 3, 4};
    long id = IPC(SEMGET, 0, 2, IPC_CREAT | 0600), last, soon[2] = {0, 1000000};
    long soon64[4] = {0, 0, 1000000, 0};

    show_bool("semget", id >= 0);
    show("semop", IPC(SEMOP, id, 1, 0, P(up)));
    show("semtimedop", IPC(SEMTIMEDOP, id, 1, 0, P(down), P(soon)));
    show("semtimedop64", CALL(NR_semtimedop64, id, P(down), 1, P(soon64)));
    show("GETVAL without an argument", IPC(SEMCTL, id, 0, GETVAL, 0));
    show("GETVAL", IPC(SEMCTL, id, 0, GETVAL, P(&last)));
    last = 7;
    show("SETVAL", IPC(SEMCTL, id, 1, SETVAL, P(&last)));
    last = P(values);
    show("GETALL", IPC(SEMCTL, id, 0, GETALL, P(&last)));
    show("first", values[0]);
    show("second", values[1]);
    show("third", values[2]);
    show("by its own number", CALL(NR_semctl, id, 1, GETVAL, 0));
    marks();
    last = P(words);
    show_words("IPC_STAT", IPC(SEMCTL, id, 0, IPC_STAT | IPC_64, P(&last)));
    show("how many", words[13]);
    marks();
    show_words("SEM_INFO", CALL(NR_semctl, 0, 0, SEM_INFO, P(words)));
    show("IPC_RMID", CALL(NR_semctl, id, 0, IPC_RMID, 0));
    show("gone", IPC(SEMOP, id, 1, 0, P(up)));
}

/* ---- messages ---- */

static void messages(void)
{
    long id = IPC(MSGGET, 0, IPC_CREAT | 0600);
    struct {
        long type;
        char text[12];
    } text = {3, "three"}, got = {0, ""};
    long pair[2] = {P(&got), 0};

    show_bool("msgget", id >= 0);
    show("msgsnd", IPC(MSGSND, id, 6, 0, P(&text)));
    text.type = 4;
    show("msgsnd by its own number", CALL(NR_msgsnd, id, P(&text), 6, 0));
    text.type = -1;
    show("of no type", CALL(NR_msgsnd, id, P(&text), 6, 0));
    marks();
    show_words("IPC_STAT", IPC(MSGCTL, id, IPC_STAT | IPC_64, 0, P(words)));
    show("bytes", words[15]);
    show("messages", words[16]);
    show("msgrcv", IPC(MSGRCV, id, 12, 0, P(pair)));
    show("its type", got.type);
    print(got.text);
    print("\n");
    show("msgrcv of the other version", IPC(MSGRCV | 1 << 16, id, 12, IPC_NOWAIT, P(&got), -4));
    show("its type", got.type);
    show("none", CALL(NR_msgrcv, id, P(&got), 12, -4, IPC_NOWAIT));
    show("less than nothing", CALL(NR_msgrcv, id, P(&got), -1, 0, IPC_NOWAIT));
    marks();
    show_words("MSG_INFO", CALL(NR_msgctl, 0, MSG_INFO, P(words)));
    show("IPC_RMID", IPC(MSGCTL, id, IPC_RMID, 0, 0));
    show("no such call", IPC(99, id, 0, 0, 0));
}

/* ---- message queues ---- */

static void name_make(char *name)
{
    long pid = CALL(NR_getpid);

    for (const char *at = "lvmm-i386-"; *at != 0; at++)
        *name++ = *at;
    for (; pid != 0; pid /= 10)
        *name++ = (char)('0' + pid % 10);
    *name = 0;
}

static void queues(void)
{
    char name[32], text[32];
    long attr[8] = {0, 3, 16, 0}, priority = 0, past[2] = {1, 0}, past64[4] = {1, 0, 0, 0};
    long event[16] = {5, 10, 1}, queue; /* SIGEV_NONE */

    name_make(name);
    queue = CALL(NR_mq_open, P(name), O_RDWR | O_CREAT | O_EXCL, 0600, P(attr));
    show_bool("mq_open", queue >= 0);
    show("send", CALL(NR_mq_timedsend, queue, P("hello"), 5, 9, 0));
    marks();
    show_words("attributes", CALL(NR_mq_getsetattr, queue, 0, P(words)));
    show("messages", words[1]);
    show("of size", words[2]);
    show("there", words[3]);
    show("receive", CALL(NR_mq_timedreceive, queue, P(text), 32, P(&priority), P(past)));
    show("priority", priority);
    show("none", CALL(NR_mq_timedreceive, queue, P(text), 32, 0, P(past)));
    show("none", CALL(NR_mq_timedreceive64, queue, P(text), 32, 0, P(past64)));
    show("send", CALL(NR_mq_timedsend64, queue, P("hello"), 5, 9, P(past64)));
    show("notify", CALL(NR_mq_notify, queue, P(event)));
    show("twice", CALL(NR_mq_notify, queue, P(event)));
    attr[0] = O_NONBLOCK;
    show("attributes set", CALL(NR_mq_getsetattr, queue, P(attr), 0));
    show("unlink", CALL(NR_mq_unlink, P(name)));
    CALL(NR_close, queue);
}

void program(long *stack)
{
    (void)stack;
    shared_memory();
    semaphores();
    messages();
    queues();
    leave(0);
}
