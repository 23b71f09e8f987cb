/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuse.h - files of the host (type "virtiofs"): a mounted one, its nodes and its messages, for the files of fs/fuse.
 *
 * What is known here may change on the host at any time. So each step of a path asks the server (inode_ops.confirm),
 * and so does who looks at a file's size or times, or opens it; then pages of what has changed are dropped. Writes go
 * out at once. Only what mappings change is kept until it is written back.
 *
 * A node's life: the server counts how often it has given a node out, and keeps it until it is told to forget as many.
 * That is told with the next message, as it needs memory, and whoever lets go of a node may be in the middle of
 * anything.
 */
#ifndef GK_FS_FUSE_FUSE_H
#define GK_FS_FUSE_FUSE_H

#include "fs/fuse/fuse_message.h"
#include "vfs/vfs.h"

struct fuse_handle { /* what the server has open */
    bool is_open, reads;
    uint64_t number;
};

struct fuse_lock_handle;

enum fuse_handle_kind { FUSE_READING, FUSE_WRITING, FUSE_APPENDING, FUSE_LISTING, FUSE_LEARNING, FUSE_HANDLES };

struct fuse_node {      /* a listing makes many, in objects of 512 bytes */
    struct inode inode; /* its key is the node's number */
    uint64_t generation;
    uint64_t lookups;                 /* how often the server gave it out */
    uint64_t attr_until, entry_until; /* ns of the monotonic clock: what it said of it holds */
    uint64_t asked_call;              /* attributes are as fresh as they can be in this call, */
    int asked_by;                     /* for the thread of this number */
    uint32_t server_mode;             /* as the server has it: ours may have lost bits by a write */
    uint64_t changed_at;              /* fuse_fs.changes when size or data were changed here */
    uint64_t attr_asked_at;           /* the same when its attributes were asked for */
    uint64_t names_at, lost_at;       /* of a directory, the same: a name of it has changed; all of them may have */
    uint64_t vouch;                   /* what vouches for the name that was looked up last */
    uint64_t blocks;                  /* of 512 bytes */
    uint64_t ahead;                   /* of a directory: the files of names before this position have been learned */
    uint64_t listed;                  /* of a directory: the position behind the name that was told last */
    uint32_t ahead_size;              /* bytes of the next reply that teaches files */
    uint8_t misses;                   /* names that were asked for one by one since the last one */
    bool learns;                      /* it has a message under way for `ahead` */
    bool ahead_ends;                  /* there are no more */
    bool wants_files;                 /* several names were asked for one by one: the next listing has the files */
    bool makes_new;                   /* of a directory: what was to be made there last wasn't there before */
    bool is_modified;                 /* by others: its pages are old, whatever its times say */
    bool is_read;                     /* it isn't shown: fuse_dax.h */
    bool asks_size;                   /* before it is shown again */
    bool was_passed;                  /* it was read from its beginning by fuse_transfer */
    uint8_t times_gone;               /* what was shown */
    struct fuse_handle *open;         /* FUSE_HANDLES of them; NULL: nothing of it ever was */
    struct fuse_lock_handle *locks;   /* what is open for locks: fuse_lock.c */
    struct fuse_node *next;           /* of those to be forgotten */
    union {
        struct fuse_piece *pieces; /* of a file: those of the window that show it (fuse_window.h) */
        struct fuse_kept *kept;    /* of a directory: all its names, if they are known (fuse_kept.h) */
    };
};
#ifndef GK_CHECKS /* whose locks know more of themselves */
_Static_assert(sizeof(struct fuse_node) <= 512, "a node takes twice the memory");
#endif

static inline bool fuse_handle_is_open(const struct fuse_node *node, enum fuse_handle_kind kind)
{
    return node->open != NULL && node->open[kind].is_open;
}

struct fuse_listing {           /* a reply with names of a directory */
    const struct fuse_node *of; /* without a reference; NULL: none */
    uint64_t pos;               /* of the name at `at` */
    uint64_t asked_at;
    size_t size, at;
    char *bytes;
    bool files, ends; /* ends: there is nothing behind it */
};

