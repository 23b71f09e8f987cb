/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_fc_inode.c - replays an inode. A record has all of it, or its beginning. What of an inode follows from the other
 * records stays as it is: where its blocks lie, and of a directory its size, as other blocks may have been chosen here.
 */
#include "abi/errno.h"
#include "fs/ext4/ext4_alloc.h"
#include "fs/ext4/ext4_extent.h"
#include "fs/ext4/ext4_fc.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

#define MAP_FLAGS ((uint32_t)(EXT4_EXTENTS_FL | EXT4_INLINE_DATA_FL | EXT4_INDEX_FL))

/* ---- those that records are about ---- */

static struct ext4_fc_note *note_search(const struct ext4_fc *fc, uint32_t number, struct tree_node **parent,
                                        unsigned *side)
{
    struct tree_node *node = fc->notes.root;

    *parent = NULL;
    *side = 0;
    while (node != NULL) {
        struct ext4_fc_note *here = container_of(node, struct ext4_fc_note, node);
        if (here->number == number)
            return here;
        *parent = node;
        *side = here->number < number;
        node = node->child[*side];
    }
    return NULL;
}

int ext4_fc_note_get(struct ext4_fc *fc, uint32_t number, struct ext4_fc_note **out)
{
    struct tree_node *parent;
    unsigned side;

    *out = note_search(fc, number, &parent, &side);
    if (*out != NULL)
        return 0;
    *out = kmalloc(sizeof(**out));
    if (*out == NULL)
        return -ENOMEM;
    (*out)->number = number;
    tree_insert(&fc->notes, parent, side, &(*out)->node, tree_no_bound);
    return 0;
}

void ext4_fc_notes_free(struct ext4_fc *fc)
{
    while (fc->notes.root != NULL) {
        struct tree_node *node = fc->notes.root;
        tree_remove(&fc->notes, node, tree_no_bound);
        kfree(container_of(node, struct ext4_fc_note, node));
    }
}

/* ---- inodes ---- */

static bool can_be_a_file(const struct ext4_fs *e4, uint32_t number)
{
    return number == EXT4_ROOT_INODE || (number >= e4->first_inode && number <= e4->inodes);
}

int ext4_fc_inode_get(struct ext4_fc *fc, uint32_t number, struct inode **out)
{
    struct ext4_fs *e4 = fc->e4;
    struct ext4_raw_inode *raw;
    struct ext4_buffer *buffer;
    bool is_used;

    if (!can_be_a_file(e4, number)) {
        (void)ext4_damaged(e4, "a fast commit is about inode %u, which is no file", number);
        return -EUCLEAN;
    }
    int error = ext4_number_is_used(e4, number, &is_used);
    if (error != 0 || !is_used)
        return error != 0 ? error : -ENOENT;
    error = ext4_itable_get(e4, number, &buffer, &raw);
    if (error != 0)
        return error;
    bool is_gone = raw->links_count == 0;
    ext4_buffer_put(&e4->buffers, buffer);
    return is_gone ? -ENOENT : ext4_inode_read(e4, number, EXT4_FOR_FILES, out);
}

/* New ones are in front of those that can't be freed. */
int ext4_fc_check_dying(const struct ext4_fc *fc)
{
    const struct list *dying = &fc->e4->dying;

    return !list_is_empty(dying) && !container_of(dying->next, struct ext4_inode, end)->is_lost ? -ENOMEM : 0;
}

int ext4_fc_inode_remove(struct ext4_fc *fc, struct inode *inode)
{
    struct ext4_handle handle;
    int error = ext4_begin(fc->e4, &handle, EXT4_CREDITS_ORPHAN + EXT4_CREDITS_INODE);

    if (error != 0) {
        inode_put(inode);
        return error;
    }
    inode->links = 0;
    error = ext4_orphan_add(&handle, ext4_inode_of(inode));
    if (error == 0)
        error = ext4_inode_store(&handle, ext4_inode_of(inode));
    ext4_end(&handle);
    inode_put(inode);
    ext4_reap(fc->e4);
    return error == 0 ? ext4_fc_check_dying(fc) : error;
}

/* ---- a record ---- */

struct merge {
    struct ext4_fc *fc;
    uint32_t number;
    bool is_new;
    const uint8_t *bytes; /* of the record */
    uint32_t size;
    struct ext4_raw_inode *raw; /* what becomes of it; kmalloc's */
    struct ext4_raw_inode *old; /* as it was: zeros for a new one; behind `raw` */
};

static bool is_inline(const struct ext4_raw_inode *raw)
{
    return raw->flags & EXT4_INLINE_DATA_FL;
}

/* How much of the record counts: behind the fields are attributes, which those of fast commits don't change; but for
 * data within the inode. Of a directory's names there those count that are in it by now. */
static uint32_t size_taken(const struct merge *merge)
{
    uint32_t fields = EXT4_OLD_INODE_SIZE;

    if (merge->is_new || (is_inline(merge->raw) && !S_ISDIR(merge->raw->mode)))
        return merge->size;
    if (merge->fc->e4->inode_size > EXT4_OLD_INODE_SIZE)
        fields += merge->old->extra_isize;
    return fields < merge->size ? fields : merge->size;
}

