/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_acl_load.c - what of its attributes an inode has from when it comes into memory: who may do what, and whether it
 * has capabilities. */
#include "abi/errno.h"
#include "abi/xattr.h"
#include "fs/ext4/ext4_xattr.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/acl.h"

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
    bool has_lists = !S_ISLNK(ei->inode.mode);
    for (unsigned preset = 0; has_lists && error == 0 && preset < 2; preset++)
        if (present.lists[preset])
            error = list_load(ei, preset != 0);
    if (error == 0 || error == -ENOMEM || !has_lists)
        return error == -ENOMEM ? error : 0;
    acl_free_all(&ei->inode);
    return acl_put_unread(&ei->inode);
}
