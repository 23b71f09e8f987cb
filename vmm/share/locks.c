/* SPDX-License-Identifier: Apache-2.0 */
/* locks.c - see locks.h. */
#include "vmm/share/locks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/share/beneath.h"
#include "vmm/share/open_file.h"

/* An owner's open file of a node, which holds its locks. */
struct share_lock {
    const struct share_node *node;
    uint64_t owner;
    int fd;
    struct share_lock *next;
};

static struct share_lock **find(struct share_tree *tree, const struct share_node *node, uint64_t owner)
{
    struct share_lock **at = &tree->locks;

    while (*at != NULL && !((*at)->node == node && (*at)->owner == owner))
        at = &(*at)->next;
    return at;
}

static void drop(struct share_tree *tree, struct share_lock **at)
{
    struct share_lock *lock = *at;

    *at = lock->next;
    node_close_other(tree, lock->fd);
    free(lock);
}

/* All locks of a node's owners go: nobody has it open any more. */
static void drop_all(struct share_tree *tree, const struct share_node *node)
{
    for (struct share_lock **at = &tree->locks; *at != NULL;) {
        if ((*at)->node == node)
            drop(tree, at);
        else
            at = &(*at)->next;
    }
}

void locks_fini(struct share_tree *tree)
{
    while (tree->locks != NULL)
        drop(tree, &tree->locks);
}

/* A file to lock instead of the host's, or -errno. */
static int file_in_memory(struct share_tree *tree, struct share_node *node)
{
    int fd = node->locks;

    if (fd < 0) {
        fd = memfd_create("lvmm-locks", MFD_CLOEXEC);
        fd = fd < 0 ? -errno : node_other(tree, fd);
        node->locks = fd < 0 ? -1 : fd;
    }
    return fd;
}

static bool is_on_host(const struct share_node *node)
{
    return node->share->is.mode == SHARE_RW;
}

/* Another open file of what the node's locks are on. */
static int open_what_is_locked(struct share_tree *tree, const struct share_handle *handle)
{
    if (!is_on_host(handle->node)) {
        int file = file_in_memory(tree, handle->node);

        return file < 0 ? file : beneath_reopen(tree->proc, file, O_RDWR);
    }
    int fd = beneath_reopen(tree->proc, handle->fd, O_RDWR);
    return fd == -EACCES ? beneath_reopen(tree->proc, handle->fd, handle->flags & O_ACCMODE) : fd;
}

static int open_again(struct share_tree *tree, const struct share_handle *handle)
{
    return node_other(tree, open_what_is_locked(tree, handle));
}

static int find_or_make(struct share_tree *tree, const struct share_handle *handle, uint64_t owner,
                        struct share_lock **out)
{
    struct share_lock **at = find(tree, handle->node, owner);

    if (*at == NULL) {
        struct share_lock *lock = malloc(sizeof(*lock));
        int fd = lock == NULL ? -ENOMEM : open_again(tree, handle);

        if (fd < 0) {
            free(lock);
            return fd == -EMFILE || fd == -ENFILE || fd == -ENOMEM ? -ENOLCK : fd;
        }
        *lock = (struct share_lock){.node = handle->node, .owner = owner, .fd = fd, .next = tree->locks};
        tree->locks = lock;
        at = &tree->locks;
    }
    *out = *at;
    return 0;
}

/* FUSE's lock, whose end is within it, as fcntl(2)'s. */
static int to_host(const struct fuse_file_lock *lock, struct flock *out)
{
    if (lock->start > lock->end || lock->end > INT64_MAX)
        return -EINVAL;
    if (lock->type != F_RDLCK && lock->type != F_WRLCK && lock->type != F_UNLCK)
        return -EINVAL;
    *out = (struct flock){.l_type = (short)lock->type,
                          .l_whence = SEEK_SET,
                          .l_start = (off_t)lock->start,
                          .l_len = lock->end == INT64_MAX ? 0 : (off_t)(lock->end - lock->start + 1)};
    return 0;
}

/* flock(2): the lock is the open file's. */
static int lock_whole(struct share_tree *tree, struct share_handle *handle, uint32_t type)
{
    int operation = type == F_RDLCK ? LOCK_SH : type == F_WRLCK ? LOCK_EX : type == F_UNLCK ? LOCK_UN : -1;
    int fd = handle->fd;

    if (operation < 0)
        return -EINVAL;
    if (!is_on_host(handle->node)) {
        if (handle->flock < 0)
            handle->flock = open_again(tree, handle);
        fd = handle->flock;
    }
    if (fd < 0) {
        handle->flock = -1;
        return fd;
    }
    return beneath_result(flock(fd, operation | LOCK_NB));
}

int share_setlk(struct share_tree *tree, const struct fuse_lk_in *in)
{
    struct share_handle *handle;
    struct share_lock *lock;
    struct flock host;
    int fd = file_of(tree, in->fh, &handle);

    if (fd < 0)
        return fd;
    if (in->lk_flags & FUSE_LK_FLOCK)
        return lock_whole(tree, handle, in->lk.type);
    int error = to_host(&in->lk, &host);
    if (error == 0 && host.l_type == F_UNLCK && *find(tree, handle->node, in->owner) == NULL)
        return 0;
    if (error == 0)
        error = find_or_make(tree, handle, in->owner, &lock);
    if (error == 0 && fcntl(lock->fd, F_OFD_SETLK, &host) < 0)
        error = errno == EACCES ? -EAGAIN : -errno;
    return error;
}

int share_getlk(struct share_tree *tree, const struct fuse_lk_in *in, struct fuse_lk_out *out)
{
    struct share_handle *handle;
    struct flock host;
    int fd = file_of(tree, in->fh, &handle), error = fd < 0 ? fd : to_host(&in->lk, &host);

    if (error < 0)
        return error;
    const struct share_lock *own = *find(tree, handle->node, in->owner);
    if (!is_on_host(handle->node))
        fd = file_in_memory(tree, handle->node);
    if (fd < 0)
        return fd;
    if (fcntl(own != NULL ? own->fd : fd, F_OFD_GETLK, &host) < 0)
        return -errno;
    out->lk = (struct fuse_file_lock){.type = (uint32_t)host.l_type};
    if (host.l_type == F_UNLCK)
        return 0;
    out->lk.start = (uint64_t)host.l_start;
    out->lk.end = host.l_len == 0 ? INT64_MAX : (uint64_t)(host.l_start + host.l_len - 1);
    return 0;
}

int share_flush(struct share_tree *tree, uint64_t id, uint64_t lock_owner)
{
    struct share_handle *handle;
    int error = handle_find(tree, id, false, &handle);

    if (error < 0)
        return handle_find(tree, id, true, &handle) == 0 ? 0 : error;
    struct share_lock **at = find(tree, handle->node, lock_owner);
    if (*at != NULL)
        drop(tree, at);
    return 0;
}

/* The locks of a file that nobody has open any more go. */
void share_release(struct share_tree *tree, uint64_t id)
{
    struct share_handle *handle;

    if (handle_find(tree, id, false, &handle) == 0 && !handle_has_others(tree, handle))
        drop_all(tree, handle->node);
    if (handle_find(tree, id, false, &handle) == 0 || handle_find(tree, id, true, &handle) == 0)
        handle_destroy(tree, handle);
}