static const char *new_fault(const struct merge *merge)
{
    const struct ext4_raw_inode *raw = merge->raw;
    uint32_t more = merge->size - EXT4_OLD_INODE_SIZE;

    if (raw->file_acl_lo != 0 || raw->file_acl_high != 0)
        return "a new one has a block of attributes";
    if (merge->fc->e4->inode_size > EXT4_OLD_INODE_SIZE &&
        (more < sizeof(raw->extra_isize) || raw->extra_isize > more || (raw->extra_isize & 3)))
        return "a new one has fields that aren't there";
    return NULL;
}

static const char *old_fault(const struct merge *merge)
{
    const struct ext4_raw_inode *raw = merge->raw, *old = merge->old;

    if ((raw->mode & S_IFMT) != (old->mode & S_IFMT))
        return "its type is another one";
    if ((raw->flags ^ old->flags) & EXT4_EA_INODE_FL)
        return "it is an attribute's value";
    if (!S_ISDIR(raw->mode) && (raw->flags & EXT4_EXTENTS_FL) &&
        !(old->flags & (EXT4_EXTENTS_FL | EXT4_INLINE_DATA_FL)))
        return "it had no extents";
    if (S_ISREG(raw->mode) && (old->flags & EXT4_EXTENTS_FL) && !(raw->flags & (EXT4_EXTENTS_FL | EXT4_INLINE_DATA_FL)))
        return "it had extents";
    return NULL;
}

static void extents_begin(struct ext4_raw_inode *raw)
{
    struct ext4_extent_header root = {.magic = EXT4_EXTENT_MAGIC,
                                      .max = (uint16_t)ext4_extent_room(sizeof(raw->block))};

    memset(raw->block, 0, sizeof(raw->block));
    memcpy(raw->block, &root, sizeof(root));
}

/* Where its blocks lie, or what is there instead. */
static void block_merge(struct merge *merge)
{
    struct ext4_raw_inode *raw = merge->raw;
    const struct ext4_raw_inode *old = merge->old;
    bool has_extents = raw->flags & EXT4_EXTENTS_FL;

    if (!merge->is_new && S_ISDIR(raw->mode)) {
        raw->flags = (raw->flags & ~MAP_FLAGS) | (old->flags & MAP_FLAGS);
        memcpy(raw->block, old->block, sizeof(raw->block));
    } else if (is_inline(raw)) {
        return;
    } else if (has_extents && (merge->is_new || !(old->flags & EXT4_EXTENTS_FL))) {
        extents_begin(raw);
    } else if (has_extents || (!merge->is_new && S_ISREG(raw->mode))) {
        memcpy(raw->block, old->block, sizeof(raw->block));
    } else if (S_ISREG(raw->mode) || S_ISDIR(raw->mode)) {
        memset(raw->block, 0, sizeof(raw->block)); /* its block numbers are in no record */
    }
}

/* A directory's size is that of the blocks it has; a new one has none yet. */
static void dir_merge(struct merge *merge)
{
    struct ext4_raw_inode *raw = merge->raw;

    if (merge->is_new && is_inline(raw))
        return;
    raw->size_lo = merge->old->size_lo;
    raw->size_high = merge->old->size_high;
    if (merge->is_new)
        raw->flags &= ~(uint32_t)EXT4_INDEX_FL;
}

static const char *merge_fields(struct merge *merge)
{
    struct ext4_raw_inode *raw = merge->raw;
    const struct ext4_raw_inode *old = merge->old;
    const char *fault;

    memcpy(raw, merge->bytes, EXT4_OLD_INODE_SIZE);
    memcpy(raw, merge->bytes, size_taken(merge));
    fault = merge->is_new ? new_fault(merge) : old_fault(merge);
    if (fault != NULL)
        return fault;
    if (!merge->is_new) {
        raw->generation = old->generation;
        if (merge->fc->e4->inode_size > EXT4_OLD_INODE_SIZE)
            raw->extra_isize = old->extra_isize;
    }
    raw->file_acl_lo = old->file_acl_lo;
    raw->file_acl_high = old->file_acl_high;
    raw->blocks_lo = old->blocks_lo;
    raw->blocks_high = old->blocks_high;
    raw->flags = (raw->flags & ~(uint32_t)EXT4_HUGE_FILE_FL) | (old->flags & EXT4_HUGE_FILE_FL);
    raw->dtime = 0;
    block_merge(merge);
    if (S_ISDIR(raw->mode))
        dir_merge(merge);
    return NULL;
}

