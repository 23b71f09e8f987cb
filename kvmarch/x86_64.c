/* SPDX-License-Identifier: Apache-2.0 */
/* x86_64.c - KVM on x86: irqchip, CPUID, registers at a PVH entry. */
#include "kvmarch/kvmarch.h"

#include <cpuid.h>
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "vmm/log.h"
#include "vmm/vcpu.h"

#define CPUID_ENTRIES 256

/* Three pages that KVM on Intel uses for real mode; in the hole below 4 GiB where the machine has nothing. */
#define IDENTITY_MAP_GPA 0xfeffc000ul
#define TSS_GPA 0xfeffd000ul

#define LAPIC_TIMER_KHZ 1000000 /* KVM's in-kernel APIC timer: 1 ns a tick */

const uint16_t kvmarch_elf_machine = EM_X86_64;

const char *kvmarch_describe(void)
{
    unsigned a, b, c, d;

    if (__get_cpuid(1, &a, &b, &c, &d) && (c & 1u << 5))
        return "hardware KVM (VT-x)";
    if (__get_cpuid(0x80000001, &a, &b, &c, &d) && (c & 1u << 2))
        return "hardware KVM (AMD-V)";
    return "soft KVM (no VT-x or AMD-V: the guest's ring 0 is emulated)";
}

int kvmarch_vm_init(int vm_fd)
{
    uint64_t identity_map = IDENTITY_MAP_GPA;

    if (ioctl(vm_fd, KVM_SET_IDENTITY_MAP_ADDR, &identity_map) < 0 || ioctl(vm_fd, KVM_SET_TSS_ADDR, TSS_GPA) < 0 ||
        ioctl(vm_fd, KVM_CREATE_IRQCHIP, 0) < 0)
        return -errno;
    return 0;
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

    if (tsc_khz <= 0 || !base || cpuid->nent == CPUID_ENTRIES || cpuid_find(cpuid, 0x40000010))
        return;
    if (base->eax < 0x40000010)
        base->eax = 0x40000010;
    cpuid->entries[cpuid->nent++] = (struct kvm_cpuid_entry2){
        .function = 0x40000010,
        .eax = (uint32_t)tsc_khz,
        .ebx = LAPIC_TIMER_KHZ,
    };
}

static int cpuid_set(int kvm_fd, int vcpu_fd, unsigned index)
{
    struct kvm_cpuid2 *cpuid = calloc(1, sizeof(*cpuid) + CPUID_ENTRIES * sizeof(cpuid->entries[0]));
    int err = 0;

    if (!cpuid)
        return -ENOMEM;
    cpuid->nent = CPUID_ENTRIES;
    if (ioctl(kvm_fd, KVM_GET_SUPPORTED_CPUID, cpuid) < 0) {
        err = -errno;
    } else {
        struct kvm_cpuid_entry2 *one = cpuid_find(cpuid, 1);
        if (one)
            one->ebx = (one->ebx & 0x00ffffff) | index << 24;
        cpuid_add_timing(cpuid, vcpu_fd);
        if (ioctl(vcpu_fd, KVM_SET_CPUID2, cpuid) < 0)
            err = -errno;
    }
    free(cpuid);
    return err;
}

/* PVH (Xen, docs/misc/pvh.pandoc): flat 32-bit protected mode, paging off, interrupts off. */
static int registers_set(int vcpu_fd, const struct plan_entry *entry)
{
    enum { CODE = 0xb, DATA = 0x3, TSS_BUSY = 0xb };
    struct kvm_sregs sregs;
    struct kvm_regs regs = {.rip = entry->pc, .rbx = entry->arg, .rflags = 2};

    if (ioctl(vcpu_fd, KVM_GET_SREGS, &sregs) < 0)
        return -errno;
    sregs.cs =
        (struct kvm_segment){.limit = 0xffffffff, .selector = 0x8, .type = CODE, .present = 1, .db = 1, .s = 1, .g = 1};
    sregs.ds = (struct kvm_segment){
        .limit = 0xffffffff, .selector = 0x10, .type = DATA, .present = 1, .db = 1, .s = 1, .g = 1};
    sregs.es = sregs.fs = sregs.gs = sregs.ss = sregs.ds;
    sregs.tr = (struct kvm_segment){.limit = 0x67, .selector = 0x18, .type = TSS_BUSY, .present = 1};
    sregs.cr0 = 0x11; /* PE, ET */
    sregs.cr3 = sregs.cr4 = sregs.efer = 0;
    if (ioctl(vcpu_fd, KVM_SET_SREGS, &sregs) < 0 || ioctl(vcpu_fd, KVM_SET_REGS, &regs) < 0)
        return -errno;
    return 0;
}

int kvmarch_vcpu_init(int kvm_fd, struct vcpu *vcpu, unsigned index, const struct plan_entry *entry)
{
    int err = cpuid_set(kvm_fd, vcpu->fd, index);

    return err ? err : registers_set(vcpu->fd, entry);
}

const void *kvmarch_probe_code(size_t *size)
{
    static const uint8_t code[] = {
        0xc6, 0x03, 0x5a, /* movb $0x5a, (%ebx) */
        0xf4,             /* hlt */
    };

    *size = sizeof(code);
    return code;
}

static void print_internal_error(const struct kvm_run *run)
{
    char bytes[3 * 16 + 1] = "";
    unsigned count = 0;

    if (run->internal.suberror == KVM_INTERNAL_ERROR_EMULATION &&
        (run->emulation_failure.flags & KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES))
        count = run->emulation_failure.insn_size < 15 ? run->emulation_failure.insn_size : 15;
    for (unsigned i = 0; i < count; i++)
        sprintf(bytes + 3 * i, " %02x", run->emulation_failure.insn_bytes[i]);
    log_detail("KVM internal error %u%s%s", run->internal.suberror, count ? ", at the instruction" : "", bytes);
}

void kvmarch_print(struct vcpu *vcpu)
{
    struct kvm_regs r;
    struct kvm_sregs s;

    if (vcpu->run->exit_reason == KVM_EXIT_INTERNAL_ERROR)
        print_internal_error(vcpu->run);
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
