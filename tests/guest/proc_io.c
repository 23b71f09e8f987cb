/* SPDX-License-Identifier: Apache-2.0 */
/* proc_io.c - what /proc/PID/io counts, by thread and by process; and what fdinfo tells of an epoll. */
#define _GNU_SOURCE
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "show.h"

enum { RCHAR, WCHAR, SYSCR, SYSCW, READ_BYTES, WRITE_BYTES, CANCELLED, FIELDS };
static const char *const names[FIELDS] = {
    "rchar", "wchar", "syscr", "syscw", "read_bytes", "write_bytes", "cancelled_write_bytes"};

static void counts(const char *path, long out[FIELDS])
{
    char text[1000];
    int fd = open(path, O_RDONLY);
    ssize_t length = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;
    char *at = text;

    text[length > 0 ? length : 0] = 0;
    memset(out, 0, FIELDS * sizeof(out[0]));
    for (int i = 0; i < FIELDS; i++) {
        char name[40];
        int size = snprintf(name, sizeof(name), "%s: ", names[i]);

        if (strncmp(at, name, (size_t)size) != 0) {
            printf("no %s in %s\n", names[i], path);
            break;
        }
        out[i] = strtol(at + size, &at, 10);
        at++;
    }
    close(fd);
}

static long before[FIELDS];

static void begin(void)
{
    fflush(stdout);
    counts("/proc/self/io", before);
}

/* What came since, but for the call that looked the first time; of what was read whole thousands, as that has read too.
 */
static void end(const char *what)
{
    long now[FIELDS];

    counts("/proc/self/io", now);
    printf("%s: calls %ld and %ld, bytes written %ld", what, now[SYSCR] - before[SYSCR] - 1, now[SYSCW] - before[SYSCW],
           now[WCHAR] - before[WCHAR]);
    printf(", bytes read %ld\n", (now[RCHAR] - before[RCHAR]) / 1000 * 1000);
    fflush(stdout);
}

static char bytes[100000];

static void calls(void)
{
    struct iovec vector[2] = {{bytes, 1000}, {bytes + 5000, 2000}};
    int fd = open("file", O_CREAT | O_RDWR | O_TRUNC, 0600), other = open("other", O_CREAT | O_RDWR | O_TRUNC, 0600),
        ends[2];
    off_t at = 0;
    loff_t from = 0, to = 0;

    pipe(ends);
    begin();
    end("nothing");
    begin();
    write(fd, bytes, 50000);
    end("write");
    begin();
    pwrite(fd, bytes, 1000, 7);
    writev(fd, vector, 2);
    pwritev(fd, vector, 2, 5);
    end("its kin");
    begin();
    pread(fd, bytes, 40000, 0);
    end("pread");
    begin();
    preadv(fd, vector, 2, 0);
    lseek(fd, 0, SEEK_SET);
    readv(fd, vector, 2);
    read(fd, bytes, 5000);
    end("its kin");
    begin();
    write(ends[1], bytes, 10000);
    read(ends[0], bytes, 20000);
    end("a pipe");
    begin();
    sendfile(other, fd, &at, 20000);
    end("sendfile");
    begin();
    copy_file_range(fd, &from, other, &to, 30000, 0);
    end("copy_file_range");
    begin();
    write(ends[1], bytes, 10000);
    splice(ends[0], NULL, other, NULL, 10000, 0);
    end("splice, after a write");
    begin();
    write(-1, bytes, 10);
    read(-1, bytes, 10);
    end("of no file");
    begin();
    readv(-1, vector, 2);
    writev(-1, vector, 2);
    end("vectors of no file");
    begin();
    write(fd, (void *)-4096l, 100);
    end("from nowhere");
    begin();
    write(fd, (void *)8, 100);
    end("from what isn't mapped");
    begin();
    lseek(fd, 0, SEEK_END);
    read(fd, bytes, 100);
    end("at the end");
    begin();
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    read(ends[0], bytes, 100);
    end("what would wait");
    begin();
    lseek(fd, 0, SEEK_SET);
    syscall(SYS_getdents64, fd, bytes, 100);
    ftruncate(fd, 100);
    fsync(fd);
    end("neither");
    close(fd);
    close(other);
    close(ends[0]);
    close(ends[1]);
    unlink("file");
    unlink("other");
}

