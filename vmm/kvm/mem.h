/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mem.h - guest memory. The only way to it: a guest address is a gpa_t, checked on each use, never a pointer.
 *
 * The guest can change its memory at any time. A structure there is copied once with mem_read and then validated.
 */
#ifndef LVMM_MEM_H
#define LVMM_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t gpa_t;

struct mem_range { /* one stretch of RAM */
    gpa_t base;
    uint64_t size;
};

#define MEM_RANGES 2        /* of a machine of ours */
#define MEM_APART 4         /* of a machine of ours: a kernel's segments */
#define MEM_RANGES_SHARED 8 /* of one that another process made, and shares */

struct mem {
    unsigned count;
    bool shared; /* with whoever has fd, where range n begins at offset[n]; else it is this process's own */
    int fd;
    uint64_t offset[MEM_RANGES];
    unsigned apart_count; /* if it is shared: what mem_map_file has taken out, in no order */
    struct mem_range apart[MEM_APART];
    struct mem_range range[MEM_RANGES_SHARED];
    uint8_t *host[MEM_RANGES_SHARED]; /* where each range is mapped here */
};

/* Maps anonymous zero memory for `count` ranges (each page-aligned, not overlapping). 0 or -errno. */
int mem_init(struct mem *mem, const struct mem_range *ranges, unsigned count);
/* The same in a file without a name, whose descriptor another process can be given, to map it: what one of the two
 * writes there is seen by the other. The file's size is fixed. */
int mem_init_shared(struct mem *mem, const struct mem_range *ranges, unsigned count);
/* Adds a range that is mapped at `host` already: mem_fini unmaps it. 0; -EINVAL unless all is page-aligned and overlaps
 * no other range; -ENOSPC. After an error the mapping is still the caller's. */
int mem_add(struct mem *mem, const struct mem_range *range, void *host);
/* Gives it back. No vCPU, device or I/O of the kernel uses it any more. */
void mem_fini(struct mem *mem);

/* Copies `size` bytes. 0, or -EFAULT (and nothing copied) unless all of it lies in one range of RAM. */
int mem_read(const struct mem *mem, gpa_t gpa, void *dst, size_t size);
int mem_write(const struct mem *mem, gpa_t gpa, const void *src, size_t size);

/* Makes the whole pages of [gpa, gpa + size) a private mapping of the file from `offset` on, so that nothing is copied
 * until it is written. Returns how many bytes that are; 0 if it can't be done: alignment, or the system says no. The
 * file must neither shrink nor change as long as the guest runs. Of shared memory these pages are taken out: this
 * process and the guest see the file's; the other process, which would see what was there, isn't to be told of what is
 * `apart`. There can be MEM_APART such. */
uint64_t mem_map_file(struct mem *mem, gpa_t gpa, int fd, uint64_t offset, uint64_t size);
/* Brings the pages of [gpa, gpa + size) into memory, as a write to each would. */
void mem_populate(const struct mem *mem, gpa_t gpa, uint64_t size);
/* Makes one large page of all the 2 MiB that the bytes lie in, of memory that is shared, which has no other large
 * pages: what is there stays. False: the host can't (Linux before 6.1), or part of it isn't memory, or is a file's. */
bool mem_populate_large(const struct mem *mem, gpa_t gpa, uint64_t size);

/* From now on a process that this one forks doesn't have the guest's memory: neither its page tables, nor pages that
 * have to be copied when the guest writes. */
void mem_keep(const struct mem *mem);

/* The host's view of [gpa, gpa + size) for I/O by the kernel (readv, io_uring), or NULL unless it lies in one range.
 * Its bytes may change under the caller: never parse through it. Valid until mem_fini. The rings of a virtqueue are
 * the one exception (devices/virtio/queue.c): they are reached in place, each word by one atomic access, each
 * descriptor by one copy, at an index that the host masks. */
void *mem_at(const struct mem *mem, gpa_t gpa, size_t size);

#endif
