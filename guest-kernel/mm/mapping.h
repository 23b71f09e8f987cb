/* SPDX-License-Identifier: Apache-2.0 */
/* mapping.h - the types of an address space and its mappings. What is done with them: space.h, and within mm/ area.h.
 */
#ifndef GK_MM_MAPPING_H
#define GK_MM_MAPPING_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/arch.h"
#include "core/wait_queue.h"
#include "lib/tree.h"

struct vm_object;

/* Linux's PROT_* values (asm-generic/mman-common.h). */
enum { PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };
/* Allows nothing: beside it PROT_EXEC isn't alone (space_map, space_protect_key). */
#define PROT_SEM 8u

/* area->fork: a child doesn't get the area, or (with both the first) gets it empty. */
enum { AREA_FORK_OMITS = 1, AREA_FORK_WIPES = 2 };

/* area->locked, space->lock_future: the pages stay in memory (mlock(2)); and they needn't be brought in before they are
 * touched. The second never without the first. */
enum { AREA_LOCKED = 1, AREA_LOCKED_ON_FAULT = 2 };

#define AREA_WALKS 4u /* programs that fill arrays fill some at a time, whose memory may be one area */

/* Memory is small below so many bytes. A space that has unmapped some as often as SMALL_UNMAPS_SURE is taken for one
 * that maps and unmaps it again and again; it is remembered of how many pages, up to SMALL_PAGES_MAX. */
#define AREA_SMALL (128 * PAGE_SIZE)
#define SMALL_UNMAPS_SURE 256u
#define SMALL_PAGES_MAX 1024u

/* [start, end): one mapping with one protection. It is in its space's tree of areas, and in the list of its object. */
struct area {
    struct tree_node node;
    uaddr_t start, end;
    uint64_t gap, gap_max; /* what is free right below it; the largest such of its subtree, or more */
    struct space *space;
    struct vm_object *object;                /* one reference; NULL: anonymous */
    uint64_t offset;                         /* in the object, bytes, of `start` */
    struct area *object_next, **object_link; /* the object's list */
    union {
        uint32_t walk[AREA_WALKS]; /* of memory: mm/fault.c's, as is walk_next */
        uint64_t gone_to;          /* of a file: object_unmap_in_turns has done what is before this page of it */
    };
    uint8_t walk_next;
    uint8_t prot, max_prot; /* PROT_*; what mprotect may give at most */
    uint8_t fork;           /* AREA_FORK_* */
    uint8_t locked;         /* AREA_LOCKED* */
    uint8_t key;            /* of its pages: mm/keys.h */
    bool shared;
    bool unreserved : 1; /* MAP_NORESERVE: it may be larger than all memory */
    bool grows : 1;      /* MAP_GROWSDOWN: a fault below it makes it larger, as far as the space's stack_limit */
    bool sealed : 1;     /* mseal(2): it stays as it is for as long as the space is there */
};

/* Whether madvise(2) may not take away what is in it: the program couldn't write that itself, and it is sealed. */
static inline bool area_keeps_contents(const struct area *area)
{
    return area->sealed && area->object == NULL && !area->shared && !(area->prot & PROT_WRITE);
}

struct aio_context;

/* Where exec has put a program's parts (proc(5), /proc/PID/stat). */
struct program_place {
    uaddr_t code, code_end, data, data_end; /* its file's: what can be run; all there is up to here */
    uaddr_t stack;                          /* the stack pointer that it began with */
    uaddr_t args, args_end, env_end;        /* the strings of its arguments, and behind them of its environment */
    uaddr_t auxv, auxv_end;
};

struct space {
    struct arch_space arch;
    struct tree areas; /* by start; mm/area.c alone changes it */
    unsigned area_count;
    uint64_t changes;                  /* counts those of areas */
    uint64_t mapped_bytes, data_bytes; /* of all areas; of those that are private and can be written, but for stacks */
    uint64_t locked_bytes;             /* of areas that are locked */
    uint64_t committed_bytes;          /* of areas of commit_bytes: mm/commit.h */
    struct area *last_hit;             /* where the last fault was; NULL when that area is gone */
    uaddr_t brk_start, brk;
    uaddr_t top;          /* nothing is mapped above: exec lowers it for a 32-bit program */
    uaddr_t mmap_top;     /* mmap looks for room below it */
    uint64_t stack_limit; /* bytes that an area may have to grow: the program's RLIMIT_STACK */
    /* Whether the program's limits let the area grow downwards by so many bytes. NULL: they do. */
    bool (*may_grow)(const struct space *space, const struct area *area, uint64_t bytes);
    uint8_t lock_future;  /* AREA_LOCKED*, of areas to come: mlockall(2) */
    uint16_t keys;        /* protection keys (mm/keys.h): bit n: key n isn't free */
    uint8_t only_execute; /* the key of areas that can be executed and not read; 0: there is none yet */
    bool has_seals;       /* an area is sealed, or was */
    bool is_reaped;       /* its private pages were taken from who is about to end: no fault brings others */
    uaddr_t vdso;         /* where exec has put it; 0: nowhere */
    uint64_t resident_pages;
    uint64_t resident_most, mapped_most; /* the most that there were, or fewer than now */
    struct program_place place;
    uint32_t barriers;           /* membarrier(2): what it has registered for */
    uint16_t small_unmaps;       /* how often small memory was given back by munmap(2), up to SMALL_UNMAPS_SURE, */
    uint16_t small_pages;        /* and the pages of it that weren't given again: mm/fault.c */
    struct thread *changer;      /* is in the middle of a change, and has given way: mm/turns.h, as are the next */
    struct wait_queue unchanged; /* who waits for its end */
    unsigned turn;               /* what was done since somebody gave way */
    uint32_t refs;
    struct aio_context *aio;              /* asynchronous I/O into this space: sys/aio.c's */
    void (*aio_end)(struct space *space); /* waits for it, before the space goes; with `aio` */
};

/* `pages` of the space's are not in its page tables any more. */
static inline void space_pages_left(struct space *space, uint64_t pages)
{
    if (space->resident_pages > space->resident_most)
        space->resident_most = space->resident_pages;
    space->resident_pages -= pages;
}

extern int space_areas_max; /* of one space: /proc/sys/vm/max_map_count */

/* The first area that ends above `addr`; the one after `area`. NULL: there is none. Only to be looked at. */
struct area *area_first(const struct space *space, uaddr_t addr);
struct area *area_next(const struct area *area);

#endif
