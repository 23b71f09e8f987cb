/* SPDX-License-Identifier: Apache-2.0 */
/* children.c - a 32-bit program's children: fork, vfork, clone; waitpid, wait4, waitid, with structures of its own
 * size. */
#include "bare.h"

ENTRY("main");

enum {
    NR_waitpid = 7,
    NR_kill = 37,
    NR_times = 43,
    NR_getrusage = 77,
    NR_wait4 = 114,
    NR_vfork = 190,
    NR_waitid = 284
};
enum { MARK = 0x5aa55aa5, SIGCHLD = 17, SIGKILL = 9, WEXITED = 4, WNOWAIT = 0x1000000, ECHILD = 10 };
enum { CLONE_PARENT_SETTID = 0x100000, CLONE_CHILD_SETTID = 0x1000000, CLONE_THREAD = 0x10000, RUSAGE_CHILDREN = -1 };

static long words[40];

static void marks(void)
{
    for (int i = 0; i < 40; i++)
        words[i] = MARK;
}

/* How many words a call has written. */
static int written(void)
{
    int count = 40;

    while (count > 0 && words[count - 1] == MARK)
        count--;
    return count;
}

static long child(int code)
{
    long pid = CALL(NR_fork, 0);

    if (pid == 0)
        leave(code);
    return pid;
}

static void waits(void)
{
    long status = 0, pid = child(7);

    show_bool("waitpid", CALL(NR_waitpid, pid, P(&status), 0) == pid);
    show("  status", status);
    pid = child(8);
    marks();
    show_bool("wait4", CALL(NR_wait4, pid, P(&status), 0, P(words)) == pid);
    show("  status", status);
    show("  words of usage", written());
    show_bool("  page faults", words[8] > 0);
    show("wait4, nobody", CALL(NR_wait4, -1, P(&status), 0, 0));
    show("waitpid, unknown option", CALL(NR_waitpid, -1, P(&status), 0x1000));
    marks();
    show("getrusage", CALL(NR_getrusage, RUSAGE_CHILDREN, P(words)));
    show("  words", written());
    marks();
    show_bool("times", (unsigned)CALL(NR_times, P(words)) < 0xfffff000u); /* ticks, which may be none so far */
    show("  words", written());
}

static void ids(void)
{
    static long usage[40];
    long pid = child(9);

    for (int i = 0; i < 40; i++)
        usage[i] = MARK;
    marks();
    show("waitid", CALL(NR_waitid, 0, 0, P(words), WEXITED | WNOWAIT, P(usage)));
    show("  signal", words[0]);
    show("  errno", words[1]);
    show("  code", words[2]);
    show_bool("  pid", words[3] == pid);
    show("  status", words[5]);
    show("  words", written());
    show_bool("  words of usage", usage[17] != MARK && usage[18] == MARK);
    show("waitid, and taken", CALL(NR_waitid, 1, pid, P(words), WEXITED, 0));
    show("waitid, nobody", CALL(NR_waitid, 1, pid, P(words), WEXITED, 0));
}

static volatile long shared;

static void clones(void)
{
    static long parent, own;
    long status = 0, pid;

    pid = CALL(NR_clone, CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD, 0, P(&parent), 0, P(&own));
    if (pid == 0)
        leave(own == CALL(NR_getpid, 0) ? 3 : 4);
    show_bool("clone: the parent's number of it", parent == pid);
    CALL(NR_waitpid, pid, P(&status), 0);
    show("clone: its own", status);
    show("clone: flags that don't fit", CALL(NR_clone, CLONE_THREAD, 0, 0, 0, 0));

    pid = child(0);
    CALL(NR_kill, pid, SIGKILL);
    CALL(NR_waitpid, pid, P(&status), 0);
    show_bool("killed, or it was faster", status == SIGKILL || status == 0);
}

/* The stack is one for both, so that nothing of it is used between. */
static void vforks(void)
{
    long pid, status = 0;

    __asm__ volatile("int $0x80\n\t"
                     "test %%eax, %%eax\n\t"
                     "jnz 1f\n\t"
                     "movl $5, %1\n\t"
                     "mov $1, %%eax\n\t" /* exit */
                     "mov $6, %%ebx\n\t"
                     "int $0x80\n\t"
                     "1:"
                     : "=a"(pid), "+m"(shared)
                     : "a"(NR_vfork)
                     : "ebx", "memory", "cc");
    show("vfork: what it wrote", shared);
    CALL(NR_waitpid, pid, P(&status), 0);
    show("  status", status);
}

void program(long *stack)
{
    (void)stack;
    waits();
    ids();
    clones();
    vforks();
    leave(0);
}
