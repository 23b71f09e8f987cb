/* SPDX-License-Identifier: Apache-2.0 */
/* inotify_events.c - which calls tell what to those who watch a file, or the directory that it is in: on a disk what
 * every file system has, and all of it in memory. */
#define _GNU_SOURCE
#include <dirent.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "tree.h"
#include "watching.h"

static char bytes[100];

static int opened(const char *path, int flags)
{
    int fd = open(path, flags, 0644);

    if (fd < 0)
        printf("open %s: %s\n", path, error_name(errno));
    return fd;
}

/* ---- on every file system ---- */

static void data(void)
{
    int fd = opened("w/a", O_RDWR | O_CREAT);

    told("created");
    show("write", write(fd, "abcdef", 6));
    show("write", write(fd, "ghi", 3));
    told("written twice");
    show("read at the end", read(fd, bytes, 10));
    told("nothing read");
    show("pread", pread(fd, bytes, 4, 0));
    show("pread of nothing", pread(fd, bytes, 0, 0));
    told("read");
    show("pwrite of nothing", pwrite(fd, bytes, 0, 0));
    told("nothing written");
    show("readv", preadv(fd, &(struct iovec){bytes, 5}, 1, 0));
    show("readv at the end", preadv(fd, &(struct iovec){bytes, 5}, 1, 100));
    told("vectors read");
    show("writev", pwritev(fd, &(struct iovec){bytes, 5}, 1, 0));
    show("writev of nothing", pwritev(fd, &(struct iovec){bytes, 0}, 1, 0));
    told("vectors written");
    show("readv of nothing", preadv(fd, &(struct iovec){bytes, 0}, 1, 0));
    told("vectors of nothing read");
    show("ftruncate", ftruncate(fd, 3));
    told("ftruncate");
    show("truncate", truncate("w/a", 3));
    told("truncate to the same");
    close(dup(fd));
    told("a duplicate closed");
    close(fd);
    told("closed");
}

static void opens(void)
{
    close(opened("w/a", O_RDONLY));
    told("read alone");
    close(opened("w/a", O_WRONLY));
    told("written alone");
    close(opened("w/a", O_RDWR | O_TRUNC));
    told("emptied");
    close(opened("w/a", O_RDONLY | O_CREAT));
    told("there already");
    close(opened("w/a", O_PATH));
    told("O_PATH");
    close(opened("w/a", 3));
    told("neither read nor written");
    show("exclusive", open("w/a", O_RDWR | O_CREAT | O_EXCL, 0600));
    show("no directory", open("w/a", O_RDONLY | O_DIRECTORY));
    show("not there", open("w/none", O_RDONLY));
    told("not opened");
}

static void directories(void)
{
    struct stat st;
    DIR *dir;

    show("mkdir", mkdir("w/d", 0755));
    told("mkdir");
    dir = opendir("w/d");
    told("opendir");
    while (readdir(dir) != NULL)
        ;
    told("read to the end");
    closedir(dir);
    told("closedir");
    show("stat", stat("w/d", &st));
    show("access", access("w/d", R_OK));
    told("looked at");
    close(opened("w/d/inner", O_WRONLY | O_CREAT));
    told("a file in it");
    show("unlink", unlink("w/d/inner"));
    show("rmdir", rmdir("w/d"));
    told("rmdir");
}

static void moves(void)
{
    tree_file("w/m", "moved", 0644);
    mkdir("w/d", 0755);
    told("made");
    show("in the directory", rename("w/m", "w/n"));
    told("renamed");
    show("out", rename("w/n", "o/n"));
    told("moved away");
    show("in", rename("o/n", "w/back"));
    told("moved here");
    show("to the same", rename("w/back", "w/back"));
    told("to the same name");
    show("not there", rename("w/none", "w/x"));
    told("not there");
    show("a directory", rename("w/d", "w/e"));
    told("a directory");
    tree_file("w/over", "replaced", 0644);
    told("another");
    show("over it", rename("w/back", "w/over"));
    told("over another");
    show("both watched", rename("w/over", "x/over"));
    told("from one to the other");
    show("unlink", unlink("x/over"));
    show("rmdir", rmdir("w/e"));
    told("gone");
}

