/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vfs.h - inodes, open files, paths and mounts.
 *
 * Reference counts: a function that gives an inode or a file through a pointer gives a reference with it. Names are
 * bytes without '/' and NUL; `name` with a length is not NUL-terminated. All errors are negative errno as in Linux's
 * manual pages.
 *
 * The kernel is never preempted, so a path through the VFS is atomic but where it waits for a disk.
 */
#ifndef GK_VFS_VFS_H
#define GK_VFS_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/fcntl.h" /* O_*, S_IF*, AT_*, SEEK_* : Linux's values */
#include "core/mutex.h"
#include "core/place.h" /* struct path */
#include "lib/list.h"
#include "lib/types.h"
#include "mm/iter.h"
#include "mm/object.h"

#define NAME_MAX 255
#define PATH_MAX 4096

struct inode;
struct file;
struct file_extra;
struct file_lock;
struct page;
struct blk_device;
struct blk_extent;
struct page_run;
struct fs_type; /* vfs/fstype.h */
struct pipe;
struct poll_table; /* core/wait.h */
struct watch;
struct fdtable;
struct acl;
struct inode_acls;

struct filesystem { /* a mounted one */
    const struct filesystem_ops *ops;
    const struct fs_type *type;               /* by which it was mounted, or as which it was recognized at boot */
    struct inode *root;                       /* with a reference */
    struct dentry *root_dentry;               /* the same */
    struct blk_device *dev;                   /* that it is on; NULL: none */
    uint32_t device;                          /* st_dev */
    struct list all;                          /* file systems, whether or not they are mounted: vfs/mount.c */
    uint32_t mounts;                          /* how often it is mounted */
    uint32_t storing;                         /* by so many: it isn't freed meanwhile */
    uint32_t writers;                         /* open files, and mappings, that can be written to */
    uint32_t mapped;                          /* mappings of its files, and what else uses them without a place */
    uint64_t inodes;                          /* in memory, the root's included */
    void (*let_go_of)(struct filesystem *fs); /* once it is only the root's again: vfs/mount.c */
    int write_error;                          /* the first one that cost something (-errno): the next sync tells it */
    uint32_t block_size;                      /* Linux's s_blocksize: inode_block_size; 0: a page's */
    uint32_t stat_block_size;                 /* st_blksize; 0: block_size */
    bool read_only;
    bool failed;              /* and it was writable until something went wrong: see filesystem_told_read_only */
    bool stops_writing;       /* it is about to be read-only: nobody begins to write */
    struct mutex volume;      /* vfs/volume.h */
    struct mutex remount;     /* held by who changes its options, or whether it is read-only */
    int64_t atime_step;       /* ns: looks at its files set inode->atime to a multiple (vfs/atime.h); 0: they don't */
    uint64_t write_round;     /* vfs/writeback.c's: when what was dirty was last stored */
    struct list dirty;        /* the same: one of those that are, for more than their inodes; zero: it isn't */
    bool device_read_only;    /* it can't become writable: the type's mount says so */
    bool in_memory;           /* it is nowhere but here */
    bool names_change;        /* entries come and go by themselves: what is remembered is asked for again (refresh) */
    bool ignores_xflags;      /* FS_IOC_FSSETXATTR: what it doesn't know is passed over, rather than refused */
    bool immutable_binds_all; /* what is marked immutable is kept from who had it open before, too */
    bool ignores_acls;        /* mounted so (noacl): there are no lists of who may do what, and none can be set */
    bool names_fold;          /* names that differ can be the same one: case, short names */
    bool stores_names;        /* its operations on names set times and link counts of all whom they concern, as they are
                                 stored with the names */
    bool has_small_blocks;    /* below a page: parts of one that is dirty may have no room yet (inode_ops.reserve) */
};
/* What programs are told: one that has failed is writable, with "emergency_ro" among its options, as Linux since 6.15.
 */
static inline bool filesystem_told_read_only(const struct filesystem *fs)
{
    return fs->read_only && !fs->failed;
}

struct vfs_statfs {
    uint64_t type, block_size, blocks, blocks_free, files, files_free, name_max;
    uint64_t blocks_kept; /* of the free ones, for root */
};

struct file_extent {           /* a stretch of a file: where it lies */
    uint64_t pos, size, place; /* in bytes; `place`: of the disk */
    uint32_t flags;            /* FIEMAP_EXTENT_* */
    bool is_hole;              /* nothing lies there */
};

