/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_xattr.c - where extended attributes are: behind the fields of an inode, and in a block that several inodes may
 * share (ext4 layout, "Extended Attributes"). */
#include "abi/errno.h"
#include "fs/ext4/ext4.h"
#include "lib/crc.h"
#include "lib/string.h"

#define VALUE_SIZE_MAX (1u << 24)
#define NO_OWNER 0u /* of a block that is checked: its checksum is nobody's */

struct region {                 /* attributes in one place */
    struct ext4_buffer *buffer; /* NULL: there are none here */
    const char *first, *values, *end;
};

static const struct ext4_xattr_entry *entry_at(const char *at)
{
    return (const struct ext4_xattr_entry *)(const void *)at;
}

static size_t entry_size(const struct ext4_xattr_entry *entry)
{
    return (sizeof(*entry) + entry->name_len + 3u) & ~(size_t)3;
}

/* Four zero bytes end them. */
static bool is_last(const char *at)
{
    return *(const uint32_t *)(const void *)at == 0;
}

/* Each entry is within, and there is an end of them, before which no value lies. */
static bool region_is_sound(const struct region *region)
{
    const char *at = region->first;

    while (region->end - at >= 4 && !is_last(at)) {
        size_t left = (size_t)(region->end - at);
        if (left < sizeof(struct ext4_xattr_entry) || left < entry_size(entry_at(at)))
            return false;
        at += entry_size(entry_at(at));
    }
    if (region->end - at < 4)
        return false;
    size_t room = (size_t)(region->end - region->values), used = (size_t)(at + 4 - region->values);
    for (at = region->first; !is_last(at); at += entry_size(entry_at(at))) {
        const struct ext4_xattr_entry *entry = entry_at(at);
        if (entry->value_size > VALUE_SIZE_MAX)
            return false;
        if (entry->value_size == 0 || entry->value_inum != 0)
            continue;
        if (entry->value_offs < used || entry->value_offs > room || entry->value_size > room - entry->value_offs)
            return false;
    }
    return true;
}

static void region_put(const struct ext4_inode *ei, const struct region *region)
{
    ext4_buffer_put(&ext4_of(&ei->inode)->buffers, region->buffer);
}

/* In the inode. */
static int region_inside(struct ext4_inode *ei, struct region *out)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    struct ext4_raw_inode *raw;
    size_t size;

    *out = (struct region){0};
    if (e4->inode_size - EXT4_OLD_INODE_SIZE - ei->extra_isize < sizeof(uint32_t) || ei->extra_isize == 0)
        return 0;
    int error = ext4_itable_get(e4, ext4_number(ei), &out->buffer, &raw);
    if (error != 0)
        return error;
    const char *room = ext4_itable_room(e4, raw, &size);
    if (size < 4 || *(const uint32_t *)(const void *)room != EXT4_XATTR_MAGIC) {
        region_put(ei, out);
        out->buffer = NULL;
        return 0;
    }
    out->first = out->values = room + 4;
    out->end = room + size;
    if (region_is_sound(out))
        return 0;
    error = ext4_inode_damaged(ei, out->buffer->block, "attributes in an inode that don't fit");
    region_put(ei, out);
    return error;
}

/* As Linux has it, over the number of the block, too. */
static bool sum_is_right(const struct ext4_fs *e4, const struct ext4_buffer *buffer)
{
    static const uint32_t none;
    const struct ext4_xattr_header *header = buffer->data;
    const size_t at = offsetof(struct ext4_xattr_header, checksum), behind = at + sizeof(none);
    uint32_t sum = crc32c(e4->seed, &buffer->block, sizeof(buffer->block));

    sum = crc32c(crc32c(sum, header, at), &none, sizeof(none));
    return crc32c(sum, (const char *)buffer->data + behind, e4->block_size - behind) == header->checksum;
}

static int block_check(struct ext4_inode *ei, const struct region *region)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    const struct ext4_xattr_header *header = region->buffer->data;

    if (ext4_buffer_is_checked(region->buffer, EXT4_BUFFER_XATTR, NO_OWNER))
        return 0;
    if (header->magic != EXT4_XATTR_MAGIC || header->blocks != 1)
        return ext4_inode_damaged(ei, region->buffer->block, "no block of attributes");
    if (e4->has_checksums && !sum_is_right(e4, region->buffer))
        return ext4_sum_wrong(e4, "attributes at block", region->buffer->block);
    if (!region_is_sound(region))
        return ext4_inode_damaged(ei, region->buffer->block, "attributes in a block that don't fit");
    ext4_buffer_checked(region->buffer, EXT4_BUFFER_XATTR, NO_OWNER);
    return 0;
}

static int region_outside(struct ext4_inode *ei, struct region *out)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);

    *out = (struct region){0};
    if (ei->xattr_block == 0)
        return 0;
    int error = ext4_buffer_get(&e4->buffers, ei->xattr_block, &out->buffer);
    if (error != 0)
        return error;
    out->values = out->buffer->data;
    out->first = out->values + sizeof(struct ext4_xattr_header);
    out->end = out->values + e4->block_size;
    error = block_check(ei, out);
    if (error != 0)
        region_put(ei, out);
    return error;
}

static int region_each(const struct region *region, ext4_xattr_visit *visit, void *arg)
{
    int error = 0;

    if (region->buffer == NULL)
        return 0;
    for (const char *at = region->first; error == 0 && !is_last(at); at += entry_size(entry_at(at)))
        error = visit(arg, entry_at(at));
    return error;
}

int ext4_xattr_each(struct ext4_inode *ei, ext4_xattr_visit *visit, void *arg)
{
    int (*const regions[])(struct ext4_inode *, struct region *) = {region_inside, region_outside};
    struct region region;
    int error = 0;

    for (unsigned i = 0; error == 0 && i < 2; i++) {
        error = regions[i](ei, &region);
        if (error == 0) {
            error = region_each(&region, visit, arg);
            region_put(ei, &region);
        }
    }
    return error;
}

/* Whether it is here: then the region's reference is the finder's. */
static bool region_find(const struct region *region, unsigned index, const char *name, size_t length,
                        struct ext4_xattr_found *found)
{
    if (region->buffer == NULL)
        return false;
    for (const char *at = region->first; !is_last(at); at += entry_size(entry_at(at))) {
        const struct ext4_xattr_entry *entry = entry_at(at);
        if (entry->name_index != index || entry->name_len != length || memcmp(entry->name, name, length) != 0)
            continue;
        *found = (struct ext4_xattr_found){region->buffer, entry, region->values, region->end};
        return true;
    }
    return false;
}

int ext4_xattr_find(struct ext4_inode *ei, unsigned index, const char *name, size_t length,
                    struct ext4_xattr_found *found)
{
    struct region region;
    int error = region_inside(ei, &region);

    if (error != 0)
        return error;
    if (region_find(&region, index, name, length, found))
        return 0;
    region_put(ei, &region);
    error = region_outside(ei, &region);
    if (error != 0)
        return error;
    if (region_find(&region, index, name, length, found))
        return 0;
    region_put(ei, &region);
    return -ENODATA;
}
