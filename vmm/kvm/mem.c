/* SPDX-License-Identifier: Apache-2.0 */
/* mem.c - guest RAM as anonymous mappings, or those of a file without a name: pages exist when touched, and are zero
 * then. */
#include "vmm/kvm/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1, which older C libraries don't know */
#endif

#define MEM_PAGE 4096u
#define MEM_LARGE_PAGE (2ull << 20)

/* Where a guest begins, in small pages: a kernel (ours has its heap at 8 MiB) and a small program touch some of them,
 * and to clear 2 MiB for the first byte of each would be most of their start. Further up in large ones: a guest that
 * comes so far takes more, in address order, and a fault brings it 512 pages. */
#define MEM_SMALL_PAGES (12ull << 20)

static bool range_ok(const struct mem_range *range)
{
    return range->size != 0 && range->base % MEM_PAGE == 0 && range->size % MEM_PAGE == 0 &&
           range->size <= SIZE_MAX - MEM_LARGE_PAGE && range->base + range->size - 1 >= range->base;
}

static bool ranges_overlap(const struct mem_range *a, const struct mem_range *b)
{
    return a->base <= b->base + (b->size - 1) && b->base <= a->base + (a->size - 1);
}

/* NORESERVE: a guest is given more than it will touch; what it touches is accounted then. */
static void *map_zero(void *at, uint64_t size, int flags)
{
    return mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
}

/* As far from a large page's start here as in the guest, or KVM couldn't map any for it. */
static char *map_range(const struct mem_range *range)
{
    uint64_t more = range->size < MEM_LARGE_PAGE ? 0 : MEM_LARGE_PAGE;
    char *all = map_zero(NULL, range->size + more, 0);

    if (all == MAP_FAILED || more == 0)
        return all;
    uint64_t before = (range->base - (uintptr_t)all) & (MEM_LARGE_PAGE - 1);
    if (before != 0)
        munmap(all, before);
    munmap(all + before + range->size, more - before);
    return all + before;
}

/* The first `small` bytes in small pages, the rest in large ones where the host has them. */
static void choose_page_size(char *host, uint64_t size, uint64_t small)
{
    if (small > size)
        small = size;
    if (small != 0)
        madvise(host, small, MADV_NOHUGEPAGE);
    if (size > small)
        madvise(host + small, size - small, MADV_HUGEPAGE);
}

/* Puts the file in the place of a range's anonymous pages. */
static int share_range(struct mem *mem, unsigned i, void *host, uint64_t size)
{
    void *mapped = mmap(host, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE | MAP_FIXED, mem->fd,
                        (off_t)mem->offset[i]);

    return mapped == MAP_FAILED ? -errno : 0;
}

static int map_all(struct mem *mem, const struct mem_range *ranges, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        void *host;

        if (!range_ok(&ranges[i]) || (i > 0 && ranges_overlap(&ranges[0], &ranges[i]))) {
            mem_fini(mem);
            return -EINVAL;
        }
        host = map_range(&ranges[i]);
        if (host == MAP_FAILED) {
            int error = -errno;

            mem_fini(mem);
            return error;
        }
        mem->range[i] = ranges[i];
        mem->host[i] = host;
        mem->count = i + 1;
        int error = mem->shared ? share_range(mem, i, host, ranges[i].size) : 0;
        if (error != 0) {
            mem_fini(mem);
            return error;
        }
        choose_page_size(host, ranges[i].size, i == 0 ? MEM_SMALL_PAGES : 0);
    }
    return 0;
}
_Static_assert(MEM_RANGES == 2, "map_all compares each range with the first only");

static int check_count(struct mem *mem, unsigned count)
{
    mem->count = 0;
    mem->shared = false;
    mem->apart_count = 0;
    return count == 0 || count > MEM_RANGES ? -EINVAL : 0;
}

int mem_init(struct mem *mem, const struct mem_range *ranges, unsigned count)
{
    int error = check_count(mem, count);

    return error != 0 ? error : map_all(mem, ranges, count);
}

