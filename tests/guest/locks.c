/* SPDX-License-Identifier: Apache-2.0 */
/* locks.c - flock, record locks of processes and of open files, leases, and who is signalled about a file. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "show.h"

#ifndef F_OFD_GETLK
#define F_OFD_GETLK 36
#define F_OFD_SETLK 37
#define F_OFD_SETLKW 38
#endif
#define LARGEST 0x7fffffffffffffff

static volatile sig_atomic_t signals;

static void count(int signal)
{
    (void)signal;
    signals++;
}

static long set_lock(int fd, int command, int type, off_t start, off_t length)
{
    struct flock lock = {.l_type = (short)type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};

    return fcntl(fd, command, &lock);
}

/* What stands in the way, seen from `fd`. */
static void show_lock(const char *what, int fd, int command, int type, off_t start, off_t length)
{
    struct flock lock = {.l_type = (short)type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};

    if (show(what, fcntl(fd, command, &lock)) != 0 || lock.l_type == F_UNLCK) {
        printf("  free\n");
        return;
    }
    printf("  type %d, from %ld, length %ld, %s\n", lock.l_type, (long)lock.l_start, (long)lock.l_len,
           lock.l_pid == -1         ? "of a file"
           : lock.l_pid == getpid() ? "of this process"
                                    : "of another");
}

static void whole_files(int a, int b)
{
    int same = dup(a);

    show("flock shared", flock(a, LOCK_SH));
    show("another shared", flock(b, LOCK_SH | LOCK_NB));
    show("exclusive", flock(a, LOCK_EX | LOCK_NB));
    show("the shared one is lost", flock(b, LOCK_EX | LOCK_NB));
    show("shared again", flock(a, LOCK_SH | LOCK_NB));
    show("a duplicate is the same file", flock(same, LOCK_UN));
    show("unlock the other", flock(b, LOCK_UN));
    show("unlock what isn't locked", flock(b, LOCK_UN));
    show("exclusive", flock(a, LOCK_EX));
    show("again", flock(a, LOCK_EX | LOCK_NB));
    show("close one of two descriptors", close(same));
    show("it is still there", flock(b, LOCK_SH | LOCK_NB));
    int path = open("f", O_PATH), none = open("f", 3);
    show("O_PATH", flock(path, LOCK_SH));
    show("no operation", flock(a, 0));
    show("two operations", flock(a, LOCK_SH | LOCK_EX));
    show("of nothing", flock(77, LOCK_SH));
    show("neither read nor written", flock(none, LOCK_SH | LOCK_NB));
    show("records don't know of it", set_lock(b, F_SETLK, F_WRLCK, 0, 0));
    show("unlock", set_lock(b, F_SETLK, F_UNLCK, 0, 0));
    close(path);
    close(none);
    int third = open("f", O_RDWR);
    show("its file closed, it is free", (flock(a, LOCK_UN), flock(third, LOCK_EX), close(third), flock(b, LOCK_EX)));
    show("unlock", flock(b, LOCK_UN));
}

