// SPDX-License-Identifier: Apache-2.0
/* mseals.c - mseal: what is sealed stays as it is, whatever changes mappings otherwise. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "show.h"

#define PAGE (size_t)page_size()
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define SYS_MSEAL 462

static char *map(size_t pages, int prot)
{
    return mmap(NULL, pages * PAGE, prot, ANON, -1, 0);
}

static long seal(void *at, size_t size)
{
    return syscall(SYS_MSEAL, at, size, 0ul);
}

static void refused(void)
{
    char *at = map(4, RW);

    munmap(at + 2 * PAGE, PAGE);
    show("flags", syscall(SYS_MSEAL, at, PAGE, 1ul));
    show("high flags", syscall(SYS_MSEAL, at, PAGE, 1ul << (8 * sizeof(long) - 1)));
    show("unaligned", seal(at + 1, PAGE));
    show("length 0", seal(at, 0));
    show("nothing there, length 0", seal(at + 2 * PAGE, 0));
    show("a length that is 0 when rounded", seal(at, (size_t)-1));
    show("beyond all addresses", seal(at, (size_t)-2 * PAGE));
    show("a gap", seal(at, 4 * PAGE));
    show("into a gap", seal(at + PAGE, 2 * PAGE));
    show("from a gap", seal(at + 2 * PAGE, 2 * PAGE));
    show("nothing was sealed", munmap(at, 4 * PAGE));
}

/* All that changes a mapping, of one page. */
static void changes(const char *what, char *at)
{
    char *other = map(2, RW);

    printf("%s\n", what);
    show("munmap", munmap(at, PAGE));
    show("mprotect", mprotect(at, PAGE, PROT_READ));
    show("mprotect as it is", mprotect(at, PAGE, RW));
    show_ok("mmap over it", (long)mmap(at, PAGE, RW, ANON | MAP_FIXED, -1, 0));
    show_ok("mmap over it, if there is room", (long)mmap(at, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
    show_ok("mremap as it is", (long)mremap(at, PAGE, PAGE, 0));
    show_ok("mremap, larger", (long)mremap(at, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
    show_ok("mremap, elsewhere", (long)mremap(at, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, other));
    show_ok("mremap, a twin", (long)mremap(at, PAGE, PAGE, MREMAP_MAYMOVE | 4, NULL));
    show_ok("mremap over it", (long)mremap(other, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at));
    show("mlock", mlock(at, PAGE));
    show("munlock", munlock(at, PAGE));
    show("sealed again", seal(at, PAGE));
    munmap(other, 2 * PAGE);
}

static void advices(const char *what, char *at)
{
    static const struct {
        const char *name;
        int advice;
    } advices[] = {
        {"needed", 3},
        {"not needed", 4},
        {"free", 8},
        {"removed", 9},
        {"cold", 20},
        {"not forked", 10},
        {"forked", 11},
        {"wiped", 18},
        {"kept", 19},
        {"populated", 22},
        {"not needed, locked", 24},
    };

    printf("%s\n", what);
    for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
        show(advices[i].name, madvise(at, PAGE, advices[i].advice));
}

/* The middle of three pages, which are one mapping before. */
static void part(void)
{
    char *at = map(3, RW);

    memset(at, 5, 3 * PAGE);
    show("the middle", seal(at + PAGE, PAGE));
    show("munmap of all", munmap(at, 3 * PAGE));
    show("mremap, smaller, with it", (long)mremap(at, 3 * PAGE, PAGE, 0));
    show_bool("nothing went", at[0] == 5 && at[PAGE] == 5 && at[2 * PAGE] == 5);
    show("mprotect beside", mprotect(at, PAGE, PROT_READ));
    show("and back", mprotect(at, PAGE, RW));
    show("munmap beside", munmap(at + 2 * PAGE, PAGE));
    show_ok("mremap beside", (long)mremap(at, PAGE, PAGE, 0));
    show("the first, too", seal(at, PAGE));
    show("munmap of it", munmap(at, PAGE));
    at[PAGE]++;
    show_bool("it can be written", at[PAGE] == 6);
}

static int fork_result(int (*run)(char *), char *at)
{
    int status = 0;

    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(run(at));
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}

static int child_unmaps(char *at)
{
    int first = munmap(at, PAGE) == -1 ? errno : 0;

    return munmap(at + PAGE, PAGE) != 0 ? 255 : first;
}

static void forked(void)
{
    char *at = map(2, RW);

    seal(at, PAGE);
    show_bool("a child's is sealed", fork_result(child_unmaps, at) == EPERM);
}

/* What is mapped beside what is sealed is a mapping of its own, also if it is like it otherwise. */
static void beside(void)
{
    char *at = map(4, RW);

    munmap(at + PAGE, 2 * PAGE);
    seal(at, PAGE);
    show_bool("mapped beside", mmap(at + PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0) == at + PAGE);
    at[PAGE] = 1;
    show_ok("it grows", (long)mremap(at + PAGE, PAGE, 2 * PAGE, 0));
    show("and goes", munmap(at + PAGE, 3 * PAGE));
}

static void breaks(void)
{
    char *old = sbrk(0);
    char *start = (char *)(((uintptr_t)old + PAGE - 1) & ~(PAGE - 1));

    syscall(SYS_brk, start + 2 * PAGE);
    show("the break's last page", seal(start + PAGE, PAGE));
    show_bool("it stays", (char *)syscall(SYS_brk, start) == start + 2 * PAGE);
    show_bool("it grows", (char *)syscall(SYS_brk, start + 4 * PAGE) == start + 4 * PAGE);
    show_bool("and goes back", (char *)syscall(SYS_brk, start + 2 * PAGE) == start + 2 * PAGE);
}

static void attached(void)
{
    int id = shmget(IPC_PRIVATE, PAGE, 0600);
    char *at = shmat(id, NULL, 0);

    show("a segment", seal(at, PAGE));
    show("detached", shmdt(at));
    at[0] = 3;
    show_bool("it is there", at[0] == 3);
    show("removed", shmctl(id, IPC_RMID, NULL));
}

static void seen(char *at)
{
    char line[512], start[32];
    int is_here = 0, is_sealed = 0;
    FILE *maps = fopen("/proc/self/smaps", "r");

    snprintf(start, sizeof(start), "%08lx-", (unsigned long)at);
    while (maps != NULL && fgets(line, sizeof(line), maps) != NULL) {
        if (strncmp(line, start, strlen(start)) == 0)
            is_here = 1;
        if (is_here != 0 && strncmp(line, "VmFlags:", 8) == 0) {
            is_sealed = strstr(line, " sl") != NULL;
            break;
        }
    }
    if (maps != NULL)
        fclose(maps);
    show_bool("smaps says so", is_sealed);
}

int main(void)
{
    char *written = map(1, RW), *read_only, *shared;

    if (seal(written, 0) != 0 && errno == ENOSYS)
        return 1; /* tests/guest/run.sh asks */
    refused();
    memset(written, 1, PAGE);
    show("one page", seal(written, PAGE));
    changes("one that can be written", written);
    advices("advice: one that can be written", written);
    seen(written);
    read_only = map(1, RW);
    memset(read_only, 7, PAGE);
    mprotect(read_only, PAGE, PROT_READ);
    show("one page", seal(read_only, PAGE));
    advices("advice: one that can be read", read_only);
    show_bool("as it was", read_only[0] == 7);
    shared = mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    show("one page", seal(shared, PAGE));
    advices("advice: a shared one that can be read", shared);
    part();
    forked();
    beside();
    breaks();
    attached();
    return 0;
}