/* Who has the descriptor could make it smaller, and an access of ours would be a fault then; so nobody can. */
static int make_file(struct mem *mem, uint64_t size)
{
    mem->fd = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (mem->fd < 0)
        return -errno;
    mem->shared = true;
    if (size > INT64_MAX || ftruncate(mem->fd, (off_t)size) < 0)
        return size > INT64_MAX ? -ENOMEM : -errno;
    return fcntl(mem->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0 ? -errno : 0;
}

int mem_init_shared(struct mem *mem, const struct mem_range *ranges, unsigned count)
{
    uint64_t size = 0;
    int error = check_count(mem, count);

    if (error != 0)
        return error;
    for (unsigned i = 0; i < count; i++) {
        if (!range_ok(&ranges[i]) || ranges[i].size > INT64_MAX - size)
            return -EINVAL;
        mem->offset[i] = size;
        size += ranges[i].size;
    }
    error = make_file(mem, size);
    if (error != 0) {
        mem_fini(mem);
        return error;
    }
    return map_all(mem, ranges, count);
}

int mem_add(struct mem *mem, const struct mem_range *range, void *host)
{
    if (mem->count == MEM_RANGES_SHARED)
        return -ENOSPC;
    if (!range_ok(range) || (uintptr_t)host % MEM_PAGE != 0)
        return -EINVAL;
    for (unsigned i = 0; i < mem->count; i++)
        if (ranges_overlap(&mem->range[i], range))
            return -EINVAL;
    mem->range[mem->count] = *range;
    mem->host[mem->count++] = host;
    return 0;
}

void mem_fini(struct mem *mem)
{
    for (unsigned i = 0; i < mem->count; i++)
        munmap(mem->host[i], mem->range[i].size);
    mem->count = 0;
    if (mem->shared)
        close(mem->fd);
    mem->shared = false;
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

    if (src == NULL)
        return -EFAULT;
    memcpy(dst, src, size);
    return 0;
}

int mem_write(const struct mem *mem, gpa_t gpa, const void *src, size_t size)
{
    void *dst = mem_at(mem, gpa, size);

    if (dst == NULL)
        return -EFAULT;
    memcpy(dst, src, size);
    return 0;
}

void mem_populate(const struct mem *mem, gpa_t gpa, uint64_t size)
{
    char *at = mem_at(mem, gpa, size);

    if (at != NULL) /* an older kernel can't, and nothing depends on it */
        madvise(at - gpa % MEM_PAGE, size + gpa % MEM_PAGE, MADV_POPULATE_WRITE);
}

static bool is_apart(const struct mem *mem, const struct mem_range *range)
{
    for (unsigned i = 0; i < mem->apart_count; i++)
        if (ranges_overlap(&mem->apart[i], range))
            return true;
    return false;
}

bool mem_populate_large(const struct mem *mem, gpa_t gpa, uint64_t size)
{
    const gpa_t start = gpa & ~(MEM_LARGE_PAGE - 1);
    const struct mem_range large = {start, MEM_LARGE_PAGE};
    bool fits = mem->shared && size != 0 && size <= MEM_LARGE_PAGE - (gpa - start) && !is_apart(mem, &large);
    volatile char *at = fits ? mem_at(mem, start, MEM_LARGE_PAGE) : NULL;

    if (at == NULL || madvise((void *)at, MEM_LARGE_PAGE, MADV_HUGEPAGE) < 0)
        return false;
    const char first = *at;
    *at = first; /* where no page is at all, none is made */
    if (madvise((void *)at, MEM_LARGE_PAGE, MADV_COLLAPSE) == 0)
        return true;
    madvise((void *)at, MEM_LARGE_PAGE, MADV_NOHUGEPAGE);
    return false;
}

void mem_keep(const struct mem *mem)
{
    for (unsigned i = 0; i < mem->count; i++)
        madvise(mem->host[i], mem->range[i].size, MADV_DONTFORK);
}

uint64_t mem_map_file(struct mem *mem, gpa_t gpa, int fd, uint64_t offset, uint64_t size)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE); /* the host's: it may be larger than the guest's */
    uint64_t whole = size - size % page;
    void *at = mem_at(mem, gpa, whole);

    if (at == NULL || whole == 0 || gpa % page != 0 || offset % page != 0 ||
        (mem->shared && mem->apart_count == MEM_APART))
        return 0;
    if (mem->shared)
        mem->apart[mem->apart_count++] = (struct mem_range){gpa, whole};
    if (mmap(at, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, (off_t)offset) == MAP_FAILED) {
        map_zero(at, whole, MAP_FIXED); /* what was there may be gone */
        return 0;
    }
    return whole;
}
