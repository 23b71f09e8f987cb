/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpfs.h - files that live in the page cache alone, as Linux's tmpfs(5): for fs/tmpfs*.c and its tests.
 *
 *   tmpfs.c          mounting, figures                tmpfs_options.c  what mount(2) says of it
 *   tmpfs_dir.c      what system calls do to names    tmpfs_names.c    the entries of a directory
 *   tmpfs_file.c     data: holes, room                tmpfs_inode.c    what files of all kinds are and take
 *   tmpfs_xattr.c    extended attributes             tmpfs_remount.c  those of one that is mounted
 */
#ifndef GK_FS_TMPFS_H
#define GK_FS_TMPFS_H

#include "abi/errno.h"
#include "lib/tree.h"
#include "mm/page.h"
#include "vfs/vfs.h"

#define TMPFS_INODE_SIZE                                                                        \
    1024u /* what an inode counts of the room for inodes, of which extended attributes take too \
           */
#define TMPFS_DEFAULT_MODE 01777u /* of the root */
#define TMPFS_ENTRY_SIZE 20u      /* what a name adds to the size of its directory */
#define TMPFS_SHORT_LINK 128u     /* a symbolic link of so many bytes, the NUL included, takes no page */

struct tmpfs_options {
    uint64_t pages;             /* of data; 0: as many as there are */
    uint64_t inodes;            /* 0: any number */
    uint32_t mode, uid, gid;    /* of the root */
    bool has_pages, has_inodes; /* the text says so */
    bool noswap;                /* kept: there is no swap */
};

struct tmpfs {
    struct filesystem fs;
    uint64_t last_number;
    uint64_t most_pages, pages;       /* 0: no limit; that are there */
    uint64_t most_inodes, inode_room; /* 0: no limit; bytes that are left */
    uint32_t mode, uid, gid;          /* of the root, when it was mounted */
    bool noswap;
};

struct tmpfs_inode {
    struct inode inode;
    uint64_t pages;                   /* in the page cache, or as a long symbolic link's text */
    struct tree xattrs;               /* by name: tmpfs_xattr.c alone */
    struct tree by_name, by_position; /* a directory's entries: tmpfs_names.c alone */
    uint64_t last_position;
    char text[]; /* a symbolic link's, with its NUL */
};

struct tmpfs_entry { /* a name in a directory */
    struct tree_node by_name, by_position;
    struct inode *inode; /* holds a reference: the name keeps the file alive */
    uint64_t position;   /* in listings: rises with each new name, and never changes */
    uint32_t hash, length;
    char name[];
};

static inline struct tmpfs *tmpfs_of(const struct filesystem *fs)
{
    return container_of(fs, struct tmpfs, fs);
}

static inline struct tmpfs_inode *tmpfs_inode_of(const struct inode *inode)
{
    return container_of(inode, struct tmpfs_inode, inode);
}

/* Reads the options of mount(2), such as "size=10%,mode=755"; NULL: none are given. What isn't given stays as it is in
 * *out. 0, or -EINVAL: an unknown one, or a value that Linux refuses. */
int tmpfs_options(const char *text, struct tmpfs_options *out);

/* As struct filesystem_ops has them. */
int tmpfs_reconfigure(struct filesystem *fs, const char *text);
void tmpfs_show_options(const struct filesystem *fs, char *buf, size_t size);

/* ---- what there may be ---- */

/* Of pages, and of inodes, where the options don't say it: as on Linux half of the memory's pages. */
static inline uint64_t tmpfs_default_most(void)
{
    return page_total_count() / 2;
}

/* Takes from what is left for inodes: 0 or -ENOSPC. */
static inline int tmpfs_room_take(struct tmpfs *tmpfs, uint64_t bytes)
{
    if (tmpfs->most_inodes == 0)
        return 0;
    if (tmpfs->inode_room < bytes)
        return -ENOSPC;
    tmpfs->inode_room -= bytes;
    return 0;
}

/* Gives it back. */
static inline void tmpfs_room_give(struct tmpfs *tmpfs, uint64_t bytes)
{
    if (tmpfs->most_inodes != 0)
        tmpfs->inode_room += bytes;
}

/* ---- inodes ---- */

/* A new one of the caller's, in `dir` or (NULL) as the root; one reference, no name, and `text_size` bytes of text.
 * -ENOSPC: there are as many as may be; -ENOMEM. */
int tmpfs_inode_create(struct filesystem *fs, const struct inode *dir, const struct inode_ops *ops, uint32_t mode,
                       size_t text_size, struct tmpfs_inode **out);
/* As inode_ops have it. */
void tmpfs_release(struct inode *inode);
int tmpfs_count_page(struct inode *inode, bool comes);
/* st_blocks. */
uint64_t tmpfs_blocks(const struct inode *inode);
int tmpfs_set_flags(struct inode *inode, uint32_t flags);
int tmpfs_set_acl(struct inode *inode, bool preset, struct acl *acl, uint32_t mode);

extern const struct inode_ops tmpfs_file_ops, tmpfs_dir_ops;

/* ---- names: cost O(log n) each ---- */

/* NULL: there is none. */
struct tmpfs_entry *tmpfs_name_find(const struct inode *dir, const char *name, size_t length);
/* A new one, which isn't there yet and is the last in listings. Takes over the caller's reference to `inode`, unless
 * it fails: -ENOMEM. */
int tmpfs_name_add(struct inode *dir, const char *name, size_t length, struct inode *inode);
/* The name goes; its reference to the inode becomes the caller's. */
void tmpfs_name_remove(struct inode *dir, struct tmpfs_entry *entry);
/* The first one of a higher position; NULL: there is none. */
struct tmpfs_entry *tmpfs_name_after(const struct inode *dir, uint64_t position);
/* All names in the directory go, and in those below it: as deep as they are, without a recursion. */
void tmpfs_names_clear(struct inode *dir);
static inline bool tmpfs_has_names(const struct inode *dir)
{
    return tmpfs_inode_of(dir)->by_name.root != NULL;
}

/* ---- extended attributes, as inode_ops have them ---- */

/* One's value. */
int64_t tmpfs_get_xattr(struct inode *inode, const char *name, void *value, size_t size);
/* Sets one, or removes it. */
int tmpfs_set_xattr(struct inode *inode, const char *name, const void *value, size_t size, unsigned flags);
/* Their names; of trusted ones to who may see them. */
int64_t tmpfs_list_xattr(struct inode *inode, char *list, size_t size);
/* All of them go. */
void tmpfs_xattrs_free(struct tmpfs_inode *ti);

#endif
