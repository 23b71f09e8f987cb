/* SPDX-License-Identifier: Apache-2.0 */
/* eventfds.c - eventfd(2): counters, semaphores, waits and their ends. */
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "meanwhile.h"
#include "show.h"

static void show_poll(const char *what, int fd)
{
    struct pollfd entry = {.fd = fd, .events = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM};
    int count = poll(&entry, 1, 0);

    printf("%s: %d: %x\n", what, count, (unsigned)entry.revents);
}

static void take(const char *what, int fd)
{
    uint64_t value = 0;

    show(what, read(fd, &value, sizeof(value)));
    printf("value %llu\n", (unsigned long long)value);
}

static void add(const char *what, int fd, uint64_t value)
{
    show(what, write(fd, &value, sizeof(value)));
}

static void counter(void)
{
    int fd = eventfd(3, EFD_NONBLOCK);
    struct stat stat;
    uint64_t pair[2] = {1, 2};
    struct iovec vector[2] = {{&pair[0], 8}, {&pair[1], 8}};

    show("bad flags", eventfd(0, 2));
    show("F_GETFL", fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
    fstat(fd, &stat);
    printf("%o %ld\n", stat.st_mode, (long)stat.st_size);
    show_poll("3", fd);
    take("all of it", fd);
    show_poll("0", fd);
    take("none", fd);
    add("add", fd, 5);
    add("add", fd, 7);
    take("both", fd);
    add("the most", fd, UINT64_MAX - 1);
    show_poll("the most", fd);
    add("too much", fd, 1);
    add("nothing", fd, 0);
    add("what is refused", fd, UINT64_MAX);
    take("all", fd);
    show("a small buffer", read(fd, pair, 7));
    show("a small write", write(fd, pair, 7));
    show("a larger one", write(fd, pair, 16));
    show("to nowhere", read(fd, (void *)8, 8));
    take("it is gone", fd);
    show("from nowhere", write(fd, (void *)8, 8));
    show("a vector", writev(fd, vector, 2));
    take("both of it", fd);
    add("add", fd, 1);
    show("to a vector", readv(fd, vector, 2));
    show("lseek", lseek(fd, 10, SEEK_SET));
    show("pread", pread(fd, pair, 8, 0));
    show("ioctl", ioctl(fd, FIONREAD, pair));
    show("ftruncate", ftruncate(fd, 0));
    close(fd);
}

static void semaphore(void)
{
    int fd = eventfd(2, EFD_SEMAPHORE | EFD_CLOEXEC | EFD_NONBLOCK);

    show("close on exec", fcntl(fd, F_GETFD));
    take("one", fd);
    take("another", fd);
    take("none", fd);
    close(fd);
}

static void nothing(int signal)
{
    (void)signal;
}

static void waits(void)
{
    int there = eventfd(0, 0), back = eventfd(0, 0);
    struct sigaction action = {.sa_handler = nothing};
    uint64_t value;

    if (fork() == 0) {
        for (int i = 0; i < 100; i++) {
            read(there, &value, 8);
            value++;
            write(back, &value, 8);
        }
        read(there, &value, 8);
        usleep(20000);
        read(back, &value, 8);
        _exit(0);
    }
    value = 1;
    for (int i = 0; i < 100; i++) {
        write(there, &value, 8);
        read(back, &value, 8);
    }
    printf("value %llu\n", (unsigned long long)value);
    add("fill it", back, UINT64_MAX - 1);
    add("tell", there, 1);
    add("wait for room", back, 2);
    wait(NULL);
    take("what was added", back);
    sigaction(SIGALRM, &action, NULL);
    alarms_begin();
    take("interrupted", there);
    alarms_end();
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    counter();
    semaphore();
    waits();
    return 0;
}
