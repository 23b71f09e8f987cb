/* SPDX-License-Identifier: Apache-2.0 */
/* splices.c - splice(2), tee(2), vmsplice(2), sendfile(2): what goes from where to where, and what doesn't. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "inet.h"
#include "meanwhile.h"
#include "show.h"

static char block[1 << 20];
static int a[2], b[2];

static void make(int flags)
{
    pipe2(a, flags);
    pipe2(b, flags);
}

static void close_all(void)
{
    close(a[0]);
    close(a[1]);
    close(b[0]);
    close(b[1]);
}

static void show_text(const char *what, int fd)
{
    char text[100];
    long got = read(fd, text, sizeof(text) - 1);

    text[got > 0 ? got : 0] = 0;
    show(what, got);
    printf("\"%s\"\n", text);
}

static int file_with(const char *name, const char *text)
{
    int fd = open(name, O_CREAT | O_TRUNC | O_RDWR, 0644);

    write(fd, text, strlen(text));
    lseek(fd, 0, SEEK_SET);
    return fd;
}

/* Every kind of file to every kind. */
static void matrix(void)
{
    static const char *const names[] = {"file", "pipe", "zero", "null", "counter", "folder", "appended", "read-only"};
    int in[8], out[8];

    for (int i = 0; i < 8; i++) {
        for (int k = 0; k < 8; k++) {
            char what[100];

            make(O_NONBLOCK);
            write(a[1], "text", 4);
            in[0] = file_with("in", "some text of a file");
            in[1] = a[0];
            in[2] = open("/dev/zero", O_RDWR);
            in[3] = open("/dev/null", O_RDWR);
            in[4] = eventfd(1, EFD_NONBLOCK);
            in[5] = open(".", O_RDONLY);
            in[6] = open("in", O_RDWR | O_APPEND);
            in[7] = open("in", O_RDONLY);
            out[0] = file_with("out", "");
            out[1] = b[1];
            out[2] = open("/dev/zero", O_RDWR);
            out[3] = open("/dev/null", O_RDWR);
            out[4] = eventfd(1, EFD_NONBLOCK);
            out[5] = open(".", O_RDONLY);
            out[6] = open("out", O_RDWR | O_APPEND);
            out[7] = open("out", O_RDONLY);
            snprintf(what, sizeof(what), "splice %s to %s", names[i], names[k]);
            show(what, splice(in[i], NULL, out[k], NULL, 8, SPLICE_F_NONBLOCK));
            snprintf(what, sizeof(what), "sendfile %s to %s", names[i], names[k]);
            show(what, sendfile(out[k], in[i], NULL, 8));
            snprintf(what, sizeof(what), "tee %s to %s", names[i], names[k]);
            show(what, tee(in[i], out[k], 8, SPLICE_F_NONBLOCK));
            for (int n = 0; n < 8; n++) {
                if (n != 1)
                    close(in[n]);
                if (n != 1)
                    close(out[n]);
            }
            close_all();
        }
    }
}

static void between_pipes(void)
{
    make(O_NONBLOCK);
    show("nothing", splice(a[0], NULL, b[1], NULL, 0, 0));
    show("empty", splice(a[0], NULL, b[1], NULL, 10, 0));
    show("to itself", splice(a[0], NULL, a[1], NULL, 10, 0));
    show("tee to itself", tee(a[0], a[1], 10, 0));
    show("a bad flag", splice(a[0], NULL, b[1], NULL, 10, 16));
    show("a bad flag", tee(a[0], b[1], 10, 16));
    show("the wrong ends", splice(a[1], NULL, b[0], NULL, 10, 0));
    show("with an offset", splice(a[0], (off_t *)block, b[1], NULL, 10, 0));
    show("with another", splice(a[0], NULL, b[1], (off_t *)block, 10, 0));
    show("not open", splice(100, NULL, b[1], NULL, 10, 0));
    write(a[1], "abcdef", 6);
    write(a[1], "ghi", 3);
    show("tee", tee(a[0], b[1], 4, 0));
    show_text("it", b[0]);
    show("tee", tee(a[0], b[1], 100, 0));
    show_text("it", b[0]);
    show("splice", splice(a[0], NULL, b[1], NULL, 4, 0));
    write(a[1], "jkl", 3);
    write(b[1], "JKL", 3);
    show_text("what was moved", b[0]);
    show_text("what is left", a[0]);
    for (int i = 0; i < 16; i++) {
        memset(block, 'A' + i, 100);
        write(a[1], block, page_size());
    }
    show("half of them", splice(a[0], NULL, b[1], NULL, 8 * page_size(), 0) / page_size());
    show("the others", splice(a[0], NULL, b[1], NULL, 100 * page_size(), 0) / page_size());
    show("full", splice(a[0], NULL, b[1], NULL, 10, 0));
    write(a[1], "x", 1);
    show("full", splice(a[0], NULL, b[1], NULL, 10, 0));
    show("tee", tee(a[0], b[1], 10, 0));
    show("all of it", read(b[0], block, sizeof(block)) / page_size());
    printf("%c %c\n", block[0], block[15 * page_size()]);
    close(a[1]);
    show("the last", splice(a[0], NULL, b[1], NULL, 10, 0));
    show("the end", splice(a[0], NULL, b[1], NULL, 10, 0));
    show("the end", tee(a[0], b[1], 10, 0));
    signal(SIGPIPE, SIG_IGN);
    close(b[0]);
    show("no reader", splice(a[0], NULL, b[1], NULL, 10, 0));
    show("no reader", tee(a[0], b[1], 10, 0));
    close_all();
}

