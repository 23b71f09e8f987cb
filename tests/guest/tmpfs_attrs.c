/* SPDX-License-Identifier: Apache-2.0 */
/* tmpfs_attrs.c - who may change owner, permissions and times of a file, and what that takes along: chmod(2), chown(2),
 * utimensat(2), access(2), and what a write takes away. */
#define _GNU_SOURCE
#include <grp.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <utime.h>

#include "show.h"

#define OWNER 1000
#define GROUP 2000
#define OTHER 1001
#define OTHER_GROUP 2001

static int fd_of(const char *path, int flags)
{
    int fd = open(path, flags);

    if (fd < 0)
        printf("open %s: %s\n", path, error_name(errno));
    return fd;
}

static void state(const char *path)
{
    struct stat st;

    if (lstat(path, &st) != 0)
        printf("  %s: %s\n", path, error_name(errno));
    else
        printf("  %s: %o %u:%u\n", path, st.st_mode, st.st_uid, st.st_gid);
}

/* A file with these attributes, made anew. */
static void make(const char *path, unsigned mode, unsigned uid, unsigned gid)
{
    unlink(path);
    close(open(path, O_CREAT | O_WRONLY | O_EXCL, 0600));
    if (chown(path, uid, gid) != 0 || chmod(path, mode) != 0)
        printf("make %s: %s\n", path, error_name(errno));
}

/* Runs `work` as somebody without capabilities: user, group and one group more. */
static void as(unsigned uid, unsigned gid, unsigned more, void (*work)(void))
{
    gid_t groups[1] = {more};

    fflush(stdout);
    if (fork() == 0) {
        if (setgroups(1, groups) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
            exit(1);
        work();
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
}

/* ---- root ---- */

static void root_changes(void)
{
    int fd, there;

    make("f", 0644, OWNER, GROUP);
    state("f");
    show("chmod", chmod("f", 06755));
    state("f");
    show("chmod with a type", chmod("f", S_IFDIR | 01640));
    state("f");
    show("chown keeps", chown("f", -1, -1));
    show("chown user", chown("f", OTHER, -1));
    show("chown group", chown("f", -1, OTHER_GROUP));
    state("f");
    fd = fd_of("f", O_RDONLY);
    there = open("f", O_PATH);
    show("fchmod", fchmod(fd, 0600));
    show("fchown", fchown(fd, 0, 0));
    show("fchmod O_PATH", syscall(SYS_fchmod, there, 0644));
    show("fchown O_PATH", syscall(SYS_fchown, there, 1, 1));
    show("fchownat O_PATH, empty", fchownat(there, "", 5, 6, AT_EMPTY_PATH));
    show("fchmodat2 O_PATH, empty", syscall(452, there, "", 0604, AT_EMPTY_PATH));
    state("f");
    show("symlink", symlink("f", "l"));
    show("chmod through a link", chmod("l", 0611));
    show("chmod of a link", syscall(452, AT_FDCWD, "l", 0600, AT_SYMLINK_NOFOLLOW));
    show("lchown", lchown("l", 7, 8));
    state("l");
    show("chown through a link", chown("l", 9, 10));
    state("l");
    state("f");
    show("chmod of nothing", chmod("nothing", 0600));
    close(fd);
    close(there);
    unlink("l");
}

/* What set IDs are left by a chown, by root too. */
static void chowns(void)
{
    make("f", 06755, OWNER, GROUP);
    show("chown of a set-ID file", chown("f", OTHER, -1));
    state("f");
    make("f", 06745, OWNER, GROUP); /* the group doesn't execute */
    show("chown without group execution", chown("f", OTHER, -1));
    state("f");
    make("f", 06755, OWNER, GROUP);
    show("chown to what it is", chown("f", -1, -1));
    state("f");
    mkdir("d", 0755);
    chmod("d", 06755);
    show("chown of a directory", chown("d", OWNER, GROUP));
    state("d");
    rmdir("d");
}

/* ---- others ---- */

static void owner_does(void)
{
    show("chmod", chmod("f", 0640));
    show("chmod set-group-ID", chmod("f", 02755));
    state("f");
    show("chown to itself", chown("f", OWNER, -1));
    show("chown to another", chown("f", OTHER, -1));
    show("chgrp to one of its own", chown("f", -1, OTHER_GROUP));
    state("f");
    show("chgrp to another", chown("f", -1, 4711));
    show("chmod set-ID", chmod("f", 06755));
    state("f");
    show("chmod of another's", chmod("roots", 0666));
    show("chown of another's", chown("roots", OWNER, -1));
    show("chown of another's to what it is", chown("roots", -1, -1));
    show("chown of another's set-ID file to what it is", chown("rootsid", -1, -1));
    show("set-group-ID of a group that isn't its own", chmod("alien", 02755));
    state("alien");
}

static void times_of_stranger(void)
{
    struct timespec now[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}}, one[2] = {{1000, 5}, {2000, 6}},
                    half[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_NOW}};

    show("touch what may be written", utimensat(AT_FDCWD, "open", NULL, 0));
    show("the same by UTIME_NOW", utimensat(AT_FDCWD, "open", now, 0));
    show("touch half of it", utimensat(AT_FDCWD, "open", half, 0));
    show("set its times", utimensat(AT_FDCWD, "open", one, 0));
    show("touch what may not", utimensat(AT_FDCWD, "closed", NULL, 0));
    show("set its times", utimensat(AT_FDCWD, "closed", one, 0));
    show("utime", utime("closed", NULL));
    show("utimes", utimes("open", NULL));
}

