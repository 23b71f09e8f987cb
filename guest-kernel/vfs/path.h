/* SPDX-License-Identifier: Apache-2.0 */
/* path.h - places in the tree of all mounts, and the way to them (path_resolution(7)). */
#ifndef GK_VFS_PATH_H
#define GK_VFS_PATH_H

#include "vfs/mount.h"

/* Where absolute paths of the current thread start: borrowed. */
const struct path *path_root(void);

/* What a walk does at links and mounts: openat2(2)'s RESOLVE_*, with Linux's values. */
#define RESOLVE_NO_XDEV 0x01u
#define RESOLVE_NO_MAGICLINKS 0x02u
#define RESOLVE_NO_SYMLINKS 0x04u
#define RESOLVE_BENEATH 0x08u
#define RESOLVE_IN_ROOT 0x10u
#define RESOLVE_CACHED 0x20u

#define WALK_LINKS_MAX 40u /* on one way: ELOOP */

/* A way that is being gone, with references to its places. */
struct walk {
    struct path at;   /* the directory of the last component, once walk_parent has come there */
    const char *name; /* the last component; length 0: the path is "/" and the like, and leads to `at` itself */
    size_t length;
    const char *rest;        /* of the text that is being walked, without slashes before it */
    struct path root, base;  /* where absolute links begin, and where the walk did */
    struct walk_text *texts; /* of links that are being followed, the innermost first */
    unsigned links, resolve;
    bool must_be_dir; /* a slash follows the name */
};

/* Begins at `base`, or the root. 0, -ENOENT for an empty path, -EXDEV. What was begun has to be ended. */
int walk_begin(struct walk *walk, const struct path *base, const char *path, unsigned resolve);
/* Goes to the directory of the last component. 0 or -errno. */
int walk_parent(struct walk *walk);
/* What the last component is: "." and ".." and mounts included; a link isn't followed. The dentry can be a negative
 * one. The directory's lock is taken for what isn't in memory, unless `locked`: the caller has it. *out: with
 * references. 0 or -errno, but never -ENOENT. */
int walk_last(struct walk *walk, bool locked, struct path *out);
/* The last component was `link`, a symbolic one (whose references the walk takes over): goes on with its text, up to
 * the next last component: 0. 1: it led right to *out, which has references, and the walk is over. */
int walk_follow(struct walk *walk, const struct path *link, struct path *out);
void walk_end(struct walk *walk);

enum { LOOKUP_NOFOLLOW = 1, LOOKUP_DIRECTORY = 2 };
/* What is there by that name, with references. LOOKUP_DIRECTORY: -ENOTDIR if it is no directory. */
int path_lookup(const struct path *base, const char *name, unsigned flags, struct path *out);
int path_lookup_resolve(const struct path *base, const char *name, unsigned flags, unsigned resolve, struct path *out);

/* The absolute path, as seen from `root`, into buf. Its length without the NUL, or -ENAMETOOLONG. *deleted: it has no
 * name any more; *outside: it isn't below `root` (the path then is from its own mounts' root). Either may be NULL. */
int64_t path_print(const struct path *path, const struct path *root, char *buf, size_t size, bool *deleted,
                   bool *outside);

/* The path from the root of its file system, with "//deleted" behind it if there is none any more; as path_print. */
int64_t dentry_print(const struct dentry *dentry, char *buf, size_t size);

/* Whether the name is "." or "..", which stand for directories rather than name entries. */
bool name_is_dot(const char *name, size_t length);
bool name_is_dotdot(const char *name, size_t length);

#endif
