/* SPDX-License-Identifier: Apache-2.0 */
/* x86_64.c - KVM on x86: irqchip, CPUID, registers at a PVH entry and at Linux's 64-bit one. */
#include "kvmarch/kvmarch.h"

#include <cpuid.h>
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "devices/irqchip/ioapic.h"
#include "vmm/clock.h"
#include "vmm/kvm/bus.h"
#include "vmm/kvm/vcpu.h"
#include "vmm/kvm/vm.h"
#include "vmm/log.h"

#define CPUID_ENTRIES 256

/* Three pages that KVM on Intel uses for real mode; in the hole below 4 GiB where the machine has nothing. */
#define IDENTITY_MAP_GPA 0xfeffc000ul
#define TSS_GPA 0xfeffd000ul

/* As the machine has it: boot/machine_x86_64.c. */
#define IOAPIC_GPA 0xfec00000u

#define LAPIC_TIMER_KHZ 1000000 /* KVM's in-kernel APIC timer: 1 ns a tick */

const uint16_t kvmarch_elf_machine = EM_X86_64;
const char *const kvmarch_power_off_call = "a call of its firmware"; /* which there isn't */

static bool has_vmx(void)
{
    unsigned a, b, c, d;

    return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & 1u << 5) != 0;
}

static bool has_svm(void)
{
    unsigned a, b, c, d;

    return __get_cpuid(0x80000001, &a, &b, &c, &d) != 0 && (c & 1u << 2) != 0;
}

const char *kvmarch_describe(void)
{
    if (has_vmx())
        return "hardware KVM: VT-x";
    if (has_svm())
        return "hardware KVM: AMD-V";
    return "soft KVM: no VT-x or AMD-V; ring 3 runs natively, ring 0 is emulated";
}

const char *kvmarch_linux_obstacle(void)
{
    if (has_vmx() || has_svm())
        return NULL;
    return "this host's KVM emulates ring 0 in software (no vmx or svm in /proc/cpuinfo), where Linux takes minutes to "
           "unpack itself";
}

struct kvmarch_irqchip {
    int vm_fd;
    struct ioapic ioapic;
};

unsigned long kvmarch_vm_type(int kvm_fd)
{
    (void)kvm_fd;
    return 0;
}

/* The local APICs are KVM's, the I/O APIC is ours (why: devices/irqchip/ioapic.h), and there are no 8259s. */
int kvmarch_vm_init(int vm_fd)
{
    struct kvm_enable_cap split = {.cap = KVM_CAP_SPLIT_IRQCHIP, .args = {IOAPIC_PINS}};
    uint64_t identity_map = IDENTITY_MAP_GPA;

    if (ioctl(vm_fd, KVM_SET_IDENTITY_MAP_ADDR, &identity_map) < 0 || ioctl(vm_fd, KVM_SET_TSS_ADDR, TSS_GPA) < 0 ||
        ioctl(vm_fd, KVM_ENABLE_CAP, &split) < 0)
        return -errno;
    return 0;
}

static void signal_msi(void *owner, uint64_t address, uint32_t data)
{
    struct kvmarch_irqchip *chip = owner;
    struct kvm_msi msi = {.address_lo = (uint32_t)address, .address_hi = (uint32_t)(address >> 32), .data = data};

    ioctl(chip->vm_fd, KVM_SIGNAL_MSI, &msi); /* fails if the guest named no CPU: then there is none to interrupt */
}

const unsigned kvmarch_irqchip_other = 0;

int kvmarch_irqchip_create(int vm_fd, unsigned version, struct bus *mmio, struct kvmarch_irqchip **out)
{
    struct kvmarch_irqchip *chip = malloc(sizeof(*chip));

    (void)version;
    if (chip == NULL)
        return -ENOMEM;
    chip->vm_fd = vm_fd;
    ioapic_init(&chip->ioapic, signal_msi, chip);
    const struct bus_window window = {IOAPIC_GPA, IOAPIC_SIZE, &ioapic_bus_ops, &chip->ioapic};
    int error = bus_insert(mmio, &window);
    if (error != 0) {
        kvmarch_irqchip_destroy(chip);
        return error;
    }
    *out = chip;
    return 0;
}

int kvmarch_irqchip_connect(struct kvmarch_irqchip *chip, const struct vcpu *cpu, unsigned count)
{
    (void)chip, (void)cpu, (void)count; /* KVM knows which local APIC is whose */
    return 0;
}

