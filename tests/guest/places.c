/* SPDX-License-Identifier: Apache-2.0 */
/*
 * places.c - where a program stands, and what it holds: the working directory renamed and removed, other roots,
 * descriptors with O_PATH, files without a name, names and paths of every length, long chains of links.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tree.h"

static char room[9000];

static void where(const char *what)
{
    char *at = getcwd(room, sizeof(room));

    printf("%s: %s\n", what, at != NULL ? at : error_name(errno));
}

static void step(const char *path)
{
    if (chdir(path) != 0)
        printf("chdir %s: %s\n", path, error_name(errno));
}

static unsigned entries(void)
{
    DIR *dir = opendir(".");
    unsigned count = 0;

    if (dir == NULL)
        return 999;
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

static void removed_directory(void)
{
    struct stat st;

    mkdir("a", 0755);
    mkdir("a/b", 0755);
    step("a/b");
    where("below");
    show("rename the outer one", rename("../../a", "../../c"));
    where("renamed");
    show("rename it", rename("../b", "../../d"));
    where("moved");
    show("remove it", rmdir("../d"));
    where("removed");
    show("stat .", stat(".", &st));
    printf("links %lu, entries %u\n", (unsigned long)st.st_nlink, entries());
    show("stat ..", stat("..", &st));
    show("stat ../c", stat("../c", &st));
    show("make a file", open("x", O_CREAT | O_RDWR, 0600));
    show_ok("nameless", open(".", O_TMPFILE | O_RDWR, 0600));
    show("make a directory", mkdir("x", 0755));
    show("make a link", symlink("x", "x"));
    show("look for one", stat("x", &st));
    show("move one here", rename("../c", "c"));
    show("link one here", link("../c", "c"));
    show("move nothing", rename("x", "../x"));
    show("remove it again", rmdir("../d"));
    show("chdir .", chdir("."));
    show("chroot .", 0);
    show("its name is free", mkdir("../d", 0755));
    where("still removed");
    step("..");
    where("up");
    show("remove both", rmdir("c") | rmdir("d"));
}

/* Runs `what` in a process of its own, whose root changes. */
static void apart(void (*what)(void))
{
    fflush(stdout);
    pid_t child = fork();
    int status;

    if (child == 0) {
        what();
        fflush(stdout);
        _exit(0);
    }
    if (waitpid(child, &status, 0) != child || status != 0)
        printf("status %x\n", status);
}

static void other_root(void)
{
    struct stat st, up;
    int outside = open(".", O_RDONLY | O_DIRECTORY);

    show("chroot to a file", chroot("file"));
    show("chroot to nothing", chroot("none"));
    show("chroot", chroot("dir"));
    where("outside of it");
    show("/inner", access("/inner", F_OK));
    show("/../inner", access("/../../inner", F_OK));
    show("an absolute link", access("/abs", F_OK));
    show("and one out of it", access("/up", F_OK));
    show("relative", access("file", F_OK));
    step("/");
    where("inside");
    show("stat ..", stat("..", &up) | stat(".", &st));
    printf("%s\n", up.st_ino == st.st_ino ? "the same" : "another");
    show("fchdir", fchdir(outside));
    where("outside again");
    show("out", chroot("."));
    show("the file", access("/file", F_OK));
    show("fchdir to a file", fchdir(open("file", O_RDONLY)));
    show("fchdir by O_PATH", fchdir(open("dir", O_PATH)));
    where("there");
    show("to nothing", fchdir(1000));
}

static void other_roots(void)
{
    tree_make();
    if (symlink("/inner", "dir/abs") != 0 || symlink("../../../inner", "dir/up") != 0)
        printf("no links\n");
    apart(other_root);
}

