/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_orphan_finish.c - after a crash: inodes without a name are removed, those that were being cut are cut. They are
 * in the list, or in a file of their own (ext4 layout, "Orphan file"): of which each goes to the list first.
 */
#include "abi/errno.h"
#include "core/log.h"
#include "fs/ext4/ext4_alloc.h"
#include "lib/crc.h"

#define TAIL_MAGIC 0x0b10ca04u

struct tail { /* of a block of the file */
    uint32_t magic, checksum;
};

/* ---- one ---- */

/* It is in use, as the bitmap says. */
static int check_used(struct ext4_fs *e4, uint32_t number)
{
    bool is_used;

    if (number < e4->first_inode || number > e4->inodes)
        return ext4_damaged(e4, "inode %u can't be one without a name", number);
    int error = ext4_number_is_used(e4, number, &is_used);
    if (error != 0)
        return error;
    return !is_used ? ext4_damaged(e4, "inode %u, without a name, was removed already", number) : 0;
}

static int orphan_get(struct ext4_fs *e4, uint32_t number, struct ext4_inode **out)
{
    struct inode *inode;
    int error = check_used(e4, number);

    if (error == 0)
        error = ext4_inode_get(e4, number, EXT4_FOR_ORPHANS, &inode);
    if (error == 0)
        *out = ext4_inode_of(inode);
    return error;
}

/* What lies behind its size goes. */
static int cut(struct ext4_inode *ei)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    uint64_t first = (ei->inode.size + e4->block_size - 1) >> e4->block_shift;
    struct ext4_handle handle;
    int error = 0;

    if (S_ISREG(ei->inode.mode) && !ext4_inode_is_inline(ei) && first < UINT32_MAX)
        error = ext4_map_remove(ei, (uint32_t)first, UINT32_MAX);
    if (error == 0)
        error = ext4_begin(e4, &handle, EXT4_CREDITS_ORPHAN + EXT4_CREDITS_INODE);
    if (error != 0)
        return error;
    error = ext4_orphan_remove(&handle, ei);
    if (error == 0)
        error = ext4_inode_store(&handle, ei);
    ext4_end(&handle);
    return error;
}

/* It is the first one of the list. Takes the reference. */
static int finish(struct ext4_inode *ei)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    uint32_t number = ext4_number(ei);
    int error = ei->inode.links != 0 ? cut(ei) : 0;

    inode_put(&ei->inode);
    ext4_reap(e4);
    if (error == 0 && e4->super.last_orphan == number)
        error = ext4_damaged(e4, "inode %u, without a name, can't be removed", number);
    return error;
}

/* ---- the list ---- */

/* Where it leads nowhere it ends, and the others are e2fsck's. */
static int list_drop(struct ext4_fs *e4)
{
    struct ext4_handle handle;
    int error = ext4_begin(e4, &handle, EXT4_CREDITS_SUPER);

    if (error != 0)
        return error;
    error = ext4_change_super(&handle);
    if (error == 0)
        e4->super.last_orphan = 0;
    ext4_end(&handle);
    return error;
}

static int list_step(struct ext4_fs *e4)
{
    uint32_t number = e4->super.last_orphan, next;
    struct ext4_inode *ei;
    int error = check_used(e4, number);

    if (error == 0)
        error = ext4_orphan_next(e4, number, &next);
    if (error == 0 && (next > e4->inodes || next == number))
        error = ext4_damaged(e4, "inode %u: in the list of those without a name %u is next", number, next);
    if (error == 0)
        error = orphan_get(e4, number, &ei);
    if (error != 0)
        return error;
    if (!ei->is_orphan)
        list_insert(e4->orphans.next, &ei->link);
    ei->is_orphan = true;
    return finish(ei);
}

static int list_finish(struct ext4_fs *e4, uint32_t *done)
{
    int error = 0;

    for (; error == 0 && e4->super.last_orphan != 0 && *done < e4->inodes; (*done)++)
        error = list_step(e4);
    bool is_damage = error == -EUCLEAN || error == -EBADMSG;
    if (e4->super.last_orphan != 0 && (error == 0 || is_damage))
        error = list_drop(e4);
    return error;
}

/* ---- the file ---- */

static uint32_t sum_of(const struct ext4_inode *file, const struct ext4_buffer *buffer)
{
    const struct ext4_fs *e4 = ext4_of(&file->inode);

    return crc32c(crc32c(file->seed, &buffer->block, sizeof(buffer->block)), buffer->data,
                  e4->block_size - sizeof(struct tail));
}

static struct tail *tail_of(const struct ext4_fs *e4, const struct ext4_buffer *buffer)
{
    return (struct tail *)(void *)((char *)buffer->data + e4->block_size - sizeof(struct tail));
}

/* seal_arg: the seed of the file's checksums. */
static void block_seal(struct ext4_fs *e4, struct ext4_buffer *buffer)
{
    uint32_t sum = crc32c(buffer->seal_arg, &buffer->block, sizeof(buffer->block));

    if (e4->has_checksums)
        tail_of(e4, buffer)->checksum = crc32c(sum, buffer->data, e4->block_size - sizeof(struct tail));
}

