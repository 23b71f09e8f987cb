/* SPDX-License-Identifier: Apache-2.0 */
/* serial16550.c - see serial16550.h. */
#include "serial16550.h"

#include <stdbool.h>

#include "gkernel.h"

enum { SERIAL_THR = 0, SERIAL_FCR = 2, SERIAL_LSR = 5 };
#define FCR_ENABLE 0x01
#define LSR_THRE 0x20 /* the FIFO is empty */
#define LSR_TEMT 0x40 /* and the last character is out */
#define FIFO_SIZE 16

static void serial_wait(uint8_t bit)
{
    while (!(serial_read(SERIAL_LSR) & bit))
        ;
}

/* Looks once for a whole FIFO, as on KVM each look is an exit; not at all, and QEMU loses what its reader is slow to
 * take. */
void machine_put_char(char c)
{
    static bool started;
    static unsigned room;

    if (!started)
        serial_write(SERIAL_FCR, FCR_ENABLE);
    started = true;
    if (room == 0) {
        serial_wait(LSR_THRE);
        room = FIFO_SIZE;
    }
    room--;
    serial_write(SERIAL_THR, (uint8_t)c);
}

void serial_drain(void)
{
    serial_wait(LSR_TEMT);
}
