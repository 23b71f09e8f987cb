/* SPDX-License-Identifier: Apache-2.0 */
/* upper.c - see upper.h. */
#include "vmm/share/upper.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vmm/share/beneath.h"
#include "vmm/share/layers.h"

bool upper_is_hidden(const struct share_node *folder, const char *name)
{
    return folder->share->is.mode == SHARE_COW && folder == folder->share->root && strcmp(name, LAYER_WORK) == 0;
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
    int work = folder->share->work, dir = node_fd(tree, folder, UPPER);

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
    int work = folder->share->work, dir = node_fd(tree, folder, UPPER);

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
    int work = folder->share->work, dir = node_fd(tree, folder, UPPER);

    if (dir < 0)
        return dir;
    if (renameat2(dir, name, work, upper_new_name(tree, made), RENAME_NOREPLACE) < 0)
        return -errno;
    return layer_clear(work, made);
}
