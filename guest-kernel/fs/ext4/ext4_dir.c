/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_dir.c - finding names in a directory, and listing them (ext4 layout, "Directory Entries"). */
#include "abi/errno.h"
#include "fs/ext4/ext4.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

#define INLINE_PARTS 2u

/* ---- finding ---- */

static int inline_find(struct ext4_inode *dir, const char *name, size_t length, uint32_t *out)
{
    void *data = kmalloc(ext4_of(&dir->inode)->block_size);
    int error = data != NULL ? 0 : -ENOMEM;

    *out = 0;
    for (unsigned part = 0; error == 0 && *out == 0 && part < INLINE_PARTS; part++) {
        size_t size = 0;
        error = ext4_inline_part(dir, part, data, &size);
        if (error == 0)
            error = ext4_dir_search(dir, data, size, 0, name, length, out);
    }
    kfree(data);
    return error;
}

static uint64_t blocks_of(const struct ext4_inode *dir)
{
    return dir->inode.size >> ext4_of(&dir->inode)->block_shift;
}

/* From end to end; holes are passed over. */
static int linear_find(struct ext4_inode *dir, const char *name, size_t length, uint32_t *out)
{
    struct ext4_fs *e4 = ext4_of(&dir->inode);
    uint64_t block = 0, blocks = blocks_of(dir);
    struct ext4_buffer *buffer;
    int error = 0;

    *out = 0;
    while (error == 0 && *out == 0 && block < blocks && block <= UINT32_MAX) {
        error = ext4_dir_block(dir, (uint32_t)block, EXT4_BUFFER_UNCHECKED, &buffer);
        if (error == 0 && buffer == NULL) {
            block = (uint64_t)dir->last.start + dir->last.count; /* of the hole that was found */
            continue;
        }
        if (error == 0) {
            error = ext4_dir_search(dir, buffer->data, e4->block_size, buffer->block, name, length, out);
            ext4_buffer_put(&e4->buffers, buffer);
        }
        block++;
    }
    return error;
}

int ext4_dir_find(struct ext4_inode *dir, const char *name, size_t length, uint32_t *out)
{
    int error = EXT4_INDEX_DAMAGED;

    if (ext4_inode_is_inline(dir))
        error = inline_find(dir, name, length, out);
    else if (ext4_dir_has_index(dir))
        error = ext4_index_find(dir, name, length, out);
    if (error == EXT4_INDEX_DAMAGED)
        error = linear_find(dir, name, length, out);
    return error == 0 && *out == 0 ? -ENOENT : error;
}

/* ---- listing ---- */

static unsigned type_of(const struct ext4_fs *e4, const struct ext4_dirent *entry)
{
    static const uint8_t types[] = {DT_UNKNOWN, DT_REG, DT_DIR, DT_CHR, DT_BLK, DT_FIFO, DT_SOCK, DT_LNK};

    if (!(e4->incompat & EXT4_INCOMPAT_FILETYPE) || entry->file_type >= sizeof(types))
        return DT_UNKNOWN;
    return types[entry->file_type];
}

static bool is_dots(const struct ext4_dirent *entry)
{
    return entry->name[0] == '.' && (entry->name_len == 1 || (entry->name_len == 2 && entry->name[1] == '.'));
}

struct listing {
    struct ext4_inode *dir;
    uint64_t pos; /* entries before it are passed over */
    dir_emit *emit;
    void *arg;
    bool full;
};

/* One entry, whose successor is at `next`. -EIO, as on Linux: a name that is none. */
static int list_entry(struct listing *listing, const struct ext4_dirent *entry, uint64_t next, uint64_t block)
{
    if (entry->inode == 0 || is_dots(entry))
        return 0;
    if (entry->name_len == 0 || memchr(entry->name, '/', entry->name_len) != NULL ||
        memchr(entry->name, 0, entry->name_len) != NULL) {
        ext4_inode_damaged(listing->dir, block, "a directory entry with a name that is none");
        return -EIO;
    }
    listing->full = !listing->emit(listing->arg, entry->name, entry->name_len, entry->inode,
                                   type_of(ext4_of(&listing->dir->inode), entry), next);
    return 0;
}

/* Entries that begin at `base` in the directory. What follows a damaged one is passed over. */
static int list_entries(struct listing *listing, const void *data, size_t size, uint64_t base, uint64_t block)
{
    size_t offset = 0;
    int error = 0;

    while (error == 0 && !listing->full && offset < size) {
        const struct ext4_dirent *entry = ext4_dir_entry(listing->dir, data, size, offset, block);
        if (entry == NULL)
            break;
        offset += entry->rec_len;
        if (base + offset > listing->pos && base + offset - entry->rec_len >= listing->pos)
            error = list_entry(listing, entry, base + offset, block);
    }
    return error;
}

static int inline_list(struct listing *listing)
{
    void *data = kmalloc(ext4_of(&listing->dir->inode)->block_size);
    int error = data != NULL ? 0 : -ENOMEM;
    uint64_t base = 0;

    for (unsigned part = 0; error == 0 && !listing->full && part < INLINE_PARTS; part++) {
        size_t size = 0;
        error = ext4_inline_part(listing->dir, part, data, &size);
        if (error == 0)
            error = list_entries(listing, data, size, base, 0);
        base += size;
    }
    kfree(data);
    return error;
}

/* A block whose checksum is wrong is passed over, as on Linux: the names in others can be listed. */
static int list_block(struct listing *listing, uint64_t *block)
{
    struct ext4_fs *e4 = ext4_of(&listing->dir->inode);
    struct ext4_buffer *buffer;
    int error = ext4_dir_block(listing->dir, (uint32_t)*block, EXT4_BUFFER_UNCHECKED, &buffer);

    if (error == 0 && buffer == NULL) {
        *block = (uint64_t)listing->dir->last.start + listing->dir->last.count;
        return 0;
    }
    if (error == 0) {
        error = list_entries(listing, buffer->data, e4->block_size, *block << e4->block_shift, buffer->block);
        ext4_buffer_put(&e4->buffers, buffer);
    }
    ++*block;
    return error == -EBADMSG ? 0 : error;
}

int ext4_read_dir(struct inode *inode, uint64_t pos, dir_emit *emit, void *arg)
{
    struct ext4_inode *dir = ext4_inode_of(inode);
    struct listing listing = {dir, pos, emit, arg, false};
    uint64_t block = pos >> ext4_of(inode)->block_shift;
    int error = 0;

    if (ext4_inode_is_inline(dir))
        return inline_list(&listing);
    while (error == 0 && !listing.full && block < blocks_of(dir) && block <= UINT32_MAX)
        error = list_block(&listing, &block);
    return error;
}