struct filesystem_ops {
    /* Data and metadata to the device, in the order that the file system needs, and the device's cache flushed. all: a
     * user asked for it (sync, the end), rather than for one file: then the volume is marked as in order too. A file
     * whose bytes can't be stored keeps no others from the disk, and is an error of this call with `all` only: else
     * who syncs that file is told. */
    int (*sync)(struct filesystem *fs, bool all);
    /* The machine ends, with files in use: after a sync of all, the file system is left as if it were unmounted.
     * Nothing is written to it any more. 0 or -errno. NULL: the sync does that. */
    int (*finish)(struct filesystem *fs);
    void (*statfs)(struct filesystem *fs, struct vfs_statfs *out);
    /* The same of the part in which the inode lies, where parts differ. It may wait. NULL: they don't. */
    void (*statfs_at)(struct inode *inode, struct vfs_statfs *out);
    /* mount(2) with MS_REMOUNT: these options from now on; `options` as struct fs_type's mount has them. 0 or -errno,
     * and all is as it was. NULL: it minds none. */
    int (*reconfigure)(struct filesystem *fs, const char *options);
    /* MS_REMOUNT makes it read-only, when all is stored and nobody can write, or writable; afterwards fs->read_only is
     * set. 0 or -errno, and it stays as it is. NULL: it minds neither. */
    int (*set_read_only)(struct filesystem *fs, bool read_only);
    /* The options as /proc/mounts shows them, ",size=64k,mode=700", with a NUL, cut to `size` bytes (some hundred do).
     * NULL: none. */
    void (*show_options)(const struct filesystem *fs, char *buf, size_t size);
    /* FITRIM: the free room of [start, start + size) goes back to the disk, which takes such, in runs of `least` bytes
     * or more: *done bytes of it. NULL: -EOPNOTSUPP. */
    int (*trim)(struct filesystem *fs, uint64_t start, uint64_t size, uint64_t least, uint64_t *done);
    /* Somebody watches the directory (vfs/watch.h), or a file in it: who else changes what is there is to be told of.
     * It may wait. NULL: nobody else does, or nobody can know. */
    void (*watched)(struct inode *dir);
    void (*let_go)(struct filesystem *fs);  /* before unmount: drops what references it has of its own; or NULL */
    void (*unmount)(struct filesystem *fs); /* nothing of it is in use and all is written: free it */
};

/* There are many: its members are in an order that leaves no room between them. */
struct inode {
    struct vm_object object; /* regular files can be mapped */
    const struct inode_ops *ops;
    struct filesystem *fs;
    struct mutex lock;    /* of a directory: its names; of a file: size and blocks. Held around what changes them */
    struct list dentries; /* its names in memory: vfs/dentry.c */
    uint64_t number;      /* st_ino */
    uint32_t mode;        /* S_IF* and permissions */
    uint32_t links, uid, gid;
    uint32_t flags; /* FS_*_FL: vfs/inode_flags.h */
    uint32_t refs;
    uint64_t rdev; /* device nodes: Linux's st_rdev encoding */
    uint64_t size;
    uint32_t cuts;               /* how often it was made shorter: who asked where it lies asks again */
    uint32_t direct_count;       /* transfers past the page cache that are under way: vfs/direct.c */
    uint32_t direct_preparing;   /* and those that look where they lie */
    uint32_t seals;              /* F_SEAL_*, and F_SEAL_NONE for a file that can have some; 0: it can't (vfs/seal.h) */
    int64_t atime, mtime, ctime; /* ns since 1970 */
    struct file_lock *locks;     /* vfs/lock.h */
    struct watch *watches;       /* vfs/watch.c */
    struct inode_acls *acls;     /* vfs/acl.h; NULL for most */
    struct pipe *pipe;           /* of a FIFO that is open: vfs/pipe.h */
    uint32_t opens;              /* of a regular file: open files that aren't O_PATH */
    int32_t writers;             /* files that are open for writing; or, negative, programs that run from it */
    struct page **cache;         /* the page cache: vfs/pageindex.c alone */
    uint64_t cache_slots;
    struct list cached;               /* all inodes with pages that can be had again from a disk */
    uint64_t read_next, read_window;  /* read-ahead: where a sequential reader misses next; pages */
    uint64_t ahead_next;              /* and what is read for it meanwhile: vfs/readahead.c; where that goes on */
    struct page_run *ahead;           /* what the disk is at: vfs/pageio.c */
    bool may_link;                    /* it never had a name, but may get one: O_TMPFILE */
    bool has_capabilities;            /* security.capability: a write takes it away */
    bool hashed;                      /* the inode cache's, as key is */
    bool meta_dirty;                  /* size or times are not on the disk yet: write_inode */
    bool atime_alone;                 /* atime isn't, and all else is: inode_mark_atime */
    bool dirty;                       /* some cached page is dirty */
    uint64_t dirty_first, dirty_last; /* and these indices bound them */
    struct list dirties;              /* all inodes with one of the three: vfs/writeback.c */
    uint32_t write_errors;            /* twice how many there were, and 1: the last one was told of */
    int write_error;                  /* that one (-errno) */
    uint64_t key;                     /* the inode cache's, with fs: vfs/icache.c alone */
    struct inode *hash_next;
    struct list idle; /* hashed and without references, oldest first */
};

