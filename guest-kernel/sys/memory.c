/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c - mappings, as programs ask for them: mmap, munmap, mremap, mseal, brk, remap_file_pages. */
#include "sys/syscall.h"

#include "abi/fsflags.h"
#include "abi/info.h"
#include "mm/commit.h"
#include "mm/shared.h"
#include "mm/space.h"
#include "mm/turns.h"
#include "sys/limit.h"
#include "sys/maplimit.h"
#include "sys/protect.h"
#include "sys/user.h"
#include "vfs/atime.h"

#define PROT_ALL (PROT_READ | PROT_WRITE | PROT_EXEC)

/* mmap's flags beside those of mm/space.h (asm-generic/mman.h). Those of the second line ask for nothing here: all
 * memory stays in memory, and swap isn't there to be reserved. */
enum { MAP_POPULATE = 0x8000, MAP_NONBLOCK = 0x10000, MAP_HUGETLB = 0x40000 };
enum { MAP_DENYWRITE = 0x800, MAP_EXECUTABLE = 0x1000 };
#define MAP_HUGE_SIZES 0x7c000000 /* for MAP_HUGETLB */
/* What MAP_SHARED_VALIDATE takes (LEGACY_MAP_MASK, linux/mman.h): it refuses what it doesn't know. */
#define MAP_KNOWN                                                                                             \
    (MAP_SHARED_VALIDATE | MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_ANONYMOUS | MAP_DENYWRITE | MAP_EXECUTABLE | \
     MAP_GROWSDOWN | MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB |     \
     MAP_HUGE_SIZES | ISA_MAP_32BIT)

static struct space *space(void)
{
    return current_process()->space;
}

static bool is_data(unsigned prot, bool is_shared)
{
    return (prot & PROT_WRITE) && !is_shared;
}

/* ---- mmap ---- */

/* What a mapping asks for, and of what. */
struct request {
    uaddr_t addr;
    uint64_t length, offset;
    unsigned prot, flags, max_prot;
    struct vm_object *object;
};

static bool is_locked(const struct request *request)
{
    return (request->flags & MAP_LOCKED) || space()->lock_future != 0;
}

/* What mmap(2) has to say of memory that is to be locked. */
static int lock_check(const struct request *request)
{
    if (request->length == 0 || request->length > ISA_USER_TOP)
        return 0; /* there is worse to say */
    if ((request->flags & MAP_LOCKED) && !maplimit_may_lock())
        return -EPERM;
    return is_locked(request) && !maplimit_lock_fits(page_up(request->length)) ? -EAGAIN : 0;
}

/* Whether a mapping of `file` may be: 0 and the most that mprotect may give, or -errno as mmap(2). */
static int file_check(const struct file *file, struct request *request)
{
    unsigned mode = file->flags & O_ACCMODE;
    bool is_shared = (request->flags & MAP_TYPE) != MAP_PRIVATE;

    if (file->flags & O_PATH)
        return -EBADF;
    if (request->flags & MAP_HUGETLB)
        return -EINVAL;
    if (request->length == 0)
        return -EINVAL;
    if (page_up(request->length) == 0)
        return -ENOMEM;
    /* Neither the last page's number nor the last byte's offset has room to be counted. */
    if (request->offset > INT64_MAX - page_up(request->length))
        return -EOVERFLOW;
    if ((request->flags & MAP_TYPE) == MAP_SHARED_VALIDATE && (request->flags & ~(unsigned)MAP_KNOWN))
        return -EOPNOTSUPP;
    if (mode == O_WRONLY || (is_shared && (request->prot & PROT_WRITE) && mode != O_RDWR))
        return -EACCES;
    if (is_shared && mode == O_RDWR && file->inode != NULL && (file->inode->flags & FS_APPEND_FL))
        return -EACCES;
    bool is_sealed = file->inode != NULL && (file->inode->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE));
    if (is_shared && is_sealed && (request->prot & PROT_WRITE))
        return -EPERM;
    request->max_prot = is_shared && (is_sealed || mode != O_RDWR) ? PROT_READ | PROT_EXEC : PROT_ALL;
    return 0;
}

/* Shared memory of its own is reckoned as a whole; of what is private, what can be written. */
static bool is_too_much(const struct request *request, bool data)
{
    bool is_own = request->object == NULL || request->object->ops->is_memory;

    if (commit_policy == OVERCOMMIT_NEVER) /* shared memory was asked for when it was made */
        return data && commit_exceeds(page_up(request->length));
    return !(request->flags & MAP_NORESERVE) && (data || (is_own && (request->flags & MAP_TYPE) != MAP_PRIVATE)) &&
           commit_exceeds(page_up(request->length));
}

