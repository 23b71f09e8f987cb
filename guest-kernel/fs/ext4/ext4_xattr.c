/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_xattr.c - where extended attributes are: behind the fields of an inode, and in a block that several inodes may
 * share (ext4 layout, "Extended Attributes"). */
#include "fs/ext4/ext4_xattr.h"

#include "abi/errno.h"
#include "lib/crc.h"
#include "lib/string.h"

#define VALUE_SIZE_MAX (1u << 24)
#define NO_OWNER 0u /* of a block that is checked: its checksum is nobody's */

static bool entry_is_sound(const struct ext4_xattr_area *area, const struct ext4_xattr_entry *entry, size_t used)
{
    size_t room = (size_t)(area->end - area->values);

    if (entry->value_size > VALUE_SIZE_MAX)
        return false;
    if (entry->value_size == 0 || entry->value_inum != 0)
        return true;
    return entry->value_offs >= used && entry->value_offs <= room && entry->value_size <= room - entry->value_offs;
}

bool ext4_xattr_is_sound(const struct ext4_xattr_area *area)
{
    const char *at = area->first;

    while (area->end - at >= 4 && !ext4_xattr_is_last(at)) {
        size_t left = (size_t)(area->end - at);
        if (left < sizeof(struct ext4_xattr_entry) || left < ext4_xattr_entry_size(ext4_xattr_entry_at(at)))
            return false;
        at += ext4_xattr_entry_size(ext4_xattr_entry_at(at));
    }
    if (area->end - at < 4)
        return false;
    size_t used = (size_t)(at + 4 - area->values);
    for (at = area->first; !ext4_xattr_is_last(at); at += ext4_xattr_entry_size(ext4_xattr_entry_at(at)))
        if (!entry_is_sound(area, ext4_xattr_entry_at(at), used))
            return false;
    return true;
}

int ext4_xattr_inside(struct ext4_inode *ei, struct ext4_xattr_area *area, struct ext4_buffer **buffer)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    struct ext4_raw_inode *raw;
    size_t size;

    *buffer = NULL;
    if (ei->extra_isize == 0 || e4->inode_size - EXT4_OLD_INODE_SIZE - ei->extra_isize < sizeof(uint32_t))
        return 0;
    int error = ext4_itable_get(e4, ext4_number(ei), buffer, &raw);
    if (error != 0) {
        *buffer = NULL;
        return error;
    }
    char *room = ext4_itable_room(e4, raw, &size);
    *area = (struct ext4_xattr_area){room + 4, room + 4, room + size, false};
    if (size != e4->inode_size - EXT4_OLD_INODE_SIZE - ei->extra_isize) /* its table is something else, too */
        error = ext4_inode_damaged(ei, (*buffer)->block, "an inode whose fields take another number of bytes now");
    else if (*(const uint32_t *)(const void *)room == EXT4_XATTR_MAGIC && !ext4_xattr_is_sound(area))
        error = ext4_inode_damaged(ei, (*buffer)->block, "attributes in an inode that don't fit");
    else if (*(const uint32_t *)(const void *)room == EXT4_XATTR_MAGIC)
        return 0;
    ext4_buffer_put(&e4->buffers, *buffer);
    *buffer = NULL;
    return error;
}

uint32_t ext4_xattr_sum(const struct ext4_fs *e4, const struct ext4_buffer *buffer)
{
    static const uint32_t none;
    const size_t at = offsetof(struct ext4_xattr_header, checksum), behind = at + sizeof(none);
    uint32_t sum = crc32c(e4->seed, &buffer->block, sizeof(buffer->block));

    sum = crc32c(crc32c(sum, buffer->data, at), &none, sizeof(none));
    return crc32c(sum, (const char *)buffer->data + behind, e4->block_size - behind);
}

void ext4_xattr_block_checked(struct ext4_buffer *buffer)
{
    ext4_buffer_checked(buffer, EXT4_BUFFER_XATTR, NO_OWNER);
}

