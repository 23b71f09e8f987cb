/* SPDX-License-Identifier: Apache-2.0 */
/* copies.c - sendfile, copy_file_range, fallocate, and the flags of preadv2 and pwritev2. */
#define _GNU_SOURCE
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "show.h"

#define LARGEST 0x7fffffffffffffff
#define NOWHERE ((void *)8)

static char bytes[20000], got[20000];

static int make(const char *name, size_t size)
{
    int fd = open(name, O_CREAT | O_RDWR | O_TRUNC, 0644);

    write(fd, bytes, size);
    lseek(fd, 0, SEEK_SET);
    return fd;
}

/* The file's size, and whether it has what `bytes` has from `offset` on. */
static void show_file(int fd, size_t offset)
{
    ssize_t size = pread(fd, got, sizeof(got), 0);

    printf("  %zd bytes, %s, at %ld\n", size, memcmp(got, bytes + offset, (size_t)size) != 0 ? "others" : "the same",
           (long)lseek(fd, 0, SEEK_CUR));
}

static long copy(int in, off_t *in_pos, int out, off_t *out_pos, size_t size, unsigned flags)
{
    return syscall(SYS_copy_file_range, in, in_pos, out, out_pos, size, flags);
}

static void ranges(void)
{
    int in = make("in", 15000), out = make("out", 0), more = open("out", O_WRONLY | O_APPEND),
        dir = open(".", O_RDONLY);
    off_t from = 1000, to = 0;

    show("copy_file_range", copy(in, NULL, out, NULL, 9000, 0));
    show_file(out, 0);
    show_file(in, 0);
    show("the rest", copy(in, NULL, out, NULL, 9000, 0));
    show("the end", copy(in, NULL, out, NULL, 9000, 0));
    show_file(out, 0);
    ftruncate(out, 0);
    show("with positions", copy(in, &from, out, &to, 5000, 0));
    printf("  %ld %ld\n", (long)from, (long)to);
    show_file(out, 1000);
    show("nothing", copy(in, NULL, out, NULL, 0, 0));
    show("flags", copy(in, NULL, out, NULL, 1, 1));
    from = 0, to = 100;
    show("overlapping", copy(in, &from, in, &to, 200, 0));
    to = 7500;
    show("in one file", copy(in, &from, in, &to, 7500, 0));
    show("negative", (from = -1, copy(in, &from, out, NULL, 1, 0)));
    show("position nowhere", copy(in, NOWHERE, out, NULL, 1, 0));
    show("from nothing", copy(77, NULL, out, NULL, 1, 0));
    show("from what isn't read", copy(more, NULL, out, NULL, 1, 0));
    show("to what is appended", copy(in, NULL, more, NULL, 1, 0));
    show("to what isn't written", copy(in, NULL, dir, NULL, 1, 0));
    show("from a directory", copy(dir, NULL, out, NULL, 1, 0));
    show("too far", (to = LARGEST, from = 0, copy(in, &from, out, &to, 10, 0)));
    close(in);
    close(out);
    close(more);
    close(dir);
}

static void sending(void)
{
    int in = make("in", 15000), out = make("out", 0), more = open("out", O_RDWR | O_APPEND), dir = open(".", O_RDONLY);
    off_t from = 14000;

    show("sendfile", sendfile(out, in, NULL, 9000));
    show_file(out, 0);
    show_file(in, 0);
    ftruncate(out, 0);
    lseek(out, 0, SEEK_SET);
    show("with a position", sendfile(out, in, &from, 9000));
    printf("  %ld\n", (long)from);
    show_file(out, 14000);
    show_file(in, 0);
    show("the end", sendfile(out, in, &from, 9000));
    show("nothing", sendfile(out, in, NULL, 0));
    show("negative", (from = -1, sendfile(out, in, &from, 1)));
    show("a negative size", sendfile(out, in, NULL, (size_t)-1));
    show("position nowhere", sendfile(77, in, NOWHERE, 1));
    show("to nothing", sendfile(77, in, NULL, 1));
    show("from nothing", sendfile(out, 77, NULL, 1));
    show("to what is appended", sendfile(more, in, NULL, 1));
    show("to what isn't written", sendfile(dir, in, NULL, 1));
    show("from a directory", sendfile(out, dir, NULL, 1));
    close(in);
    close(out);
    close(more);
    close(dir);
}

