/* SPDX-License-Identifier: Apache-2.0 */
/* files.c - files of a 32-bit program: positions of 64 bits in two registers, struct stat64, vectors. */
#include "bare.h"

ENTRY("main");

struct __attribute__((packed)) stat64 {
    uint64_t dev;
    uint32_t pad0, ino_low, mode, links, uid, gid;
    uint64_t rdev;
    uint32_t pad3;
    int64_t size;
    uint32_t block_size;
    uint64_t blocks;
    uint32_t times[6];
    uint64_t ino;
};

struct iovec {
    const void *base;
    unsigned long size;
};

enum { EOVERFLOW = 75 };
enum { READ_WRITE_CREATE = 02 | 0100, DIRECTORY = 0200000, CURRENT = 1, END = 2, AT_FDCWD = -100, F_GETFL = 3 };

static char buffer[4096];
static struct stat64 stat;

static void show_stat(const char *what, long result)
{
    show(what, result);
    show("  mode", (long)(stat.mode & 0170000));
    if ((stat.mode & 0170000) == 0100000)
        show("  size", (long)stat.size);
    show("  beyond 4 GiB", (long)(stat.size >> 32));
    show_bool("  links", stat.links != 0);
    show_bool("  the same number twice", stat.ino_low == (uint32_t)stat.ino);
    show_bool("  a time", stat.times[2] > 1000000000);
}

static void positions(long fd)
{
    uint64_t pos = 0;

    show("lseek", CALL(NR_lseek, fd, 4, 0));
    show("lseek back", CALL(NR_lseek, fd, -2, CURRENT));
    show("lseek too far back", CALL(NR_lseek, fd, -20, CURRENT));
    show("lseek from the end", CALL(NR_lseek, fd, -3, END));
    show("_llseek", CALL(NR_llseek, fd, 1, 5, P(&pos), 0));
    show_bool("4 GiB and 5", pos == (1ull << 32) + 5);
    show("_llseek back", CALL(NR_llseek, fd, -1, -1, P(&pos), CURRENT));
    show_bool("4 GiB and 4", pos == (1ull << 32) + 4);
    show("_llseek, no result", CALL(NR_llseek, fd, 0, 0, 16, 0));
    show("pread64", CALL(NR_pread64, fd, P(buffer), 4, 2, 0));
    show("pread64 beyond", CALL(NR_pread64, fd, P(buffer), 4, 2, 1));
    show("pread64 before", CALL(NR_pread64, fd, P(buffer), 4, 2, -1));
    show("pwrite64", CALL(NR_pwrite64, fd, P("xy"), 2, 10, 0));
    show("truncate to less than nothing", CALL(NR_ftruncate, fd, -1));
    show("truncate64 as well", CALL(NR_ftruncate64, fd, 0, -1));
    show("ftruncate64", CALL(NR_ftruncate64, fd, 5000, 0));
    show("fallocate", CALL(NR_fallocate, fd, 0, 5000, 0, 1000, 0));
    show("fallocate before", CALL(NR_fallocate, fd, 0, 0, -1, 1000, 0));
}

/* A number in two registers stands before another argument, which mustn't be taken from the wrong one. */
static void advice(long fd)
{
    show("fadvise64", CALL(NR_fadvise64, fd, 0, 1, 4096, 0));
    show("fadvise64 of what isn't there", CALL(NR_fadvise64, fd, 0, 1, 4096, 6));
    show("fadvise64_64", CALL(NR_fadvise64_64, fd, 0, 1, 4096, 1, 5));
    show("fadvise64_64, less than nothing", CALL(NR_fadvise64_64, fd, 0, 0, 0, -1, 0));
    show("fadvise64_64 of what isn't there", CALL(NR_fadvise64_64, fd, 0, 1, 4096, 1, 6));
    show("sync_file_range", CALL(NR_sync_file_range, fd, 0, 1, 4096, 1, 0));
    show("sync_file_range, no flag", CALL(NR_sync_file_range, fd, 0, 1, 4096, 1, 8));
    show("sync_file_range before", CALL(NR_sync_file_range, fd, 0, -1, 4096, 0, 0));
    show("sync_file_range, less than nothing", CALL(NR_sync_file_range, fd, 0, 0, 0, -1, 0));
    show("readahead", CALL(NR_readahead, fd, 0, 0, 4096));
}

