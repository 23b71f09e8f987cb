/* SPDX-License-Identifier: Apache-2.0 */
/* aio.c - asynchronous I/O (io_submit and its like) and O_DIRECT, which bypasses the page cache but agrees with it. */
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#include "show.h"

#define BLOCK 4096
#define BLOCKS 64
#define BATCH 32

enum { PREAD = 0, PWRITE = 1, FSYNC = 2, FDSYNC = 3, PREADV = 7, PWRITEV = 8 };

struct iocb { /* uapi/linux/aio_abi.h */
    uint64_t data;
    uint32_t key, rw_flags;
    uint16_t opcode;
    int16_t priority;
    uint32_t fd;
    uint64_t buffer, bytes;
    int64_t offset;
    uint64_t reserved;
    uint32_t flags, event_fd;
};

struct event {
    uint64_t data, iocb;
    int64_t result, result2;
};

static unsigned long context;
static struct iocb iocbs[BLOCKS], *list[BLOCKS];
static struct event events[BLOCKS];
static char *memory; /* BLOCKS blocks, aligned */

static long setup(unsigned count, unsigned long *ctx)
{
    return syscall(SYS_io_setup, count, ctx);
}

static long submit(long count)
{
    return syscall(SYS_io_submit, context, count, list);
}

static long fetch(long least, long most)
{
    return syscall(SYS_io_getevents, context, least, most, events, NULL);
}

static void prepare(int i, int opcode, int fd, void *buffer, size_t bytes, int64_t offset)
{
    iocbs[i] = (struct iocb){.data = 1000u + (unsigned)i,
                             .opcode = (uint16_t)opcode,
                             .fd = (uint32_t)fd,
                             .buffer = (uintptr_t)buffer,
                             .bytes = bytes,
                             .offset = offset};
    list[i] = &iocbs[i];
}

static char *block(int i)
{
    return memory + (size_t)i * BLOCK;
}

static void fill(char *at, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        at[i] = (char)(seed * 31 + i * 7 + i / 256);
}

static int is_filled(const char *at, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        if (at[i] != (char)(seed * 31 + i * 7 + i / 256))
            return 0;
    return 1;
}

/* Events come in any order: shown by what they are of. */
static void show_events(const char *what, long count)
{
    long long results[BLOCKS] = {0};
    int seen[BLOCKS] = {0}, wrong = 0;

    show(what, count);
    for (long i = 0; i < count; i++) {
        uint64_t at = events[i].data - 1000u;

        if (at >= BLOCKS || seen[at]++ != 0 || events[i].iocb != (uintptr_t)&iocbs[at] || events[i].result2 != 0)
            wrong++;
        else
            results[at] = events[i].result;
    }
    for (int i = 0; i < BLOCKS; i++)
        if (seen[i] != 0)
            printf("  %d: %lld\n", i, results[i]);
    printf("  wrong: %d\n", wrong);
}

/* One request from beginning to end. */
static void one(const char *what, int opcode, int fd, void *buffer, size_t bytes, int64_t offset)
{
    prepare(0, opcode, fd, buffer, bytes, offset);
    long got = show(what, submit(1));

    if (got == 1)
        show_events("  event", fetch(1, 1));
}

static void contexts(void)
{
    unsigned long ctx = 1;

    show("set up for nothing", setup(0, &context));
    show("set up twice", setup(1, &ctx));
    show("set up too large", setup(10000000, &context));
    show("set up nowhere", setup(1, NULL));
    show("submit to no context", syscall(SYS_io_submit, 4711, 0, NULL));
    show("events of no context", syscall(SYS_io_getevents, 4711, 0, 0, NULL, NULL));
    show("destroy no context", syscall(SYS_io_destroy, 4711));
    show("set up", setup(BLOCKS, &context));
}

