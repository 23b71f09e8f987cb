/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_inode.c - inodes in memory: what the disk says of a file, checked when it is first looked at. */
#include "abi/errno.h"
#include "fs/ext4/ext4.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/icache.h"

#define NS_PER_S 1000000000

bool ext4_inode_is_inline(const struct ext4_inode *ei)
{
    return ei->flags & EXT4_INLINE_DATA_FL;
}

bool ext4_inode_is_fast_link(const struct ext4_inode *ei)
{
    const struct ext4_fs *e4 = ext4_of(&ei->inode);
    uint64_t for_attributes = ei->xattr_block != 0 ? (uint64_t)e4->block_size << e4->cluster_shift >> 9 : 0;

    if (!S_ISLNK(ei->inode.mode) || ext4_inode_is_inline(ei))
        return false;
    if (e4->incompat & EXT4_INCOMPAT_EA_INODE) /* then blocks may be those of values elsewhere */
        return ei->inode.size != 0 && ei->inode.size < EXT4_INLINE_SIZE;
    return ei->sectors == for_attributes;
}

bool ext4_inode_has_map(const struct ext4_inode *ei)
{
    uint32_t mode = ei->inode.mode;

    return (S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode)) && !ext4_inode_is_inline(ei) &&
           !ext4_inode_is_fast_link(ei);
}

uint64_t ext4_inode_blocks(const struct inode *inode)
{
    const struct ext4_inode *ei = ext4_inode_of(inode);

    return ei->sectors + (ei->delayed_count << (ext4_of(inode)->block_shift - 9));
}

/* ---- what the disk says ---- */

/* Seconds are signed; the two bits say how often 2^32 is to be added. What is beyond 64 bits of nanoseconds, in the
 * year 2262, is the last moment before. */
static int64_t time_of(uint32_t seconds, uint32_t extra)
{
    int64_t s = (int64_t)(int32_t)seconds + ((int64_t)(extra & ((1u << EXT4_EPOCH_BITS) - 1)) << 32), ns;

    if (__builtin_mul_overflow(s, (int64_t)NS_PER_S, &ns) || __builtin_add_overflow(ns, extra >> EXT4_EPOCH_BITS, &ns))
        return INT64_MAX;
    return ns;
}

static void read_times(const struct ext4_fs *e4, const struct ext4_raw_inode *raw, struct inode *inode)
{
    inode->atime = time_of(raw->atime, EXT4_HAS_FIELD(e4, raw, atime_extra) ? raw->atime_extra : 0);
    inode->mtime = time_of(raw->mtime, EXT4_HAS_FIELD(e4, raw, mtime_extra) ? raw->mtime_extra : 0);
    inode->ctime = time_of(raw->ctime, EXT4_HAS_FIELD(e4, raw, ctime_extra) ? raw->ctime_extra : 0);
}

static uint64_t sectors_of(const struct ext4_fs *e4, const struct ext4_raw_inode *raw)
{
    uint64_t sectors = raw->blocks_lo;

    if (!(e4->ro_compat & EXT4_RO_HUGE_FILE))
        return sectors;
    sectors |= (uint64_t)raw->blocks_high << 32;
    return raw->flags & EXT4_HUGE_FILE_FL ? sectors << (e4->block_shift - 9) : sectors;
}

static uint64_t size_of(const struct ext4_fs *e4, const struct ext4_raw_inode *raw)
{
    bool is_large = S_ISREG(raw->mode) || (S_ISDIR(raw->mode) && (e4->incompat & EXT4_INCOMPAT_LARGE_DIR));

    return raw->size_lo | (is_large ? (uint64_t)raw->size_high << 32 : 0);
}

/* The first number is in Linux's old form, of 8 bits each; the second in the new one, which is that of st_rdev. */
static uint64_t rdev_of(const struct ext4_raw_inode *raw)
{
    return raw->block[0] != 0 ? raw->block[0] & 0xffff : raw->block[1];
}

static void read_fields(struct ext4_fs *e4, const struct ext4_raw_inode *raw, struct ext4_inode *ei)
{
    struct inode *inode = &ei->inode;

    inode->links = raw->links_count;
    inode->uid = raw->uid | (uint32_t)raw->uid_high << 16;
    inode->gid = raw->gid | (uint32_t)raw->gid_high << 16;
    inode->size = size_of(e4, raw);
    if (S_ISCHR(raw->mode) || S_ISBLK(raw->mode))
        inode->rdev = rdev_of(raw);
    read_times(e4, raw, inode);
    ei->flags = raw->flags;
    inode->flags = raw->flags & EXT4_FLAGS_SHOWN;
    ei->generation = raw->generation;
    ei->seed = ext4_itable_seed(e4, ext4_number(ei), raw->generation);
    ei->extra_isize = e4->inode_size > EXT4_OLD_INODE_SIZE ? raw->extra_isize : 0;
    ei->xattr_block = raw->file_acl_lo;
    if (e4->incompat & EXT4_INCOMPAT_64BIT)
        ei->xattr_block |= (uint64_t)raw->file_acl_high << 32;
    ei->sectors = sectors_of(e4, raw);
    ei->value_hash = raw->atime;
    ei->disk_size = inode->size;
    ei->next_orphan = raw->dtime;
    if (EXT4_HAS_FIELD(e4, raw, crtime_extra))
        ei->birth = time_of(raw->crtime, raw->crtime_extra);
    memcpy(ei->block, raw->block, sizeof(ei->block));
}

/* ---- what is wrong with it ---- */

