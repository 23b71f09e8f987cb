/* SPDX-License-Identifier: Apache-2.0 */
/* oldest.c - calls of 32-bit programs from Linux's first years: stat with numbers of 16 bits, one entry of a directory
 * at a time; and writes to files that weren't asked for to be large. */
#include "bare.h"

ENTRY("main");

enum { /* of these calls alone */
       NR_oldstat = 18,
       NR_oldfstat = 28,
       NR_pipe = 42,
       NR_symlink = 83,
       NR_oldlstat = 84,
       NR_readdir = 89,
       NR_utime = 30,
       NR_stat = 106,
       NR_lstat = 107,
       NR_fstat = 108,
};

enum { CREATE = 02 | 0100 | 01000, LARGEFILE = 0100000, APPEND = 02000, DIRECTORY = 0200000 };

struct old_stat {
    uint16_t dev, inode, mode, links, uid, gid, rdev;
    uint32_t size, atime, mtime, ctime, beyond;
};

struct entry {
    uint32_t inode, off;
    uint16_t length;
    char name[256];
};

struct new_stat { /* as stat(2) of number 106 has it */
    uint32_t dev, inode;
    uint16_t mode, links, uid, gid;
    uint32_t rdev, size, block_size, blocks, times[6], unused[2];
};

/* Whether an old call says what the newer one does, or that the inode's number doesn't fit. */
static void compare(const char *what, long result, const struct old_stat *old, long new_result,
                    const struct new_stat *stat)
{
    enum { EOVERFLOW = 75 };
    int is_same = old->inode == stat->inode && old->mode == stat->mode && old->links == stat->links &&
                  old->uid == stat->uid && old->gid == stat->gid && old->size == stat->size &&
                  old->mtime == stat->times[2] && old->beyond == 77;

    if (new_result == 0)
        show_bool(what, stat->inode > UINT16_MAX ? result == -EOVERFLOW : result == 0 && is_same);
    else
        show(what, result);
}

static void stats(long fd)
{
    struct old_stat old = {.beyond = 77};
    struct new_stat stat = {0};
    int32_t times[2] = {1000, 2000};
    const char *const names[] = {"link", "/dev/null", "/", "none"};

    show("utime", CALL(NR_utime, P("file"), P(times)));
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        long result = CALL(NR_oldstat, P(names[i]), P(&old));
        compare(names[i], result, &old, CALL(NR_stat, P(names[i]), P(&stat)), &stat);
        result = CALL(NR_oldlstat, P(names[i]), P(&old));
        compare(names[i], result, &old, CALL(NR_lstat, P(names[i]), P(&stat)), &stat);
    }
    long result = CALL(NR_oldfstat, fd, P(&old));
    compare("oldfstat", result, &old, CALL(NR_fstat, fd, P(&stat)), &stat);
    show("oldfstat of none", CALL(NR_oldfstat, 99, P(&old)));
    result = CALL(NR_oldstat, P("/dev/null"), P(&old));
    show_bool("device", result != 0 || old.rdev == 0x103);
    result = CALL(NR_oldfstat, fd, 16);
    show_bool("to nowhere", result == -14 || result == -75);
}

static void entries(void)
{
    static struct entry entry;
    long folder = CALL(NR_open, P("."), DIRECTORY), count = 0, got, names = 0;
    int is_whole = 1;

    for (unsigned i = 0; i < sizeof(entry.name); i++)
        entry.name[i] = 'x';
    while ((got = CALL(NR_readdir, folder, P(&entry), 1)) == 1 && count < 100) {
        count++;
        names +=
            same(entry.name, "file") || same(entry.name, "link") || same(entry.name, ".") || same(entry.name, "..");
        is_whole = is_whole && entry.length < sizeof(entry.name) && entry.name[entry.length] == 0 && entry.inode != 0;
        entry.inode = 0;
    }
    show("readdir at the end", got);
    show("entries", count);
    show("names", names);
    show_bool("whole", is_whole);
    CALL(NR_lseek, folder, 0, 0);
    show("to nowhere", CALL(NR_readdir, folder, 16, 1));
    show("that one again", CALL(NR_readdir, folder, P(&entry), 0));
    show("of no directory", CALL(NR_readdir, CALL(NR_open, P("file"), 0), P(&entry), 1));
    show("of none", CALL(NR_readdir, 99, P(&entry), 1));
    CALL(NR_close, folder);
}

static void large(long fd)
{
    static const char bytes[8] = "12345678";
    long end = 0x7fffffff, appending, wide;

    show("pwrite before 2 GiB less one", CALL(NR_pwrite64, fd, P(bytes), 8, end - 4, 0));
    show("pwrite there", CALL(NR_pwrite64, fd, P(bytes), 1, end, 0));
    show("pwrite of nothing there", CALL(NR_pwrite64, fd, P(bytes), 0, end, 0));
    show("pwrite beyond", CALL(NR_pwrite64, fd, P(bytes), 8, 0, 1));
    show("lseek", CALL(NR_lseek, fd, end - 2, 0));
    show("write", CALL(NR_write, fd, P(bytes), 8));
    show("write", CALL(NR_write, fd, P(bytes), 8));
    appending = CALL(NR_open, P("file"), 01 | APPEND);
    show("append", CALL(NR_write, appending, P(bytes), 8));
    wide = CALL(NR_open, P("file"), 02 | LARGEFILE);
    show("pwrite of what may be large", CALL(NR_pwrite64, wide, P(bytes), 8, end, 0));
    show("append", CALL(NR_write, appending, P(bytes), 8));
    show("pread of what is large", CALL(NR_pread64, fd, P(&(char[8]){0}), 8, end, 0));
    show("ftruncate", CALL(NR_ftruncate, fd, 5));
    CALL(NR_close, appending);
    CALL(NR_close, wide);
}

void program(long *stack)
{
    long fd;

    (void)stack;
    if (CALL(NR_chdir, P("/dev/shm")) != 0 || CALL(NR_mkdir, P("oldest"), 0755) != 0 ||
        CALL(NR_chdir, P("oldest")) != 0)
        leave(2);
    fd = CALL(NR_open, P("file"), CREATE, 0644);
    show("symlink", CALL(NR_symlink, P("file"), P("link")));
    stats(fd);
    entries();
    large(fd);
    CALL(NR_unlink, P("file"));
    CALL(NR_unlink, P("link"));
    CALL(NR_chdir, P(".."));
    show("rmdir", CALL(NR_rmdir, P("oldest")));
    leave(0);
}