/* The file itself is watched, and its directory. */
static void itself(void)
{
    tree_file("w/s", "self", 0644);
    told("made");
    watch("w/s", IN_ALL_EVENTS);
    close(opened("w/s", O_RDONLY));
    told("opened: both");
    tree_file("w/s", "more", 0644);
    told("written");
    show("rename", rename("w/s", "w/t"));
    told("moved");
    tree_file("w/u", "by another name", 0644);
    told("another");
    show("over it", rename("w/u", "w/t"));
    told("replaced");
    show("unlink", unlink("w/t"));
    told("not watched any more");
    tree_file("w/t", "once more", 0644);
    told("the name is there again");
    watch("w/t", IN_ALL_EVENTS);
    int fd = opened("w/t", O_RDWR);
    show("unlink", unlink("w/t"));
    told("removed, but open");
    show("write", write(fd, "x", 1));
    told("written without a name");
    close(fd);
    told("closed at last");
    mkdir("w/d", 0755);
    told("a directory");
    watch("w/d", IN_ALL_EVENTS);
    show("rename", rename("w/d", "w/e"));
    told("moved");
    show("rmdir", rmdir("w/e"));
    told("removed");
}

static void everywhere(const char *where)
{
    printf("-- %s\n", where);
    watching_begin();
    mkdir("w", 0755);
    mkdir("x", 0755);
    mkdir("o", 0755);
    watch("w", IN_ALL_EVENTS);
    watch("x", IN_ALL_EVENTS);
    data();
    opens();
    directories();
    moves();
    itself();
    unlink("w/a");
    told("the end");
    rmdir("w");
    told("w is gone");
    rmdir("x");
    rmdir("o");
    told("x is gone");
    watching_end();
}

/* ---- in memory ---- */

static void attributes(void)
{
    const struct timespec both[2] = {{1, 0}, {2, 0}}, access[2] = {{1, 0}, {0, UTIME_OMIT}},
                          change[2] = {{0, UTIME_OMIT}, {2, 0}}, none[2] = {{0, UTIME_OMIT}, {0, UTIME_OMIT}};

    tree_file("w/f", "attributes", 0644);
    told("made");
    show("chmod", chmod("w/f", 0600));
    told("chmod");
    show("chown", chown("w/f", 5, 6));
    told("chown");
    show("chown to nobody", chown("w/f", (uid_t)-1, (gid_t)-1));
    told("chown to nobody");
    show("chmod", chmod("w/f", 04711));
    told("chmod");
    show("chown to nobody", chown("w/f", (uid_t)-1, (gid_t)-1));
    told("chown takes a set-user-ID bit");
    show("times", utimensat(AT_FDCWD, "w/f", both, 0));
    told("both times");
    show("times", utimensat(AT_FDCWD, "w/f", access, 0));
    told("access time");
    show("times", utimensat(AT_FDCWD, "w/f", change, 0));
    told("modification time");
    show("times", utimensat(AT_FDCWD, "w/f", none, 0));
    told("neither");
    show("times", utimensat(AT_FDCWD, "w/f", NULL, 0));
    told("now");
    show("setxattr", setxattr("w/f", "user.x", "1", 1, 0));
    told("setxattr");
    show("removexattr", removexattr("w/f", "user.x"));
    told("removexattr");
    show("removexattr", removexattr("w/f", "user.x"));
    told("no such attribute");
    show("directory", chmod("w", 0711));
    told("the directory itself");
}

static void links(void)
{
    const struct timespec access_time[2] = {{1, 0}, {0, UTIME_OMIT}};

    watch("w/f", IN_ALL_EVENTS);
    show("link", link("w/f", "w/g"));
    told("link");
    close(opened("w/g", O_RDONLY));
    told("by the other name");
    show("unlink", unlink("w/f"));
    told("the first name gone");
    show("unlink", unlink("w/g"));
    told("the last");
    show("symlink", symlink("nothing", "w/l"));
    told("symlink");
    show("lchown", lchown("w/l", 1, 1));
    told("lchown");
    show("readlink", readlink("w/l", bytes, sizeof(bytes)));
    told("readlink");
    show("unlink", unlink("w/l"));
    told("unlink");
    show("mkfifo", mkfifo("w/p", 0644));
    show("mknod", mknod("w/c", S_IFCHR | 0644, 0x103));
    unlink("w/c");
    told("nodes");
    int fd = opened("w/p", O_RDWR | O_NONBLOCK);
    show("write", write(fd, "pipe", 4));
    show("read", read(fd, bytes, 4));
    close(fd);
    told("a FIFO: data isn't told to the directory");
    watch("w/p", IN_ALL_EVENTS);
    fd = opened("w/p", O_RDWR | O_NONBLOCK);
    show("write", write(fd, "pipe", 4));
    show("read", read(fd, bytes, 4));
    close(fd);
    told("but to who watches the FIFO");
    show("times", utimensat(AT_FDCWD, "w/p", access_time, 0));
    told("and times are told to both");
    unlink("w/p");
    told("unlinked");
}