/* Into the table; and whether it makes sense there: else it is as before. */
static int merge_store(const struct merge *merge)
{
    struct ext4_fs *e4 = merge->fc->e4;
    struct ext4_handle handle;
    struct ext4_raw_inode *raw;
    struct ext4_buffer *buffer;
    struct inode *inode;
    int error = ext4_begin(e4, &handle, EXT4_CREDITS_INODE + EXT4_CREDITS_SUPER);

    if (error != 0)
        return error;
    error = ext4_itable_change(&handle, merge->number, &buffer, &raw);
    if (error == 0) {
        memcpy(raw, merge->raw, e4->inode_size);
        error = ext4_inode_read(e4, merge->number, EXT4_FOR_FILES, &inode);
        if (error != 0) {
            memcpy(raw, merge->old, e4->inode_size);
        } else {
            if (S_ISREG(inode->mode))
                error = ext4_large_file(&handle, inode->size);
            inode_put(inode);
        }
        ext4_buffer_put(&e4->buffers, buffer);
    }
    ext4_end(&handle);
    return error;
}

static int merge_new(struct merge *merge)
{
    struct ext4_fs *e4 = merge->fc->e4;
    bool is_dir = S_ISDIR(merge->raw->mode);
    struct ext4_handle handle;
    int error = ext4_begin(e4, &handle, EXT4_CREDITS_INODE_NEW);

    if (error != 0)
        return error;
    error = ext4_number_take(&handle, merge->number, is_dir);
    ext4_end(&handle);
    if (error != 0)
        return error;
    error = merge_store(merge);
    if (error != 0 && ext4_begin(e4, &handle, EXT4_CREDITS_INODE_NEW) == 0) {
        (void)ext4_number_free(&handle, merge->number, is_dir);
        ext4_end(&handle);
    }
    return error;
}

static int old_get(struct merge *merge)
{
    struct ext4_fs *e4 = merge->fc->e4;
    struct ext4_raw_inode *raw;
    struct ext4_buffer *buffer;
    int error = ext4_itable_get(e4, merge->number, &buffer, &raw);

    if (error != 0)
        return error;
    memcpy(merge->old, raw, e4->inode_size);
    ext4_buffer_put(&e4->buffers, buffer);
    memcpy(merge->raw, merge->old, e4->inode_size);
    if (merge->old->links_count != 0)
        return 0;
    (void)ext4_damaged(e4, "inode %u: it was removed, and is in use", merge->number);
    return -EUCLEAN;
}

/* Data come into the inode, and what it had goes. */
static int map_drop(struct merge *merge)
{
    struct inode *inode;
    int error = 0;

    if (merge->is_new || S_ISDIR(merge->raw->mode) || !is_inline(merge->raw) || is_inline(merge->old))
        return 0;
    error = ext4_fc_inode_get(merge->fc, merge->number, &inode);
    if (error != 0)
        return error;
    if (ext4_inode_has_map(ext4_inode_of(inode)))
        error = ext4_map_remove(ext4_inode_of(inode), 0, UINT32_MAX);
    if (error == 0) /* as it is by now */
        error = old_get(merge);
    inode_put(inode);
    return error == 0 && merge_fields(merge) != NULL ? -EUCLEAN : error;
}

static int merge_run(struct merge *merge)
{
    const char *fault = merge_fields(merge);
    struct ext4_fc_note *note;

    if (fault != NULL)
        return ext4_damaged(merge->fc->e4, "a fast commit has inode %u wrong: %s", merge->number, fault);
    int error = ext4_fc_note_get(merge->fc, merge->number, &note);
    if (error == 0)
        error = map_drop(merge);
    if (error == 0)
        error = merge->is_new ? merge_new(merge) : merge_store(merge);
    if (error == 0 && merge->is_new) {
        note->is_new = true;
        note->has_name = false;
    }
    return error;
}

/* It has no links: if it is there, it goes. */
static int gone(struct ext4_fc *fc, uint32_t number)
{
    struct inode *inode;
    int error = ext4_fc_inode_get(fc, number, &inode);

    if (error != 0)
        return error == -ENOENT ? 0 : error;
    if (S_ISDIR(inode->mode)) {
        inode_put(inode);
        return ext4_damaged(fc->e4, "a fast commit has directory %u without links", number);
    }
    return ext4_fc_inode_remove(fc, inode);
}

int ext4_fc_replay_inode(struct ext4_fc *fc, const struct ext4_fc_record *record)
{
    struct ext4_fs *e4 = fc->e4;
    struct merge merge = {
        .fc = fc, .bytes = record->value + EXT4_FC_INODE_AT, .size = record->length - EXT4_FC_INODE_AT};
    uint16_t links;
    bool is_used;

    memcpy(&merge.number, record->value, sizeof(merge.number));
    if (!can_be_a_file(e4, merge.number))
        return ext4_damaged(e4, "a fast commit is about inode %u, which is no file", merge.number);
    memcpy(&links, merge.bytes + offsetof(struct ext4_raw_inode, links_count), sizeof(links));
    if (links == 0)
        return gone(fc, merge.number);
    int error = ext4_number_is_used(e4, merge.number, &is_used);
    if (error != 0)
        return error;
    merge.is_new = !is_used;
    merge.raw = kmalloc(2 * (size_t)e4->inode_size);
    if (merge.raw == NULL)
        return -ENOMEM;
    merge.old = (struct ext4_raw_inode *)(void *)((char *)merge.raw + e4->inode_size);
    error = merge.is_new ? 0 : old_get(&merge);
    if (error == 0)
        error = merge_run(&merge);
    kfree(merge.raw);
    return error;
}
