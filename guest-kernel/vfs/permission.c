/* SPDX-License-Identifier: Apache-2.0 */
/* permission.c - see permission.h. */
#include "vfs/permission.h"

#include "abi/errno.h"
#include "abi/fsflags.h"
#include "core/thread.h"
#include "vfs/acl.h"

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

/* What a list says to who isn't the owner: his own entry, the best of his groups', or that of all others. But for the
 * last the mask bounds them. */
static bool list_allows(const struct acl *acl, const struct cred *cred, const struct inode *inode, unsigned wanted)
{
    uint32_t mask = MAY_READ | MAY_WRITE | MAY_EXEC;
    bool is_known = false, is_given = false;

    for (uint32_t i = 0; i < acl->count && !(is_known && acl->entry[i].tag == ACL_OTHER); i++) {
        const struct acl_entry *entry = &acl->entry[i];
        bool is_own = entry->tag == ACL_USER && entry->id == cred->user.fs;
        bool is_group = (entry->tag == ACL_GROUP_OBJ && is_in_group(cred, inode->gid)) ||
                        (entry->tag == ACL_GROUP && is_in_group(cred, entry->id));

        if (entry->tag == ACL_MASK) {
            mask = entry->rights;
        } else if (entry->tag == ACL_OTHER) {
            return (entry->rights & wanted) == wanted;
        } else if (is_own) { /* nothing else counts */
            while (acl->entry[i].tag != ACL_MASK)
                i++;
            return (entry->rights & acl->entry[i].rights & wanted) == wanted;
        } else if (is_group) {
            is_known = true;
            is_given = is_given || (entry->rights & wanted) == wanted;
        }
    }
    return is_given && (mask & wanted) == wanted;
}

/* Whether mode and list allow it. Where the mode says that nobody has rights by the list, it isn't looked at. */
static bool is_allowed(const struct cred *cred, const struct inode *inode, unsigned wanted)
{
    const struct acl *acl = inode_acl(inode, false);
    uint32_t mode = inode->mode;

    if (cred->user.fs == inode->uid)
        mode >>= 6;
    else if (acl != NULL && (mode & 0070))
        return list_allows(acl, cred, inode, wanted);
    else if (is_in_group(cred, inode->gid))
        mode >>= 3;
    return (mode & wanted) == wanted;
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
    return is_allowed(cred, inode, wanted) || is_overridden(cred, inode, wanted) ? 0 : -EACCES;
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
