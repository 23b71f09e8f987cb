/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fsexer.c - one file is read, written, cut and mapped in all ways at random, from a seed, and compared with what it
 * should hold. What a file system can't do is done by reads and writes instead, so that the end is the same everywhere.
 *
 *   fsexer FOLDER                a few seeds there, and in /dev/shm
 *   fsexer FOLDER SEED STEPS     that one
 *   fsexer FOLDER SEED STEPS -v  and says each step
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "show.h"

#ifndef FALLOC_FL_COLLAPSE_RANGE /* musl has two of these */
#define FALLOC_FL_COLLAPSE_RANGE 8
#define FALLOC_FL_ZERO_RANGE 16
#define FALLOC_FL_INSERT_RANGE 32
#endif
#define SIZE_MOST 300000u
#define UNIT 4096u     /* what collapses and is inserted: a multiple of any file system's blocks */
#define PIECE 40000u   /* most of what one step is about */
#define UNALIGNED 512u /* O_DIRECT refuses less */

static unsigned char model[SIZE_MOST + PIECE], got[SIZE_MOST + PIECE] __attribute__((aligned(65536)));
static unsigned char bytes[PIECE] __attribute__((aligned(65536)));
static unsigned size;     /* of the file */
static int fd, direct_fd; /* the same file; -1: there is no O_DIRECT */
static uint32_t seed;
static unsigned step_number;
static bool verbose;
static const char *doing;

static uint32_t pick(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return below == 0 ? 0 : (uint32_t)(((uint64_t)seed * below) >> 32);
}

static void fail(const char *what)
{
    printf("step %u, %s: %s: %s\n", step_number, doing, what, error_name(errno));
    exit(1);
}

static void say(const char *what, unsigned pos, unsigned count)
{
    doing = what;
    if (verbose)
        printf("%u %s %u+%u of %u\n", step_number, what, pos, count, size);
}

static void make_bytes(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        bytes[i] = (unsigned char)(1 + (seed >> 7) + i * 7 + i / 253);
}

/* The file has `count` bytes from `bytes` at `pos` now. */
static void model_write(unsigned pos, unsigned count)
{
    if (count == 0)
        return;
    if (pos > size)
        memset(model + size, 0, pos - size);
    memcpy(model + pos, bytes, count);
    if (pos + count > size)
        size = pos + count;
}

static void model_size(unsigned new_size)
{
    if (new_size > size)
        memset(model + size, 0, new_size - size);
    size = new_size;
}

static void put(int file, const unsigned char *from, unsigned pos, unsigned count)
{
    for (unsigned done = 0; done < count;) {
        ssize_t n = pwrite(file, from + done, count - done, (off_t)pos + done);
        if (n <= 0)
            fail("pwrite");
        done += (unsigned)n;
    }
}

static void compare(int file, unsigned pos, unsigned count)
{
    ssize_t n = pread(file, got, count, pos), want = pos >= size ? 0 : size - pos < count ? size - pos : count;

    if (n != want) {
        printf("%zd bytes rather than %zd\n", n, want);
        fail("pread");
    }
    for (unsigned i = 0; i < (unsigned)n; i++) {
        if (got[i] == model[pos + i])
            continue;
        printf("byte %u is %02x and not %02x, the size %u\n", pos + i, got[i], model[pos + i], size);
        fail("compare");
    }
}

static void compare_all(void)
{
    struct stat st;

    if (fstat(fd, &st) != 0 || st.st_size != (off_t)size) {
        printf("the size is %lld and not %u\n", (long long)st.st_size, size);
        fail("fstat");
    }
    compare(fd, 0, SIZE_MOST + PIECE);
}

/* fallocate(2); false: this file system doesn't do that. */
static bool allocate(int mode, unsigned pos, unsigned count)
{
    if (fallocate(fd, mode, pos, count) == 0)
        return true;
    if (errno != EOPNOTSUPP && errno != ENOSYS)
        fail("fallocate");
    return false;
}

/* ---- the steps ---- */

static void do_read(unsigned pos, unsigned count)
{
    say("read", pos, count);
    compare(fd, pos, count);
}