void kvmarch_irqchip_destroy(struct kvmarch_irqchip *chip)
{
    if (chip == NULL)
        return;
    ioapic_fini(&chip->ioapic);
    free(chip);
}

void kvmarch_irq_raise(struct kvmarch_irqchip *chip, uint32_t irq)
{
    ioapic_raise(&chip->ioapic, irq);
}

static struct kvm_cpuid_entry2 *cpuid_find(struct kvm_cpuid2 *cpuid, uint32_t leaf)
{
    for (uint32_t i = 0; i < cpuid->nent; i++)
        if (cpuid->entries[i].function == leaf)
            return &cpuid->entries[i];
    return NULL;
}

/* The frequencies of the TSC and the APIC timer, in the leaf that hypervisors agreed on (0x40000010), so that the guest
 * has nothing to measure. */
static void cpuid_add_timing(struct kvm_cpuid2 *cpuid, int vcpu_fd)
{
    struct kvm_cpuid_entry2 *base = cpuid_find(cpuid, 0x40000000);
    int tsc_khz = ioctl(vcpu_fd, KVM_GET_TSC_KHZ, 0);

    if (tsc_khz <= 0 || base == NULL || cpuid->nent == CPUID_ENTRIES || cpuid_find(cpuid, 0x40000010) != NULL)
        return;
    if (base->eax < 0x40000010)
        base->eax = 0x40000010;
    cpuid->entries[cpuid->nent++] = (struct kvm_cpuid_entry2){
        .function = 0x40000010,
        .eax = (uint32_t)tsc_khz,
        .ebx = LAPIC_TIMER_KHZ,
    };
}

/* The processor's name, as the host has it: KVM's list of what it supports leaves these leaves empty, and a guest would
 * tell of an unknown one. */
static void cpuid_set_name(struct kvm_cpuid2 *cpuid)
{
    enum { CPUID_NAME_FIRST = 0x80000002u, CPUID_NAME_LAST = 0x80000004u };

    for (uint32_t i = 0; i < cpuid->nent; i++) {
        struct kvm_cpuid_entry2 *entry = &cpuid->entries[i];
        if (entry->function >= CPUID_NAME_FIRST && entry->function <= CPUID_NAME_LAST)
            (void)__get_cpuid(entry->function, &entry->eax, &entry->ebx, &entry->ecx, &entry->edx);
    }
}

/* Bits that it takes to number `count` things. */
static uint32_t bits_for(unsigned count)
{
    uint32_t bits = 0;

    while (1u << bits < count)
        bits++;
    return bits;
}

/* SDM volume 2, CPUID: level 0 is the threads of a core, of which there is one; level 1 the cores of the package. */
static void cpuid_set_level(struct kvm_cpuid_entry2 *entry, unsigned index, unsigned count)
{
    static const uint32_t invalid = 0, smt = 1, core = 2;
    uint32_t type = entry->index == 0 ? smt : entry->index == 1 ? core : invalid;

    entry->eax = entry->index == 1 ? bits_for(count) : 0;
    entry->ebx = entry->index == 0 ? 1 : entry->index == 1 ? count : 0;
    entry->ecx = entry->index | type << 8;
    entry->edx = index;
}

/*
 * The CPU's own number, and one package of cores of one thread: what KVM lists there is the host CPU that was asked.
 * SDM volume 2 for 1, 4, 0xb and 0x1f; AMD's APM volume 3, appendix E, for the others.
 */
static void cpuid_set_topology(struct kvm_cpuid_entry2 *entry, unsigned index, unsigned count)
{
    enum { CPUID_1_EDX_HTT = 1 << 28 };

    switch (entry->function) {
    case 1:
        entry->ebx = (entry->ebx & 0x0000ffff) | (count < 255 ? count : 255) << 16 | index << 24;
        entry->edx = count > 1 ? entry->edx | CPUID_1_EDX_HTT : entry->edx & ~(uint32_t)CPUID_1_EDX_HTT;
        break;
    case 4: /* cores in the package, less one; a cache of level 1 or 2 is a core's own, one of level 3 is all theirs */
        if ((entry->eax & 0x1f) == 0)
            break;
        entry->eax &= 0x3fff;
        if ((entry->eax >> 5 & 7) >= 3)
            entry->eax |= ((1u << bits_for(count)) - 1) << 14;
        entry->eax |= ((1u << bits_for(count < 64 ? count : 64)) - 1) << 26;
        break;
    case 0xb:
    case 0x1f:
        cpuid_set_level(entry, index, count);
        break;
    case 0x80000008: /* cores less one, and the bits of an APIC ID that number them */
        entry->ecx = (entry->ecx & ~0xf0ffu) | (count < 256 ? count - 1 : 255) | bits_for(count) << 12;
        break;
    case 0x8000001e:
        entry->eax = index;
        entry->ebx = (entry->ebx & ~0xffffu) | (index & 0xff); /* a thread a core */
        entry->ecx = 0;                                        /* one node */
        break;
    }
}