static int block_check(struct ext4_inode *ei, struct ext4_buffer *buffer, const struct ext4_xattr_area *area)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    const struct ext4_xattr_header *header = buffer->data;

    if (ext4_buffer_is_checked(buffer, EXT4_BUFFER_XATTR, NO_OWNER))
        return 0;
    if (header->magic != EXT4_XATTR_MAGIC || header->blocks != 1)
        return ext4_inode_damaged(ei, buffer->block, "no block of attributes");
    if (e4->has_checksums && ext4_buffer_is_sealed(buffer) && ext4_xattr_sum(e4, buffer) != header->checksum)
        return ext4_sum_wrong(e4, "attributes at block", buffer->block);
    if (!ext4_xattr_is_sound(area))
        return ext4_inode_damaged(ei, buffer->block, "attributes in a block that don't fit");
    ext4_xattr_block_checked(buffer);
    return 0;
}

void ext4_xattr_block_area(const struct ext4_fs *e4, void *data, struct ext4_xattr_area *area)
{
    char *bytes = data;

    *area = (struct ext4_xattr_area){bytes, bytes + sizeof(struct ext4_xattr_header), bytes + e4->block_size, true};
}

int ext4_xattr_outside(struct ext4_inode *ei, struct ext4_xattr_area *area, struct ext4_buffer **buffer)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);

    *buffer = NULL;
    if (ei->xattr_block == 0)
        return 0;
    int error = ext4_buffer_get(&e4->buffers, ei->xattr_block, buffer);
    if (error != 0) {
        *buffer = NULL;
        return error;
    }
    ext4_xattr_block_area(e4, (*buffer)->data, area);
    error = block_check(ei, *buffer, area);
    if (error != 0) {
        ext4_buffer_put(&e4->buffers, *buffer);
        *buffer = NULL;
    }
    return error;
}

typedef int finder(struct ext4_inode *ei, struct ext4_xattr_area *area, struct ext4_buffer **buffer);
static finder *const finders[] = {ext4_xattr_inside, ext4_xattr_outside};
#define FINDERS (sizeof(finders) / sizeof(finders[0]))

static int area_each(const struct ext4_xattr_area *area, ext4_xattr_visit *visit, void *arg)
{
    int error = 0;

    for (const char *at = area->first; error == 0 && !ext4_xattr_is_last(at);
         at += ext4_xattr_entry_size(ext4_xattr_entry_at(at)))
        error = visit(arg, ext4_xattr_entry_at(at));
    return error;
}

int ext4_xattr_each(struct ext4_inode *ei, ext4_xattr_visit *visit, void *arg)
{
    struct ext4_xattr_area area;
    struct ext4_buffer *buffer;
    int error = 0;

    for (unsigned i = 0; error == 0 && i < FINDERS; i++) {
        error = finders[i](ei, &area, &buffer);
        if (error == 0 && buffer != NULL)
            error = area_each(&area, visit, arg);
        ext4_buffer_put(&ext4_of(&ei->inode)->buffers, buffer);
    }
    return error;
}

struct ext4_xattr_entry *ext4_xattr_area_find(const struct ext4_xattr_area *area, const struct ext4_xattr_key *key)
{
    for (const char *at = area->first; !ext4_xattr_is_last(at); at += ext4_xattr_entry_size(ext4_xattr_entry_at(at))) {
        struct ext4_xattr_entry *entry = ext4_xattr_entry_at(at);
        if (entry->name_index == key->index && entry->name_len == key->length &&
            memcmp(entry->name, key->name, key->length) == 0)
            return entry;
    }
    return NULL;
}

int ext4_xattr_find(struct ext4_inode *ei, unsigned index, const char *name, size_t length,
                    struct ext4_xattr_found *found)
{
    const struct ext4_xattr_key key = {index, name, length};
    struct ext4_xattr_area area;
    struct ext4_buffer *buffer;

    for (unsigned i = 0; i < FINDERS; i++) {
        int error = finders[i](ei, &area, &buffer);
        if (error != 0)
            return error;
        const struct ext4_xattr_entry *entry = buffer != NULL ? ext4_xattr_area_find(&area, &key) : NULL;
        if (entry != NULL) {
            *found = (struct ext4_xattr_found){buffer, entry, area.values, area.end};
            return 0;
        }
        ext4_buffer_put(&ext4_of(&ei->inode)->buffers, buffer);
    }
    return -ENODATA;
}
