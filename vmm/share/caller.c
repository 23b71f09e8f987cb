/* SPDX-License-Identifier: Apache-2.0 */
/* caller.c - see caller.h. */
#include <asm/unistd.h>

#include "vmm/share/caller.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <unistd.h>

#define ANY_ID (-1) /* setfsuid with it only tells what there is */

uint32_t caller_mode(const struct tree_share *share, uint32_t mode)
{
    return mode & (share->is.own ? 07777 : 07777 & ~(uint32_t)(S_ISUID | S_ISGID));
}

/* A user other than root loses the capabilities over files, which have to do with access, not with owners: they are
 * taken again. */
static int set_ids(uint32_t uid, uint32_t gid)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

    if (syscall(__NR_capget, &header, sets) < 0)
        return -errno;
    setfsgid(gid);
    setfsuid(uid);
    if ((uint32_t)setfsgid((gid_t)ANY_ID) != gid || (uint32_t)setfsuid((uid_t)ANY_ID) != uid)
        return -EPERM;
    return syscall(__NR_capset, &header, sets) < 0 ? -errno : 0;
}

int caller_begin(const struct share_tree *tree, const struct tree_share *share, const struct share_caller *caller)
{
    if (!share->is.own)
        return 0;
    int error = set_ids(caller->uid, caller->gid);
    if (error < 0)
        caller_end(tree, share);
    return error;
}

void caller_end(const struct share_tree *tree, const struct tree_share *share)
{
    if (share->is.own)
        set_ids(tree->uid, tree->gid);
}