static void batches(int fd)
{
    for (int i = 0; i < BATCH; i++) {
        fill(block(i), BLOCK, (unsigned)i);
        prepare(i, PWRITE, fd, block(i), BLOCK, (int64_t)i * BLOCK);
    }
    show("submit writes", submit(BATCH));
    show_events("events", fetch(BATCH, BATCH));
    memset(memory, 0, BLOCKS * BLOCK);
    for (int i = 0; i < BATCH; i++)
        prepare(i, PREAD, fd, block(i), BLOCK, (int64_t)(i * 13 % BATCH) * BLOCK);
    show("submit reads", submit(BATCH));
    long got = 0, rest;
    while (got < BATCH && (rest = fetch(1, BATCH)) > 0)
        got += rest;
    show("events one after the other", got);
    int good = 0;
    for (int i = 0; i < BATCH; i++)
        good += is_filled(block(i), BLOCK, (unsigned)(i * 13 % BATCH));
    show("blocks that are right", good);
}

static void cached_and_direct(int direct)
{
    int cached = open("aio.bin", O_RDWR);
    char *map = mmap(NULL, 4 * BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED, cached, 0);

    show_ok("open for the cache", cached);
    show("read what was written past it", pread(cached, block(0), BLOCK, 3 * BLOCK));
    printf("  right: %d, mapped: %d\n", is_filled(block(0), BLOCK, 3), is_filled(map + BLOCK, BLOCK, 1));
    fill(block(1), BLOCK, 101);
    show("write through the cache", pwrite(cached, block(1), BLOCK, BLOCK));
    one("read past it", PREAD, direct, block(2), BLOCK, BLOCK);
    printf("  right: %d\n", is_filled(block(2), BLOCK, 101));
    fill(block(3), 2 * BLOCK, 102);
    one("write past it", PWRITE, direct, block(3), 2 * BLOCK, 0);
    show("read through the cache", pread(cached, block(5), 2 * BLOCK, 0));
    printf("  right: %d, mapped: %d\n", is_filled(block(5), 2 * BLOCK, 102), is_filled(map, 2 * BLOCK, 102));
    fill(block(7), 100, 103);
    show("a few bytes through the cache", pwrite(cached, block(7), 100, 50));
    one("read past it", PREAD, direct, block(8), BLOCK, 0);
    printf("  right: %d\n", is_filled(block(8) + 50, 100, 103));
    munmap(map, 4 * BLOCK);
    close(cached);
}

static void plain_calls(int fd)
{
    struct iovec parts[] = {{block(20), BLOCK}, {block(10), 2 * BLOCK}};
    struct stat st;

    show("pread", pread(fd, block(0), 3 * BLOCK, 4 * BLOCK));
    printf("  right: %d\n", is_filled(block(1), BLOCK, 5));
    show("seek", lseek(fd, 6 * BLOCK, SEEK_SET));
    show("readv", readv(fd, parts, 2));
    printf("  right: %d %d\n", is_filled(block(20), BLOCK, 6), is_filled(block(11), BLOCK, 8));
    show("position", lseek(fd, 0, SEEK_CUR));
    show("read an odd place", pread(fd, block(0), BLOCK, 1));
    show("read an odd size", pread(fd, block(0), 100, 0));
    show("read to an odd place", pread(fd, block(0) + 1, BLOCK, 0));
    fill(block(0), 8 * BLOCK, 7);
    show("write beyond the end", pwrite(fd, block(0), 8 * BLOCK, BATCH * BLOCK));
    fstat(fd, &st);
    printf("  size %lld\n", (long long)st.st_size);
    show("make it odd", ftruncate(fd, BATCH * BLOCK + 1234));
    one("read to the end", PREAD, fd, block(0), 4 * BLOCK, (BATCH - 1) * BLOCK);
    printf("  right: %d %d\n", is_filled(block(0), BLOCK, BATCH - 1), is_filled(block(1), 1234, 7));
    one("read beyond the end", PREAD, fd, block(0), BLOCK, 100 * BLOCK);
}