static void vectors(long fd)
{
    struct iovec list[3] = {{"one ", 4}, {"", 0}, {"two\n", 4}}, in[2] = {{buffer, 3}, {buffer + 100, 30}};

    show("writev", CALL(NR_writev, 1, P(list), 3));
    CALL(NR_lseek, fd, 0, 0);
    show("writev to a file", CALL(NR_writev, fd, P(list), 3));
    CALL(NR_lseek, fd, 0, 0);
    show("readv", CALL(NR_readv, fd, P(in), 1));
    show_bool("what was written", buffer[0] == 'o' && buffer[2] == 'e');
    show("preadv", CALL(NR_preadv, fd, P(in), 1, 4, 0));
    show_bool("what was written", buffer[0] == 't' && buffer[2] == 'o');
    show("preadv beyond", CALL(NR_preadv, fd, P(in), 1, 4, 1));
    show("pwritev", CALL(NR_pwritev, fd, P(list), 1, 8, 0));
    show("pwritev2", CALL(NR_pwritev2, fd, P(list), 1, 8, 0, 0));
    show("pwritev2 before", CALL(NR_pwritev2, fd, P(list), 1, 8, -2, 0));
    show("pwritev2, no flag", CALL(NR_pwritev2, fd, P(list), 1, 8, 0, 0x40000000));
    show("preadv2", CALL(NR_preadv2, fd, P(in), 1, 9, 0, 0));
    show_bool("what was written", buffer[0] == 'n' && buffer[2] == ' ');
    show("preadv2 beyond", CALL(NR_preadv2, fd, P(in), 1, 9, 1, 0));
    CALL(NR_lseek, fd, 8, 0);
    show("preadv2 from where it is", CALL(NR_preadv2, fd, P(in), 1, -1, -1, 0));
    show_bool("what was written", buffer[0] == 'o' && buffer[2] == 'e');
    list[1].size = 0x80000000ul;
    show("a length below zero", CALL(NR_writev, fd, P(list), 3));
    list[1].size = 4;
    list[1].base = (const void *)16;
    show("from nowhere", CALL(NR_writev, fd, P(list + 1), 1));
    show("no list", CALL(NR_writev, fd, 16, 1));
    show("too many", CALL(NR_writev, fd, P(list), 1025));
}

static void names(void)
{
    long fd = CALL(NR_open, P("."), DIRECTORY), size = CALL(NR_getdents64, fd, P(buffer), sizeof(buffer));
    int found = 0;

    show("open .", fd < 0 ? fd : 0); /* its number depends on what is open before */
    for (long at = 0; at < size; at += *(uint16_t *)(buffer + at + 16))
        found += same(buffer + at + 19, "file") || same(buffer + at + 19, "dir");
    show("entries", found);
    show("from the start", CALL(NR_lseek, fd, 0, 0));
    size = CALL(NR_getdents, fd, P(buffer), sizeof(buffer)); /* the type is an entry's last byte */
    found = 0;
    for (long at = 0; at < size; at += *(uint16_t *)(buffer + at + 8)) {
        found += same(buffer + at + 10, "file") && buffer[at + *(uint16_t *)(buffer + at + 8) - 1] == 8;
        found += same(buffer + at + 10, "dir") && buffer[at + *(uint16_t *)(buffer + at + 8) - 1] == 4;
    }
    show_bool("entries of getdents", found == 2 || size == -EOVERFLOW); /* by what numbers this folder's files have */
    show("close", CALL(NR_close, fd));
}

void program(long *stack)
{
    long fd;

    CALL(NR_chdir, stack[2]);
    fd = CALL(NR_open, P("file"), READ_WRITE_CREATE, 0644);
    show_bool("open", fd >= 0);
    show("write", CALL(NR_write, fd, P("0123456789"), 10));
    show("flags", CALL(NR_fcntl64, fd, F_GETFL) & 3);
    positions(fd);
    advice(fd);
    show("mkdir", CALL(NR_mkdir, P("dir"), 0755));
    show_stat("fstat64", CALL(NR_fstat64, fd, P(&stat)));
    show_stat("stat64", CALL(NR_stat64, P("dir"), P(&stat)));
    show_stat("fstatat64", CALL(NR_fstatat64, AT_FDCWD, P("file"), P(&stat), 0));
    show("fstatat64 flags", CALL(NR_fstatat64, AT_FDCWD, P("file"), P(&stat), 0x40000000));
    show("stat64 of nothing", CALL(NR_stat64, P("no"), P(&stat)));
    show("lstat64 to nowhere", CALL(NR_lstat64, P("file"), 16));
    show("fstat64 of nothing", CALL(NR_fstat64, 99, P(&stat)));
    vectors(fd);
    names();
    show("truncate64", CALL(NR_truncate64, P("file"), 3, 0));
    show("truncate", CALL(NR_truncate, P("file"), 2));
    show("its end", CALL(NR_lseek, fd, 0, END));
    CALL(NR_close, fd);
    show("unlink", CALL(NR_unlink, P("file")));
    show("rmdir", CALL(NR_rmdir, P("dir")));
    leave(0);
}
