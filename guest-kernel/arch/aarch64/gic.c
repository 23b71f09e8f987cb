/* SPDX-License-Identifier: Apache-2.0 */
/* gic.c - the interrupt controller, GICv2 (IHI 0048B) or GICv3 (IHI 0069), as the device tree says. */
#include "abi/errno.h"
#include "arch/arch.h"
#include "core/log.h"
#include "lib/fdt.h"

#include "aarch64.h"

enum { /* the distributor */
       GICD_CTLR = 0x000,
       GICD_TYPER = 0x004,
       GICD_IGROUPR = 0x080,
       GICD_ISENABLER = 0x100,
       GICD_IPRIORITYR = 0x400,
       GICD_ITARGETSR = 0x800, /* version 2 */
       GICD_ICFGR = 0xc00,
       GICD_SGIR = 0xf00,     /* version 2 */
       GICD_IROUTER = 0x6000, /* version 3 */
};
enum { CTLR_ENABLE = 0x3, CTLR_AFFINITY = 0x10 }; /* both groups */

enum { /* a CPU's redistributor, version 3; its second 64 KiB are a distributor for the CPU's own interrupts */
       GICR_TYPER = 0x08,
       GICR_WAKER = 0x14,
       GICR_STRIDE = 0x20000,
       GICR_SGI = 0x10000,
};
enum { TYPER_LAST = 0x10, TYPER_VIRTUAL_LPI = 0x2 };
enum { WAKER_SLEEP = 0x2, WAKER_CHILDREN_ASLEEP = 0x4 };

enum { GICC_CTLR = 0x00, GICC_PMR = 0x04, GICC_IAR = 0x0c, GICC_EOIR = 0x10 }; /* the CPU interface, version 2 */

#define SPI_BASE 32u
#define SPIS 64u      /* as many as core/irq.c has */
#define INTID_KICK 0u /* one that software sends */
#define INTID_TIMER 27u
#define INTIDS_OWN (1u << INTID_KICK | 1u << INTID_TIMER) /* those that each CPU has for itself */
#define INTID_NONE 1020u                                  /* and above: nothing is pending */
#define PRIORITY 0xa0u
#define PRIORITY_MASK 0xf0u

/* Set once at boot. */
static char *gicd, *gicc; /* gicc NULL: version 3, by system registers */
static char *gicr;        /* all redistributors */
static uint32_t gicr_size;
/* What GICD_SGIR or ICC_SGI1R_EL1 is told to interrupt a CPU, by its number. Each writes its own when it comes. */
static uint64_t kick[ARCH_CPUS_MAX];

static void bit_set(char *bank, unsigned intid)
{
    mmio_write(bank + 4 * (intid / 32), mmio_read(bank + 4 * (intid / 32)) | 1u << intid % 32);
}

/* The n-th range of "reg". */
static char *range_map(const struct fdt *fdt, const struct fdt_node *node, unsigned n, uint32_t *size)
{
    uint32_t cell[3];

    for (unsigned i = 0; i < 3; i++)
        if (!fdt_cell(fdt, node, "reg", 4 * n + (i == 2 ? 3 : i), &cell[i]))
            return NULL;
    *size = cell[2];
    return arch_map_device((uint64_t)cell[0] << 32 | cell[1], cell[2]);
}

static void own_priorities_set(char *bank)
{
    mmio_write8(bank + GICD_IPRIORITYR + INTID_KICK, PRIORITY);
    mmio_write8(bank + GICD_IPRIORITYR + INTID_TIMER, PRIORITY);
}

/* ICC_SGI1R_EL1 (IHI 0069, 12.2.21): a list of 16 CPUs, of which the lowest is at a multiple of 16. */
static uint64_t v3_kick(uint64_t mpidr)
{
    uint64_t aff3 = mpidr >> 32 & 0xff, aff2 = mpidr >> 16 & 0xff, aff1 = mpidr >> 8 & 0xff, aff0 = mpidr & 0xff;

    return aff3 << 48 | aff0 / 16 << 44 | aff2 << 32 | (uint64_t)INTID_KICK << 24 | aff1 << 16 | 1ull << aff0 % 16;
}

/* The redistributor of this CPU: its affinity stands in the upper half of TYPER. */
static char *redistributor_find(char *at, uint32_t size)
{
    uint64_t mpidr = sysreg_read(mpidr_el1);
    uint32_t affinity = (uint32_t)(mpidr & 0xffffff) | (uint32_t)(mpidr >> 8 & 0xff000000);

    for (char *end = at + size; at + GICR_STRIDE <= end; at += GICR_STRIDE) {
        uint32_t type = mmio_read(at + GICR_TYPER);
        if (mmio_read(at + GICR_TYPER + 4) == affinity)
            return at;
        if (type & TYPER_LAST)
            break;
        at += type & TYPER_VIRTUAL_LPI ? GICR_STRIDE : 0;
    }
    return NULL;
}

