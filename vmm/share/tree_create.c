/* SPDX-License-Identifier: Apache-2.0 */
/* tree_create.c - the beginning and the end of a tree, see tree.h. */
#include "vmm/share/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/sandbox/mounts.h"
#include "vmm/share/beneath.h"
#include "vmm/share/git_guard.h"
#include "vmm/share/handles.h"
#include "vmm/share/layers.h"
#include "vmm/share/locks.h"
#include "vmm/share/lookup.h"
#include "vmm/share/nodes.h"
#include "vmm/share/upper.h"
#include "vmm/share/watches.h"

#define OPEN_LEAST 64u
#define OPEN_MOST (1u << 20)
#define OTHERS_LEAST 8u
#define OPEN_SPARE 32u /* descriptors of the process itself, and those that are closed at once */

/* Three quarters of all descriptors are the nodes', the others open files' and locks'. */
static void raise_limit(struct share_tree *tree)
{
    struct rlimit limit;

    tree->open_max = OPEN_LEAST;
    tree->others_max = OTHERS_LEAST;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    unsigned all = limit.rlim_cur < OPEN_MOST ? (unsigned)limit.rlim_cur : OPEN_MOST, nodes = all / 4 * 3;
    unsigned others = all - nodes > OPEN_SPARE ? all - nodes - OPEN_SPARE : 0;
    tree->open_max = nodes > OPEN_LEAST ? nodes : OPEN_LEAST;
    tree->others_max = others > OTHERS_LEAST ? others : OTHERS_LEAST;
}

/* The node of what nobody looks up: a share's top. It is there to the end. Takes the descriptors in any case. */
static int take_top(struct share_tree *tree, struct tree_share *share, struct share_node *parent, const char *name,
                    struct share_found *found, struct share_node **out)
{
    int error = 0;

    for (int layer = 0; layer < LAYERS && error == 0; layer++)
        if (found->fd[layer] >= 0)
            error = beneath_stat(found->fd[layer], &found->st[layer]);
    if (error < 0) {
        found_drop(found);
        return error;
    }
    error = node_take(tree, share, parent, name, found, out);
    if (error == 0)
        node_hold(*out);
    return error;
}

/* A cow share that is a file: its changes are a file in `upper`, of which the guest doesn't see the folder. */
static int take_file(struct share_tree *tree, struct tree_share *share, struct share_found *found,
                     struct share_node **out)
{
    struct share_found above = {.fd = {found->fd[UPPER], -1}};
    struct share_node *folder;
    int error;

    found->fd[UPPER] = -1;
    error = take_top(tree, share, NULL, "", &above, &folder);
    if (error == 0)
        error = node_keep(tree, folder);
    if (error == 0) {
        int changed = beneath_open(share->is.upper, LAYER_FILE);

        if (changed >= 0) {
            close(found->fd[LOWER]);
            *found = (struct share_found){.fd = {changed, -1}};
        }
        error = changed < 0 && changed != -ENOENT ? changed : 0;
    }
    if (error < 0) {
        found_drop(found);
        return error;
    }
    return take_top(tree, share, folder, LAYER_FILE, found, out);
}

/* The folder of changes is one run's at a time. What a killed one has left in its work folder goes. */
static int take_upper(struct tree_share *share)
{
    struct statx st;

    if (flock(share->is.upper, LOCK_EX | LOCK_NB) < 0)
        return errno == EAGAIN ? -EBUSY : -errno;
    int error = beneath_stat(share->is.upper, &st);
    if (error < 0)
        return error;
    share->upper_dev = node_dev(&st);
    share->upper_ino = st.stx_ino;
    error = upper_clear_work(share);
    return error == -ENOENT ? 0 : error;
}

static int take_share(struct share_tree *tree, struct tree_share *share)
{
    struct share_found found = {.fd = {-1, -1}};
    struct stat st;
    int error = beneath_result(fstat(share->is.fd, &st));

    if (error == 0 && !S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
        error = -ENXIO;
    if (error == 0 && share->is.mode == SHARE_COW)
        error = take_upper(share);
    if (error < 0)
        return error;
    share->has_git = share->is.keeps_git && S_ISDIR(st.st_mode) && git_guard_is_there(share->is.fd);
    found.fd[share->is.mode == SHARE_RW ? UPPER : LOWER] = share->is.fd;
    share->is.fd = -1; /* the node's from now on */
    if (share->is.mode == SHARE_COW) {
        found.fd[UPPER] = openat(share->is.upper, ".", O_PATH | O_CLOEXEC);
        error = found.fd[UPPER] < 0 ? -errno : 0;
    }
    if (error < 0)
        found_drop(&found);
    else if (share->is.mode == SHARE_COW && S_ISREG(st.st_mode))
        error = take_file(tree, share, &found, &share->root);
    else
        error = take_top(tree, share, NULL, "", &found, &share->root);
    return error < 0 ? error : node_keep(tree, share->root);
}

static void give_up_share(struct tree_share *share)
{
    if (share->work >= 0) {
        close(share->work);
        upper_clear_work(share);
    }
    if (share->is.fd >= 0)
        close(share->is.fd);
    if (share->is.upper >= 0)
        close(share->is.upper);
}

void share_tree_reset(struct share_tree *tree)
{
    tree->tells = false;
    echoes_end(&tree->echoes);
    handles_fini(tree);
    locks_fini(tree);
    for (uint32_t i = 0; i < tree->slots_n; i++)
        if (tree->slots[i] != NULL)
            node_forget(tree, tree->slots[i], UINT64_MAX); /* and folders that it was the last one in */
}

bool share_tree_is_apart(const struct share_tree *tree)
{
    return tree->apart;
}

void share_tree_destroy(struct share_tree *tree)
{
    if (tree == NULL)
        return;
    handles_fini(tree);
    locks_fini(tree);
    nodes_fini(tree);
    for (unsigned i = 0; i < tree->shares_n; i++)
        give_up_share(&tree->shares[i]);
    watches_fini(tree);
    if (tree->proc >= 0)
        close(tree->proc);
    free(tree->git_made);
    free(tree);
}

static int fill(struct share_tree *tree)
{
    int error = nodes_init(tree);

    handles_init(tree);
    watches_init(tree);

    tree->proc = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (error == 0 && tree->proc < 0)
        error = -errno;
    tree->apart = error == 0;
    for (unsigned i = 0; i < tree->shares_n; i++)
        tree->apart = tree->apart && tree->shares[i].is.apart;
    tree->apart = tree->apart && mounts_part(&tree->proc) == 0;
    for (unsigned i = 0; error == 0 && i < tree->shares_n; i++)
        error = take_share(tree, &tree->shares[i]);
    return error;
}

int share_tree_create(const struct share *shares, unsigned count, struct share_tree **out)
{
    struct share_tree *tree = count > SHARE_MAX ? NULL : calloc(1, sizeof(*tree));
    int error;

    if (tree == NULL) {
        for (unsigned i = 0; i < count; i++) {
            close(shares[i].fd);
            if (shares[i].upper >= 0)
                close(shares[i].upper);
        }
        return count > SHARE_MAX ? -EINVAL : -ENOMEM;
    }
    for (unsigned i = 0; i < count; i++)
        tree->shares[i] = (struct tree_share){.is = shares[i], .index = i, .work = -1};
    tree->shares_n = count;
    tree->uid = geteuid();
    tree->gid = getegid();
    rights_init(&tree->rights);
    raise_limit(tree);
    umask(0);
    error = fill(tree);
    if (error < 0)
        share_tree_destroy(tree);
    else
        *out = tree;
    return error;
}