/* Maps `request` if the limits allow it. */
static int64_t map(struct request *request)
{
    bool is_fixed = request->flags & MAP_FIXED;
    bool data = is_data(request->prot, (request->flags & MAP_TYPE) != MAP_PRIVATE);
    int error = lock_check(request);

    if (error != 0)
        return error;
    if (!maplimit_allows(page_up(request->length), data, request->addr, is_fixed ? page_up(request->length) : 0))
        return -ENOMEM;
    if (is_too_much(request, data))
        return -ENOMEM;
    error = space_map(space(), &request->addr, request->length, request->prot, request->max_prot, request->flags,
                      request->object, request->offset);
    if (error != 0)
        return error;
    if (request->prot == PROT_EXEC)
        protect_only_execute();
    /* What can't be brought in now is asked for again when it is touched. */
    if (is_locked(request) || (request->flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE)
        space_populate(space(), request->addr, request->addr + page_up(request->length));
    else
        space_give_small(space(), request->addr, page_up(request->length));
    return (int64_t)request->addr;
}

static int64_t map_anonymous(struct request *request)
{
    request->object = NULL;
    request->offset = 0;
    if ((request->flags & MAP_TYPE) == MAP_PRIVATE)
        return map(request);
    if ((request->flags & MAP_TYPE) == MAP_SHARED_VALIDATE || (request->flags & MAP_GROWSDOWN))
        return -EINVAL;
    if (request->length == 0)
        return -EINVAL;
    if (page_up(request->length) == 0 || page_up(request->length) > ISA_USER_TOP)
        return -ENOMEM;
    if (commit_is_refused(page_up(request->length)))
        return -ENOMEM;
    request->object = shared_create(request->length);
    if (request->object == NULL)
        return -ENOMEM;
    int64_t result = map(request);
    request->object->ops->put(request->object); /* the mapping has one of its own */
    return result;
}

/* What was mapped where a file with seals is mapped goes first, as that gives way: who seals the file meanwhile would
 * find no mapping that is to be refused. */
static int sealed_check(const struct file *file, struct request *request)
{
    unsigned seals = file->inode->seals;

    if (seals == 0 || (seals & F_SEAL_SEAL) || !(request->flags & MAP_FIXED))
        return 0;
    (void)space_unmap(space(), request->addr, request->length); /* one that isn't valid is refused in a moment */
    return file_check(file, request);
}

/* The file is kept: to map it may give way. */
static int64_t map_file(struct file *file, struct request *request)
{
    int error = file_check(file, request);

    if (error != 0)
        return error;
    if (file->ops->maps_zeros) {
        if ((request->flags & MAP_TYPE) == MAP_SHARED_VALIDATE)
            request->flags = (request->flags & ~(unsigned)MAP_TYPE) | MAP_SHARED;
        return map_anonymous(request);
    }
    if (file->ops != &file_ops_regular)
        return -ENODEV;
    error = sealed_check(file, request);
    if (error != 0)
        return error;
    request->object = &file->inode->object;
    file_accessed(file);
    return map(request);
}

int64_t sys_mmap(const uint64_t arg[6])
{
    struct request request = {
        .addr = arg[0],
        .length = arg[1],
        .prot = (unsigned)arg[2] & PROT_ALL,
        .flags = (unsigned)arg[3],
        .max_prot = PROT_ALL,
        .offset = arg[5],
    };
    unsigned type = request.flags & MAP_TYPE;

    if (arg[2] & ~(uint64_t)PROT_ALL) /* whatever it is: none is refused */
        request.prot |= PROT_SEM;
    if ((request.offset & PAGE_MASK) || (type != MAP_PRIVATE && type != MAP_SHARED && type != MAP_SHARED_VALIDATE))
        return -EINVAL;
    space_begin(space()); /* limits, and a file's seals, stay what they are until it is mapped */
    if (request.flags & MAP_ANONYMOUS)
        return request.flags & MAP_HUGETLB ? -ENOMEM : map_anonymous(&request); /* no huge pages are reserved */
    struct file *file = user_file(arg[4]);
    if (file == NULL)
        return -EBADF;
    file_get(file);
    int64_t result = map_file(file, &request);
    file_put(file);
    return result;
}

/* Whether one object's mappings, which agree in all that counts, are all of [start, end) from `area` on. */
static bool is_alike_until(const struct area *area, uaddr_t end)
{
    const struct area *next;

    for (; area->end < end; area = next) {
        next = area_next(area);
        if (next == NULL || next->start != area->end || next->object != area->object || next->prot != area->prot ||
            next->max_prot != area->max_prot || next->fork != area->fork || next->locked != area->locked)
            return false;
    }
    return true;
}

/* Another part of what is mapped there takes its place: as Linux has it today, a mapping like any other. */
int64_t sys_remap_file_pages(const uint64_t arg[6])
{
    struct request request = {.addr = arg[0] & ~PAGE_MASK, .length = arg[1] & ~PAGE_MASK};
    uint64_t first = arg[3];

    space_begin(space());
    const struct area *area = area_first(space(), request.addr);
    if (arg[2] != 0 || request.addr + request.length <= request.addr || first + (request.length >> PAGE_SHIFT) < first)
        return -EINVAL;
    if (area == NULL || area->start > request.addr || !area->shared || area->object == NULL ||
        !is_alike_until(area, request.addr + request.length))
        return -EINVAL;
    if (first > ((uint64_t)INT64_MAX - request.length) >> PAGE_SHIFT)
        return -EOVERFLOW;
    request.offset = first << PAGE_SHIFT;
    request.prot = area->prot;
    request.max_prot = area->max_prot;
    request.flags = MAP_SHARED | MAP_FIXED | MAP_POPULATE | ((unsigned)arg[4] & MAP_NONBLOCK);
    request.flags |= area->locked != 0 ? (unsigned)MAP_LOCKED : 0u;
    request.object = area->object;
    request.object->ops->get(request.object); /* what is replaced may have been the last to have it */
    int64_t result = map(&request);
    request.object->ops->put(request.object);
    return result < 0 ? result : 0;
}

/* ---- the others ---- */

int64_t sys_munmap(const uint64_t arg[6])
{
    return space_unmap(space(), arg[0], arg[1]);
}

/* Whether the limits allow the break to be at `want`. */
static bool brk_allows(uaddr_t want)
{
    uint64_t data_limit = limit_soft(RLIMIT_DATA), more = page_up(want) - page_up(space()->brk);

    if (data_limit != RLIM_INFINITY && want - space()->brk_start > data_limit)
        return false;
    if (space()->lock_future != 0 && !maplimit_lock_fits(more))
        return false;
    return !commit_exceeds(more) && maplimit_allows(more, true, 0, 0);
}

int64_t sys_brk(const uint64_t arg[6])
{
    uaddr_t want = arg[0];

    space_begin(space()); /* here, before limits are looked at */
    uaddr_t old = space()->brk;
    if (want > old && !brk_allows(want))
        return (int64_t)old;
    uaddr_t now = space_brk(space(), want);
    if (now > old && space()->lock_future != 0)
        space_populate(space(), page_up(old), page_up(now));
    return (int64_t)now;
}

/* Whether `more` bytes may be mapped in addition, like what is at `addr`, where something may be mapped that goes. */
static int remap_check(uaddr_t addr, uint64_t more, uint64_t grown, uaddr_t replaced, uint64_t replaced_length)
{
    const struct area *area = area_first(space(), addr);

    if (area == NULL || area->start > addr)
        return -EFAULT;
    if (grown != 0 && area->locked != 0 && !maplimit_lock_fits(grown))
        return -EAGAIN;
    bool data = is_data(area->prot, area->shared);
    if (more != 0 && !maplimit_allows(more, data && !area->grows, replaced, replaced_length))
        return -ENOMEM;
    return data && !area->unreserved && commit_exceeds(more) ? -ENOMEM : 0;
}

int64_t sys_mremap(const uint64_t arg[6])
{
    uaddr_t addr = arg[0];
    uint64_t old_length = page_up(arg[1]), new_length = page_up(arg[2]);
    unsigned flags = (unsigned)arg[3];

    if (flags & ~(unsigned)(REMAP_MAYMOVE | REMAP_FIXED | REMAP_DONTUNMAP))
        return -EINVAL;
    if ((flags & REMAP_FIXED) && !(flags & REMAP_MAYMOVE))
        return -EINVAL;
    if ((flags & REMAP_DONTUNMAP) && (!(flags & REMAP_MAYMOVE) || old_length != new_length))
        return -EINVAL;
    space_begin(space());
    uint64_t more = flags & REMAP_DONTUNMAP ? new_length : new_length > old_length ? new_length - old_length : 0;
    uint64_t grown = new_length > old_length ? new_length - old_length : 0;
    int error = more != 0 ? remap_check(addr, more, grown, arg[4], flags & REMAP_FIXED ? new_length : 0) : 0;
    if (error == 0)
        error = space_remap(space(), &addr, arg[1], arg[2], flags, arg[4]);
    if (error != 0)
        return error;
    const struct area *area = grown != 0 ? area_first(space(), addr) : NULL;
    if (area != NULL && area->locked != 0)
        space_populate(space(), addr + old_length, addr + new_length);
    return (int64_t)addr;
}

int64_t sys_mseal(const uint64_t arg[6])
{
    uaddr_t start = arg[0];
    uint64_t length = page_up(arg[1]);

    if (arg[2] != 0 || (start & PAGE_MASK) || (arg[1] != 0 && length == 0) || start + length < start)
        return -EINVAL;
    return length != 0 ? space_seal(space(), start, start + length) : 0;
}
