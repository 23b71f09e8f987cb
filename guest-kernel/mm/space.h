/* SPDX-License-Identifier: Apache-2.0 */
/* space.h - a process's address space: its mappings (struct area) and its page tables, filled on demand. */
#ifndef GK_MM_SPACE_H
#define GK_MM_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "mm/mapping.h"
#include "mm/object.h"

/* Linux's MAP_* values (asm-generic/mman-common.h). */
enum {
    MAP_SHARED = 1,
    MAP_PRIVATE = 2,
    MAP_SHARED_VALIDATE = 3,
    MAP_TYPE = 0xf,
    MAP_FIXED = 0x10,
    MAP_ANONYMOUS = 0x20,
    MAP_GROWSDOWN = 0x100,
    MAP_LOCKED = 0x2000,
    MAP_NORESERVE = 0x4000,
    MAP_STACK = 0x20000,
    MAP_FIXED_NOREPLACE = 0x100000,
};

struct space *space_create(void); /* NULL: no memory */
/* Drops a reference. The last one waits for asynchronous I/O and frees the space, all that it maps, and its page
 * tables: no CPU may have it active then. */
void space_put(struct space *space);
/* The most pages that it had in memory at once. */
static inline uint64_t space_resident_most(const struct space *space)
{
    return space->resident_pages > space->resident_most ? space->resident_pages : space->resident_most;
}

/* A twin of the space for a child process: the same areas (but see space_fork_advise) with the same in them, none of
 * its asynchronous I/O. One reference. 0; -ENOMEM: then `from` is what it was. `from` may be active on this CPU alone.
 */
int space_fork(struct space *from, struct space **out);

/*
 * The calls that change mappings. Whatever they need of memory they get first: one that fails with -ENOMEM has changed
 * nothing. (What mprotect(2) lets fail half-way on Linux, space_protect does too.)
 */

/* Maps. *addr is a hint, or the place with MAP_FIXED; it becomes where it is. `object` may be NULL; a reference is
 * taken. 0, -EINVAL, -ENOMEM, -EEXIST, -EPERM (too low a place, or a sealed one). length is rounded up to pages. With
 * MAP_LOCKED, or the space's lock_future, the area is locked; what is locked is the caller's to bring in. */
int space_map(struct space *space, uaddr_t *addr, uint64_t length, unsigned prot, unsigned max_prot, unsigned flags,
              struct vm_object *object, uint64_t offset);
int space_unmap(struct space *space, uaddr_t addr, uint64_t length);
/* As mprotect(2): what comes before the first gap (-ENOMEM) or refusal (-EACCES, -EPERM) is changed. As
 * pkey_mprotect(2) with the protection key that the pages get, or KEY_KEEP. Here and in space_map what has PROT_EXEC
 * alone (and not PROT_SEM, which is no protection) gets the key `only_execute`, if one is left: whoever runs in the
 * space is to be denied to read by that. */
#define KEY_KEEP (-1)
int space_protect_key(struct space *space, uaddr_t addr, uint64_t length, unsigned prot, int key);
static inline int space_protect(struct space *space, uaddr_t addr, uint64_t length, unsigned prot)
{
    return space_protect_key(space, addr, length, prot, KEY_KEEP);
}
/* The lowest protection key that is free, no longer; -ENOSPC. */
int space_key_take(struct space *space);
/* Seals what is mapped in [start, end), whole pages, as mseal(2): from then on each of these calls that would change it
 * is refused, with -EPERM. 0; -ENOMEM: there is a gap, and nothing is done. */
int space_seal(struct space *space, uaddr_t start, uaddr_t end);
/* As the system call: the new break, or the old one. The caller has called space_begin (mm/turns.h). */
uaddr_t space_brk(struct space *space, uaddr_t want);

enum { REMAP_MAYMOVE = 1, REMAP_FIXED = 2, REMAP_DONTUNMAP = 4 }; /* Linux's MREMAP_* */
/* mremap(2); *addr becomes the new place, which with REMAP_FIXED is `target` (with REMAP_DONTUNMAP: a hint). 0 or
 * -errno as mremap(2). */
int space_remap(struct space *space, uaddr_t *addr, uint64_t old_length, uint64_t new_length, unsigned flags,
                uaddr_t target);

/* Gives what is mapped in [start, end), whole pages, AREA_FORK_* bits and takes others away. As madvise(2): 0; -ENOMEM:
 * there is a gap, the rest is done; -EINVAL: it can't be with what is mapped; -EPERM: that is sealed; -EAGAIN: no
 * memory. */
int space_fork_advise(struct space *space, uaddr_t start, uaddr_t end, unsigned set, unsigned clear);

/* What is mapped in [start, end), whole pages, becomes locked (AREA_LOCKED*), or with 0 no longer is, up to the first
 * gap: 0, -ENOMEM. Limits and bringing in are the caller's. */
int space_lock(struct space *space, uaddr_t start, uaddr_t end, unsigned locked);
/* All that is mapped now. */
void space_lock_all(struct space *space, unsigned locked);
/* How many bytes of [start, end) are locked. */
uint64_t space_locked(const struct space *space, uaddr_t start, uaddr_t end);

/* How many bytes of [start, end) are mapped; data_only: private memory that can be written, without stacks. */
uint64_t space_mapped(const struct space *space, uaddr_t start, uaddr_t end, bool data_only);

/* Brings in what is missing of the pages in [start, end), as far as areas reach, until the first that can't be had: its
 * error as space_fault gives it. -ENOMEM also where nothing is mapped. What is locked on fault is left alone. For
 * MAP_POPULATE, mlock(2) and their like. */
int space_populate(struct space *space, uaddr_t start, uaddr_t end);

/* Maps the object's pages at and around `addr` that are at hand, if there is a page table for them anyway. */
void space_map_ahead(struct space *space, uaddr_t addr);

/* For memory that was just mapped, whole pages: where a fault is dear (fault_first_step) and the space maps and unmaps
 * small memory again and again, as musl's malloc does, it gets pages at once, and no fault follows. */
void space_give_small(struct space *space, uaddr_t start, uint64_t length);

/* Makes `addr` accessible for `access` (enum access). 0; -EFAULT: no such mapping (SEGV_MAPERR); -EACCES: not allowed
 * (SEGV_ACCERR); -EKEYREJECTED: with ACCESS_KEYED, not by the running thread's keys (SEGV_PKUERR); -ENXIO: beyond the
 * mapped file (SIGBUS); -ENOMEM; -EIO. */
int space_fault(struct space *space, uaddr_t addr, unsigned access);
/* The same by who shares the kernel lock, of private memory that was not touched yet. False: nothing was done. */
bool space_fault_shared(struct space *space, uaddr_t addr, unsigned access);

#endif
