/* SPDX-License-Identifier: Apache-2.0 */
/* fdinfo_locks.c - /proc/PID/fdinfo: the locks that were taken by a descriptor. */
#define _GNU_SOURCE
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tree.h"

/* The lines, but for device and inode, which are those of the file. */
static void tell(const char *what, int pid, int fd)
{
    char name[64], line[256], kind[64];
    struct stat st;
    FILE *file;

    printf("%s:\n", what);
    snprintf(name, sizeof(name), "/proc/%d/fdinfo/%d", pid, fd);
    file = fopen(name, "r");
    fstat(fd, &st);
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        unsigned long number, inode;
        int of, rest;

        if (sscanf(line, "lock:\t%lu: %63[^0-9-]%d %*x:%*x:%lu %n", &number, kind, &of, &inode, &rest) == 4)
            printf("  %lu: %s%s, %s file, %s", number, kind,
                   of == -1    ? "no process"
                   : of == pid ? "it"
                               : "another",
                   inode == st.st_ino ? "the" : "another", line + rest);
    }
    if (file != NULL)
        fclose(file);
}

static long record(int fd, int command, int type, int first, int length)
{
    struct flock lock = {.l_type = (short)type, .l_whence = SEEK_SET, .l_start = first, .l_len = length};

    return fcntl(fd, command, &lock);
}

/* Another process has the same open file, and locks of its own. */
static void of_child(int fd)
{
    int ready[2], done[2], status;
    char byte = 0;

    fflush(stdout);
    if (pipe(ready) != 0 || pipe(done) != 0)
        return;
    pid_t child = fork();
    if (child == 0) {
        record(fd, F_SETLK, F_WRLCK, 35, 10);
        write(ready[1], &byte, 1);
        read(done[0], &byte, 1);
        _exit(0);
    }
    read(ready[0], &byte, 1);
    tell("the child's", child, fd);
    tell("ours", getpid(), fd);
    write(done[1], &byte, 1);
    waitpid(child, &status, 0);
}

/* A lock that gets wider stays one of the open file that it was taken by. */
static void wider(int fd, int other)
{
    record(fd, F_SETLK, F_WRLCK, 10, 10);
    record(other, F_SETLK, F_WRLCK, 10, 10);
    tell("the same once more", getpid(), fd);
    record(other, F_SETLK, F_WRLCK, 20, 10);
    tell("what is behind it", getpid(), fd);
    record(other, F_SETLK, F_WRLCK, 0, 100);
    tell("all around it", getpid(), fd);
    record(other, F_SETLK, F_RDLCK, 0, 100);
    tell("of another type", getpid(), fd);
    tell("the other's", getpid(), other);
    record(fd, F_SETLK, F_UNLCK, 0, 0);
}

int main(void)
{
    tree_enter("fdinfo_locks");
    int fd = open("file", O_RDWR | O_CREAT, 0644), other = open("file", O_RDWR), copy = dup(fd);

    tell("none", getpid(), fd);
    wider(fd, other);
    show("a record", record(fd, F_SETLK, F_WRLCK, 10, 20));
    show("another", record(fd, F_SETLK, F_RDLCK, 100, 0));
    show("by the other descriptor", record(other, F_SETLK, F_WRLCK, 50, 10));
    tell("records", getpid(), fd);
    tell("a copy of the descriptor", getpid(), copy);
    tell("the other's", getpid(), other);
    of_child(fd);
    show("of the open file", record(other, F_OFD_SETLK, F_RDLCK, 300, 7));
    show("all of it", flock(other, LOCK_SH));
    tell("three kinds", getpid(), other);
    tell("not here", getpid(), fd);
    for (int i = 0; i < 40; i++)
        record(fd, F_SETLK, F_WRLCK, 1000 + 10 * i, 5);
    show("less", record(fd, F_SETLK, F_UNLCK, 1120, 230));
    tell("many", getpid(), fd);
    close(other);
    tell("closing one ends the process's", getpid(), fd);
    other = open("file", O_RDONLY);
    close(fd);
    close(copy);
    show("a lease", fcntl(other, F_SETLEASE, F_RDLCK));
    tell("a lease", getpid(), other);
    close(other);
    unlink("file");
    tree_leave("fdinfo_locks");
    return 0;
}
