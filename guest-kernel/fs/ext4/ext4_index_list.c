/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_index_list.c - listing a directory in the order of the hashes of its names.
 *
 * Blocks of entries are split while somebody lists, and a directory of one block gets an index: so a position is what
 * doesn't change with that. Its high 31 bits are the name's hash, which all in a block of the index is in order of; the
 * low 31 a hash of ours, as several names may have the first: with a seed that nobody knows, so that nobody can make
 * names with both the same, of which a listing in pieces could miss some.
 *
 * Names are listed by groups: those in one block of entries, and in the following ones if they go on with the same
 * hash. As many as a group may have, only some are kept in order at a time.
 */
#include "abi/errno.h"
#include "core/random.h"
#include "fs/ext4/ext4_dir.h"
#include "lib/name.h"
#include "mm/kmalloc.h"

#define OWN_BITS 31u
#define OWN_MASK ((1u << OWN_BITS) - 1)
#define NO_MORE UINT64_MAX

struct ordering {
    struct ext4_listing *listing;
    struct ext4_order *order;
    const char *data; /* of a directory within its inode; else NULL */
    size_t data_size;
    unsigned version; /* of the hash */
    uint64_t next;    /* the position at which the next group begins, or NO_MORE */
};

static unsigned version_of(const struct ext4_fs *e4)
{
    return ext4_index_version(e4, e4->super.def_hash_version);
}

bool ext4_dir_is_ordered(const struct ext4_inode *dir)
{
    const struct ext4_fs *e4 = ext4_of(&dir->inode);

    if (!(e4->compat & EXT4_COMPAT_DIR_INDEX) || dir->lists_linear)
        return false;
    if (dir->flags & EXT4_INDEX_FL)
        return true;
    return ext4_hash_is_known(version_of(e4)) && (ext4_inode_is_inline(dir) || dir->inode.size >> e4->block_shift == 1);
}

static uint64_t position_of(uint32_t hash)
{
    return (uint64_t)(hash >> 1) << OWN_BITS;
}

/* ---- what is in a group ---- */

static void gather_entry(struct ordering *ordering, const struct ext4_dirent *entry, uint32_t block, size_t at)
{
    const struct ext4_fs *e4 = ext4_of(&ordering->listing->dir->inode);

    if (entry->inode == 0 || ext4_dirent_is_dots(entry))
        return;
    uint64_t own = name_hash(e4->order_seed, entry->name, entry->name_len) & OWN_MASK;
    uint64_t key = position_of(ext4_hash(e4, ordering->version, entry->name, entry->name_len)) | own;
    if (key >= ordering->listing->pos)
        ext4_order_add(ordering->order, &(struct ext4_order_item){key, block, (uint16_t)at, entry->rec_len});
}

/* What follows a damaged entry is passed over. */
static void gather_entries(struct ordering *ordering, const void *data, size_t size, uint32_t block, uint64_t disk)
{
    size_t at = 0;

    while (at < size) {
        const struct ext4_dirent *entry = ext4_dir_entry(ordering->listing->dir, data, size, at, disk);
        if (entry == NULL)
            return;
        gather_entry(ordering, entry, block, at);
        at += entry->rec_len;
    }
}

/* error: of reading the block. One whose checksum is wrong is passed over, as when listing from end to end. */
static int gather_block(struct ordering *ordering, int error, struct ext4_buffer *buffer, uint32_t block)
{
    struct ext4_fs *e4 = ext4_of(&ordering->listing->dir->inode);

    if (error == 0 && buffer != NULL)
        gather_entries(ordering, buffer->data, e4->block_size, block, buffer->block);
    ext4_buffer_put(&e4->buffers, buffer);
    return error == -EBADMSG ? 0 : error;
}

static int gather_way(struct ordering *ordering, struct ext4_way *way)
{
    struct ext4_buffer *buffer;
    uint32_t hash;

    for (;;) {
        int error = ext4_way_block(way, &buffer);
        error = gather_block(ordering, error, buffer, ext4_way_leaf(way));
        if (error != 0)
            return error;
        if (!ext4_way_peek(way, &hash)) {
            ordering->next = NO_MORE;
            return 0;
        }
        if (!(hash & 1)) {
            ordering->next = position_of(hash);
            return ordering->next > ordering->listing->pos ? 0 : EXT4_INDEX_DAMAGED;
        }
        error = ext4_way_next(way);
        if (error != 0)
            return error;
    }
}

static int gather_by_index(struct ordering *ordering)
{
    struct ext4_way way = {.dir = ordering->listing->dir};
    int error = ext4_way_begin(&way);

    if (error == 0) {
        ordering->version = way.version;
        error = ext4_way_down(&way, (uint32_t)(ordering->listing->pos >> OWN_BITS) << 1);
    }
    if (error == 0)
        error = gather_way(ordering, &way);
    ext4_way_end(&way);
    return error == -EBADMSG ? EXT4_INDEX_DAMAGED : error;
}

