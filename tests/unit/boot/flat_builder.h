/* SPDX-License-Identifier: Apache-2.0 */
/* flat_builder.h - a small valid Image of Linux's for arm64 or riscv to spoil: its header and a page. */
#ifndef TESTS_FLAT_BUILDER_H
#define TESTS_FLAT_BUILDER_H

#include <elf.h>
#include <stdint.h>
#include <string.h>

#define FLAT_BUILDER_MEM 0x300000u

struct flat_builder {
    uint32_t code[2];
    uint64_t text_offset, image_size, flags, reserved[3];
    uint32_t magic, more;
    uint8_t rest[4032];
};

_Static_assert(sizeof(struct flat_builder) == 4096, "a header of 64 bytes");

static inline void flat_builder_init(struct flat_builder *flat, uint16_t machine)
{
    *flat =
        (struct flat_builder){.image_size = FLAT_BUILDER_MEM, .magic = machine == EM_RISCV ? 0x05435352 : 0x644d5241};
    if (machine == EM_RISCV)
        flat->text_offset = 0x200000;
}

#endif
