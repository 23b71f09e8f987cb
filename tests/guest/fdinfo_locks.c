/* SPDX-License-Identifier: Apache-2.0 */
/* fdinfo_locks.c - /proc/PID/fdinfo: the locks that were taken by a descriptor. */
#define _GNU_SOURCE
#include <stdbool.h>
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

/* Those that are joined are told of by the descriptor of the first. */
static void joined(int fd, int other)
{
    static const struct {
        const char *what;
        struct {
            bool by_other;
            int type, first, length;
        } set[3];
    } cases[] = {
        {"behind it", {{false, F_WRLCK, 0, 10}, {true, F_WRLCK, 10, 10}}},
        {"before it", {{false, F_WRLCK, 10, 10}, {true, F_WRLCK, 0, 10}}},
        {"over its end", {{false, F_WRLCK, 0, 10}, {true, F_WRLCK, 5, 10}}},
        {"within it", {{false, F_WRLCK, 0, 30}, {true, F_WRLCK, 10, 10}}},
        {"within it, another", {{false, F_WRLCK, 0, 30}, {true, F_RDLCK, 10, 10}}},
        {"within it, none", {{false, F_WRLCK, 0, 30}, {true, F_UNLCK, 10, 10}}},
        {"between two", {{false, F_WRLCK, 0, 10}, {false, F_WRLCK, 20, 10}, {true, F_WRLCK, 10, 10}}},
        {"over two", {{false, F_WRLCK, 0, 10}, {true, F_WRLCK, 20, 10}, {false, F_WRLCK, 5, 20}}},
        {"in place of it", {{false, F_RDLCK, 0, 10}, {true, F_WRLCK, 0, 10}}},
        {"the same", {{false, F_RDLCK, 0, 10}, {true, F_RDLCK, 0, 10}}},
        {"in place of one, and up to the next",
         {{false, F_RDLCK, 0, 10}, {false, F_WRLCK, 10, 10}, {true, F_WRLCK, 0, 10}}},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        printf("-- %s\n", cases[i].what);
        for (int n = 0; n < 3; n++)
            if (cases[i].set[n].length != 0)
                record(cases[i].set[n].by_other ? other : fd, F_SETLK, cases[i].set[n].type, cases[i].set[n].first,
                       cases[i].set[n].length);
        tell("the one", getpid(), fd);
        tell("the other", getpid(), other);
        record(fd, F_SETLK, F_UNLCK, 0, 0);
    }
}

int main(void)
{
    tree_enter("fdinfo_locks");
    int fd = open("file", O_RDWR | O_CREAT, 0644), other = open("file", O_RDWR), copy = dup(fd);

    tell("none", getpid(), fd);
    joined(fd, other);
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
