/* SPDX-License-Identifier: Apache-2.0 */
/* errors.c - calls with bad arguments, and the error that each gives. */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <time.h>

#include "show.h"

#define NOWHERE ((void *)8)
#define KERNEL ((void *)0xffff888000000000)
#define UNOPENED 77

/* By syscall(): a library would touch the bad pointer itself. */
#define call(...) syscall(__VA_ARGS__)

static char buffer[8192];

/* Linux for newer ISAs began with statx alone. */
static long stat_call(int dir, const char *path, int flags)
{
#ifdef SYS_newfstatat
    return flags & AT_EMPTY_PATH ? call(SYS_fstat, dir, NOWHERE) : call(SYS_newfstatat, dir, path, NOWHERE, flags);
#else
    return call(SYS_statx, dir, path, flags, STATX_BASIC_STATS, NOWHERE);
#endif
}

static void descriptors(void)
{
    struct stat st;
    struct iovec vector = {buffer, 1};

    show("read", read(UNOPENED, buffer, 1));
    show("read -1", read(-1, buffer, 1));
    show("write", write(UNOPENED, buffer, 1));
    show("close", close(UNOPENED));
    show("close -1", close(-1));
    show("close 1 << 30", close(1 << 30));
    show("lseek", lseek(UNOPENED, 0, SEEK_SET));
    show("fstat", fstat(UNOPENED, &st));
    show("dup", dup(UNOPENED));
    show("dup2", dup2(UNOPENED, 5));
    show("dup2 to -1", dup2(1, -1));
    show("dup2 to 1 << 30", dup2(1, 1 << 30));
    show("dup3 to itself", dup3(1, 1, 0));
    show("dup3 flags", call(SYS_dup3, 1, 5, 0x7));
    show("fcntl", fcntl(UNOPENED, F_GETFL));
    show("fcntl command", fcntl(1, 9999));
    show("fcntl F_DUPFD -1", fcntl(1, F_DUPFD, -1));
    show("ioctl", ioctl(UNOPENED, TIOCGWINSZ, buffer));
    show("readv", readv(UNOPENED, &vector, 1));
    show("pread", pread(UNOPENED, buffer, 1, 0));
    show("ftruncate", ftruncate(UNOPENED, 0));
    show("fsync", fsync(UNOPENED));
    show("fchdir", fchdir(UNOPENED));
    show("getdents64", call(SYS_getdents64, UNOPENED, buffer, sizeof(buffer)));
    show("openat", openat(UNOPENED, "x", O_RDONLY));
    show("fstatat", fstatat(UNOPENED, "x", &st, 0));
    show("fstatat absolute", fstatat(UNOPENED, "/", &st, 0));
    show("unlinkat", unlinkat(UNOPENED, "x", 0));
    show("mkdirat", mkdirat(UNOPENED, "x", 0));
}

static void addresses(void)
{
    int file = open("file", O_CREAT | O_RDWR, 0644), dir = open(".", O_RDONLY);
    struct iovec bad = {NOWHERE, 10}, negative = {buffer, (size_t)-1};

    write(file, "0123456789", 10);
    show("read", pread(file, NOWHERE, 1, 0));
    show("read to the kernel", pread(file, KERNEL, 1, 0));
    show("read of nothing", pread(file, NOWHERE, 0, 0));
    show("write", write(file, NOWHERE, 1));
    show("write from the kernel", write(file, KERNEL, 1));
    show("readv", preadv(file, &bad, 1, 0));
    show("readv negative", preadv(file, &negative, 1, 0));
    show("readv vector", call(SYS_readv, file, NOWHERE, 1));
    show("readv count", call(SYS_readv, file, buffer, -1));
    show("open", call(SYS_openat, AT_FDCWD, NOWHERE, O_RDONLY));
    show("open kernel", call(SYS_openat, AT_FDCWD, KERNEL, O_RDONLY));
    show("open NULL", call(SYS_openat, AT_FDCWD, NULL, O_RDONLY));
    show("fstatat buffer", stat_call(AT_FDCWD, "file", 0));
    show("fstat buffer", stat_call(file, "", AT_EMPTY_PATH));
    show("getcwd", call(SYS_getcwd, NOWHERE, 4096));
    show("getdents64", call(SYS_getdents64, dir, NOWHERE, 4096));
    show("getdents64 too small", call(SYS_getdents64, dir, buffer, 10));
    show("getdents64 of a file", call(SYS_getdents64, file, buffer, sizeof(buffer)));
    show("uname", call(SYS_uname, NOWHERE));
    show("clock_gettime", call(SYS_clock_gettime, CLOCK_MONOTONIC, NOWHERE));
    show("nanosleep", call(SYS_nanosleep, NOWHERE, NULL));
    show("getrandom", call(SYS_getrandom, NOWHERE, 8, 0));
    show("rt_sigaction", call(SYS_rt_sigaction, SIGUSR1, NOWHERE, NULL, 8));
    show("rt_sigprocmask", call(SYS_rt_sigprocmask, SIG_BLOCK, NOWHERE, NULL, 8));
    show("statfs", call(SYS_statfs, ".", NOWHERE));
    show("prlimit64", call(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, NOWHERE));
    show("sysinfo", call(SYS_sysinfo, NOWHERE));
    show("getrusage", call(SYS_getrusage, RUSAGE_SELF, NOWHERE));
    show("ppoll", call(SYS_ppoll, NOWHERE, 1, NULL, NULL, 8));
    show("execve", call(SYS_execve, NOWHERE, NULL, NULL));
    close(file);
    close(dir);
}

