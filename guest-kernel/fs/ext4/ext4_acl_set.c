/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_acl_set.c - lists of who may do what go to the disk (ext4 layout, "POSIX ACLs"). */
#include "abi/errno.h"
#include "fs/ext4/ext4_change.h"
#include "fs/ext4/ext4_xattr.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/acl.h"

#define RIGHTS 7u

struct disk_list {
    void *bytes;
    size_t size;
};

static bool has_id(const struct acl_entry *entry)
{
    return entry->tag == ACL_USER || entry->tag == ACL_GROUP;
}

static bool has_mask(const struct acl *acl)
{
    bool found = false;

    for (uint32_t i = 0; i < acl->count; i++)
        found = found || acl->entry[i].tag == ACL_MASK;
    return found;
}

/* The entry's rights where the mode says what the three classes have. */
static uint16_t rights_by_mode(const struct acl *acl, const struct acl_entry *entry, uint32_t mode)
{
    if (entry->tag == ACL_USER_OBJ)
        return mode >> 6 & RIGHTS;
    if (entry->tag == ACL_OTHER)
        return mode & RIGHTS;
    if (entry->tag == ACL_MASK || (entry->tag == ACL_GROUP_OBJ && !has_mask(acl)))
        return mode >> 3 & RIGHTS;
    return entry->rights;
}

/* As the disk has it; mode: NULL, or what it is to say. out->bytes is the caller's; acl NULL: NULL. */
static int list_make(const struct acl *acl, const uint32_t *mode, struct disk_list *out)
{
    static const uint32_t version = EXT4_ACL_VERSION;

    *out = (struct disk_list){0};
    if (acl == NULL)
        return 0;
    char *at = kmalloc(sizeof(version) + acl->count * sizeof(struct acl_entry));
    if (at == NULL)
        return -ENOMEM;
    out->bytes = at;
    memcpy(at, &version, sizeof(version));
    at += sizeof(version);
    for (uint32_t i = 0; i < acl->count; i++) {
        struct acl_entry entry = acl->entry[i];
        size_t size = has_id(&entry) ? sizeof(entry) : offsetof(struct acl_entry, id);
        if (mode != NULL)
            entry.rights = rights_by_mode(acl, &acl->entry[i], *mode);
        memcpy(at, &entry, size);
        at += size;
    }
    out->size = (size_t)(at - (char *)out->bytes);
    return 0;
}

static int list_store(struct ext4_handle *handle, struct ext4_inode *ei, bool preset, const struct disk_list *list)
{
    unsigned index = preset ? EXT4_XATTR_ACL_DEFAULT : EXT4_XATTR_ACL_ACCESS;

    return ext4_xattr_change(handle, ei, index, "", 0, list->bytes, list->size, 0);
}

static int list_put(struct ext4_handle *handle, struct ext4_inode *ei, bool preset, const uint32_t *mode)
{
    const struct acl *acl = inode_acl(&ei->inode, preset);
    struct disk_list list;

    if (acl == NULL || acl->count == 0)
        return 0;
    int error = list_make(acl, mode, &list);
    if (error == 0)
        error = list_store(handle, ei, preset, &list);
    kfree(list.bytes);
    return error;
}

int ext4_acls_store(struct ext4_handle *handle, struct ext4_inode *ei)
{
    static const struct disk_list none;
    int error = list_put(handle, ei, true, NULL);

    if (error != 0)
        return error;
    error = list_put(handle, ei, false, NULL);
    if (error != 0 && inode_acl(&ei->inode, true) != NULL) /* both or none */
        (void)list_store(handle, ei, true, &none);
    return error;
}

int ext4_acl_follow(struct ext4_handle *handle, struct ext4_inode *ei, uint32_t mode)
{
    return list_put(handle, ei, false, &mode);
}

struct setting {
    struct ext4_inode *ei;
    bool preset;
    struct acl *acl;
    uint32_t mode;
    struct disk_list list; /* as the disk is to have it */
};

/* One operation: the list, and the mode that says the same. Once the list is stored nothing waits any more: who looks
 * meanwhile sees both as they were. */
static int set(const struct setting *setting)
{
    struct inode *inode = &setting->ei->inode;
    uint32_t was = inode->mode;
    struct ext4_handle handle;
    int error = ext4_begin(ext4_of(inode), &handle, EXT4_CREDITS_XATTR + EXT4_CREDITS_INODE);

    if (error != 0)
        return error;
    error = list_store(&handle, setting->ei, setting->preset, &setting->list);
    if (error == 0) {
        inode->mode = setting->mode;
        error = ext4_inode_store(&handle, setting->ei);
    }
    if (error == 0)
        error = acl_put(inode, setting->preset, setting->acl); /* its memory is there */
    else
        inode->mode = was;
    ext4_end(&handle);
    return error;
}

static int set_with_room(const struct setting *setting)
{
    unsigned tries = 0;
    int error;

    do
        error = set(setting);
    while (ext4_blocks_retry(ext4_of(&setting->ei->inode), error, &tries));
    return error;
}

int ext4_set_acl(struct inode *inode, bool preset, struct acl *acl, uint32_t mode)
{
    struct setting setting = {.ei = ext4_inode_of(inode), .preset = preset, .acl = acl, .mode = mode};

    int error = list_make(acl, NULL, &setting.list);
    if (error == 0 && acl != NULL)
        error = acl_prepare(inode);
    if (error == 0)
        error = set_with_room(&setting);
    kfree(setting.list.bytes);
    acl_settle(inode);
    return error;
}