/* All from listing->pos on, or the first of them. */
static int gather(struct ordering *ordering)
{
    struct ext4_inode *dir = ordering->listing->dir;
    struct ext4_buffer *buffer;

    ordering->order->count = 0;
    ordering->order->is_cut = false;
    ordering->next = NO_MORE;
    if (ordering->data != NULL) {
        gather_entries(ordering, ordering->data, ordering->data_size, 0, 0);
        return 0;
    }
    if (dir->flags & EXT4_INDEX_FL)
        return gather_by_index(ordering);
    int error = ext4_dir_block(dir, 0, EXT4_BUFFER_DIRECTORY, &buffer);
    return gather_block(ordering, error, buffer, 0);
}

/* ---- what is told of it ---- */

/* The block that the entry is in, if it isn't the one that *buffer is. */
static int turn_to(struct ext4_inode *dir, uint32_t block, uint32_t *current, struct ext4_buffer **buffer)
{
    if (*buffer != NULL && *current == block)
        return 0;
    ext4_buffer_put(&ext4_of(&dir->inode)->buffers, *buffer);
    *current = block;
    int error = ext4_dir_block(dir, block, EXT4_BUFFER_DIRECTORY, buffer);
    if (error == 0 && *buffer == NULL)
        error = ext4_inode_damaged(dir, 0, "a directory with names in a hole");
    return error;
}

/* after: the next one's position, of which a 32-bit program is told the hash. */
static int tell_item(struct ordering *ordering, const struct ext4_order_item *item, uint64_t after, const void *data,
                     size_t size, uint64_t disk)
{
    struct ext4_listing *listing = ordering->listing;
    const struct ext4_dirent *entry = ext4_dir_entry(listing->dir, data, size, item->at, disk);

    if (entry == NULL)
        return -EUCLEAN;
    int error = ext4_list_entry(listing, entry, after, disk);
    if (error == 0 && !listing->full)
        listing->pos = after;
    return error;
}

/* The position of the next item, as far as that is known; or one before it. In a damaged directory the next one may
 * have the same name, of which there would be no end, or belong behind groups that are still to come. */
static uint64_t after_item(const struct ordering *ordering, unsigned n)
{
    const struct ext4_order *order = ordering->order;
    uint64_t key = order->items[n].key, after = key + 1;

    if (n + 1 < order->count && order->items[n + 1].key > key)
        after = order->items[n + 1].key;
    else if (n + 1 == order->count && !order->is_cut)
        after = ordering->next != NO_MORE ? ordering->next : position_of(UINT32_MAX);
    return after < ordering->next ? after : ordering->next;
}

/* Those of the group in order. What belongs behind it, and so is where no look-up finds it, comes last. */
static int tell(struct ordering *ordering)
{
    struct ext4_listing *listing = ordering->listing;
    struct ext4_fs *e4 = ext4_of(&listing->dir->inode);
    const struct ext4_order *order = ordering->order;
    struct ext4_buffer *buffer = NULL;
    uint32_t current = 0;
    int error = 0;

    for (unsigned i = 0; i < order->count && !listing->full; i++) {
        const struct ext4_order_item *item = &order->items[i];
        uint64_t after = after_item(ordering, i);
        if (ordering->data != NULL) {
            error = tell_item(ordering, item, after, ordering->data, ordering->data_size, 0);
        } else {
            error = turn_to(listing->dir, item->block, &current, &buffer);
            if (error == 0)
                error = tell_item(ordering, item, after, buffer->data, e4->block_size, buffer->block);
        }
        if (error != 0)
            break;
    }
    ext4_buffer_put(&e4->buffers, buffer);
    return error;
}

/* ---- group by group ---- */

static int list_groups(struct ordering *ordering)
{
    struct ext4_listing *listing = ordering->listing;
    const struct ext4_order *order = ordering->order;

    for (;;) {
        int error = gather(ordering);
        if (error == 0) {
            ext4_order_sort(ordering->order);
            error = tell(ordering);
        }
        if (error != 0 || listing->full)
            return error;
        if (order->is_cut && order->items[order->count - 1].key < ordering->next)
            continue; /* the others of the group */
        if (ordering->next == NO_MORE)
            return 0;
        listing->pos = ordering->next;
    }
}

/* Both parts, in one piece. */
static int inline_read(struct ordering *ordering)
{
    struct ext4_inode *dir = ordering->listing->dir;
    size_t block_size = ext4_of(&dir->inode)->block_size;
    char *data = kmalloc(EXT4_INLINE_PARTS * block_size);
    int error = data != NULL ? 0 : -ENOMEM;

    for (unsigned part = 0; error == 0 && part < EXT4_INLINE_PARTS; part++) {
        size_t size = 0;
        error = ext4_inline_part(dir, part, data + ordering->data_size, &size);
        ordering->data_size += size;
    }
    ordering->data = data;
    return error;
}

int ext4_index_list(struct ext4_listing *listing)
{
    struct ext4_fs *e4 = ext4_of(&listing->dir->inode);
    struct ordering ordering = {.listing = listing, .version = version_of(e4)};
    int error = 0;

    while (e4->order_seed == 0)
        random_bytes(&e4->order_seed, sizeof(e4->order_seed));
    ordering.order = kmalloc(sizeof(*ordering.order));
    if (ordering.order == NULL)
        error = -ENOMEM;
    else if (ext4_inode_is_inline(listing->dir))
        error = inline_read(&ordering);
    if (error == 0)
        error = list_groups(&ordering);
    kfree((void *)(uintptr_t)ordering.data);
    kfree(ordering.order);
    return error;
}