static void paths(void)
{
    static char longer[300], longest[5000];
    struct stat st;

    memset(longer, 'n', sizeof(longer) - 1);
    memset(longest, 'p', sizeof(longest) - 1);
    show("open nothing", open("", O_RDONLY));
    show("open none", open("none", O_RDONLY));
    show("open none/none", open("none/none", O_RDONLY));
    show("open file/x", open("file/x", O_RDONLY));
    show("open file/", open("file/", O_RDONLY));
    show("open file/.", open("file/.", O_RDONLY));
    show("open a directory to write", open(".", O_WRONLY));
    show("open a directory to create", open(".", O_CREAT | O_RDONLY, 0644));
    show("open O_DIRECTORY", open("file", O_RDONLY | O_DIRECTORY));
    show("open none/ to create", open("none/", O_CREAT | O_WRONLY, 0644));
    show("open a long name", open(longer, O_RDONLY));
    show("open a long path", open(longest, O_RDONLY));
    show("stat", stat("none", &st));
    show("stat file/..", stat("file/..", &st));
    show("fstatat flags", fstatat(AT_FDCWD, "file", &st, 0x40000000));
    show("access", access("file", R_OK | W_OK));
    show("access none", access("none", F_OK));
    show("access mode", call(SYS_faccessat, AT_FDCWD, "file", 64));
    show("unlink nothing", unlink(""));
    show("unlinkat flags", unlinkat(AT_FDCWD, "file", 0x4000));
    show("rmdir .", rmdir("."));
    show("mkdir .", mkdir(".", 0755));
    show("mkdir file", mkdir("file", 0755));
    show("mkdir file/x", mkdir("file/x", 0755));
    show("rename none", rename("none", "other"));
    show("rename to none/x", rename("file", "none/x"));
    show("rename .", rename(".", "x") == -1 && (errno == EBUSY || errno == EINVAL) ? 0 : 1);
    show("rename to itself", rename("file", "file"));
    show("chdir", chdir("none"));
    show("readlink", readlink("file", buffer, sizeof(buffer)));
    show("readlink none", readlink("none", buffer, sizeof(buffer)));
    show("truncate", truncate("none", 0));
    show("truncate a directory", truncate(".", 0));
    show("truncate negative", truncate("file", -1));
    show("execve none", execve("none", (char *[]){"x", NULL}, NULL));
    show("execve a directory", execve(".", (char *[]){"x", NULL}, NULL));
    show("execve file/x", execve("file/x", (char *[]){"x", NULL}, NULL));
}

static void values(void)
{
    struct timespec bad = {0, 1000000000}, negative = {-1, 0};
    struct rlimit limit = {2, 1};
    int file = open("file", O_RDWR);

    show("lseek whence", lseek(file, 0, 77));
    show("lseek negative", lseek(file, -1, SEEK_SET));
    show("pread negative", pread(file, buffer, 1, -1));
    show("ftruncate negative", ftruncate(file, -1));
    show("ioctl of a file", ioctl(file, TCGETS, buffer));
    show("nanosleep", nanosleep(&bad, NULL));
    show("nanosleep negative", nanosleep(&negative, NULL));
    show("clock_gettime", call(SYS_clock_gettime, 99, buffer));
    show("getrandom flags", call(SYS_getrandom, buffer, 1, 0x100));
    show("rt_sigaction size", call(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 4));
    show("rt_sigaction 0", call(SYS_rt_sigaction, 0, NULL, NULL, 8));
    show("rt_sigaction 65", call(SYS_rt_sigaction, 65, NULL, NULL, 8));
    show("rt_sigaction SIGKILL", call(SYS_rt_sigaction, SIGKILL, buffer, NULL, 8));
    show("rt_sigprocmask how", call(SYS_rt_sigprocmask, 77, buffer, NULL, 8));
    show("kill signal", kill(getpid(), 99));
    show("kill nobody", kill(0x3fffffff, 0));
    show("tgkill", call(SYS_tgkill, -1, 1, 0));
    show("setrlimit", setrlimit(RLIMIT_CORE, &limit));
    show("getrlimit", call(SYS_prlimit64, 0, 99, NULL, buffer));
    show("poll too many", poll((struct pollfd *)buffer, 1u << 30, 0));
    show("futex unaligned", call(SYS_futex, buffer + 1, 0, 0, NULL, NULL, 0));
    show("futex not the value", call(SYS_futex, buffer, 0, 1, NULL, NULL, 0));
    show("futex wake", call(SYS_futex, buffer, 1, 1, NULL, NULL, 0));
    show("set_robust_list", call(SYS_set_robust_list, buffer, 3));
    show("prctl", call(SYS_prctl, 9999, 0, 0, 0, 0));
    show("getrusage", call(SYS_getrusage, 77, buffer));
    show("sched_getaffinity", call(SYS_sched_getaffinity, 0, 3, buffer));
    show("a call that is not there", call(499));
    show("a number far out", call(0x7fffffff));
    close(file);
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    descriptors();
    addresses();
    paths();
    values();
    show("unlink", unlink("file"));
    return 0;
}