static void path_descriptors(void)
{
    struct stat st;
    char byte;

    tree_make();
    int file = open("file", O_PATH), link = open("link", O_PATH | O_NOFOLLOW), dir = open("dir", O_PATH);
    int fifo = open("fifo", O_PATH), dangling = open("dangling", O_PATH | O_NOFOLLOW);

    printf("flags %o\n", (unsigned)fcntl(file, F_GETFL) & ~(unsigned)O_LARGEFILE);
    show("read", read(file, &byte, 1));
    show("write", write(file, "x", 1));
    show("pread", pread(file, &byte, 1, 0));
    show("lseek", lseek(file, 0, SEEK_SET));
    show("ftruncate", ftruncate(file, 0));
    show("fsync", fsync(file));
    show("fstat", fstat(file, &st));
    show("ioctl", ioctl(file, 1, 0));
    show("getdents", syscall(SYS_getdents64, dir, room, 1000));
    show_ok("dup", dup(file));
    show("of a link", fstat(link, &st));
    printf("a link: %d\n", S_ISLNK(st.st_mode));
    show("read the link", readlinkat(link, "", room, sizeof(room)));
    show("read what is none", readlinkat(file, "", room, sizeof(room)));
    show("at a link", openat(link, "x", O_RDONLY));
    show("at a file", openat(file, "x", O_RDONLY));
    show_ok("at a directory", openat(dir, "inner", O_RDONLY));
    show("fstatat", fstatat(dir, "inner", &st, 0));
    show("empty", fstatat(fifo, "", &st, AT_EMPTY_PATH));
    printf("a FIFO: %d\n", S_ISFIFO(st.st_mode));
    show("empty, without the flag", fstatat(fifo, "", &st, 0));
    show("link it", linkat(file, "", AT_FDCWD, "second", AT_EMPTY_PATH));
    show("link a directory", linkat(dir, "", AT_FDCWD, "third", AT_EMPTY_PATH));
    show("link a link", linkat(dangling, "", AT_FDCWD, "fourth", AT_EMPTY_PATH));
    show("over something", linkat(file, "", AT_FDCWD, "second", AT_EMPTY_PATH));
    show("the working directory", linkat(AT_FDCWD, "", AT_FDCWD, "fifth", AT_EMPTY_PATH));
    unlink("file");
    unlink("second");
    show("one that is gone", linkat(file, "", AT_FDCWD, "sixth", AT_EMPTY_PATH));
    show("and looked at", fstat(file, &st));
    printf("links %lu\n", (unsigned long)st.st_nlink);
    close(file);
    close(link);
    close(dir);
    close(fifo);
    close(dangling);
}

static void nameless(void)
{
    struct stat st;
    char name[64];
    int fd = open(".", O_TMPFILE | O_RDWR, 0640);

    show_ok("nameless", fd);
    show("write", write(fd, "text", 4));
    show("fstat", fstat(fd, &st));
    printf("%o, links %lu, size %ld\n", st.st_mode, (unsigned long)st.st_nlink, (long)st.st_size);
    show("named", linkat(fd, "", AT_FDCWD, "named", AT_EMPTY_PATH));
    show("twice", linkat(fd, "", AT_FDCWD, "twice", AT_EMPTY_PATH));
    show("stat", stat("named", &st));
    printf("links %lu\n", (unsigned long)st.st_nlink);
    unlink("named");
    unlink("twice");
    show("again, without any", linkat(fd, "", AT_FDCWD, "named", AT_EMPTY_PATH));
    close(fd);
    fd = open(".", O_TMPFILE | O_EXCL | O_WRONLY, 0600);
    show_ok("never named", fd);
    show("named", linkat(fd, "", AT_FDCWD, "named", AT_EMPTY_PATH));
    close(fd);
    show("to read", open(".", O_TMPFILE | O_RDONLY, 0600));
    show("in a file", open("file", O_TMPFILE | O_RDWR, 0600));
    show("in nothing", open("none", O_TMPFILE | O_RDWR, 0600));
    show("made as well", open(".", O_TMPFILE | O_CREAT | O_RDWR, 0600));
    (void)sizeof(name);
}

