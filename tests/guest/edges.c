/* SPDX-License-Identifier: Apache-2.0 */
/* edges.c - calls at the edges of what their manual pages allow: flags, lengths, kinds of file, order of errors. */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <time.h>

#include "show.h"

#define NOWHERE ((void *)8)
#define UNOPENED 77
#define call(...) syscall(__VA_ARGS__)

static char buffer[8192];

static void path_only(void)
{
    int file = open("file", O_PATH), dir = open(".", O_PATH | O_DIRECTORY), other;
    struct stat st;
    struct timespec now[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};

    show_ok("O_PATH", file);
    show("O_PATH, O_CREAT", open("none", O_PATH | O_CREAT, 0644));
    show("read", read(file, buffer, 1));
    show("write", write(file, buffer, 1));
    show("pread", pread(file, buffer, 1, 0));
    show("readv of nothing", readv(file, NULL, 0));
    show("lseek", lseek(file, 0, SEEK_SET));
    show("fstat", fstat(file, &st));
    show("fsync", fsync(file));
    show("ftruncate", ftruncate(file, 0));
    show("fchmod", call(SYS_fchmod, file, 0644));
    show("fchown", call(SYS_fchown, file, -1, -1));
    show("ioctl", ioctl(file, FIONREAD, buffer));
    show("FIOCLEX", ioctl(file, FIOCLEX));
    show("futimens", call(SYS_utimensat, file, NULL, now, 0));
    show("getdents64", call(SYS_getdents64, dir, buffer, sizeof(buffer)));
    show("mmap", mmap(NULL, 1, PROT_READ, MAP_PRIVATE, file, 0) == MAP_FAILED ? -1 : 0);
    show("F_GETFL", fcntl(file, F_GETFL) & ~O_LARGEFILE & O_PATH ? 0 : 1);
    show("F_SETFL", fcntl(file, F_SETFL, O_APPEND));
    show("F_GETOWN", fcntl(file, F_GETOWN));
    show("fadvise", posix_fadvise(file, 0, 0, 0));
    show("readahead", readahead(file, 0, 1));
    show("syncfs", call(SYS_syncfs, file));
    show("fallocate", fallocate(file, 0, 0, 1));
    show_ok("openat", other = openat(dir, "file", O_RDONLY));
    show("fchdir", fchdir(dir));
    show("faccessat", faccessat(dir, "file", R_OK, 0));
    show("fstatfs", call(SYS_fstatfs, file, buffer));
    show("openat below a file", openat(file, "x", O_RDONLY));
    show("openat nothing below a file", openat(file, "", O_RDONLY));
    show("fchdir to a file", fchdir(file));
    close(other);
    close(file);
    close(dir);
}

static void opening(void)
{
    show("O_DIRECTORY", open("file", O_RDONLY | O_DIRECTORY));
    show("O_DIRECTORY, O_CREAT", open("dir", O_RDONLY | O_DIRECTORY | O_CREAT, 0644));
    show("O_EXCL", open("file", O_RDWR | O_CREAT | O_EXCL, 0644));
    show("O_EXCL of a directory", open("dir", O_RDONLY | O_CREAT | O_EXCL, 0644));
    show("O_TRUNC of a directory", open("dir", O_RDONLY | O_TRUNC));
    show("O_TMPFILE without O_DIRECTORY", open("dir", O_RDWR | (O_TMPFILE & ~O_DIRECTORY)));
    show("O_TMPFILE to read", open("dir", O_RDONLY | O_TMPFILE));
    show("O_TMPFILE, O_CREAT", open("dir", O_RDWR | O_TMPFILE | O_CREAT, 0600));
    show("O_DIRECT of a device", open("/dev/null", O_RDWR | O_DIRECT));
    show("below a device", open("/dev/null/x", O_RDONLY));
    show("a device/", open("/dev/null/", O_RDONLY));
    show_ok("unknown flags", open("file", 0x40000000));
    show("creat a directory", creat("dir", 0644));
    show("openat nowhere", call(SYS_openat, UNOPENED, NOWHERE, O_RDONLY));
    show("openat of nothing", call(SYS_openat, UNOPENED, "", O_RDONLY));
    show("an absolute path", openat(UNOPENED, "/none", O_RDONLY));
}

