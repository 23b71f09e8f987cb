/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object.h - what can be mapped: something that gives pages by index. An inode embeds one, so mm needs no VFS.
 *
 * An object knows its areas (the reverse map): whoever takes pages away from it takes them from the page tables first.
 */
#ifndef GK_MM_OBJECT_H
#define GK_MM_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

struct area;
struct page;
struct vm_object;

struct vm_object_ops {
    /* The page at `index`, up to date, with a reference for the caller. 0 or -errno; -ENXIO: beyond the end (SIGBUS).
     * will_write: through a shared mapping; the object marks it dirty. */
    int (*page)(struct vm_object *object, uint64_t index, int will_write, struct page **out);
    /* The page at `index`, with a reference, if it is at hand; else NULL. May be missing. */
    struct page *(*find)(struct vm_object *object, uint64_t index);
    /* The object's pages [first, end) become zeros: 0 or -errno. It may wait. NULL: they can't (madvise(2):
     * MADV_REMOVE). */
    int (*punch)(struct vm_object *object, uint64_t first, uint64_t end);
    void (*get)(struct vm_object *object);
    void (*put)(struct vm_object *object); /* the last one may wait */
    /* There is one more shared mapping that can be made writable, or one less. NULL: nobody counts. */
    void (*count_writable)(struct vm_object *object, bool comes);
    /* There is one more mapping of it, or one less: each area counts. NULL: nobody counts. Where somebody does, areas
     * that are alike aren't joined. It must not wait. */
    void (*count_area)(struct vm_object *object, bool comes);
    /* Plain memory, which is mapped shared only: pages cost nothing to be had, and it needn't be told of writes. */
    bool is_memory;
};

struct vm_object {
    const struct vm_object_ops *ops;
    struct area *areas; /* all that map it, in any space; mm/area.c alone changes the list */
};

/* The object's pages from `first` on, before `end`, are gone, or about to go: no page table has them any more, nor a
 * private copy of one of them (truncation takes those too, as on Linux). The next access asks the object. */
void object_unmap(struct vm_object *object, uint64_t first, uint64_t end);

/* The same of all from `first` on, in turns: it may give way. Nobody brings pages there in meanwhile, and nobody else
 * calls it for this object. What comes by a fork or is moved meanwhile goes, too. */
void object_unmap_in_turns(struct vm_object *object, uint64_t first);

/* Whether a locked area maps `page`, the object's at `index`. */
bool object_page_is_locked(const struct vm_object *object, uint64_t index, const struct page *page);

/* Takes `page`, the object's at `index`, which keeps its own reference, out of all page tables; private copies
 * stay. Whether none has it any more. */
bool object_unmap_page(struct vm_object *object, uint64_t index, struct page *page);

/* Nobody writes any more to `page`, the object's at `index`, through a mapping, before a fault has told of it. */
void object_protect_page(struct vm_object *object, uint64_t index, const struct page *page);

#endif
