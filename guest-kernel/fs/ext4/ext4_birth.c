/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_birth.c - new inodes, and the end of those that have no name and no user any more. */
#include "abi/errno.h"
#include "core/clock.h"
#include "core/random.h"
#include "core/wait.h"
#include "fs/ext4/ext4_change.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/acl.h"
#include "vfs/icache.h"
#include "vfs/inode_attr.h"

#define NS_PER_S 1000000000
#define OLD_RDEV_END 0x10000u /* device numbers below have Linux's old form */

/* ---- new ones ---- */

static uint32_t flags_inherited(const struct ext4_inode *dir, uint32_t mode)
{
    uint32_t flags = dir->flags & EXT4_FLAGS_INHERITED;

    if (S_ISDIR(mode))
        return flags;
    return flags & (S_ISREG(mode) ? ~EXT4_FLAGS_OF_DIRS : EXT4_FLAGS_OF_OTHERS);
}

static void map_begin(struct ext4_inode *ei)
{
    uint64_t rdev = ei->inode.rdev;

    switch (ei->inode.mode & S_IFMT) {
    case S_IFREG:
    case S_IFDIR:
    case S_IFLNK:
        ext4_map_init(ei);
        break;
    case S_IFCHR:
    case S_IFBLK:
        ei->block[rdev < OLD_RDEV_END ? 0 : 1] = (uint32_t)rdev;
        break;
    default:
        break;
    }
}

/* In memory, without a number. */
static int make(struct ext4_fs *e4, const struct ext4_inode *dir, uint32_t mode, uint64_t rdev, struct ext4_inode **out)
{
    struct ext4_inode *ei = kmalloc(sizeof(*ei));

    if (ei == NULL)
        return -ENOMEM;
    inode_init(&ei->inode, &e4->fs, ext4_inode_ops(e4, mode), 0, mode);
    list_init(&ei->link);
    list_init(&ei->end);
    inode_init_owner(&ei->inode, &dir->inode);
    int error = acl_inherit(&ei->inode, &dir->inode);
    if (error != 0) {
        inode_put(&ei->inode);
        return error;
    }
    ei->inode.rdev = S_ISCHR(mode) || S_ISBLK(mode) ? rdev : 0;
    ei->inode.links = S_ISDIR(mode) ? 2 : 1;
    ei->birth = (int64_t)clock_realtime_ns();
    ei->inode.atime = ei->inode.mtime = ei->inode.ctime = ei->birth;
    ei->flags = flags_inherited(dir, mode);
    random_bytes(&ei->generation, sizeof(ei->generation));
    map_begin(ei);
    *out = ei;
    return 0;
}

/* Its place in the table, which has nothing yet but how long it is. */
static int place(struct ext4_handle *handle, struct ext4_inode *ei)
{
    struct ext4_fs *e4 = handle->e4;
    struct ext4_buffer *buffer;
    struct ext4_raw_inode *raw;
    int error = ext4_itable_get(e4, ext4_number(ei), &buffer, &raw);

    if (error != 0)
        return error;
    if (e4->inode_size > EXT4_OLD_INODE_SIZE)
        ei->extra_isize = raw->extra_isize;
    ext4_buffer_put(&e4->buffers, buffer);
    ei->data_tid = ext4_tid(handle);
    return ext4_inode_store(handle, ei);
}

/* The number that was given is in use: by an inode that is in memory. */
static bool is_known(struct ext4_fs *e4, uint32_t number)
{
    struct inode *inode = icache_find(&e4->fs, number);

    inode_put(inode);
    return inode != NULL;
}

static uint32_t seconds_now(void)
{
    return (uint32_t)((int64_t)clock_realtime_ns() / NS_PER_S);
}

/* Of an inode without blocks: in the table it was deleted. */
static int number_give(struct ext4_handle *handle, struct ext4_inode *ei)
{
    int error;

    ei->inode.links = 0;
    ei->inode.size = ei->disk_size = 0;
    ei->next_orphan = seconds_now(); /* the same field: when it was deleted */
    error = ext4_inode_store(handle, ei);
    if (error == 0)
        error = ext4_number_free(handle, ext4_number(ei), S_ISDIR(ei->inode.mode));
    return error;
}