/* KVM lists the first level of a topology leaf, or both. */
static void cpuid_add_cores(struct kvm_cpuid2 *cpuid, uint32_t leaf)
{
    bool has_first = false;

    for (uint32_t i = 0; i < cpuid->nent; i++) {
        if (cpuid->entries[i].function == leaf && cpuid->entries[i].index == 1)
            return;
        has_first = has_first || cpuid->entries[i].function == leaf;
    }
    if (has_first && cpuid->nent < CPUID_ENTRIES)
        cpuid->entries[cpuid->nent++] =
            (struct kvm_cpuid_entry2){.function = leaf, .index = 1, .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX};
}

/* Leaf 1 says that there is a hypervisor, whose leaves begin at 0x40000000. KVM's list of what it supports has the
 * bit on some hosts only; the APIC timer's mode of TSC deadlines isn't in it where a capability tells of it, and a
 * Linux without it would measure the timer by a PIT, which there isn't. */
static void cpuid_set_all(struct kvm_cpuid2 *cpuid, unsigned index, unsigned count, bool has_deadline)
{
    const uint32_t hypervisor = 1u << 31, tsc_deadline = has_deadline ? 1u << 24 : 0;

    cpuid_add_cores(cpuid, 0xb);
    cpuid_add_cores(cpuid, 0x1f);
    for (uint32_t i = 0; i < cpuid->nent; i++) {
        cpuid_set_topology(&cpuid->entries[i], index, count);
        if (cpuid->entries[i].function == 1)
            cpuid->entries[i].ecx |= hypervisor | tsc_deadline;
    }
}

int kvmarch_vcpu_init(int kvm_fd, struct vcpu *vcpu, unsigned index, unsigned count)
{
    struct kvm_cpuid2 *cpuid = malloc(sizeof(*cpuid) + CPUID_ENTRIES * sizeof(cpuid->entries[0]));
    int error = 0;

    if (cpuid == NULL)
        return -ENOMEM;
    *cpuid = (struct kvm_cpuid2){.nent = CPUID_ENTRIES};
    if (ioctl(kvm_fd, KVM_GET_SUPPORTED_CPUID, cpuid) < 0) {
        error = -errno;
    } else {
        cpuid_set_all(cpuid, index, count, ioctl(kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_TSC_DEADLINE_TIMER) > 0);
        cpuid_add_timing(cpuid, vcpu->fd);
        cpuid_set_name(cpuid);
        if (ioctl(vcpu->fd, KVM_SET_CPUID2, cpuid) < 0)
            error = -errno;
    }
    free(cpuid);
    return error;
}

/* Flat segments of either mode, and a TSS that is there because it has to be. */
static void set_segments(struct kvm_sregs *sregs, uint16_t code, bool is_long)
{
    enum { CODE = 0xb, DATA = 0x3, TSS_BUSY = 0xb };

    sregs->cs = (struct kvm_segment){.limit = 0xffffffff,
                                     .selector = code,
                                     .type = CODE,
                                     .present = 1,
                                     .db = !is_long,
                                     .s = 1,
                                     .l = is_long,
                                     .g = 1};
    sregs->ds = (struct kvm_segment){
        .limit = 0xffffffff, .selector = code + 8, .type = DATA, .present = 1, .db = 1, .s = 1, .g = 1};
    sregs->es = sregs->fs = sregs->gs = sregs->ss = sregs->ds;
    sregs->tr = (struct kvm_segment){.limit = 0x67, .selector = code + 16, .type = TSS_BUSY, .present = 1};
}

/* PVH (Xen, docs/misc/pvh.pandoc): flat 32-bit protected mode, paging off, interrupts off. */
static void set_pvh(struct kvm_sregs *sregs)
{
    set_segments(sregs, 0x8, false);
    sregs->cr0 = 0x11; /* PE, ET */
    sregs->cr3 = sregs->cr4 = sregs->efer = 0;
}

