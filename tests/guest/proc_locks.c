/* SPDX-License-Identifier: Apache-2.0 */
/* proc_locks.c - /proc/locks: the locks on a file, whose they are, and who waits for them. */
#define _GNU_SOURCE
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "show.h"

static unsigned long inode;

static const char *whose(int pid)
{
    return pid == -1 ? "no process" : pid == getpid() ? "this process" : "another";
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The lines of that file, in an order of their own, without the numbers that are other ones each time. How many wait;
 * quiet: they are only counted. */
static int tell(int quiet)
{
    FILE *file = fopen("/proc/locks", "r");
    char text[256], lines[16][160];
    int waiting = 0, count = 0;

    while (file != NULL && count < 16 && fgets(text, sizeof(text), file) != NULL) {
        unsigned long number;
        int at = 0, rest = 0, pid;

        sscanf(text, "%*u: %n", &at);
        size_t name = strcspn(text + at, "0123456789-");
        int waits = strncmp(text + at, "-> ", 3) == 0;
        if (waits)
            name = 3 + strcspn(text + at + 3, "0123456789-");
        if (sscanf(text + at + name, "%d %*x:%*x:%lu %n", &pid, &number, &rest) != 2 || number != inode)
            continue;
        waiting += waits;
        snprintf(lines[count++], sizeof(lines[0]), "%s    \"%.*s\", of %s", text + at + name + rest, (int)name,
                 text + at, whose(pid));
    }
    if (file == NULL)
        printf("/proc/locks: %s\n", error_name(errno));
    else
        fclose(file);
    qsort(lines, (size_t)count, sizeof(lines[0]), by_text);
    for (int i = 0; i < count && !quiet; i++)
        printf("%s\n", lines[i]);
    return waiting;
}

static void records(int fd, int other)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 20};

    show("a record", fcntl(fd, F_SETLK, &lock));
    tell(0);
    lock = (struct flock){.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 15, .l_len = 5};
    show("its middle for reading", fcntl(fd, F_SETLK, &lock));
    tell(0);
    lock = (struct flock){.l_type = F_UNLCK, .l_whence = SEEK_SET};
    show("none", fcntl(fd, F_SETLK, &lock));
    tell(0);
    lock = (struct flock){.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 100};
    show("an open file's, to the end", fcntl(other, F_OFD_SETLK, &lock));
    tell(0);
    lock.l_type = F_UNLCK;
    show("none", fcntl(other, F_OFD_SETLK, &lock));
    tell(0);
}

static void wholes(int fd, int other)
{
    int status = -1;

    show("flock", flock(fd, LOCK_EX));
    tell(0);
    pid_t child = fork();
    if (child == 0)
        _exit(flock(other, LOCK_SH) != 0);
    while (tell(1) == 0)
        usleep(2000);
    printf("a child waits\n");
    tell(0);
    show("none", flock(fd, LOCK_UN));
    waitpid(child, &status, 0);
    show("the child's status", status);
    show("its file has it", flock(fd, LOCK_EX | LOCK_NB));
    tell(0);
    show("none", flock(other, LOCK_UN));
    tell(0);
}

int main(int argc, char **argv)
{
    struct stat stat;

    enter(argc, argv);
    setvbuf(stdout, NULL, _IOLBF, 0);
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600), other = open("file", O_RDWR);
    if (fd < 0 || other < 0 || fstat(fd, &stat) != 0)
        return 1;
    inode = stat.st_ino;
    records(fd, other);
    wholes(fd, other);
    close(other);
    close(fd);
    fd = open("file", O_RDONLY);
    if (show("a lease", fcntl(fd, F_SETLEASE, F_RDLCK)) == 0)
        tell(0);
    close(fd);
    tell(0);
    unlink("file");
    return 0;
}
