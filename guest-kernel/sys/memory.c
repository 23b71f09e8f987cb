/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c - mappings, as programs ask for them. */
#include "sys/syscall.h"

#include "mm/pagetable.h"
#include "mm/space.h"
#include "sys/user.h"

#define PROT_ALL (PROT_READ | PROT_WRITE | PROT_EXEC)
#define PROT_GROWSDOWN 0x01000000u
#define PROT_GROWSUP 0x02000000u
#define PROT_SEM 8u /* taken and ignored, as on Linux */
#define MAP_HUGETLB 0x40000u

static struct space *space(void)
{
    return current_process()->space;
}

static uint64_t page_up(uint64_t value)
{
    return (value + PAGE_MASK) & ~PAGE_MASK;
}

/* What a mapping of `file` may be: 0 and the most that mprotect may give, or -errno as mmap(2). */
static int file_mapping(const struct file *file, unsigned prot, bool shared, unsigned *max_prot)
{
    unsigned mode = file->flags & O_ACCMODE;

    if (file->flags & O_PATH)
        return -EBADF;
    if (mode == O_WRONLY || (shared && (prot & PROT_WRITE) && mode != O_RDWR))
        return -EACCES;
    if (!file->inode || !S_ISREG(file->inode->mode))
        return -ENODEV;
    *max_prot = shared && mode != O_RDWR ? PROT_READ | PROT_EXEC : PROT_ALL;
    return 0;
}

static int64_t map_file(uaddr_t addr, uint64_t length, unsigned prot, unsigned flags, uint64_t fd, uint64_t offset)
{
    const struct file *file = user_file(fd);
    unsigned max_prot;

    if (!file)
        return -EBADF;
    if (!length)
        return -EINVAL;
    if (offset + page_up(length) < offset || (int64_t)offset < 0)
        return -EOVERFLOW;
    int err = file_mapping(file, prot, (flags & MAP_TYPE) != MAP_PRIVATE, &max_prot);
    if (!err)
        err = space_map(space(), &addr, length, prot, max_prot, flags, &file->inode->object, offset);
    return err ? err : (int64_t)addr;
}

int64_t sys_mmap(const uint64_t arg[6])
{
    uaddr_t addr = arg[0];
    uint64_t length = arg[1], offset = arg[5];
    unsigned prot = (unsigned)arg[2] & PROT_ALL, flags = (unsigned)arg[3], type = flags & MAP_TYPE;

    if ((offset & PAGE_MASK) || (type != MAP_PRIVATE && type != MAP_SHARED && type != MAP_SHARED_VALIDATE))
        return -EINVAL;
    if (flags & MAP_HUGETLB) /* none are reserved */
        return -ENOMEM;
    if (!(flags & MAP_ANONYMOUS))
        return map_file(addr, length, prot, flags, arg[4], offset);
    int err = space_map(space(), &addr, length, prot, PROT_ALL, flags, NULL, 0);
    return err ? err : (int64_t)addr;
}

int64_t sys_munmap(const uint64_t arg[6])
{
    return space_unmap(space(), arg[0], arg[1]);
}

int64_t sys_mprotect(const uint64_t arg[6])
{
    unsigned prot = (unsigned)arg[2];

    if (prot & ~(PROT_ALL | PROT_SEM)) /* the PROT_GROWS flags need areas that grow: there are none */
        return -EINVAL;
    return space_protect(space(), arg[0], arg[1], prot & PROT_ALL);
}

int64_t sys_brk(const uint64_t arg[6])
{
    return (int64_t)space_brk(space(), arg[0]);
}

#define MREMAP_MAYMOVE 1u
#define MREMAP_FIXED 2u

int64_t sys_mremap(const uint64_t arg[6])
{
    uaddr_t addr = arg[0];
    unsigned flags = (unsigned)arg[3];

    if (flags & ~MREMAP_MAYMOVE) /* MREMAP_FIXED and MREMAP_DONTUNMAP: callers must do without */
        return -EINVAL;
    int err = space_remap(space(), &addr, arg[1], arg[2], flags & MREMAP_MAYMOVE);
    return err ? err : (int64_t)addr;
}

