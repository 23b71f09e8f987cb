/* SPDX-License-Identifier: Apache-2.0 */
/* space.h - a process's address space: its mappings (struct area) and its page tables, filled on demand. */
#ifndef GK_MM_SPACE_H
#define GK_MM_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/arch.h"
#include "mm/object.h"

/* Linux's PROT_* and MAP_* values (asm-generic/mman-common.h). */
enum { PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };
enum {
    MAP_SHARED = 1,
    MAP_PRIVATE = 2,
    MAP_SHARED_VALIDATE = 3,
    MAP_TYPE = 0xf,
    MAP_FIXED = 0x10,
    MAP_ANONYMOUS = 0x20,
    MAP_GROWSDOWN = 0x100,
    MAP_STACK = 0x20000,
    MAP_FIXED_NOREPLACE = 0x100000,
};

struct area {          /* [start, end): one mapping with one protection */
    struct area *next; /* ascending */
    uaddr_t start, end;
    unsigned prot, max_prot; /* PROT_*; what mprotect may give at most */
    bool shared;
    struct vm_object *object; /* NULL: anonymous */
    uint64_t offset;          /* in the object, bytes, of `start` */
    uaddr_t fault_next;       /* anonymous: a program that goes through it in order faults here next */
    unsigned fault_pages;     /* and got so many pages for its last fault */
};

struct aio_context;

struct space {
    struct arch_space arch;
    struct area *areas;
    struct area *last_hit;
    uaddr_t brk_start, brk;
    uaddr_t mmap_top; /* mmap looks for room below it */
    uaddr_t vdso;     /* where exec has put it; 0: nowhere */
    uint64_t resident_pages;
    uint32_t refs;
    struct aio_context *aio;              /* asynchronous I/O into this space: sys/aio.c's */
    void (*aio_end)(struct space *space); /* waits for it, before the space goes; with `aio` */
};

struct space *space_create(void); /* NULL: no memory */
void space_put(struct space *space);

/* Maps. *addr is a hint, or the place with MAP_FIXED; it becomes where it is. `object` may be NULL; a reference is
 * taken. 0, -EINVAL, -ENOMEM, -EEXIST. length is rounded up to pages. */
int space_map(struct space *space, uaddr_t *addr, uint64_t length, unsigned prot, unsigned max_prot, unsigned flags,
              struct vm_object *object, uint64_t offset);
int space_unmap(struct space *space, uaddr_t addr, uint64_t length);
int space_protect(struct space *space, uaddr_t addr, uint64_t length, unsigned prot);
uaddr_t space_brk(struct space *space, uaddr_t want); /* as the system call: the new break, or the old one */
/* mremap; *addr becomes the new place. 0 or -errno as mremap(2). */
int space_remap(struct space *space, uaddr_t *addr, uint64_t old_length, uint64_t new_length, bool may_move);

/* Maps the object's pages at and around `addr` that are at hand, if there is a page table for them anyway. */
void space_map_ahead(struct space *space, uaddr_t addr);

/* Makes `addr` accessible for `access` (enum access). 0; -EFAULT: no such mapping (SEGV_MAPERR); -EACCES: not allowed
 * (SEGV_ACCERR); -ENXIO: beyond the mapped file (SIGBUS); -ENOMEM; -EIO. */
int space_fault(struct space *space, uaddr_t addr, unsigned access);

#endif
