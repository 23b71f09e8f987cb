/* SPDX-License-Identifier: Apache-2.0 */
/* jbd2_crc.h - the checksum of old journals; others have CRC-32C (lib/crc.h). */
#ifndef GK_FS_EXT4_JBD2_CRC_H
#define GK_FS_EXT4_JBD2_CRC_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32 with the highest bit first, polynomial 04c11db7, no inversion: what feature compat checksum asks for. */
uint32_t jbd2_crc32_be(uint32_t crc, const void *data, size_t size);

#endif
