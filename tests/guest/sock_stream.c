/* SPDX-License-Identifier: Apache-2.0 */
/* sock_stream.c - local stream sockets: bytes in order, ends of all kinds, partial reads, peeking, urgent bytes. */
#define _GNU_SOURCE

#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include "show.h"

#ifndef SIOCATMARK
#define SIOCATMARK 0x8905
#endif

static int pair[2];
static char buf[256 * 1024];

static void make_pair(int type)
{
    show("socketpair", socketpair(AF_UNIX, type, 0, pair));
}

static void close_pair(void)
{
    close(pair[0]);
    close(pair[1]);
}

/* What a receiving call gave, with its bytes. */
static void show_bytes(const char *what, ssize_t size)
{
    show(what, size);
    if (size > 0)
        printf("  \"%.*s\"\n", (int)size, buf);
}

static void take(const char *what, size_t size, int flags)
{
    show_bytes(what, recv(pair[1], buf, size, flags));
}

static void plain(void)
{
    struct iovec parts[2] = {{"ab", 2}, {"cde", 3}};

    make_pair(SOCK_STREAM);
    show("write", write(pair[0], "hello", 5));
    show("writev", writev(pair[0], parts, 2));
    show_bytes("read", read(pair[1], buf, 3));
    take("peek", 100, MSG_PEEK);
    take("recv", 4, 0);
    take("the rest", 100, 0);
    take("nothing", 100, MSG_DONTWAIT);
    show("write nothing", write(pair[0], "", 0));
    show("read nothing", read(pair[1], buf, 0));
    take("still nothing", 100, MSG_DONTWAIT);
    show("send", send(pair[1], "back", 4, 0));
    show_bytes("read", read(pair[0], buf, 100));
    close_pair();
}

static void counts(void)
{
    int number = -1;

    make_pair(SOCK_STREAM);
    write(pair[0], "abc", 3);
    write(pair[0], "defg", 4);
    show("FIONREAD", ioctl(pair[1], FIONREAD, &number));
    show("  ", number);
    show("TIOCOUTQ", ioctl(pair[0], TIOCOUTQ, &number));
    show_bool("  some", number > 0);
    take("recv", 100, 0);
    ioctl(pair[1], FIONREAD, &number);
    show("FIONREAD", number);
    ioctl(pair[0], TIOCOUTQ, &number);
    show("TIOCOUTQ", number);
    show("another ioctl", ioctl(pair[0], TCGETS, buf));
    show("lseek", lseek(pair[0], 0, SEEK_SET));
    show("pread", pread(pair[0], buf, 1, 0));
    show("ftruncate", ftruncate(pair[0], 0));
    show("fsync", fsync(pair[0]));
    show_bool("mmap", mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, pair[0], 0) == MAP_FAILED);
    close_pair();
}

static void ends(void)
{
    signal(SIGPIPE, SIG_IGN);
    make_pair(SOCK_STREAM);
    write(pair[0], "last", 4);
    close(pair[0]);
    take("recv after the end", 2, 0);
    take("recv", 100, 0);
    take("end", 100, 0);
    show("send", send(pair[1], "x", 1, MSG_NOSIGNAL));
    show("write", write(pair[1], "x", 1));
    show("write nothing", write(pair[1], "", 0));
    close(pair[1]);

    make_pair(SOCK_STREAM);
    write(pair[1], "unread", 6);
    write(pair[0], "there", 5);
    close(pair[0]);
    take("bytes before the error", 100, 0);
    take("the error", 100, 0);
    take("then the end", 100, 0);
    close(pair[1]);

    make_pair(SOCK_STREAM);
    write(pair[1], "unread", 6);
    close(pair[0]);
    show("the error of a write", write(pair[1], "x", 1));
    show("and then", write(pair[1], "x", 1));
    close(pair[1]);
}

