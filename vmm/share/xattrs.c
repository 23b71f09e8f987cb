/* SPDX-License-Identifier: Apache-2.0 */
/* xattrs.c - tree.h's extended attributes. */
#include <errno.h>
#include <linux/limits.h>
#include <string.h>
#include <sys/xattr.h>

#include "vmm/share/beneath.h"
#include "vmm/share/layers.h"
#include "vmm/share/lookup.h"
#include "vmm/share/raise.h"

static bool is_for_guest(const struct tree_share *share, const char *name)
{
    if (layer_is_own_xattr(name) || strncmp(name, "trusted.overlay.", 16) == 0)
        return false;
    return share->is.own || strncmp(name, "user.", 5) == 0;
}

/* What is asked of a name that isn't for the guest. */
static int refusal(const char *name, int of_own)
{
    return layer_is_own_xattr(name) ? of_own : -EOPNOTSUPP;
}

/* The node whose attributes are read, and its descriptor. */
static int readable(struct share_tree *tree, uint64_t id, struct share_node **out)
{
    struct statx st;
    int error = node_find(tree, id, out);

    if (error < 0)
        return error;
    if ((*out)->share == NULL || (*out)->barred)
        return -EOPNOTSUPP;
    int fd = node_top_fd(tree, *out);
    error = fd < 0 ? fd : beneath_stat(fd, &st);
    if (error == 0)
        error = lookup_may(*out, &st, 04);
    return error < 0 ? error : fd;
}

ssize_t share_getxattr(struct share_tree *tree, uint64_t id, const char *name, void *value, size_t size)
{
    struct share_node *node;
    int fd = readable(tree, id, &node);

    if (fd < 0)
        return fd;
    return is_for_guest(node->share, name) ? beneath_getxattr(tree->proc, fd, name, value, size)
                                           : refusal(name, -ENODATA);
}

ssize_t share_listxattr(struct share_tree *tree, uint64_t id, char *list, size_t size)
{
    char all[XATTR_LIST_MAX];
    struct share_node *node;
    size_t done = 0;
    int fd = readable(tree, id, &node);
    ssize_t n = fd < 0 ? fd : beneath_listxattr(tree->proc, fd, all, sizeof(all));

    if (n < 0)
        return n == -EOPNOTSUPP ? 0 : n;
    for (size_t at = 0, length; at < (size_t)n; at += length) {
        length = strnlen(all + at, (size_t)n - at) + 1;
        if (at + length > (size_t)n || !is_for_guest(node->share, all + at))
            continue;
        if (size != 0 && length > size - done)
            return -ERANGE;
        if (size != 0)
            memcpy(list + done, all + at, length);
        done += length;
    }
    return (ssize_t)done;
}

/* The node whose attributes are changed, and its descriptor. */
static int changeable(struct share_tree *tree, uint64_t id, const char *name)
{
    struct share_node *node;
    struct statx st;
    int error = node_find(tree, id, &node);

    if (error < 0)
        return error;
    if (node->share == NULL || node->share->is.mode == SHARE_RO || node->barred)
        return -EROFS;
    if (!is_for_guest(node->share, name))
        return refusal(name, -EPERM);
    int fd = raise_fd(tree, node);
    error = fd < 0 ? fd : beneath_stat(fd, &st);
    if (error == 0)
        error = lookup_may(node, &st, 02);
    return error < 0 ? error : fd;
}

int share_setxattr(struct share_tree *tree, uint64_t id, const char *name, const void *value, size_t size,
                   uint32_t flags)
{
    int fd = changeable(tree, id, name);

    return fd < 0 ? fd : beneath_setxattr(tree->proc, fd, name, value, size, (int)flags);
}

int share_removexattr(struct share_tree *tree, uint64_t id, const char *name)
{
    int fd = changeable(tree, id, name);

    return fd < 0 ? fd : beneath_removexattr(tree->proc, fd, name);
}
