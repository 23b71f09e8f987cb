/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_xattr_value.c - values of extended attributes, and their names as programs have them (ext4 layout, "Extended
 * Attributes"). Who may see which is vfs/inode_xattr.c's. */
#include "abi/errno.h"
#include "abi/xattr.h"
#include "fs/ext4/ext4_change.h"
#include "fs/ext4/ext4_xattr.h"
#include "lib/crc.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/permission.h"

static const struct kind {
    uint8_t index;
    bool whole; /* there is no name behind it */
    const char *prefix;
} kinds[] = {
    {EXT4_XATTR_USER, false, XATTR_USER},
    {EXT4_XATTR_TRUSTED, false, XATTR_TRUSTED},
    {EXT4_XATTR_SECURITY, false, XATTR_SECURITY},
    {EXT4_XATTR_ACL_ACCESS, true, "system.posix_acl_access"},
    {EXT4_XATTR_ACL_DEFAULT, true, "system.posix_acl_default"},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static bool is_acl(unsigned index)
{
    return index == EXT4_XATTR_ACL_ACCESS || index == EXT4_XATTR_ACL_DEFAULT;
}

/* ---- values ---- */

/* The value is a file of its own, whose blocks are the file system's. */
static int read_blocks(struct ext4_inode *value, char *dst, size_t size)
{
    struct ext4_fs *e4 = ext4_of(&value->inode);
    struct ext4_buffer *buffer;

    for (size_t done = 0; done < size; done += e4->block_size) {
        size_t piece = size - done < e4->block_size ? size - done : e4->block_size;
        int error = ext4_map_buffer(value, (uint32_t)(done >> e4->block_shift), &buffer);
        if (error != 0)
            return error;
        if (buffer == NULL)
            return ext4_inode_damaged(value, 0, "an attribute's value with a hole");
        memcpy(dst + done, buffer->data, piece);
        ext4_buffer_put(&e4->buffers, buffer);
    }
    return 0;
}

static int value_elsewhere(struct ext4_fs *e4, const struct ext4_xattr_entry *entry, void *dst)
{
    struct inode *inode;
    int error = ext4_inode_get(e4, entry->value_inum, EXT4_FOR_VALUES, &inode);

    if (error != 0)
        return error;
    struct ext4_inode *value = ext4_inode_of(inode);
    if (!(e4->incompat & EXT4_INCOMPAT_EA_INODE) || !S_ISREG(inode->mode) || inode->size != entry->value_size)
        error = ext4_inode_damaged(value, 0, "an attribute's value of another size");
    else if (ext4_inode_is_inline(value)) /* then what is in its place of block numbers was not checked as such */
        error = ext4_inode_damaged(value, 0, "an attribute's value within its inode");
    if (error == 0)
        error = read_blocks(value, dst, entry->value_size);
    if (error == 0 && crc32c(e4->seed, dst, entry->value_size) != value->value_hash)
        error = ext4_inode_damaged(value, 0, "an attribute's value with another hash");
    inode_put(inode);
    return error;
}

int64_t ext4_xattr_value(struct ext4_inode *ei, const struct ext4_xattr_found *found, void *value, size_t size)
{
    const struct ext4_xattr_entry *entry = found->entry;
    size_t has = entry->value_size;
    int error = 0;

    if (size == 0)
        return (int64_t)has;
    if (has > size)
        return -ERANGE;
    if (has != 0 && entry->value_inum != 0)
        error = value_elsewhere(ext4_of(&ei->inode), entry, value);
    else if (has != 0)
        memcpy(value, found->values + entry->value_offs, has);
    return error != 0 ? error : (int64_t)has;
}

/* As programs have it. */
static int64_t acl_value(struct ext4_inode *ei, const struct ext4_xattr_found *found, void *value, size_t size)
{
    size_t has = found->entry->value_size;

    if (has > XATTR_SIZE_MAX)
        return -EINVAL;
    void *disk = kmalloc(has + 1);
    if (disk == NULL)
        return -ENOMEM;
    int64_t result = ext4_xattr_value(ei, found, disk, has + 1);
    if (result >= 0)
        result = ext4_acl_convert(disk, has, value, size);
    kfree(disk);
    return result;
}

/* ---- names ---- */

int ext4_xattr_key_of(const char *name, struct ext4_xattr_key *out)
{
    for (unsigned i = 0; i < KINDS; i++) {
        size_t length = strlen(kinds[i].prefix);
        if (strncmp(name, kinds[i].prefix, length) != 0)
            continue;
        *out = (struct ext4_xattr_key){kinds[i].index, name + length, strlen(name + length)};
        if (kinds[i].whole)
            return name[length] == 0 ? 0 : -EOPNOTSUPP;
        return name[length] != 0 ? 0 : -EINVAL;
    }
    return -EOPNOTSUPP;
}

int64_t ext4_get_xattr(struct inode *inode, const char *name, void *value, size_t size)
{
    struct ext4_inode *ei = ext4_inode_of(inode);
    struct ext4_xattr_found found;
    struct ext4_xattr_key key;
    int error = ext4_xattr_key_of(name, &key);

    if (error == 0 && is_acl(key.index) && S_ISLNK(inode->mode))
        error = -EOPNOTSUPP;
    if (error == 0)
        error = ext4_xattr_find(ei, key.index, key.name, key.length, &found);
    if (error != 0)
        return error;
    int64_t result = is_acl(key.index) ? acl_value(ei, &found, value, size) : ext4_xattr_value(ei, &found, value, size);
    ext4_buffer_put(&ext4_of(inode)->buffers, found.buffer);
    return result;
}

struct names {
    char *list;
    size_t size, done;
    bool sees_trusted, sees_lists;
};

/* Whether such names are shown at all (Linux's ext4_xattr_prefix). */
static bool is_shown(const struct names *names, const struct kind *kind)
{
    return kind->index == EXT4_XATTR_TRUSTED ? names->sees_trusted : !is_acl(kind->index) || names->sees_lists;
}

static int add_name(void *arg, const struct ext4_xattr_entry *entry)
{
    struct names *names = arg;
    const struct kind *kind = kinds;

    while (kind < kinds + KINDS && kind->index != entry->name_index)
        kind++;
    if (kind == kinds + KINDS || !is_shown(names, kind))
        return 0;
    size_t prefix = strlen(kind->prefix), rest = entry->name_len;
    if (names->size != 0) {
        if (names->size - names->done < prefix + rest + 1)
            return -ERANGE;
        memcpy(names->list + names->done, kind->prefix, prefix);
        memcpy(names->list + names->done + prefix, entry->name, rest);
        names->list[names->done + prefix + rest] = 0;
    }
    names->done += prefix + rest + 1;
    return 0;
}

int64_t ext4_list_xattr(struct inode *inode, char *list, size_t size)
{
    struct names names = {list, size, 0, permission_has(CAP_SYS_ADMIN), !inode->fs->ignores_acls};
    int error = ext4_xattr_each(ext4_inode_of(inode), add_name, &names);

    return error != 0 ? error : (int64_t)names.done;
}

/* In whole blocks, for each attribute that has the value. */
void ext4_xattr_value_uncount(struct ext4_inode *ei, uint64_t size)
{
    const struct ext4_fs *e4 = ext4_of(&ei->inode);

    ext4_sectors_add(ei, -(int64_t)((size + e4->block_size - 1) >> e4->block_shift));
}
