/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_mount.c - mounts ext2, ext3 and ext4, and unmounts them; makes them read-only or writable; tells how full they
 * are. */
#include "abi/errno.h"
#include "arch/arch.h"
#include "core/log.h"
#include "fs/ext4/ext4_fc.h"
#include "fs/ext4/ext4_options.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/icache.h"
#include "vfs/mount.h"
#include "vfs/volume.h"

#define EXT4_NAME_MAX 255u

/* ---- what it tells ---- */

/* What was removed before is free. */
static void reap(struct ext4_fs *e4)
{
    if (list_is_empty(&e4->dying))
        return;
    bool entered = volume_enter(&e4->fs);
    if (entered)
        ext4_reap(e4);
    volume_leave(&e4->fs, entered);
}

static void ext4_statfs(struct filesystem *fs, struct vfs_statfs *out)
{
    struct ext4_fs *e4 = container_of(fs, struct ext4_fs, fs);
    const struct ext4_super *super = &e4->super;

    reap(e4);
    uint64_t most = e4->blocks - ext4_overhead(e4);
    uint64_t clusters = ext4_free_blocks_count(e4);

    if (clusters > most >> e4->cluster_shift)
        clusters = most >> e4->cluster_shift;
    clusters -= e4->promised < clusters ? e4->promised : clusters;
    *out = (struct vfs_statfs){
        .type = EXT4_MAGIC,
        .block_size = e4->block_size,
        .blocks = most,
        .blocks_free = clusters << e4->cluster_shift,
        .blocks_kept = ext4_kept_for_root(e4) + (ext4_kept_for_trees(e4) << e4->cluster_shift),
        .files = e4->inodes,
        .files_free = super->free_inodes_count < e4->inodes ? super->free_inodes_count : e4->inodes,
        .name_max = EXT4_NAME_MAX,
    };
}

/* ---- writing begins and ends ---- */

/* What was found wrong may be one of many things: who goes on writing makes it worse. */
static void damage_found(struct ext4_fs *e4)
{
    if (e4->is_dead || e4->fs.read_only)
        return;
    if (e4->goes_on)
        ext4_super_add_error(&e4->super); /* it is written when something else changes there, or at the end */
    else
        (void)ext4_fail(e4, "what was just told", -EUCLEAN);
}

/* The journal has been started. Then all can be written. */
static int writing_begin(struct ext4_fs *e4)
{
    int error = e4->super.state & EXT4_STATE_VALID ? 0 : ext4_counts_sum(e4);

    if (error == 0)
        error = ext4_super_mounted(e4);
    if (error != 0)
        return error;
    e4->on_damage = damage_found;
    int orphans = ext4_orphans_finish(e4);
    if (orphans < 0) /* the next mount tries again */
        log_error("%s: ext4: files without a name that a crash left can't be freed: error %d", e4->dev->name, -orphans);
    else if (orphans != 0)
        log_info("%s: ext4: %d files without a name, or being cut, were left by a crash, and are done with",
                 e4->dev->name, orphans);
    return 0;
}

/* All gets to its place, and the file system is marked as in order. */
static int writing_end(struct ext4_fs *e4)
{
    int error = 0;

    if (e4->on_damage == NULL)
        return 0;
    ext4_reap(e4);
    if (e4->journal == NULL && !e4->is_dead)
        error = ext4_commit_all(e4);
    if (error != 0) /* who remounts goes on; who unmounts can't */
        return error;
    error = ext4_journal_stop(e4);
    if (error == 0 && !e4->is_dead)
        error = ext4_super_unmounted(e4);
    if (error != 0) /* without its journal nothing can be written */
        (void)ext4_fail(e4, "the end of writing", error);
    e4->on_damage = NULL;
    filesystem_forget_dirty(&e4->fs);
    return error;
}

/* ---- unmounting ---- */