static void do_write(unsigned pos, unsigned count)
{
    say("write", pos, count);
    make_bytes(count);
    put(fd, bytes, pos, count);
    model_write(pos, count);
}

static void do_append(unsigned count)
{
    int file = open("fsexer.file", O_WRONLY | O_APPEND);

    say("append", size, count);
    make_bytes(count);
    if (file < 0 || write(file, bytes, count) != (ssize_t)count || close(file) != 0)
        fail("append");
    model_write(size, count);
}

static void do_direct(unsigned pos, unsigned count, bool write)
{
    pos -= pos % UNALIGNED;
    count -= count % UNALIGNED;
    say(write ? "write directly" : "read directly", pos, count);
    if (count == 0)
        return;
    make_bytes(count);
    if (!write)
        compare(direct_fd >= 0 ? direct_fd : fd, pos, count);
    else
        put(direct_fd >= 0 ? direct_fd : fd, bytes, pos, count);
    if (write)
        model_write(pos, count);
}

static void do_truncate(unsigned new_size)
{
    say("truncate", new_size, 0);
    if (ftruncate(fd, new_size) != 0)
        fail("ftruncate");
    model_size(new_size);
}

static void do_map(unsigned pos, unsigned count, bool write)
{
    if (size == 0)
        return;
    pos %= size;
    if (count > size - pos)
        count = size - pos;
    say(write ? "write by a mapping" : "read by a mapping", pos, count);
    unsigned char *map = mmap(NULL, size, PROT_READ | (write ? PROT_WRITE : 0), MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        fail("mmap");
    if (memcmp(map + pos, model + pos, count) != 0)
        fail("the mapping");
    make_bytes(count);
    if (write)
        memcpy(map + pos, bytes, count);
    if (write)
        model_write(pos, count);
    if (write && pick(2) == 0 && msync(map, size, pick(2) == 0 ? MS_SYNC : MS_ASYNC) != 0)
        fail("msync");
    if (munmap(map, size) != 0)
        fail("munmap");
}

static void do_allocate(unsigned pos, unsigned count, bool keep)
{
    say(keep ? "allocate, keep the size" : "allocate", pos, count);
    bool done = allocate(keep ? FALLOC_FL_KEEP_SIZE : 0, pos, count);
    if (keep || pos + count <= size)
        return;
    if (!done && ftruncate(fd, pos + count) != 0)
        fail("ftruncate");
    model_size(pos + count);
}

static void do_zero(unsigned pos, unsigned count, bool punch, bool keep)
{
    say(punch ? "punch a hole" : "zero", pos, count);
    keep |= punch;
    int mode = (punch ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE) | (keep ? FALLOC_FL_KEEP_SIZE : 0);
    bool done = allocate(mode, pos, count);
    if (keep)
        count = pos >= size ? 0 : count < size - pos ? count : size - pos;
    memset(bytes, 0, sizeof(bytes));
    if (!done)
        put(fd, bytes, pos, count);
    model_write(pos, count);
}

static void do_collapse(unsigned pos, unsigned count)
{
    pos -= pos % UNIT;
    count = UNIT + count - count % UNIT;
    if (pos + count >= size)
        return;
    say("collapse", pos, count);
    if (!allocate(FALLOC_FL_COLLAPSE_RANGE, pos, count)) {
        put(fd, model + pos + count, pos, size - pos - count);
        if (ftruncate(fd, size - count) != 0)
            fail("ftruncate");
    }
    memmove(model + pos, model + pos + count, size - pos - count);
    size -= count;
}

static void do_insert(unsigned pos, unsigned count)
{
    pos -= pos % UNIT;
    count = UNIT + count - count % UNIT;
    if (pos >= size || size + count > SIZE_MOST)
        return;
    say("insert", pos, count);
    bool done = allocate(FALLOC_FL_INSERT_RANGE, pos, count);
    memmove(model + pos + count, model + pos, size - pos);
    memset(model + pos, 0, count);
    size += count;
    if (!done)
        put(fd, model + pos, pos, size - pos);
}

static void do_copy(unsigned pos, unsigned count)
{
    off_t from = pos, to;

    if (size == 0)
        return;
    from %= size;
    if (count > size - from)
        count = size - (unsigned)from;
    to = from + count + pick(PIECE);
    if (to + count > SIZE_MOST)
        return;
    say("copy", (unsigned)from, count);
    memcpy(bytes, model + from, count);
    unsigned target = (unsigned)to;
    for (unsigned done = 0; done < count;) {
        ssize_t n = syscall(SYS_copy_file_range, fd, &from, fd, &to, (size_t)(count - done), 0);
        if (n <= 0)
            break; /* the rest is written */
        done += (unsigned)n;
    }
    if (to != (off_t)target + count)
        put(fd, bytes + (to - target), (unsigned)to, count - (unsigned)(to - target));
    model_write(target, count);
}

static void do_sync(void)
{
    say("sync", 0, 0);
    if ((pick(2) == 0 ? fsync(fd) : fdatasync(fd)) != 0)
        fail("fsync");
    if (pick(4) == 0)
        posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED); /* what is read next comes from the disk */
}

