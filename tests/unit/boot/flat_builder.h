/* SPDX-License-Identifier: Apache-2.0 */
/* flat_builder.h - a small valid Image of Linux's for arm64, riscv or loongarch to spoil: its header and a page. */
#ifndef TESTS_FLAT_BUILDER_H
#define TESTS_FLAT_BUILDER_H

#include <elf.h>
#include <stdint.h>
#include <string.h>

#define FLAT_BUILDER_MEM 0x300000u
#define FLAT_BUILDER_LOONGARCH 258 /* EM_LOONGARCH, which older headers lack */

struct flat_builder {
    uint32_t code[2];
    uint64_t text_offset, image_size, flags, reserved[3];
    uint32_t magic, more;
    uint8_t rest[4032];
};

_Static_assert(sizeof(struct flat_builder) == 4096, "a header of 64 bytes");

/* LoongArch has its entry's address where the others have the load offset, and that where they have flags. */
static inline void flat_builder_init(struct flat_builder *flat, uint16_t machine)
{
    *flat = (struct flat_builder){.image_size = FLAT_BUILDER_MEM, .magic = 0x644d5241};
    if (machine == EM_RISCV) {
        flat->magic = 0x05435352;
        flat->text_offset = 0x200000;
    } else if (machine == FLAT_BUILDER_LOONGARCH) {
        flat->magic = 0x818223cd;
        flat->text_offset = 0x200040;
        flat->flags = 0x200000;
    }
}

#endif
