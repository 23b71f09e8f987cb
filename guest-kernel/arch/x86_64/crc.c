/* SPDX-License-Identifier: Apache-2.0 */
/* crc.c - CRC-32C by the CPU's instruction for it (Intel SDM vol. 2, "CRC32"), which is there with SSE4.2. */
#include "lib/crc.h"

#include "arch/arch.h"
#include "x86.h"

#define SSE4_2 (1u << 20)
#define UNROLLED 8u

static uint32_t crc32c_words_here(uint32_t crc, const void *words, size_t count)
{
    const struct crc_word *at = words;
    uint64_t sum = crc;

    for (; count >= UNROLLED; count -= UNROLLED, at += UNROLLED)
        __asm__("crc32q 0(%1), %0\n\tcrc32q 8(%1), %0\n\tcrc32q 16(%1), %0\n\tcrc32q 24(%1), %0\n\t"
                "crc32q 32(%1), %0\n\tcrc32q 40(%1), %0\n\tcrc32q 48(%1), %0\n\tcrc32q 56(%1), %0"
                : "+r"(sum)
                : "r"(at), "m"(*(const struct crc_word(*)[UNROLLED])at));
    for (size_t i = 0; i < count; i++)
        __asm__("crc32q %1, %0" : "+r"(sum) : "m"(at[i].word));
    return (uint32_t)sum;
}

crc32c_words *arch_crc32c(void)
{
    return cpuid(1, 0).ecx & SSE4_2 ? crc32c_words_here : NULL;
}