/* ---- advice ---- */

enum {
    MADV_NORMAL = 0,
    MADV_RANDOM = 1,
    MADV_SEQUENTIAL = 2,
    MADV_WILLNEED = 3,
    MADV_DONTNEED = 4,
    MADV_FREE = 8,
    MADV_DONTFORK = 10,
    MADV_DOFORK = 11,
    MADV_MERGEABLE = 12,
    MADV_UNMERGEABLE = 13,
    MADV_HUGEPAGE = 14,
    MADV_NOHUGEPAGE = 15,
    MADV_DONTDUMP = 16,
    MADV_DODUMP = 17,
    MADV_WIPEONFORK = 18,
    MADV_KEEPONFORK = 19,
    MADV_COLD = 20,
    MADV_PAGEOUT = 21,
};

/* Walks what is mapped in [start, end). -ENOMEM if there was a gap, after the rest is done, as madvise(2). `visit` may
 * be NULL. */
static int64_t each_area(uaddr_t start, uaddr_t end, void (*visit)(const struct area *, uaddr_t from, uaddr_t to))
{
    uaddr_t at = start;
    int64_t result = 0;

    for (const struct area *area = space()->areas; area && area->start < end && at < end; area = area->next) {
        if (area->end <= at)
            continue;
        if (area->start > at) {
            result = -ENOMEM;
            at = area->start;
        }
        uaddr_t to = area->end < end ? area->end : end;
        if (visit)
            visit(area, at, to);
        at = to;
    }
    return at < end ? -ENOMEM : result;
}

/* The pages go; the next access finds zeros, or the file. A shared anonymous page is its only copy: it stays. */
static void discard(const struct area *area, uaddr_t from, uaddr_t to)
{
    if (!area->shared || area->object)
        space()->resident_pages -= pagetable_unmap(&space()->arch, from, to);
}

int64_t sys_madvise(const uint64_t arg[6])
{
    uaddr_t start = arg[0];
    uint64_t length = page_up(arg[1]);
    int advice = (int)arg[2];
    bool is_known = (advice >= MADV_NORMAL && advice <= MADV_DONTNEED) || advice == MADV_FREE ||
                    (advice >= MADV_DONTFORK && advice <= MADV_PAGEOUT);

    if (!is_known || (start & PAGE_MASK) || (arg[1] && !length) || start + length < start)
        return -EINVAL;
    if (!length)
        return 0;
    return each_area(start, start + length, advice == MADV_DONTNEED ? discard : NULL);
}

#define MS_ASYNC 1u
#define MS_INVALIDATE 2u
#define MS_SYNC 4u

int64_t sys_msync(const uint64_t arg[6])
{
    uaddr_t start = arg[0];
    uint64_t length = page_up(arg[1]);
    unsigned flags = (unsigned)arg[2];

    if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) || (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC) ||
        (start & PAGE_MASK))
        return -EINVAL;
    if (start + length < start || (arg[1] && !length))
        return -ENOMEM;
    int64_t err = length ? each_area(start, start + length, NULL) : 0;
    return err || !(flags & MS_SYNC) ? err : vfs_sync_all();
}

/* ---- locked memory: nothing is ever swapped out, so all of it is ---- */

static int64_t lock(uaddr_t addr, uint64_t size)
{
    uaddr_t start = addr & ~PAGE_MASK, end = page_up(addr + size);

    if (addr + size < addr || end < start)
        return -EINVAL;
    return start == end ? 0 : each_area(start, end, NULL);
}

int64_t sys_mlock(const uint64_t arg[6])
{
    return lock(arg[0], arg[1]);
}

int64_t sys_munlock(const uint64_t arg[6])
{
    return lock(arg[0], arg[1]);
}

int64_t sys_mlockall(const uint64_t arg[6])
{
    return !arg[0] || arg[0] > 7 ? -EINVAL : 0;
}

int64_t sys_munlockall(const uint64_t arg[6])
{
    (void)arg;
    return 0;
}
