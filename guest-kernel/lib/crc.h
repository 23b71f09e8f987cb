/* SPDX-License-Identifier: Apache-2.0 */
/* crc.h - checksums of file systems: CRC-32C (Castagnoli) and CRC-16 (ANSI), both reflected. */
#ifndef GK_LIB_CRC_H
#define GK_LIB_CRC_H

#include <stddef.h>
#include <stdint.h>

/* Goes on with `crc` over `size` bytes. Neither what goes in nor what comes out is inverted: ~crc32c(~0, ...) is what
 * others print. */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t size);
/* Eight bytes, at any address. Not by memcpy, which is a call here. */
struct crc_word {
    uint64_t word;
} __attribute__((packed, may_alias));

/* The same over `count` words of 8 bytes, at any address, by an instruction of the CPU. From now on crc32c uses it;
 * NULL: there is none. */
typedef uint32_t crc32c_words(uint32_t crc, const void *words, size_t count);
void crc32c_use(crc32c_words *words);
uint16_t crc16(uint16_t crc, const void *bytes, size_t size);

/* For crc.c alone: crc32c_table[k][b] is what the byte b does k bytes further on. */
extern const uint32_t crc32c_table[8][256];

#endif
