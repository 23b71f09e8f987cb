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
