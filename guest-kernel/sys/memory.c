/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c - mappings, as programs ask for them: mmap, munmap, mprotect, mremap, brk. */
#include "sys/syscall.h"

#include "abi/info.h"
#include "mm/shared.h"
#include "mm/space.h"
#include "sys/limit.h"
#include "sys/user.h"

#define PROT_ALL (PROT_READ | PROT_WRITE | PROT_EXEC)
#define PROT_SEM 8u /* taken and ignored, as on Linux */

/* mmap's flags beside those of mm/space.h (asm-generic/mman.h). Those of the second line ask for nothing here: all
 * memory stays in memory, and swap isn't there to be reserved. */
enum { MAP_LOCKED = 0x2000, MAP_POPULATE = 0x8000, MAP_NONBLOCK = 0x10000, MAP_HUGETLB = 0x40000 };
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

/* ---- RLIMIT_AS and RLIMIT_DATA (Linux, may_expand_vm) ---- */

static bool is_data(unsigned prot, bool is_shared)
{
    return (prot & PROT_WRITE) && !is_shared;
}

static bool limit_allows(unsigned resource, bool data_only, uint64_t more, uaddr_t replaced, uint64_t replaced_length)
{
    uint64_t limit = limit_soft(resource);

    if (limit == RLIM_INFINITY)
        return true;
    uint64_t used = space_mapped(space(), 0, ISA_USER_TOP, data_only) -
                    space_mapped(space(), replaced, replaced + replaced_length, data_only);
    limit &= ~PAGE_MASK;
    return used <= limit && more <= limit - used;
}

/* May the program have `more` bytes of mappings, in place of what is in [replaced, replaced + replaced_length)? */
static bool limits_allow(uint64_t more, bool data, uaddr_t replaced, uint64_t replaced_length)
{
    return limit_allows(RLIMIT_AS, false, more, replaced, replaced_length) &&
           (!data || limit_allows(RLIMIT_DATA, true, more, replaced, replaced_length));
}

/* ---- mmap ---- */

/* What a mapping asks for, and of what. */
struct request {
    uaddr_t addr;
    uint64_t length, offset;
    unsigned prot, flags, max_prot;
    struct vm_object *object;
};

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

    return !(request->flags & MAP_NORESERVE) && (data || (is_own && (request->flags & MAP_TYPE) != MAP_PRIVATE)) &&
           space_overcommits(page_up(request->length));
}

/* Maps `request` if the limits allow it. */
static int64_t map(struct request *request)
{
    bool is_fixed = request->flags & MAP_FIXED;
    bool data = is_data(request->prot, (request->flags & MAP_TYPE) != MAP_PRIVATE);

    if (!limits_allow(page_up(request->length), data, request->addr, is_fixed ? page_up(request->length) : 0))
        return -ENOMEM;
    if (is_too_much(request, data))
        return -ENOMEM;
    int error = space_map(space(), &request->addr, request->length, request->prot, request->max_prot, request->flags,
                          request->object, request->offset);
    if (error != 0)
        return error;
    /* What can't be brought in now is asked for again when it is touched. */
    if ((request->flags & MAP_LOCKED) || (request->flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE)
        space_populate(space(), request->addr, request->addr + page_up(request->length));
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
    request->object = shared_create(request->length);
    if (request->object == NULL)
        return -ENOMEM;
    int64_t result = map(request);
    request->object->ops->put(request->object); /* the mapping has one of its own */
    return result;
}

static int64_t map_file(struct request *request, uint64_t fd)
{
    const struct file *file = user_file(fd);

    if (file == NULL)
        return -EBADF;
    int error = file_check(file, request);
    if (error != 0)
        return error;
    if (file->ops->maps_zeros) {
        if ((request->flags & MAP_TYPE) == MAP_SHARED_VALIDATE)
            request->flags = (request->flags & ~(unsigned)MAP_TYPE) | MAP_SHARED;
        return map_anonymous(request);
    }
    if (file->inode == NULL || !S_ISREG(file->inode->mode))
        return -ENODEV;
    request->object = &file->inode->object;
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

    if ((request.offset & PAGE_MASK) || (type != MAP_PRIVATE && type != MAP_SHARED && type != MAP_SHARED_VALIDATE))
        return -EINVAL;
    if (!(request.flags & MAP_ANONYMOUS))
        return map_file(&request, arg[4]);
    return request.flags & MAP_HUGETLB ? -ENOMEM : map_anonymous(&request); /* no huge pages are reserved */
}

/* ---- the others ---- */

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
    uaddr_t now = space()->brk, want = arg[0];
    uint64_t data_limit = limit_soft(RLIMIT_DATA);

    if (want > now &&
        ((data_limit != RLIM_INFINITY && want - space()->brk_start > data_limit) ||
         space_overcommits(page_up(want) - page_up(now)) || !limits_allow(page_up(want) - page_up(now), true, 0, 0)))
        return (int64_t)now;
    return (int64_t)space_brk(space(), want);
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
    uint64_t more = flags & REMAP_DONTUNMAP ? new_length : new_length > old_length ? new_length - old_length : 0;
    if (more != 0 && !limits_allow(more, space_mapped(space(), addr, addr + PAGE_SIZE, true) != 0, arg[4],
                                   flags & REMAP_FIXED ? new_length : 0))
        return -ENOMEM;
    const struct area *area = area_first(space(), addr);
    if (area != NULL && area->start <= addr && (area->prot & PROT_WRITE) && !area->shared && !area->unreserved &&
        space_overcommits(more))
        return -ENOMEM;
    int error = space_remap(space(), &addr, arg[1], arg[2], flags, arg[4]);
    return error != 0 ? error : (int64_t)addr;
}