static void files(int a, int b)
{
    show("OFD lock", set_lock(a, F_OFD_SETLK, F_WRLCK, 100, 100));
    show_lock("test", b, F_OFD_GETLK, F_WRLCK, 0, 0);
    show_lock("test below", b, F_OFD_GETLK, F_WRLCK, 0, 100);
    show_lock("test as a process", b, F_GETLK, F_RDLCK, 150, 1);
    show_lock("test one's own", a, F_OFD_GETLK, F_WRLCK, 0, 0);
    show("another", set_lock(b, F_OFD_SETLK, F_WRLCK, 199, 1));
    show("to read", set_lock(b, F_OFD_SETLK, F_RDLCK, 199, 1));
    show("as a process", set_lock(b, F_SETLK, F_WRLCK, 199, 1));
    show("behind it", set_lock(b, F_OFD_SETLK, F_WRLCK, 200, 1));
    show("a hole", set_lock(a, F_OFD_SETLK, F_UNLCK, 140, 20));
    show_lock("the first part", b, F_OFD_GETLK, F_RDLCK, 0, 0);
    show_lock("the second part", b, F_OFD_GETLK, F_RDLCK, 140, 60);
    show("in the hole", set_lock(b, F_OFD_SETLK, F_WRLCK, 140, 20));
    show("half of it", set_lock(b, F_OFD_SETLK, F_RDLCK, 150, 10));
    show_lock("seen from the other", a, F_OFD_GETLK, F_RDLCK, 140, 20);
    show_lock("to write", a, F_OFD_GETLK, F_WRLCK, 150, 5);
    show("all free", set_lock(b, F_OFD_SETLK, F_UNLCK, 0, 0));
    show("filled", set_lock(a, F_OFD_SETLK, F_WRLCK, 140, 20));
    show_lock("one again", b, F_OFD_GETLK, F_RDLCK, 150, 1);
    show("the end cut", set_lock(a, F_OFD_SETLK, F_UNLCK, 180, 0));
    show("the start cut", set_lock(a, F_OFD_SETLK, F_UNLCK, 0, 120));
    show_lock("what is left", b, F_OFD_GETLK, F_RDLCK, 0, 0);
    show("to the end", set_lock(a, F_OFD_SETLK, F_WRLCK, 150, 0));
    show_lock("joined", b, F_OFD_GETLK, F_RDLCK, 0, 0);
    int same = dup(a);
    close(same);
    show_lock("a duplicate closed", b, F_OFD_GETLK, F_RDLCK, 0, 0);
    struct flock lock = {.l_type = F_RDLCK, .l_pid = 1};
    show("with a process ID", fcntl(a, F_OFD_SETLK, &lock));
    show("free", set_lock(a, F_OFD_SETLK, F_UNLCK, 0, 0));
}

static void processes(int a, int b)
{
    int reader = open("f", O_RDONLY), writer = open("f", O_WRONLY), path = open("f", O_PATH);

    show("a process's lock", set_lock(a, F_SETLK, F_WRLCK, 0, 10));
    show("never in its own way", set_lock(b, F_SETLK, F_WRLCK, 5, 10));
    show("but in a file's", set_lock(b, F_OFD_SETLK, F_RDLCK, 14, 1));
    show_lock("which sees it", b, F_OFD_GETLK, F_WRLCK, 0, 0);
    show_lock("the process doesn't", b, F_GETLK, F_WRLCK, 0, 0);
    show("to read", set_lock(reader, F_SETLK, F_RDLCK, 0, 0));
    show("to write what is read", set_lock(reader, F_SETLK, F_WRLCK, 0, 0));
    show("to read what is written", set_lock(writer, F_SETLK, F_RDLCK, 0, 0));
    show("O_PATH", set_lock(path, F_SETLK, F_RDLCK, 0, 0));
    show("close any of them", close(reader));
    show_lock("and it is gone", b, F_OFD_GETLK, F_WRLCK, 0, 0);
    close(writer);
    close(path);
}

static void ranges(int a, int b)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_END, .l_start = -10, .l_len = -5};

    ftruncate(a, 1000);
    lseek(a, 500, SEEK_SET);
    show("from the end, backwards", fcntl(a, F_OFD_SETLK, &lock));
    show_lock("where", b, F_OFD_GETLK, F_RDLCK, 0, 0);
    lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_CUR, .l_start = 1, .l_len = 2};
    show("from the position", fcntl(a, F_OFD_SETLK, &lock));
    show_lock("where", b, F_OFD_GETLK, F_RDLCK, 0, 0);
    show("free", set_lock(a, F_OFD_SETLK, F_UNLCK, 0, 0));
    show("below 0", set_lock(a, F_SETLK, F_WRLCK, -1, 0));
    show("backwards below 0", set_lock(a, F_SETLK, F_WRLCK, 5, -6));
    show("beyond the largest", set_lock(a, F_SETLK, F_WRLCK, 5, LARGEST));
    show("to the largest", set_lock(a, F_OFD_SETLK, F_WRLCK, 5, LARGEST - 4));
    show_lock("which is no end", b, F_OFD_GETLK, F_RDLCK, 0, 0);
    show("free", set_lock(a, F_OFD_SETLK, F_UNLCK, 0, 0));
    show("of a type that isn't", set_lock(a, F_SETLK, 9, 0, 0));
    show("test for none", set_lock(a, F_GETLK, F_UNLCK, 0, 0));
    lock.l_whence = 9;
    show("from nowhere", fcntl(a, F_SETLK, &lock));
    show("the lock at a bad address", syscall(SYS_fcntl, a, F_SETLK, 8));
}