/* Linux, Documentation/arch/x86/boot.rst, "64-bit Boot Protocol": interrupts off. */
static void set_linux64(struct kvm_sregs *sregs, const struct plan_entry *entry)
{
    set_segments(sregs, 0x10, true);
    sregs->gdt = (struct kvm_dtable){.base = entry->gdt, .limit = (uint16_t)(entry->gdt_bytes - 1)};
    sregs->cr0 = 0x80000011; /* PG, PE, ET */
    sregs->cr3 = entry->page_tables;
    sregs->cr4 = 0x20;   /* PAE */
    sregs->efer = 0x500; /* LME, LMA */
}

/* As firmware leaves them: memory that no variable range covers is cached. Without it Linux uses no PAT. */
static void set_mtrr(const struct vcpu *vcpu)
{
    enum { MTRR_DEF_TYPE = 0x2ff, ENABLE = 1 << 11, WRITE_BACK = 6 };
    _Alignas(struct kvm_msrs) char room[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)] = {0};
    struct kvm_msrs *msrs = (struct kvm_msrs *)room;

    msrs->nmsrs = 1;
    msrs->entries[0] = (struct kvm_msr_entry){.index = MTRR_DEF_TYPE, .data = ENABLE | WRITE_BACK};
    ioctl(vcpu->fd, KVM_SET_MSRS, msrs); /* a KVM without MTRRs has nothing to set */
}

int kvmarch_vcpu_enter(struct vcpu *vcpu, const struct plan_entry *entry)
{
    struct kvm_sregs sregs;
    struct kvm_regs regs = {.rip = entry->pc, .rflags = 2};

    if (ioctl(vcpu->fd, KVM_GET_SREGS, &sregs) < 0)
        return -errno;
    if (entry->mode != PLAN_ENTRY_USUAL)
        set_mtrr(vcpu);
    if (entry->mode == PLAN_ENTRY_LINUX64) {
        regs.rsi = entry->arg;
        set_linux64(&sregs, entry);
    } else {
        regs.rbx = entry->arg;
        set_pvh(&sregs);
    }
    if (ioctl(vcpu->fd, KVM_SET_SREGS, &sregs) < 0 || ioctl(vcpu->fd, KVM_SET_REGS, &regs) < 0)
        return -errno;
    return 0;
}

int kvmarch_timebase(const struct vcpu *vcpu, uint32_t *hz)
{
    (void)vcpu;
    *hz = 0;
    return 0;
}

int kvmarch_cpu_isa(const struct vcpu *vcpu, char *text, size_t size)
{
    (void)vcpu, (void)size;
    *text = '\0';
    return 0;
}

/* Both clocks at one time, or as near as a try of several gets. */
static void read_clocks(uint64_t *tsc, uint64_t *ns)
{
    uint64_t least = UINT64_MAX;

    for (unsigned i = 0; i < 8; i++) {
        uint64_t before = clock_ns(CLOCK_MONOTONIC_RAW), now = __builtin_ia32_rdtsc(),
                 after = clock_ns(CLOCK_MONOTONIC_RAW);

        if (after - before < least) {
            least = after - before;
            *tsc = now;
            *ns = before + (after - before) / 2;
        }
    }
}

uint32_t kvmarch_counter_khz(void)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    uint64_t tsc[2] = {0}, ns[2] = {0};
    unsigned a, b, c, d;

    if (__get_cpuid(0x80000007, &a, &b, &c, &d) == 0 || (d & 1u << 8) == 0) /* invariant TSC */
        return 0;
    read_clocks(&tsc[0], &ns[0]);
    nanosleep(&pause, NULL);
    read_clocks(&tsc[1], &ns[1]);
    return ns[1] > ns[0] ? (uint32_t)((tsc[1] - tsc[0]) * 1000000 / (ns[1] - ns[0])) : 0;
}

const uint64_t kvmarch_probe_mmio = 0xd0000000; /* below the devices, above memory */

const void *kvmarch_probe_code(size_t *size)
{
    static const uint8_t code[] = {
        0xc6, 0x03, 0x5a, /* movb $0x5a, (%ebx) */
        0xf4,             /* hlt */
    };

    *size = sizeof(code);
    return code;
}

void kvmarch_probe_gone(const void *host, size_t size)
{
    (void)host, (void)size; /* caches are coherent, always */
}

/* ---- internal errors ---- */

#define INSTRUCTION_MAX 15u /* bytes, SDM volume 2, 2.3.11 */

