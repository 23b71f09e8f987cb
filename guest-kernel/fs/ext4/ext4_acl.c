/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_acl.c - POSIX ACLs (acl(5)): on the disk an entry has an id only where its tag needs one (ext4 layout, "POSIX
 * ACLs"), for programs each has one (linux/posix_acl_xattr.h). */
#include "abi/errno.h"
#include "abi/xattr.h"
#include "fs/ext4/ext4_xattr.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/acl.h"

#define PROGRAM_VERSION 2u
#define NO_ID 0xffffffffu

/* The entry at `at`: what it takes; 0: it is none. */
static size_t entry_read(const char *at, size_t left, struct acl_entry *out)
{
    if (left < offsetof(struct acl_entry, id))
        return 0;
    memcpy(out, at, offsetof(struct acl_entry, id));
    out->id = NO_ID;
    switch (out->tag) {
    case ACL_USER_OBJ:
    case ACL_GROUP_OBJ:
    case ACL_MASK:
    case ACL_OTHER:
        return offsetof(struct acl_entry, id);
    case ACL_USER:
    case ACL_GROUP:
        if (left < sizeof(*out))
            return 0;
        memcpy(out, at, sizeof(*out));
        return sizeof(*out);
    default:
        return 0;
    }
}

int64_t ext4_acl_convert(const void *disk, size_t disk_size, void *value, size_t size)
{
    static const uint32_t version = PROGRAM_VERSION;
    const char *at = disk, *end = at + disk_size;
    size_t done = sizeof(version);
    struct acl_entry entry;
    uint32_t has;

    if (disk_size < sizeof(has))
        return -EINVAL;
    memcpy(&has, at, sizeof(has));
    if (has != EXT4_ACL_VERSION)
        return -EINVAL;
    if (size != 0 && size < done)
        return -ERANGE;
    if (size != 0)
        memcpy(value, &version, sizeof(version));
    for (at += sizeof(has); at != end;) {
        size_t taken = entry_read(at, (size_t)(end - at), &entry);
        if (taken == 0)
            return -EINVAL;
        if (size != 0 && size - done < sizeof(entry))
            return -ERANGE;
        if (size != 0)
            memcpy((char *)value + done, &entry, sizeof(entry));
        done += sizeof(entry);
        at += taken;
    }
    return (int64_t)done;
}

/* ---- when an inode comes into memory ---- */

/* What is there that the VFS wants to know of before it asks. */
struct present {
    bool lists[2]; /* by `preset` */
    bool capabilities;
};

static int note(void *arg, const struct ext4_xattr_entry *entry)
{
    static const char capability[] = "capability";
    struct present *present = arg;

    if (entry->name_index == EXT4_XATTR_ACL_ACCESS)
        present->lists[0] = true;
    else if (entry->name_index == EXT4_XATTR_ACL_DEFAULT)
        present->lists[1] = true;
    else if (entry->name_index == EXT4_XATTR_SECURITY && entry->name_len == sizeof(capability) - 1 &&
             memcmp(entry->name, capability, sizeof(capability) - 1) == 0)
        present->capabilities = true;
    return 0;
}

/* As the VFS has it; *out is the caller's. NULL: it has no entries. */
static int list_parse(struct ext4_inode *ei, const char *name, size_t size, struct acl **out)
{
    void *value = kmalloc(size);

    if (value == NULL)
        return -ENOMEM;
    int64_t got = ext4_get_xattr(&ei->inode, name, value, size);
    int error = got < 0 ? (int)got : acl_parse(value, (size_t)got, out);
    kfree(value);
    if (error == 0 && *out != NULL && acl_check(*out) != 0) {
        kfree(*out);
        *out = NULL;
        error = -EINVAL;
    }
    return error;
}

static int list_read(struct ext4_inode *ei, bool preset, struct acl **out)
{
    const char *name = preset ? XATTR_ACL_DEFAULT : XATTR_ACL_ACCESS;
    int64_t size = ext4_get_xattr(&ei->inode, name, NULL, 0);
    int error = (int)size;

    *out = NULL;
    if (size > 0)
        error = list_parse(ei, name, (size_t)size, out);
    return error == -EINVAL ? ext4_inode_damaged(ei, 0, "a list of who may do what that is none") : error;
}

static int list_load(struct ext4_inode *ei, bool preset)
{
    struct acl *acl;
    int error = list_read(ei, preset, &acl);

    if (error != 0 || acl == NULL)
        return error;
    error = acl_put(&ei->inode, preset, acl);
    if (error != 0)
        kfree(acl);
    return error;
}

int ext4_attributes_load(struct ext4_inode *ei)
{
    struct present present = {0};
    int error = ext4_xattr_each(ei, note, &present);

    ei->inode.has_capabilities = present.capabilities && S_ISREG(ei->inode.mode);
    bool has_lists = !S_ISLNK(ei->inode.mode) && !ext4_of(&ei->inode)->no_acl;
    for (unsigned preset = 0; has_lists && error == 0 && preset < 2; preset++)
        if (present.lists[preset])
            error = list_load(ei, preset != 0);
    if (error == 0 || error == -ENOMEM || !has_lists)
        return error == -ENOMEM ? error : 0;
    acl_free_all(&ei->inode);
    return acl_put_unread(&ei->inode);
}