static bool v3_cpu_init(void)
{
    char *own = redistributor_find(gicr, gicr_size);

    if (own == NULL)
        return false;
    mmio_write(own + GICR_WAKER, mmio_read(own + GICR_WAKER) & ~(uint32_t)WAKER_SLEEP);
    while (mmio_read(own + GICR_WAKER) & WAKER_CHILDREN_ASLEEP)
        ;
    mmio_write(own + GICR_SGI + GICD_IGROUPR, mmio_read(own + GICR_SGI + GICD_IGROUPR) | INTIDS_OWN);
    own_priorities_set(own + GICR_SGI);
    mmio_write(own + GICR_SGI + GICD_ISENABLER, INTIDS_OWN);
    kick[cpu_number()] = v3_kick(sysreg_read(mpidr_el1));

    sysreg_write(icc_sre_el1, sysreg_read(icc_sre_el1) | 1);
    isb();
    sysreg_write(icc_ctlr_el1, 0);
    sysreg_write(icc_pmr_el1, PRIORITY_MASK);
    sysreg_write(icc_igrpen1_el1, 1);
    isb();
    return true;
}

/* Of the distributor's registers, those of a CPU's own interrupts are banked. The first interrupts' targets are this
 * CPU's own bit. */
static bool v2_cpu_init(void)
{
    own_priorities_set(gicd);
    mmio_write(gicd + GICD_ISENABLER, INTIDS_OWN);
    kick[cpu_number()] = (mmio_read(gicd + GICD_ITARGETSR) & 0xff) << 16 | INTID_KICK;
    mmio_write(gicc + GICC_PMR, PRIORITY_MASK);
    mmio_write(gicc + GICC_CTLR, 1);
    return true;
}

void gic_cpu_init(void)
{
    if (!(gicc != NULL ? v2_cpu_init() : v3_cpu_init()))
        panic("the interrupt controller has no part for this CPU");
}

void gic_init(const struct fdt *fdt)
{
    struct fdt_node node;
    uint32_t size;

    for (bool ok = fdt_root(fdt, &node); ok; ok = fdt_next(fdt, &node)) {
        bool is_v3 = fdt_is_compatible(fdt, &node, "arm,gic-v3");
        if (!is_v3 && !fdt_is_compatible(fdt, &node, "arm,cortex-a15-gic") &&
            !fdt_is_compatible(fdt, &node, "arm,gic-400"))
            continue;
        gicd = range_map(fdt, &node, 0, &size);
        char *second = range_map(fdt, &node, 1, &gicr_size);
        if (gicd == NULL || second == NULL)
            panic("%s: no usable registers in the device tree", node.name);
        *(is_v3 ? &gicr : &gicc) = second;
        mmio_write(gicd + GICD_CTLR, is_v3 ? CTLR_AFFINITY | CTLR_ENABLE : 1);
        gic_cpu_init();
        log_info("aarch64: GICv%u", is_v3 ? 3 : 2);
        return;
    }
    panic("the device tree names no interrupt controller");
}

/* Kind (0: SPI), number, trigger: 1 is a rising edge, as all our devices have it. */
int arch_fdt_irq(const struct fdt *fdt, const struct fdt_node *node)
{
    uint32_t kind, irq;

    if (!fdt_cell(fdt, node, "interrupts", 0, &kind) || !fdt_cell(fdt, node, "interrupts", 1, &irq))
        return -ENOENT;
    return kind == 0 && irq < SPIS ? (int)irq : -ENOENT;
}

static void route_here(unsigned intid)
{
    if (gicc != NULL) /* the banked register of the first interrupt shows this CPU's own bit */
        mmio_write8(gicd + GICD_ITARGETSR + intid, mmio_read8(gicd + GICD_ITARGETSR));
    else
        mmio_write64(gicd + GICD_IROUTER + 8 * intid, sysreg_read(mpidr_el1) & 0xff00ffffffull);
}

int arch_irq_enable(unsigned irq)
{
    unsigned intid = SPI_BASE + irq;

    if (irq >= SPIS)
        return -EINVAL;
    if (gicc == NULL)
        bit_set(gicd + GICD_IGROUPR, intid);
    mmio_write8(gicd + GICD_IPRIORITYR + intid, PRIORITY);
    route_here(intid);
    bit_set(gicd + GICD_ICFGR, 2 * intid + 1); /* an edge */
    mmio_write(gicd + GICD_ISENABLER + 4 * (intid / 32), 1u << intid % 32);
    return 0;
}

void arch_cpu_kick(unsigned number)
{
    __asm__ volatile("dsb ishst" ::: "memory");
    if (gicc != NULL)
        mmio_write(gicd + GICD_SGIR, (uint32_t)kick[number]);
    else
        sysreg_write(icc_sgi1r_el1, kick[number]);
    isb();
}

/* What another CPU wrote before its kick is read after this. */
static uint32_t acknowledge(void)
{
    uint32_t value = gicc != NULL ? mmio_read(gicc + GICC_IAR) : (uint32_t)sysreg_read(icc_iar1_el1);

    __asm__ volatile("dsb sy" ::: "memory");
    return value;
}

static void end(uint32_t value)
{
    if (gicc != NULL)
        mmio_write(gicc + GICC_EOIR, value);
    else
        sysreg_write(icc_eoir1_el1, value);
    isb();
}

/* All inputs are edge-triggered: what comes while the handler runs isn't lost. */
bool gic_acknowledge(unsigned *irq)
{
    uint32_t value = acknowledge(), intid = value & 0x3ff;

    *irq = intid >= SPI_BASE && intid < INTID_NONE ? intid - SPI_BASE : ARCH_IRQ_NONE;
    if (intid >= INTID_NONE)
        return false;
    if (intid == INTID_TIMER)
        clock_on_timer();
    end(value);
    return true;
}
