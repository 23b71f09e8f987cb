/* SPDX-License-Identifier: Apache-2.0 */
/* locks.c - record locks of a 32-bit program, in both forms of struct flock; the alarm that ends a wait for one. */
#include "bare.h"

ENTRY("main");

enum { NR_waitpid = 7, NR_fcntl = 55, NR_sigaction = 67, NR_setitimer = 104, NR_getitimer = 105 };
enum {
    F_GETLK = 5,
    F_SETLK,
    F_SETLKW,
    F_GETLK64 = 12,
    F_SETLK64,
    F_SETLKW64,
    F_OFD_GETLK = 36,
    F_OFD_SETLK,
    F_OFD_SETLKW
};
enum { F_RDLCK, F_WRLCK, F_UNLCK, SIGALRM = 14, READ_WRITE_CREATE = 02 | 0100 };

struct lock {
    int16_t type, whence;
    int32_t start, length, pid;
};
struct __attribute__((packed)) wide_lock {
    int16_t type, whence;
    int64_t start, length;
    int32_t pid;
};

static long fd, parent;
static int got;

static long set(long call, int command, int type, long start, long length)
{
    struct lock lock = {(int16_t)type, 0, start, length, 0};

    return CALL(call, fd, command, P(&lock));
}

static long set_wide(long call, int command, int type, int64_t start, int64_t length)
{
    struct wide_lock lock = {(int16_t)type, 0, start, length, 0};

    return CALL(call, fd, command, P(&lock));
}

static void get(const char *what, int type, long start, long length)
{
    struct lock lock = {(int16_t)type, 0, start, length, 1};

    show(what, CALL(NR_fcntl64, fd, F_GETLK, P(&lock)));
    show("  type", lock.type);
    show("  start", lock.start);
    show("  length", lock.length);
    show_bool("  whose", lock.pid == parent);
}

static void get_wide(const char *what, int command, int64_t start)
{
    struct wide_lock lock = {F_WRLCK, 0, start, 10, 0};

    show(what, CALL(NR_fcntl64, fd, command, P(&lock)));
    show("  type", lock.type);
    show("  start, in 4 GiB", (long)(lock.start >> 32));
    show("  and beyond", (long)lock.start);
    show("  length, in 4 GiB", (long)(lock.length >> 32));
    show_bool("  whose", lock.pid == parent);
}

static void on_alarm(int signal)
{
    got = signal;
}

void restore(void);
__asm__("restore: pop %eax\n\tmov $119, %eax\n\tint $0x80\n");

static void child(void)
{
    const uint32_t action[4] = {(uint32_t)P(on_alarm), 0, 0x04000000, (uint32_t)P(restore)};
    const long soon[4] = {0, 20000, 0, 20000};
    long left[4] = {-1, -1, -1, -1};

    show("in the way", set(NR_fcntl64, F_SETLK, F_RDLCK, 5, 1));
    show("beside it", set(NR_fcntl64, F_SETLK, F_WRLCK, 100, 10));
    get("get", F_WRLCK, 0, 0);
    get("get where nothing is", F_RDLCK, 50, 10);
    show("by the older call", set(NR_fcntl, F_SETLK, F_WRLCK, 5, 1));
    get_wide("get wide", F_GETLK64, (5ll << 32) - 4);
    get_wide("get wide as an open file", F_OFD_GETLK, 0);
    get("get what lies too far", F_WRLCK, 0x7fffffff, 0); /* so far reach its 2 GiB */
    show("sigaction", CALL(NR_sigaction, SIGALRM, P(action), 0));
    show("setitimer", CALL(NR_setitimer, 0, P(soon), P(left)));
    show_bool("none before", left[0] == 0 && left[1] == 0 && left[2] == 0 && left[3] == 0);
    show("wait", set(NR_fcntl64, F_SETLKW, F_WRLCK, 5, 1));
    show("wait wide", set_wide(NR_fcntl64, F_SETLKW64, F_WRLCK, 5ll << 32, 1));
    show("got", got);
    show("getitimer", CALL(NR_getitimer, 0, P(left)));
    show_bool("runs", left[0] == 0 && left[1] == 20000 && left[2] == 0 && left[3] <= 20000);
    leave(0);
}

void program(long *stack)
{
    struct lock bad = {7, 0, 0, 0, 0};
    long status = -1, pid;

    CALL(NR_chdir, stack[2]);
    parent = CALL(NR_getpid);
    fd = CALL(NR_open, P("locked"), READ_WRITE_CREATE, 0644);
    show_bool("open", fd >= 0);
    show("lock", set(NR_fcntl64, F_SETLK, F_WRLCK, 0, 10));
    show("lock wide", set_wide(NR_fcntl64, F_SETLK64, F_WRLCK, 5ll << 32, 6ll << 32));
    show("wide by the older call", set_wide(NR_fcntl, F_SETLK64, F_WRLCK, 0, 1));
    show("an open file's by the older call", set_wide(NR_fcntl, F_OFD_SETLK, F_WRLCK, 0, 1));
    show("it goes", set_wide(NR_fcntl, F_SETLK64, F_UNLCK, 1ll << 40, 1));
    show("before the start", set(NR_fcntl64, F_SETLK, F_WRLCK, -1, 1));
    show("no type", CALL(NR_fcntl64, fd, F_SETLK, P(&bad)));
    show("from nowhere", CALL(NR_fcntl64, fd, F_SETLK, 16));
    show("wide from nowhere", CALL(NR_fcntl64, fd, F_SETLK64, 16));
    pid = CALL(NR_fork);
    if (pid == 0)
        child();
    show_bool("the child", CALL(NR_waitpid, pid, P(&status), 0) == pid);
    show("status", status);
    show("unlock", set(NR_fcntl64, F_SETLKW, F_UNLCK, 0, 0));
    show("an open file's", set_wide(NR_fcntl64, F_OFD_SETLK, F_WRLCK, 0, 1));
    show("and waited for", set_wide(NR_fcntl64, F_OFD_SETLKW, F_WRLCK, 7ll << 32, 1));
    show("a process's beside it", set(NR_fcntl64, F_SETLK, F_WRLCK, 0, 1));
    CALL(NR_unlink, P("locked"));
    leave(0);
}