static int exchange(const char *a, const char *b, unsigned flags)
{
    return (int)syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, flags);
}

static void exchanges(void)
{
    tree_file("w/1", "one", 0644);
    mkdir("x/2", 0755);
    watch("w/1", IN_ALL_EVENTS);
    told("made");
    show("exchange", exchange("w/1", "x/2", 2));
    told("exchanged");
    show("no replacement", exchange("w/2", "x/2", 1));
    show("exchange", exchange("w/1", "w/none", 2));
    told("not moved");
    show("link", link("x/2", "x/3"));
    told("linked");
    show("to itself", rename("x/2", "x/3"));
    told("the same file");
    unlink("x/2");
    unlink("x/3");
    rmdir("w/1");
    told("gone");
}

static void copies(void)
{
    int from, to, pipes[2];

    tree_file("w/from", "copied from here", 0644);
    from = opened("w/from", O_RDONLY);
    to = opened("w/to", O_WRONLY | O_CREAT);
    if (pipe2(pipes, O_NONBLOCK) != 0)
        exit(2);
    told("made");
    show("sendfile", sendfile(to, from, NULL, 4));
    told("sendfile");
    show("copy_file_range", copy_file_range(from, NULL, to, NULL, 4, 0));
    told("copy_file_range");
    show("splice", splice(from, NULL, pipes[1], NULL, 4, 0));
    told("splice from it");
    show("splice", splice(pipes[0], NULL, to, NULL, 4, 0));
    told("splice to it");
    show("sendfile", sendfile(pipes[1], from, NULL, 4));
    told("sendfile to a pipe");
    show("fallocate", fallocate(to, 0, 0, 100));
    told("fallocate");
    show("fallocate", fallocate(to, 3, 0, 100));
    told("a hole");
    show("copy at the end", copy_file_range(from, NULL, to, NULL, 4, 0));
    told("nothing copied");
    close(from);
    close(to);
    close(pipes[0]);
    close(pipes[1]);
    told("closed");
    unlink("w/from");
    unlink("w/to");
    told("unlinked");
}

static void unlinked(void)
{
    int fd = opened("w/u", O_RDWR | O_CREAT);

    show("the same watch", watch("w", IN_ALL_EVENTS) == watch("w", IN_ALL_EVENTS));
    told("made");
    unlink("w/u");
    show("write", write(fd, "x", 1));
    told("written without a name");
    show("fchmod", fchmod(fd, 0600));
    told("chmod without a name");
    watch("w", IN_ALL_EVENTS | IN_EXCL_UNLINK);
    show("write", write(fd, "x", 1));
    told("what has no name isn't told");
    show("fchmod", fchmod(fd, 0644));
    told("but this");
    close(fd);
    told("closed");
    watch("w", IN_ALL_EVENTS);
    fd = opened("w", O_RDWR | O_TMPFILE);
    if (fd >= 0) {
        show("write", write(fd, "x", 1));
        told("a file that never had a name");
        close(fd);
        told("closed");
    }
}

/* A copy of this program, which ends at once. */
static void execution(void)
{
    int from = opened("/proc/self/exe", O_RDONLY), to = opened("w/program", O_WRONLY | O_CREAT), status = 0;

    while (sendfile(to, from, NULL, 1 << 20) > 0)
        ;
    fchmod(to, 0755);
    close(from);
    close(to);
    watch("w", IN_OPEN | IN_ACCESS | IN_CLOSE);
    char room[1 << 14];
    while (read(watching, room, sizeof(room)) > 0)
        ;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        execl("w/program", "program", (char *)NULL);
        _exit(1);
    }
    waitpid(child, &status, 0);
    show("status", status);
    told("executed");
    show("not executable", chmod("w/program", 0644));
    unlink("w/program");
}

static void in_memory(void)
{
    printf("-- in memory\n");
    watching_begin();
    mkdir("w", 0755);
    mkdir("x", 0755);
    watch("w", IN_ALL_EVENTS);
    watch("x", IN_ALL_EVENTS);
    attributes();
    links();
    exchanges();
    copies();
    unlinked();
    execution();
    watching_end();
}

int main(int argc, char **argv)
{
    if (argc == 1)
        return 0; /* the copy that is executed */
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    umask(0);
    enter(argc, argv);
    everywhere("on a disk");
    tree_enter("inotify_events");
    everywhere("in memory");
    in_memory();
    tree_leave("inotify_events");
    return 0;
}
