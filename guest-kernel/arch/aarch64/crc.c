/* SPDX-License-Identifier: Apache-2.0 */
/* crc.c - CRC-32C by the CPU's instruction for it (Arm ARM, "CRC32CX"), which ID_AA64ISAR0_EL1 tells of. */
#include "lib/crc.h"

#include "aarch64.h"
#include "arch/arch.h"

#define ISAR0_CRC32_SHIFT 16

static uint32_t crc32c_words_here(uint32_t crc, const void *words, size_t count)
{
    const struct crc_word *at = words;

    for (size_t i = 0; i < count; i++)
        __asm__(".arch_extension crc\n\tcrc32cx %w0, %w0, %1" : "+r"(crc) : "r"(at[i].word));
    return crc;
}

crc32c_words *arch_crc32c(void)
{
    return sysreg_read(id_aa64isar0_el1) >> ISAR0_CRC32_SHIFT & 0xf ? crc32c_words_here : NULL;
}
