/* SPDX-License-Identifier: Apache-2.0 */
/* exec_cred.c - see exec_cred.h. */
#include "sys/exec_cred.h"

#include "abi/errno.h"
#include "abi/xattr.h"
#include "core/tracing.h"
#include "vfs/fs_context.h"
#include "vfs/permission.h"

/* Another process has the same working directory, and may change it under a program with more rights. */
static bool shares_place(const struct thread *thread)
{
    const struct list *threads = &thread->process->threads;
    uint32_t own = 0;

    for (const struct list *at = threads->next; at != threads; at = at->next)
        own += container_of(at, const struct thread, sibling)->fs == thread->fs;
    return thread->fs->refs > own;
}

static bool cap_value_is_whole(const struct cap_value *value, int64_t size)
{
    uint32_t revision = value->revision & CAP_REVISION_MASK;

    return (size == (int64_t)CAP_SIZE_2 && revision == CAP_REVISION_2) ||
           (size == (int64_t)CAP_SIZE_3 && revision == CAP_REVISION_3);
}

/* What the file's attribute gives (linux/capability.h); another user name space's counts for nothing. 0; -EINVAL: it is
 * no such value, as one can be on a disk, or an empty one; or what the file system says. */
static int capabilities_get(struct inode *inode, struct cred_file *file)
{
    struct cap_value value = {0};
    int64_t size = -ENODATA;

    if (inode->ops->get_xattr != NULL)
        size = inode->ops->get_xattr(inode, XATTR_CAPABILITY, &value, sizeof(value));
    if (size == -ENODATA || size == -EOPNOTSUPP)
        return 0;
    if (size < 0 && size != -ERANGE)
        return (int)size;
    if (!cap_value_is_whole(&value, size))
        return -EINVAL;
    if (size == (int64_t)CAP_SIZE_3 && value.root != 0)
        return 0;
    file->has_capabilities = true;
    file->is_effective = value.revision & CAP_EFFECTIVE;
    file->permitted = (value.low.permitted | (uint64_t)value.high.permitted << 32) & CAP_ALL;
    file->inheritable = (value.low.inheritable | (uint64_t)value.high.inheritable << 32) & CAP_ALL;
    return 0;
}

/* So it is with who traces it, if that hasn't got the rights to look into anything (Linux's LSM_UNSAFE_PTRACE). */
static bool is_traced_by_less(const struct thread *thread)
{
    return thread->tracee != NULL && !thread->tracee->is_capable;
}

int exec_cred_make(const struct thread *thread, const struct exec_image *image, struct cred *cred)
{
    struct inode *inode = exec_image_inode(image);
    struct cred_file file = {.user = inode->uid, .group = inode->gid};
    bool gives = exec_mount_gives_ids(image->file.mount) &&
                 permission(inode, MAY_EXEC) == 0; /* still: that was asked some waits ago */

    file.gives_user = gives && (inode->mode & S_ISUID);
    file.gives_group = gives && (inode->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP);
    *cred = thread->cred;
    int error = gives ? capabilities_get(inode, &file) : 0;
    return error != 0 ? error : cred_exec(cred, &file, shares_place(thread) || is_traced_by_less(thread));
}

/* Who has more rights now, or runs what it may not read, isn't looked into by those who have less. */
void exec_cred_take(struct thread *thread, const struct cred *cred, const struct inode *inode)
{
    const struct cred *was = &thread->cred;
    bool was_other = was->user.effective != was->user.real || was->group.effective != was->group.real;
    bool differs = cred_differs(was, cred);

    thread->process->dumpable = !was_other && !differs && permission(inode, MAY_READ) == 0;
    if (differs || cred_is_secure(cred))
        thread->parent_death_signal = 0;
    if (cred_is_secure(cred))
        thread->personality = 0;
    thread->cred = *cred;
    cred_renew(&thread->cred);
}
