/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_xattr_set.c - an extended attribute is set, replaced or removed: in the room of the inode if it fits there, else
 * in its block. Both are changed as copies in memory first, so that what doesn't fit changes nothing. */
#include "abi/errno.h"
#include "abi/xattr.h"
#include "fs/ext4/ext4_change.h"
#include "fs/ext4/ext4_xattr.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

struct place {
    struct ext4_buffer *buffer; /* as it is; NULL: nothing is there */
    char *copy;                 /* as it will be; NULL: no attribute can be there */
    size_t size;
    struct ext4_xattr_area area;    /* in the copy */
    struct ext4_xattr_entry *entry; /* the attribute, there; NULL: it isn't */
    bool is_changed;
};

struct change {
    struct ext4_inode *ei;
    const struct ext4_xattr_key *key;
    const void *value; /* NULL: it is to go */
    size_t size;
    struct place inside, outside;
    uint64_t elsewhere; /* bytes in an inode of their own that it has no more */
};

/* ---- what there is ---- */

/* The room begins with a magic number, where there are attributes. */
static int inside_copy(struct change *change)
{
    const struct ext4_inode *ei = change->ei;
    struct place *place = &change->inside;
    struct ext4_xattr_area area;
    int error = ext4_xattr_inside(change->ei, &area, &place->buffer);

    if (error != 0 || ei->extra_isize == 0)
        return error;
    place->size = ext4_of(&ei->inode)->inode_size - EXT4_OLD_INODE_SIZE - ei->extra_isize;
    if (place->size < 2 * sizeof(uint32_t))
        return 0;
    place->copy = kmalloc(place->size);
    if (place->copy == NULL)
        return -ENOMEM;
    *(uint32_t *)(void *)place->copy = EXT4_XATTR_MAGIC;
    char *first = place->copy + sizeof(uint32_t);
    place->area = (struct ext4_xattr_area){first, first, place->copy + place->size, false};
    if (place->buffer != NULL)
        memcpy(first, area.first, (size_t)(area.end - area.first));
    else
        ext4_xattr_area_clear(&place->area);
    place->entry = ext4_xattr_area_find(&place->area, change->key);
    return 0;
}

static bool fits(const struct change *change, const struct place *place)
{
    return place->copy != NULL && ext4_xattr_area_fits(&place->area, place->entry, change->key->length, change->size);
}

/* Without a block there is none to copy, unless one will be needed. */
static int outside_copy(struct change *change)
{
    struct ext4_fs *e4 = ext4_of(&change->ei->inode);
    struct place *place = &change->outside;
    struct ext4_xattr_area area;
    int error = ext4_xattr_outside(change->ei, &area, &place->buffer);

    if (error != 0)
        return error;
    if (place->buffer == NULL && (change->value == NULL || fits(change, &change->inside)))
        return 0;
    place->size = e4->block_size;
    place->copy = kmalloc(place->size);
    if (place->copy == NULL)
        return -ENOMEM;
    ext4_xattr_block_area(e4, place->copy, &place->area);
    if (place->buffer != NULL)
        memcpy(place->copy, place->buffer->data, place->size);
    else
        memset(place->copy, 0, place->size);
    place->entry = ext4_xattr_area_find(&place->area, change->key);
    return 0;
}

static void place_end(struct change *change, struct place *place)
{
    kfree(place->copy);
    ext4_buffer_put(&ext4_of(&change->ei->inode)->buffers, place->buffer);
}

static int flags_check(const struct change *change, unsigned flags)
{
    bool is_there = change->inside.entry != NULL || change->outside.entry != NULL;

    if (is_there && (flags & XATTR_CREATE))
        return -EEXIST;
    return !is_there && (flags & XATTR_REPLACE) ? -ENODATA : 0;
}

static bool is_shared(const struct place *outside)
{
    return outside->buffer != NULL && ((const struct ext4_xattr_header *)outside->buffer->data)->refcount > 1;
}

/* The old value may be in an inode of its own, which has one user less then: *out, with a reference; unless it is in a
 * block that stays as it is for others. */
static int old_value(struct change *change, struct inode **out)
{
    const struct place *const places[] = {&change->inside, &change->outside};

    *out = NULL;
    for (unsigned i = 0; i < 2; i++) {
        const struct ext4_xattr_entry *entry = places[i]->entry;
        if (entry == NULL || entry->value_inum == 0)
            continue;
        change->elsewhere = entry->value_size;
        if (i == 1 && is_shared(places[i]))
            return 0;
        return ext4_xattr_value_get(ext4_of(&change->ei->inode), entry->value_inum, out);
    }
    return 0;
}

static bool is_the_same(const struct change *change)
{
    const struct place *place = change->inside.entry != NULL ? &change->inside : &change->outside;

    if (place->entry == NULL || change->value == NULL)
        return place->entry == NULL && change->value == NULL;
    return place->entry->value_size == change->size && place->entry->value_inum == 0 &&
           (change->size == 0 ||
            memcmp(place->area.values + place->entry->value_offs, change->value, change->size) == 0);
}

/* ---- the copies ---- */

