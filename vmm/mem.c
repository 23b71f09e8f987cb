/* SPDX-License-Identifier: Apache-2.0 */
/* mem.c - guest RAM as anonymous mappings: pages exist when touched, and are zero then. */
#include "vmm/mem.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define MEM_PAGE 4096u

static bool range_ok(const struct mem_range *range)
{
    return range->size != 0 && range->base % MEM_PAGE == 0 && range->size % MEM_PAGE == 0 && range->size <= SIZE_MAX &&
           range->base + range->size - 1 >= range->base;
}

static bool ranges_overlap(const struct mem_range *a, const struct mem_range *b)
{
    return a->base <= b->base + (b->size - 1) && b->base <= a->base + (a->size - 1);
}

int mem_init(struct mem *mem, const struct mem_range *ranges, unsigned count)
{
    memset(mem, 0, sizeof(*mem));
    if (count == 0 || count > MEM_RANGES)
        return -EINVAL;
    for (unsigned i = 0; i < count; i++) {
        void *host;

        if (!range_ok(&ranges[i]) || (i > 0 && ranges_overlap(&ranges[0], &ranges[i]))) {
            mem_fini(mem);
            return -EINVAL;
        }
        /* NORESERVE: a guest is given more than it will touch; what it touches is accounted then. */
        host = mmap(NULL, ranges[i].size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (host == MAP_FAILED) {
            int rc = -errno;

            mem_fini(mem);
            return rc;
        }
        mem->range[i] = ranges[i];
        mem->host[i] = host;
        mem->count = i + 1;
    }
    return 0;
}
_Static_assert(MEM_RANGES == 2, "mem_init compares each range with the first only");

void mem_fini(struct mem *mem)
{
    for (unsigned i = 0; i < mem->count; i++)
        munmap(mem->host[i], mem->range[i].size);
    memset(mem, 0, sizeof(*mem));
}

void *mem_at(const struct mem *mem, gpa_t gpa, size_t size)
{
    for (unsigned i = 0; i < mem->count; i++) {
        const struct mem_range *range = &mem->range[i];
        uint64_t offset = gpa - range->base; /* huge if gpa is below the base: fails the next test */

        if (offset < range->size && size <= range->size - offset)
            return mem->host[i] + offset;
    }
    return NULL;
}

int mem_read(const struct mem *mem, gpa_t gpa, void *dst, size_t size)
{
    const void *src = mem_at(mem, gpa, size);

    if (!src)
        return -EFAULT;
    memcpy(dst, src, size);
    return 0;
}

int mem_write(const struct mem *mem, gpa_t gpa, const void *src, size_t size)
{
    void *dst = mem_at(mem, gpa, size);

    if (!dst)
        return -EFAULT;
    memcpy(dst, src, size);
    return 0;
}
