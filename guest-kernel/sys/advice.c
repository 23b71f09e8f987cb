/* SPDX-License-Identifier: Apache-2.0 */
/* advice.c - what programs say and ask of memory that they have mapped: madvise, process_madvise, msync,
 * mincore. */
#include "sys/syscall.h"

#include "core/pid.h"
#include "core/threads.h"
#include "core/wait.h"
#include "mm/page.h"
#include "mm/pagetable.h"
#include "mm/space.h"
#include "mm/turns.h"
#include "sys/pidfd.h"
#include "sys/reach.h"
#include "sys/user.h"
#include "sys/vector.h"
#include "vfs/pageindex.h"

static struct space *space(void)
{
    return current_process()->space;
}

/* Walks what is mapped in [start, end), up to `visit`'s first error, which it returns. -ENOMEM if there was a gap,
 * after the rest is done, as madvise(2). `visit` may be NULL, and may wait. Others have their turn in between. */
static int64_t each_area(struct space *in, uaddr_t start, uaddr_t end,
                         int (*visit)(const struct area *, uaddr_t from, uaddr_t to))
{
    uaddr_t at = start;
    unsigned areas = 0;
    int64_t result = 0;

    while (at < end) { /* after a wait areas are others */
        if (++areas % SPACE_TURN_AREAS == 0) {
            if (wait_loop_ends(true))
                return -EINTR;
            space_begin(in);
        }
        const struct area *area = area_first(in, at);
        if (area == NULL || area->start >= end)
            break;
        if (area->start > at) {
            result = -ENOMEM;
            at = area->start;
        }
        uaddr_t to = area->end < end ? area->end : end;
        int error = visit != NULL ? visit(area, at, to) : 0;
        if (error != 0)
            return error;
        at = to;
    }
    return at < end ? -ENOMEM : result;
}

/* ---- madvise ---- */

enum {
    MADV_NORMAL = 0,
    MADV_RANDOM = 1,
    MADV_SEQUENTIAL = 2,
    MADV_WILLNEED = 3,
    MADV_DONTNEED = 4,
    MADV_FREE = 8,
    MADV_REMOVE = 9,
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
    MADV_POPULATE_READ = 22,
    MADV_POPULATE_WRITE = 23,
    MADV_DONTNEED_LOCKED = 24,
};

static int refuse_locked(const struct area *area, uaddr_t from, uaddr_t to)
{
    (void)from, (void)to;
    return area->locked != 0 ? -EINVAL : 0;
}

/* The pages go; the next access finds zeros, or the object's page. */
static int discard_locked(const struct area *area, uaddr_t from, uaddr_t to)
{
    if (area_keeps_contents(area))
        return -EPERM;
    space_pages_left(space(), pagetable_unmap(&space()->arch, from, to));
    return 0;
}

static int discard(const struct area *area, uaddr_t from, uaddr_t to)
{
    if (area->locked != 0 && !area_keeps_contents(area))
        return -EINVAL;
    return discard_locked(area, from, to);
}

/* MADV_FREE is for anonymous memory. */
static int refuse_files(const struct area *area, uaddr_t from, uaddr_t to)
{
    (void)from, (void)to;
    if (area_keeps_contents(area))
        return -EPERM;
    return area->object != NULL || area->shared || area->locked != 0 ? -EINVAL : 0;
}

/* Punches a hole into a file, for which it may wait. */
static int remove_range(const struct area *area, uaddr_t from, uaddr_t to)
{
    struct vm_object *object = area->object;

    if (area_keeps_contents(area))
        return -EPERM;
    if (area->locked != 0 || object == NULL)
        return -EINVAL;
    if (!area->shared || !(area->max_prot & PROT_WRITE))
        return -EACCES;
    if (object->ops->punch == NULL)
        return -EOPNOTSUPP;
    uint64_t first = (area->offset + (from - area->start)) >> PAGE_SHIFT;
    object->ops->get(object); /* its mapping may go meanwhile */
    int error = object->ops->punch(object, first, first + ((to - from) >> PAGE_SHIFT));
    object->ops->put(object);
    return error;
}