static void names(void)
{
    int dir = open("gone", O_RDONLY | (mkdir("gone", 0755), 0));

    show("rename flags", call(SYS_renameat2, AT_FDCWD, "file", AT_FDCWD, "other", 0x80));
    show("RENAME_NOREPLACE, RENAME_EXCHANGE", call(SYS_renameat2, AT_FDCWD, "file", AT_FDCWD, "other", 3));
    show("RENAME_EXCHANGE, RENAME_WHITEOUT", call(SYS_renameat2, AT_FDCWD, "file", AT_FDCWD, "other", 6));
    show("RENAME_NOREPLACE", call(SYS_renameat2, AT_FDCWD, "file", AT_FDCWD, "dir", 1));
    show("flags before addresses", call(SYS_renameat2, AT_FDCWD, NOWHERE, AT_FDCWD, "dir", 0x80));
    show("rename nowhere", call(SYS_renameat2, AT_FDCWD, NOWHERE, AT_FDCWD, "x", 0));
    show("rename to nothing", rename("file", ""));
    show("rename a file onto a directory", rename("file", "dir"));
    show("rename a directory onto a file", rename("dir", "file"));
    show("rename a directory below itself", rename("dir", "dir/below"));
    show("rename file/", rename("file/", "other"));
    show("rename to other/", rename("file", "other/"));
    show("rmdir a file", rmdir("file"));
    show("unlink a directory", unlink("dir"));
    show("unlink file/", unlink("file/"));
    show("unlink dir/", unlink("dir/"));
    show("unlink none/", unlink("none/"));
    show("unlinkat a directory", unlinkat(AT_FDCWD, "dir", 0));
    show("unlinkat flags, nowhere", call(SYS_unlinkat, AT_FDCWD, NOWHERE, 1));
    show("mkdir there", mkdir("dir", 0755));
    show("mkdir there/", mkdir("dir/", 0755));
    show("mkdir file/", mkdir("file/", 0755));
    show("mkdir nothing", mkdir("", 0755));
    show("mknod a directory", call(SYS_mknodat, AT_FDCWD, "node", S_IFDIR | 0755, 0));
    show("mknod of a kind that isn't", call(SYS_mknodat, AT_FDCWD, "node", 0130000 | 0644, 0));
    show("mknod there", call(SYS_mknodat, AT_FDCWD, "file", S_IFREG | 0644, 0));
    show("mknod", call(SYS_mknodat, AT_FDCWD, "node", 0644, 0));
    show("unlink it", unlink("node"));
    show("symlink to nothing", symlink("", "link"));
    show("symlink there", symlink("x", "file"));
    show("symlink from nowhere", call(SYS_symlinkat, NOWHERE, AT_FDCWD, "link"));
    show("link none", link("none", "other"));
    show("link a directory", link("dir", "other"));
    show("link there", link("file", "dir"));
    show("linkat flags", linkat(AT_FDCWD, "file", AT_FDCWD, "other", 0x8000));
    show("readlink no room", call(SYS_readlinkat, AT_FDCWD, "file", buffer, 0));
    show("readlink negative", call(SYS_readlinkat, AT_FDCWD, "none", buffer, -1));
    show("readlink nothing", readlink("", buffer, 10));
    show("chdir to a file", chdir("file"));
    show("getcwd no room", call(SYS_getcwd, buffer, 1));
    show("getcwd of nothing", call(SYS_getcwd, buffer, 0));
    show("rmdir", rmdir("gone"));
    show("getdents64 of what is gone", call(SYS_getdents64, dir, buffer, sizeof(buffer)));
    show("openat below what is gone", openat(dir, "x", O_CREAT | O_RDWR, 0644));
    show("mkdirat below what is gone", mkdirat(dir, "x", 0755));
    show("fstatat of what is gone", (fchdir(dir), access(".", F_OK)));
    show("getcwd of what is gone", call(SYS_getcwd, buffer, sizeof(buffer)));
    show(".. of what is gone", chdir(".."));
    close(dir);
}

