/* SPDX-License-Identifier: Apache-2.0 */
/* process_vm.c - process_vm_readv(2) and process_vm_writev(2): bytes between the caller's memory and another process's,
 * through a page of the kernel's. */
#include "core/pid.h"
#include "core/wait.h"
#include "mm/page.h"
#include "mm/remote.h"
#include "sys/reach.h"
#include "sys/syscall.h"
#include "sys/user.h"
#include "sys/vector.h"

/* The memory of the process that this thread is of, with a reference: 0, -ESRCH, -EPERM. */
static int space_find(int tid, struct space **out)
{
    const struct thread *other = thread_find(tid);

    if (other == NULL || other->process->space == NULL)
        return -ESRCH;
    if (!reach_may_trace(other))
        return -EPERM;
    *out = other->process->space;
    (*out)->refs++;
    return 0;
}

/* Up to a page of it. Bytes or -EFAULT; what the other side couldn't take counts as not moved. */
static int64_t piece_move(struct space *space, uaddr_t addr, uint64_t size, struct iter *own, char *bytes, bool write)
{
    uint64_t step = size < PAGE_SIZE ? size : PAGE_SIZE;
    int64_t got;
    size_t done;

    if (step > own->left)
        step = own->left;
    if (!write) {
        done = space_copy(space, addr, bytes, step, SPACE_READ);
        return done == 0 ? -EFAULT : iter_fill(own, bytes, done);
    }
    got = iter_drain(own, bytes, step);
    if (got <= 0)
        return got;
    done = space_copy(space, addr, bytes, (size_t)got, SPACE_WRITE);
    return done == 0 ? -EFAULT : (int64_t)done;
}

/* As much as there is on both sides, up to the first byte that can't be had on one. Bytes, or -errno if there are none.
 */
static int64_t move(struct space *space, const struct vector *remote, struct iter *own, bool write)
{
    struct page *page = page_alloc_dirty();
    int64_t done = 0, moved = page != NULL ? 1 : -ENOMEM;

    for (unsigned i = 0; i < remote->count && own->left != 0 && moved > 0; i++) {
        const struct iter_segment *at = &remote->segments[i];

        for (uint64_t offset = 0; offset < at->length && own->left != 0; offset += (uint64_t)moved) {
            moved = piece_move(space, at->base + offset, at->length - offset, own, page_data(page), write);
            if (moved <= 0)
                break;
            done += moved;
            if ((uint64_t)done % WAIT_LOOP_BYTES < PAGE_SIZE && wait_loop_ends(true)) {
                moved = -EINTR;
                break;
            }
        }
    }
    if (page != NULL)
        page_put(page);
    return done != 0 || moved > 0 ? done : moved;
}

static bool is_empty(const struct vector *vector)
{
    for (unsigned i = 0; i < vector->count; i++)
        if (vector->segments[i].length != 0)
            return false;
    return true;
}

static int64_t with_space(int tid, const struct vector *own, const struct vector *remote, bool write)
{
    struct space *space;
    struct iter iter;
    int64_t result;

    if (is_empty(remote))
        return 0;
    result = space_find(tid, &space);
    if (result != 0)
        return result;
    iter_init(&iter, own->segments, own->count, true);
    result = move(space, remote, &iter, write);
    space_put(space);
    return result;
}

static int64_t transfer(const uint64_t arg[6], bool write)
{
    struct vector own, remote;
    int64_t result;

    if (arg[5] != 0)
        return -EINVAL;
    result = vector_get(&own, arg[1], arg[2]);
    if (result != 0)
        return result;
    if (!is_empty(&own)) {
        result = vector_get_foreign(&remote, arg[3], arg[4]);
        if (result == 0) {
            result = with_space((int)arg[0], &own, &remote, write);
            vector_put(&remote);
        }
    }
    vector_put(&own);
    return result;
}

int64_t sys_process_vm_readv(const uint64_t arg[6])
{
    return transfer(arg, false);
}

int64_t sys_process_vm_writev(const uint64_t arg[6])
{
    return transfer(arg, true);
}
