/* SPDX-License-Identifier: Apache-2.0 */
/* cachestat.c - how much of a file is in the page cache: cachestat. */
#include "sys/syscall.h"

#include "core/wait.h"
#include "sys/user.h"
#include "vfs/pageindex.h"
#include "vfs/permission.h"

#define PAGES_AT_ONCE 64u /* each may have a table of its own that is looked through */

struct cachestat_range { /* bytes; length 0: to the end */
    uint64_t offset, length;
};

struct cachestat { /* pages */
    uint64_t cached, dirty, written_back;
    uint64_t evicted, recently_evicted; /* which nobody remembers here */
};

/* Counts the inode's pages from number `index` to number `last`. 0, or -EINTR. */
static int pages_count(const struct inode *inode, uint64_t index, uint64_t last, struct cachestat *out)
{
    const struct page *page;
    uint64_t end = last + (last != UINT64_MAX);
    unsigned pages = 0;

    for (; (page = pagecache_next(inode, &index, end)) != NULL; index++) {
        if (!(page->flags & PAGE_RESERVED)) {
            out->cached++;
            out->dirty += (page->flags & PAGE_DIRTY) != 0;
            out->written_back += (page->flags & PAGE_WRITEBACK) != 0;
        }
        if (++pages % PAGES_AT_ONCE == 0 && wait_loop_ends(true))
            return -EINTR;
    }
    return 0;
}

/* Who couldn't write to the file isn't told what others do with it. */
static bool may_ask(const struct file *file)
{
    unsigned mode = file->flags & O_ACCMODE;

    return mode == O_WRONLY || mode == O_RDWR || file->inode == NULL || permission_owns(file->inode) ||
           permission(file->inode, MAY_WRITE) == 0;
}

int64_t sys_cachestat(const uint64_t arg[6])
{
    struct cachestat_range range;
    struct cachestat counts = {0};
    struct file *file = user_file(arg[0]);
    int error = 0;

    if (file == NULL || (file->flags & O_PATH))
        return -EBADF;
    file_get(file); /* another thread may close it meanwhile */
    if (user_get(range, arg[1]) != 0)
        error = -EFAULT;
    else if (!may_ask(file))
        error = -EPERM;
    else if ((uint32_t)arg[3] != 0)
        error = -EINVAL;
    else if (file->inode != NULL)
        error = pages_count(file->inode, range.offset >> PAGE_SHIFT,
                            range.length != 0 ? (range.offset + range.length - 1) >> PAGE_SHIFT : UINT64_MAX, &counts);
    file_put(file);
    if (error != 0)
        return error;
    return user_put(arg[2], counts) != 0 ? -EFAULT : 0;
}
