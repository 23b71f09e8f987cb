/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_mount.c - mounts ext2, ext3 and ext4, read-only, and tells how full they are. */
#include "abi/errno.h"
#include "arch/arch.h"
#include "core/log.h"
#include "fs/ext4/ext4.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/icache.h"
#include "vfs/mount.h"

#define EXT4_NAME_MAX 255u

/* ---- options ---- */

/* A number of sb=, to its end; 0: it is none. */
static uint64_t number_of(const char *text, size_t length)
{
    uint64_t value = 0;

    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || value > UINT32_MAX)
            return 0;
        value = 10 * value + (uint64_t)(text[i] - '0');
    }
    return value;
}

static bool option_is(const char *option, size_t length, const char *name)
{
    return string_is(name, option, length);
}

/* Those that change nothing for who only reads are taken as Linux takes them. */
static bool is_void(const char *option, size_t length)
{
    static const char *const names[] = {"rw",           "defaults", "errors=continue", "errors=remount-ro",
                                        "user_xattr",   "acl",      "barrier",         "nobarrier",
                                        "data=ordered", "delalloc", "nodelalloc"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (option_is(option, length, names[i]))
            return true;
    return false;
}

static int option_take(struct ext4_fs *e4, const char *option, size_t length)
{
    if (option_is(option, length, "ro")) {
        e4->fs.read_only = true;
    } else if (option_is(option, length, "noload") || option_is(option, length, "norecovery")) {
        e4->no_load = true;
    } else if (length > 3 && memcmp(option, "sb=", 3) == 0) {
        e4->super_kib = number_of(option + 3, length - 3);
        if (e4->super_kib == 0)
            return -EINVAL;
    } else if (length != 0 && !is_void(option, length)) {
        return -EINVAL;
    }
    return 0;
}

static int options_take(struct ext4_fs *e4, const char *options)
{
    int error = 0;

    while (error == 0 && options != NULL && *options != 0) {
        const char *comma = strchr(options, ',');
        size_t length = comma != NULL ? (size_t)(comma - options) : strlen(options);
        error = option_take(e4, options, length);
        options = comma != NULL ? comma + 1 : NULL;
    }
    return error;
}

/* ---- what it tells ---- */

static uint64_t pair_of(const struct ext4_fs *e4, uint32_t low, uint32_t high)
{
    return low | (e4->incompat & EXT4_INCOMPAT_64BIT ? (uint64_t)high << 32 : 0);
}

/* Clusters that Linux keeps for itself where there are extents, whose trees grow: a 50th, 4096 at most. */
static uint64_t kept_for_trees(const struct ext4_fs *e4)
{
    uint64_t clusters = (e4->blocks >> e4->cluster_shift) / 50;

    if (!(e4->incompat & EXT4_INCOMPAT_EXTENTS))
        return 0;
    return clusters < 4096 ? clusters : 4096;
}

static void ext4_statfs(struct filesystem *fs, struct vfs_statfs *out)
{
    const struct ext4_fs *e4 = container_of(fs, struct ext4_fs, fs);
    const struct ext4_super *super = &e4->super;
    uint64_t most = e4->blocks - ext4_overhead(e4);
    uint64_t clusters = pair_of(e4, super->free_blocks_count_lo, super->free_blocks_count_hi);
    uint64_t kept = pair_of(e4, super->r_blocks_count_lo, super->r_blocks_count_hi);

    if (clusters > most >> e4->cluster_shift)
        clusters = most >> e4->cluster_shift;
    *out = (struct vfs_statfs){
        .type = EXT4_MAGIC,
        .block_size = e4->block_size,
        .blocks = most,
        .blocks_free = clusters << e4->cluster_shift,
        .blocks_kept = kept + (kept_for_trees(e4) << e4->cluster_shift),
        .files = e4->inodes,
        .files_free = super->free_inodes_count < e4->inodes ? super->free_inodes_count : e4->inodes,
        .name_max = EXT4_NAME_MAX,
    };
}

/* ---- mounting ---- */

static void ext4_unmount(struct filesystem *fs)
{
    struct ext4_fs *e4 = container_of(fs, struct ext4_fs, fs);

    ext4_buffers_fini(&e4->buffers);
    kfree(e4);
}

static const struct filesystem_ops ext4_fs_ops = {.statfs = ext4_statfs, .unmount = ext4_unmount};

/* What is in a journal is newer than what is where it belongs. */
static int journal_check(const struct ext4_fs *e4)
{
    if (!(e4->incompat & EXT4_INCOMPAT_RECOVER))
        return 0;
    if (e4->no_load) {
        log_error("%s: ext4: its journal isn't replayed, as noload asks: files may be old, or damaged", e4->dev->name);
        return 0;
    }
    log_error("%s: ext4: it was not unmounted properly, and its journal can't be replayed here: run e2fsck on it, or "
              "mount it with noload",
              e4->dev->name);
    return -EROFS;
}

static int root_get(struct ext4_fs *e4)
{
    int error = ext4_inode_get(e4, EXT4_ROOT_INODE, EXT4_FOR_FILES, &e4->fs.root);

    if (error != 0)
        return error;
    if (S_ISDIR(e4->fs.root->mode) && e4->fs.root->size != 0)
        return 0;
    inode_put(e4->fs.root);
    return ext4_damaged(e4, "the root is no directory");
}

static int begin(struct ext4_fs *e4)
{
    int error = ext4_features_check(e4);

    if (error == 0)
        error = ext4_super_check(e4);
    if (error == 0)
        error = journal_check(e4);
    if (error != 0)
        return error;
    ext4_buffers_init(&e4->buffers, e4->dev, e4->block_shift, e4->blocks);
    error = root_get(e4);
    if (error != 0)
        icache_drop_idle(&e4->fs);
    return error;
}

enum kind { KIND_EXT2, KIND_EXT3, KIND_EXT4 };

static int mount_kind(struct blk_device *dev, const char *options, enum kind kind, struct filesystem **out)
{
    /* At boot ext4 has been tried before, which mounts all three. */
    if (kind != KIND_EXT4 && vfs_root()->mount == NULL)
        return -EINVAL;
    struct ext4_fs *e4 = kmalloc(sizeof(*e4));
    if (e4 == NULL)
        return -ENOMEM;
    e4->dev = dev;
    e4->super_kib = 1;
    e4->fs.ops = &ext4_fs_ops;
    e4->ops = &ext4_lock_ops;
    int error = options_take(e4, options);
    if (error == 0)
        error = ext4_super_read(e4);
    if (error == 0 && kind != KIND_EXT4 && !ext4_features_are_old(&e4->super, kind == KIND_EXT3)) {
        log_info("%s: it has features that ext%c hasn't", dev->name, kind == KIND_EXT2 ? '2' : '3');
        error = -EINVAL;
    }
    crc32c_use(arch_crc32c());
    e4->fs.read_only = e4->fs.device_read_only = true; /* nothing can be written yet */
    if (error == 0)
        error = begin(e4);
    if (error != 0) {
        ext4_unmount(&e4->fs);
        return error;
    }
    *out = &e4->fs;
    return 0;
}

static int mount_ext2(struct blk_device *dev, const char *options, struct filesystem **out)
{
    return mount_kind(dev, options, KIND_EXT2, out);
}

static int mount_ext3(struct blk_device *dev, const char *options, struct filesystem **out)
{
    return mount_kind(dev, options, KIND_EXT3, out);
}

static int mount_ext4(struct blk_device *dev, const char *options, struct filesystem **out)
{
    return mount_kind(dev, options, KIND_EXT4, out);
}

const struct fs_type ext2_type = {"ext2", true, mount_ext2};
const struct fs_type ext3_type = {"ext3", true, mount_ext3};
const struct fs_type ext4_type = {"ext4", true, mount_ext4};