static void kinds(int fd)
{
    struct iovec parts[] = {{block(0), BLOCK}, {block(2), BLOCK}};

    fill(block(0), BLOCK, 201);
    fill(block(2), BLOCK, 202);
    one("a vector is written", PWRITEV, fd, parts, 2, 8 * BLOCK);
    parts[0].iov_base = block(3);
    parts[1].iov_base = block(4);
    one("a vector is read", PREADV, fd, parts, 2, 8 * BLOCK);
    printf("  right: %d %d\n", is_filled(block(3), BLOCK, 201), is_filled(block(4), BLOCK, 202));
    one("fsync", FSYNC, fd, NULL, 0, 0);
    one("fdatasync", FDSYNC, fd, NULL, 0, 0);
    one("fsync of a part", FSYNC, fd, NULL, 1, 0);
    one("nothing", PREAD, fd, block(0), 0, 0);
    int zero = open("/dev/zero", O_RDWR), cached = open("aio.bin", O_RDONLY);

    one("/dev/zero", PREAD, zero, block(0), 100, 0);
    one("through the cache", PREAD, cached, block(5) + 1, 77, 8 * BLOCK);
    printf("  right: %d\n", is_filled(block(5) + 1, 77, 201));
    one("write what is read-only", PWRITE, cached, block(0), BLOCK, 0);
    show("O_DIRECT on a device", open("/dev/null", O_RDWR | O_DIRECT));
    close(zero);
    close(cached);
}

static void mistakes(int fd)
{
    char *none = mmap(NULL, BLOCK, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct timespec no_time = {0, 0}, short_time = {0, 1000000};

    one("no descriptor", PREAD, 99, block(0), BLOCK, 0);
    one("no such thing to do", 77, fd, block(0), BLOCK, 0);
    one("a place before the file", PREAD, fd, block(0), BLOCK, -BLOCK);
    one("a size too large", PREAD, fd, block(0), (size_t)-1, 0);
    one("an odd place", PREAD, fd, block(0), BLOCK, 3);
    one("no memory there", PREAD, fd, none, BLOCK, 0);
    prepare(0, PREAD, fd, block(0), BLOCK, 0);
    iocbs[0].reserved = 1;
    show("a reserved field", submit(1));
    for (int i = 0; i < 4; i++)
        prepare(i, PREAD, fd, block(i), BLOCK, i * BLOCK);
    list[2] = NULL;
    show("the third is nowhere", submit(4));
    show_events("events of the two", fetch(2, 4));
    list[0] = NULL;
    show("the first is nowhere", submit(4));
    show("fewer than none", submit(-1));
    show("none", submit(0));
    show("more than there is room for", fetch(2, 1));
    show("fewer than none", fetch(-1, 1));
    show("whatever there is", fetch(0, BLOCKS));
    show("no time", syscall(SYS_io_getevents, context, 1, 1, events, &no_time));
    show("a short time", syscall(SYS_io_getevents, context, 1, 1, events, &short_time));
    show("with a mask", syscall(SYS_io_pgetevents, context, 1, 1, events, &short_time, NULL));
    show("cancel what is over", syscall(SYS_io_cancel, context, &iocbs[1], events));
    show("cancel nothing", syscall(SYS_io_cancel, context, NULL, events));
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    memory = mmap(NULL, BLOCKS * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int fd = open("aio.bin", O_CREAT | O_RDWR | O_DIRECT, 0644);

    show_ok("open", fd);
    contexts();
    batches(fd);
    batches(fd); /* the same once more: nothing grows now */
    cached_and_direct(fd);
    plain_calls(fd);
    kinds(fd);
    mistakes(fd);
    show("destroy", syscall(SYS_io_destroy, context));
    show("destroy once more", syscall(SYS_io_destroy, context));
    show("set up again", setup(4, (context = 0, &context)));
    for (int i = 0; i < 4; i++)
        prepare(i, PWRITE, fd, block(i), BLOCK, i * BLOCK);
    show("left under way at the end", submit(4));
    return 0;
}
