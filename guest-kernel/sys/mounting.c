/* SPDX-License-Identifier: Apache-2.0 */
/* mounting.c - mount(2), umount2(2) and pivot_root(2): arguments and rights. vfs/mount_ops.c does it. */
#include "sys/syscall.h"

#include "core/pid.h"
#include "lib/string.h"
#include "sys/mount_flags.h"
#include "sys/user.h"

#define MNT_FORCE 1u
#define MNT_DETACH 2u
#define MNT_EXPIRE 4u
#define UMOUNT_NOFOLLOW 8u

#define MS_MGC_VAL 0xc0ed0000u /* in the upper half: an old program's magic number */
#define MS_MGC_MASK 0xffff0000u
#define PROPAGATION (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)

/* Strings that the caller gives; each in a page of its own, NULL for a NULL pointer. */
struct texts {
    struct user_path source, type, options;
};

static int text_get(struct user_path *text, uaddr_t address)
{
    *text = (struct user_path){NULL, NULL};
    int error = address != 0 ? user_path_get_any(text, address) : 0;
    if (error != 0)
        *text = (struct user_path){NULL, NULL};
    return error == -ENAMETOOLONG ? -EINVAL : error;
}

static void text_put(struct user_path *text)
{
    if (text->page != NULL)
        user_path_put(text);
}

static void texts_put(struct texts *texts)
{
    text_put(&texts->source);
    text_put(&texts->type);
    text_put(&texts->options);
}

static int texts_get(struct texts *texts, const uint64_t arg[6])
{
    *texts = (struct texts){0};
    int error = text_get(&texts->source, arg[0]);

    if (error == 0)
        error = text_get(&texts->type, arg[2]);
    if (error == 0)
        error = text_get(&texts->options, arg[4]);
    if (error != 0)
        texts_put(texts);
    return error;
}

#define ATIME_FLAGS (MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME)

/* As Linux: relatime, unless something else is asked for. Mounted already, it stays as it is unless it is. */
static uint32_t mount_flags(const struct path *at, uint32_t flags)
{
    if ((flags & MS_REMOUNT) && !(flags & ATIME_FLAGS))
        return flags | (at->mount->flags & ATIME_FLAGS);
    flags = flags & MS_NOATIME ? flags & ~MS_RELATIME : flags | MS_RELATIME;
    if (flags & MS_STRICTATIME)
        flags &= ~(MS_RELATIME | MS_NOATIME);
    return flags;
}

/* What is at `source` gets to `at` as well, or (MS_MOVE) in place of where it is. */
static int from_source(const struct path *at, const struct texts *texts, uint32_t flags)
{
    struct path cwd = current_thread()->fs->cwd, from;

    if (texts->source.name == NULL || texts->source.name[0] == 0)
        return -EINVAL;
    int error = path_lookup(&cwd, texts->source.name, 0, &from);
    if (error != 0)
        return error;
    error = flags & MS_BIND ? mount_bind(at, &from, flags & MS_REC) : mount_move(at, &from);
    path_put(&from);
    return error;
}

static int propagation_set(const struct path *at, uint32_t flags)
{
    uint32_t type = flags & PROPAGATION;

    if ((type & (type - 1)) || (flags & ~(PROPAGATION | MS_REC | MS_SILENT)))
        return -EINVAL;
    return mount_set_propagation(at, type, flags & MS_REC);
}

static int mount_at(const struct path *at, const struct texts *texts, uint32_t flags)
{
    if (flags & MS_REMOUNT)
        return mount_remount(at, mount_flags(at, flags), texts->options.name, flags & MS_BIND);
    if (flags & MS_BIND)
        return from_source(at, texts, flags);
    if (flags & PROPAGATION)
        return propagation_set(at, flags);
    if (flags & MS_MOVE)
        return from_source(at, texts, flags);
    if (texts->type.name == NULL)
        return -EINVAL;
    return mount_new(at, texts->type.name, texts->source.name, texts->options.name, mount_flags(at, flags));
}

int64_t sys_mount(const uint64_t arg[6])
{
    uint32_t flags = (uint32_t)arg[3];
    struct texts texts;
    struct path at;
    int error = texts_get(&texts, arg);

    if (error != 0)
        return error;
    if ((flags & MS_MGC_MASK) == MS_MGC_VAL)
        flags &= ~MS_MGC_MASK;
    error = user_lookup_path(AT_FDCWD, arg[1], 0, &at);
    if (error == 0) {
        error = mounting_begin();
        error = error != 0 ? error : mount_at(&at, &texts, flags);
        path_put(&at);
    }
    texts_put(&texts);
    return error;
}

int64_t sys_umount2(const uint64_t arg[6])
{
    uint32_t flags = (uint32_t)arg[1];
    struct path at;

    if (flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
        return -EINVAL;
    int error = user_lookup_path(AT_FDCWD, arg[0], flags & UMOUNT_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0, &at);
    if (error != 0)
        return error;
    mount_cross(&at); /* where "." and ".." lead to may be covered */
    error = mounting_begin();
    if (error == 0 && flags & MNT_EXPIRE)
        error = flags & (MNT_FORCE | MNT_DETACH) ? -EINVAL : mount_expire(&at);
    else if (error == 0)
        error = mount_remove(&at, flags & MNT_DETACH);
    path_put(&at);
    if (error == -EAGAIN)
        at.mount->expires = true; /* the tree has it still: nothing has waited */
    return error;
}

/* ---- pivot_root ---- */

static void path_follow(struct path *path, const struct path *was, const struct path *is)
{
    if (!path_is(path, was))
        return;
    path_get(is);
    fs_context_set(path, is);
}

/* Everybody whose root or working directory was the old root goes along. */
static void threads_follow(const struct path *was, const struct path *is)
{
    for (struct pid *id = pid_from(1); id != NULL; id = pid_from(id->number + 1)) {
        if (id->thread == NULL || id->thread->fs == NULL)
            continue;
        path_follow(&id->thread->fs->root, was, is);
        path_follow(&id->thread->fs->cwd, was, is);
    }
}

static int pivot(const struct path *new_root, const struct path *put_old)
{
    struct path was = *path_root();
    int error;

    path_get(&was);
    error = mount_pivot(new_root, put_old);
    if (error == 0)
        threads_follow(&was, new_root);
    path_put(&was);
    return error;
}

int64_t sys_pivot_root(const uint64_t arg[6])
{
    struct path new_root, put_old;

    int error = mounting_begin();
    if (error == 0)
        error = user_lookup_path(AT_FDCWD, arg[0], 0, &new_root);
    if (error != 0)
        return error;
    error = user_lookup_path(AT_FDCWD, arg[1], 0, &put_old);
    if (error == 0) {
        error = pivot(&new_root, &put_old);
        path_put(&put_old);
    }
    path_put(&new_root);
    return error;
}