/* From the file to the list, in one operation: a crash finds it in one of them. */
static int entry_move(struct ext4_inode *file, struct ext4_buffer *buffer, uint32_t *entry)
{
    struct ext4_fs *e4 = ext4_of(&file->inode);
    struct ext4_handle handle;
    struct ext4_inode *ei;
    int error = orphan_get(e4, *entry, &ei);

    if (error != 0)
        return error;
    error = ext4_begin(e4, &handle, 1 + EXT4_CREDITS_ORPHAN + EXT4_CREDITS_INODE);
    if (error != 0) {
        inode_put(&ei->inode);
        return error;
    }
    error = ext4_change(&handle, buffer, block_seal, file->seed);
    if (error == 0)
        error = ext4_orphan_add(&handle, ei);
    if (error == 0)
        error = ext4_inode_store(&handle, ei);
    if (error == 0)
        *entry = 0;
    ext4_end(&handle);
    if (error == 0)
        return finish(ei);
    inode_put(&ei->inode);
    return error;
}

static int entry_drop(struct ext4_inode *file, struct ext4_buffer *buffer, uint32_t *entry)
{
    struct ext4_handle handle;
    int error = ext4_begin(ext4_of(&file->inode), &handle, 1);

    if (error != 0)
        return error;
    error = ext4_change(&handle, buffer, block_seal, file->seed);
    if (error == 0)
        *entry = 0;
    ext4_end(&handle);
    return error;
}

/* Those that make no sense are dropped. */
static int entries_finish(struct ext4_inode *file, struct ext4_buffer *buffer, uint32_t *done)
{
    struct ext4_fs *e4 = ext4_of(&file->inode);
    uint32_t *entries = buffer->data, count = (e4->block_size - (uint32_t)sizeof(struct tail)) / sizeof(*entries);
    int error = 0;

    for (uint32_t i = 0; error == 0 && i < count; i++) {
        if (entries[i] == 0)
            continue;
        error = entry_move(file, buffer, &entries[i]);
        *done += error == 0;
        if (error == -EUCLEAN || error == -EBADMSG)
            error = entries[i] != 0 ? entry_drop(file, buffer, &entries[i]) : 0;
    }
    return error;
}

static int block_finish(struct ext4_inode *file, uint32_t block, uint32_t *done)
{
    struct ext4_fs *e4 = ext4_of(&file->inode);
    struct ext4_buffer *buffer;
    int error = ext4_map_buffer(file, block, &buffer);

    if (error != 0)
        return error;
    if (buffer == NULL)
        return ext4_inode_damaged(file, 0, "a hole among inodes without a name");
    if (tail_of(e4, buffer)->magic != TAIL_MAGIC)
        error = ext4_inode_damaged(file, buffer->block, "not a block of inodes without a name");
    else if (e4->has_checksums && ext4_buffer_is_sealed(buffer) &&
             sum_of(file, buffer) != tail_of(e4, buffer)->checksum)
        error = ext4_sum_wrong(e4, "inodes without a name, in block", buffer->block);
    else
        error = entries_finish(file, buffer, done);
    ext4_buffer_put(&e4->buffers, buffer);
    return error;
}

/* Nothing is in it any more, and nothing will be: ours are in the list. */
static int file_leave(struct ext4_fs *e4)
{
    struct ext4_handle handle;
    int error = ext4_begin(e4, &handle, EXT4_CREDITS_SUPER);

    if (error != 0)
        return error;
    error = ext4_change_super(&handle);
    if (error == 0) {
        e4->super.feature_ro_compat &= ~(uint32_t)EXT4_RO_ORPHAN_PRESENT;
        e4->ro_compat = e4->super.feature_ro_compat;
    }
    ext4_end(&handle);
    return error;
}

static int file_finish(struct ext4_fs *e4, uint32_t *done)
{
    struct inode *inode;
    int error = ext4_inode_get(e4, e4->super.orphan_file_inum, EXT4_FOR_FILES, &inode);

    if (error != 0)
        return error;
    uint64_t blocks = inode->size >> e4->block_shift;
    if (!S_ISREG(inode->mode) || blocks > e4->blocks)
        error = ext4_inode_damaged(ext4_inode_of(inode), 0, "not a file of inodes without a name");
    for (uint64_t block = 0; error == 0 && block < blocks; block++)
        error = block_finish(ext4_inode_of(inode), (uint32_t)block, done);
    inode_put(inode);
    return error == 0 ? file_leave(e4) : error;
}

int ext4_orphans_finish(struct ext4_fs *e4)
{
    bool has_file = (e4->compat & EXT4_COMPAT_ORPHAN_FILE) && (e4->ro_compat & EXT4_RO_ORPHAN_PRESENT);
    uint32_t done = 0;
    int error = 0;

    if (e4->super.last_orphan == 0 && !has_file)
        return 0;
    if ((e4->super.state & EXT4_STATE_ERRORS) && e4->super.last_orphan != 0) {
        log_error("%s: ext4: it has errors: files without a name are left to e2fsck", e4->dev->name);
        return list_drop(e4);
    }
    if (e4->super.last_orphan != 0)
        error = list_finish(e4, &done);
    if (error == 0 && has_file)
        error = file_finish(e4, &done);
    return error != 0 ? error : done > INT32_MAX ? INT32_MAX : (int)done;
}
