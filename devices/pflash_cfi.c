/* SPDX-License-Identifier: Apache-2.0 */
/* pflash_cfi.c - see pflash_cfi.h. Offsets are the standard's, in words of a chip. */
#include "devices/pflash_cfi.h"

#include <string.h>

static uint8_t log2_up(uint64_t value)
{
    uint8_t bits = 0;

    while (bits < 63 && (UINT64_C(1) << bits) < value)
        bits++;
    return bits;
}

static void put_u16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

void pflash_cfi_fill(uint8_t table[CFI_TABLE_SIZE], uint64_t size, uint32_t sector)
{
    memset(table, 0, CFI_TABLE_SIZE);
    memcpy(&table[0x10], "QRY", 3);
    put_u16(&table[0x13], 0x0001); /* primary command set: Intel extended */
    put_u16(&table[0x15], 0x31);   /* where its table is */

    table[0x1b] = 0x45; /* Vcc minimum 4.5 V */
    table[0x1c] = 0x55; /* and maximum */
    /* Typical times, 2^n: word and buffer program in us, block erase in ms. Software waits at most the factors below
     * times that; ours take no time. */
    table[0x1f] = 7;
    table[0x20] = 7;
    table[0x21] = 10;
    table[0x23] = 4;
    table[0x24] = 4;
    table[0x25] = 4;

    table[0x27] = log2_up(size / PFLASH_CHIPS);
    put_u16(&table[0x28], 0x0002); /* interface: x8 and x16 */
    put_u16(&table[0x2a], log2_up(PFLASH_BUFFER_BYTES / PFLASH_CHIPS));
    table[0x2c] = 1; /* erase regions: all sectors are alike */
    put_u16(&table[0x2d], (uint32_t)(size / sector) - 1);
    put_u16(&table[0x2f], sector / PFLASH_CHIPS / 256);

    memcpy(&table[0x31], "PRI10", 5); /* version 1.0; no optional feature: the rest is zero */
    table[0x3f] = 1;                  /* one protection register field */
}