static void shut(void)
{
    make_pair(SOCK_STREAM);
    show("send", send(pair[0], "before", 6, 0));
    show("SHUT_WR", shutdown(pair[0], SHUT_WR));
    show("send", send(pair[0], "x", 1, MSG_NOSIGNAL));
    take("recv", 100, 0);
    take("end", 100, 0);
    show("the other way", send(pair[1], "y", 1, 0));
    show_bytes("read", read(pair[0], buf, 100));
    show("SHUT_RD", shutdown(pair[0], SHUT_RD));
    show("send to it", send(pair[1], "z", 1, MSG_NOSIGNAL));
    show_bytes("read", read(pair[0], buf, 100));
    show("how", shutdown(pair[0], 3));
    show("again", shutdown(pair[0], SHUT_RDWR));
    close_pair();

    make_pair(SOCK_STREAM);
    send(pair[0], "kept", 4, 0);
    show("SHUT_RD of who has something", shutdown(pair[1], SHUT_RD));
    take("recv", 100, 0);
    take("end", 100, 0);
    close_pair();
}

static volatile sig_atomic_t pipes;

static void count_pipe(int signal)
{
    (void)signal;
    pipes++;
}

static void signals(void)
{
    signal(SIGPIPE, count_pipe);
    make_pair(SOCK_STREAM);
    close(pair[1]);
    show("write", write(pair[0], "x", 1));
    show("signals", pipes);
    show("MSG_NOSIGNAL", send(pair[0], "x", 1, MSG_NOSIGNAL));
    show("signals", pipes);
    close(pair[0]);
    signal(SIGPIPE, SIG_IGN);
}

/* A writer of more than there is room for, and a reader of odd sizes. */
static void bulk(void)
{
    enum { SIZE = 3000000 };
    static unsigned char bytes[70000];
    unsigned next = 0;
    long got = 0;
    ssize_t size;
    int status = -1;

    make_pair(SOCK_STREAM);
    pid_t child = fork();
    if (child == 0) {
        unsigned at = 0;

        close(pair[1]);
        for (long left = SIZE; left > 0;) {
            size_t want = left < (long)sizeof(bytes) ? (size_t)left : sizeof(bytes);

            for (size_t i = 0; i < want; i++)
                bytes[i] = (unsigned char)(at++ * 7 >> 3);
            if (write(pair[0], bytes, want) != (ssize_t)want)
                _exit(1);
            left -= (long)want;
        }
        _exit(0);
    }
    close(pair[0]);
    while ((size = read(pair[1], buf, 1 + got % 9999)) > 0) {
        for (ssize_t i = 0; i < size; i++)
            if ((unsigned char)buf[i] != (unsigned char)(next++ * 7 >> 3)) {
                printf("wrong at %ld\n", got + i);
                exit(1);
            }
        got += size;
    }
    show("got", got);
    close(pair[1]);
    waitpid(child, &status, 0);
    show("writer", status);
}

static void full(void)
{
    long filled = 0, taken = 0, more = 0;
    ssize_t size;

    make_pair(SOCK_STREAM);
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    while ((size = write(pair[0], buf, 5000)) > 0)
        filled += size;
    show("full", size);
    show_bool("as much as it should be", filled > 100000 && filled < 400000);
    while (taken < filled && (size = recv(pair[1], buf, 30000, MSG_DONTWAIT)) > 0)
        taken += size;
    show_bool("all came", taken == filled);
    while ((size = write(pair[0], buf, 100000)) > 0)
        more += size;
    show_bool("as much again", more > filled / 2 && more < filled * 2);
    close_pair();
}

static void wait_all(void)
{
    int status = -1;

    make_pair(SOCK_STREAM);
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 10; i++)
            if (write(pair[0], "0123456789", 10) != 10)
                _exit(1);
        _exit(0);
    }
    show("MSG_WAITALL", recv(pair[1], buf, 100, MSG_WAITALL));
    waitpid(child, &status, 0);
    write(pair[0], "12", 2);
    close(pair[0]);
    show("before the end", recv(pair[1], buf, 100, MSG_WAITALL));
    close(pair[1]);
}

