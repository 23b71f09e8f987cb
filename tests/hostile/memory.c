/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c - places of the hostile guest's address space where no device is, and ports. */
#include "hostile.h"

static void step(void)
{
    uint16_t port = (uint16_t)chance();

    if (chance_of(2) == 0)
        access_any(0xd0000000 + chance_of(0x2eb00000 - 8), chance_of(4), chance_of(2) == 0, chance());
    else if (port < 0x4fe || port > 0x504)
        out8(port, (uint8_t)chance());
}

static void holes(void)
{
    print_going();
    for (;;)
        (void)read32(0xd0000000);
}

static void ports(void)
{
    print_going();
    for (;;)
        (void)in8((uint16_t)(0x600 + chance_of(0x1000)));
}

static const struct hostile_mode modes[] = {
    {"memory-holes", holes, "timeout", false},
    {"memory-ports", ports, "timeout", false},
    {0},
};

const struct hostile_device hostile_memory = {"memory", step, modes};
