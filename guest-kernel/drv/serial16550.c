/* SPDX-License-Identifier: Apache-2.0 */
/* serial16550.c - see serial16550.h (PC16550D data sheet, section 8). */
#include "drv/serial16550.h"

enum { REG_DATA = 0, REG_FCR = 2, REG_LSR = 5 };
#define FCR_ENABLE 0x01
#define LSR_FIFO_EMPTY 0x20
#define LSR_ALL_SENT 0x40
#define FIFO_SIZE 16

static void wait_for(const volatile uint8_t *registers, uint8_t bit)
{
    while (!(registers[REG_LSR] & bit))
        ;
}

/* QEMU loses what its reader is slow to take, so the FIFO is filled only when it is empty. */
void serial16550_write(volatile uint8_t *registers, const char *bytes, size_t size)
{
    registers[REG_FCR] = FCR_ENABLE;
    for (size_t i = 0; i < size; i++) {
        if (i % FIFO_SIZE == 0)
            wait_for(registers, LSR_FIFO_EMPTY);
        registers[REG_DATA] = (uint8_t)bytes[i];
    }
    wait_for(registers, LSR_ALL_SENT);
}