/* Called by vfs_dir_read for each entry; false: the buffer is full, stop before this entry. It doesn't wait, nor touch
 * a program's memory: the file system may hold a lock. */
typedef bool dir_emit(void *arg, const char *name, size_t length, uint64_t ino, unsigned dt_type, uint64_t next_pos);

#ifndef RENAME_NOREPLACE                                                 /* of a host's stdio.h, in tests */
enum { RENAME_NOREPLACE = 1, RENAME_EXCHANGE = 2, RENAME_WHITEOUT = 4 }; /* Linux's values */
#endif

struct attr_change { /* which of them, and to what */
    enum {
        ATTR_MODE = 1,
        ATTR_UID = 2,
        ATTR_GID = 4,
        ATTR_ATIME = 8,
        ATTR_MTIME = 16,
        ATTR_NOW = 32,      /* both times are the clock's, which who may write may set as well */
        ATTR_DROP_IDS = 64, /* set-user-ID and set-group-ID bits go, as with any chown(2) */
    } which;
    uint32_t mode, uid, gid; /* mode: permissions, without the type */
    int64_t atime, mtime;    /* ns since 1970 */
};

struct inode_ops { /* NULL where it makes no sense for the type; the VFS gives the errno */
    int (*lookup)(struct inode *dir, const char *name, size_t length, struct inode **out); /* never "." or ".." */
    /* Where names change by themselves: whether the directory still has `inode` by this name, or (NULL) none. It may
     * wait, and the directory isn't locked. *vouched: what vouches for the name (vfs/names_told.h), also afterwards. 0;
     * anything else: it hasn't, or that isn't known. NULL: `refresh` of the inode tells. */
    int (*confirm)(struct inode *dir, const char *name, size_t length, struct inode *inode, uint64_t *vouched);
    /* What vouches for the name that `lookup` was asked for last, before the directory's lock was given up. NULL:
     * nothing ever does. */
    uint64_t (*vouches)(const struct inode *dir);
    /* Whether open(2) had better make a file here than look for it before: asking is as much work, and most names are
     * new. `create` says -EEXIST of those that aren't. NULL: no. */
    bool (*makes_unseen)(const struct inode *dir);
    /* A file of any type but a symbolic link, of the caller (core/cred.h); rdev for device nodes, else 0. -EPERM: the
     * file system keeps no files of this type. */
    int (*create)(struct inode *dir, const char *name, size_t length, uint32_t mode, uint64_t rdev, struct inode **out);
    /* A symbolic link that leads to `target` (1 to PATH_MAX - 1 bytes and a NUL). */
    int (*symlink)(struct inode *dir, const char *name, size_t length, const char *target, struct inode **out);
    int (*link)(struct inode *dir, const char *name, size_t length,
                struct inode *inode); /* another name for a file of the same file system */
    int (*unlink)(struct inode *dir, const char *name, size_t length,
                  struct inode *victim); /* emptiness is checked here */
    /* victim: what stood there, or NULL. RENAME_EXCHANGE: the two change places. -EINVAL: not a flag of this file
     * system's. */
    int (*rename)(struct inode *old_dir, const char *old_name, size_t old_length, struct inode *new_dir,
                  const char *new_name, size_t new_length, struct inode *victim, unsigned flags);
    int (*read_dir)(struct inode *dir, uint64_t pos, dir_emit *emit,
                    void *arg); /* without "." and "..": the VFS adds them */
    /* Whether positions of its listing are hashes of names: the higher 31 bits above 31 others, which a 32-bit program
     * isn't told of (vfs/readdir.c). NULL: never. */
    bool (*lists_by_hash)(const struct inode *dir);
    /* A file of the directory's file system that has no name, and goes with its last reference; may be NULL. */
    int (*create_nameless)(struct inode *dir, uint32_t mode, struct inode **out);
    /* The text of a symbolic link and a NUL into buf, which has PATH_MAX bytes: its length without the NUL. */
    int64_t (*read_link)(struct inode *inode, char *buf);
    /* Where a link leads that is more than its text (proc(5): /proc/PID/exe, cwd, root, fd/N), with references; NULL:
     * the text is the way. */
    int (*follow)(struct inode *inode, struct path *out);
    /* Owner, permissions or times are about to be what `change` says: -errno if they can't; what silently isn't kept is
     * taken out of it. The caller then changes the inode and marks it. NULL: they can. */
    int (*set_attr)(struct inode *inode, struct attr_change *change);
    /* Brings size, owner, permissions and times up to date, where they change by themselves (proc(5)), before somebody
     * looks at them. -ENOENT: what it stands for is gone. NULL: they are up to date. */
    int (*refresh)(struct inode *inode);
    /* The same of a file system that others change as well, asked when somebody looks at size or times, or opens the
     * file. It may wait, with the inode's lock held or not. 0 or -errno. NULL: they are up to date. */
    int (*fetch)(struct inode *inode);
    /* Keeps these FS_*_FL (abi/fsflags.h) as inode->flags; -EOPNOTSUPP: some of them it doesn't. NULL: none. */
    int (*set_flags)(struct inode *inode, uint32_t flags);
    /* Keeps this list, whose owner it becomes, in place of the one that the inode has (vfs/acl.h); acl NULL: none. From
     * then on, and not before, as that may take a while, the mode is `mode`. 0 or -errno. NULL: -EOPNOTSUPP. */
    int (*set_acl)(struct inode *inode, bool preset, struct acl *acl, uint32_t mode);
    /* Extended attributes (xattr(7)); names with their prefix, but not those of these lists. The value's size, also if
     * size is 0; -ENODATA, -ERANGE. NULL: -EOPNOTSUPP. */
    int64_t (*get_xattr)(struct inode *inode, const char *name, void *value, size_t size);
    /* XATTR_CREATE, XATTR_REPLACE; value NULL: removes it. */
    int (*set_xattr)(struct inode *inode, const char *name, const void *value, size_t size, unsigned flags);
    /* The names, each with its NUL, as get_xattr; with lists_acls those of these lists are among them, in their place,
     * else they come first. */
    int64_t (*list_xattr)(struct inode *inode, char *list, size_t size);
    bool lists_acls;
    /* lseek(2)'s SEEK_DATA, or with `hole` SEEK_HOLE, for a pos before the end. NULL: all is data, up to the end. */
    int64_t (*seek_data)(struct inode *inode, uint64_t pos, bool hole);
    /* fallocate(2) with these FALLOC_FL_*, but what is the same for all: file_allocate. Size and times are its own to
     * change. NULL: -EOPNOTSUPP. */
    int (*allocate)(struct inode *inode, uint32_t mode, uint64_t pos, uint64_t size);
    /* inode->size is `size` already when it gets less. */
    int (*truncate)(struct inode *inode, uint64_t size);
    /* Makes sure of room on the disk for a write of these bytes, by write(2) or through a mapping; the size stays. When
     * they come to be stored it is too late to say -ENOSPC. NULL: there is always room. */
    int (*reserve)(struct inode *inode, uint64_t pos, uint64_t size);
    /* Fills or stores whole pages in a row; what lies beyond the file's end is zeroed when read. A page to be read that
     * reaches beyond the end comes zeroed. */
    int (*read_pages)(struct inode *inode, uint64_t index, struct page **pages, unsigned count);
    int (*write_pages)(struct inode *inode, uint64_t index, struct page **pages, unsigned count);
    /* The page at `index` as a part of a device's window that shows the file (mm/window.h), put into the cache, with a
     * reference, and up to `want` from there on while one is at it. It may wait. 0, -EAGAIN: it is in the cache by now,
     * -ENXIO: beyond the end, which it asks for; -EOPNOTSUPP: it is to be read. NULL: all are. */
    int (*show_pages)(struct inode *inode, uint64_t index, unsigned want, struct page **out);
    /* Such a page is about to be written to by a mapping, and nobody is told of what is written to it after. It may
     * wait. 0, -EAGAIN: it isn't that page's any more, or -errno. With show_pages. */
    int (*show_written)(struct inode *inode, uint64_t index);
    int (*write_inode)(struct inode *inode); /* size and times to the disk */
    /* The file, and whatever else is needed to find it, to stable storage: fsync(2); data_only: fdatasync(2), which can
     * do without times. NULL: filesystem_ops.sync does that. */
    int (*sync)(struct inode *inode, bool data_only);
    /* A regular file is about to be opened with these O_*. It may wait. 0 or -errno. NULL: it always can be. */
    int (*opens)(struct inode *inode, uint32_t flags);
    /* Locks of fcntl(2) and flock(2) (vfs/lock.h), where others have the file as well. Nobody's here is in the way of
     * `wanted`, or it gives one up (LOCK_NONE): the others are asked, and from then on it is the owner's there, too.
     * It may wait; -EAGAIN: it isn't free, and the caller doesn't want to wait; -ERESTARTSYS: a signal came. The file
     * has its struct file_extra. NULL: there are no others. */
    int (*lock)(struct file *file, const struct file_lock *wanted, bool may_wait);
    /* The first lock of others that is in the way of `lock`, which becomes that; its type LOCK_NONE: none is. 0 or
     * -errno. NULL if `lock` is. */
    int (*test_lock)(struct file *file, struct file_lock *lock);
    /* All of the owner's locks go, of which it had some here; or none: an open file that goes had them earlier. It must
     * not wait. NULL if `lock` is. */
    void (*unlock)(struct inode *inode, const void *owner, bool has_some);
    /* Nobody has it open for writing any more. It must not wait. NULL: that is all the same. */
    void (*closed)(struct inode *inode);
    /* Nobody has it open any more. It must not wait. NULL: the same. */
    void (*all_closed)(struct inode *inode);
    /* Reads or writes past the page cache, which it keeps in step: all writes to a regular file, with its lock, and
     * reads with O_DIRECT. *pos moves on by the bytes, which are the result; or -errno. NULL: neither. */
    int64_t (*transfer)(struct file *file, struct iter *iter, uint64_t *pos, bool write);
    /* Whether a read of `size` bytes at `pos` is a transfer without O_DIRECT as well, as that costs less than to have
     * the pages in the cache. NULL: none is. */
    bool (*reads_past)(const struct inode *inode, uint64_t pos, uint64_t size);
    /* A page comes into the cache, or goes: for files that are nowhere else. NULL: nobody counts. -ENOSPC: it may not
     * come; one that goes is no error. */
    int (*count_page)(struct inode *inode, bool comes);
    /* Where the whole sectors at `pos` lie on the disk, for transfers past the page cache: as many as are in a row, of
     * at most `size` bytes. -ENODATA: what a reader sees there, or a writer leaves, isn't on the disk as it is (a hole,
     * the file's end); then out->size, if it isn't what it was, is for how long, and out->sector where
     * there is room for it (0: nowhere). NULL: no such transfers. */
    int (*map)(struct inode *inode, bool write, uint64_t pos, uint64_t size, struct blk_extent *out);
    /* FIEMAP: what the bytes [pos, end) of the file begin with, from the start of the block that has `pos` on; or of
     * its extended attributes. out->size 0: from there on there is nothing. Called with the inode's lock; it may wait.
     * 0 or -errno. NULL: the file system doesn't tell. */
    int (*find_extent)(struct inode *inode, uint64_t pos, uint64_t end, bool attributes, struct file_extent *out);
    /* How many bytes the file may have. With find_extent. */
    uint64_t (*size_most)(const struct inode *inode);
    /* st_blocks, in 512 bytes; NULL: as many as the size needs. */
    uint64_t (*blocks)(const struct inode *inode);
    /* st_nlink of a directory: 2 and one for each directory in it; NULL: inode->links. 0 or -errno. */
    int (*count_links)(struct inode *dir, uint32_t *out);
    /* Whose it is, borrowed, where an open directory of a process is taken for a descriptor of it
     * (pidfd_send_signal(2)). NULL: nobody's; so is the result of any other one. */
    struct pid *(*process)(struct inode *inode);
    int (*open)(struct inode *inode, struct file *file); /* files of their own kind: sets file->ops, owner */
    void (*release)(
        struct inode *inode); /* no references left: free it. It must not wait: it is called with any lock */
};