struct fuse_moving {     /* what has lost a name by an event, and may get another by the next */
    struct inode *inode; /* with a reference, as it was known; NULL: none */
    uint64_t from;       /* the directory's number */
    uint32_t its_cookie, cookie;
};

struct fuse_window;

struct fuse_fs {
    struct filesystem fs;
    struct fuse_connection connection;
    const struct inode_ops *(*ops_of)(uint32_t mode); /* of a new node's type; they are above fuse_node.c */
    struct fuse_node *forgotten; /* nodes that are no inodes any more, of which the server is still to be told */
    unsigned forgotten_count;
    uint64_t changes;           /* of files, from here: what was asked before one doesn't hold behind it */
    struct fuse_window *window; /* fuse_dax.h; NULL: all files are read */
    /* fuse_told.c's: the server tells of changes; when it last told of some attributes, of those of a file by a name
     * that isn't known here, and that some may be missing; EVENTS_SIZE bytes. */
    bool is_told;
    uint64_t attrs_at, missed_at, lost_at;
    char *events;
    struct fuse_moving moving; /* fuse_news.c's */
    unsigned links_asked;      /* fuse_news.c's: questions that are under way */
    struct fuse_listing rest;  /* fuse_list.c's: what a reader who had enough hasn't been told; or that it was all */
    struct list kept;          /* fuse_kept.c's: of directories, the one that was used last at the end; its bytes */
    size_t kept_bytes;
    struct fuse_node
        *learns; /* fuse_list.c's: the one that has a FUSE_LEARNING handle, without a reference; NULL: none */
    unsigned directories_learned; /* fuse_list.c's: to their ends, by names that were asked for one after the other */
    bool has_no_seek, has_no_allocate, has_no_rename2, has_no_fsync,
        has_no_tmpfile; /* the server doesn't know these operations */
    char source_tag[FUSE_TAG_MAX + 1];
};

static inline struct fuse_fs *fuse_fs_of(const struct inode *inode)
{
    return container_of(inode->fs, struct fuse_fs, fs);
}
static inline struct fuse_connection *fuse_connection_of(const struct inode *inode)
{
    return &fuse_fs_of(inode)->connection;
}
static inline struct fuse_node *fuse_node_of(const struct inode *inode)
{
    return container_of((struct inode *)(uintptr_t)inode, struct fuse_node, inode);
}
/* fuse_message about this one, also by who reaches it as a member of its group (fuse_message_group). */
static inline struct fuse_message *fuse_node_message(const struct inode *inode, enum fuse_opcode opcode,
                                                     const void *args, size_t size)
{
    struct fuse_message *message = fuse_message(fuse_connection_of(inode), opcode, inode->key, args, size);

    if (message != NULL)
        fuse_message_group(message, inode->uid, inode->gid);
    return message;
}

/* ---- fuse_node.c ---- */

/* The inode of a node that the server has just given out, with a reference; the attributes have been looked at, and
 * were asked for when fs->changes was `asked_at`. 0 or -errno; then the server is told to forget it, later. */
int fuse_node_get(struct fuse_fs *fs, const struct fuse_entry *entry, uint64_t asked_at, struct inode **out);
/* A new one: the root's, too. NULL: no memory. */
struct fuse_node *fuse_node_create(struct fuse_fs *fs, uint64_t number, const struct fuse_attr *attr);
/* Takes attributes in for which the server was asked when fs->changes was `asked_at`, unless they are outdated.
 * -EIO: it is something else now. May wait, as pages that are old are dropped. */
int fuse_attr_take(struct fuse_node *node, const struct fuse_attr *attr, uint64_t until, uint64_t asked_at);
/* They are asked for again before they are used. */
static inline void fuse_attr_expire(struct fuse_node *node)
{
    node->attr_until = 0;
    node->asked_by = 0;
}
/* The same, after this one has changed the file's size or data. */
static inline void fuse_node_changed(struct fuse_node *node)
{
    node->changed_at = ++fuse_fs_of(&node->inode)->changes;
    fuse_attr_expire(node);
}
/* Asks for them, if they may be old. For inode_ops.fetch. */
int fuse_fetch(struct inode *inode);
/* Asks in any case. */
int fuse_fetch_now(struct inode *inode);
int fuse_set_attr(struct inode *inode, struct attr_change *change);
/* What a change of the data has taken off the mode here (inode_written) the server is told. 0 or -errno. */
int fuse_ids_drop(struct inode *inode);
uint64_t fuse_blocks(const struct inode *inode);
void fuse_release(struct inode *inode);
/* The memory of one that the server has been told to forget, or will be by the end. */
void fuse_node_free(struct fuse_node *node);
/* A node that the server gave out, and that nothing is to become of. */
void fuse_node_drop(struct fuse_fs *fs, uint64_t number);
/* Tells the server of those that are forgotten by now; `all`: also if they are few. May be seen with the next kick. */
void fuse_forget(struct fuse_fs *fs, bool all);

