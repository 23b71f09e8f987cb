/* SPDX-License-Identifier: Apache-2.0 */
/* fat32_setup.h - a fresh FAT32 volume for each test, which fsck.fat finds clean and the kernel without a reference at
 * its end. */
#ifndef TESTS_UNIT_GUEST_KERNEL_FS_FAT32_SETUP_H
#define TESTS_UNIT_GUEST_KERNEL_FS_FAT32_SETUP_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../files.h"
#include "../stubs.h"
#include "abi/errno.h"
#include "vfs/pagecache.h"
#include "vfs/pageio.h"

static struct stub_disk disk;
static __attribute__((unused)) char text[65536]; /* what a test reads */

static inline void mount(void)
{
    ck_assert_int_eq(vfs_mount_root(stub_disk_open(&disk, false)), 0);
}

/* Unmounts, which fails if a reference was lost; frees everything; leaves the image clean. */
static inline void unmount(void)
{
    ck_assert_int_eq(vfs_unmount_all(), 0);
    ck_assert_uint_eq(stub_pages_used, 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
    ck_assert_int_eq(image_check(&disk), 0);
}

static inline void remount(void)
{
    unmount();
    mount();
}

static inline void setup(void)
{
    image_make(&disk, 4096, 1, "");
    mount();
}

static inline void teardown(void)
{
    unmount();
    free(disk.bytes);
}

static inline void fill(char *bytes, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(seed + i / 7 + i * 13);
}

/* mtools tells FAT32 by the number of clusters, as the specification says, so for it the volume must be large. */
static inline void make_large(void)
{
    unmount();
    free(disk.bytes);
    image_make(&disk, 36864, 1, "");
}

#endif