struct file { /* an open file description */
    const struct file_ops *ops;
    struct inode *inode; /* with a reference; NULL for some */
    struct path path;    /* where it was found, with references; all zero: it has no name */
    uint64_t pos;
    struct mutex pos_lock; /* of a regular file or a directory: held by who moves pos, which may take a while */
    uint32_t flags;        /* O_* as open() got them, less O_CREAT and its like */
    uint32_t refs;
    void *owner;                   /* of ops */
    struct file_extra *extra;      /* vfs/owner.h; NULL for most */
    struct file_watcher *watchers; /* a list, in no order */
    uint32_t write_errors;         /* of the inode's, up to which it was told of */
    uint64_t opener;               /* serial of the credentials that it was opened with: core/cred.h */
    bool counted;                  /* among inode->writers */
    bool no_sigpipe;               /* EPIPE alone: RWF_NOSIGNAL's, for one call */
    bool pos_claimed;              /* by a CPU that shares the kernel lock: vfs/regular_shared.c */
};

/* Who must know when an open file goes: then it stops watching (file_unwatch). It has no reference. */
struct file_watcher {
    struct file_watcher *next, **at;
    void (*file_goes)(struct file_watcher *watcher);
    /* NULL, or called where a table closes a descriptor of a file whose inode is watched (vfs/watch.h); it may stop
     * watching then, and must not wait. */
    void (*descriptor_closes)(struct file_watcher *watcher, const struct fdtable *table);
};
static inline void file_watch(struct file *file, struct file_watcher *watcher)
{
    watcher->next = file->watchers;
    watcher->at = &file->watchers;
    if (watcher->next != NULL)
        watcher->next->at = &watcher->next;
    file->watchers = watcher;
}
static inline void file_unwatch(struct file_watcher *watcher)
{
    *watcher->at = watcher->next;
    if (watcher->next != NULL)
        watcher->next->at = watcher->at;
}