static void do_reopen(void)
{
    say("open anew", 0, 0);
    if (close(fd) != 0 || (direct_fd >= 0 && close(direct_fd) != 0))
        fail("close");
    fd = open("fsexer.file", O_RDWR);
    direct_fd = open("fsexer.file", O_RDWR | O_DIRECT);
    if (fd < 0)
        fail("open");
}

static void step(void)
{
    unsigned count = 1 + pick(pick(4) == 0 ? PIECE : 6000);
    unsigned pos = pick(3) == 0 && size < SIZE_MOST ? size : pick(SIZE_MOST - PIECE);

    switch (pick(18)) {
    case 0 ... 1:
        do_read(pos, count);
        break;
    case 2 ... 4:
        do_write(pos % (SIZE_MOST - count), count);
        break;
    case 5:
        do_append(size + count > SIZE_MOST ? 0 : count);
        break;
    case 6:
        do_direct(pos % (SIZE_MOST - count), count, true);
        break;
    case 7:
        do_direct(pos, count, false);
        break;
    case 8:
        do_truncate(pos);
        break;
    case 9:
        do_map(pos, count, true);
        break;
    case 10:
        do_map(pos, count, pick(2) == 0);
        break;
    case 11:
        do_allocate(pos % (SIZE_MOST - count), count, pick(2) == 0);
        break;
    case 12:
        do_zero(pos % (SIZE_MOST - count), count, false, pick(2) == 0);
        break;
    case 13:
        do_zero(pos % (SIZE_MOST - count), count, true, true);
        break;
    case 14:
        do_collapse(pos, count % 20000);
        break;
    case 15:
        do_insert(pos, count % 20000);
        break;
    case 16:
        do_copy(pos, count);
        break;
    default:
        pick(3) == 0 ? do_reopen() : do_sync();
    }
}

static uint64_t digest(void)
{
    uint64_t sum = 14695981039346656037u;

    for (unsigned i = 0; i < size; i++)
        sum = (sum ^ model[i]) * 1099511628211u;
    return sum;
}

static void run(const char *where, uint32_t first, unsigned steps)
{
    uint64_t sum = 0;

    seed = first;
    size = 0;
    fd = open("fsexer.file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    direct_fd = open("fsexer.file", O_RDWR | O_DIRECT);
    if (fd < 0)
        fail("open");
    for (step_number = 1; step_number <= steps; step_number++) {
        step();
        if (step_number % 8 == 0 || verbose)
            compare_all();
        sum = sum * 31 + digest();
    }
    compare_all();
    close(fd);
    close(direct_fd);
    printf("%s, seed %u: %u bytes, %016llx\n", where, first, size, (unsigned long long)sum);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    enter(argc, argv);
    if (argc >= 4) {
        verbose = argc > 4;
        run("here", (uint32_t)atoi(argv[2]), (unsigned)atoi(argv[3]));
        return 0;
    }
    for (unsigned i = 1; i <= 2; i++)
        run("in the folder", i, 150);
    unlink("fsexer.file");
    if (chdir("/dev/shm") != 0)
        return 1;
    for (unsigned i = 1; i <= 3; i++)
        run("in /dev/shm", i, 150);
    unlink("fsexer.file");
    return 0;
}
