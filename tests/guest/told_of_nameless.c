/* SPDX-License-Identifier: Apache-2.0 */
/* told_of_nameless.c - what statx, fstatfs and fdinfo tell of files that are in no directory, and what preadv2 and
 * pwritev2 take for devices that never wait. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "show.h"

enum { MOUNT_ID = 0x1000, MOUNT_ID_UNIQUE = 0x4000 };

struct told { /* struct statx */
    uint32_t mask, blksize;
    uint64_t attributes;
    uint32_t nlink, uid, gid;
    uint16_t mode, pad;
    uint64_t ino, size, blocks, attributes_mask;
    uint64_t times[8], devices[2], mount;
    uint64_t rest[16];
};

static struct told ask(int fd, unsigned mask)
{
    struct told told = {0};

    syscall(SYS_statx, fd, "", AT_EMPTY_PATH, mask, &told);
    return told;
}

static uint64_t in_fdinfo(int fd)
{
    char name[64], line[128];
    unsigned long id = 0;
    FILE *file;

    snprintf(name, sizeof(name), "/proc/self/fdinfo/%d", fd);
    file = fopen(name, "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        sscanf(line, "mnt_id: %lu", &id);
    if (file != NULL)
        fclose(file);
    return id;
}

static uint64_t tell(const char *what, int fd)
{
    struct told old = ask(fd, MOUNT_ID), unique = ask(fd, MOUNT_ID_UNIQUE);

    printf("%s: mode %o, mask %x and %x, attributes %x of %x\n", what, old.mode,
           old.mask & (MOUNT_ID | MOUNT_ID_UNIQUE), unique.mask & (MOUNT_ID | MOUNT_ID_UNIQUE),
           (unsigned)old.attributes & 0x203000, (unsigned)old.attributes_mask & 0x203000);
    show_bool("  there is a mount", old.mount != 0 && unique.mount != 0 && old.mount != unique.mount);
    show_bool("  fdinfo says the same", in_fdinfo(fd) == old.mount);
    return unique.mount;
}

/* Nobody changes those that are of no type: an eventfd's inode is that of others, too. */
static void change(int fd)
{
    const struct timespec times[2] = {{1, 0}, {1, 0}};

    show("  fchmod", fchmod(fd, 0777));
    show("  fchown", fchown(fd, 1, 1));
    show("  now", futimens(fd, NULL));
    show("  then", futimens(fd, times));
}

static void processes(void)
{
    int own = (int)syscall(SYS_pidfd_open, getpid(), 0), again = (int)syscall(SYS_pidfd_open, getpid(), 0), other;
    pid_t child = fork();
    struct statfs fs = {0};

    if (child < 0)
        exit(1);
    if (child == 0) {
        pause();
        _exit(0);
    }
    other = (int)syscall(SYS_pidfd_open, child, 0);
    tell("pidfd", own);
    change(own);
    show_bool("its number is the process's", ask(own, 0).ino == ask(again, 0).ino);
    show_bool("another has another", ask(own, 0).ino != ask(other, 0).ino);
    show("fstatfs", fstatfs(own, &fs));
    printf("file system %lx\n", (unsigned long)fs.f_type);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    show_bool("and keeps it", ask(other, 0).ino != ask(own, 0).ino && ask(other, 0).ino != 0);
}

static void flags_of(const char *name)
{
    static const int flags[] = {1, 2, 4, 8, 16, 32, 48};
    int fd = open(name, O_RDWR);
    char byte = 'x';
    struct iovec vector = {&byte, 1};

    for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        printf("%s, flags %d\n", name, flags[i]);
        show("  read", syscall(SYS_preadv2, fd, &vector, 1L, -1L, -1L, (long)flags[i]));
        show("  write", syscall(SYS_pwritev2, fd, &vector, 1L, -1L, -1L, (long)flags[i]));
    }
    close(fd);
}

int main(void)
{
    int pipes[2], more[2], pair[2], memory = memfd_create("told", 0), root = open("/", O_RDONLY | O_DIRECTORY);
    int null = open("/dev/null", O_WRONLY | O_SYNC);
    int event = eventfd(0, 0), process = (int)syscall(SYS_pidfd_open, getpid(), 0);
    uint64_t of_pipe, of_socket, of_event;
    struct stat one, other;

    if (pipe(pipes) != 0 || pipe(more) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return 1;
    of_pipe = tell("pipe", pipes[0]);
    of_socket = tell("socket", pair[0]);
    tell("memfd", memory);
    of_event = tell("eventfd", event);
    change(event);
    tell("epoll", epoll_create1(0));
    show_bool("pipes are in one mount", tell("another pipe", more[1]) == of_pipe);
    show_bool("sockets in another", of_pipe != of_socket);
    show_bool("and not that of /", ask(root, MOUNT_ID_UNIQUE).mount != of_pipe);
    show_bool("processes are in one of their own", tell("pidfd", process) != of_event);
    show_bool("and so is what is told of them",
              fstat(process, &one) == 0 && fstat(event, &other) == 0 && one.st_dev != other.st_dev);
    processes();
    flags_of("/dev/null");
    flags_of("/dev/zero");
    flags_of("/dev/urandom");
    show("a device that is open with O_SYNC", write(null, "x", 1));
    return 0;
}
