/* SPDX-License-Identifier: Apache-2.0 */
/* linux_images.h - small valid headers of Linux's images to spoil: a bzImage's, and the flat ones of three ISAs. */
#ifndef TESTS_LINUX_IMAGES_H
#define TESTS_LINUX_IMAGES_H

#include <elf.h>
#include <stdint.h>
#include <string.h>

#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif

#define LINUX_IMAGE_SIZE 4096u /* of the files that are made here */
#define BZIMAGE_SETUP_SECTS 3u

static inline void linux_put(uint8_t *file, unsigned offset, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < size; i++)
        file[offset + i] = (uint8_t)(value >> 8 * i);
}

/* As Linux 6.1's (Documentation/arch/x86/boot.rst). */
static inline void linux_bzimage(uint8_t file[LINUX_IMAGE_SIZE])
{
    memset(file, 0, LINUX_IMAGE_SIZE);
    linux_put(file, 0x1f1, 1, BZIMAGE_SETUP_SECTS);
    linux_put(file, 0x1fe, 2, 0xaa55);
    linux_put(file, 0x200, 2, 0x6aeb);     /* jmp 0x26c */
    linux_put(file, 0x202, 4, 0x53726448); /* "HdrS" */
    linux_put(file, 0x206, 2, 0x20f);
    linux_put(file, 0x211, 1, 1); /* LOADED_HIGH */
    linux_put(file, 0x22c, 4, 0x7fffffff);
    linux_put(file, 0x230, 4, 0x200000);
    linux_put(file, 0x234, 1, 1);
    linux_put(file, 0x236, 2, 0x3f); /* XLF_KERNEL_64 and others */
    linux_put(file, 0x238, 4, 2047);
    linux_put(file, 0x258, 8, 0x1000000);
    linux_put(file, 0x260, 4, 0x2c3b000);
}

/* Of the ISA that EM_... names. */
static inline void linux_flat(uint8_t file[LINUX_IMAGE_SIZE], uint16_t machine)
{
    memset(file, 0, LINUX_IMAGE_SIZE);
    linux_put(file, 16, 8, 0x10000);
    switch (machine) {
    case EM_AARCH64:
        linux_put(file, 24, 8, 0xa);
        linux_put(file, 56, 4, 0x644d5241);
        break;
    case EM_RISCV:
        linux_put(file, 8, 8, 0x200000);
        linux_put(file, 48, 8, 0x5643534952);
        linux_put(file, 56, 4, 0x05435352);
        break;
    default: /* EM_LOONGARCH */
        linux_put(file, 0, 2, 0x5a4d);
        linux_put(file, 8, 8, 0x9000000000200400);
        linux_put(file, 24, 8, 0x200000);
        linux_put(file, 56, 4, 0x818223cd);
    }
}

#endif
