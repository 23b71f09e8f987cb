/* SPDX-License-Identifier: Apache-2.0 */
/* crc.c - CRC-32C by the CPU's instruction for it (LoongArch Reference Manual, "CRCC.W.D.W"), if CPUCFG has it. */
#include "lib/crc.h"

#include "arch/arch.h"
#include "csr.h"

#define CPUCFG1_CRC (1u << 25)

static uint32_t crc32c_words_here(uint32_t crc, const void *words, size_t count)
{
    const struct crc_word *at = words;

    for (size_t i = 0; i < count; i++)
        __asm__("crcc.w.d.w %0, %1, %0" : "+r"(crc) : "r"(at[i].word));
    return crc;
}

crc32c_words *arch_crc32c(void)
{
    return cpucfg(1) & CPUCFG1_CRC ? crc32c_words_here : NULL;
}
