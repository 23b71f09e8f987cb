/* SPDX-License-Identifier: Apache-2.0 */
/* locked.c - memory that is locked: mlock and its kin, what RLIMIT_MEMLOCK allows, and what may not be done to it. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "show.h"

#define PAGE (size_t)page_size()
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define ON_FAULT 1 /* MLOCK_ONFAULT */
#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4
#endif

static char *map(size_t pages, int flags)
{
    return (char *)syscall(SYS_mmap, NULL, pages * PAGE, RW, flags, -1, 0L); /* musl makes ENOMEM of EPERM */
}

static void show_map(const char *what, size_t pages, int flags)
{
    char *at = map(pages, flags);

    show_ok(what, (long)at);
    if (at != MAP_FAILED)
        munmap(at, pages * PAGE);
}

static void show_core(const char *what, char *at, size_t pages)
{
    unsigned char vector[16];

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

/* An area that is locked refuses this. */
static void show_locked(const char *what, char *at, size_t pages)
{
    printf("%s: ", what);
    for (size_t i = 0; i < pages; i++)
        printf("%c", msync(at + i * PAGE, PAGE, MS_INVALIDATE) == 0 ? '.' : errno == EBUSY ? 'L' : '-');
    printf("\n");
}

static void limit_lock(size_t pages)
{
    struct rlimit limit;

    getrlimit(RLIMIT_MEMLOCK, &limit);
    limit.rlim_cur = pages * PAGE + 100; /* the rest counts for nothing */
    if (pages == 0)
        limit.rlim_cur = 0;
    show("RLIMIT_MEMLOCK", setrlimit(RLIMIT_MEMLOCK, &limit));
}

struct capabilities {
    struct {
        uint32_t version;
        int pid;
    } header;
    struct {
        uint32_t effective, permitted, inheritable;
    } data[2];
};

#define CAPABILITIES {.header = {0x20080522, 0}}
#define CAP_IPC_LOCK 14

/* Not every Linux that is asked gives the test this right. */
static int is_exempt(void)
{
    struct capabilities own = CAPABILITIES;

    syscall(SYS_capget, &own.header, own.data);
    return own.data[0].effective >> CAP_IPC_LOCK & 1;
}

static void drop_rights(void)
{
    struct capabilities none = CAPABILITIES;

    show("capset", syscall(SYS_capset, &none.header, none.data));
}

/* ---- locking ---- */

static void pieces(void)
{
    char *at = map(6, ANON);

    show("mlock", mlock(at + PAGE + 1, 2 * PAGE));
    show_locked("with both ends", at, 6);
    show_core("here", at, 6);
    show("munlock", munlock(at + 2 * PAGE, 1));
    show_locked("in pieces", at, 6);
    show("again", mlock(at, 3 * PAGE));
    show_locked("joined", at, 6);
    show("on fault", syscall(SYS_mlock2, at, 6 * PAGE, ON_FAULT));
    show_locked("all", at, 6);
    show_core("as they were", at, 6);
    at[5 * PAGE] = 1;
    show_core("touched", at, 6);
    show("populate", madvise(at + 4 * PAGE, PAGE, 22));
    show_core("all of them", at, 6);
    munmap(at + 4 * PAGE, PAGE);
    show("munlock to the hole", munlock(at, 6 * PAGE));
    show_locked("in front of it", at, 6);
    show("mlock to the hole", mlock(at + 2 * PAGE, 4 * PAGE));
    show_locked("in front of it", at, 6);
    show("from the hole on", mlock(at + 4 * PAGE, 2 * PAGE));
    show("protected", mprotect(at, PAGE, PROT_NONE));
    show("mlock of what nobody may touch", mlock(at, PAGE));
    show_locked("it is", at, 6);
    show("mlock around the end", mlock(at, -2 * PAGE));
    show("munlock around the end", munlock(at, -2 * PAGE));
    show("of nothing", mlock(at + 4 * PAGE, 0));
    show("of nothing, unaligned", mlock(at + 4 * PAGE + 1, 0));
    show("mlock2, unknown", syscall(SYS_mlock2, at, PAGE, 2));
    munmap(at, 6 * PAGE);
}

static void advice(void)
{
    char *at = map(2, ANON), *shared = map(2, MAP_SHARED | MAP_ANONYMOUS);

    at[0] = at[PAGE] = shared[0] = 1;
    mlock(at + PAGE, PAGE);
    mlock(shared, PAGE);
    show("DONTNEED", madvise(at, 2 * PAGE, MADV_DONTNEED));
    show_bool("what is in front is gone", at[0] == 0 && at[PAGE] == 1);
    show("FREE", madvise(at + PAGE, PAGE, MADV_FREE));
    show("COLD", madvise(at + PAGE, PAGE, 20));
    show("PAGEOUT", madvise(at + PAGE, PAGE, 21));
    show("REMOVE", madvise(shared, PAGE, MADV_REMOVE));
    show("REMOVE, not locked", madvise(shared + PAGE, PAGE, MADV_REMOVE));
    show("WILLNEED", madvise(at + PAGE, PAGE, MADV_WILLNEED));
    show("DONTFORK", madvise(at + PAGE, PAGE, MADV_DONTFORK));
    show("DOFORK", madvise(at + PAGE, PAGE, MADV_DOFORK));
    show("DONTNEED_LOCKED", madvise(at + PAGE, PAGE, 24));
    show_bool("gone", at[PAGE] == 0);
    show("msync", msync(at, 2 * PAGE, MS_SYNC));
    show("msync, invalidate", msync(at, 2 * PAGE, MS_SYNC | MS_INVALIDATE));
    munmap(at, 2 * PAGE);
    munmap(shared, 2 * PAGE);
}

static void in_child(void)
{
    char *at = map(2, ANON | MAP_LOCKED);
    int status = -1;

    show_locked("MAP_LOCKED", at, 2);
    show_core("it is here", at, 2);
    show("mlockall", mlockall(MCL_FUTURE));
    fflush(stdout);
    if (fork() == 0) {
        show_locked("a child's isn't", at, 2);
        show_locked("nor what it maps", map(2, ANON), 2);
        fflush(stdout);
        _exit(0);
    }
    wait(&status);
    show_locked("still", at, 2);
}

static void moved(void)
{
    char *at = map(4, ANON), *room = map(8, ANON), *to;

    mlock(at, 3 * PAGE);
    to = mremap(at + PAGE, PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room);
    show_bool("moved", to == room);
    show_locked("there", to, 4);
    show_core("brought in", to, 3);
    show_locked("here", at, 4);
    to = mremap(at, PAGE, PAGE, MREMAP_MAYMOVE | 4, NULL);
    show_bool("kept", to != MAP_FAILED);
    show_locked("the new one", to, 1);
    show_locked("the old one", at, 4);
    munmap(to, PAGE);
    to = mremap(room, 3 * PAGE, PAGE, 0);
    show_locked("smaller", room, 4);
}

/* ---- all ---- */

static void future(void)
{
    char *before = map(2, ANON), *at, *brk;

    show("FUTURE", mlockall(MCL_FUTURE));
    show_locked("before", before, 2);
    at = map(2, ANON);
    show_locked("after", at, 2);
    show_core("brought in", at, 2);
    brk = (char *)((syscall(SYS_brk, 0) + page_size() - 1) & -page_size());
    show_bool("break", syscall(SYS_brk, brk + 2 * PAGE) == (long)(brk + 2 * PAGE));
    show_locked("break", brk, 3);
    show_core("brought in", brk, 2);
    show("FUTURE on fault", mlockall(MCL_FUTURE | MCL_ONFAULT));
    at = map(2, ANON);
    show_locked("after", at, 2);
    show_core("not brought in", at, 2);
    at = map(2, ANON | MAP_LOCKED | MAP_POPULATE);
    show_core("MAP_LOCKED neither", at, 2);
    show("CURRENT", mlockall(MCL_CURRENT));
    show_locked("before", before, 2);
    show_core("brought in", before, 2);
    show_locked("no more", map(2, ANON), 2);
    show("munlockall", munlockall());
    show_locked("before", before, 2);
    show("ON_FAULT alone", mlockall(MCL_ONFAULT));
    show("unknown", mlockall(8));
    show("nothing", mlockall(0));
    show("CURRENT on fault", mlockall(MCL_CURRENT | MCL_ONFAULT));
    show_locked("before", before, 2);
    show("all", mlockall(MCL_CURRENT | MCL_FUTURE));
    show_locked("and after", map(2, ANON), 2);
}

/* ---- limits ---- */

static void limited(void)
{
    char *at = map(16, ANON), *other, *brk;

    limit_lock(8);
    show("up to it", mlock(at, 8 * PAGE));
    show("the same", mlock(at + PAGE, 7 * PAGE));
    show("beyond", mlock(at + 8 * PAGE, PAGE));
    show("across", mlock(at, 9 * PAGE));
    show("unlocked", munlock(at, 2 * PAGE));
    show("then it may", mlock(at + 8 * PAGE, 2 * PAGE));
    show_map("MAP_LOCKED", 1, ANON | MAP_LOCKED);
    show("unmapped", munmap(at + 8 * PAGE, 2 * PAGE));
    show_map("MAP_LOCKED", 2, ANON | MAP_LOCKED);
    show_map("MAP_LOCKED, more", 3, ANON | MAP_LOCKED);
    show_map("MAP_LOCKED, shared", 3, MAP_SHARED | MAP_ANONYMOUS | MAP_LOCKED);
    show_map("of length 0", 0, ANON | MAP_LOCKED);
    other = mremap(at + 7 * PAGE, PAGE, 4 * PAGE, MREMAP_MAYMOVE);
    show_ok("to grow", (long)other);
    other = mremap(at + 7 * PAGE, PAGE, 3 * PAGE, MREMAP_MAYMOVE);
    show_ok("to grow less", (long)other);
    munmap(other, 3 * PAGE);
    show("all", mlockall(MCL_CURRENT));
    show("FUTURE", mlockall(MCL_FUTURE));
    show_map("within", 3, ANON);
    show_map("beyond", 4, ANON);
    brk = (char *)syscall(SYS_brk, 0);
    show_bool("break, beyond", syscall(SYS_brk, brk + 9 * PAGE) == (long)brk);
    limit_lock(0);
    show("mlock", mlock(at, PAGE));
    show("mlock of a hole", mlock(at + 8 * PAGE, PAGE));
    show("mlock of nothing", mlock(at, 0));
    show("mlockall", mlockall(MCL_FUTURE));
    show("munlock", munlock(at, 16 * PAGE));
    show_map("MAP_LOCKED", 1, ANON | MAP_LOCKED);
    show_map("MCL_FUTURE", 1, ANON);
    show("munlockall", munlockall());
    show_map("free again", 1, ANON);
}

static void exempt(void)
{
    char *at = map(4, ANON), *more;
    int may = is_exempt();

    limit_lock(1);
    show_bool("mlock", mlock(at, 4 * PAGE) == 0 || !may);
    limit_lock(0);
    show_bool("mlock", mlock(at, 4 * PAGE) == 0 || !may);
    more = map(4, ANON | MAP_LOCKED);
    show_bool("MAP_LOCKED", more != MAP_FAILED || !may);
    show_bool("all", mlockall(MCL_CURRENT | MCL_FUTURE) == 0 || !may);
    drop_rights();
    show("no more", mlock(at, PAGE));
    show_bool("MCL_FUTURE holds", map(1, ANON) == MAP_FAILED || !may);
}

/* It ends by SIGSEGV. */
static void growing(void)
{
    char *room = mmap(NULL, 1024 * PAGE, PROT_NONE, ANON | MAP_NORESERVE, -1, 0), *top = room + 1024 * PAGE;

    munmap(room + PAGE, 1023 * PAGE);
    mmap(top - PAGE, PAGE, RW, ANON | MAP_FIXED | MAP_GROWSDOWN, -1, 0);
    limit_lock(4);
    show("mlock", mlock(top - PAGE, PAGE));
    top[-4 * (long)PAGE] = 1;
    show_locked("what it grew by", top - 5 * PAGE, 5);
    fflush(stdout);
    top[-4 * (long)PAGE - 1] = 1;
    printf("it grew too far\n");
}

static void files(void)
{
    int fd = open("locked", O_CREAT | O_RDWR | O_TRUNC, 0600);

    ftruncate(fd, (off_t)(3 * PAGE));
    char *at = mmap(NULL, 4 * PAGE, RW, MAP_SHARED | MAP_LOCKED, fd, 0);
    show_ok("beyond the end as well", (long)at);
    show("mlock beyond the end", mlock(at, 4 * PAGE));
    show("mlock", mlock(at, 3 * PAGE));
    at[0] = 1;
    show("cut", ftruncate(fd, (off_t)PAGE));
    show_locked("it is locked still", at, 4);
    show_core("and nothing is there", at + PAGE, 1);
    char *private = mmap(NULL, PAGE, RW, MAP_PRIVATE | MAP_LOCKED, fd, 0);
    at[0] = 2;
    show_bool("a copy already", private[0] == 1);
    munmap(at, 4 * PAGE);
    close(fd);
    unlink("locked");
}

/* `part` in a process of its own, since its limits, rights and locks stay with it. */
static void apart(const char *what, void (*part)(void))
{
    int status = -1;

    printf("%s\n", what);
    fflush(stdout);
    if (fork() == 0) {
        if (part != exempt)
            drop_rights();
        part();
        fflush(stdout);
        _exit(0);
    }
    wait(&status);
    show("ended", status);
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    apart("- in pieces", pieces);
    apart("- advice", advice);
    apart("- a child", in_child);
    apart("- moved", moved);
    apart("- all", future);
    apart("- limits", limited);
    apart("- exempt", exempt);
    apart("- growing", growing);
    apart("- files", files);
    return 0;
}