static void fs_free(struct ext4_fs *e4)
{
    (void)ext4_journal_stop(e4);
    ext4_birth_fini(e4);
    ext4_alloc_fini(e4);
    filesystem_forget_dirty(&e4->fs);
    ext4_buffers_fini(&e4->buffers);
    kfree(e4);
}

static void ext4_unmount(struct filesystem *fs)
{
    struct ext4_fs *e4 = container_of(fs, struct ext4_fs, fs);
    bool entered = volume_enter(fs);
    int error = writing_end(e4);

    if (error != 0)
        log_error("%s: ext4: not all could be written when it was unmounted: error %d", e4->dev->name, -error);
    volume_leave(fs, entered);
    fs_free(e4);
}

static int ext4_finish(struct filesystem *fs)
{
    struct ext4_fs *e4 = container_of(fs, struct ext4_fs, fs);
    bool entered = volume_enter(fs);

    e4->panics = false; /* the machine ends by itself, as it was to (Linux doesn't panic then) */
    int error = writing_end(e4);
    fs->read_only = true;
    volume_leave(fs, entered);
    return error;
}

/* ---- mounting ---- */

static int super_take(struct ext4_fs *e4)
{
    int error = ext4_features_check(e4);

    if (error == 0)
        error = ext4_super_check(e4);
    if (error == 0)
        ext4_buffers_init(&e4->buffers, e4->dev, e4->block_shift, e4->blocks);
    return error;
}

/* What a replay wrote is read anew, from the superblock on. */
static int super_take_again(struct ext4_fs *e4, struct ext4_super *before)
{
    *before = e4->super;
    ext4_buffers_fini(&e4->buffers);
    e4->buffers = (struct ext4_buffers){0};
    e4->table = 0;
    int error = ext4_super_read(e4);
    if (error == 0 && e4->super.log_block_size != before->log_block_size) /* the journal's own blocks would be others */
        error = ext4_damaged(e4, "its journal has a superblock with blocks of another size");
    if (error == 0)
        error = super_take(e4);
    ext4_super_keep_errors(&e4->super, before);
    return error;
}

static int replayed_take(struct ext4_fs *e4)
{
    struct ext4_super *before = kmalloc(sizeof(*before));

    if (before == NULL)
        return -ENOMEM;
    int error = super_take_again(e4, before);
    kfree(before);
    if (error == 0)
        error = ext4_counts_sum(e4);
    if (error == 0 && ext4_has_fast_commits(e4))
        error = ext4_fc_replay(e4);
    return error == 0 && e4->fs.read_only ? ext4_super_recovered(e4) : error;
}

/* What is in a journal is newer than what is where it belongs. */
static int journal_begin(struct ext4_fs *e4)
{
    bool replayed;

    if (!ext4_option_is_set(&e4->options, EXT4_NO_RECOVERY)) {
        int error = ext4_journal_start(e4, &replayed);
        if (error == 0 && replayed)
            error = replayed_take(e4);
        return error == 0 ? ext4_journal_open(e4) : error;
    }
    if (!(e4->incompat & EXT4_INCOMPAT_RECOVER))
        return 0;
    if (!e4->fs.read_only) {
        log_error("%s: ext4: with noload it can only be mounted read-only, as its journal has what isn't at its place",
                  e4->dev->name);
        return -EINVAL;
    }
    log_error("%s: ext4: its journal isn't replayed, as noload asks: files may be old, or damaged", e4->dev->name);
    return 0;
}

static int root_get(struct ext4_fs *e4)
{
    int error = ext4_inode_get(e4, EXT4_ROOT_INODE, EXT4_FOR_FILES, &e4->fs.root);

    if (error != 0)
        return error;
    if (S_ISDIR(e4->fs.root->mode) && e4->fs.root->size != 0)
        return 0;
    inode_put(e4->fs.root);
    e4->fs.root = NULL;
    return ext4_damaged(e4, "the root is no directory");
}

