/* SPDX-License-Identifier: Apache-2.0 */
/* fds.c - descriptors: the lowest free one, sharing after dup, flags, limits. */
#define _GNU_SOURCE
#include <poll.h>
#include <sys/resource.h>
#include <sys/select.h>

#include "show.h"

/* O_LARGEFILE, which every file of a 64-bit program has, is another bit on other ISAs. */
static void show_flags(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    show("F_GETFL", flags & ~O_LARGEFILE);
    show_bool("O_LARGEFILE", flags & O_LARGEFILE);
}

static void numbers(void)
{
    int a = open("f", O_CREAT | O_RDWR | O_TRUNC, 0644), b = dup(a), c = dup(a);

    printf("%d %d %d\n", a, b, c);
    show("close the middle one", close(b));
    show("it comes again", dup(a));
    show("F_DUPFD from 20", fcntl(a, F_DUPFD, 20));
    show("again", fcntl(a, F_DUPFD, 20));
    show("dup2 onto it", dup2(a, 21));
    show("dup2 onto itself", dup2(a, a));
    show("dup3", dup3(a, 30, O_CLOEXEC));
    show("its flag", fcntl(30, F_GETFD));
    show("another's flag", fcntl(21, F_GETFD));
    show("write by one", write(a, "abcdef", 6));
    show("position of another", lseek(20, 0, SEEK_CUR));
    int separate = open("f", O_RDONLY);
    show("position of one opened apart", lseek(separate, 0, SEEK_CUR));
    for (int fd = 3; fd < 40; fd++)
        close(fd);
    show("all closed", open("f", O_RDWR));
}

static void flags(int fd)
{
    show_flags(fd);
    show("F_SETFL", fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK));
    show_flags(fd);
    show("access mode can't change", fcntl(fd, F_SETFL, O_RDONLY));
    show_flags(fd);
    show("F_SETFD", fcntl(fd, F_SETFD, FD_CLOEXEC));
    show("F_GETFD", fcntl(fd, F_GETFD));
    show("a duplicate's", fcntl(dup(fd), F_GETFD));
    int other = open("f", O_RDONLY | O_CLOEXEC | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
    show("F_GETFD", fcntl(other, F_GETFD));
    show("F_GETFL", fcntl(other, F_GETFL) & (O_ACCMODE | O_CREAT | O_TRUNC | O_CLOEXEC));
    struct flock lock = {.l_type = F_WRLCK};
    show("F_SETLK", fcntl(fd, F_SETLK, &lock));
    show("F_GETLK", fcntl(fd, F_GETLK, &lock));
    show_bool("free", lock.l_type == F_UNLCK);
    close(other);
}

static void limits(int fd)
{
    struct rlimit limit = {64, 64};
    int last = -1, next;

    for (int i = 0; i < 40 && (next = dup(fd)) >= 0; i++)
        last = next;
    show_bool("forty more", last > 40);
    show("RLIMIT_STACK", getrlimit(RLIMIT_STACK, &limit));
    show("RLIMIT_CORE", (limit.rlim_cur = limit.rlim_max = 0, setrlimit(RLIMIT_CORE, &limit)));
    limit.rlim_cur = limit.rlim_max = 5;
    show("kept", getrlimit(RLIMIT_CORE, &limit));
    printf("  %lu %lu\n", (unsigned long)limit.rlim_cur, (unsigned long)limit.rlim_max);
}

static void readiness(int fd)
{
    struct pollfd set[] = {{fd, POLLIN | POLLOUT, 0}, {-1, POLLIN, 0}, {500, POLLIN, 0}};
    fd_set readers;
    struct timeval soon = {0, 1000};

    show("poll", poll(set, 3, 1000));
    printf("  %#x %#x %#x\n", (unsigned)set[0].revents, (unsigned)set[1].revents, (unsigned)set[2].revents);
    show("poll of nothing", poll(NULL, 0, 1));
    FD_ZERO(&readers);
    FD_SET(fd, &readers);
    show("select", select(fd + 1, &readers, NULL, NULL, &soon));
    show_bool("it is set", FD_ISSET(fd, &readers));
    show("select of nothing", select(0, NULL, NULL, NULL, &soon));
    FD_SET(45, &readers);
    show("select of what isn't open", select(46, &readers, NULL, NULL, &soon));
}

/* What a descriptor may be used for, and that this comes before what is wrong with the buffer. */
static void modes(void)
{
    static const struct {
        const char *name;
        int flags;
    } kinds[] = {{"to read", O_RDONLY}, {"to write", O_WRONLY}, {"both", O_RDWR}, {"neither", 3}, {"path", O_PATH}};
    void *bad = (void *)-4096l; /* nobody's */
    char byte = 'x';

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        int fd = open("f", kinds[i].flags);
        show_ok(kinds[i].name, fd);
        show("write", write(fd, &byte, 1));
        show("pread", pread(fd, &byte, 1, 0));
        show("write from nowhere", write(fd, bad, 1));
        show("read to nowhere", read(fd, bad, 1));
        show("no bytes to nowhere", write(fd, NULL, 0));
        close(fd);
    }
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    for (int fd = 3; fd < 100; fd++)
        close(fd); /* whatever the caller left open */
    numbers();
    int fd = open("f", O_RDWR);
    flags(fd);
    readiness(fd);
    limits(fd);
    modes();
    unlink("f");
    return 0;
}