enum { SPLICE_READ = 1, SPLICE_WRITE = 2 };

/* One call's reads of pieces, one after another. */
struct splice_reading {
    bool nonblocking; /* SPLICE_F_NONBLOCK, which most files don't heed */
    bool again;       /* it isn't the first: what is there at once, and belongs to what came before; 0: nothing */
    bool ends;        /* said by the read: what comes next belongs to another call */
};

struct file_ops {
    /* pos NULL: not seekable (then pread gives ESPIPE). */
    int64_t (*read)(struct file *file, struct iter *iter, uint64_t *pos);
    int64_t (*write)(struct file *file, struct iter *iter, uint64_t *pos);
    int64_t (*ioctl)(struct file *file, unsigned request, uint64_t arg); /* NULL: ENOTTY */
    void (*release)(struct file *file);
    /* The current process closes a descriptor of it, one of several perhaps. It must not wait. NULL: that is all the
     * same. */
    void (*flush)(struct file *file);
    int64_t (*seek)(struct file *file, int64_t offset, int whence); /* NULL: as files have it */
    int (*sync)(struct file *file);                                 /* NULL: as its inode has it */
    uint64_t (*size)(struct file *file); /* of a device that has an end; NULL: the inode has it */
    /* fallocate(2) of a block device, with FALLOC_FL_* that go together; NULL: EOPNOTSUPP */
    int (*allocate)(struct file *file, uint32_t mode, uint64_t pos, uint64_t size);
    uint8_t splice; /* whether splice(2) can read from it, and write to it */
    /* What splice(2) has for a read where the file has no place to read at. NULL: it reads once, as read does. */
    int64_t (*splice_read)(struct file *file, struct iter *iter, struct splice_reading *reading);
    bool seekable;
    bool seek_is_void;            /* not seekable, but lseek gives 0 rather than ESPIPE, as on Linux */
    bool takes_nowait;            /* RWF_NOWAIT is taken (preadv2(2)): a transfer doesn't wait then */
    bool plain_read, plain_write; /* on Linux it has read(2) or write(2) alone: without the flags of preadv2(2) */
    bool maps_zeros;              /* mmap of it gives fresh anonymous memory: /dev/zero */
    /* Which of POLLIN, POLLOUT, POLLHUP ... (abi/poll.h) hold now; it must not wait. First it hooks the queues in which
     * changes of them are told (poll_hook; table NULL: nobody waits). NULL: always ready, as on Linux. */
    uint32_t (*poll)(struct file *file, struct poll_table *table);
    /* The file's owner is to be signalled of what happens to it, or isn't any more: what F_SETFL with another O_ASYNC
     * does, and the end of a file that has it (fd -1). It sets that flag (vfs/fasync.h). 0 or -errno. NULL: the file
     * sends no signals, and the flag stays as it is. */
    int (*fasync)(struct file *file, int fd, bool on);
    const char *name; /* "anon_inode:[eventfd]": what /proc shows in place of a path; NULL: it has one */
    /* What /proc/PID/fdinfo tells of it beside position and flags: whole lines, as snprintf. NULL: nothing. */
    int (*describe)(struct file *file, char *buf, size_t size);
};