static void attributes(void)
{
    struct timespec times[2] = {{0, UTIME_OMIT}, {0, UTIME_OMIT}}, set[2] = {{1000, 0}, {2000, UTIME_NOW}};
    struct stat st;
    int fd = open("file", O_RDWR);

    show("utimensat, both omitted, none", utimensat(AT_FDCWD, "none", times, 0));
    show("both omitted, flags", call(SYS_utimensat, AT_FDCWD, "none", times, 0x8000));
    set[0].tv_nsec = 1000000000;
    show("too many nanoseconds", utimensat(AT_FDCWD, "none", set, 0));
    set[0].tv_nsec = -1;
    show("negative nanoseconds", utimensat(AT_FDCWD, "file", set, 0));
    set[0].tv_nsec = 0;
    show("flags", call(SYS_utimensat, AT_FDCWD, "none", set, 0x8000));
    show("none", utimensat(AT_FDCWD, "none", set, 0));
    show("no path", call(SYS_utimensat, AT_FDCWD, NULL, set, 0));
    show("no path, flags", call(SYS_utimensat, fd, NULL, set, AT_SYMLINK_NOFOLLOW));
    show("no path, nothing open", call(SYS_utimensat, UNOPENED, NULL, set, 0));
    show("from nowhere", call(SYS_utimensat, AT_FDCWD, "none", NOWHERE, 0));
    show("an empty path", call(SYS_utimensat, fd, "", set, 0));
    show("an empty path, allowed", call(SYS_utimensat, fd, "", set, AT_EMPTY_PATH));
    set[1] = (struct timespec){86400 * 365, 0}; /* a time that every file system keeps */
    set[1].tv_sec *= 20;
    set[0] = times[0];
    show("mtime alone", futimens(fd, set));
    fstat(fd, &st);
    show_bool("mtime", st.st_mtime == set[1].tv_sec);
    show("access mode", call(SYS_faccessat2, AT_FDCWD, "file", 8, 0));
    show("faccessat2 flags", call(SYS_faccessat2, AT_FDCWD, "file", 0, 0x8000));
    show("faccessat2 of a descriptor", call(SYS_faccessat2, fd, "", 0, AT_EMPTY_PATH));
    show("statx flags", call(SYS_statx, AT_FDCWD, "file", 0x8000, 0x7ff, buffer));
    show("statx both ways", call(SYS_statx, AT_FDCWD, "file", 0x6000, 0x7ff, buffer));
    show("statx mask", call(SYS_statx, AT_FDCWD, "file", 0, 0x80000000, buffer));
    show("statx", call(SYS_statx, AT_FDCWD, "file", 0, 0, buffer));
    show("statx nowhere", call(SYS_statx, AT_FDCWD, "file", 0, 0, NOWHERE));
    show("fchmodat2 flags", call(452, AT_FDCWD, "file", 0644, 0x8000));
    show("fchownat flags", call(SYS_fchownat, AT_FDCWD, "file", -1, -1, 0x8000));
    show("umask", (umask(07777777), umask(022)));
    show("truncate of nothing", truncate("", 0));
    show("truncate a device", truncate("/dev/null", 0));
    show("ftruncate a device", ftruncate(open("/dev/null", O_RDWR), 0));
    show("ftruncate a directory", ftruncate(open("dir", O_RDONLY), 0));
    close(fd);
}