static void take_out(struct place *place)
{
    if (place->entry == NULL)
        return;
    ext4_xattr_area_remove(&place->area, place->entry);
    place->entry = NULL;
    place->is_changed = true;
}

static int edit(struct change *change)
{
    struct place *into = fits(change, &change->inside) ? &change->inside : &change->outside;

    if (change->value != NULL && !fits(change, into))
        return -ENOSPC;
    size_t at = into->entry != NULL ? (size_t)((char *)into->entry - into->area.first) : SIZE_MAX;
    take_out(&change->inside);
    take_out(&change->outside);
    if (change->value == NULL)
        return 0;
    ext4_xattr_area_add(&into->area, change->key, at, change->value, change->size);
    into->is_changed = true;
    return 0;
}

/* ---- and what becomes of them ---- */

static int outside_apply(struct ext4_handle *handle, struct change *change)
{
    const struct place *place = &change->outside;

    if (!place->is_changed)
        return 0;
    bool is_empty = ext4_xattr_area_is_empty(&place->area);
    if (is_shared(place) && ext4_xattr_area_has_inodes(&place->area)) /* they would have one user more each */
        return -EOPNOTSUPP;
    return ext4_xattr_block_replace(handle, change->ei, place->buffer, is_empty ? NULL : place->copy);
}

static void inside_apply(const struct change *change, struct ext4_raw_inode *raw)
{
    size_t size;
    void *room = ext4_itable_room(ext4_of(&change->ei->inode), raw, &size);

    if (change->inside.is_changed && size == change->inside.size)
        memcpy(room, change->inside.copy, size);
}

/* What can't be taken back any more. */
static int finish(struct ext4_handle *handle, struct change *change, struct ext4_raw_inode *raw, struct inode *old)
{
    struct ext4_fs *e4 = handle->e4;

    inside_apply(change, raw);
    ext4_xattr_value_uncount(change->ei, change->elsewhere);
    e4->super.feature_compat |= EXT4_COMPAT_EXT_ATTR;
    e4->compat |= EXT4_COMPAT_EXT_ATTR;
    int error = ext4_inode_store(handle, change->ei);
    if (error == 0 && old != NULL)
        error = ext4_xattr_value_leave(handle, old);
    return error != 0 ? ext4_fail(e4, "setting an attribute", error) : 0;
}

static int apply(struct ext4_handle *handle, struct change *change, struct inode *old)
{
    struct ext4_fs *e4 = handle->e4;
    struct ext4_buffer *buffer;
    struct ext4_raw_inode *raw;
    int error = ext4_itable_change(handle, ext4_number(change->ei), &buffer, &raw);

    if (error != 0)
        return error;
    if (!(e4->compat & EXT4_COMPAT_EXT_ATTR))
        error = ext4_change_super(handle);
    if (error == 0)
        error = outside_apply(handle, change);
    if (error == 0)
        error = finish(handle, change, raw, old);
    ext4_buffer_put(&e4->buffers, buffer);
    return error;
}

static int change_copied(struct ext4_handle *handle, struct change *change, unsigned flags)
{
    struct inode *old;
    int error = flags_check(change, flags);

    if (error != 0 || is_the_same(change))
        return error;
    error = old_value(change, &old);
    if (error != 0)
        return error;
    error = edit(change);
    if (error == 0)
        error = apply(handle, change, old);
    inode_put(old);
    return error;
}

int ext4_xattr_change(struct ext4_handle *handle, struct ext4_inode *ei, unsigned index, const char *name,
                      size_t length, const void *value, size_t size, unsigned flags)
{
    const struct ext4_xattr_key key = {index, name, length};
    struct change change = {.ei = ei, .key = &key, .value = value, .size = size};
    int error = inside_copy(&change);

    if (error == 0)
        error = outside_copy(&change);
    if (error == 0)
        error = change_copied(handle, &change, flags);
    place_end(&change, &change.inside);
    place_end(&change, &change.outside);
    return error;
}

static int set(struct ext4_inode *ei, const struct ext4_xattr_key *key, const void *value, size_t size, unsigned flags)
{
    struct ext4_handle handle;
    int error = ext4_begin(ext4_of(&ei->inode), &handle, EXT4_CREDITS_XATTR);

    if (error != 0)
        return error;
    error = ext4_xattr_change(&handle, ei, key->index, key->name, key->length, value, size, flags);
    ext4_end(&handle);
    return error;
}

int ext4_set_xattr(struct inode *inode, const char *name, const void *value, size_t size, unsigned flags)
{
    struct ext4_inode *ei = ext4_inode_of(inode);
    struct ext4_xattr_key key;
    unsigned tries = 0;
    int error = ext4_xattr_key_of(name, &key);

    if (error == 0 && (key.index == EXT4_XATTR_ACL_ACCESS || key.index == EXT4_XATTR_ACL_DEFAULT))
        error = -EOPNOTSUPP; /* ext4_set_acl */
    if (error != 0)
        return error;
    do
        error = set(ei, &key, value, size, flags);
    while (ext4_blocks_retry(ext4_of(inode), error, &tries));
    return error;
}
