/* SPDX-License-Identifier: Apache-2.0 */
/* bzimage_builder.h - a small valid bzImage to spoil. */
#ifndef TESTS_BZIMAGE_BUILDER_H
#define TESTS_BZIMAGE_BUILDER_H

#include <stdint.h>
#include <string.h>

#define BZIMAGE_SETUP 1024u /* bytes before the kernel */
#define BZIMAGE_KERNEL 4096u
#define BZIMAGE_PADDR 0x1000000u
#define BZIMAGE_INIT_SIZE 0x2000000u
#define BZIMAGE_CMDLINE_MAX 2047u
#define BZIMAGE_INITRD_MAX 0x7fffffffu

struct bzimage_builder {
    uint8_t bytes[BZIMAGE_SETUP + BZIMAGE_KERNEL];
};

static inline void bzimage_builder_set(struct bzimage_builder *b, unsigned offset, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        b->bytes[offset + i] = (uint8_t)(value >> 8 * i);
}

/* Offsets: Linux, Documentation/arch/x86/boot.rst. */
static inline void bzimage_builder_init(struct bzimage_builder *b)
{
    memset(b, 0, sizeof(*b));
    bzimage_builder_set(b, 0x1f1, 1, 1); /* one sector of setup behind the boot sector */
    bzimage_builder_set(b, 0x1fe, 0xaa55, 2);
    bzimage_builder_set(b, 0x200, 0x6aeb, 2); /* a jump: the header ends at 0x26c */
    memcpy(b->bytes + 0x202, "HdrS", 4);
    bzimage_builder_set(b, 0x206, 0x20f, 2);
    bzimage_builder_set(b, 0x211, 1, 1); /* LOADED_HIGH */
    bzimage_builder_set(b, 0x22c, BZIMAGE_INITRD_MAX, 4);
    bzimage_builder_set(b, 0x230, 0x200000, 4);
    bzimage_builder_set(b, 0x234, 1, 1);
    bzimage_builder_set(b, 0x236, 0x7f, 2); /* XLF_KERNEL_64 among others */
    bzimage_builder_set(b, 0x238, BZIMAGE_CMDLINE_MAX, 4);
    bzimage_builder_set(b, 0x258, BZIMAGE_PADDR, 8);
    bzimage_builder_set(b, 0x260, BZIMAGE_INIT_SIZE, 4);
    memset(b->bytes + BZIMAGE_SETUP, 0x90, BZIMAGE_KERNEL);
}

#endif
