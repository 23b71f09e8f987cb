/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mount.h - file systems in their places: a tree of mounts, each a part of a file system (from one of its directories
 * down) that covers a directory of another mount.
 */
#ifndef GK_VFS_MOUNT_H
#define GK_VFS_MOUNT_H

#include "lib/tree.h"
#include "vfs/dentry.h"

/* mount(2)'s MS_*, with Linux's values. */
#define MS_RDONLY 1u
#define MS_NOSUID 2u
#define MS_NODEV 4u
#define MS_NOEXEC 8u
#define MS_SYNCHRONOUS 16u
#define MS_REMOUNT 32u
#define MS_MANDLOCK 64u
#define MS_DIRSYNC 128u
#define MS_NOSYMFOLLOW 256u
#define MS_NOATIME 1024u
#define MS_NODIRATIME 2048u
#define MS_BIND 4096u
#define MS_MOVE 8192u
#define MS_REC 16384u
#define MS_SILENT 32768u
#define MS_POSIXACL (1u << 16)
#define MS_UNBINDABLE (1u << 17)
#define MS_PRIVATE (1u << 18)
#define MS_SLAVE (1u << 19)
#define MS_SHARED (1u << 20)
#define MS_RELATIME (1u << 21)
#define MS_STRICTATIME (1u << 24)
#define MS_LAZYTIME (1u << 25)
/* Those that a mount has of its own. */
#define MOUNT_FLAGS \
    (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOSYMFOLLOW | MS_NOATIME | MS_NODIRATIME | MS_RELATIME)

#define MOUNT_SOURCE_MAX 64u

struct mount {
    struct filesystem *fs;
    struct dentry *root;                  /* with a reference */
    struct mount *parent;                 /* with a reference; NULL: the root, or taken out of the tree */
    struct dentry *point;                 /* what it covers, with a reference */
    struct mount *below;                  /* what is mounted on the same dentry, of other mounts or under this one */
    struct list of_parent, children, all; /* all: mounts, the root first */
    struct mount *copy;                   /* of this one, while what lies in it is copied, too */
    /* How mounts in it spread: vfs/mount_peers.c. */
    uint32_t group;               /* it is shared with those in the ring of peers; 0: it isn't */
    bool unbindable;              /* MS_UNBINDABLE */
    bool is_new;                  /* it has no place yet: nothing spreads to it */
    bool is_detached;             /* and is the top of a tree that a descriptor has: vfs/mount_detached.c */
    struct list peers;            /* with itself */
    struct mount *master;         /* it is a slave of that one's group; NULL: it isn't */
    struct list slaves, slave_of; /* slaves: their slave_of */
    struct list reached;          /* while it is found out who is concerned */
    struct mount *received;       /* meanwhile: what it has of what is spread */
    struct mount *target;         /* where a copy is to be mounted */
    uint32_t refs, flags, id;
    uint64_t unique_id;            /* never given twice, as id may be: statmount(2) */
    struct tree_node by_id;        /* of mount_ids */
    uint32_t writers;              /* open files that can be written to */
    bool expires;                  /* nobody has used it since it was asked to expire (MNT_EXPIRE) */
    char source[MOUNT_SOURCE_MAX]; /* "none", "/dev/vda": what mount(2) was given */
};

void mount_free(struct mount *mount); /* for mount_put alone */
static inline void mount_get(struct mount *mount)
{
    mount->refs++;
}
static inline void mount_put(struct mount *mount)
{
    mount->expires = false;
    if (--mount->refs == 0)
        mount_free(mount);
}

/* struct path, all zero: nowhere. Who has one for longer than a call has a reference to both. */
static inline void path_get(const struct path *path)
{
    mount_get(path->mount);
    dentry_get(path->dentry);
}
static inline void path_put(const struct path *path)
{
    dentry_put(path->dentry);
    mount_put(path->mount);
}
static inline struct inode *path_inode(const struct path *path)
{
    return path->dentry->inode;
}
static inline bool path_is(const struct path *a, const struct path *b)
{
    return a->dentry == b->dentry && a->mount == b->mount;
}

/* What is on top there: follows mounts on *path, whose references change with it. True: there were some. */
bool mount_cross(struct path *path);
bool mount_has_parent(const struct mount *mount);
/* The mount that comes after `after` in the list of all (NULL: the first); borrowed. For procfs. */
struct mount *mount_next(const struct mount *after);
/* Whether it is in that list: one that is in use may have been taken out of the tree. */
bool mount_is_known(const struct mount *mount);
/* Whether it is in its place, or in a tree that a descriptor has (mount_detached.h). */
bool mount_is_somewhere(const struct mount *mount);
/* The first one in its place with a unique_id from `from` on, or (downwards) the last one up to it; borrowed. NULL:
 * there is none. What has a unique_id has one above MOUNT_UNIQUE_FIRST. */
#define MOUNT_UNIQUE_FIRST (1ull << 31)
struct mount *mount_from_id(uint64_t from, bool downwards);
/* Whether the mount's own root is `top`, or is below it by way of the mounts in between. Their number, and that of the
 * directories in the last, is added to *steps: as many as there are, where each lies in the one before. */
bool mount_is_within(const struct mount *mount, const struct path *top, unsigned *steps);
/* -EROFS: nothing may be changed there. */
int mount_may_write(const struct mount *mount);

/* mount(2) and its kin; the caller has the rights. `at`: where. Each 0 or -errno. */
/* source: what mount(2) was given, or NULL; the path of a disk's node where the type needs a disk. */
int mount_new(const struct path *at, const char *type, const char *source, const char *options, uint32_t flags);
int mount_bind(const struct path *at, const struct path *from, bool recursive);
/* What is mounted at `from`, or (mount_detached.h) is to be mounted for the first time. */
int mount_move(const struct path *at, const struct path *from);
/* The same, with what is mounted at `at` on top: MOVE_MOUNT_BENEATH. */
int mount_move_beneath(const struct path *at, const struct path *from);
/* What is mounted at `at`, private so far, becomes a peer of the mount at `from`, a slave of its master, or both. */
int mount_set_group(const struct path *at, const struct path *from);
/* How mounts and unmounts in it spread: MS_SHARED, MS_PRIVATE, MS_SLAVE, MS_UNBINDABLE; recursive: in all below, too.
 */
int mount_set_propagation(const struct path *at, uint32_t type, bool recursive);
int mount_remount(const struct path *at, uint32_t flags, const char *options, bool only_mount);
int mount_remove(const struct path *at, bool lazy);
/* MNT_EXPIRE: -EAGAIN, if nobody has used it since this was last asked: the caller sets `expires` once it has put its
 * own reference. */
int mount_expire(const struct path *at);
/* What threads have as their root and working directory isn't changed. */
int mount_pivot(const struct path *new_root, const struct path *put_old);

/* What every program finds, /dev, /proc, /dev/shm and /dev/pts, isn't mounted on a disk before somebody looks: most of
 * a short start would be that. True: it is still to be done, by mount_boot, before there are other mounts and before a
 * name in the root is looked up that mount_boot_is; with 0 or -errno, it may be asked again. */
extern bool mount_boot_waits;
int mount_boot(void);
bool mount_boot_is(const struct dentry *dir, const char *name, size_t length);

/* n-th directory in `dir` that is only there for a mount, or NULL: vfs/readdir.c. */
const struct dentry *mount_point_in(const struct dentry *dir, unsigned n);

static inline bool mount_is_shared(const struct mount *mount)
{
    return mount->group != 0;
}

#endif
