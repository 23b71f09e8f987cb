/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_map_model.h - files whose blocks come and go, and for each a plain array of where they lie, for the suites of
 * maps. Errors fail the test.
 */
#ifndef TESTS_UNIT_GUEST_KERNEL_FS_EXT4_EXT4_MAP_MODEL_H
#define TESTS_UNIT_GUEST_KERNEL_FS_EXT4_EXT4_MAP_MODEL_H

#include "ext4_alloc_setup.h"
#include "fs/ext4/ext4_change.h"

#define MODEL_FILES 4u
#define MODEL_BLOCKS 70000u /* of each file, that can be looked at */
#define MODEL_UNWRITTEN (1ull << 63)

struct mapped {
    struct inode *inode;
    struct ext4_inode *ei;
    uint64_t model[MODEL_BLOCKS]; /* where the block lies, MODEL_UNWRITTEN or not; 0: a hole */
};

static struct mapped files[MODEL_FILES];
static const char *model_options; /* of the image */
static uint32_t model_blocks;     /* of them are used */

/* The folder for images: files f0 .. f3 without blocks. */
static inline void model_folder(void)
{
    ext4_folder_make();
    ck_assert_int_eq(ext4_folder_shell("cd tree; for i in 0 1 2 3; do truncate -s 100M f$i; done"), 0);
}

static inline void model_mount(void)
{
    mount();
    e4 = mounted();
    e4->fs.read_only = e4->fs.device_read_only = false;
    for (unsigned i = 0; i < MODEL_FILES; i++) {
        char path[8];
        snprintf(path, sizeof(path), "/f%u", i);
        ck_assert_int_eq(vfs_lookup(vfs_root(), path, 0, &files[i].inode), 0);
        files[i].ei = ext4_inode_of(files[i].inode);
    }
}

static inline void model_start(const char *size, const char *options, uint32_t blocks)
{
    ext4_image_make(&disk, size, options, "");
    model_options = options;
    model_blocks = blocks;
    model_mount();
    for (unsigned i = 0; i < MODEL_FILES; i++)
        memset(files[i].model, 0, sizeof(files[i].model));
}

/* Everything is written, and nothing was lost in memory. */
static inline void model_unmount(void)
{
    for (unsigned i = 0; i < MODEL_FILES; i++)
        inode_put(files[i].inode);
    finish();
}

static inline void model_finish(void)
{
    ck_assert_msg(*stub_last_error == 0, "%s", stub_last_error);
    model_unmount();
    fsck(model_options);
}

static inline bool has_extents(void)
{
    return e4->incompat & EXT4_INCOMPAT_EXTENTS;
}

/* ---- what is there ---- */

static inline uint64_t found_at(const struct ext4_run *run, uint32_t within)
{
    if (run->unwritten)
        return (run->room + within) | MODEL_UNWRITTEN;
    return run->disk != 0 ? run->disk + within : 0;
}

/* The file is as its model says. recall: what is remembered is used. */
static inline void model_check(struct mapped *file, bool recall)
{
    uint64_t blocks = 0;

    for (uint32_t block = 0; block < model_blocks;) {
        struct ext4_run run;
        if (!recall)
            file->ei->last.count = 0;
        int error = ext4_map_find(file->ei, block, model_blocks - block, &run);
        ck_assert_msg(error == 0 && run.count != 0 && run.start == block && run.count <= model_blocks - block,
                      "error %d: %u blocks from %u on", error, run.count, run.start);
        for (uint32_t i = 0; i < run.count; i++) {
            if (found_at(&run, i) != file->model[block + i])
                ck_abort_msg("block %u: at %llx, not at %llx", block + i, (unsigned long long)found_at(&run, i),
                             (unsigned long long)file->model[block + i]);
            blocks += file->model[block + i] != 0;
        }
        block += run.count;
    }
    uint64_t sectors = blocks * (e4->block_size / 512);
    ck_assert_uint_ge(file->ei->sectors, sectors);
    if (blocks == 0)
        ck_assert_uint_eq(file->ei->sectors, 0);
}

static inline void model_check_all(void)
{
    for (unsigned i = 0; i < MODEL_FILES; i++) {
        model_check(&files[i], true);
        model_check(&files[i], false);
    }
}

/* ---- changes, and what becomes of the model by them ---- */

static inline int model_create(struct mapped *file, uint32_t block, uint32_t most, unsigned flags)
{
    struct ext4_handle handle;
    struct ext4_run run;

    int error = ext4_begin(e4, &handle, EXT4_CREDITS_MAP);
    if (error != 0)
        return error;
    error = ext4_map_create(&handle, file->ei, block, most, flags, &run);
    ext4_end(&handle);
    if (error != 0)
        return error;
    if (run.start != block || run.count == 0 || run.count > most || run.unwritten != !!(flags & EXT4_MAP_UNWRITTEN))
        ck_abort_msg("%u new blocks from %u on, of %u from %u on", run.count, run.start, most, block);
    for (uint32_t i = 0; i < run.count; i++)
        file->model[block + i] = found_at(&run, i);
    return 0;
}

/* An operation may not be enough for many extents. */
static inline int model_written(struct mapped *file, uint32_t block, uint32_t count)
{
    struct ext4_handle handle;
    int error = -ENOSPC;

    for (unsigned tries = 0; error == -ENOSPC && tries < 10; tries++) {
        ck_assert_int_eq(ext4_begin(e4, &handle, EXT4_CREDITS_MAP), 0);
        error = ext4_map_written(&handle, file->ei, block, count);
        ext4_end(&handle);
    }
    for (uint32_t i = 0; error == 0 && i < count; i++)
        file->model[block + i] &= ~MODEL_UNWRITTEN;
    return error;
}

static inline int model_remove(struct mapped *file, uint32_t first, uint32_t end)
{
    int error = ext4_map_remove(file->ei, first, end);

    for (uint32_t block = first; error == 0 && block < end && block < model_blocks; block++)
        file->model[block] = 0;
    return error;
}

/* What would come beyond the model goes first. */
static inline int model_shift(struct mapped *file, uint32_t first, uint32_t by, bool up)
{
    size_t size = sizeof(file->model[0]);
    int error = up ? model_remove(file, model_blocks - by, UINT32_MAX) : model_remove(file, first - by, first);

    if (error == 0)
        error = ext4_map_shift(file->ei, first, by, up);
    if (error != 0)
        return error;
    if (up) {
        memmove(file->model + first + by, file->model + first, (model_blocks - first - by) * size);
        memset(file->model + first, 0, by * size);
    } else {
        memmove(file->model + first - by, file->model + first, (model_blocks - first) * size);
        memset(file->model + model_blocks - by, 0, by * size);
    }
    return 0;
}

/* How many blocks from there on are holes, up to `most`. */
static inline uint32_t model_holes(const struct mapped *file, uint32_t block, uint32_t most)
{
    uint32_t count = 0;

    while (count < most && block + count < model_blocks && file->model[block + count] == 0)
        count++;
    return count;
}

#endif