static void reading(void)
{
    int file = open("file", O_RDWR), dir = open("dir", O_RDONLY), null = open("/dev/null", O_RDWR);

    show("read a directory", read(dir, buffer, 1));
    show("pread a directory", pread(dir, buffer, 1, 0));
    show("write a directory", write(dir, buffer, 1));
    show("lseek a directory", lseek(dir, 0, SEEK_SET));
    show("SEEK_DATA in it", lseek(file, 0, SEEK_DATA));
    show("SEEK_HOLE in it", lseek(file, 3, SEEK_HOLE));
    show("SEEK_DATA at the end", lseek(file, 10, SEEK_DATA));
    show("SEEK_HOLE at the end", lseek(file, 10, SEEK_HOLE));
    show("SEEK_DATA below", lseek(file, -1, SEEK_DATA));
    show("lseek whence", lseek(file, 0, 5));
    show("lseek a device", lseek(null, 100, SEEK_END));
    show("read beyond the end", pread(file, buffer, 10, 1000));
    show("read far beyond", pread(file, buffer, 10, 0x7fffffffffffffff));
    show("fsync a device", fsync(null));
    show("fsync a directory", fsync(dir));
    show("sync_file_range flags", call(SYS_sync_file_range, file, 0L, 0L, 8));
    show("sync_file_range", call(SYS_sync_file_range, file, 0L, 0L, 7));
    show("sync_file_range below", call(SYS_sync_file_range, file, -1L, 0L, 7));
    show("sync_file_range of a device", call(SYS_sync_file_range, null, 0L, 0L, 2));
    show("fadvise advice", posix_fadvise(file, 0, 0, 9));
    show("fadvise below", posix_fadvise(file, 0, -1, 0));
    show("readahead of a directory", readahead(dir, 0, 1));
    show("syncfs of nothing", call(SYS_syncfs, UNOPENED));
    show("F_DUPFD", fcntl(file, F_DUPFD, 1u << 30));
    show("F_SETFL O_DIRECT of a device", fcntl(null, F_SETFL, O_DIRECT));
    show("ioctl", ioctl(file, 0x12345678, buffer));
    show("TIOCGWINSZ", ioctl(null, TIOCGWINSZ, buffer));
    show("FIONBIO nowhere", ioctl(file, FIONBIO, NULL));
    close(file);
    close(dir);
    close(null);
}

static void scheduling(void)
{
    struct sched_param param = {.sched_priority = 0};
    unsigned long mask = 1;

    for (int policy = 0; policy < 7; policy++)
        printf("policy %d: %d to %d\n", policy, sched_get_priority_min(policy), sched_get_priority_max(policy));
    show("sched_getparam", call(SYS_sched_getparam, 0, &param));
    show("its priority", param.sched_priority);
    show("sched_getparam nowhere", call(SYS_sched_getparam, 0, NULL));
    show("sched_getparam of nobody", call(SYS_sched_getparam, 0x3fffffff, &param));
    show("sched_getparam negative", call(SYS_sched_getparam, -1, &param));
    show("sched_setscheduler", call(SYS_sched_setscheduler, 0, SCHED_OTHER, &param));
    show("sched_setscheduler batch", call(SYS_sched_setscheduler, 0, SCHED_BATCH, &param));
    show("sched_getscheduler", call(SYS_sched_getscheduler, 0));
    show("sched_setscheduler back", call(SYS_sched_setscheduler, 0, SCHED_OTHER, &param));
    param.sched_priority = 1;
    show("sched_setscheduler priority", call(SYS_sched_setscheduler, 0, SCHED_OTHER, &param));
    show("sched_setparam priority", call(SYS_sched_setparam, 0, &param));
    show("sched_setscheduler policy", call(SYS_sched_setscheduler, 0, 77, &param));
    show("sched_setscheduler negative", call(SYS_sched_setscheduler, 0, -1, &param));
    show("sched_setscheduler nowhere", call(SYS_sched_setscheduler, 0, 0, NULL));
    show("sched_setaffinity nowhere", call(SYS_sched_setaffinity, 0, 8, NOWHERE));
    show_ok("sched_getaffinity", call(SYS_sched_getaffinity, 0, 128, buffer));
    show("sched_setaffinity as it is", call(SYS_sched_setaffinity, 0, 128, buffer));
    mask = 0;
    show("sched_setaffinity none", call(SYS_sched_setaffinity, 0, 8, &mask));
    show("sched_setaffinity of nobody", call(SYS_sched_setaffinity, 0x3fffffff, 8, buffer));
    show("getpriority", getpriority(PRIO_PROCESS, 0));
    show("setpriority", setpriority(PRIO_PROCESS, 0, 5));
    show("getpriority", getpriority(PRIO_PROCESS, 0));
    show("setpriority beyond", setpriority(PRIO_PROCESS, 0, 100));
    show("getpriority", getpriority(PRIO_PROCESS, 0));
    show("getpriority which", getpriority(9, 0));
    show("setpriority which", setpriority(9, 0, 1));
    show("getpriority of nobody", getpriority(PRIO_PROCESS, 0x3fffffff));
}

