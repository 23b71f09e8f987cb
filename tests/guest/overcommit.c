/* SPDX-License-Identifier: Apache-2.0 */
/* overcommit.c - mappings larger than all memory, and as many as there may be (vm.max_map_count). */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>

#include "show.h"

#define PAGE (size_t)page_size()
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static void *show_map(const char *what, size_t size, int prot, int flags)
{
    void *at = mmap(NULL, size, prot, flags, -1, 0);

    show_ok(what, (long)at);
    return at;
}

static void too_much(void)
{
    struct sysinfo info;
    size_t size;
    char *at, *brk = (char *)syscall(SYS_brk, 0);

    sysinfo(&info);
    size = ((info.totalram + info.totalswap) * info.mem_unit & ~(PAGE - 1)) + (64ul << 20);
    show_map("more than there is", size, RW, ANON);
    show_map("of it to read", size, PROT_READ, ANON);
    show_map("shared", size, RW, MAP_SHARED | MAP_ANONYMOUS);
    show_map("shared, to read", size, PROT_READ, MAP_SHARED | MAP_ANONYMOUS);
    show_bool("brk", (char *)syscall(SYS_brk, brk + size) == brk);
    at = show_map("shared, nothing reserved", size, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE);
    munmap(at, size);
    at = show_map("nothing reserved", size, RW, ANON | MAP_NORESERVE);
    at[size / 2] = 1;
    at[size - 1] = 2;
    show_bool("it is there", at[size / 2] == 1 && at[size / 2 - PAGE] == 0);
    show("to be read", mprotect(at, size, PROT_READ));
    show("and written", mprotect(at, size, RW));
    show("unmapped", munmap(at, size));
    at = show_map("nobody's", size, PROT_NONE, ANON);
    show("to be written", mprotect(at, size, RW));
    show("a part of it", mprotect(at + PAGE, size / 2, RW));
    at[size / 2] = 3;
    show("the rest", mprotect(at + size / 2, size / 2 - PAGE, RW));
    munmap(at, size);
    at = show_map("a page", PAGE, RW, ANON);
    show_ok("to grow beyond", (long)mremap(at, PAGE, size, MREMAP_MAYMOVE));
    munmap(at, PAGE);
    at = show_map("gigabytes of nothing", 32ul << 30, PROT_NONE, ANON);
    munmap(at, 32ul << 30);
}

/* One page in two can be read: no two areas are alike beside each other. */
static void too_many(void)
{
    const size_t most = 66000;
    char *room = mmap(NULL, 4 * most * PAGE, PROT_NONE, ANON | MAP_NORESERVE, -1, 0), *at = room + 8 * PAGE;
    size_t count = 0;

    munmap(room, 4 * most * PAGE);
    mmap(room, 3 * PAGE, RW, ANON | MAP_FIXED, -1, 0);
    mmap(room + 4 * PAGE, 3 * PAGE, RW, ANON | MAP_FIXED, -1, 0);
    while (count < most && mmap(at, PAGE, PROT_READ, ANON | MAP_FIXED, -1, 0) == at) {
        at += 2 * PAGE;
        count++;
    }
    show_ok("one more", (long)mmap(at, PAGE, PROT_READ, ANON | MAP_FIXED, -1, 0));
    show_bool("some 65500", count > 65450 && count < 65531);
    show("a hole", munmap(room + PAGE, PAGE));
    show("the end of one", munmap(room + 2 * PAGE, PAGE));
    show("the beginning of one", munmap(room + 4 * PAGE, PAGE));
    show("a split", mprotect(room, PAGE, PROT_READ));
    show("a whole one", mprotect(room, 2 * PAGE, PROT_READ));
    show_ok("moved", (long)mremap(room, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
    for (int i = 0; i < 3; i++) {
        at -= 2 * PAGE;
        show("one is gone", munmap(at, PAGE));
        show("a split", mprotect(room, PAGE, RW));
    }
    show("all are gone", munmap(room, 4 * most * PAGE));
    show_ok("one more", (long)mmap(room, PAGE, PROT_READ, ANON | MAP_FIXED, -1, 0));
}

int main(void)
{
    too_much();
    too_many();
    return 0;
}
