/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_inline_leave.c - data within an inode go to a block, as they became too many or are going to. */
#include "abi/errno.h"
#include "fs/ext4/ext4_dir.h"
#include "fs/ext4/ext4_grow.h"
#include "lib/string.h"
#include "vfs/blk.h"

#define DOTS_END (2 * EXT4_DIRENT_MIN) /* of "." and "..", which a directory within its inode doesn't have */

struct leaving {
    struct ext4_handle *handle;
    struct ext4_inode *ei;
    struct page *page;             /* with what the block is going to have */
    uint32_t block[EXT4_POINTERS]; /* as it was before */
    uint32_t flags;
    uint64_t size;
};

static void map_begin(struct leaving *leaving)
{
    struct ext4_inode *ei = leaving->ei;

    memcpy(leaving->block, ei->block, sizeof(ei->block));
    leaving->flags = ei->flags;
    leaving->size = ei->inode.size;
    ei->flags &= ~(uint32_t)EXT4_INLINE_DATA_FL;
    ext4_map_init(ei);
}

/* All is as it was, and the block that it may have got is given back. */
static void map_undo(struct leaving *leaving)
{
    struct ext4_inode *ei = leaving->ei;
    struct ext4_run run;
    int error = ext4_map_find(ei, 0, 1, &run); /* it is in the inode: nothing is read */

    memcpy(ei->block, leaving->block, sizeof(ei->block));
    ei->flags = leaving->flags;
    ei->inode.size = leaving->size;
    ei->last.count = 0;
    if (error != 0 || run.room == 0)
        return;
    ext4_grow_undo(leaving->handle, S_ISDIR(ei->inode.mode) ? EXT4_MAP_META : 0, 1, run.room);
    ext4_sectors_add(ei, -1);
    error = ext4_inode_store(leaving->handle, ei);
    if (error != 0)
        ext4_fail(leaving->handle->e4, "storing an inode", error);
}

/* ---- a file: its data are at their place before the transaction is committed ---- */

static int data_write(const struct leaving *leaving, uint64_t block)
{
    struct ext4_fs *e4 = leaving->handle->e4;
    struct blk_segment segment = {page_phys(leaving->page), e4->block_size};

    return blk_transfer(e4->dev, true, block * (e4->block_size / SECTOR_SIZE), &segment, 1);
}

static int file_leave(struct leaving *leaving)
{
    struct ext4_fs *e4 = leaving->handle->e4;
    struct ext4_inode *ei = leaving->ei;
    struct ext4_run run;
    int error = ext4_inline_read(ei, 0, page_data(leaving->page), e4->block_size);

    if (error != 0)
        return error;
    map_begin(leaving);
    if (ei->disk_size != 0) {
        error = ext4_map_create(leaving->handle, ei, 0, 1, 0, &run);
        if (error == 0)
            error = data_write(leaving, run.disk);
    }
    return error;
}

/* ---- a directory: as before, behind "." and ".." ---- */

/* The second part may be as long as a block: it comes first. */
static int parts_read(struct leaving *leaving, size_t sizes[EXT4_INLINE_PARTS])
{
    char *data = page_data(leaving->page);
    int error = ext4_inline_part(leaving->ei, 1, data, &sizes[1]);

    if (error != 0)
        return error;
    if (DOTS_END + EXT4_INLINE_SIZE + sizes[1] + sizeof(struct ext4_dir_tail) > leaving->handle->e4->block_size)
        return ext4_inode_damaged(leaving->ei, 0, "a directory in an inode that is longer than a block");
    char rest[EXT4_INLINE_SIZE];
    error = ext4_inline_part(leaving->ei, 0, rest, &sizes[0]);
    if (error != 0)
        return error;
    memmove(data + sizes[0], data, sizes[1]);
    memcpy(data, rest, sizes[0]);
    return 0;
}

/* The entries, of which the last one begins at *last: *size bytes. */
static int entries_read(struct leaving *leaving, size_t *size, size_t *last)
{
    size_t sizes[EXT4_INLINE_PARTS], at = 0;
    int error = parts_read(leaving, sizes);

    if (error != 0)
        return error;
    *size = *last = 0;
    for (unsigned part = 0; part < EXT4_INLINE_PARTS; part++) {
        *size += sizes[part];
        while (at < *size) {
            const struct ext4_dirent *entry = ext4_dir_entry(leaving->ei, page_data(leaving->page), *size, at, 0);
            if (entry == NULL)
                return -EUCLEAN;
            *last = at;
            at += entry->rec_len;
        }
    }
    return 0;
}

static void entries_put(const struct leaving *leaving, char *block, size_t size, size_t last)
{
    struct ext4_dirent *dots = (struct ext4_dirent *)(void *)(block + EXT4_DIRENT_MIN);
    size_t end = EXT4_DIRENT_MIN + dots->rec_len; /* a tail may be behind it */

    memcpy(block + DOTS_END, page_data(leaving->page), size);
    struct ext4_dirent *entry = (struct ext4_dirent *)(void *)(block + DOTS_END + last);
    dots->rec_len = EXT4_DIRENT_MIN;
    entry->rec_len = (uint16_t)(end - DOTS_END - last);
}

static int dir_leave(struct leaving *leaving)
{
    struct ext4_inode *dir = leaving->ei;
    uint32_t parent = dir->block[0];
    struct ext4_buffer *buffer;
    size_t size, last;
    int error = entries_read(leaving, &size, &last);

    if (error != 0)
        return error;
    map_begin(leaving);
    dir->inode.size = 0;
    error = ext4_dir_init(leaving->handle, dir, parent);
    if (error == 0)
        error = ext4_map_buffer(dir, 0, &buffer);
    if (error != 0)
        return error;
    entries_put(leaving, buffer->data, size, last);
    ext4_buffer_put(&leaving->handle->e4->buffers, buffer);
    return 0;
}

int ext4_inline_leave(struct ext4_handle *handle, struct ext4_inode *ei)
{
    struct leaving leaving = {.handle = handle, .ei = ei, .flags = ei->flags, .page = page_alloc()};
    int error = leaving.page == NULL ? -ENOMEM : 0;

    if (error == 0)
        error = S_ISDIR(ei->inode.mode) ? dir_leave(&leaving) : file_leave(&leaving);
    if (error == 0) /* which stores the inode, too */
        error = ext4_xattr_change(handle, ei, EXT4_XATTR_SYSTEM, EXT4_INLINE_NAME, sizeof(EXT4_INLINE_NAME) - 1, NULL,
                                  0, 0);
    if (error == -ENODATA)
        error = ext4_inode_store(handle, ei);
    if (error != 0 && !ext4_inode_is_inline(ei))
        map_undo(&leaving);
    if (leaving.page != NULL)
        page_put(leaving.page);
    return error;
}
