/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_setup.h - for the suites of ext4: a folder that is made once, and an image of it in each test. */
#ifndef TESTS_UNIT_GUEST_KERNEL_FS_EXT4_EXT4_SETUP_H
#define TESTS_UNIT_GUEST_KERNEL_FS_EXT4_EXT4_SETUP_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../ext4_folder.h"
#include "../../files.h"
#include "../../stubs.h"
#include "abi/errno.h"
#include "fs/ext4/ext4_change.h"
#include "vfs/pagecache.h"

#ifndef READS_ONLY /* the suite's disk can't be written to */
#define READS_ONLY false
#endif

static struct stub_disk disk;

static inline struct ext4_fs *mounted(void)
{
    return ext4_of(vfs_root()->mount->fs->root);
}

static inline void mount(void)
{
    int error = vfs_mount_root(stub_disk_open(&disk, READS_ONLY));

    ck_assert_msg(error == 0, "mount: error %d, %s", error, stub_last_error);
}

/* No operation changed more blocks than it said. */
static inline void credits_were_enough(void)
{
    const struct filesystem *fs = vfs_root()->mount->fs;

    ck_assert(fs->ops->sync != ext4_sync || mounted()->credits_unsaid == 0); /* else the root is another one */
}

/* Unmounts, which fails if a reference was lost. */
static inline void unmount(void)
{
    credits_were_enough();
    ck_assert_int_eq(vfs_unmount_all(), 0);
    ck_assert_uint_eq(stub_pages_used, 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
    ck_assert(!READS_ONLY || disk.writes == 0);
}

static inline void teardown(void)
{
    free(disk.bytes);
    disk.bytes = NULL;
}

#endif