static int begin(struct ext4_fs *e4)
{
    int error = super_take(e4);

    e4->fs.has_small_blocks = e4->block_size < PAGE_SIZE;
    e4->fs.block_size = e4->block_size;
    if (error == 0)
        error = journal_begin(e4);
    if (error == 0)
        error = root_get(e4);
    if (error == 0 && !e4->fs.read_only) {
        bool entered = volume_enter(&e4->fs);
        error = writing_begin(e4);
        volume_leave(&e4->fs, entered);
        if (error != 0)
            inode_put(e4->fs.root);
    }
    if (error != 0)
        icache_drop_idle(&e4->fs);
    return error;
}

/* ---- remounting ---- */

static void options_use(struct ext4_fs *e4, const struct ext4_options *options)
{
    bool wants_discards = ext4_option_is_set(options, EXT4_DISCARD);

    e4->options = *options;
    e4->fs.ignores_acls = ext4_option_is_set(options, EXT4_NO_ACL);
    e4->discards = wants_discards && e4->dev->takes_discards;
    if (wants_discards && !e4->discards)
        log_info("%s: ext4: mounted with discard, which the disk doesn't know", e4->dev->name);
    e4->goes_on = options->on_errors == EXT4_ERRORS_CONTINUE;
    e4->panics = options->on_errors == EXT4_ERRORS_PANIC;
}

static int ext4_reconfigure(struct filesystem *fs, const char *text)
{
    struct ext4_fs *e4 = container_of(fs, struct ext4_fs, fs);
    struct ext4_options options = e4->options;
    int error = ext4_options_take(&options, text, e4->dev->name);
    uint32_t changed = options.set ^ e4->options.set;

    if (error == 0 && (changed & UINT32_C(1) << EXT4_NO_RECOVERY)) /* it is too late to want that */
        error = -EINVAL;
    if (error == 0)
        options_use(e4, &options);
    return error;
}

/* It was replayed by the mount. */
static int journal_begin_again(struct ext4_fs *e4)
{
    bool replayed;

    if (ext4_option_is_set(&e4->options, EXT4_NO_RECOVERY))
        return e4->incompat & EXT4_INCOMPAT_RECOVER ? -EINVAL : 0;
    int error = ext4_journal_start(e4, &replayed);
    if (error == 0 && replayed) /* somebody else wrote to it */
        error = -EUCLEAN;
    if (error == 0)
        error = ext4_journal_open(e4);
    return error == 0 && e4->fs.read_only ? -EROFS : error;
}

static int make_writable(struct ext4_fs *e4)
{
    if (e4->is_dead)
        return -EROFS;
    e4->fs.read_only = false;
    int error = journal_begin_again(e4);
    if (error == 0)
        error = writing_begin(e4);
    if (error == 0 && e4->is_dead) /* by what it found */
        error = -EROFS;
    if (error != 0) {
        (void)ext4_journal_stop(e4);
        e4->fs.read_only = true;
        e4->fs.failed = false; /* it never was writable */
    }
    return error;
}

/* Files that somebody has and that have no name: who makes it writable again would take them for a crash's. */
static bool has_nameless(const struct ext4_fs *e4)
{
    for (const struct list *at = e4->orphans.next; at != &e4->orphans; at = at->next)
        if (container_of(at, const struct ext4_inode, link)->inode.links == 0)
            return true;
    return false;
}

static int make_read_only(struct ext4_fs *e4)
{
    ext4_reap(e4);
    return has_nameless(e4) ? -EBUSY : writing_end(e4);
}

static int ext4_set_read_only(struct filesystem *fs, bool read_only)
{
    struct ext4_fs *e4 = container_of(fs, struct ext4_fs, fs);
    bool entered = volume_enter(fs);
    int error = read_only ? make_read_only(e4) : make_writable(e4);

    if (error == 0)
        fs->read_only = read_only;
    volume_leave(fs, entered);
    return error;
}

