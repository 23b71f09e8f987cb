/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aia.c - the Advanced Interrupt Architecture (RISC-V AIA Specification 1.0): the APLIC sends a message to the boot
 * hart's IMSIC for each edge; the message's identity is the input's number.
 */
#include "lib/fdt.h"

#include "riscv.h"

/* Registers of the APLIC; those of inputs begin with input 1. */
#define DOMAINCFG 0x0
#define DOMAINCFG_IE_DM 0x104u /* interrupts are on, and are messages */
#define SOURCECFG 0x4
#define SOURCECFG_EDGE_RISING 4u
#define SETIENUM 0x1edc
#define TARGET 0x3004
#define TARGET_HART 18
#define REGISTERS_SIZE 0x4000

#define STOPEI_IDENTITY 16
enum { EIDELIVERY = 0x70, EITHRESHOLD = 0x72, EIE0 = 0xc0 };

/* Set once at boot. */
static struct {
    char *aplic;
    bool has_imsic;
    uint32_t index; /* the boot hart's, among the IMSICs */
} aia;

/* CSRs go by number: not every assembler knows these. */
static void imsic_write(uint64_t reg, uint64_t value)
{
    csr_write(0x150, reg);   /* siselect */
    csr_write(0x151, value); /* sireg */
}

void aia_imsic_init(const struct fdt *fdt, const struct fdt_node *node, uint32_t own_phandle)
{
    aia.has_imsic = hart_find_context(fdt, node, own_phandle, &aia.index);
}

void aia_aplic_init(const struct fdt *fdt, const struct fdt_node *node)
{
    uint64_t base, size;

    if (!aia.has_imsic || !fdt_reg(fdt, node, &base, &size) || size < REGISTERS_SIZE)
        return;
    aia.aplic = arch_map_device(base, size);
}

bool aia_is_there(void)
{
    return aia.aplic;
}

/* Its IMSIC takes all messages, which only the boot hart itself can tell it: the APLIC sends none of an input that
 * isn't enabled. */
void aia_start(void)
{
    imsic_write(EIE0, ~1ull);
    imsic_write(EITHRESHOLD, 0);
    imsic_write(EIDELIVERY, 1);
}

void aia_enable(unsigned irq)
{
    const size_t at = 4 * ((size_t)irq - 1);
    struct arch_mmio list[] = {
        {aia.aplic + SOURCECFG + at, SOURCECFG_EDGE_RISING, true},
        {aia.aplic + TARGET + at, aia.index << TARGET_HART | irq, true},
        {aia.aplic + SETIENUM, irq, true},
        {aia.aplic + DOMAINCFG, DOMAINCFG_IE_DM, true},
    };
    arch_mmio_batch(list, 4);
}

/* One interrupt, which is taken by the write; if there are more, the next trap follows at once. */
unsigned aia_acknowledge(void)
{
    uint64_t top;

    __asm__ volatile("csrrw %0, 0x15c, zero" : "=r"(top)::"memory"); /* stopei */
    return (top >> STOPEI_IDENTITY) != 0 ? (unsigned)(top >> STOPEI_IDENTITY) : ARCH_IRQ_NONE;
}