extern const struct file_ops file_ops_regular, file_ops_directory;

/* A transfer that may still be under way when file_start returns. */
struct file_io {
    void (*done)(struct file_io *io, int64_t result); /* bytes or -errno. Must not wait; not called from an interrupt */
    struct blk_device *dev;                           /* once started: blk_kick and blk_wait are its */
};
#define FILE_STARTED INT64_MIN

/* ---- mounting ---- */

/* Tries the file systems there are (fs_types[] in fs/registry.c) on the device and mounts the first that fits as the
 * root. dev NULL: an empty root in memory. With it comes what every program finds (mount_boot in vfs/mount.h), whether
 * or not the disk has such directories. */
int vfs_mount_root(struct blk_device *dev);
const struct path *vfs_root(void); /* borrowed */
/* The root directory of /dev/shm, borrowed; NULL: nothing is mounted. */
struct inode *mount_memory(void);
/* Everything dirty to stable storage, also of what is in use but not mounted any more. 0 or the first error. */
int vfs_sync_all(void);
/* The same when the machine ends: file systems are left as if they were unmounted, and nothing is written any more. */
int vfs_finish_all(void);
int vfs_sync_fs(struct filesystem *fs); /* the same of one, of which the caller has an inode */
int vfs_unmount_all(void); /* syncs and frees all mounts, even after an error. -EBUSY: something is in use, it stays */
/* Gives back up to `pages` frames of the page cache, clean ones; the count given back. may_wait: if there are too few,
 * waits until dirty ones are stored (thread->wants_no_wait: not even then). */
