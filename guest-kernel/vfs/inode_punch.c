/* SPDX-License-Identifier: Apache-2.0 */
/* inode_punch.c - see inode_punch.h. */
#include "vfs/inode_punch.h"

#include "abi/errno.h"
#include "abi/fsflags.h"
#include "mm/page.h"
#include "vfs/inode_attr.h"
#include "vfs/notify.h"

int inode_object_punch(struct vm_object *object, uint64_t first, uint64_t end)
{
    struct inode *inode = container_of(object, struct inode, object);

    if (inode->ops->allocate == NULL)
        return -EOPNOTSUPP;
    if (inode->flags & (FS_IMMUTABLE_FL | FS_APPEND_FL))
        return -EPERM;
    mutex_lock(&inode->lock);
    int error = inode->ops->allocate(inode, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, first << PAGE_SHIFT,
                                     (end - first) << PAGE_SHIFT);
    if (error == 0)
        inode_written(inode);
    mutex_unlock(&inode->lock);
    if (error == 0 && watch_count != 0)
        notify_inode(inode, IN_MODIFY);
    return error;
}
