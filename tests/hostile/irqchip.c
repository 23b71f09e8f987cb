/* SPDX-License-Identifier: Apache-2.0 */
/* irqchip.c - the hostile guest's I/O APIC and local APIC. */
#include "hostile.h"

#define IOAPIC 0xfec00000ull
#define LAPIC 0xfee00000ull

static void step(void)
{
    if (chance_of(2) == 0) {
        write32(IOAPIC, chance_of(4) == 0 ? (uint32_t)chance_number() : chance_of(0x40));
        write32(IOAPIC + 0x10, (uint32_t)chance() & ~0x700u); /* no NMI, SMI or INIT */
        return;
    }
    access_any(IOAPIC + chance_of(0xff8), chance_of(4), chance_of(2) == 0, chance_number() & ~0x700ull);
}

/* Interrupts to itself that nobody takes. */
static void storm(void)
{
    write32(LAPIC + 0xf0, 0x1ff);
    print_going();
    for (;;)
        write32(LAPIC + 0x300, 0x40000 | (0x20 + chance_of(0xd0)));
}

/* Each write of the redirection entry of a pin, level-triggered, whose line is the serial port's. */
static void pins(void)
{
    print_going();
    for (;;)
        step();
}

static const struct hostile_mode modes[] = {
    {"irqchip-storm", storm, "timeout", false},
    {"irqchip-pins", pins, "timeout", false},
    {0},
};

const struct hostile_device hostile_irqchip = {"irqchip", step, modes};
