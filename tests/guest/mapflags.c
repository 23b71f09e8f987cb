/* SPDX-License-Identifier: Apache-2.0 */
/* mapflags.c - what mmap, mremap, madvise, msync, mincore and mlock take, refuse and do; limits on mappings. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "show.h"

#define PAGE (size_t)page_size()
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static char *map(size_t size, int prot, int flags)
{
    return mmap(NULL, size, prot, flags, -1, 0);
}

static void show_map(const char *what, size_t size, int prot, int flags, int fd, off_t offset)
{
    void *at = mmap(NULL, size, prot, flags, fd, offset);

    show_ok(what, (long)at);
    if (at != MAP_FAILED)
        munmap(at, size);
}

static void flags_of_mmap(void)
{
    int fd = open("file", O_CREAT | O_RDWR | O_TRUNC, 0644), reader = open("file", O_RDONLY);
    int writer = open("file", O_WRONLY), path = open("file", O_PATH);

    show_map("no type", PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0);
    show_map("both types, anonymous", PAGE, PROT_READ, MAP_SHARED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    show_map("validated, file", PAGE, PROT_READ, MAP_SHARED_VALIDATE, fd, 0);
    show_map("validated, unknown flag", PAGE, PROT_READ, MAP_SHARED_VALIDATE | 0x200, fd, 0);
    show_map("unknown flag", PAGE, PROT_READ, MAP_SHARED | 0x200, fd, 0);
    show_map("length 0", 0, PROT_READ, MAP_SHARED, fd, 0);
    show_map("the last page", PAGE, PROT_READ, MAP_SHARED, fd, (off_t)(INT64_MAX & ~(PAGE - 1)));
    show_map("write-only", PAGE, PROT_READ, MAP_PRIVATE, writer, 0);
    show_map("by path", PAGE, PROT_READ, MAP_PRIVATE, path, 0);
    show_map("read-only, shared, to write", PAGE, RW, MAP_SHARED, reader, 0);
    show_map("read-only, private, to write", PAGE, RW, MAP_PRIVATE, reader, 0);
    show_map("huge pages of a file", PAGE, PROT_READ, MAP_PRIVATE | MAP_HUGETLB, fd, 0);
    show_map("a shared stack", PAGE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0);
    show_map("harmless flags", PAGE, RW, ANON | MAP_NORESERVE | MAP_POPULATE | MAP_LOCKED | MAP_STACK, -1, 0);
    close(fd);
    close(reader);
    close(writer);
    close(path);
    unlink("file");
}

static void show_core(const char *what, char *at, size_t pages)
{
    unsigned char vector[8];

    memset(vector, 0xee, sizeof(vector));
    printf("%s: ", what);
    if (mincore(at, pages * PAGE, vector) != 0) {
        printf("%s\n", error_name(errno));
        return;
    }
    for (size_t i = 0; i < pages; i++)
        printf("%d", vector[i] & 1);
    printf("\n");
}

static void core(void)
{
    char *area = map(4 * PAGE, RW, ANON);

    show_core("untouched", area, 4);
    area[2 * PAGE] = 1;
    show_core("one written", area, 4);
    show("mlock", mlock(area + 10, PAGE));
    show_core("two locked", area, 4);
    show("munlock", munlock(area, PAGE));
    munmap(area + PAGE, PAGE);
    show_core("a hole", area, 4);
    show("mlock of a hole", mlock(area, 4 * PAGE));
    show_core("unaligned", area + 1, 1);
    show_core("nothing of it", area, 0);
    show("mincore of all there is", syscall(SYS_mincore, area, ~0ul, NULL));
    show("mlock of none", mlock(area, 0));
    show("mlock2 on fault", syscall(SYS_mlock2, area + 2 * PAGE, PAGE, 1));
    show("mlock2 bad", syscall(SYS_mlock2, area, PAGE, 2));
    show("mprotect", mprotect(area, PAGE, PROT_NONE));
    show("mlock of what nobody may touch", mlock(area, PAGE));
    show("mlockall of nothing", mlockall(0));
    show("mlockall bad", mlockall(8));
    show("munlockall", munlockall());
    munmap(area, 4 * PAGE);
    area = map(3 * PAGE, RW, ANON | MAP_POPULATE);
    show_core("populated", area, 3);
    munmap(area, 3 * PAGE);
}

static void advice(void)
{
    char *area = map(4 * PAGE, RW, ANON), *shared = map(2 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS);

    memset(area, 1, 4 * PAGE);
    memset(shared, 2, 2 * PAGE);
    show("DONTNEED", madvise(area, PAGE, MADV_DONTNEED));
    show_bool("gone", area[0] == 0 && area[PAGE] == 1);
    show("DONTNEED, shared", madvise(shared, 2 * PAGE, MADV_DONTNEED));
    show_bool("kept", shared[0] == 2 && shared[PAGE] == 2);
    show("FREE", madvise(area, PAGE, MADV_FREE));
    show("FREE, shared", madvise(shared, PAGE, MADV_FREE));
    show("REMOVE, private", madvise(area, PAGE, MADV_REMOVE));
    show("COLD", madvise(area, PAGE, MADV_COLD));
    show("length 0", madvise(area, 0, MADV_NORMAL));
    show("unaligned", madvise(area + 1, PAGE, MADV_NORMAL));
    show("too long", madvise(area, ~(size_t)0, MADV_NORMAL));
    munmap(area + PAGE, PAGE);
    show("with a hole", madvise(area, 4 * PAGE, MADV_DONTNEED));
    show_bool("behind it too", area[2 * PAGE] == 0);
    show("populate", madvise(area + 2 * PAGE, 2 * PAGE, 23));
    show_core("populated", area + 2 * PAGE, 2);
    show("populate a hole", madvise(area, 4 * PAGE, 22));
    show("msync with a hole", msync(area, 4 * PAGE, MS_SYNC));
    show("msync bad", msync(area, PAGE, 16));
    show("msync unaligned", msync(area + 1, PAGE, MS_ASYNC));
    show("msync of none", msync(area, 0, MS_ASYNC));
    munmap(area, 4 * PAGE);
    munmap(shared, 2 * PAGE);
}

static void advice_on_forks(void)
{
    char *area = map(4 * PAGE, RW, ANON), *shared = map(2 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS);

    show("DONTFORK", madvise(area, PAGE, MADV_DONTFORK));
    show("DONTFORK, shared", madvise(shared, PAGE, MADV_DONTFORK));
    show("DOFORK", madvise(area, 2 * PAGE, MADV_DOFORK));
    show("WIPEONFORK", madvise(area, PAGE, MADV_WIPEONFORK));
    show("WIPEONFORK, shared", madvise(shared, PAGE, MADV_WIPEONFORK));
    show("KEEPONFORK", madvise(area, 2 * PAGE, MADV_KEEPONFORK));
    show("KEEPONFORK, shared", madvise(shared, PAGE, MADV_KEEPONFORK));
    munmap(area + PAGE, PAGE);
    show("DONTFORK with a hole", madvise(area, 4 * PAGE, MADV_DONTFORK));
    show("WIPEONFORK of a hole", madvise(area + PAGE, PAGE, MADV_WIPEONFORK));
    area[0] = 1;
    area[3 * PAGE] = 2;
    show_bool("here all is as it was", area[0] == 1 && area[3 * PAGE] == 2);
    munmap(area, 4 * PAGE);
    munmap(shared, 2 * PAGE);
}

static void show_remap(const char *what, void *old, size_t old_size, size_t new_size, int flags, void *target)
{
    show_ok(what, (long)mremap(old, old_size, new_size, flags, target));
}

static void remap(void)
{
    char *area = map(4 * PAGE, RW, ANON), *room = map(16 * PAGE, PROT_NONE, ANON);
    int fixed = MREMAP_MAYMOVE | MREMAP_FIXED, keep = MREMAP_MAYMOVE | 4;

    memset(area, 1, 4 * PAGE);
    show_remap("fixed without maymove", area, PAGE, PAGE, MREMAP_FIXED, room);
    show_remap("unknown flag", area, PAGE, PAGE, MREMAP_MAYMOVE | 16, room);
    show_remap("unaligned", area + 1, PAGE, PAGE, fixed, room);
    show_remap("unaligned target", area, PAGE, PAGE, fixed, room + 1);
    show_remap("onto itself", area, 2 * PAGE, 2 * PAGE, fixed, area + PAGE);
    show_remap("to nothing", area, PAGE, 0, MREMAP_MAYMOVE, NULL);
    show_remap("beyond all", area, PAGE, PAGE, fixed, (void *)(~(uintptr_t)0 << 14));
    show_bool("fixed", mremap(area + PAGE, PAGE, 3 * PAGE, fixed, room) == room);
    show_bool("it has moved", room[0] == 1 && room[PAGE] == 0 && room[3 * PAGE - 1] == 0);
    show_core("a hole", area, 4);
    show_remap("the hole", area + PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE, NULL);
    show_bool("smaller", mremap(area + 2 * PAGE, 2 * PAGE, PAGE, fixed, room + 8 * PAGE) == room + 8 * PAGE);
    show_core("all of it is gone", area + 3 * PAGE, 1);
    show_remap("keep and grow", room, PAGE, 2 * PAGE, keep, NULL);
    char *kept = mremap(room, PAGE, PAGE, keep, NULL);
    show_bool("keep", kept != MAP_FAILED && kept[0] == 1 && room[0] == 0);
    show_remap("twin of private memory", kept, 0, PAGE, MREMAP_MAYMOVE, NULL);
    char *pair = map(2 * PAGE, RW, ANON);
    pair[0] = 7;
    show_bool("right behind itself", mremap(pair, PAGE, PAGE, fixed, pair + PAGE) == pair + PAGE && pair[PAGE] == 7);
    show_bool("right before itself", mremap(pair + PAGE, PAGE, PAGE, fixed, pair) == pair && pair[0] == 7);
    char *shared = map(2 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS);
    shared[PAGE] = 3;
    show_remap("twin, in place", shared, 0, PAGE, 0, NULL);
    char *twin = mremap(shared + PAGE, 0, PAGE, MREMAP_MAYMOVE);
    show_bool("twin", twin != MAP_FAILED && twin[0] == 3);
    twin[0] = 4;
    show_bool("they are one", shared[PAGE] == 4);
    munmap(shared, 2 * PAGE);
    show_bool("it stays", twin[0] == 4);
    munmap(twin, PAGE);
    munmap(kept, PAGE);
    munmap(area, 4 * PAGE);
    munmap(room, 16 * PAGE);
}

static void dev_zero(void)
{
    int fd = open("/dev/zero", O_RDWR), reader = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_RDWR);

    for (int i = 0; i < 2; i++) {
        char *area = mmap(NULL, 2 * PAGE, RW, i != 0 ? MAP_PRIVATE : MAP_SHARED, fd, 0);
        show_ok(i != 0 ? "/dev/zero, private" : "/dev/zero, shared", (long)area);
        show_bool("zero", area[0] == 0 && area[2 * PAGE - 1] == 0);
        area[0] = 1;
        show_bool("written", area[0] == 1);
        munmap(area, 2 * PAGE);
    }
    char *area = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, reader, 0);
    show_ok("for reading", (long)area);
    show("to be written", mprotect(area, PAGE, RW));
    show_map("for writing", PAGE, RW, MAP_SHARED, reader, 0);
    show_map("/dev/null", PAGE, RW, MAP_PRIVATE, null, 0);
    munmap(area, PAGE);
    close(fd);
    close(reader);
    close(null);
}

static void protect(void)
{
    char *area = map(4 * PAGE, PROT_READ, ANON);

    munmap(area + 2 * PAGE, PAGE);
    show("mprotect with a hole", mprotect(area, 4 * PAGE, RW));
    area[0] = area[PAGE] = 1; /* what comes before it is changed */
    show_bool("in front", area[0] == 1);
    show("mprotect bad", mprotect(area, PAGE, 64));
    show("mprotect too long", mprotect(area, ~(size_t)0 & ~(PAGE - 1), RW));
    show("mprotect, grows both ways", mprotect(area, PAGE, PROT_READ | 0x1000000 | 0x2000000));
    show("mprotect, no stack", mprotect(area, PAGE, PROT_READ | 0x1000000));
    munmap(area, 4 * PAGE);
}