static void with_files(void)
{
    int fd = file_with("file", "0123456789"), other = file_with("other", "");
    off_t offset = 3;

    make(O_NONBLOCK);
    show("from its position", splice(fd, NULL, a[1], NULL, 2, 0));
    show("it moves", lseek(fd, 0, SEEK_CUR));
    show("from an offset", splice(fd, &offset, a[1], NULL, 100, 0));
    show("it moves", offset);
    show("the position doesn't", lseek(fd, 0, SEEK_CUR));
    show("the end", splice(fd, &offset, a[1], NULL, 100, 0));
    offset = -1;
    show("a negative offset", splice(fd, &offset, a[1], NULL, 100, 0));
    show("from nowhere", splice(fd, (off_t *)8, a[1], NULL, 100, 0));
    show("to a file", splice(a[0], NULL, other, NULL, 4, 0));
    offset = 20;
    show("at an offset", splice(a[0], NULL, other, &offset, 100, 0));
    show("it moves", offset);
    show("size", lseek(other, 0, SEEK_END));
    show("empty", splice(a[0], NULL, other, NULL, 100, 0));
    lseek(other, 0, SEEK_SET);
    show_text("the file", other);
    pwrite(fd, "abc", 3, 0);
    lseek(fd, 0, SEEK_SET);
    show("from its position", splice(fd, NULL, a[1], NULL, 100, 0));
    pwrite(fd, "XYZ", 3, 0);
    show_text("a later write shows", a[0]);
    close(fd);
    close(other);
    close_all();
}

static void large(void)
{
    long page = page_size();
    int fd = file_with("large", ""), other = file_with("copy", "");
    char *map;

    make(0);
    for (size_t i = 0; i < sizeof(block); i++)
        block[i] = (char)(i * 7 + i / 1000);
    write(fd, block, sizeof(block));
    lseek(fd, 0, SEEK_SET);
    for (long left = sizeof(block), got; left != 0; left -= got) {
        got = splice(fd, NULL, a[1], NULL, (size_t)left, SPLICE_F_MOVE | SPLICE_F_MORE);
        if (got <= 0 || got > 16 * page)
            show("splice", got);
        if (tee(a[0], b[1], (size_t)got, 0) != got || splice(b[0], NULL, other, NULL, (size_t)got, 0) != got)
            show("tee and splice", -1);
        read(a[0], block, (size_t)got);
    }
    map = mmap(NULL, 2 * sizeof(block), PROT_READ, MAP_SHARED, fd, 0);
    show("same", memcmp(map, mmap(NULL, sizeof(block), PROT_READ, MAP_SHARED, other, 0), sizeof(block)));
    lseek(fd, 0, SEEK_SET);
    show("sendfile fills a pipe", sendfile(a[1], fd, NULL, sizeof(block)) / page);
    if (fork() == 0) {
        close(a[1]);
        for (long got, all = 0;; all += got)
            if ((got = read(a[0], block, 5000)) <= 0)
                _exit(all == sizeof(block) ? 0 : 1);
    }
    for (long got; (got = sendfile(a[1], fd, NULL, sizeof(block))) > 0;)
        ;
    close(a[1]);
    int status;
    wait(&status);
    show("what came", status);
    close_all();
    close(fd);
    close(other);
}

