/* SPDX-License-Identifier: Apache-2.0 */
/* memory.h - a guest's memory as a front end shares it: pieces of files, which are mapped here. */
#ifndef LVMM_VHOST_MEMORY_H
#define LVMM_VHOST_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/kvm/mem.h"
#include "vmm/vhost/protocol.h"

struct vhost_memory {
    struct mem mem;
    uint64_t user[MEM_RANGES_SHARED]; /* where the front end has each range */
};

/* Maps the regions, each from its descriptor, which stays the caller's. 0; -EINVAL: a region isn't whole pages,
 * overlaps another one in the guest or in the front end, or isn't all in its file; -errno of mmap. Then there is
 * nothing to give back. */
int vhost_memory_init(struct vhost_memory *memory, const struct vhost_user_memory *table, const int *fds);
/* Unmaps all. */
void vhost_memory_fini(struct vhost_memory *memory);

/* The guest's address of what the front end has at `user`. False: none of its memory is there. */
bool vhost_memory_gpa(const struct vhost_memory *memory, uint64_t user, gpa_t *out);

#endif
