/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree.h - the host's side of shared folders: which files a guest sees, and what it may do with them.
 *
 * The guest has one virtio-fs device for all shares of a run. Its root is a directory of this server's own, which
 * nobody can write, with an entry per share: "0", "1" ... in the order of the command line. Below an entry lie the
 * share's files; a share of a single file is an entry that is this file. Structures and numbers are those of FUSE
 * (<linux/fuse.h>, protocol 7.31 and later).
 *
 * The caller (vmm/share/fuse.h) has checked the form of a request: names are NUL-terminated, not empty, without '/',
 * neither "." nor "..", at most NAME_MAX bytes; sizes are bounded. All else is checked here: node and handle numbers
 * are the guest's, a name leads nowhere but below its share (openat2 with RESOLVE_BENEATH and RESOLVE_NO_MAGICLINKS),
 * no FIFO, socket or device of the host is ever opened, setuid and setgid bits and device nodes are made only where
 * `own` allows it. Symbolic links are never followed here: the guest does that.
 *
 * One thread uses a tree. All functions return 0 or -errno unless they say otherwise, and block no longer than the
 * host's file system does: a lock that is not free gives -EAGAIN. A node that isn't known (any more) gives -ESTALE, a
 * handle that isn't open -EBADF.
 *
 * An `id` is a node's number, or, of a file that is open, its handle's.
 *
 * Owners: without `own`, files that the guest makes belong to whoever lvmm runs as; the guest sees what belongs to that
 * user and group as user and group 0 (root in the VM), and all other owners as 65534. A chown that would change nothing
 * of that succeeds, any other gives -EPERM. With `own` owners are the host's numbers, and new files belong to the
 * request's caller from their first moment on.
 *
 * File systems by which the host's kernel shows itself (proc, sysfs, cgroup, debugfs ...) are empty directories here:
 * /proc/PID/mem of this very server would be a way out.
 */
#ifndef LVMM_SHARE_TREE_H
#define LVMM_SHARE_TREE_H

#include <linux/fuse.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#define SHARE_MAX 32u /* shares of a run */

enum share_mode {
    SHARE_RO,  /* -EROFS for what would change anything */
    SHARE_RW,  /* the host's files are changed */
    SHARE_COW, /* what is changed lies in `upper`, and the host's files stay as they are */
};

struct share {
    int fd; /* O_PATH, of the folder or file; the tree's from share_tree_create on */
    enum share_mode mode;
    int upper;       /* SHARE_COW: a folder, opened O_RDONLY, that holds what was changed (layers.h); -1 else */
    bool public;     /* only what everybody on the host may read is there, whoever lvmm runs as */
    bool own;        /* owners, device nodes and setuid bits are kept as the guest gives them (lvmm is root, or maps) */
    bool all_rights; /* own: files of anybody are reached, whatever their modes say, as root does */
    bool same_ids;   /* without own: the guest sees the numbers of owners that the host has */
    bool apart;      /* no name leads out of fd and upper (mounts_part) */
    bool keeps_git;  /* SHARE_RW: repositories in it keep their hooks and settings (git_guard.h) */
};

/* Who asks, from the request's header. */
struct share_caller {
    uint32_t uid, gid, pid;
    bool has_group; /* it is in `group` as well */
    uint32_t group;
};

struct share_tree;

/* Requests are this one's from now on: with `own` but without `all_rights` it is bound by owners and modes as that user
 * and group are (in rw shares; elsewhere as root without its capabilities is). At first they are root's. */
void share_asks(struct share_tree *tree, const struct share_caller *caller);

/* Takes the shares' descriptors in any case. It is called in the process that uses the tree, while /proc is there still
 * (a descriptor of /proc/self/fd is kept; afterwards /proc may go). The process's RLIMIT_NOFILE becomes its hard limit,
 * its umask 0, and extended attributes change its current folder. -ENOMEM, -EMFILE, -ENOENT without /proc, -ENXIO: a
 * share is neither a folder nor a file, -EBUSY: another run has `upper`. */
int share_tree_create(const struct share *shares, unsigned count, struct share_tree **out);
/* Does no name lead from what the tree has open to anything but its shares' files? So it is where all of them are
 * `apart`, and the process has root's rights, by which /proc/self/fd becomes so too. */
bool share_tree_is_apart(const struct share_tree *tree);
/* Closes all. NULL is fine. */
void share_tree_destroy(struct share_tree *tree);
/* The guest has gone, or begins anew: all nodes but the root are forgotten, and all handles released. */
void share_tree_reset(struct share_tree *tree);

/* ---- nodes: FUSE_ROOT_ID is there from the start; each entry that is given out counts one lookup ---- */

/* Gives the entry of a name, and counts a lookup of its node. -ENOENT, -EACCES, -ENOTDIR. That there is none, and that
 * the guest is told when there is, is an entry of node 0. */
int share_lookup(struct share_tree *tree, uint64_t parent, const char *name, struct fuse_entry_out *out);
/* Takes lookups back: more than there are means all; an unknown node is nothing to forget. */
void share_forget(struct share_tree *tree, uint64_t id, uint64_t lookups);

