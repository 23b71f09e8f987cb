/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_alloc_setup.h - for the suites that take and give back blocks and inodes of an image, on which e2fsck then
 * looks.
 */
#ifndef TESTS_UNIT_GUEST_KERNEL_FS_EXT4_EXT4_ALLOC_SETUP_H
#define TESTS_UNIT_GUEST_KERNEL_FS_EXT4_EXT4_ALLOC_SETUP_H

#include "ext4_setup.h"
#include "fs/ext4/ext4_alloc.h"

static struct ext4_fs *e4;
static uint32_t seed;

/* Check notes each assertion that holds, which is slow when there are a million. */
#define SURE(holds) ((holds) ? (void)0 : ck_abort_msg("it isn't so: %s", #holds))

static inline uint32_t any(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)seed * below) >> 32);
}

/* An image without a journal, to be written to, of which mounting has changed nothing. */
static inline void mount_image(const char *size, const char *options, const char *after)
{
    ext4_image_make(&disk, size, options, after);
    int error = vfs_mount_root(stub_disk_open(&disk, true));
    ck_assert_msg(error == 0, "mount: error %d, %s", error, stub_last_error);
    e4 = mounted();
    e4->dev->read_only = e4->fs.read_only = e4->fs.device_read_only = false;
}

/* All is written, and nothing is left behind. */
static inline void finish(void)
{
    ck_assert_int_eq(ext4_buffers_write(e4), 0);
    ext4_alloc_fini(e4);
    e4->fs.read_only = true;
    ck_assert_int_eq(vfs_unmount_all(), 0);
    ck_assert_uint_eq(stub_pages_used, 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
}

static inline void fsck(const char *options)
{
    int status = ext4_image_shell(&disk, "e2fsck -fn $IMAGE >fsck.log 2>&1");

    if (status != 0)
        ext4_folder_shell("cat fsck.log");
    ck_assert_msg(status == 0, "e2fsck of %s: %d", options, status);
}

#endif