static void ext4_show_options(const struct filesystem *fs, char *buf, size_t size)
{
    const struct ext4_fs *e4 = container_of(fs, const struct ext4_fs, fs);
    size_t length;

    ext4_options_show(&e4->options, e4->super.errors, buf, size);
    length = strlen(buf);
    snprintf(buf + length, size - length, "%s", fs->failed ? ",emergency_ro" : "");
}

static const struct filesystem_ops ext4_fs_ops = {.sync = ext4_sync,
                                                  .statfs = ext4_statfs,
                                                  .reconfigure = ext4_reconfigure,
                                                  .show_options = ext4_show_options,
                                                  .set_read_only = ext4_set_read_only,
                                                  .finish = ext4_finish,
                                                  .trim = ext4_trim,
                                                  .unmount = ext4_unmount};

/* ---- the three kinds ---- */

enum kind { KIND_EXT2, KIND_EXT3, KIND_EXT4 };

/* The superblock is read, too: it says what is done about errors, unless an option does. */
static int options_first(struct ext4_fs *e4, const char *text)
{
    struct ext4_options options;
    int error;

    ext4_options_init(&options);
    error = ext4_options_take(&options, text, e4->dev->name);
    e4->super_kib = options.super_kib;
    e4->fs.device_read_only = e4->dev->read_only;
    e4->fs.read_only = ext4_option_is_set(&options, EXT4_READ_ONLY) || e4->dev->read_only;
    if (error == 0)
        error = ext4_super_read(e4);
    if (error == 0 && options.on_errors == 0)
        options.on_errors = e4->super.errors;
    if (options.on_errors != EXT4_ERRORS_CONTINUE && options.on_errors != EXT4_ERRORS_PANIC)
        options.on_errors = EXT4_ERRORS_READ_ONLY;
    options_use(e4, &options);
    return error;
}

/* A mount by one of the older names takes what these knew. At boot there is no name: it is the first of ext3, ext2 and
 * ext4 that takes it, as on Linux, and ext4 is asked once for all three. */
static int kind_check(struct ext4_fs *e4, enum kind kind)
{
    bool is_ext3 = ext4_features_are_old(e4, true), is_ext2 = ext4_features_are_old(e4, false);

    if (vfs_root()->mount == NULL)
        e4->fs.type = is_ext3 ? &ext3_type : is_ext2 ? &ext2_type : &ext4_type;
    if (kind == KIND_EXT4 || (kind == KIND_EXT3 ? is_ext3 : is_ext2))
        return 0;
    log_info("%s: it has features that ext%c hasn't", e4->dev->name, kind == KIND_EXT2 ? '2' : '3');
    return -EINVAL;
}

static int mount_kind(struct blk_device *dev, const char *options, enum kind kind, struct filesystem **out)
{
    /* At boot ext4 mounts all three: kind_check. */
    if (kind != KIND_EXT4 && vfs_root()->mount == NULL)
        return -EINVAL;
    struct ext4_fs *e4 = kmalloc(sizeof(*e4));
    if (e4 == NULL)
        return -ENOMEM;
    e4->dev = dev;
    e4->fs.ops = &ext4_fs_ops;
    e4->fs.stores_names = true;
    e4->fs.ignores_xflags = true;
    e4->fs.immutable_binds_all = true;
    e4->fs.atime_step = 1;
    list_init(&e4->dying);
    list_init(&e4->orphans);
    e4->ops = &ext4_lock_ops;
    int error = options_first(e4, options);
    if (error == 0)
        error = kind_check(e4, kind);
    crc32c_use(arch_crc32c());
    if (error == 0)
        error = begin(e4);
    if (error != 0) {
        fs_free(e4);
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

const struct fs_type ext2_type = {.name = "ext2", .needs_device = true, .mount = mount_ext2};
const struct fs_type ext3_type = {.name = "ext3", .needs_device = true, .mount = mount_ext3};
const struct fs_type ext4_type = {.name = "ext4", .needs_device = true, .mount = mount_ext4};