/* A node's attributes, or those of an open file where handle isn't NULL. */
int share_getattr(struct share_tree *tree, uint64_t id, const uint64_t *handle, struct fuse_attr_out *out);
/* Changes what in->valid says, of the file that is open as in->fh with FATTR_FH. Owners: see above. setuid and setgid
 * bits are left out without `own`. What was changed before an error stays changed. After share_events `out` has
 * attributes only if the size was changed. */
int share_setattr(struct share_tree *tree, uint64_t id, const struct fuse_setattr_in *in, struct fuse_attr_out *out);
/* Returns the link's length, without NUL, or -errno. */
ssize_t share_readlink(struct share_tree *tree, uint64_t id, char *buffer, size_t size);
/* The file system that the node lies on; with SHARE_COW the one of `upper`. */
int share_statfs(struct share_tree *tree, uint64_t id, struct fuse_statfs_out *out);

/* ---- names ---- */

/* Make a file, and count a lookup of it. Modes are masked by the caller already. share_create opens it as share_open
 * does; with O_EXCL a name that is there gives -EEXIST, else it is opened as it is. share_mknod: regular files, FIFOs
 * and sockets (of the guest's: none reaches the host's), devices only with `own`, else -EPERM. */
int share_create(struct share_tree *tree, const struct share_caller *caller, uint64_t parent, const char *name,
                 const struct fuse_create_in *in, struct fuse_entry_out *entry, struct fuse_open_out *open);
/* The same of a file without a name, which goes with its last lookup and handle unless share_link gives it one.
 * -EOPNOTSUPP: the host's file system has none. */
int share_tmpfile(struct share_tree *tree, const struct share_caller *caller, uint64_t parent,
                  const struct fuse_create_in *in, struct fuse_entry_out *entry, struct fuse_open_out *open);
int share_mknod(struct share_tree *tree, const struct share_caller *caller, uint64_t parent, const char *name,
                uint32_t mode, uint32_t rdev, struct fuse_entry_out *out);
int share_mkdir(struct share_tree *tree, const struct share_caller *caller, uint64_t parent, const char *name,
                uint32_t mode, struct fuse_entry_out *out);
int share_symlink(struct share_tree *tree, const struct share_caller *caller, uint64_t parent, const char *name,
                  const char *target, struct fuse_entry_out *out);
/* Gives a file another name, in the same share: else -EXDEV. Counts a lookup. */
int share_link(struct share_tree *tree, uint64_t id, uint64_t parent, const char *name, struct fuse_entry_out *out);
/* Remove a name: of anything but a directory, and of an empty directory. */
int share_unlink(struct share_tree *tree, uint64_t parent, const char *name);
int share_rmdir(struct share_tree *tree, uint64_t parent, const char *name);
/* flags: RENAME_NOREPLACE, RENAME_EXCHANGE; others -EINVAL. Between two shares, and of a directory of the host in
 * SHARE_COW (as on overlayfs without redirect_dir): -EXDEV. */
int share_rename(struct share_tree *tree, uint64_t parent, const char *name, uint64_t new_parent, const char *new_name,
                 uint32_t flags);

/* ---- open files: a handle is good until it is released ---- */

/* Open a regular file and a directory. flags are open(2)'s: access mode, O_APPEND, O_TRUNC, O_SYNC and O_DSYNC count,
 * others don't. Anything that is neither gives -ENXIO. */
int share_open(struct share_tree *tree, uint64_t id, uint32_t flags, struct fuse_open_out *out);
int share_opendir(struct share_tree *tree, uint64_t id, uint32_t flags, struct fuse_open_out *out);
/* Closes a handle of either kind; an unknown one is nothing to close. */
void share_release(struct share_tree *tree, uint64_t id);
/* Return how many bytes, or -errno. offset is the file's; with O_APPEND share_write appends, whatever it says. */
ssize_t share_read(struct share_tree *tree, uint64_t id, const struct iovec *to, unsigned count, uint64_t offset);
ssize_t share_write(struct share_tree *tree, uint64_t id, const struct iovec *from, unsigned count, uint64_t offset);
/* Entries as FUSE_READDIR has them, with `plus` as FUSE_READDIRPLUS does (each but "." and ".." counts a lookup).
 * Returns how many bytes, 0 at the end, or -errno. */
ssize_t share_readdir(struct share_tree *tree, uint64_t id, uint64_t offset, bool plus, void *buffer, size_t size);
/* The same of a folder that isn't open, from its beginning, with all that share_opendir does. If there is more of it,
 * the next share_opendir of this node goes on with the same listing. */