/* Brings all pages in, for reading or writing; a part that may not be is refused. */
static int64_t populate(struct space *in, uaddr_t start, uaddr_t end, unsigned access)
{
    unsigned pages = 0;
    int error = 0;

    for (uaddr_t at = start; at < end && error == 0; at += PAGE_SIZE) {
        error = space_fault(in, at, in == current_process()->space ? access | ACCESS_KEYED : access);
        if (++pages % SPACE_TURN == 0 && error == 0 && wait_loop_ends(true))
            return -EINTR;
    }
    if (error == -EFAULT)
        return -ENOMEM; /* nothing is mapped there */
    return error == -EACCES || error == -EKEYREJECTED             ? -EINVAL
           : error == -ENXIO || error == -EIO || error == -ENOSPC ? -EFAULT
                                                                  : error;
}

static int64_t advise(struct space *in, uaddr_t start, uaddr_t end, int advice)
{
    switch (advice) {
    case MADV_DONTNEED:
        return each_area(in, start, end, discard);
    case MADV_DONTNEED_LOCKED:
        return each_area(in, start, end, discard_locked);
    case MADV_COLD:
    case MADV_PAGEOUT: /* there is nowhere to */
        return each_area(in, start, end, refuse_locked);
    case MADV_DONTFORK:
        return space_fork_advise(in, start, end, AREA_FORK_OMITS, 0);
    case MADV_DOFORK:
        return space_fork_advise(in, start, end, 0, AREA_FORK_OMITS);
    case MADV_WIPEONFORK:
        return space_fork_advise(in, start, end, AREA_FORK_WIPES, 0);
    case MADV_KEEPONFORK:
        return space_fork_advise(in, start, end, 0, AREA_FORK_WIPES);
    case MADV_FREE: /* it may keep the pages, and does */
        return each_area(in, start, end, refuse_files);
    case MADV_REMOVE:
        return each_area(in, start, end, remove_range);
    case MADV_POPULATE_READ:
        return populate(in, start, end, ACCESS_READ);
    case MADV_POPULATE_WRITE:
        return populate(in, start, end, ACCESS_WRITE);
    default:
        return each_area(in, start, end, NULL);
    }
}

static int64_t advise_checked(struct space *in, uaddr_t start, uint64_t size, int advice)
{
    uint64_t length = page_up(size);
    bool is_known =
        (advice >= MADV_NORMAL && advice <= MADV_DONTNEED) || (advice >= MADV_FREE && advice <= MADV_DONTNEED_LOCKED);

    if (!is_known || (start & PAGE_MASK) || (size != 0 && length == 0) || start + length < start)
        return -EINVAL;
    if (length == 0)
        return 0;
    space_begin(in);
    int64_t result = advise(in, start, start + length, advice);
    space_end(in);
    return result;
}

int64_t sys_madvise(const uint64_t arg[6])
{
    return advise_checked(space(), arg[0], arg[1], (int)arg[2]);
}

/* ---- process_madvise ---- */

/* What one process may say of another's memory. */
static bool is_for_others(int advice)
{
    return advice == MADV_WILLNEED || advice == MADV_COLD || advice == MADV_PAGEOUT;
}

/* The memory of the descriptor's process: 0, or -errno if the caller may not advise about it. */
static int advised_space(uint64_t pidfd, int advice, struct space **out)
{
    bool nonblocking;
    const struct pid *pid = pidfd_pid(pidfd, &nonblocking);
    const struct process *process = pid != NULL ? pid->process : NULL;

    if (pid == NULL)
        return -EBADF;
    if (process == NULL || process->id != pid || process->space == NULL || list_is_empty(&process->threads))
        return -ESRCH;
    *out = process->space;
    if (*out == space())
        return 0;
    if (!reach_may_trace(container_of(process->threads.next, struct thread, sibling)))
        return -EACCES;
    if (!is_for_others(advice))
        return -EINVAL;
    return cred_has(&current_thread()->cred, CAP_SYS_NICE) ? 0 : -EPERM;
}