static void urgent(void)
{
    int at = -1;

    make_pair(SOCK_STREAM);
    show("nothing urgent", recv(pair[1], buf, 1, MSG_OOB));
    show("send", send(pair[0], "abc", 3, 0));
    show("MSG_OOB", send(pair[0], "XY", 2, MSG_OOB));
    show("send", send(pair[0], "def", 3, 0));
    show("SIOCATMARK", ioctl(pair[1], SIOCATMARK, &at));
    show("  at", at);
    take("recv", 100, 0);
    ioctl(pair[1], SIOCATMARK, &at);
    show("at mark", at);
    take("urgent, peeked at", 100, MSG_OOB | MSG_PEEK);
    take("urgent", 100, MSG_OOB);
    take("the rest", 100, 0);
    show("none is left", recv(pair[1], buf, 1, MSG_OOB));
    send(pair[0], "Z", 1, MSG_OOB);
    send(pair[0], "tail", 4, 0);
    take("an urgent byte that isn't read", 100, 0);
    for (int i = 0; i < 2; i++) {
        send(pair[0], &"PQ"[i], 1, MSG_OOB);
        take("urgent", 100, MSG_OOB);
    }
    send(pair[0], "more", 4, 0);
    take("behind two that were read", 2, 0);
    take("the rest", 100, 0);
    take("nothing", 100, MSG_DONTWAIT);
    close_pair();
}

static void kinds(void)
{
    struct stat one, other;
    struct statfs fs;
    char link[64], path[64];
    ssize_t length;
    unsigned long number = 0;

    make_pair(SOCK_STREAM);
    fstat(pair[0], &one);
    fstat(pair[1], &other);
    show_bool("S_ISSOCK", S_ISSOCK(one.st_mode));
    printf("mode %o, links %d\n", one.st_mode & 07777, (int)one.st_nlink);
    show_bool("inodes differ", one.st_ino != other.st_ino);
    show_bool("device is the same", one.st_dev == other.st_dev);
    fstatfs(pair[0], &fs);
    printf("file system %lx\n", (unsigned long)fs.f_type);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", pair[0]);
    length = readlink(path, link, sizeof(link) - 1);
    link[length > 0 ? length : 0] = '\0';
    show_bool("link", sscanf(link, "socket:[%lu]", &number) == 1 && number == one.st_ino);
    show("open", open(path, O_RDWR));
    show("fcntl", fcntl(pair[0], F_GETFL) & O_ACCMODE);
    close_pair();
    show("flags", socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair));
    show("FD_CLOEXEC", fcntl(pair[1], F_GETFD));
    show_bool("O_NONBLOCK", fcntl(pair[1], F_GETFL) & O_NONBLOCK);
    show_bytes("read", read(pair[1], buf, 1));
    close_pair();
}

static void through_files(void)
{
    int file = open("sock_stream.bytes", O_RDWR | O_CREAT | O_TRUNC, 0600), pipes_of[2];
    off_t at = 2;

    make_pair(SOCK_STREAM);
    write(file, "0123456789", 10);
    show("sendfile", sendfile(pair[0], file, &at, 5));
    take("recv", 100, 0);
    pipe(pipes_of);
    write(pipes_of[1], "by a pipe", 9);
    show("splice to it", splice(pipes_of[0], NULL, pair[0], NULL, 100, 0));
    show("splice from it", splice(pair[1], NULL, pipes_of[1], NULL, 100, 0));
    show_bytes("read", read(pipes_of[0], buf, 100));
    close(pipes_of[0]);
    close(pipes_of[1]);
    close_pair();
    close(file);
    unlink("sock_stream.bytes");
}

static void faults(void)
{
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    make_pair(SOCK_STREAM);
    show("send from nowhere", send(pair[0], (void *)8, 4, 0));
    show("send", send(pair[0], "abcd", 4, 0));
    show("recv to nowhere", recv(pair[1], (void *)8, 4, 0));
    take("it is still there", 100, 0);
    show("send from a new page", send(pair[0], page, 5, 0));
    show("recv", recv(pair[1], page + 4096, 5, 0));
    show("too large", send(pair[0], page, -1, 0));
    close_pair();
    munmap(page, 8192);
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    setvbuf(stdout, NULL, _IOLBF, 0);
    plain();
    counts();
    ends();
    shut();
    signals();
    bulk();
    full();
    wait_all();
    urgent();
    kinds();
    through_files();
    faults();
    return 0;
}
