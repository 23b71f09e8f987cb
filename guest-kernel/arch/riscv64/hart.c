/* SPDX-License-Identifier: Apache-2.0 */
/* hart.c - a hart among those that an interrupt controller serves. */
#include "lib/fdt.h"

#include "riscv.h"

/* Pairs of a hart's controller and its input. */
bool hart_find_context(const struct fdt *fdt, const struct fdt_node *node, uint32_t own_phandle, uint32_t *context)
{
    uint32_t phandle, irq;

    for (*context = 0; fdt_cell(fdt, node, "interrupts-extended", 2 * *context, &phandle) &&
                       fdt_cell(fdt, node, "interrupts-extended", 2 * *context + 1, &irq);
         ++*context)
        if (own_phandle != 0 && phandle == own_phandle && irq == IRQ_EXTERNAL)
            return true;
    return false;
}
