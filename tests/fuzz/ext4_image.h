/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_image.h - a fuzzer's bytes as an image of ext2, ext3 or ext4: a byte of flags, then the blocks that aren't zero,
 * a number and 1024 bytes each. With bit 0 of the flags the features that are checksums are switched off, so that what
 * is changed is looked at all the same. The seeds are images of mke2fs (ext4_seeds.sh).
 */
#ifndef LVMM_TESTS_FUZZ_EXT4_IMAGE_H
#define LVMM_TESTS_FUZZ_EXT4_IMAGE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BLOCK 1024u
#define BLOCKS 128u
#define NO_SUMS 1u
#define RO_COMPAT (BLOCK + 0x64)
#define ON_ERRORS (BLOCK + 0x3c) /* 3: panic, which is no finding where it is asked for */
#define SUM_FEATURES 0x410u      /* metadata_csum and uninit_bg */

static uint8_t image[BLOCKS * BLOCK];

static void image_fill(const uint8_t *data, size_t size)
{
    unsigned flags = size != 0 ? data[0] : 0;
    uint32_t features;

    memset(image, 0, sizeof(image));
    for (size_t at = 1; at < size; at += 1 + BLOCK) {
        size_t piece = size - at - 1 < BLOCK ? size - at - 1 : BLOCK;
        memcpy(image + data[at] % BLOCKS * BLOCK, data + at + 1, piece);
    }
    if (image[ON_ERRORS] == 3 && image[ON_ERRORS + 1] == 0)
        image[ON_ERRORS] = 2;
    if (flags & NO_SUMS) {
        memcpy(&features, image + RO_COMPAT, sizeof(features));
        features &= ~SUM_FEATURES;
        memcpy(image + RO_COMPAT, &features, sizeof(features));
    }
}

#endif