static const char *dir_fault(const struct ext4_fs *e4, const struct ext4_inode *ei)
{
    if (ei->inode.size >> e4->block_shift > e4->blocks)
        return "a directory that is larger than its file system";
    /* Without the feature others take an index for unused room, which spoils its checksums. */
    if ((ei->flags & EXT4_INDEX_FL) && !(e4->compat & EXT4_COMPAT_DIR_INDEX) && e4->has_checksums)
        return "a directory with an index, which the file system hasn't";
    return NULL;
}

static const char *link_fault(const struct ext4_inode *ei)
{
    uint64_t size = ei->inode.size;

    if (!ext4_inode_is_fast_link(ei))
        return NULL;
    if (size == 0 || size >= EXT4_INLINE_SIZE || strnlen((const char *)ei->block, size) != size)
        return "a symbolic link that isn't as long as it says";
    return NULL;
}

static const char *fault_of(const struct ext4_fs *e4, const struct ext4_inode *ei, enum ext4_inode_use use)
{
    const struct inode *inode = &ei->inode;

    if (inode->links == 0 && use != EXT4_FOR_ORPHANS)
        return "a name leads here, but it was removed";
    if (use != EXT4_FOR_ORPHANS && ((ei->flags & EXT4_EA_INODE_FL) != 0) != (use == EXT4_FOR_VALUES))
        return use == EXT4_FOR_VALUES ? "an attribute's value that isn't one" : "a name leads to an attribute's value";
    if (inode->size > INT64_MAX)
        return "a size below 0";
    if (ei->xattr_block != 0 && !ext4_blocks_are_valid(e4, ei->xattr_block, 1))
        return "its attributes are elsewhere than on the disk";
    if (ext4_inode_is_inline(ei) && !(e4->incompat & EXT4_INCOMPAT_INLINE_DATA))
        return "data in an inode, where the file system has none";
    if (ei->flags & EXT4_ENCRYPT_FL)
        return "an encrypted file, where the file system has none";
    if (S_ISDIR(inode->mode))
        return dir_fault(e4, ei);
    return S_ISLNK(inode->mode) ? link_fault(ei) : NULL;
}

static int check_map(const struct ext4_inode *ei)
{
    if (!ext4_inode_has_map(ei))
        return 0;
    return ei->flags & EXT4_EXTENTS_FL ? ext4_extent_check_root(ei) : ext4_indirect_check_root(ei);
}

static int check(const struct ext4_inode *ei, enum ext4_inode_use use)
{
    const char *fault = fault_of(ext4_of(&ei->inode), ei, use);

    return fault != NULL ? ext4_inode_damaged(ei, 0, fault) : check_map(ei);
}

/* ---- one of them ---- */

const struct inode_ops *ext4_inode_ops(const struct ext4_fs *e4, uint32_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return e4->ops->dir;
    case S_IFREG:
        return e4->ops->file;
    case S_IFLNK:
        return e4->ops->symlink;
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
    case S_IFSOCK:
        return e4->ops->other;
    default:
        return NULL;
    }
}

/* Seen without another look at the disk: most have none. */
static bool has_attributes(const struct ext4_fs *e4, struct ext4_raw_inode *raw, const struct ext4_inode *ei)
{
    size_t size;
    const uint32_t *room = ext4_itable_room(e4, raw, &size);

    return ei->xattr_block != 0 || (size >= sizeof(*room) && *room == EXT4_XATTR_MAGIC);
}

static int make(struct ext4_fs *e4, uint32_t number, struct ext4_raw_inode *raw, enum ext4_inode_use use,
                struct inode **out)
{
    const struct inode_ops *ops = ext4_inode_ops(e4, raw->mode);
    struct ext4_inode *ei = ops != NULL ? kmalloc(sizeof(*ei)) : NULL;

    if (ops == NULL)
        return ext4_damaged(e4, "inode %u: a file of type %o", number, raw->mode);
    if (ei == NULL)
        return -ENOMEM;
    inode_init(&ei->inode, &e4->fs, ops, number, raw->mode);
    list_init(&ei->link);
    list_init(&ei->end);
    read_fields(e4, raw, ei);
    ei->tid = ei->data_tid = ext4_running_tid(e4);
    int error = check(ei, use);
    if (error == 0 && use != EXT4_FOR_VALUES && has_attributes(e4, raw, ei))
        error = ext4_attributes_load(ei);
    if (error != 0) {
        ei->inode.number = 0; /* nothing on the disk goes with it, whatever its links say */
        inode_put(&ei->inode);
        return error;
    }
    *out = &ei->inode;
    return 0;
}

int ext4_inode_read(struct ext4_fs *e4, uint32_t number, enum ext4_inode_use use, struct inode **out)
{
    struct ext4_buffer *buffer;
    struct ext4_raw_inode *raw;
    int error = ext4_itable_get(e4, number, &buffer, &raw);

    if (error != 0)
        return error;
    error = make(e4, number, raw, use, out);
    ext4_buffer_put(&e4->buffers, buffer);
    return error;
}

int ext4_inode_get(struct ext4_fs *e4, uint32_t number, enum ext4_inode_use use, struct inode **out)
{
    *out = icache_find(&e4->fs, number);
    if (*out != NULL) {
        bool is_value = ext4_inode_of(*out)->flags & EXT4_EA_INODE_FL;
        if (use == EXT4_FOR_ORPHANS || is_value == (use == EXT4_FOR_VALUES))
            return 0;
        inode_put(*out);
        return ext4_damaged(e4, "inode %u: both a file and an attribute's value", number);
    }
    if (number != EXT4_ROOT_INODE && number < e4->first_inode)
        return ext4_damaged(e4, "a name leads to inode %u, which is the file system's own", number);
    int error = ext4_inode_read(e4, number, use, out);
    if (error == 0)
        icache_insert(*out, number);
    return error;
}