static void others(void)
{
    struct timespec ten = {0, 10}, left;

    show("getrandom flags", getrandom(buffer, 10, 8));
    show("getrandom both", getrandom(buffer, 10, 6));
    show("getrandom insecure", getrandom(buffer, 10, 4));
    show("getrandom of nothing", getrandom(NULL, 0, 0));
    show("getrandom nowhere", call(SYS_getrandom, NOWHERE, 10, 0));
    show("close_range backwards", call(SYS_close_range, 10, 9, 0));
    show("close_range flags", call(SYS_close_range, 10, 11, 8));
    show("close_range", call(SYS_close_range, 50, ~0u, 0));
    show("close_range CLOEXEC", (dup2(1, 60), call(SYS_close_range, 60, 70, 4)));
    show("F_GETFD", fcntl(60, F_GETFD));
    show("clock_getres", call(SYS_clock_getres, 99, NULL));
    show("clock_getres of the alarm's", call(SYS_clock_getres, 7, NULL));
    show("clock_nanosleep clock", call(SYS_clock_nanosleep, 99, 0, &ten, NULL));
    show("clock_nanosleep thread's", call(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &ten, NULL));
    show("clock_nanosleep coarse", call(SYS_clock_nanosleep, CLOCK_MONOTONIC_COARSE, 0, &ten, NULL));
    show("clock_nanosleep", call(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &ten, &left));
    show("clock_nanosleep nowhere", call(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, NOWHERE, NULL));
    show("prlimit", call(SYS_prlimit64, -1, 0, NULL, NULL));
    show("getrusage", call(SYS_getrusage, 9, NOWHERE));
    show_ok("times", call(SYS_times, NULL));
    show("times nowhere", call(SYS_times, NOWHERE));
    show("getpgid of nobody", call(SYS_getpgid, 0x3fffffff));
    show("getsid negative", call(SYS_getsid, -1));
    show("setpgid negative", call(SYS_setpgid, 0, -1));
    show("setpgid of nobody", call(SYS_setpgid, 0x3fffffff, 0));
    show("personality", call(SYS_personality, 0xffffffff));
    show("statfs of nothing", call(SYS_statfs, "", buffer));
    show("fstatfs of nothing", call(SYS_fstatfs, UNOPENED, buffer));
    show("get_robust_list of nobody", call(SYS_get_robust_list, 0x3fffffff, buffer, buffer));
    show("getcpu nowhere", call(SYS_getcpu, NOWHERE, NULL, NULL));
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    int fd = open("file", O_CREAT | O_RDWR | O_TRUNC, 0644);

    write(fd, "0123456789", 10);
    close(fd);
    mkdir("dir", 0755);
    path_only();
    opening();
    names();
    attributes();
    reading();
    scheduling();
    others();
    show("rmdir", rmdir("dir"));
    show("unlink", unlink("file"));
    return 0;
}
