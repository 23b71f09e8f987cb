/* SPDX-License-Identifier: Apache-2.0 */
/* fuse_xattr.c - extended attributes of files of the host. */
#include "abi/errno.h"
#include "abi/xattr.h"
#include "fs/fuse/fuse_told.h"
#include "lib/string.h"

#define VALUE_MOST 65536u /* Linux's XATTR_SIZE_MAX and XATTR_LIST_MAX */
#define NAME_MOST 255u

/* A server that doesn't know the operation has no such attributes. */
static int64_t refusal(const struct inode *inode, int64_t result)
{
    if (result < 0)
        (void)fuse_doubt(fuse_fs_of(inode), (int)result);
    return result == -ENOSYS ? -EOPNOTSUPP : result;
}

static struct fuse_message *xattr_message(struct inode *inode, enum fuse_opcode opcode, const void *args, size_t size,
                                          const char *name)
{
    struct fuse_message *message = fuse_node_message(inode, opcode, args, size);

    if (message != NULL && name != NULL)
        fuse_message_name(message, name, strnlen(name, NAME_MOST));
    return message;
}

/* A value, or with name NULL the names, of at most `size` bytes; 0: how many there would be. */
static int64_t value_get(struct inode *inode, const char *name, void *value, size_t size)
{
    struct fuse_getxattr_in in = {.size = (uint32_t)(size < VALUE_MOST ? size : VALUE_MOST)};
    struct fuse_getxattr_out out;
    struct fuse_message *message =
        xattr_message(inode, name != NULL ? FUSE_GETXATTR : FUSE_LISTXATTR, &in, sizeof(in), name);
    int64_t got = -ENOMEM;

    if (message != NULL && in.size == 0) {
        got = fuse_call(&message, &out, sizeof(out), sizeof(out));
        if (got >= 0)
            got = out.size <= VALUE_MOST ? (int64_t)out.size : -EIO;
    } else if (message != NULL && fuse_message_room(message, in.size, true) == 0) {
        fuse_message_send(message, 0);
        fuse_connection_kick(message->connection);
        got = fuse_message_wait(&message, NULL, 0, 0, in.size);
        if (got > 0)
            fuse_message_copy_out(message, value, (size_t)got);
    }
    fuse_message_end(message);
    return refusal(inode, got);
}

int64_t fuse_get_xattr(struct inode *inode, const char *name, void *value, size_t size)
{
    return value_get(inode, name, value, size);
}

/* Names that aren't as they should be are no names. */
int64_t fuse_list_xattr(struct inode *inode, char *list, size_t size)
{
    int64_t got = value_get(inode, NULL, list, size);

    if (got > 0 && size != 0 && list[got - 1] != 0)
        return -EIO;
    return got == -EOPNOTSUPP ? 0 : got;
}

static int xattr_remove(struct inode *inode, const char *name)
{
    struct fuse_message *message = xattr_message(inode, FUSE_REMOVEXATTR, NULL, 0, name);

    if (message == NULL)
        return -ENOMEM;
    int64_t got = fuse_call(&message, NULL, 0, 0);
    fuse_message_end(message);
    return (int)refusal(inode, got);
}

int fuse_set_xattr(struct inode *inode, const char *name, const void *value, size_t size, unsigned flags)
{
    struct fuse_setxattr_in in = {.size = (uint32_t)size, .flags = flags};
    int error;

    fuse_attr_expire(fuse_node_of(inode));
    if (value == NULL)
        return xattr_remove(inode, name);
    if (size > VALUE_MOST)
        return -E2BIG;
    struct fuse_message *message = xattr_message(inode, FUSE_SETXATTR, &in, sizeof(in), name);
    if (message == NULL)
        return -ENOMEM;
    error = fuse_message_room(message, size, false);
    if (error == 0) {
        fuse_message_copy_in(message, value, size);
        error = (int)refusal(inode, fuse_call(&message, NULL, 0, 0));
    }
    fuse_message_end(message);
    return error;
}