static void children(void)
{
    long mine[FIELDS], then[FIELDS], its[FIELDS];
    int ends[2], ready[2];
    char path[64], byte;

    pipe(ends);
    pipe(ready);
    counts("/proc/self/io", mine);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);

        for (int i = 0; i < 10; i++)
            write(null, bytes, 1000);
        write(ready[1], "x", 1);
        read(ends[0], &byte, 1);
        _exit(0);
    }
    read(ready[0], &byte, 1);
    snprintf(path, sizeof(path), "/proc/%d/io", child);
    counts(path, its);
    printf("a child has written %ld with %ld calls, and read %ld\n", its[WCHAR], its[SYSCW], its[RCHAR]);
    snprintf(path, sizeof(path), "/proc/%d/task/%d/io", child, child);
    counts(path, its);
    printf("its thread has written %ld with %ld calls\n", its[WCHAR], its[SYSCW]);
    counts("/proc/self/io", then);
    printf("which isn't its parent's: %ld\n", then[WCHAR] - mine[WCHAR]);
    write(ends[1], "x", 1);
    waitpid(child, NULL, 0);
    counts("/proc/self/io", mine);
    printf("nor once it has ended: %ld\n", mine[WCHAR] - then[WCHAR]);
    close(ends[0]);
    close(ends[1]);
    close(ready[0]);
    close(ready[1]);
}

static void of_disks(void)
{
    long was[FIELDS], now[FIELDS];
    int fd = open("stored", O_CREAT | O_RDWR | O_TRUNC, 0600);
    struct statfs fs;

    fstatfs(fd, &fs);
    counts("/proc/self/io", was);
    for (int i = 0; i < 10; i++)
        pwrite(fd, bytes, 65536, 65536 * i);
    fsync(fd);
    counts("/proc/self/io", now);
    /* Files in memory never are. */
    show_bool("to be written", fs.f_type == 0x01021994 || now[WRITE_BYTES] - was[WRITE_BYTES] >= 655360);
    close(fd);
    unlink("stored");
}

static void polled(const char *what, int epoll)
{
    char path[64], text[4096];
    int fd;

    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", epoll);
    fd = open(path, O_RDONLY);
    ssize_t length = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[length > 0 ? length : 0] = 0;
    printf("%s:", what);
    char *at = strstr(text, "tfd:");
    for (; at != NULL; at = strstr(at + 1, "tfd:"))
        printf(" [%.*s]", (int)(strstr(at, "ino:") - at), at);
    printf("\n");
}

static void epolls(void)
{
    int epoll = epoll_create1(0), event = eventfd(0, 0), ends[2];
    struct epoll_event ask = {.events = EPOLLIN | EPOLLET, .data.u64 = 0x123456789abcull};
    static char text[100000];
    char path[64];
    int lines = 0;

    pipe(ends);
    dup2(event, 50);
    dup2(ends[0], 51);
    polled("an epoll without files", epoll);
    epoll_ctl(epoll, EPOLL_CTL_ADD, 50, &ask);
    polled("with one", epoll);
    ask.events = EPOLLOUT | EPOLLONESHOT;
    epoll_ctl(epoll, EPOLL_CTL_MOD, 50, &ask);
    polled("another way", epoll);
    epoll_wait(epoll, &ask, 1, -1);
    polled("told once", epoll);
    epoll_ctl(epoll, EPOLL_CTL_DEL, 50, NULL);
    ask = (struct epoll_event){.events = EPOLLIN};
    epoll_ctl(epoll, EPOLL_CTL_ADD, 51, &ask);
    polled("another one", epoll);
    for (int fd = 100; fd < 400; fd++) {
        dup2(event, fd);
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ask);
    }
    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", epoll);
    FILE *in = fopen(path, "r");
    while (fgets(text, sizeof(text), in) != NULL)
        lines += strncmp(text, "tfd:", 4) == 0;
    fclose(in);
    show("with many", lines);
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    calls();
    children();
    of_disks();
    epolls();
    return 0;
}
