/* SPDX-License-Identifier: Apache-2.0 */
/*
 * users_fuzz.c - hostile passwd(5) and group(5) of an image: who --user names in them has IDs that can be, a home that
 * is a string, and as many groups as were said; nothing is kept.
 *
 * The first byte: how many bytes name the user; the next two: how many are /etc/passwd; the rest is /etc/group.
 */
// sources: guest-kernel/sys/start_user.c tests/unit/guest-kernel/stubs.c
#include "sys/start_user.h"

#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "abi/stat.h"
#include "core/cred.h"
#include "core/thread.h"
#include "tests/fuzz/input.h"
#include "tests/unit/guest-kernel/stubs.h"
#include "vfs/dentry.h"
#include "vfs/fs_context.h"
#include "vfs/path.h"
#include "vfs/vfs.h"

static struct file_bytes {
    const uint8_t *bytes;
    size_t size;
    struct inode inode;
    struct dentry dentry;
} passwd, group;
static struct mount mount;
static struct fs_context fs;
static int groups;

int path_lookup(const struct path *base, const char *name, unsigned flags, struct path *out)
{
    struct file_bytes *file = strcmp(name, "/etc/passwd") == 0 ? &passwd : &group;

    (void)base, (void)flags;
    if (file->size == 0)
        return -ENOENT;
    file->inode.mode = S_IFREG;
    file->dentry.inode = &file->inode;
    *out = (struct path){.mount = &mount, .dentry = &file->dentry};
    path_get(out);
    return 0;
}

/* One reference is never given back here. */
void mount_free(struct mount *gone)
{
    must(gone == NULL);
}

void dentry_free(struct dentry *gone)
{
    must(gone == NULL);
}

void dentry_wake(struct dentry *dentry)
{
    must(dentry == NULL);
}

int64_t inode_read(struct inode *inode, uint64_t pos, void *dst, size_t size)
{
    const struct file_bytes *file = inode == &passwd.inode ? &passwd : &group;

    if (pos >= file->size)
        return 0;
    if (size > file->size - pos)
        size = file->size - pos;
    memcpy(dst, file->bytes + pos, size);
    return (int64_t)size;
}

struct cred_groups *identity_groups_create(uint32_t count)
{
    struct cred_groups *list = malloc(sizeof(*list) + count * sizeof(uint32_t));

    must(count != 0 && count <= 65536);
    list->count = count;
    groups++;
    return list;
}

void cred_groups_put(struct cred_groups *list)
{
    groups -= list != NULL;
    free(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    char name[256];
    size_t length = input_u8(&input), first = input_u16(&input);
    struct start_user user;
    bool no_group = false;

    memset(name, 0, sizeof(name));
    input_bytes(&input, name, length);
    passwd.bytes = input.data;
    passwd.size = first < input.size ? first : input.size;
    group.bytes = input.data + passwd.size;
    group.size = input.size - passwd.size;
    current_thread()->fs = &fs;
    mount.refs = passwd.dentry.refs = group.dentry.refs = 1; /* the tree's own */
    int error = start_user_find(name, &user, &no_group);
    must(error == 0 || error == -ENOENT);
    if (error == 0) {
        must(user.user != UINT32_MAX && user.group != UINT32_MAX && !no_group);
        must(memchr(user.home, 0, sizeof(user.home)) != NULL && user.home[0] != 0);
        for (uint32_t i = 0; user.groups != NULL && i < user.groups->count; i++)
            must(user.groups->id[i] != UINT32_MAX);
        cred_groups_put(user.groups);
    }
    must(mount.refs == 1 && passwd.dentry.refs == 1 && group.dentry.refs == 1 && groups == 0 && stub_pages_used == 0);
    return 0;
}
