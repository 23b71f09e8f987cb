/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/irqchip/plic.c
/* plic_fuzz.c - any accesses to the PLIC's registers, and edges between them. What it signals must agree with what a
 * claim gives. */
#include "devices/irqchip/plic.h"

#include "tests/fuzz/input.h"

static bool output[PLIC_HARTS];

static void on_signal(void *owner, unsigned hart, bool on)
{
    must(owner == output && hart < PLIC_HARTS && output[hart] != on);
    output[hart] = on;
}

/* Most of the window is empty: the offset is put together from a region and a place in it. */
static uint64_t offset_get(struct input *input)
{
    static const uint32_t region[] = {0, 0x1000, 0x2000, 0x2080, 0x200000, 0x201000};
    uint8_t which = input_u8(input);
    uint16_t place = input_u16(input);

    if (which & 0x80)
        return (which << 16 | place) % PLIC_SIZE & ~7u;
    return (region[which % 6] + (which >= 0x40 ? place % 0x40 * 4u : (place & 0x1f) * 0x2000u + (place >> 8 & 4))) %
           (PLIC_SIZE - 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct plic plic;

    memset(output, 0, sizeof(output));
    plic_init(&plic, on_signal, output);
    while (input.size > 0) {
        uint8_t op = input_u8(&input);
        uint64_t value = 0;

        if (op < 0x40) {
            plic_raise(&plic, input_u8(&input));
        } else if (op < 0xa0) {
            value = input_u16(&input) * 0x10001ull;
            plic_bus_ops.write(&plic, offset_get(&input), &value, op % 8 != 0 ? 4 : 8);
        } else {
            plic_bus_ops.read(&plic, offset_get(&input), &value, op % 8 != 0 ? 4 : 1);
        }
    }
    for (unsigned hart = 0; hart < PLIC_HARTS; hart++) {
        bool expected = output[hart];
        uint32_t source;

        plic_bus_ops.read(&plic, 0x201004 + 0x2000u * hart, &source, 4);
        must((source != 0) == expected && source < PLIC_SOURCES);
    }
    plic_fini(&plic);
    return 0;
}
