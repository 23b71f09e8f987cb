/* SPDX-License-Identifier: Apache-2.0 */
/* serial16550.h - machine_put_char on the machines that have a 16550 (PC16550D data sheet, section 8). */
#ifndef GKERNEL_SERIAL16550_H
#define GKERNEL_SERIAL16550_H

#include <stdint.h>

/* Its registers: the machine's to give. */
void serial_write(unsigned reg, uint8_t value);
uint8_t serial_read(unsigned reg);

/* Waits until the last character is out. */
void serial_drain(void);

#endif
