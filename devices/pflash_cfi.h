/* SPDX-License-Identifier: Apache-2.0 */
/* pflash_cfi.h - what a flash says about itself: the CFI query table (JESD68.01, Intel's extension: JEP137 set 0x0001).
 */
#ifndef LVMM_DEVICES_PFLASH_CFI_H
#define LVMM_DEVICES_PFLASH_CFI_H

#include <stdint.h>

#define PFLASH_BANK_BYTES 4u      /* the bus is 32 bits wide ... */
#define PFLASH_CHIPS 2u           /* ... with two 16-bit chips side by side, as on QEMU's virt machines */
#define PFLASH_BUFFER_BYTES 2048u /* write buffer of the bank */

#define CFI_TABLE_SIZE 0x40u

/* Geometry of the bank: `size` bytes in sectors of `sector` bytes. The table speaks of one chip of it. */
void pflash_cfi_fill(uint8_t table[CFI_TABLE_SIZE], uint64_t size, uint32_t sector);

#endif