ssize_t share_list(struct share_tree *tree, uint64_t id, bool plus, void *buffer, size_t size);
/* Writes a file (or directory: a handle of either kind) to the disk, as fsync(2), with data_only as fdatasync(2). */
int share_fsync(struct share_tree *tree, uint64_t id, bool data_only);
/* mode: FALLOC_FL_* of fallocate(2). */
int share_fallocate(struct share_tree *tree, uint64_t id, uint64_t offset, uint64_t length, uint32_t mode);
/* Returns the new offset (SEEK_DATA, SEEK_HOLE) or -errno. */
int64_t share_lseek(struct share_tree *tree, uint64_t id, int64_t offset, uint32_t whence);
/* Returns how many bytes, or -errno. */
ssize_t share_copy_range(struct share_tree *tree, uint64_t from, uint64_t from_offset, uint64_t to, uint64_t to_offset,
                         uint64_t length, uint32_t flags);
/* Locks of fcntl (FUSE_GETLK, FUSE_SETLK) and, with FUSE_LK_FLOCK in lk_flags, of flock(2). Each owner is one of its
 * own on the host too. Never waits: -EAGAIN. */
int share_getlk(struct share_tree *tree, const struct fuse_lk_in *in, struct fuse_lk_out *out);
int share_setlk(struct share_tree *tree, const struct fuse_lk_in *in);
/* What FUSE_FLUSH does: the owner's locks on the file of this handle go. */
int share_flush(struct share_tree *tree, uint64_t id, uint64_t lock_owner);

/* ---- extended attributes ---- */

/* As getxattr(2) and its kin: size 0 asks for the size, which is returned, -ERANGE: it is too small. There are `user.`
 * ones only, others where `own` is: else -EOPNOTSUPP. Those of overlayfs (user.overlay.*) are nobody's: -EPERM to
 * set, -ENODATA to read. */
ssize_t share_getxattr(struct share_tree *tree, uint64_t id, const char *name, void *value, size_t size);
ssize_t share_listxattr(struct share_tree *tree, uint64_t id, char *list, size_t size);
int share_setxattr(struct share_tree *tree, uint64_t id, const char *name, const void *value, size_t size,
                   uint32_t flags);
int share_removexattr(struct share_tree *tree, uint64_t id, const char *name);

/* The descriptor behind an open file, for a mapping of its pages: the tree's, good until the handle is released.
 * -errno: there is none (a directory), or it may not be mapped like that. */
int share_descriptor(struct share_tree *tree, uint64_t id, bool writable);

/* Opens a node's file, a regular one, for a mapping of its pages: as share_open would, with all that this does, but the
 * descriptor is the caller's, who closes it. -errno. */
int share_map_open(struct share_tree *tree, uint64_t id, bool writable);
/* `raised` is called whenever a node of a cow share has got its own copy: what share_map_open gave is of its old file.
 * It may call share_map_open. NULL: nobody is. */
void share_on_raise(struct share_tree *tree, void (*raised)(void *owner, uint64_t id), void *owner);
/* ---- what others change (boot/abi_share.h) ---- */

/* Takes in what the host has queued, as LVMM_FUSE_EVENTS has it: how many bytes, 0: there is nothing; what has no room
 * is for the next time. From the first call on until share_tree_reset, entries and attributes say with LVMM_FUSE_TOLD
 * what is told of. size: at least LVMM_FUSE_EVENTS_LEAST, else -EINVAL. */
ssize_t share_events(struct share_tree *tree, void *buffer, size_t size);
/* A program of the guest's watches the folder, or the folder that the file's node is in: 0, -ENOSPC, -EOPNOTSUPP as
 * LVMM_FUSE_WATCH has it. */
int share_watch(struct share_tree *tree, uint64_t id);
/* The guest has changed what the folder has by this name, or (NULL) the node itself, and share_events hasn't been
 * called since: then what the host tells of that is its own doing, as far as it is of these (inotify's IN_*); quiet:
 * the guest isn't told, as it takes back what it knew by itself. */
void share_own_change(struct share_tree *tree, uint64_t id, const char *name, uint32_t mask, bool quiet);
/* Readable when share_events has something to give, the tree's; -1: it never has. */
int share_events_fd(const struct share_tree *tree);

/* ---- what a cow share has changed ---- */

enum share_change {
    SHARE_ADDED,   /* the host has nothing with this name */
    SHARE_CHANGED, /* contents, attributes, or a file of another kind than the host's */
    SHARE_REMOVED, /* a name of the host's that is gone, with all below it */
};

/* Is told each change: path is without a '/' in front, "" the share itself; anything but 0 ends the walk. */
typedef int share_change_fn(void *context, enum share_change change, const char *path);

/* Tells what `upper` has, beside the host's folder (or file) `lower`, in no order but that a folder comes before what
 * is in it; while a tree uses them or afterwards. A folder of the host whose own attributes are as they were isn't
 * told, what is in it is. Folders below SHARE_CHANGES_DEPTH aren't looked into. Needs /proc. Returns what told
 * returned, or -errno. */
int share_changes(int lower, int upper, share_change_fn *told, void *context);
#define SHARE_CHANGES_DEPTH 200u
/* The same of the tree's share n, by what the tree has open: nothing but what is in the two folders is opened. Nothing
 * is told of one that isn't cow. */
int share_tree_changes(struct share_tree *tree, unsigned share, share_change_fn *told, void *context);

#endif
