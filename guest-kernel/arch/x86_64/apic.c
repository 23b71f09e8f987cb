/* SPDX-License-Identifier: Apache-2.0 */
/* apic.c - local APIC (Intel SDM vol. 3, chapter 11) and I/O APIC (82093AA). xAPIC mode: QEMU's TCG has no x2APIC. */
#include "abi/errno.h"
#include "arch/arch.h"
#include "core/log.h"
#include "lib/fdt.h"

#include "layout.h"
#include "x86.h"

enum { /* byte offsets of local APIC registers */
       LAPIC_ID = 0x20,
       LAPIC_EOI = 0xb0,
       LAPIC_SPURIOUS = 0xf0,
       LAPIC_ICR_LOW = 0x300,
       LAPIC_ICR_HIGH = 0x310,
       LAPIC_LVT_TIMER = 0x320,
       LAPIC_LVT_LINT0 = 0x350,
       LAPIC_TIMER_INITIAL = 0x380,
       LAPIC_TIMER_CURRENT = 0x390,
       LAPIC_TIMER_DIVIDE = 0x3e0,
};
enum { LAPIC_ENABLE = 0x100, LVT_MASKED = 0x10000, DIVIDE_BY_1 = 0xb };
enum { ICR_FIXED = 0x4000, ICR_INIT = 0x4500, ICR_SIPI = 0x4600 }; /* level: assert */

/* Set once at boot. Each CPU has a local APIC of its own at the same address. */
static char *lapic, *ioapic;
static uint32_t timer_hz;

static struct arch_mmio lapic_write(unsigned offset, uint32_t value)
{
    return (struct arch_mmio){lapic + offset, value, true};
}

static char *registers_map(const struct fdt *fdt, const struct fdt_node *node)
{
    uint64_t base, size;
    void *registers = fdt_reg(fdt, node, &base, &size) ? arch_map_device(base, size) : NULL;

    if (registers == NULL)
        panic("%s: no usable registers in the device tree", node->name);
    return registers;
}

void apic_init(const struct fdt *fdt)
{
    struct fdt_node node;

    for (bool ok = fdt_root(fdt, &node); ok && !(lapic != NULL && ioapic != NULL); ok = fdt_next(fdt, &node)) {
        if (ioapic == NULL && fdt_is_compatible(fdt, &node, "intel,ce4100-ioapic")) {
            ioapic = registers_map(fdt, &node);
        } else if (lapic == NULL && fdt_is_compatible(fdt, &node, "intel,ce4100-lapic")) {
            lapic = registers_map(fdt, &node);
            if (!fdt_cell(fdt, &node, "clock-frequency", 0, &timer_hz) || timer_hz == 0)
                panic("%s: no clock-frequency in the device tree", node.name);
        }
    }
    if (lapic == NULL || ioapic == NULL)
        panic("the device tree names no interrupt controller");
    /* KVM comes up with the 8259 wired to LINT0, as a PC does: its interrupts would come as vectors 0 to 15. */
    struct arch_mmio list[] = {
        lapic_write(LAPIC_LVT_LINT0, LVT_MASKED),
        lapic_write(LAPIC_SPURIOUS, LAPIC_ENABLE | VECTOR_SPURIOUS),
        {lapic + LAPIC_ID, 0, false},
    };
    arch_mmio_batch(list, 3);
    percpu()->apic_id = list[2].value >> 24;
}

void apic_init_other(void)
{
    struct arch_mmio list[] = {
        lapic_write(LAPIC_LVT_LINT0, LVT_MASKED),
        lapic_write(LAPIC_SPURIOUS, LAPIC_ENABLE | VECTOR_SPURIOUS),
    };

    arch_mmio_batch(list, 2);
}

/* One that is pending already is not sent twice: the target takes it, and sees what was written before. */
void apic_kick(uint32_t apic_id)
{
    struct arch_mmio list[] = {
        lapic_write(LAPIC_ICR_HIGH, apic_id << 24),
        lapic_write(LAPIC_ICR_LOW, ICR_FIXED | VECTOR_KICK),
    };

    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    arch_mmio_batch(list, 2);
}

/* The waits of the SDM's sequence are for real hardware; a virtual APIC keeps the order without. */
void apic_start_cpu(uint32_t apic_id, uint8_t vector)
{
    struct arch_mmio list[] = {
        lapic_write(LAPIC_ICR_HIGH, apic_id << 24),
        lapic_write(LAPIC_ICR_LOW, ICR_INIT),
        lapic_write(LAPIC_ICR_HIGH, apic_id << 24),
        lapic_write(LAPIC_ICR_LOW, ICR_SIPI | vector),
    };

    arch_mmio_batch(list, 4);
}

void apic_eoi(void)
{
    struct arch_mmio eoi = lapic_write(LAPIC_EOI, 0);

    arch_mmio_batch(&eoi, 1);
}

/* The second cell is the trigger; all inputs are used as edge-triggered, active high, which is what 0 says. */
int arch_fdt_irq(const struct fdt *fdt, const struct fdt_node *node)
{
    uint32_t irq;

    return fdt_cell(fdt, node, "interrupts", 0, &irq) && irq < VECTOR_IRQ_COUNT ? (int)irq : -ENOENT;
}

int arch_irq_enable(unsigned irq)
{
    if (irq >= VECTOR_IRQ_COUNT)
        return -EINVAL;
    char *select = ioapic, *window = ioapic + 0x10;
    struct arch_mmio list[] = {
        /* the redirection entry's upper half, then the lower, which unmasks it */
        {select, 0x11 + 2 * irq, true},
        {window, percpu()->apic_id << 24, true},
        {select, 0x10 + 2 * irq, true},
        {window, VECTOR_IRQ_BASE + irq, true},
    };
    arch_mmio_batch(list, 4);
    return 0;
}

uint64_t apic_timer_frequency(void)
{
    return timer_hz;
}

void apic_timer_start(uint32_t count)
{
    struct arch_mmio list[] = {
        lapic_write(LAPIC_TIMER_INITIAL, count),
        lapic_write(LAPIC_TIMER_DIVIDE, DIVIDE_BY_1),
        lapic_write(LAPIC_LVT_TIMER, VECTOR_TIMER),
        lapic_write(LAPIC_TIMER_INITIAL, count),
    };

    if (percpu()->timer_ready)
        arch_mmio_batch(list, 1);
    else
        arch_mmio_batch(list + 1, 3);
    percpu()->timer_ready = true;
}

uint32_t apic_timer_count(void)
{
    struct arch_mmio current = {lapic + LAPIC_TIMER_CURRENT, 0, false};

    arch_mmio_batch(&current, 1);
    return current.value;
}

/* The counter has 32 bits: a longer wait ends early, and whoever waits looks at the clock and asks again. */
void apic_timer_set(uint64_t delay_ns)
{
    const uint64_t most_ns = 4000000000ull; /* times a frequency of up to 4 GHz fits in 64 bits */
    uint64_t ticks = (delay_ns < most_ns ? delay_ns : most_ns) * timer_hz / 1000000000u;

    apic_timer_start(ticks == 0 ? 1 : ticks > UINT32_MAX ? UINT32_MAX : (uint32_t)ticks);
}