uint64_t vfs_shrink(uint64_t pages, bool may_wait);

/* ---- inodes ---- */

/* st_blocks, in 512 bytes. */
static inline uint64_t inode_sectors(const struct inode *inode)
{
    return inode->ops != NULL && inode->ops->blocks != NULL ? inode->ops->blocks(inode) : (inode->size + 511) / 512;
}

/* What FIGETBSZ tells, and FIBMAP counts by. inode: NULL of a stream that has none. */
static inline uint32_t inode_block_size(const struct inode *inode)
{
    return inode != NULL && inode->fs != NULL && inode->fs->block_size != 0 ? inode->fs->block_size : PAGE_SIZE;
}

/* Takes a reference, and drops one; neither waits. Without any, an inode of the inode cache is kept for a while as long
 * as it has links, and longer if it is dirty; any other is freed. inode_put(NULL) does nothing. */
void inode_get(struct inode *inode);
void inode_put(struct inode *inode);
/* The same; the pages of one that has no name any more, and goes, do so in turns: it may give way. */
void inode_put_in_turns(struct inode *inode);
/* For inode_put: a reference to an inode with watches that has no name and never will is gone. vfs/watch.c sets it with
 * the first watch. */
extern void (*inode_watched_put)(struct inode *inode);
/* vfs/writeback.c's: of one that nobody uses and that is about to be forgotten atime alone isn't stored. It may be
 * dirty from then on, and stays. */
extern void (*inode_leaving)(struct inode *inode);
/* Size, owner, permissions and times are as they are now, where others change them as well. It may wait. 0 or -errno.
 */
static inline int inode_fetch(struct inode *inode)
{
    return inode->ops != NULL && inode->ops->fetch != NULL ? inode->ops->fetch(inode) : 0;
}
/* Common part of a new inode: one reference, object ops set. */
void inode_init(struct inode *inode, struct filesystem *fs, const struct inode_ops *ops, uint64_t number,
                uint32_t mode);

/* The inode that an object is in. NULL: it is in none. */
struct inode *inode_of_object(struct vm_object *object);

/* A file that is open for writing can't be run, and one that runs can't be opened for writing: 0 or -ETXTBSY. Each get
 * has its put. */
int inode_write_get(struct inode *inode);
void inode_write_put(struct inode *inode);
int inode_run_get(struct inode *inode);
void inode_run_put(struct inode *inode);

/* ---- paths; base: where a relative path starts. Permissions are those of the current thread ---- */

/* Each returns 0 or -errno as path_resolution(7) and its own page have it.
 *
 * What is there by that name, with a reference. flags: LOOKUP_*, vfs/path.h. */