int64_t sys_process_madvise(const uint64_t arg[6])
{
    int advice = (int)arg[3];
    struct vector vector;
    struct space *in;
    int64_t done = 0;

    if ((unsigned)arg[4] != 0)
        return -EINVAL;
    int64_t error = vector_get(&vector, arg[1], arg[2]);
    if (error != 0)
        return error;
    error = advised_space(arg[0], advice, &in);
    if (error != 0) {
        vector_put(&vector);
        return error;
    }
    in->refs++; /* its process may end meanwhile */
    for (unsigned i = 0; error == 0 && i < vector.count; i++) {
        error = advise_checked(in, vector.segments[i].base, vector.segments[i].length, advice);
        if (error == 0)
            done += (int64_t)vector.segments[i].length;
    }
    space_put(in);
    vector_put(&vector);
    return done != 0 ? done : error;
}

/* ---- msync, mincore ---- */

#define MS_ASYNC 1u
#define MS_INVALIDATE 2u
#define MS_SYNC 4u

static int busy_if_locked(const struct area *area, uaddr_t from, uaddr_t to)
{
    (void)from, (void)to;
    return area->locked != 0 ? -EBUSY : 0;
}

int64_t sys_msync(const uint64_t arg[6])
{
    uaddr_t start = arg[0];
    uint64_t length = page_up(arg[1]);
    unsigned flags = (unsigned)arg[2];

    if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) || (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC) ||
        (start & PAGE_MASK))
        return -EINVAL;
    if (start + length < start || (arg[1] != 0 && length == 0))
        return -ENOMEM;
    if (length == 0)
        return 0;
    int64_t gap = each_area(space(), start, start + length, flags & MS_INVALIDATE ? busy_if_locked : NULL);
    if (gap == -EBUSY)
        return gap;
    int64_t error = flags & MS_SYNC ? vfs_sync_all() : 0;
    return error != 0 ? error : gap; /* told after what is mapped has been stored */
}

/* A file's page that was read ahead is there too, though whoever uses it has something to do first (PAGE_READAHEAD). */
static bool is_cached(const struct inode *inode, uint64_t index)
{
    struct page *const *slot = pageindex_slot(inode, index);

    return index < page_up(inode->size) >> PAGE_SHIFT && slot != NULL && *slot != NULL &&
           ((*slot)->flags & (PAGE_UPTODATE | PAGE_RESERVED)) == PAGE_UPTODATE;
}

/* Whether the page is in memory, in this process or in the page cache. */
static bool is_in_core(const struct area *area, uaddr_t va)
{
    const uint64_t *pte = pagetable_find(&space()->arch, va);
    struct vm_object *object = area->object;
    const struct inode *inode = object != NULL ? inode_of_object(object) : NULL;
    uint64_t index = (area->offset + (va - area->start)) >> PAGE_SHIFT;
    struct page *page = NULL;

    if (pte != NULL && isa_pte_is_present(*pte))
        return true;
    if (inode != NULL)
        return is_cached(inode, index);
    if (object != NULL && object->ops->find != NULL)
        page = object->ops->find(object, index);
    if (page != NULL)
        page_put(page);
    return page;
}

int64_t sys_mincore(const uint64_t arg[6])
{
    uaddr_t start = arg[0], out = arg[2];
    uint64_t length = page_up(arg[1]);

    if (start & PAGE_MASK)
        return -EINVAL;
    if ((arg[1] != 0 && length == 0) || start > ISA_USER_TOP || length > ISA_USER_TOP - start)
        return -ENOMEM;
    for (uaddr_t at = start; at < start + length; at += PAGE_SIZE) {
        const struct area *area = area_first(space(), at);
        if (area == NULL || area->start > at)
            return -ENOMEM;
        uint8_t answer = is_in_core(area, at);
        if (copy_to_user(out++, &answer, 1) != 0)
            return -EFAULT;
        if (((at - start) >> PAGE_SHIFT) % SPACE_TURN == SPACE_TURN - 1 && wait_loop_ends(true))
            return -EINTR;
    }
    return 0;
}
