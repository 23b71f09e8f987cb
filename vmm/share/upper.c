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

/* ---- folders of users of the guest ---- */

/* One that is ours for a moment, and written by us. */
struct lent {
    int fd; /* -1: none is */
    uint32_t uid;
    mode_t mode;
};

static int set_mode(const struct share_tree *tree, int fd, mode_t mode)
{
    char text[BENEATH_NUMBER];

    return beneath_result(fchmodat(tree->proc, beneath_number(fd, text), mode & 07777, 0));
}

/* Nobody else gets a right to it: the owner is changed first, and comes back last. -EACCES: it can't be ours. */
static int lend(const struct share_tree *tree, int fd, struct lent *lent)
{
    struct statx st;
    int error = beneath_stat(fd, &st);

    lent->fd = -1;
    if (error < 0 || !S_ISDIR(st.stx_mode) || (st.stx_uid == tree->uid && (st.stx_mode & S_IRWXU) == S_IRWXU))
        return error;
    if (st.stx_uid != tree->uid && fchownat(fd, "", tree->uid, (gid_t)-1, AT_EMPTY_PATH) < 0)
        return -EACCES;
    *lent = (struct lent){fd, st.stx_uid, st.stx_mode};
    return set_mode(tree, fd, st.stx_mode | S_IRWXU);
}

static void give_back(const struct share_tree *tree, const struct lent *lent)
{
    if (lent->fd < 0)
        return;
    set_mode(tree, lent->fd, lent->mode);
    if (lent->uid != tree->uid && fchownat(lent->fd, "", lent->uid, (gid_t)-1, AT_EMPTY_PATH) < 0)
        return; /* it was ours to take, and is as safe with us */
}

/* What has the name is lent if it is a folder, as ".." of it changes. Its descriptor is in *fd, -1: there is nothing.
 */
static int lend_name(const struct share_tree *tree, int dir, const char *name, int *fd, struct lent *lent)
{
    *fd = beneath_open(dir, name);
    return *fd < 0 ? (*fd == -ENOENT ? 0 : *fd) : lend(tree, *fd, lent);
}

static int move_lent(const struct share_tree *tree, int from, const char *name, int to, const char *new_name,
                     unsigned flags)
{
    struct lent moved = {.fd = -1}, other = {.fd = -1};
    int fd = -1, other_fd = -1, error = lend_name(tree, from, name, &fd, &moved);

    if (error == 0)
        error = lend_name(tree, to, new_name, &other_fd, &other);
    if (error == 0)
        error = beneath_result(renameat2(from, name, to, new_name, flags));
    give_back(tree, &other);
    give_back(tree, &moved);
    if (other_fd >= 0)
        close(other_fd);
    if (fd >= 0)
        close(fd);
    return error;
}

int upper_move(const struct share_tree *tree, int from, const char *name, int to, const char *new_name, unsigned flags)
{
    struct lent source = {.fd = -1}, target = {.fd = -1};
    int error = beneath_result(renameat2(from, name, to, new_name, flags));

    if (error != -EACCES)
        return error;
    error = lend(tree, from, &source);
    if (error == 0)
        error = lend(tree, to, &target);
    if (error == 0)
        error = move_lent(tree, from, name, to, new_name, flags);
    give_back(tree, &target);
    give_back(tree, &source);
    return error;
}

int upper_unlink(const struct share_tree *tree, int dir, const char *name)
{
    struct lent lent;
    int error = beneath_result(unlinkat(dir, name, 0));

    if (error != -EACCES)
        return error;
    error = lend(tree, dir, &lent);
    if (error == 0)
        error = beneath_result(unlinkat(dir, name, 0));
    give_back(tree, &lent);
    return error;
}

int upper_set_opaque(const struct share_tree *tree, int folder)
{
    struct lent lent;
    int error = layer_set_opaque(tree->proc, folder);

    if (error != -EACCES)
        return error;
    error = lend(tree, folder, &lent);
    if (error == 0)
        error = layer_set_opaque(tree->proc, folder);
    give_back(tree, &lent);
    return error;
}

/* Of the work folder: a folder that was a user's is ours from now on. */
static int clear(const struct share_tree *tree, int work, const char *name)
{
    int error = layer_clear(work, name), fd = error == -EACCES ? beneath_open(work, name) : -1;
    struct lent lent;

    if (fd < 0)
        return error;
    error = lend(tree, fd, &lent);
    close(fd);
    return error < 0 ? error : layer_clear(work, name);
}

/* ---- names ---- */

int upper_put(struct share_tree *tree, struct share_node *folder, const char *made, const char *name)
{
    int work = upper_work(folder->share), dir = work < 0 ? work : node_fd(tree, folder, UPPER);

    if (dir < 0)
        return dir;
    int error = upper_move(tree, work, made, dir, name, RENAME_NOREPLACE);
    if (error == -EEXIST) {
        error = upper_move(tree, work, made, dir, name, RENAME_EXCHANGE);
        error = error < 0 ? error : clear(tree, work, made);
    }
    return error;
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
    int error = upper_move(tree, dir, name, work, upper_new_name(tree, made), RENAME_NOREPLACE);
    return error < 0 ? error : clear(tree, work, made);
}