/* The bytes at the address where the CPU is, by its own page tables. Returns how many. */
static unsigned code_read(const struct vcpu *vcpu, uint64_t linear, uint8_t bytes[INSTRUCTION_MAX])
{
    unsigned count = 0;

    for (; count < INSTRUCTION_MAX; count++) {
        struct kvm_translation translation = {.linear_address = linear + count};

        if (ioctl(vcpu->fd, KVM_TRANSLATE, &translation) < 0 || translation.valid == 0 ||
            mem_read(&vcpu->vm->mem, translation.physical_address, &bytes[count], 1) != 0)
            break;
    }
    return count;
}

/* KVM has fetched the bytes already, or not. */
static unsigned failed_bytes(const struct vcpu *vcpu, uint64_t linear, uint8_t bytes[INSTRUCTION_MAX])
{
    const struct kvm_run *run = vcpu->run;
    unsigned count = run->emulation_failure.insn_size;

    if (!(run->emulation_failure.flags & KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES) || count == 0)
        return code_read(vcpu, linear, bytes);
    count = count < INSTRUCTION_MAX ? count : INSTRUCTION_MAX;
    memcpy(bytes, run->emulation_failure.insn_bytes, count);
    return count;
}

static const char *what_failed(uint32_t suberror)
{
    switch (suberror) {
    case KVM_INTERNAL_ERROR_EMULATION:
        return "could not emulate the instruction";
    case KVM_INTERNAL_ERROR_SIMUL_EX:
        return "met an exception during another one";
    case KVM_INTERNAL_ERROR_DELIVERY_EV:
        return "could not deliver an interrupt or exception";
    case KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON:
        return "doesn't know why the CPU left the guest";
    default:
        return "failed";
    }
}

uint64_t kvmarch_pc(const struct vcpu *vcpu)
{
    struct kvm_regs regs = {0};

    ioctl(vcpu->fd, KVM_GET_REGS, &regs);
    return regs.rip;
}

void kvmarch_explain(struct vcpu *vcpu, char *text, size_t size)
{
    const struct kvm_run *run = vcpu->run;
    char list[3 * INSTRUCTION_MAX + 1] = "", number[32] = "";
    uint8_t bytes[INSTRUCTION_MAX];
    struct kvm_regs regs = {0};
    struct kvm_sregs sregs = {0};

    ioctl(vcpu->fd, KVM_GET_REGS, &regs);
    ioctl(vcpu->fd, KVM_GET_SREGS, &sregs);
    uint64_t linear = regs.rip + sregs.cs.base;
    unsigned count = run->internal.suberror == KVM_INTERNAL_ERROR_EMULATION ? failed_bytes(vcpu, linear, bytes)
                                                                            : code_read(vcpu, linear, bytes);
    for (unsigned i = 0; i < count; i++)
        sprintf(list + 3 * i, " %02x", bytes[i]);
    if (run->internal.suberror > KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON)
        snprintf(number, sizeof(number), " (internal error %u)", run->internal.suberror);
    snprintf(text, size, "KVM %s%s at 0x%llx%s%s%s", what_failed(run->internal.suberror), number, regs.rip,
             count != 0 ? " (" : "", count != 0 ? list + 1 : ": its bytes can't be read", count != 0 ? ")" : "");
}

void kvmarch_print(struct vcpu *vcpu)
{
    struct kvm_regs r;
    struct kvm_sregs s;

    if (ioctl(vcpu->fd, KVM_GET_REGS, &r) < 0 || ioctl(vcpu->fd, KVM_GET_SREGS, &s) < 0)
        return;
    log_detail("rip=%016llx rsp=%016llx rflags=%08llx cs=%04x ss=%04x", r.rip, r.rsp, r.rflags, s.cs.selector,
               s.ss.selector);
    log_detail("rax=%016llx rbx=%016llx rcx=%016llx rdx=%016llx", r.rax, r.rbx, r.rcx, r.rdx);
    log_detail("rsi=%016llx rdi=%016llx rbp=%016llx r8 =%016llx", r.rsi, r.rdi, r.rbp, r.r8);
    log_detail("r9 =%016llx r10=%016llx r11=%016llx r12=%016llx", r.r9, r.r10, r.r11, r.r12);
    log_detail("r13=%016llx r14=%016llx r15=%016llx", r.r13, r.r14, r.r15);
    log_detail("cr0=%08llx cr2=%016llx cr3=%016llx cr4=%08llx efer=%04llx", s.cr0, s.cr2, s.cr3, s.cr4, s.efer);
}