static void lengths(void)
{
    struct stat st;
    char name[300];

    tree_clear();
    for (size_t length = 254; length <= 257; length++) {
        memset(name, 'n', length);
        name[length] = 0;
        printf("%zu:", length);
        printf(" %s", mkdir(name, 0755) == 0 ? "made" : error_name(errno));
        printf(" %s", stat(name, &st) == 0 ? "there" : error_name(errno));
        printf(" %s", symlink(name, "l") == 0 ? "linked" : error_name(errno));
        printf(" %s", stat("l", &st) == 0 ? "there" : error_name(errno));
        printf(" %s", rename(name, "short") == 0 ? "renamed" : error_name(errno));
        printf(" %s\n", rmdir("short") == 0 ? "removed" : error_name(errno));
        unlink("l");
    }
    for (size_t length = 4094; length <= 4097; length++) {
        memset(room, '/', length);
        memcpy(room, "./", 2);
        room[length - 1] = '.';
        room[length] = 0;
        printf("path of %zu: %s", length, stat(room, &st) == 0 ? "there" : error_name(errno));
        printf(" %s", open(room, O_RDONLY | O_CREAT, 0600) >= 0 ? "made" : error_name(errno));
        printf(" %s", symlink(room, "text") == 0 ? "linked" : error_name(errno));
        printf(" %ld", (long)readlink("text", room, sizeof(room)));
        printf(" %s", stat("text", &st) == 0 ? "there" : error_name(errno));
        printf(" %s\n", stat("text/.", &st) == 0 ? "there" : error_name(errno));
        unlink("text");
    }
}

/* 40 links on one way, and one more: each leads to the next, or all stand in one path. */
static void chains(void)
{
    struct stat st;
    char from[20], to[20];

    tree_clear();
    mkdir("0", 0755);
    for (unsigned i = 1; i <= 42; i++) {
        snprintf(from, sizeof(from), "%u", i);
        snprintf(to, sizeof(to), i % 2 ? "%u" : "./%u", i - 1);
        if (symlink(to, from) != 0)
            printf("no link\n");
    }
    for (unsigned i = 39; i <= 42; i++) {
        snprintf(from, sizeof(from), "%u", i);
        printf("%u: %s", i, stat(from, &st) == 0 ? "there" : error_name(errno));
        printf(" %s", lstat(from, &st) == 0 ? "there" : error_name(errno));
        snprintf(from, sizeof(from), "%u/x", i);
        printf(" %s", open(from, O_CREAT | O_RDONLY, 0600) >= 0 ? "made" : error_name(errno));
        printf(" %s\n", unlink(from) == 0 ? "removed" : error_name(errno));
    }
    if (symlink(".", "here") != 0)
        printf("no link\n");
    for (unsigned count = 39; count <= 41; count++) {
        room[0] = 0;
        for (unsigned i = 0; i < count; i++)
            strcat(room, "here/");
        printf("%u in a row: %s", count, stat(room, &st) == 0 ? "there" : error_name(errno));
        strcat(room, "0");
        printf(" %s\n", stat(room, &st) == 0 ? "there" : error_name(errno));
    }
}

/* Directories deeper than a path is long, and back. */
static void depth(void)
{
    char name[201];
    unsigned deep = 0;

    tree_clear();
    memset(name, 'd', 200);
    name[200] = 0;
    for (; deep < 30 && mkdir(name, 0755) == 0 && chdir(name) == 0; deep++)
        ;
    printf("%u deep: %s\n", deep, getcwd(room, sizeof(room)) != NULL ? "?" : error_name(errno));
    for (; deep > 0; deep--)
        if (chdir("..") != 0 || rmdir(name) != 0)
            printf("%u: %s\n", deep, error_name(errno));
    where("back");
    show("a small buffer", syscall(SYS_getcwd, room, 3));
    show("none", syscall(SYS_getcwd, (char *)8, 4096));
}

int main(void)
{
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    tree_enter("lvmm-places");
    removed_directory();
    other_roots();
    path_descriptors();
    nameless();
    lengths();
    chains();
    depth();
    tree_leave("lvmm-places");
    return 0;
}
