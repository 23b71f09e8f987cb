/* SPDX-License-Identifier: Apache-2.0 */
/* object.h - what can be mapped: something that gives pages by index. An inode embeds one, so mm needs no VFS. */
#ifndef GK_MM_OBJECT_H
#define GK_MM_OBJECT_H

#include <stdint.h>

struct page;
struct vm_object;

struct vm_object_ops {
    /* The page at `index`, up to date, with a reference for the caller. 0 or -errno; -ENXIO: beyond the end (SIGBUS).
     * will_write: through a shared mapping; the object marks it dirty. */
    int (*page)(struct vm_object *object, uint64_t index, int will_write, struct page **out);
    /* The page at `index`, with a reference, if it is at hand; else NULL. May be missing. */
    struct page *(*find)(struct vm_object *object, uint64_t index);
    void (*get)(struct vm_object *object);
    void (*put)(struct vm_object *object);
};

struct vm_object {
    const struct vm_object_ops *ops;
};

#endif
