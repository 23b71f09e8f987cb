/* SPDX-License-Identifier: Apache-2.0 */
/* upper.c - see upper.h. */
#include "vmm/share/upper.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/share/beneath.h"
#include "vmm/share/layers.h"

bool upper_is_hidden(const struct share_node *folder, const char *name)
{
    return folder->share->is.mode == SHARE_COW && folder == folder->share->root && strcmp(name, LAYER_WORK) == 0;
}

/* The work folder isn't the guest's: that it comes and goes isn't seen of the folder that it is in, unless that is
 * somebody else's, whose times aren't ours to set. */
static void keep_times(int upper, const struct statx *before)
{
    const struct timespec times[2] = {{before->stx_atime.tv_sec, before->stx_atime.tv_nsec},
                                      {before->stx_mtime.tv_sec, before->stx_mtime.tv_nsec}};

    futimens(upper, times);
}

int upper_clear_work(const struct tree_share *share)
{
    struct statx before;
    int stat_error = beneath_stat(share->is.upper, &before);
    int error = layer_clear(share->is.upper, LAYER_WORK);

    if (error == 0 && stat_error == 0)
        keep_times(share->is.upper, &before);
    return error;
}

int upper_work(struct tree_share *share)
{
    struct statx before;
    int upper = share->is.upper;

    if (share->work >= 0)
        return share->work;
    int error = beneath_stat(upper, &before);
    if (error < 0)
        return error;
    if (mkdirat(upper, LAYER_WORK, 0700) < 0)
        return -errno;
    share->work = beneath_open(upper, LAYER_WORK);
    if (share->work < 0)
        unlinkat(upper, LAYER_WORK, AT_REMOVEDIR);
    keep_times(upper, &before);
    return share->work;
}

const char *upper_new_name(struct share_tree *tree, char name[UPPER_NAME])
{
    snprintf(name, UPPER_NAME, "%" PRIx64, ++tree->made);
    return name;
}

int upper_is_below(struct share_tree *tree, struct share_node *folder, const char *name)
{
    if (!folder->has[LOWER])
        return 0;
    int dir = node_fd(tree, folder, LOWER), fd = dir < 0 ? dir : beneath_open(dir, name);
    if (dir >= 0 && fd == -ENOENT)
        return 0;
    if (fd < 0)
        return fd;
    close(fd);
    return 1;
}

int upper_put(struct share_tree *tree, struct share_node *folder, const char *made, const char *name)
{
    int work = upper_work(folder->share), dir = work < 0 ? work : node_fd(tree, folder, UPPER);

    if (dir < 0)
        return dir;
    if (renameat2(work, made, dir, name, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EEXIST || renameat2(work, made, dir, name, RENAME_EXCHANGE) < 0)
        return -errno;
    return layer_clear(work, made);
}

int upper_whiteout(struct share_tree *tree, struct share_node *folder, const char *name)
{
    char made[UPPER_NAME];
    int work = upper_work(folder->share), dir = work < 0 ? work : node_fd(tree, folder, UPPER);

    if (dir < 0)
        return dir;
    int error = layer_make_whiteout(tree->proc, work, upper_new_name(tree, made), dir);
    if (error < 0)
        return error;
    error = upper_put(tree, folder, made, name);
    if (error < 0)
        unlinkat(work, made, 0);
    return error;
}

int upper_remove(struct share_tree *tree, struct share_node *folder, const char *name)
{
    char made[UPPER_NAME];
    int work = upper_work(folder->share), dir = work < 0 ? work : node_fd(tree, folder, UPPER);

    if (dir < 0)
        return dir;
    if (renameat2(dir, name, work, upper_new_name(tree, made), RENAME_NOREPLACE) < 0)
        return -errno;
    return layer_clear(work, made);
}
