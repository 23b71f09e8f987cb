/* SPDX-License-Identifier: Apache-2.0 */
/* raise.c - see raise.h. */
#include "vmm/share/raise.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "vmm/share/beneath.h"
#include "vmm/share/git_guard.h"
#include "vmm/share/copy.h"
#include "vmm/share/lookup.h"
#include "vmm/share/upper.h"

#define DEPTH_MAX 1000u

static struct timespec time_of(const struct statx_timestamp *time)
{
    return (struct timespec){.tv_sec = time->tv_sec, .tv_nsec = time->tv_nsec};
}

/* The copy gets its name. The folder's times stay, as nothing has changed in it that the guest would see. */
static int place(struct share_tree *tree, struct share_node *node, const char *made)
{
    int work = node->share->work, dir = node_fd(tree, node->parent, UPPER);
    char text[BENEATH_NUMBER];
    struct statx before;
    int error = dir < 0 ? dir : beneath_stat(dir, &before);

    if (error == 0)
        error = upper_move(tree, work, made, dir, node->name, RENAME_NOREPLACE);
    if (error < 0)
        return error == -EEXIST ? -ESTALE : error;
    struct timespec times[2] = {time_of(&before.stx_atime), time_of(&before.stx_mtime)};
    utimensat(tree->proc, beneath_number(dir, text), times, 0);
    return 0;
}

/* Of a node whose parent has its upper layer. A file that has no name any more has a copy without one. */
static int raise_one(struct share_tree *tree, struct share_node *node, uint64_t bytes)
{
    struct tree_share *share = node->share;
    char made[UPPER_NAME];
    struct statx st;
    int work, from = node_fd(tree, node, LOWER), error = from < 0 ? from : beneath_stat(from, &st);

    if (error == 0 && node->name == NULL && S_ISDIR(st.stx_mode))
        error = -ENOENT;
    if (error == 0 && S_ISREG(st.stx_mode))
        error = lookup_may(node, &st, 04);
    if (error < 0)
        return error;
    work = upper_work(share);
    if (work < 0)
        return work;
    struct copy copy = {.proc = tree->proc,
                        .from = from,
                        .st = &st,
                        .own = share->is.own,
                        .xattrs = lookup_may(node, &st, 04) == 0,
                        .bytes = bytes};
    int fd = copy_make(&copy, work, upper_new_name(tree, made));
    if (fd < 0)
        return fd;
    error = node->name == NULL ? beneath_result(unlinkat(work, made, 0)) : place(tree, node, made);
    if (error == 0)
        error = beneath_stat(fd, &st);
    if (error < 0) {
        close(fd);
        unlinkat(work, made, S_ISDIR(st.stx_mode) ? AT_REMOVEDIR : 0);
        return error;
    }
    node_raise(tree, node, fd, &st);
    if (tree->raised != NULL)
        tree->raised(tree->raised_owner, node->id);
    return 0;
}

int raise_node(struct share_tree *tree, struct share_node *node, uint64_t bytes)
{
    if (node->share == NULL || node->share->is.mode == SHARE_RO || node->barred || git_guard_has_node(tree, node))
        return -EROFS;
    if (node->name == NULL && !node->has[UPPER])
        return raise_one(tree, node, bytes);
    while (!node->has[UPPER]) {
        struct share_node *first = node;
        unsigned depth = 0;

        while (first->parent != NULL && !first->parent->has[UPPER] && depth++ < DEPTH_MAX)
            first = first->parent;
        if (first->parent == NULL || !first->parent->has[UPPER])
            return -ENAMETOOLONG;
        int error = raise_one(tree, first, first == node ? bytes : 0);
        if (error < 0)
            return error;
    }
    return 0;
}

int raise_fd(struct share_tree *tree, struct share_node *node)
{
    int error = raise_node(tree, node, UINT64_MAX);

    return error < 0 ? error : node_fd(tree, node, UPPER);
}
