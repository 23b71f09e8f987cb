/* SPDX-License-Identifier: Apache-2.0 */
/* pkeys.c - protection keys: what holds whether or not the CPU has them. */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/syscall.h>

#include "../show.h"

static void alloc(void)
{
    long key = syscall(SYS_pkey_alloc, 0, 0);

    show_bool("a key, or none to be had", key > 0 || errno == EINVAL);
    if (key > 0)
        syscall(SYS_pkey_free, key);
    show("with flags", syscall(SYS_pkey_alloc, 1, 0));
    show("with other rights", syscall(SYS_pkey_alloc, 0, 4));
    show("free none", syscall(SYS_pkey_free, -1));
    show("free one that wasn't given", syscall(SYS_pkey_free, 15));
    show("free one that can't be", syscall(SYS_pkey_free, 1000));
}

static void protect(void)
{
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    char *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int pipes[2];

    if (page == MAP_FAILED || pipe(pipes) != 0)
        return;
    show("without key", syscall(SYS_pkey_mprotect, page, size, PROT_NONE, -1));
    show("read it", write(pipes[1], page, 1));
    show("back", syscall(SYS_pkey_mprotect, page, size, PROT_READ, -1));
    show("read it", write(pipes[1], page, 1));
    show("a key that wasn't given", syscall(SYS_pkey_mprotect, page, size, PROT_NONE, 15));
    show("one that can't be", syscall(SYS_pkey_mprotect, page, size, PROT_NONE, 16));
    show("another", syscall(SYS_pkey_mprotect, page, size, PROT_NONE, -2));
    show("no bytes", syscall(SYS_pkey_mprotect, page, 0, PROT_NONE, 15));
    show("no page", syscall(SYS_pkey_mprotect, page + 1, size, PROT_NONE, -1));
    show("read it", write(pipes[1], page, 1));
    munmap(page, size);
    show("nothing there, and a wrong key", syscall(SYS_pkey_mprotect, page, size, PROT_NONE, 15));
}

int main(void)
{
    alloc();
    protect();
    return 0;
}
