/* SPDX-License-Identifier: Apache-2.0 */
/* dnotify.c - fcntl(2)'s F_NOTIFY: which changes of a directory are told by a signal, how often, to whom, until when.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "asyncs.h"
#include "tree.h"

#define EXCHANGE 2 /* RENAME_EXCHANGE, which not all libraries name */
#define EVERYTHING (DN_ACCESS | DN_MODIFY | DN_CREATE | DN_DELETE | DN_RENAME | DN_ATTRIB)

static int dir_open(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || fcntl(fd, F_SETSIG, QUEUED) != 0)
        exit(2);
    return fd;
}

/* What an entry's life tells who wants only `events`. */
static void life(const char *what, unsigned events)
{
    int dir = dir_open("d"), file;
    char byte;

    printf("%s: %d\n", what, fcntl(dir, F_NOTIFY, events | DN_MULTISHOT));
    file = open("d/new", O_RDWR | O_CREAT, 0644);
    came("  create", dir);
    show("  write", write(file, "x", 1));
    came("  write", dir);
    show("  pwrite nothing", pwrite(file, "", 0, 0));
    came("  pwrite nothing", dir);
    show("  pread", pread(file, &byte, 1, 0));
    came("  pread", dir);
    show("  ftruncate", ftruncate(file, 0));
    came("  ftruncate", dir);
    show("  fchmod", fchmod(file, 0600));
    came("  fchmod", dir);
    show("  utimensat", utimensat(dir, "new", NULL, 0));
    came("  utimensat", dir);
    close(file);
    came("  close", dir);
    show("  rename", rename("d/new", "d/old"));
    came("  rename", dir);
    show("  out", rename("d/old", "e/old"));
    came("  out", dir);
    show("  in", rename("e/old", "d/old"));
    came("  in", dir);
    show("  link", link("d/old", "d/second"));
    came("  link", dir);
    show("  replace", rename("d/old", "d/f"));
    came("  replace", dir);
    show("  unlink", unlink("d/second"));
    came("  unlink", dir);
    show("  mkdir", mkdir("d/sub", 0755));
    came("  mkdir", dir);
    show("  chmod of it", chmod("d/sub", 0700));
    came("  chmod of it", dir);
    tree_file("d/sub/below", "", 0644);
    unlink("d/sub/below");
    came("  below", dir);
    show("  exchange", syscall(SYS_renameat2, AT_FDCWD, "d/sub", AT_FDCWD, "d/f", EXCHANGE));
    came("  exchange", dir);
    show("  rmdir", rmdir("d/f"));
    came("  rmdir", dir);
    show("  rename", rename("d/sub", "d/f"));
    came("  rename", dir);
    show("  chmod", chmod("d", 0700));
    came("  chmod of the directory", dir);
    show("  rename of the directory", rename("d", "d2") + rename("d2", "d"));
    came("  rename of the directory", dir);
    close(dir);
}

static void wrong(void)
{
    int dir = dir_open("d"), path = open("d", O_PATH), file = open("d/f", O_RDONLY), ends[2];

    if (pipe(ends) != 0)
        return;
    show("no descriptor", fcntl(-1, F_NOTIFY, DN_CREATE));
    show("O_PATH", fcntl(path, F_NOTIFY, DN_CREATE));
    show("a file", fcntl(file, F_NOTIFY, DN_CREATE));
    show("a file, nothing", fcntl(file, F_NOTIFY, 0));
    show("a file, DN_MULTISHOT alone", fcntl(file, F_NOTIFY, DN_MULTISHOT));
    show("a pipe", fcntl(ends[0], F_NOTIFY, DN_CREATE));
    show("a pipe, nothing", fcntl(ends[0], F_NOTIFY, 0));
    show("nothing", fcntl(dir, F_NOTIFY, 0));
    show("DN_MULTISHOT alone", fcntl(dir, F_NOTIFY, DN_MULTISHOT));
    show_owner("nobody yet", dir);
    show("an unknown event", fcntl(dir, F_NOTIFY, 0x40 | DN_MULTISHOT));
    show_owner("us", dir);
    tree_file("d/new", "", 0644);
    unlink("d/new");
    came("an unknown event", dir);
    close(ends[0]);
    close(ends[1]);
    close(file);
    close(path);
    close(dir);
}

