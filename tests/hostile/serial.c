/* SPDX-License-Identifier: Apache-2.0 */
/* serial.c - the hostile guest's serial port. */
#include "hostile.h"

#define PORT 0x3f8u

static void step(void)
{
    uint16_t port = (uint16_t)(PORT + chance_of(8));

    switch (chance_of(4)) {
    case 0:
        (void)in8(port);
        break;
    case 1:
        out16(port, (uint16_t)chance());
        break;
    case 2:
        out32(port, (uint32_t)chance());
        break;
    default:
        out8(port, (uint8_t)chance());
        break;
    }
}

/* Whole lines, and never an end. */
static void endless(void)
{
    print_going();
    for (;;)
        print("0123456789abcdef0123456789abcdef\n");
}

/* A line that never ends. */
static void line(void)
{
    print_going();
    for (;;)
        print("0123456789abcdef0123456789abcdef");
}

static void send_64k(void)
{
    uint64_t from = DATA, count = 65536;

    __asm__ volatile("rep outsb" : "+S"(from), "+c"(count) : "d"(PORT) : "memory");
}

/* Of known length: 256 KiB. */
static void much(void)
{
    for (unsigned i = 0; i < 4; i++)
        send_64k();
    power_off(0);
}

/* One instruction that sends 64 KiB. */
static void strings(void)
{
    print_going();
    for (;;)
        send_64k();
}

/* An interrupt with each byte, and the port looped to itself. */
static void loopback(void)
{
    out8(PORT + 4, 0x1f);
    print_going();
    for (;;) {
        out8(PORT + 1, 0);
        out8(PORT + 1, 0xff);
        out8(PORT + 2, (uint8_t)chance());
        out8(PORT, 1);
        (void)in8(PORT);
        (void)in8(PORT + 5);
    }
}

static const struct hostile_mode modes[] = {
    {"serial-much", much, "any", false},
    {"serial-endless", endless, "timeout", false},
    {"serial-line", line, "timeout", false},
    {"serial-strings", strings, "timeout", false},
    {"serial-loopback", loopback, "timeout", false},
    {0},
};

const struct hostile_device hostile_serial = {"serial", step, modes};
