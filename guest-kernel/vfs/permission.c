/* SPDX-License-Identifier: Apache-2.0 */
/* permission.c - see permission.h. */
#include "vfs/permission.h"

#include "abi/errno.h"
#include "abi/fsflags.h"
#include "core/thread.h"

static bool is_in_group(const struct cred *cred, uint32_t group)
{
    const struct cred_groups *groups = cred->groups;
    uint32_t low = 0, high = groups != NULL ? groups->count : 0;

    if (cred->group.fs == group)
        return true;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (groups->id[middle] == group)
            return true;
        if (groups->id[middle] < group)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* What a capability allows that the mode doesn't: to execute, somebody must be able to. */
static bool is_overridden(const struct cred *cred, const struct inode *inode, unsigned wanted)
{
    bool reads = !(wanted & MAY_WRITE) && (S_ISDIR(inode->mode) || wanted == MAY_READ);

    if (reads && cred_has(cred, CAP_DAC_READ_SEARCH))
        return true;
    if ((wanted & MAY_EXEC) && !S_ISDIR(inode->mode) && !(inode->mode & 0111))
        return false;
    return cred_has(cred, CAP_DAC_OVERRIDE);
}

int permission_of(const struct cred *cred, const struct inode *inode, unsigned wanted)
{
    uint32_t mode = inode->mode;

    if ((wanted & MAY_WRITE) && inode->fs != NULL && inode->fs->read_only &&
        (S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode)))
        return -EROFS;
    if ((wanted & MAY_WRITE) && (inode->flags & FS_IMMUTABLE_FL))
        return -EPERM;
    if (cred == NULL)
        return 0;
    if (cred->user.fs == inode->uid)
        mode >>= 6;
    else if (is_in_group(cred, inode->gid))
        mode >>= 3;
    if ((mode & wanted) == wanted || is_overridden(cred, inode, wanted))
        return 0;
    return -EACCES;
}

const struct cred *permission_cred(void)
{
    const struct thread *thread = arch_current();

    return thread != NULL ? &thread->cred : NULL;
}

int permission(const struct inode *inode, unsigned wanted)
{
    return permission_of(permission_cred(), inode, wanted);
}

bool permission_has(unsigned capability)
{
    const struct cred *cred = permission_cred();

    return cred == NULL || cred_has(cred, capability);
}

bool permission_owns(const struct inode *inode)
{
    const struct cred *cred = permission_cred();

    return cred == NULL || cred->user.fs == inode->uid || cred_has(cred, CAP_FOWNER);
}

int permission_delete(const struct inode *dir, const struct inode *victim)
{
    const struct cred *cred = permission_cred();
    int error = permission_of(cred, dir, MAY_WRITE | MAY_EXEC);

    if (error == 0 && ((dir->flags & FS_APPEND_FL) || (victim->flags & (FS_APPEND_FL | FS_IMMUTABLE_FL))))
        return -EPERM;
    if (error != 0 || !(dir->mode & S_ISVTX) || cred == NULL)
        return error;
    bool may = cred->user.fs == victim->uid || cred->user.fs == dir->uid || cred_has(cred, CAP_FOWNER);
    return may ? 0 : -EPERM;
}

bool permission_in_group(uint32_t group)
{
    const struct cred *cred = permission_cred();

    return cred == NULL || is_in_group(cred, group);
}