static void leases(int a)
{
    int b = open("f", O_RDONLY);

    show("F_GETLEASE", fcntl(a, F_GETLEASE));
    show("exclusive, opened twice", fcntl(a, F_SETLEASE, F_WRLCK));
    show("shared, opened to write", fcntl(b, F_SETLEASE, F_RDLCK));
    show("none to give up", fcntl(a, F_SETLEASE, F_UNLCK));
    close(b);
    show("exclusive", fcntl(a, F_SETLEASE, F_WRLCK));
    show("F_GETLEASE", fcntl(a, F_GETLEASE));
    signals = 0;
    show("another open", open("f", O_RDONLY | O_NONBLOCK));
    show("signals", signals);
    show("what is left", fcntl(a, F_GETLEASE));
    show("given up", fcntl(a, F_SETLEASE, F_UNLCK));
    show_ok("another open", b = open("f", O_RDONLY | O_NONBLOCK));
    close(a);
    show("shared", fcntl(b, F_SETLEASE, F_RDLCK));
    show_ok("another to read", a = open("f", O_RDONLY | O_NONBLOCK));
    show("to write", open("f", O_RDWR | O_NONBLOCK));
    show("signals", signals);
    show("what is left", fcntl(b, F_GETLEASE));
    close(b);
    show_ok("its file closed", b = open("f", O_RDWR | O_NONBLOCK));
    show("of a directory", fcntl(open(".", O_RDONLY), F_SETLEASE, F_RDLCK));
    show("of a type that isn't", fcntl(b, F_SETLEASE, 7));
    close(a);
    close(b);
}

static void owners(int a)
{
    struct f_owner_ex owner = {F_OWNER_PID, getpid()};
    int on = 1, off = 0;

    show("F_GETOWN", fcntl(a, F_GETOWN));
    show("F_GETOWN_EX", fcntl(a, F_GETOWN_EX, &owner));
    printf("  %d %d\n", owner.type, owner.pid);
    show("F_SETOWN", fcntl(a, F_SETOWN, getpid()));
    show_bool("F_GETOWN", fcntl(a, F_GETOWN) == getpid());
    owner.type = F_OWNER_TID;
    owner.pid = (int)syscall(SYS_gettid);
    show("F_SETOWN_EX", fcntl(a, F_SETOWN_EX, &owner));
    owner.type = 9;
    show("F_GETOWN_EX", fcntl(a, F_GETOWN_EX, &owner));
    show_bool("  a thread", owner.type == F_OWNER_TID && owner.pid == getpid());
    owner.type = 9;
    show("F_SETOWN_EX of what", fcntl(a, F_SETOWN_EX, &owner));
    show("F_SETOWN_EX from nowhere", fcntl(a, F_SETOWN_EX, 8));
    show("F_SETOWN nobody", fcntl(a, F_SETOWN, 0x3fffffff));
    show("F_SETOWN the least", fcntl(a, F_SETOWN, 1u << 31));
    show("F_SETOWN 0", fcntl(a, F_SETOWN, 0));
    show("F_GETOWN", fcntl(a, F_GETOWN));
    show("F_GETSIG", fcntl(a, F_GETSIG));
    show("F_SETSIG", fcntl(a, F_SETSIG, SIGUSR1));
    show("F_SETSIG 65", fcntl(a, F_SETSIG, 65));
    show("F_GETSIG", fcntl(a, F_GETSIG));
    show("FIOASYNC off", ioctl(a, FIOASYNC, &off));
    show("FIOASYNC on", ioctl(a, FIOASYNC, &on));
    show("FIOASYNC nowhere", ioctl(a, FIOASYNC, NULL));
    show("F_SETFL O_ASYNC", fcntl(a, F_SETFL, O_ASYNC));
    show_bool("O_ASYNC", fcntl(a, F_GETFL) & O_ASYNC);
    show("F_GETPIPE_SZ of a file", fcntl(a, F_GETPIPE_SZ));
    show("F_SETPIPE_SZ of a file", fcntl(a, F_SETPIPE_SZ, 4096));
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    int a = open("f", O_CREAT | O_RDWR | O_TRUNC, 0644), b = open("f", O_RDWR);

    signal(SIGIO, count);
    whole_files(a, b);
    files(a, b);
    processes(a, b);
    ranges(a, b);
    owners(a);
    close(a);
    close(b);
    leases(open("f", O_RDWR));
    unlink("f");
    return 0;
}
