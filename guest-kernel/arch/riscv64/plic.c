/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plic.c - the platform-level interrupt controller (RISC-V PLIC Specification 1.0). A context is a hart in a mode; the
 * device tree's "interrupts-extended" lists them in order.
 */
#include "lib/fdt.h"

#include "riscv.h"

#define PRIORITY 0x0
#define ENABLE 0x2000
#define ENABLE_STRIDE 0x80
#define CONTEXT 0x200000
#define CONTEXT_STRIDE 0x1000
#define CONTEXT_CLAIM 0x4

/* Set once at boot, but for enabled. */
static struct {
    char *enable, *context, *priority; /* the boot hart's S-mode context */
    uint32_t enabled[IRQS_MAX / 32];
} plic;

static uint32_t read_register(char *reg)
{
    struct arch_mmio access = {reg, 0, false};

    arch_mmio_batch(&access, 1);
    return access.value;
}

static void write_register(char *reg, uint32_t value)
{
    struct arch_mmio access = {reg, value, true};

    arch_mmio_batch(&access, 1);
}

void plic_init(const struct fdt *fdt, const struct fdt_node *node, uint32_t own_phandle)
{
    uint64_t base, size;
    uint32_t context;

    if (!fdt_reg(fdt, node, &base, &size) || !hart_find_context(fdt, node, own_phandle, &context) ||
        size < CONTEXT + (context + 1ull) * CONTEXT_STRIDE)
        return;
    char *registers = arch_map_device(base, size);
    if (registers == NULL)
        return;
    plic.priority = registers + PRIORITY;
    plic.enable = registers + ENABLE + (uint64_t)context * ENABLE_STRIDE;
    plic.context = registers + CONTEXT + (uint64_t)context * CONTEXT_STRIDE;
}

bool plic_is_there(void)
{
    return plic.context;
}

void plic_enable(unsigned irq)
{
    plic.enabled[irq / 32] |= 1u << irq % 32;
    struct arch_mmio list[] = {
        {plic.priority + (size_t)irq * 4, 1, true},
        {plic.enable + (size_t)irq / 32 * 4, plic.enabled[irq / 32], true},
        {plic.context, 0, true}, /* the threshold: all priorities but 0 */
    };
    arch_mmio_batch(list, 3);
}

/* One interrupt; if there are more, the next trap follows at once. */
unsigned plic_acknowledge(void)
{
    uint32_t irq = read_register(plic.context + CONTEXT_CLAIM);

    if (irq == 0)
        return ARCH_IRQ_NONE;
    write_register(plic.context + CONTEXT_CLAIM, irq);
    return irq;
}