int vfs_lookup(const struct path *base, const char *name, unsigned flags, struct inode **out);
/* open(2): flags are O_*, mode the permissions of a file that O_CREAT makes, of which the
 * umask takes some. *out: one reference. */
int vfs_open(const struct path *base, const char *name, uint32_t flags, uint32_t mode, struct file **out);
/* The same, with openat2(2)'s RESOLVE_*. */
int vfs_open_resolve(const struct path *base, const char *name, uint32_t flags, uint32_t mode, unsigned resolve,
                     struct file **out);
/* Opens what is there already. */
int vfs_open_path(const struct path *path, uint32_t flags, struct file **out);
/* A new file in memory, as in /dev/shm, that has no name: open for reading and writing. */
int vfs_open_memory(uint32_t mode, struct file **out);
/* mkdir(2); mknod(2) of anything but a regular file; symlink(2); unlink(2) or, with `directory`, rmdir(2). */
int vfs_mkdir(const struct path *base, const char *name, uint32_t mode);
int vfs_mknod(const struct path *base, const char *name, uint32_t mode, uint64_t rdev);
int vfs_symlink(const struct path *base, const char *name, const char *target);
int vfs_unlink(const struct path *base, const char *name, bool directory);
/* link(2): gives what is at `from` another name. */
int vfs_link(const struct path *from, const struct path *base, const char *name);
/* renameat2(2). */
int vfs_rename(const struct path *old_base, const char *old_name, const struct path *new_base, const char *new_name,
               unsigned flags);
int vfs_truncate(struct inode *inode, uint64_t size);
int inode_truncate(struct inode *inode, uint64_t size); /* the same, by who has inode->lock */

/* ---- open files ---- */

extern uint64_t file_count; /* open file descriptions (/proc/sys/fs/file-nr) */
/* Takes a reference of its own to `inode`, which may be NULL. */
int file_new(struct inode *inode, const struct file_ops *ops, uint32_t flags, void *owner, struct file **out);
void file_get(struct file *file);
__attribute__((noinline)) void file_free(struct file *file); /* for file_put alone */
static inline void file_put(struct file *file)
{
    if (--file->refs == 0)
        file_free(file);
}

/* How it was opened. Access mode 3 is neither (open(2)), and a file opened with O_PATH has mode 0. */
static inline bool file_is_readable(const struct file *file)
{
    return !(file->flags & (O_WRONLY | O_PATH));
}
static inline bool file_is_writable(const struct file *file)
{
    return (file->flags + 1) & O_RDWR;
}
int64_t file_read(struct file *file, struct iter *iter);  /* at and beyond file->pos */
int64_t file_write(struct file *file, struct iter *iter); /* O_APPEND is honoured */
int64_t file_pread(struct file *file, struct iter *iter, uint64_t pos);
int64_t file_pwrite(struct file *file, struct iter *iter, uint64_t pos);
/* Like these two (or read and write, for what has no positions), but doesn't wait for a disk if the page cache can be
 * bypassed: then it returns FILE_STARTED, io->done tells the result (perhaps before this returns), and the caller keeps
 * the file until then. Not seen by the disk before blk_kick(io->dev). */
int64_t file_start(struct file *file, struct iter *iter, uint64_t pos, bool write, struct file_io *io);
int64_t file_seek(struct file *file, int64_t offset, int whence);
int64_t file_seek_claimed(struct file *file, int64_t offset, int whence); /* the same, by who has claimed pos */
int64_t file_ioctl(struct file *file, unsigned request, uint64_t arg);
int file_sync(struct file *file, bool data_only); /* fsync(2); or fdatasync(2) */
/* fallocate(2), in Linux's order of errors; -EOPNOTSUPP: the file system can't do that. */
int file_allocate(struct file *file, uint32_t mode, int64_t offset, int64_t size);
/* What the caller is told of a directory's position, and what it means by one: if it is a 32-bit program, and positions
 * are hashes, not the same. */
uint64_t directory_pos_told(const struct file *file, uint64_t pos);
uint64_t directory_pos_meant(const struct file *file, uint64_t told);
/* Entries from file->pos on; -EINVAL if the first doesn't fit. The caller packs them (getdents64). */
int file_read_dir(struct file *file, dir_emit *emit, void *arg);

/* Kernel-side convenience: reads up to `size` bytes at `pos` into kernel memory. */
int64_t inode_read(struct inode *inode, uint64_t pos, void *dst, size_t size);

#endif
