/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_store.c - an inode in memory becomes one on the disk (ext4 layout, "Inode Table"). */
#include "fs/ext4/ext4_change.h"
#include "lib/string.h"

#define NS_PER_S 1000000000

/* Seconds are rounded down, and those before 1901 or after 2446 are the nearest ones that there are. */
static void time_put(int64_t ns, bool has_extra, uint32_t *seconds, uint32_t *extra)
{
    int64_t whole = ns / NS_PER_S, rest = ns % NS_PER_S;
    int64_t least = INT32_MIN, most = has_extra ? INT32_MAX + (3ll << 32) : INT32_MAX;

    if (rest < 0) {
        whole--;
        rest += NS_PER_S;
    }
    whole = whole < least ? least : whole > most ? most : whole;
    *seconds = (uint32_t)whole;
    *extra = (uint32_t)rest << EXT4_EPOCH_BITS |
             ((uint32_t)((whole - (int32_t)whole) >> 32) & ((1u << EXT4_EPOCH_BITS) - 1));
}

static void put_times(const struct ext4_fs *e4, const struct ext4_inode *ei, struct ext4_raw_inode *raw)
{
    const struct inode *inode = &ei->inode;
    uint32_t extra;

    time_put(inode->atime, EXT4_HAS_FIELD(e4, raw, atime_extra), &raw->atime, &extra);
    if (EXT4_HAS_FIELD(e4, raw, atime_extra))
        raw->atime_extra = extra;
    time_put(inode->mtime, EXT4_HAS_FIELD(e4, raw, mtime_extra), &raw->mtime, &extra);
    if (EXT4_HAS_FIELD(e4, raw, mtime_extra))
        raw->mtime_extra = extra;
    time_put(inode->ctime, EXT4_HAS_FIELD(e4, raw, ctime_extra), &raw->ctime, &extra);
    if (EXT4_HAS_FIELD(e4, raw, ctime_extra))
        raw->ctime_extra = extra;
    if (EXT4_HAS_FIELD(e4, raw, crtime_extra)) {
        time_put(ei->birth, true, &raw->crtime, &extra);
        raw->crtime_extra = extra;
    }
}

void ext4_sectors_add(struct ext4_inode *ei, int64_t blocks)
{
    unsigned shift = ext4_of(&ei->inode)->block_shift - 9;
    uint64_t less = blocks < 0 ? (uint64_t)-blocks << shift : 0;

    if (blocks >= 0)
        ei->sectors += (uint64_t)blocks << shift;
    else
        ei->sectors -= ei->sectors < less ? ei->sectors : less;
}

/* In 512 bytes, or where that is too much and the file system has huge_file, in blocks. */
static void put_sectors(const struct ext4_fs *e4, struct ext4_inode *ei, struct ext4_raw_inode *raw)
{
    uint64_t value = ei->sectors;

    ei->flags &= ~(uint32_t)EXT4_HUGE_FILE_FL;
    if (e4->ro_compat & EXT4_RO_HUGE_FILE && value >> 48 != 0) {
        value >>= e4->block_shift - 9;
        ei->flags |= EXT4_HUGE_FILE_FL;
    }
    raw->blocks_lo = (uint32_t)value;
    if (e4->ro_compat & EXT4_RO_HUGE_FILE)
        raw->blocks_high = (uint16_t)(value >> 32);
}

static void put_size(const struct ext4_fs *e4, const struct ext4_inode *ei, struct ext4_raw_inode *raw)
{
    uint64_t size = S_ISREG(ei->inode.mode) ? ei->disk_size : ei->inode.size;
    bool is_large = S_ISREG(raw->mode) || (S_ISDIR(raw->mode) && (e4->incompat & EXT4_INCOMPAT_LARGE_DIR));

    raw->size_lo = (uint32_t)size;
    if (is_large)
        raw->size_high = (uint32_t)(size >> 32);
}

static void put_fields(const struct ext4_fs *e4, struct ext4_inode *ei, struct ext4_raw_inode *raw)
{
    const struct inode *inode = &ei->inode;

    raw->mode = (uint16_t)inode->mode;
    raw->uid = (uint16_t)inode->uid;
    raw->uid_high = (uint16_t)(inode->uid >> 16);
    raw->gid = (uint16_t)inode->gid;
    raw->gid_high = (uint16_t)(inode->gid >> 16);
    raw->links_count = (uint16_t)inode->links;
    put_sectors(e4, ei, raw);
    put_size(e4, ei, raw);
    put_times(e4, ei, raw);
    raw->flags = ei->flags;
    raw->generation = ei->generation;
    raw->file_acl_lo = (uint32_t)ei->xattr_block;
    if (e4->incompat & EXT4_INCOMPAT_64BIT)
        raw->file_acl_high = (uint16_t)(ei->xattr_block >> 32);
    raw->dtime = ei->next_orphan;
    memcpy(raw->block, ei->block, sizeof(raw->block));
}

void ext4_inode_put_fields(struct ext4_handle *handle, struct ext4_inode *ei, struct ext4_raw_inode *raw)
{
    put_fields(handle->e4, ei, raw);
    ei->inode.flags = ei->flags & EXT4_FLAGS_SHOWN;
    ei->tid = ext4_tid(handle);
}

int ext4_inode_store(struct ext4_handle *handle, struct ext4_inode *ei)
{
    struct ext4_buffer *buffer;
    struct ext4_raw_inode *raw;
    int error = ext4_itable_change(handle, ext4_number(ei), &buffer, &raw);

    if (error != 0)
        return error;
    ext4_inode_put_fields(handle, ei, raw);
    ext4_buffer_put(&handle->e4->buffers, buffer);
    return 0;
}
