/* SPDX-License-Identifier: Apache-2.0 */
/* intc.c - the hart's external interrupts: by the PLIC or by the AIA, whichever the device tree has. */
#include "abi/errno.h"
#include "arch/arch.h"
#include "lib/fdt.h"

#include "riscv.h"

void intc_node(const struct fdt *fdt, const struct fdt_node *node, uint32_t own_phandle)
{
    if (fdt_is_compatible(fdt, node, "riscv,plic0"))
        plic_init(fdt, node, own_phandle);
    else if (fdt_is_compatible(fdt, node, "riscv,imsics"))
        aia_imsic_init(fdt, node, own_phandle);
    else if (fdt_is_compatible(fdt, node, "riscv,aplic"))
        aia_aplic_init(fdt, node);
}

bool intc_is_there(void)
{
    return plic_is_there() || aia_is_there();
}

unsigned intc_acknowledge(void)
{
    return aia_is_there() ? aia_acknowledge() : plic_acknowledge();
}

void intc_start(void)
{
    if (aia_is_there())
        aia_start();
    csr_set(sie, 1u << IRQ_EXTERNAL);
}

int arch_fdt_irq(const struct fdt *fdt, const struct fdt_node *node)
{
    uint32_t irq;

    return fdt_cell(fdt, node, "interrupts", 0, &irq) && irq != 0 && irq < IRQS_MAX ? (int)irq : -ENOENT;
}

/* To the boot hart, whichever hart asks for it: a thread may have moved. */
int arch_irq_enable(unsigned irq)
{
    if (irq == 0 || irq >= IRQS_MAX)
        return -EINVAL;
    if (aia_is_there())
        aia_enable(irq);
    else
        plic_enable(irq);
    return 0;
}
