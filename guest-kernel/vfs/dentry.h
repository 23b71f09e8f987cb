/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dentry.h - names in directories as they are in memory: which inode a name leads to, or that there is none.
 *
 * A dentry refers to its parent and its inode, so a path is a chain of dentries up to the root of its file system, and
 * file systems know nothing of it. Those that nobody uses stay for a while, the leaves first to go. Who changes a
 * directory's names holds that inode's lock; the cache itself never waits.
 */
#ifndef GK_VFS_DENTRY_H
#define GK_VFS_DENTRY_H

#include "vfs/vfs.h"

#define DENTRY_INLINE 24u /* bytes of a name that need no memory of their own */

struct dentry {            /* python3 comes to know some six hundred */
    struct dentry *parent; /* with a reference; a root is its own, without one */
    struct inode *inode;   /* with a reference; NULL: there is no such name */
    struct mount *mounted; /* the last thing that was mounted on it: vfs/mount.c */
    const char *name;      /* not NUL-terminated */
    uint32_t refs;
    uint16_t length;
    bool hashed;         /* it can be found: it is what the directory has by this name */
    bool stays : 1;      /* a directory that is only here, for a mount: vfs/mount.c */
    bool has_points : 1; /* some of its children are such ones */
    struct dentry *hash_next;
    struct list of_parent;
    union {
        struct list children; /* those without an inode come first; each has a reference to it */
        struct list idle;     /* hashed and without references, oldest first */
    };
    struct list of_inode; /* in inode->dentries */
    uint64_t vouched;     /* vfs/names_told.h; 0: nobody does */
    char bytes[DENTRY_INLINE];
};
#ifndef GK_CHECKS
_Static_assert(sizeof(struct dentry) <= 128, "a name takes twice the memory");
#endif

/* A root for a new file system; takes over the caller's reference to `inode`. NULL: no memory; the reference is gone,
 * too. One reference. */
struct dentry *dentry_root(struct inode *inode);
/* The same for what is in no directory, with a name that nothing finds it by. */
struct dentry *dentry_alone(struct inode *inode, const char *name, size_t length);
/* The name as the cache has it, with a reference; NULL: not known. */
struct dentry *dentry_find(const struct dentry *dir, const char *name, size_t length);
/* The same without a reference: for who shares the kernel lock. */
struct dentry *dentry_look(const struct dentry *dir, const char *name, size_t length);
/* Remembers a name: takes over the caller's reference to `inode`; NULL: there is none. The dentry with a reference, or
 * -ENOMEM; then that to the inode is gone as well. */
int dentry_add(struct dentry *dir, const char *name, size_t length, struct inode *inode, struct dentry **out);
/* The name of what was NULL leads to `inode` now, whose reference it takes over. */
void dentry_fill(struct dentry *dentry, struct inode *inode);
/* It is no longer what the directory has by this name. */
void dentry_unhash(struct dentry *dentry);
/* The name was removed. If nobody else has the dentry, it tells that from now on. */
void dentry_delete(struct dentry *dentry);
/* It takes the place of `to`, which is gone from there, or with `exchange` gets the other place. Both, and their
 * parents, have references of the caller. */
void dentry_move(struct dentry *dentry, struct dentry *to, bool exchange);
/* Forgets those below `dir`, but one (or NULL), that say that there is no such name. */
void dentry_forget_absent(struct dentry *dir, const struct dentry *but);
/* Forgets other names of `inode` in `dir`: where names that differ in case are one name. */
void dentry_forget_aliases(const struct dentry *dir, struct inode *inode, const struct dentry *but);
/* Frees up to `count` that nobody uses, of one file system or (NULL) of all. How many. */
uint64_t dentry_shrink(const struct filesystem *fs, uint64_t count);

/* Whether the last reference's end (dentry_put) would free nothing: this isn't the last one, or it stays for a while.
 */
bool dentry_can_idle(const struct dentry *dentry);

/* Whether `dentry` is `ancestor`, or below it. */
bool dentry_is_within(const struct dentry *dentry, const struct dentry *ancestor);

void dentry_free(struct dentry *dentry); /* for dentry_put alone */
static inline bool dentry_is_root(const struct dentry *dentry)
{
    return dentry->parent == dentry;
}
void dentry_wake(struct dentry *dentry); /* for dentry_get alone */
static inline void dentry_get(struct dentry *dentry)
{
    if (dentry->refs++ == 0)
        dentry_wake(dentry);
}
static inline void dentry_put(struct dentry *dentry)
{
    if (--dentry->refs == 0)
        dentry_free(dentry);
}

#endif
