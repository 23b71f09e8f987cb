/* SPDX-License-Identifier: Apache-2.0 */
/* serial16550.h - a 16550 in memory, for the kernel's messages. */
#ifndef GK_DRV_SERIAL16550_H
#define GK_DRV_SERIAL16550_H

#include <stddef.h>
#include <stdint.h>

/* By polling, until all is sent. `registers`: a byte each, in a row. */
void serial16550_write(volatile uint8_t *registers, const char *bytes, size_t size);

#endif
