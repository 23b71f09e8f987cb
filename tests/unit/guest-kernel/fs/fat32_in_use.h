/* SPDX-License-Identifier: Apache-2.0 */
/* fat32_in_use.h - a volume that is marked as in use, so that its mount checks it, and what has to be true afterwards.
 */
#ifndef TESTS_FAT32_IN_USE_H
#define TESTS_FAT32_IN_USE_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../fat_image.h"
#include "../files.h"
#include "../stubs.h"
#include "fat32_image.h"

/* The short entry in a directory of one cluster. */
static size_t entry_in(uint32_t dir, const char *name)
{
    size_t at = cluster_offset(dir);

    for (unsigned i = 0; i < 16; i++, at += 32)
        if (memcmp(disk.bytes + at, name, 11) == 0)
            return at;
    ck_abort_msg("no entry %s", name);
}

static size_t entry_offset(const char *name)
{
    return entry_in(get_le(44, 4), name);
}

static uint32_t start_of(const char *name)
{
    return get_le(entry_offset(name) + 26, 2);
}

static int mount(void)
{
    return vfs_mount_root(stub_disk_open(&disk, false));
}

static void unmount(void)
{
    ck_assert_int_eq(vfs_unmount_all(), 0);
    ck_assert_uint_eq(stub_pages_used, 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
}

static void unmount_sound(void)
{
    unmount();
    ck_assert_ptr_null(fat_image_fault(disk.bytes, disk.size));
    ck_assert_int_eq(image_check(&disk), 0);
}

static void put_dirty(void)
{
    disk.bytes[65] |= 1;
}

#endif