static void allocating(void)
{
    int fd = make("f", 100), reader = open("f", O_RDONLY), dir = open(".", O_RDONLY), null = open("/dev/null", O_RDWR);
    struct stat st;

    show("fallocate within", fallocate(fd, 0, 0, 50));
    show("beyond", fallocate(fd, 0, 5000, 5000));
    fstat(fd, &st);
    printf("  %ld bytes\n", (long)st.st_size);
    memset(got, 1, sizeof(got));
    show("read", pread(fd, got, 10000, 100));
    show_bool("zeroes", got[0] == 0 && memcmp(got, got + 1, 9899) == 0);
    show("keep the size, within", fallocate(fd, 1, 0, 50));
    show("negative", fallocate(fd, 0, -1, 50));
    show("no length", fallocate(fd, 0, 0, 0));
    show("a negative length", fallocate(fd, 0, 0, -1));
    show("unknown mode", fallocate(fd, 0x1000, 0, 10));
    show("punch without keeping the size", fallocate(fd, 2, 0, 10));
    show("too far", fallocate(fd, 0, LARGEST, 10));
    show("to read", fallocate(reader, 0, 0, 10));
    show("a device", fallocate(null, 0, 0, 10));
    show("nothing", fallocate(77, 0, -1, 10));
    close(fd);
    close(reader);
    close(dir);
    close(null);
}

static long vector2(int is_write, int fd, char *where, size_t size, off_t pos, int flags)
{
    struct iovec vector = {where, size};

    return syscall(is_write != 0 ? SYS_pwritev2 : SYS_preadv2, fd, &vector, 1, pos, 0, flags);
}

static void flags(void)
{
    int fd = make("f", 10), more = open("f", O_RDWR | O_APPEND);

    show("RWF_HIPRI", vector2(1, fd, bytes, 4, 0, 1));
    show("RWF_HIPRI", vector2(0, fd, got, 4, 0, 1));
    show("RWF_DSYNC", vector2(1, fd, bytes, 4, 0, 2));
    show("RWF_SYNC", vector2(1, fd, bytes, 4, 0, 4));
    show("RWF_APPEND", vector2(1, fd, bytes, 4, 0, 0x10));
    show("the end", lseek(fd, 0, SEEK_END));
    lseek(fd, 2, SEEK_SET);
    show("RWF_APPEND at the position", vector2(1, fd, bytes, 4, -1, 0x10));
    show("which is the end", lseek(fd, 0, SEEK_CUR));
    show("O_APPEND", vector2(1, more, bytes, 4, 0, 0));
    show("the end", lseek(fd, 0, SEEK_END));
    show("read at the position", (lseek(fd, 20, SEEK_SET), vector2(0, fd, got, 4, -1, 1)));
    show("which moved", lseek(fd, 0, SEEK_CUR));
    show("unknown", vector2(1, fd, bytes, 4, 0, 0x40000000));
    show("unknown, of nothing", vector2(1, 77, bytes, 4, 0, 0x40000000));
    show("unknown, nowhere", syscall(SYS_pwritev2, fd, NOWHERE, 1, 0, 0, 0x40000000));
    show("a position below", vector2(1, fd, bytes, 4, -2, 0));
    show("a position below, of nothing", vector2(1, 77, bytes, 4, -2, 0));
    show("it is as it was", fcntl(fd, F_GETFL) & (O_APPEND | O_DSYNC));
    close(fd);
    close(more);
}

static void seeking(void)
{
    int fd = make("f", 10), left = 0;

    show("the largest", lseek(fd, LARGEST, SEEK_END));
    show("from the position", (lseek(fd, 5, SEEK_SET), lseek(fd, LARGEST, SEEK_CUR)));
    show("below", lseek(fd, -6, SEEK_CUR));
    show("FIONREAD", ioctl(fd, FIONREAD, &left));
    printf("  %d\n", left);
    show("FIONREAD nowhere", ioctl(fd, FIONREAD, NOWHERE));
    close(fd);
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 7 + i / 256);
    ranges();
    sending();
    allocating();
    flags();
    seeking();
    unlink("f");
    unlink("in");
    unlink("out");
    return 0;
}
