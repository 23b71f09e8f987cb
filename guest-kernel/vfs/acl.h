/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acl.h - access control lists (acl(5)): who may do what beside the owner, his group and the others; and what new files
 * in a directory get (its default list). Most inodes have none, and nothing is paid for it.
 */
#ifndef GK_VFS_ACL_H
#define GK_VFS_ACL_H

#include "vfs/vfs.h"

/* Linux's values, in the order in which they stand in a list (linux/posix_acl.h). */
enum acl_tag { ACL_USER_OBJ = 1, ACL_USER = 2, ACL_GROUP_OBJ = 4, ACL_GROUP = 8, ACL_MASK = 0x10, ACL_OTHER = 0x20 };

struct acl_entry {
    uint16_t tag, rights; /* MAY_* */
    uint32_t id;          /* of ACL_USER and ACL_GROUP */
};

struct acl {
    uint32_t count;
    struct acl_entry entry[];
};

/* Of an inode in memory. A list that can't be read, as the disk is damaged, has no entries: it allows nothing. */
struct inode_acls {
    struct acl *access, *preset; /* NULL: the mode says it all; new files get none */
};

/* None where the file system is mounted without: those in memory stay for who mounts it anew with them. */
static inline struct acl *inode_acl(const struct inode *inode, bool preset)
{
    if (inode->acls == NULL || (inode->fs != NULL && inode->fs->ignores_acls))
        return NULL;
    return preset ? inode->acls->preset : inode->acls->access;
}

/* From and to the value of an extended attribute. *out: the caller's, to be given to kfree; NULL: there are no entries.
 * 0, -EINVAL, -EOPNOTSUPP: another version, -ENOMEM. */
int acl_parse(const void *value, size_t size, struct acl **out);
/* The size, also if `size` is 0; -ERANGE. */
int64_t acl_print(const struct acl *acl, void *value, size_t size);

/* 0, or -EINVAL: entries that are missing, too many, in another order, or with other rights. */
int acl_check(const struct acl *acl);
/* Puts what the list says into a mode. True: that is all that it says. */
bool acl_to_mode(const struct acl *acl, uint32_t *mode);
/* The mode has changed: what it says is what the inode's list says. */
void acl_follow_mode(struct inode *inode);

/* The inode has this list from now on, and it alone frees it; NULL: none. 0 or -ENOMEM: then all is as it was. */
int acl_put(struct inode *inode, bool preset, struct acl *acl);
/* Takes the memory that acl_put may need, so that it doesn't fail; and gives back what wasn't needed. */
int acl_prepare(struct inode *inode);
void acl_settle(struct inode *inode);
/* The inode's lists can't be read: but for the owner, and who needs no rights, nobody has any. 0 or -ENOMEM. */
int acl_put_unread(struct inode *inode);
bool acl_is_unread(const struct inode *inode);
/* What a new inode in `dir` gets from its default list, and what that leaves of its mode. 0 or -ENOMEM. */
int acl_inherit(struct inode *inode, const struct inode *dir);
void acl_free_all(struct inode *inode);

#endif
