/* SPDX-License-Identifier: Apache-2.0 */
/* acl.c - see acl.h (Linux's fs/posix_acl.c). */
#include "vfs/acl.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

#define VERSION 2u
#define RIGHTS 7u

static size_t entries_size(uint32_t count)
{
    return count * sizeof(struct acl_entry);
}

static struct acl *acl_new(uint32_t count, const void *entries)
{
    struct acl *acl = kmalloc(sizeof(*acl) + entries_size(count));

    if (acl == NULL)
        return NULL;
    acl->count = count;
    if (count != 0)
        memcpy(acl->entry, entries, entries_size(count));
    return acl;
}

/* ---- as an attribute's value: the version, and the entries ---- */

static bool is_tag(unsigned tag)
{
    return tag != 0 && tag <= ACL_OTHER && (tag & (tag - 1)) == 0;
}

int acl_parse(const void *value, size_t size, struct acl **out)
{
    const uint8_t *bytes = value;
    uint32_t version;

    *out = NULL;
    if (size == 0)
        return 0;
    if (size < sizeof(version))
        return -EINVAL;
    memcpy(&version, bytes, sizeof(version));
    size -= sizeof(version);
    if (version != VERSION)
        return -EOPNOTSUPP;
    if (size % sizeof(struct acl_entry) != 0)
        return -EINVAL;
    if (size == 0)
        return 0;
    struct acl *acl = acl_new((uint32_t)(size / sizeof(struct acl_entry)), bytes + sizeof(version));
    if (acl == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < acl->count; i++) {
        bool is_named = acl->entry[i].tag == ACL_USER || acl->entry[i].tag == ACL_GROUP;

        if (is_tag(acl->entry[i].tag) && !(is_named && acl->entry[i].id == UINT32_MAX))
            continue;
        kfree(acl);
        return -EINVAL;
    }
    *out = acl;
    return 0;
}

int64_t acl_print(const struct acl *acl, void *value, size_t size)
{
    const uint32_t version = VERSION;
    size_t length = sizeof(version) + entries_size(acl->count);
    uint8_t *bytes = value;

    if (size == 0)
        return (int64_t)length;
    if (size < length)
        return -ERANGE;
    memcpy(bytes, &version, sizeof(version));
    for (uint32_t i = 0; i < acl->count; i++) {
        struct acl_entry entry = acl->entry[i];

        if (entry.tag != ACL_USER && entry.tag != ACL_GROUP)
            entry.id = UINT32_MAX;
        memcpy(bytes + sizeof(version) + entries_size(i), &entry, sizeof(entry));
    }
    return (int64_t)length;
}

/* ---- what it says ---- */

int acl_check(const struct acl *acl)
{
    unsigned next = ACL_USER_OBJ; /* the tags that may come; none after ACL_OTHER */
    bool is_named = false;

    for (uint32_t i = 0; i < acl->count; i++) {
        unsigned tag = acl->entry[i].tag;

        if ((acl->entry[i].rights & ~RIGHTS) || !(next & tag))
            return -EINVAL;
        is_named = is_named || tag == ACL_USER || tag == ACL_GROUP;
        if (tag == ACL_USER_OBJ)
            next = ACL_USER | ACL_GROUP_OBJ;
        else if (tag == ACL_GROUP_OBJ || tag == ACL_GROUP)
            next = ACL_GROUP | ACL_MASK | (is_named ? 0u : ACL_OTHER);
        else if (tag == ACL_MASK)
            next = ACL_OTHER;
        else if (tag == ACL_OTHER)
            next = 0;
    }
    return acl->count != 0 && next == 0 ? 0 : -EINVAL;
}

/* The entry that the mode's bits of its class stand for: the mask is what the group's bits show, if there is one. */
static struct acl_entry *entry_of(struct acl *acl, enum acl_tag tag)
{
    for (uint32_t i = 0; i < acl->count; i++)
        if (acl->entry[i].tag == tag)
            return &acl->entry[i];
    return NULL;
}

static struct acl_entry *group_class(struct acl *acl)
{
    struct acl_entry *mask = entry_of(acl, ACL_MASK);

    return mask != NULL ? mask : entry_of(acl, ACL_GROUP_OBJ);
}

static uint32_t mode_of(const struct acl *acl)
{
    struct acl *list = (struct acl *)(uintptr_t)acl; /* it is only looked at */

    return (uint32_t)entry_of(list, ACL_USER_OBJ)->rights << 6 | (uint32_t)group_class(list)->rights << 3 |
           entry_of(list, ACL_OTHER)->rights;
}

static bool says_more(const struct acl *acl)
{
    return acl->count != 3;
}

bool acl_to_mode(const struct acl *acl, uint32_t *mode)
{
    *mode = (*mode & ~0777u) | mode_of(acl);
    return !says_more(acl);
}

void acl_follow_mode(struct inode *inode)
{
    struct acl *acl = inode_acl(inode, false);

    if (acl == NULL || acl_is_unread(inode))
        return;
    entry_of(acl, ACL_USER_OBJ)->rights = inode->mode >> 6 & RIGHTS;
    group_class(acl)->rights = inode->mode >> 3 & RIGHTS;
    entry_of(acl, ACL_OTHER)->rights = inode->mode & RIGHTS;
}

/* ---- an inode's ---- */

int acl_prepare(struct inode *inode)
{
    if (inode->acls == NULL)
        inode->acls = kmalloc(sizeof(*inode->acls));
    return inode->acls != NULL ? 0 : -ENOMEM;
}

void acl_settle(struct inode *inode)
{
    if (inode->acls != NULL && inode->acls->access == NULL && inode->acls->preset == NULL)
        acl_free_all(inode);
}

int acl_put(struct inode *inode, bool preset, struct acl *acl)
{
    struct acl **at;

    if (inode->acls == NULL && acl == NULL)
        return 0;
    if (acl_prepare(inode) != 0)
        return -ENOMEM;
    at = preset ? &inode->acls->preset : &inode->acls->access;
    kfree(*at);
    *at = acl;
    acl_settle(inode);
    return 0;
}

int acl_put_unread(struct inode *inode)
{
    struct acl *acl = acl_new(0, NULL);
    int error = acl != NULL ? acl_put(inode, false, acl) : -ENOMEM;

    if (error != 0)
        kfree(acl);
    return error;
}

bool acl_is_unread(const struct inode *inode)
{
    const struct acl *acl = inode_acl(inode, false);

    return acl != NULL && acl->count == 0;
}

void acl_free_all(struct inode *inode)
{
    if (inode->acls == NULL)
        return;
    kfree(inode->acls->access);
    kfree(inode->acls->preset);
    kfree(inode->acls);
    inode->acls = NULL;
}

static int copy_put(struct inode *inode, bool preset, const struct acl *acl)
{
    struct acl *copy = acl_new(acl->count, acl->entry);
    int error = copy != NULL ? acl_put(inode, preset, copy) : -ENOMEM;

    if (error != 0)
        kfree(copy);
    return error;
}

/* The list is the directory's, and of its rights and the mode's what both have. */
int acl_inherit(struct inode *inode, const struct inode *dir)
{
    const struct acl *preset = inode_acl(dir, true);
    uint32_t both;
    int error;

    if (preset == NULL || S_ISLNK(inode->mode))
        return 0;
    both = inode->mode & mode_of(preset);
    error = says_more(preset) ? copy_put(inode, false, preset) : 0;
    if (error == 0 && S_ISDIR(inode->mode))
        error = copy_put(inode, true, preset);
    if (error != 0)
        return error;
    inode->mode = (inode->mode & ~0777u) | both;
    acl_follow_mode(inode);
    return 0;
}