/* ---- fuse_open.c ---- */

/* A handle for that, opened if need be; it stays the node's. 0 or -errno. */
int fuse_handle_get(struct fuse_node *node, enum fuse_handle_kind kind, uint64_t *out);
/* Another one, with that access mode, which is the caller's. 0 or -errno. */
int fuse_handle_open(struct fuse_node *node, enum fuse_handle_kind kind, uint32_t flags, struct fuse_handle *out);
/* The server has this one, to read and write, open for the node: it takes the place of the one of that kind. 0, or
 * -ENOMEM and it is still the caller's. */
int fuse_handle_set(struct fuse_node *node, enum fuse_handle_kind kind, uint64_t number);
/* Closes the node's of that kind, if there is one. Waits for nothing. */
void fuse_handle_put(struct fuse_node *node, enum fuse_handle_kind kind);
/* The same of one that is nobody's. Waits for nothing. */
void fuse_handle_drop(struct fuse_connection *connection, uint64_t node, enum fuse_handle_kind kind, uint64_t number);
/* Closes all of the node's. */
void fuse_handles_close(struct fuse_node *node);

/* ---- the operations of inodes (vfs/vfs.h: struct inode_ops), by the files that have them ---- */

extern const struct inode_ops fuse_dir_ops, fuse_file_ops, fuse_link_ops, fuse_special_ops;

/* fuse_file.c's: inode_ops.truncate, allocate, seek_data and sync. */
int fuse_truncate(struct inode *inode, uint64_t size);
/* allocate: holes and zeros alone, as on Linux. */
int fuse_allocate(struct inode *inode, uint32_t mode, uint64_t pos, uint64_t size);
/* seek_data: where the server can't tell, all is data. */
int64_t fuse_seek_data(struct inode *inode, uint64_t pos, bool hole);
/* sync: of directories, too. */
int fuse_sync(struct inode *inode, bool data_only);
/* fuse_io.c's: inode_ops.transfer, */
int64_t fuse_transfer(struct file *file, struct iter *iter, uint64_t *pos, bool write);
/* read_pages, */
int fuse_read_pages(struct inode *inode, uint64_t index, struct page **pages, unsigned count);
/* and write_pages. */
int fuse_write_pages(struct inode *inode, uint64_t index, struct page **pages, unsigned count);
/* fuse_lock.c's: inode_ops.lock, */
int fuse_lock(struct file *file, const struct file_lock *wanted, bool may_wait);
/* test_lock */
int fuse_test_lock(struct file *file, struct file_lock *lock);
/* and unlock. */
void fuse_unlock(struct inode *inode, const void *owner, bool has_some);
/* fuse_list.c's: inode_ops.read_dir. */
int fuse_read_dir(struct inode *dir, uint64_t pos, dir_emit *emit, void *arg);
/* A name is about to be asked for: where many were, the files of a part of the directory are learned at once. What this
 * name is, if it is among them, has a reference in *out, and *vouch vouches for it (fuse_told.h); else *out is NULL.
 * The directory is locked. */
void fuse_list_ahead(struct inode *dir, const char *name, size_t length, struct inode **out, uint64_t *vouch);
/* fuse_xattr.c's: inode_ops.get_xattr, */
int64_t fuse_get_xattr(struct inode *inode, const char *name, void *value, size_t size);
/* set_xattr, */
int fuse_set_xattr(struct inode *inode, const char *name, const void *value, size_t size, unsigned flags);
/* and list_xattr. */
int64_t fuse_list_xattr(struct inode *inode, char *list, size_t size);

#endif
