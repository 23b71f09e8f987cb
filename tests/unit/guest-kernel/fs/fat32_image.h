/* SPDX-License-Identifier: Apache-2.0 */
/* fat32_image.h - the bytes of a FAT32 image as a test of a damaged one changes them: numbers, clusters, the FATs. */
#ifndef TESTS_FAT32_IMAGE_H
#define TESTS_FAT32_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "../stubs.h"

static struct stub_disk disk; /* the image, on the test's own disk */

static uint32_t get_le(size_t at, unsigned size)
{
    uint32_t value = 0;

    while (size-- != 0)
        value = value << 8 | disk.bytes[at + size];
    return value;
}

static void put_le(size_t at, uint32_t value, unsigned size)
{
    for (; size != 0; size--, value >>= 8)
        disk.bytes[at++] = (uint8_t)value;
}

static size_t cluster_offset(uint32_t cluster)
{
    return 512 * (get_le(14, 2) + get_le(16, 1) * get_le(36, 4) + (cluster - 2));
}

static void put_fat(uint32_t cluster, uint32_t value)
{
    for (unsigned copy = 0; copy < 2; copy++)
        put_le(512 * (get_le(14, 2) + copy * get_le(36, 4)) + (size_t)4 * cluster, value, 4);
}

#endif