static int number_take(struct ext4_handle *handle, const struct ext4_inode *dir, struct ext4_inode *ei)
{
    struct ext4_fs *e4 = handle->e4;
    uint32_t number;
    int error = ext4_number_alloc(handle, dir, ei->inode.mode, &number);

    if (error != 0)
        return error;
    if (is_known(e4, number)) /* it stays marked as taken, which it is */
        return ext4_damaged(e4, "inode %u: in use, and free as the bitmap says", number);
    ei->inode.number = number;
    ei->seed = ext4_itable_seed(e4, number, ei->generation);
    error = place(handle, ei);
    if (error == 0)
        error = ext4_acls_store(handle, ei);
    if (error != 0) {
        (void)number_give(handle, ei);
        ei->inode.number = 0;
    }
    return error;
}

int ext4_inode_new(struct ext4_handle *handle, struct ext4_inode *dir, uint32_t mode, uint64_t rdev, struct inode **out)
{
    struct ext4_inode *ei;
    int error = make(handle->e4, dir, mode, rdev, &ei);

    if (error != 0)
        return error;
    error = number_take(handle, dir, ei);
    if (error != 0) {
        inode_put(&ei->inode);
        return error;
    }
    icache_insert(&ei->inode, ei->inode.number);
    *out = &ei->inode;
    return 0;
}

void ext4_inode_unmake(struct ext4_handle *handle, struct inode *inode)
{
    struct ext4_inode *ei = ext4_inode_of(inode);

    inode->links = 0;
    (void)ext4_orphan_add(handle, ei); /* failing, a crash leaves it to e2fsck */
    (void)ext4_inode_store(handle, ei);
    inode_put(inode);
}

/* ---- the end ---- */

/* One without a number was never anything. One with a name goes from memory alone. */
void ext4_inode_release(struct inode *inode)
{
    struct ext4_inode *ei = ext4_inode_of(inode);
    struct ext4_fs *e4 = ext4_of(inode);

    acl_free_all(inode);
    ext4_delayed_drop(ei, 0, UINT32_MAX);
    if (inode->links != 0 || inode->number == 0) {
        e4->orphans_out += ei->is_orphan;
        list_remove(&ei->link);
        kfree(ei);
        return;
    }
    list_insert(e4->dying.next, &ei->end);
    filesystem_mark_dirty(&e4->fs);
}

/* In one operation: it is in no list any more, and its number is free. */
static int end_number(struct ext4_fs *e4, struct ext4_inode *ei)
{
    struct ext4_handle handle;
    int error = ext4_begin(e4, &handle, EXT4_CREDITS_ORPHAN + EXT4_CREDITS_INODE + EXT4_CREDITS_INODE_NEW);

    if (error != 0)
        return error;
    error = ext4_orphan_remove(&handle, ei);
    if (error == 0)
        error = number_give(&handle, ei);
    ext4_end(&handle);
    return error;
}

static int bury(struct ext4_fs *e4, struct ext4_inode *ei)
{
    int error = ext4_inode_has_map(ei) ? ext4_map_remove(ei, 0, UINT32_MAX) : 0;

    if (error == 0)
        error = ext4_xattr_drop(ei);
    return error != 0 ? error : end_number(e4, ei);
}

static struct ext4_inode *first_of(const struct ext4_fs *e4)
{
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): not the one that was freed */
    return list_is_empty(&e4->dying) ? NULL : container_of(e4->dying.next, struct ext4_inode, end);
}

/* New ones come in front of those that can't be freed. What lacks memory is tried again by the next call. */
bool ext4_reap(struct ext4_fs *e4)
{
    struct ext4_inode *ei;
    bool freed = false;
    int error = 0;

    while (error == 0 && !e4->is_dead && !e4->fs.read_only && (ei = first_of(e4)) != NULL && !ei->is_lost) {
        list_remove(&ei->end);
        error = bury(e4, ei);
        if (error == 0) {
            list_remove(&ei->link);
            kfree(ei);
            freed = true;
            (void)wait_loop_ends(false); /* thousands may have lost their names at once */
            continue;
        }
        ei->is_lost = error != -ENOMEM;
        list_insert(ei->is_lost ? &e4->dying : e4->dying.next, &ei->end);
        if (ei->is_lost)
            error = 0;
        else
            filesystem_mark_dirty(&e4->fs);
    }
    return freed;
}

void ext4_birth_fini(struct ext4_fs *e4)
{
    struct ext4_inode *ei;

    while ((ei = first_of(e4)) != NULL) {
        list_remove(&ei->end);
        list_remove(&ei->link);
        kfree(ei);
    }
}
