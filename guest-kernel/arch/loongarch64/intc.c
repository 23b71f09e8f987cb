/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intc.c - the way of an interrupt: the bridge's controller (PCH-PIC; Loongson 7A1000 manual, chapter 5) has 64 inputs,
 * which it hands on, numbered alike, to the CPU's extended I/O interrupt controller (EIOINTC; Loongson 3A5000 manual,
 * 11.2), and that to hardware interrupt 1 of CPU 0.
 */
#include "abi/errno.h"
#include "core/log.h"
#include "lib/fdt.h"

#include "cpu.h"

#define INPUTS 64u

enum pic_register { /* pairs of 32 bits, but for the vectors: a byte each */
                    PIC_MASK = 0x20,
                    PIC_MESSAGE_ENABLE = 0x40,
                    PIC_EDGE = 0x60,
                    PIC_VECTOR = 0x200,
};

enum eio_register { /* IOCSR */
                    EIO_FEATURE = 0x420,
                    EIO_NODE_MAP = 0x14a0,
                    EIO_PIN_MAP = 0x14c0, /* a byte for 32 inputs: 1 << hardware interrupt */
                    EIO_ENABLE = 0x1600,
                    EIO_STATUS = 0x1800,
                    EIO_ROUTE = 0x1c00, /* a byte each: 1 << CPU, of node 0 */
};
#define EIO_FEATURE_ENABLE_HIGH (1u << 16) /* bit 48 */

static uint8_t *pic; /* set once at boot; NULL: none */
static uint32_t enabled[INPUTS / 32];

static volatile uint32_t *pic_word(unsigned reg, unsigned irq)
{
    return (volatile uint32_t *)(void *)(pic + reg + irq / 32 * 4);
}

void intc_node(const struct fdt *fdt, const struct fdt_node *node)
{
    uint64_t base, size;

    if (fdt_is_compatible(fdt, node, "loongson,pch-pic-1.0") && fdt_reg(fdt, node, &base, &size) && size >= 0x400)
        pic = arch_map_device(base, size);
}

void intc_init(void)
{
    if (pic == NULL) {
        log_error("the device tree has no interrupt controller (loongson,pch-pic-1.0)");
        return;
    }
    iocsr_write(EIO_FEATURE + 4, iocsr_read(EIO_FEATURE + 4) | EIO_FEATURE_ENABLE_HIGH);
    iocsr_write(EIO_NODE_MAP, 1u << 16);
    iocsr_write(EIO_PIN_MAP, 0x02020202);
    iocsr_write(EIO_PIN_MAP + 4, 0x02020202);
    intc_cpu_init(IS_EIOINTC);
}

void intc_cpu_init(uint32_t lines)
{
    iocsr_write(IOCSR_IPI_ENABLE, ~0u);
    csr_write(CSR_ECFG, lines | IS_TIMER | IS_IPI);
}

int arch_fdt_irq(const struct fdt *fdt, const struct fdt_node *node)
{
    uint32_t irq;

    return fdt_cell(fdt, node, "interrupts", 0, &irq) ? isa_irq_decode(&irq, 1) : -ENOENT;
}

/* By level: PCI's lines are shared. */
int arch_irq_enable(unsigned irq)
{
    uint32_t bit = 1u << irq % 32;
    uint32_t route = EIO_ROUTE + (irq & ~3u);

    if (pic == NULL || irq >= INPUTS)
        return -EINVAL;
    enabled[irq / 32] |= bit;
    iocsr_write(route, (iocsr_read(route) & ~(0xffu << irq % 4 * 8)) | 1u << irq % 4 * 8);
    iocsr_write(EIO_ENABLE + irq / 32 * 4, enabled[irq / 32]);
    *(volatile uint8_t *)(pic + PIC_VECTOR + irq) = (uint8_t)irq;
    *pic_word(PIC_EDGE, irq) &= ~bit;
    *pic_word(PIC_MESSAGE_ENABLE, irq) |= bit;
    *pic_word(PIC_MASK, irq) &= ~bit;
    return 0;
}

/* What a device raises while its handler runs is raised anew. If there are more, the next trap follows at once. */
unsigned intc_acknowledge(void)
{
    for (unsigned word = 0; word < INPUTS / 32; word++) {
        uint32_t pending = enabled[word] != 0 ? iocsr_read(EIO_STATUS + word * 4) & enabled[word] : 0;
        if (pending != 0) {
            iocsr_write(EIO_STATUS + word * 4, pending & -pending);
            return word * 32 + (unsigned)__builtin_ctz(pending);
        }
    }
    return ARCH_IRQ_NONE;
}