static void from_memory(void)
{
    struct iovec vector[3] = {{block, 3}, {block + 100, 0}, {block + 4094, 5}};
    long page = page_size();
    char *memory = mmap(NULL, 40 * (size_t)page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char text[16] = "................";

    make(O_NONBLOCK);
    memcpy(block, "abc", 3);
    memcpy(block + 4094, "defgh", 5);
    show("a vector", vmsplice(a[1], vector, 3, SPLICE_F_GIFT));
    show_text("it", a[0]);
    memcpy(memory, "before", 6);
    vector[0] = (struct iovec){memory, 6};
    show("a page", vmsplice(a[1], vector, 1, 0));
    memcpy(memory, "later.", 6);
    show_text("as it is when read", a[0]);
    show("a bad flag", vmsplice(a[1], vector, 1, 16));
    show("no pipe", vmsplice(open("file", O_RDWR), vector, 1, 0));
    show("nothing", vmsplice(a[1], vector, 0, 0));
    show("too many", vmsplice(a[1], vector, 2000, 0));
    vector[0] = (struct iovec){(void *)(page / 2), 10};
    show("from nowhere", vmsplice(a[1], vector, 1, 0));
    vector[0] = (struct iovec){memory, 40 * (size_t)page};
    show("as much as fits", vmsplice(a[1], vector, 1, SPLICE_F_NONBLOCK) / page);
    show("full", vmsplice(a[1], vector, 1, SPLICE_F_NONBLOCK));
    show("all of it", read(a[0], block, sizeof(block)) / page);
    show("empty", vmsplice(a[0], vector, 1, SPLICE_F_NONBLOCK));
    write(a[1], "abcdefgh", 8);
    vector[0] = (struct iovec){text, 3};
    vector[1] = (struct iovec){text + 8, 3};
    show("to memory", vmsplice(a[0], vector, 2, 0));
    printf("%.11s\n", text);
    show_text("the rest", a[0]);
    close_all();
}

static void nothing(int signal)
{
    (void)signal;
}

/* Waits: for something to move, for room; and their ends. */
static void waits(void)
{
    struct sigaction action = {.sa_handler = nothing};

    sigaction(SIGALRM, &action, NULL);
    make(0);
    alarms_begin();
    show("interrupted", splice(a[0], NULL, b[1], NULL, 10, 0));
    alarms_end();
    show("not waiting", splice(a[0], NULL, b[1], NULL, 10, SPLICE_F_NONBLOCK));
    if (fork() == 0) {
        write(a[1], "abc", 3);
        _exit(0);
    }
    show("waiting", splice(a[0], NULL, b[1], NULL, 10, 0));
    if (fork() == 0) {
        write(a[1], "def", 3);
        _exit(0);
    }
    show("tee, waiting", tee(a[0], b[1], 10, 0));
    show_text("moved", b[0]);
    show_text("kept", a[0]);
    while (write(b[1], block, (size_t)page_size()), ioctl(b[0], FIONREAD, block), *(int *)block < 16 * page_size())
        ;
    write(a[1], "x", 1);
    if (fork() == 0) {
        read(b[0], block, (size_t)page_size());
        _exit(0);
    }
    show("waiting for room", splice(a[0], NULL, b[1], NULL, 10, 0));
    wait(NULL);
    wait(NULL);
    wait(NULL);
    close_all();
}

/* What a stream has is moved by one call, as far as there is room; datagrams aren't put together. */
static void from_socket(const char *what, int family, int type)
{
    static char text[20000];
    int pair[2], got = 0;

    if (family == AF_UNIX)
        socketpair(AF_UNIX, type, 0, pair);
    else
        inet_pair(family, pair);
    printf("%s\n", what);
    make(0);
    memset(text, 'x', sizeof(text));
    show("sent", send(pair[0], text, type == SOCK_STREAM ? sizeof(text) : 100, 0));
    show("sent", send(pair[0], "abc", 3, 0));
    show("moved", splice(pair[1], NULL, a[1], NULL, 65536, SPLICE_F_NONBLOCK));
    ioctl(a[0], FIONREAD, &got);
    show("in the pipe", got);
    ioctl(pair[1], FIONREAD, &got);
    show("in the socket", got);
    close(pair[0]);
    show("moved", splice(pair[1], NULL, a[1], NULL, 65536, SPLICE_F_NONBLOCK));
    close(pair[1]);
    close_all();
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    matrix();
    between_pipes();
    with_files();
    large();
    from_memory();
    waits();
    from_socket("a local stream", AF_UNIX, SOCK_STREAM);
    from_socket("local datagrams", AF_UNIX, SOCK_DGRAM);
    from_socket("TCP", AF_INET, SOCK_STREAM);
    return 0;
}
