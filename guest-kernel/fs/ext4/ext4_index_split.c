/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_index_split.c - a directory gets an index, and its blocks of entries become two (ext4 layout, "Hash Tree
 * Directories"). */
#include "abi/errno.h"
#include "fs/ext4/ext4_dir.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

/* ---- a block of entries becomes two ---- */

/* All of its names by their hashes; those with one hash as they stand. */
static int names_order(struct ext4_way *way, const struct ext4_buffer *leaf, struct ext4_order *order)
{
    const struct ext4_fs *e4 = ext4_of(&way->dir->inode);
    size_t limit = ext4_dir_limit(e4);

    for (size_t at = 0; at < limit;) {
        const struct ext4_dirent *entry = ext4_dir_entry(way->dir, leaf->data, limit, at, leaf->block);
        if (entry == NULL)
            return -EUCLEAN;
        uint32_t hash = ext4_hash(e4, way->version, entry->name, entry->name_len);
        if (entry->inode != 0)
            ext4_order_add(order, &(struct ext4_order_item){(uint64_t)hash << 32 | at, 0, (uint16_t)at,
                                                            (uint16_t)ext4_dirent_size(entry->name_len)});
        at += entry->rec_len;
    }
    ext4_order_sort(order);
    return 0;
}

static uint32_t hash_of(const struct ext4_order_item *item)
{
    return (uint32_t)(item->key >> 32);
}

/* How many stay: about half of the bytes, and of two or more names at least one, and not all. */
static unsigned stay_count(const struct ext4_order *order)
{
    uint32_t all = 0, stays = 0;
    unsigned count = 0;

    for (unsigned i = 0; i < order->count; i++)
        all += order->items[i].size;
    while (count < order->count && (stays + order->items[count].size) * 2 <= all)
        stays += order->items[count++].size;
    if (count == 0)
        count = 1;
    return count < order->count ? count : order->count - 1;
}

/* A block of these names, one behind the other. */
static void names_pack(const struct ext4_fs *e4, const void *from, const struct ext4_order_item *items, unsigned count,
                       void *to)
{
    uint32_t at = 0, limit = ext4_dir_limit(e4);
    struct ext4_dirent *entry = NULL;

    ext4_dir_block_init(e4, to);
    for (unsigned i = 0; i < count; i++) {
        entry = ext4_dirent_at(to, at);
        memcpy(entry, (const char *)from + items[i].at, items[i].size);
        entry->rec_len = items[i].size;
        at += items[i].size;
    }
    if (entry != NULL)
        entry->rec_len = (uint16_t)(entry->rec_len + limit - at);
}

struct splitting {
    struct ext4_order order;
    char old[]; /* a copy of the block */
};

static int split(struct ext4_handle *handle, struct ext4_way *way, struct ext4_buffer *leaf,
                 const struct splitting *splitting)
{
    struct ext4_fs *e4 = handle->e4;
    const struct ext4_order_item *items = splitting->order.items;
    unsigned count = splitting->order.count, stay = stay_count(&splitting->order);
    struct ext4_frame *above = &way->frames[way->used - 1];
    struct ext4_buffer *buffer;
    uint32_t block;
    int error = ext4_dir_declare_index(handle, way->dir, above->buffer);

    if (error == 0)
        error = ext4_dir_grow(handle, way->dir, false, &block, &buffer);
    if (error != 0)
        return error;
    names_pack(e4, splitting->old, items, stay, leaf->data);
    names_pack(e4, splitting->old, items + stay, count - stay, buffer->data);
    bool goes_on = hash_of(&items[stay - 1]) == hash_of(&items[stay]);
    ext4_index_insert(above, hash_of(&items[stay]) | goes_on, block);
    ext4_buffer_put(&e4->buffers, buffer);
    return 0;
}

/* Few names in a block without room for another one: what is between them is enough. */
int ext4_index_split_leaf(struct ext4_handle *handle, struct ext4_way *way, struct ext4_buffer *leaf)
{
    struct ext4_fs *e4 = handle->e4;
    struct splitting *splitting = kmalloc(sizeof(*splitting) + e4->block_size);
    int error = splitting != NULL ? ext4_dir_declare(handle, way->dir, leaf) : -ENOMEM;

    if (error == 0)
        error = names_order(way, leaf, &splitting->order);
    if (error == 0) {
        memcpy(splitting->old, leaf->data, e4->block_size);
        if (splitting->order.count >= 2)
            error = split(handle, way, leaf, splitting);
        else
            names_pack(e4, splitting->old, splitting->order.items, splitting->order.count, leaf->data);
    }
    way->dir->slot.is_valid = false;
    kfree(splitting);
    return error;
}

/* ---- the first index ---- */

/* Where what is behind "." and ".." begins in the only block; 0: it doesn't begin with them. */
static size_t dots_end(const struct ext4_inode *dir, const struct ext4_buffer *buffer)
{
    size_t limit = ext4_dir_limit(ext4_of(&dir->inode));
    const struct ext4_dirent *dot = ext4_dir_entry(dir, buffer->data, limit, 0, buffer->block), *dotdot = NULL;

    if (dot != NULL && dot->rec_len == EXT4_DIRENT_MIN)
        dotdot = ext4_dir_entry(dir, buffer->data, limit, dot->rec_len, buffer->block);
    if (dotdot == NULL || dot->name_len != 1 || dotdot->name_len != 2 || !ext4_dirent_is_dots(dot) ||
        !ext4_dirent_is_dots(dotdot)) {
        ext4_inode_damaged(dir, buffer->block, "a directory without \".\" and \"..\"");
        return 0;
    }
    return EXT4_DIRENT_MIN + dotdot->rec_len;
}

/* The entries from `begin` on are those of another block, whose last one reaches to its end. */
static int entries_move(const struct ext4_inode *dir, const struct ext4_buffer *from, size_t begin, void *to)
{
    const struct ext4_fs *e4 = ext4_of(&dir->inode);
    size_t limit = ext4_dir_limit(e4), last = 0;

    ext4_dir_block_init(e4, to);
    if (begin == limit)
        return 0;
    for (size_t at = begin; at < limit; at += ext4_dirent_at(from->data, at)->rec_len) {
        if (ext4_dir_entry(dir, from->data, limit, at, from->block) == NULL)
            return -EUCLEAN;
        last = at - begin;
    }
    memcpy(to, (const char *)from->data + begin, limit - begin);
    ext4_dirent_at(to, last)->rec_len = (uint16_t)(limit - last);
    return 0;
}

static void root_init(const struct ext4_fs *e4, void *data, uint32_t leaf)
{
    struct ext4_dirent *dotdot = ext4_dirent_at(data, EXT4_DIRENT_MIN);
    struct ext4_dx_info *info = (struct ext4_dx_info *)(void *)((char *)data + EXT4_DX_ROOT_OFFSET);
    struct ext4_dx_entry *entries = (struct ext4_dx_entry *)(void *)((char *)data + EXT4_DX_ROOT_ENTRIES);

    dotdot->rec_len = (uint16_t)(e4->block_size - EXT4_DIRENT_MIN);
    memset(info, 0, e4->block_size - EXT4_DX_ROOT_OFFSET);
    info->hash_version = e4->super.def_hash_version;
    info->info_length = sizeof(*info);
    entries[0] = (struct ext4_dx_entry){1u << 16 | ext4_index_limit(e4, true), leaf};
}

/* Block 0 is declared as one of entries until there is another one for those. */
static int index_make(struct ext4_handle *handle, struct ext4_inode *dir, struct ext4_buffer *root)
{
    struct ext4_fs *e4 = handle->e4;
    size_t begin = dots_end(dir, root);
    struct ext4_buffer *leaf;
    uint32_t block;
    char *entries = begin != 0 ? kmalloc(e4->block_size) : NULL;
    int error = begin == 0 ? -EUCLEAN : entries == NULL ? -ENOMEM : entries_move(dir, root, begin, entries);

    if (error == 0)
        error = ext4_dir_declare(handle, dir, root);
    if (error != 0) {
        kfree(entries);
        return error;
    }
    dir->flags |= EXT4_INDEX_FL; /* which is stored with the new size */
    error = ext4_dir_grow(handle, dir, false, &block, &leaf);
    if (error == 0) {
        memcpy(leaf->data, entries, e4->block_size);
        root_init(e4, root->data, block);
        error = ext4_dir_declare_index(handle, dir, root);
        ext4_buffer_put(&e4->buffers, leaf);
    } else {
        dir->flags &= ~(uint32_t)EXT4_INDEX_FL;
        (void)ext4_inode_store(handle, dir); /* as it may have been stored with the flag */
    }
    kfree(entries);
    return error;
}

int ext4_index_make(struct ext4_handle *handle, struct ext4_inode *dir)
{
    struct ext4_fs *e4 = handle->e4;
    struct ext4_buffer *root;

    int error = ext4_dir_block(dir, 0, EXT4_BUFFER_DIRECTORY, &root);
    if (error != 0)
        return error;
    if (root == NULL)
        return ext4_inode_damaged(dir, 0, "a directory without its first block");
    error = index_make(handle, dir, root);
    ext4_buffer_put(&e4->buffers, root);
    dir->slot.is_valid = false;
    return error;
}