static void once(void)
{
    int dir = dir_open("d"), second;

    show("once", fcntl(dir, F_NOTIFY, DN_CREATE));
    tree_file("d/1", "", 0644);
    tree_file("d/2", "", 0644);
    came("once", dir);
    show("two kinds, one by one", fcntl(dir, F_NOTIFY, DN_CREATE) + fcntl(dir, F_NOTIFY, DN_DELETE));
    tree_file("d/3", "", 0644);
    unlink("d/3");
    came("either, once", dir);
    show("two kinds, one for good", fcntl(dir, F_NOTIFY, DN_CREATE | DN_MULTISHOT) + fcntl(dir, F_NOTIFY, DN_DELETE));
    unlink("d/1");
    unlink("d/2");
    tree_file("d/3", "", 0644);
    came("both for good", dir);
    show_bool("another descriptor", (second = dup(dir)) > dir);
    show("by it", fcntl(second, F_NOTIFY, DN_ATTRIB));
    unlink("d/3");
    came("by it", second);
    show("no more", fcntl(dir, F_NOTIFY, DN_MULTISHOT));
    tree_file("d/1", "", 0644);
    came("no more", dir);
    show("once more", fcntl(dir, F_NOTIFY, DN_DELETE | DN_MULTISHOT));
    close(second);
    unlink("d/1");
    came("closed by another descriptor", dir);
    close(dir);
    dir = dir_open("d");
    show("two open files", fcntl(dir, F_NOTIFY, DN_CREATE));
    second = dir_open("d");
    show("two open files", fcntl(second, F_NOTIFY, DN_CREATE));
    show("F_SETSIG", fcntl(second, F_SETSIG, 0));
    tree_file("d/1", "", 0644);
    came("plain and queued", dir);
    unlink("d/1");
    close(second);
    close(dir);
}

static void reading(void)
{
    int dir = dir_open("d");
    char room[4096];

    show("access", fcntl(dir, F_NOTIFY, DN_ACCESS | DN_MULTISHOT));
    show_bool("getdents", syscall(SYS_getdents64, dir, room, sizeof(room)) > 0);
    came("who reads it is told", dir);
    close(dir);
}

/* Of a child that has the same open file, and of one that has the same descriptors. */
static int of_child(void *arg)
{
    close(*(const int *)arg);
    return 0;
}

static void children(void)
{
    static char stack[65536] __attribute__((aligned(16)));
    int dir = dir_open("d");
    pid_t child;

    show("ours", fcntl(dir, F_NOTIFY, DN_CREATE | DN_DELETE | DN_MULTISHOT));
    fflush(stdout);
    child = fork();
    if (child == 0) {
        int error = fcntl(dir, F_NOTIFY, DN_ATTRIB | DN_MULTISHOT);
        _exit(error == 0 && chmod("d/f", 0640) == 0 && sigtimedwait(&all, NULL, &(struct timespec){0}) < 0 ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    show("child", status);
    came("its attributes, told to us, who own the file", dir);
    chmod("d/f", 0644);
    came("no more, as it has ended", dir);
    tree_file("d/1", "", 0644);
    came("ours goes on", dir);
    child = clone(of_child, stack + sizeof(stack), CLONE_FILES | SIGCHLD, &dir);
    waitpid(child, &status, 0);
    show("child", status);
    unlink("d/1");
    came("closed by who has our descriptors", dir);
    show("it is closed", close(dir));
}

static void removed(void)
{
    int dir;

    mkdir("gone", 0755);
    dir = dir_open("gone");
    show("everything", fcntl(dir, F_NOTIFY, EVERYTHING | DN_MULTISHOT));
    tree_file("gone/1", "", 0644);
    int file = open("gone/1", O_WRONLY);
    came("a file", dir);
    unlink("gone/1");
    came("unlink", dir);
    show("write to what is unlinked", write(file, "x", 1));
    came("write to what is unlinked", dir);
    show("rmdir", rmdir("gone"));
    came("rmdir", dir);
    show("fchmod", fchmod(dir, 0700));
    came("fchmod", dir);
    close(file);
    close(dir);
}

static void replaced(void)
{
    int dir = dir_open("d"), other = dir_open("e");

    show("once", fcntl(dir, F_NOTIFY, DN_CREATE | DN_MULTISHOT));
    show("dup2 over it", dup2(other, dir) == dir);
    tree_file("d/1", "", 0644);
    unlink("d/1");
    came("closed by dup2", dir);
    close(dir);
    close(other);
}

int main(void)
{
    signals_block();
    tree_enter("dnotify");
    mkdir("d", 0755);
    mkdir("e", 0755);
    tree_file("d/f", "content", 0644);
    wrong();
    once();
    reading();
    life("all", EVERYTHING);
    life("DN_RENAME", DN_RENAME);
    life("DN_CREATE", DN_CREATE);
    life("DN_DELETE", DN_DELETE);
    life("DN_ATTRIB", DN_ATTRIB);
    life("DN_MODIFY", DN_MODIFY);
    life("DN_ACCESS", DN_ACCESS);
    children();
    removed();
    replaced();
    tree_leave("dnotify");
    return 0;
}
