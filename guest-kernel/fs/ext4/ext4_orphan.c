/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_orphan.c - the list of inodes without a name, or that are being cut: the superblock has the first one's number,
 * and each has the next one's in place of the time when it was deleted (ext4 layout, "Orphan file"). Linux writes it,
 * too, where there is a file for them that is full.
 *
 * Inodes of the list are in memory as a rule, in the same order. One whose cutting failed may have left it, and come
 * back: then the list is looked through.
 */
#include "abi/errno.h"
#include "fs/ext4/ext4_alloc.h"

int ext4_orphan_next(struct ext4_fs *e4, uint32_t number, uint32_t *next)
{
    struct ext4_buffer *buffer;
    struct ext4_raw_inode *raw;
    int error = ext4_itable_get(e4, number, &buffer, &raw);

    if (error != 0)
        return error;
    *next = raw->dtime;
    ext4_buffer_put(&e4->buffers, buffer);
    return 0;
}

/* The one before `number` as the disk has it; 0: the superblock. -ENOENT: it isn't in the list. */
static int find_before(struct ext4_fs *e4, uint32_t number, uint32_t *before)
{
    uint32_t next = e4->super.last_orphan;

    *before = 0;
    for (uint32_t steps = 0; steps < e4->inodes && next != 0; steps++) {
        if (next == number)
            return 0;
        *before = next;
        int error = ext4_orphan_next(e4, *before, &next);
        if (error != 0)
            return error;
    }
    return -ENOENT;
}

static bool is_listed(struct ext4_fs *e4, const struct ext4_inode *ei)
{
    uint32_t before;

    return e4->orphans_out != 0 && find_before(e4, ext4_number(ei), &before) == 0;
}

int ext4_orphan_add(struct ext4_handle *handle, struct ext4_inode *ei)
{
    struct ext4_fs *e4 = handle->e4;

    if (ei->is_orphan)
        return 0;
    if (!is_listed(e4, ei)) {
        int error = ext4_change_super(handle);
        if (error != 0)
            return error;
        ei->next_orphan = e4->super.last_orphan;
        e4->super.last_orphan = ext4_number(ei);
    }
    ei->is_orphan = true;
    list_insert(e4->orphans.next, &ei->link);
    return 0;
}

/* In its table, and in memory. */
static int next_set(struct ext4_handle *handle, uint32_t number, uint32_t next)
{
    struct ext4_fs *e4 = handle->e4;
    struct ext4_buffer *buffer;
    struct ext4_raw_inode *raw;
    int error = ext4_itable_change(handle, number, &buffer, &raw);

    if (error != 0)
        return error;
    raw->dtime = next;
    ext4_buffer_put(&e4->buffers, buffer);
    for (struct list *at = e4->orphans.next; at != &e4->orphans; at = at->next) {
        struct ext4_inode *ei = container_of(at, struct ext4_inode, link);
        if (ext4_number(ei) == number)
            ei->next_orphan = next;
    }
    return 0;
}

static int unlink_behind(struct ext4_handle *handle, const struct ext4_inode *ei)
{
    struct ext4_fs *e4 = handle->e4;
    const struct ext4_inode *near = container_of(ei->link.prev, struct ext4_inode, link);
    bool is_first = ei->link.prev == &e4->orphans;
    uint32_t number = ext4_number(ei), before = is_first ? 0 : ext4_number(near);

    if (is_first || near->next_orphan != number) { /* one between them has left memory */
        int error = find_before(e4, number, &before);
        if (error == -ENOENT)
            error = ext4_damaged(e4, "inode %u isn't in the list of those without a name", number);
        if (error != 0)
            return error;
    }
    return next_set(handle, before, ei->next_orphan);
}

int ext4_orphan_remove(struct ext4_handle *handle, struct ext4_inode *ei)
{
    struct ext4_fs *e4 = handle->e4;
    int error;

    if (!ei->is_orphan)
        return 0;
    if (e4->super.last_orphan == ext4_number(ei)) {
        error = ext4_change_super(handle);
        if (error == 0)
            e4->super.last_orphan = ei->next_orphan;
    } else {
        error = unlink_behind(handle, ei);
    }
    if (error != 0)
        return error;
    ei->next_orphan = 0;
    ei->is_orphan = false;
    list_remove(&ei->link);
    return 0;
}
