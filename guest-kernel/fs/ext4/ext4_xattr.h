/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_xattr.h - what the files of extended attributes share: places where attributes are, as bytes (ext4 layout,
 * "Extended Attributes").
 *
 *   ext4_xattr.c        where they are, checked       ext4_xattr_value.c  values, names
 *   ext4_xattr_area.c   bytes of a place are changed  ext4_xattr_block.c  blocks of them come, go, and are shared
 *   ext4_xattr_set.c    an attribute is set           ext4_xattr_drop.c   all go, with their inode
 *   ext4_xattr_inode.c  values in inodes of their own
 *   ext4_acl.c, ext4_acl_load.c, ext4_acl_set.c  lists of who may do what
 */
#ifndef GK_FS_EXT4_EXT4_XATTR_H
#define GK_FS_EXT4_EXT4_XATTR_H

#include "fs/ext4/ext4.h"

/* Attributes in one place, the room in an inode or a block: entries from the beginning on, behind which 4 zero bytes
 * are, and values from the end down, which don't meet. */
struct ext4_xattr_area {
    char *values; /* value_offs counts from there */
    char *first;  /* entry */
    char *end;
    bool is_block; /* then entries are sorted and have hashes */
};

struct ext4_xattr_key {
    unsigned index;
    const char *name;
    size_t length;
};

static inline struct ext4_xattr_entry *ext4_xattr_entry_at(const char *at)
{
    return (struct ext4_xattr_entry *)(uintptr_t)at;
}

static inline size_t ext4_xattr_round(size_t size)
{
    return (size + 3) & ~(size_t)3;
}

static inline size_t ext4_xattr_entry_size(const struct ext4_xattr_entry *entry)
{
    return ext4_xattr_round(sizeof(*entry) + entry->name_len);
}

static inline bool ext4_xattr_is_last(const char *at)
{
    return *(const uint32_t *)(const void *)at == 0;
}

/* ---- ext4_xattr.c ---- */
/* Each entry is within, and there is an end of them, before which no value lies. */
bool ext4_xattr_is_sound(const struct ext4_xattr_area *area);
/* The attributes in the inode, or in its block, and the buffer that they are in, with a reference; NULL: there are
 * none. */
int ext4_xattr_inside(struct ext4_inode *ei, struct ext4_xattr_area *area, struct ext4_buffer **buffer);
int ext4_xattr_outside(struct ext4_inode *ei, struct ext4_xattr_area *area, struct ext4_buffer **buffer);
/* What is in a block of its own for attributes: the area behind the header. `data` has a block's size. */
void ext4_xattr_block_area(const struct ext4_fs *e4, void *data, struct ext4_xattr_area *area);
/* A block's checksum: over its number, too. */
uint32_t ext4_xattr_sum(const struct ext4_fs *e4, const struct ext4_buffer *buffer);
/* It is a block of attributes, sound, as long as nobody else changes it. */
void ext4_xattr_block_checked(struct ext4_buffer *buffer);
/* NULL: it isn't here. */
struct ext4_xattr_entry *ext4_xattr_area_find(const struct ext4_xattr_area *area, const struct ext4_xattr_key *key);

/* ---- ext4_xattr_value.c ---- */
/* What kind of attribute the name is, and what is behind the prefix. -EOPNOTSUPP; -EINVAL: nothing is. */
int ext4_xattr_key_of(const char *name, struct ext4_xattr_key *out);

/* ---- ext4_xattr_area.c: bytes in memory, of which all is sound and stays so ---- */
/* Nothing is in it. */
void ext4_xattr_area_clear(const struct ext4_xattr_area *area);
bool ext4_xattr_area_is_empty(const struct ext4_xattr_area *area);
/* Whether there is room for an attribute, in place of `old` if that isn't NULL. */
bool ext4_xattr_area_fits(const struct ext4_xattr_area *area, const struct ext4_xattr_entry *old, size_t name_length,
                          size_t size);
void ext4_xattr_area_remove(const struct ext4_xattr_area *area, struct ext4_xattr_entry *entry);
/* It isn't there, and it fits. at: how far from the first entry it comes where they aren't sorted, in the place of one
 * that was removed; SIZE_MAX: last. */
void ext4_xattr_area_add(const struct ext4_xattr_area *area, const struct ext4_xattr_key *key, size_t at,
                         const void *value, size_t size);
/* Some value in it is in an inode of its own. */
bool ext4_xattr_area_has_inodes(const struct ext4_xattr_area *area);
/* Of a block: of all its entries, for who looks for blocks that are the same. */
void ext4_xattr_block_rehash(const struct ext4_xattr_area *area);

/* ---- ext4_xattr_block.c ---- */
struct ext4_handle;
/* The inode's attributes in a block, which `old` is (NULL: it has none), are from now on those of `data` (NULL: none
 * are left): the block is changed, or one is allocated, freed, or one that others have is left to them. Changes
 * ei->xattr_block and ei->sectors, which the caller stores. -ENOSPC, and all is as it was. */
int ext4_xattr_block_replace(struct ext4_handle *handle, struct ext4_inode *ei, struct ext4_buffer *old,
                             const void *data);

/* ---- ext4_xattr_drop.c ---- */
/* The inode with an attribute's value. */
int ext4_xattr_value_get(struct ext4_fs *e4, uint32_t number, struct inode **out);
/* That many bytes of one are counted no more as the inode's: ei->sectors, which the caller stores. */
void ext4_xattr_value_uncount(struct ext4_inode *ei, uint64_t size);
/* One attribute less has it; without any it goes with its last reference. */
int ext4_xattr_value_leave(struct ext4_handle *handle, struct inode *value);

#endif
