/* SPDX-License-Identifier: Apache-2.0 */
/* fat_image.h - a checker of FAT32 images, independent of the kernel's: small volumes in memory, for crash tests. */
#ifndef TESTS_GUEST_KERNEL_FAT_IMAGE_H
#define TESTS_GUEST_KERNEL_FAT_IMAGE_H

#include <stddef.h>
#include <stdint.h>

/* NULL: all is consistent, and the volume is marked so. Else what is wrong first. */
const char *fat_image_fault(const uint8_t *bytes, size_t size);

#endif