static void accesses(void)
{
    show("read open", access("open", R_OK));
    show("write open", access("open", W_OK));
    show("execute open", access("open", X_OK));
    show("read closed", access("closed", R_OK));
    show("exists", access("closed", F_OK));
    show("read group's", access("groups", R_OK));
    show("write group's", access("groups", W_OK));
}

/* Real and effective IDs differ: access(2) asks for the real ones. */
static void real_and_effective(void)
{
    fflush(stdout);
    if (fork() == 0) {
        if (setgroups(0, NULL) != 0 || setresgid(OTHER, 0, 0) != 0 || setresuid(OTHER, 0, 0) != 0)
            exit(1);
        show("real", access("closed", R_OK));
        show("effective", faccessat(AT_FDCWD, "closed", R_OK, AT_EACCESS));
        show("opened", fd_of("closed", O_RDONLY) >= 0);
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
}

/* ---- writes ---- */

static void writes(void)
{
    int fd = fd_of("set", O_RDWR);

    show("nothing", write(fd, "", 0));
    state("set");
    show("write", write(fd, "x", 1));
    state("set");
    close(fd);
}

static void truncates(void)
{
    show("truncate", truncate("set", 10));
    state("set");
}

static void allocates(void)
{
    int fd = fd_of("set", O_RDWR);

    show("fallocate", fallocate(fd, 0, 0, 10));
    state("set");
    close(fd);
}

static void bits_and_writes(void)
{
    static void (*const changes[])(void) = {writes, truncates, allocates};

    for (int i = 0; i < 3; i++) {
        make("set", 06777, 0, 0);
        as(OWNER, GROUP, 0, changes[i]);
        make("set", 06767, 0, 4711);
        as(OWNER, GROUP, 0, changes[i]);
    }
    make("set", 06777, 0, 0);
    writes(); /* root's own leave them */
}

/* ---- who gets new files ---- */

static void creates(void)
{
    close(open("shared/new", O_CREAT | O_WRONLY, 0644));
    mkdir("shared/dir", 0700);
    close(open("plain/new", O_CREAT | O_WRONLY, 0644));
    state("shared/new");
    state("shared/dir");
    state("plain/new");
    unlink("shared/new");
    rmdir("shared/dir");
    unlink("plain/new");
}

static void new_files(void)
{
    mkdir("shared", 0777);
    mkdir("plain", 0777);
    if (chown("shared", 0, 4711) != 0 || chmod("shared", 02777) != 0 || chmod("plain", 0777) != 0)
        exit(1);
    creates();
    as(OWNER, GROUP, OTHER_GROUP, creates);
    rmdir("shared");
    rmdir("plain");
}

static void times(void)
{
    struct timespec set[2] = {{1000, 123456789}, {-5, 6}}, keep[2] = {{.tv_nsec = UTIME_OMIT}, {7, 8}};
    struct stat st, before;

    make("f", 0600, 0, 0);
    show("utimensat", utimensat(AT_FDCWD, "f", set, 0));
    stat("f", &st);
    printf("%lld.%09ld %lld.%09ld\n", (long long)st.st_atim.tv_sec, st.st_atim.tv_nsec, (long long)st.st_mtim.tv_sec,
           st.st_mtim.tv_nsec);
    show("one alone", utimensat(AT_FDCWD, "f", keep, 0));
    stat("f", &st);
    printf("%lld.%09ld %lld.%09ld\n", (long long)st.st_atim.tv_sec, st.st_atim.tv_nsec, (long long)st.st_mtim.tv_sec,
           st.st_mtim.tv_nsec);
    before = st;
    show("now", utimensat(AT_FDCWD, "f", NULL, 0));
    stat("f", &st);
    printf("the same: %d, later: %d\n",
           st.st_atim.tv_sec == st.st_mtim.tv_sec && st.st_atim.tv_nsec == st.st_mtim.tv_nsec,
           st.st_mtim.tv_sec > before.st_mtim.tv_sec);
    show("of a link", symlink("f", "l") == 0 ? utimensat(AT_FDCWD, "l", set, AT_SYMLINK_NOFOLLOW) : -1);
    lstat("l", &st);
    printf("%lld\n", (long long)st.st_atim.tv_sec);
    unlink("l");
}

int main(void)
{
    static const char *const names[] = {"f", "roots", "rootsid", "alien", "open", "closed", "groups", "set"};
    char folder[] = "/dev/shm/tmpfs_attrs.XXXXXX";

    umask(0);
    if (mkdtemp(folder) == NULL || chmod(folder, 0755) != 0 || chdir(folder) != 0)
        return 2;
    root_changes();
    chowns();
    make("f", 0644, OWNER, GROUP);
    make("roots", 0644, 0, 0);
    make("rootsid", 04755, 0, 0);
    make("alien", 0644, OWNER, 4711);
    as(OWNER, GROUP, OTHER_GROUP, owner_does);
    make("open", 0666, 0, 0);
    make("closed", 0600, 0, 0);
    make("groups", 0640, 0, OTHER_GROUP);
    as(OTHER, GROUP, OTHER_GROUP, times_of_stranger);
    as(OTHER, GROUP, OTHER_GROUP, accesses);
    as(OTHER, GROUP, GROUP, accesses);
    accesses();
    real_and_effective();
    bits_and_writes();
    new_files();
    times();
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        unlink(names[i]);
    return chdir("/") != 0 || rmdir(folder) != 0;
}