static void limits(void)
{
    struct rlimit old, limit;
    char *at = (char *)syscall(SYS_brk, 0);

    getrlimit(RLIMIT_DATA, &old);
    limit = old;
    limit.rlim_cur = 1 << 16;
    show("RLIMIT_DATA", setrlimit(RLIMIT_DATA, &limit));
    show_bool("brk stays", syscall(SYS_brk, at + (64 << 20)) == (long)at);
    show_map("memory to write", 64 << 20, RW, ANON, -1, 0);
    show_map("memory to read", 64 << 20, PROT_READ, ANON, -1, 0);
    show_map("shared memory", 64 << 20, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    setrlimit(RLIMIT_DATA, &old);
    show_bool("brk grows", syscall(SYS_brk, at + PAGE) == (long)(at + PAGE));
    syscall(SYS_brk, at);

    char *area = map(PAGE, PROT_READ, ANON);
    getrlimit(RLIMIT_AS, &old);
    limit = old;
    limit.rlim_cur = 64 << 20;
    show("RLIMIT_AS", setrlimit(RLIMIT_AS, &limit));
    show_map("too much", 128 << 20, PROT_NONE, ANON, -1, 0);
    show_remap("growing too far", area, PAGE, 128 << 20, MREMAP_MAYMOVE, NULL);
    show_map("little", PAGE, PROT_NONE, ANON, -1, 0);
    setrlimit(RLIMIT_AS, &old);
    show_map("much", 128 << 20, PROT_NONE, ANON, -1, 0);
    munmap(area, PAGE);
}

/* Thousands of mappings, each of its own kind beside the next. */
static void many(void)
{
    const size_t count = 6000;
    char *room = map(2 * count * PAGE, PROT_NONE, ANON | MAP_NORESERVE);
    size_t good = 0;

    munmap(room, 2 * count * PAGE);
    for (size_t i = 0; i < count; i++) {
        size_t place = i * 2539 % count; /* all of them, in no order */
        good += mmap(room + 2 * place * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0) == room + 2 * place * PAGE;
    }
    show_bool("all mapped", good == count);
    room[0] = room[2 * (count - 1) * PAGE] = 1;
    for (size_t i = 0; i < count; i += 2)
        good -= munmap(room + 2 * (i * 77 % count) * PAGE, PAGE) == 0;
    show_bool("half unmapped", good == count / 2);
    char *hint = mmap(room + PAGE, PAGE, RW, ANON, -1, 0);
    show_bool("a hint between two", hint == room + PAGE);
    show("all unmapped", munmap(room, 2 * count * PAGE));
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    flags_of_mmap();
    core();
    advice();
    advice_on_forks();
    remap();
    dev_zero();
    protect();
    limits();
    many();
    return 0;
}
