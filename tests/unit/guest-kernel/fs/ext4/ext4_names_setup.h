/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_names_setup.h - for suites of ext4 that change names: a mount that writes, and e2fsck afterwards. */
#ifndef TESTS_UNIT_GUEST_KERNEL_FS_EXT4_EXT4_NAMES_SETUP_H
#define TESTS_UNIT_GUEST_KERNEL_FS_EXT4_EXT4_NAMES_SETUP_H

#include "ext4_setup.h"
#include "fs/ext4/ext4_change.h"

/* ext4_image_make, where names have the same hashes each time. */
static inline void image_make_seeded(const char *size, const char *options, const char *after)
{
    char all[300];

    snprintf(all, sizeof(all), "%s -E hash_seed=01234567-89ab-cdef-0123-456789abcdef", options);
    ext4_image_make(&disk, size, all, after);
}

static inline void mount_to_write(void)
{
    mount();
    ck_assert(!mounted()->fs.read_only);
}

static inline void nothing_is_lost(void)
{
    ck_assert_uint_eq(stub_pages_used, 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
}

/* All is written; who lost his last name is gone. */
static inline void unmount_written(void)
{
    credits_were_enough();
    ck_assert_int_eq(vfs_unmount_all(), 0);
    nothing_is_lost();
}

/* What is damaged needn't get to the disk. */
static inline void unmount_anyhow(void)
{
    (void)vfs_unmount_all();
    nothing_is_lost();
}

static inline void check_image(const char *what)
{
    int status = ext4_image_shell(&disk, "e2fsck -fn $IMAGE >check 2>&1 || { head -30 check; false; }");

    ck_assert_msg(status == 0, "e2fsck of %s: status %d", what, status);
}

#endif
