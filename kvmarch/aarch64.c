/* SPDX-License-Identifier: Apache-2.0 */
/* aarch64.c - KVM on Arm (Linux, Documentation/virt/kvm): the GIC is KVM's, as are the timers and PSCI. */
#include "kvmarch/kvmarch.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vmm/kvm/bus.h"
#include "vmm/kvm/vcpu.h"
#include "vmm/kvm/vm.h"
#include "vmm/log.h"

/* As the machine has it: boot/machine_aarch64.c. */
#define GICD_GPA 0x08000000ull
#define GICR_GPA 0x080a0000ull
#define GICC_GPA 0x08010000ull

#define SPI_BASE 32u
#define GIC_IRQS 96u /* with the 32 that each CPU has of its own */

const uint16_t kvmarch_elf_machine = EM_AARCH64;
const char *const kvmarch_power_off_call = "PSCI SYSTEM_OFF";

/* KVM on Arm needs EL2, or there is none. */
const char *kvmarch_describe(void)
{
    return "hardware KVM: Arm's EL2";
}

const char *kvmarch_linux_obstacle(void)
{
    return NULL;
}

/* 0 means guest-physical addresses of 40 bits, which some hosts don't reach. */
unsigned long kvmarch_vm_type(int kvm_fd)
{
    int bits = ioctl(kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_ARM_VM_IPA_SIZE);

    return bits > 0 && bits < 40 ? KVM_VM_TYPE_ARM_IPA_SIZE((unsigned long)bits) : 0;
}

int kvmarch_vm_init(int vm_fd)
{
    struct kvm_enable_cap nisv = {.cap = KVM_CAP_ARM_NISV_TO_USER};

    ioctl(vm_fd, KVM_ENABLE_CAP, &nisv); /* or KVM_RUN fails where it could explain itself; before Linux 5.5 it does */
    return 0;
}

/* ---- the interrupt controller ---- */

struct kvmarch_irqchip {
    int vm_fd, gic_fd;
};

static int device_create(int vm_fd, uint32_t type)
{
    struct kvm_create_device device = {.type = type};

    return ioctl(vm_fd, KVM_CREATE_DEVICE, &device) < 0 ? -errno : (int)device.fd;
}

static int attribute_set(int fd, uint32_t group, uint64_t attribute, void *value)
{
    struct kvm_device_attr attr = {.group = group, .attr = attribute, .addr = (uintptr_t)value};

    return ioctl(fd, KVM_SET_DEVICE_ATTR, &attr) < 0 ? -errno : 0;
}

static int address_set(int gic_fd, uint64_t what, uint64_t gpa)
{
    return attribute_set(gic_fd, KVM_DEV_ARM_VGIC_GRP_ADDR, what, &gpa);
}

static int gic_create(struct kvmarch_irqchip *chip, bool is_v2)
{
    chip->gic_fd = device_create(chip->vm_fd, is_v2 ? KVM_DEV_TYPE_ARM_VGIC_V2 : KVM_DEV_TYPE_ARM_VGIC_V3);
    if (chip->gic_fd < 0)
        return chip->gic_fd;
    int error = address_set(chip->gic_fd, is_v2 ? KVM_VGIC_V2_ADDR_TYPE_DIST : KVM_VGIC_V3_ADDR_TYPE_DIST, GICD_GPA);
    if (error != 0)
        return error;
    return is_v2 ? address_set(chip->gic_fd, KVM_VGIC_V2_ADDR_TYPE_CPU, GICC_GPA)
                 : address_set(chip->gic_fd, KVM_VGIC_V3_ADDR_TYPE_REDIST, GICR_GPA);
}

/* KVM has version 3 where the host has it, else version 2. */
const unsigned kvmarch_irqchip_other = 2;

int kvmarch_irqchip_create(int vm_fd, unsigned version, struct bus *mmio, struct kvmarch_irqchip **out)
{
    struct kvmarch_irqchip *chip = malloc(sizeof(*chip));

    (void)mmio;
    if (chip == NULL)
        return -ENOMEM;
    *chip = (struct kvmarch_irqchip){.vm_fd = vm_fd, .gic_fd = -1};
    int error = gic_create(chip, version == kvmarch_irqchip_other);
    if (error != 0) {
        kvmarch_irqchip_destroy(chip);
        return error;
    }
    *out = chip;
    return 0;
}

int kvmarch_irqchip_connect(struct kvmarch_irqchip *chip, const struct vcpu *cpu, unsigned count)
{
    uint32_t irqs = GIC_IRQS;

    (void)cpu, (void)count; /* KVM knows which redistributor is whose */
    int error = attribute_set(chip->gic_fd, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &irqs);
    return error != 0 ? error
                      : attribute_set(chip->gic_fd, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
}

void kvmarch_irqchip_destroy(struct kvmarch_irqchip *chip)
{
    if (chip == NULL)
        return;
    if (chip->gic_fd >= 0)
        close(chip->gic_fd);
    free(chip);
}

/* A pulse: the guest is told of edges (boot/machine_aarch64.c). */
void kvmarch_irq_raise(struct kvmarch_irqchip *chip, uint32_t irq)
{
    struct kvm_irq_level line = {.irq = KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT | (SPI_BASE + irq)};

    for (line.level = 1;; line.level = 0) {
        ioctl(chip->vm_fd, KVM_IRQ_LINE, &line);
        if (line.level == 0)
            return;
    }
}

/* ---- vCPUs ---- */

int kvmarch_vcpu_init(int kvm_fd, struct vcpu *vcpu, unsigned index, unsigned count)
{
    struct kvm_vcpu_init init;

    (void)kvm_fd, (void)count;
    if (ioctl(vcpu->vm_fd, KVM_ARM_PREFERRED_TARGET, &init) < 0)
        return -errno;
    init.features[0] |= 1u << KVM_ARM_VCPU_PSCI_0_2;
    if (index > 0)
        init.features[0] |= 1u << KVM_ARM_VCPU_POWER_OFF;
    return ioctl(vcpu->fd, KVM_ARM_VCPU_INIT, &init) < 0 ? -errno : 0;
}

/* A field of struct kvm_regs. */
#define CORE(field) (KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(field))

static int register_set(const struct vcpu *vcpu, uint64_t id, uint64_t value)
{
    struct kvm_one_reg reg = {.id = id, .addr = (uintptr_t)&value};

    return ioctl(vcpu->fd, KVM_SET_ONE_REG, &reg) < 0 ? -errno : 0;
}

static uint64_t register_get(const struct vcpu *vcpu, uint64_t id)
{
    uint64_t value = 0;
    struct kvm_one_reg reg = {.id = id, .addr = (uintptr_t)&value};

    ioctl(vcpu->fd, KVM_GET_ONE_REG, &reg);
    return value;
}

/* Linux, Documentation/arm64/booting.rst: EL1 with interrupts masked; x1 to x3 are zero. The MMU is off after reset. */
int kvmarch_vcpu_enter(struct vcpu *vcpu, const struct plan_entry *entry)
{
    enum { PSTATE_EL1H_MASKED = 0x3c5 };
    const struct {
        uint64_t id, value;
    } registers[] = {
        {CORE(regs.pc), entry->pc},       {CORE(regs.pstate), PSTATE_EL1H_MASKED},
        {CORE(regs.regs[0]), entry->arg}, {CORE(regs.regs[1]), 0},
        {CORE(regs.regs[2]), 0},          {CORE(regs.regs[3]), 0},
    };
    int error = 0;

    for (unsigned i = 0; error == 0 && i < sizeof(registers) / sizeof(registers[0]); i++)
        error = register_set(vcpu, registers[i].id, registers[i].value);
    return error;
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

const uint64_t kvmarch_probe_mmio = 0x0f000000; /* between the devices and memory */

const void *kvmarch_probe_code(size_t *size)
{
    static const uint32_t code[] = {
        0x52800b41, /* mov w1, #0x5a */
        0x39000001, /* strb w1, [x0] */
        0x14000000, /* b . */
    };

    *size = sizeof(code);
    return code;
}

/* KVM cleans a page's lines when the guest first touches it (where the CPU doesn't see to that: FEAT_S2FWB), which was
 * before; with the MMU off the guest reads memory, not caches. A line has 16 bytes at least. */
void kvmarch_probe_gone(const void *host, size_t size)
{
    for (size_t i = 0; i < size + 16; i += 16)
        __asm__ volatile("dc civac, %0" : : "r"((const char *)host + i) : "memory");
    __asm__ volatile("dsb sy" : : : "memory");
}

/* ---- what went wrong ---- */

uint64_t kvmarch_pc(const struct vcpu *vcpu)
{
    return register_get(vcpu, CORE(regs.pc));
}

void kvmarch_explain(struct vcpu *vcpu, char *text, size_t size)
{
    const struct kvm_run *run = vcpu->run;
    uint64_t pc = register_get(vcpu, CORE(regs.pc));

    if (run->exit_reason == KVM_EXIT_ARM_NISV)
        snprintf(text, size,
                 "the instruction at 0x%" PRIx64 " accesses 0x%" PRIx64
                 ", where no memory is, in a way that the CPU doesn't describe to KVM (a pair, a vector, a write-back)",
                 pc, (uint64_t)run->arm_nisv.fault_ipa);
    else
        snprintf(text, size, "KVM failed (internal error %u) at 0x%" PRIx64, run->internal.suberror, pc);
}

void kvmarch_print(struct vcpu *vcpu)
{
    log_detail("pc=%016" PRIx64 " sp_el1=%016" PRIx64 " sp_el0=%016" PRIx64 " pstate=%08" PRIx64,
               register_get(vcpu, CORE(regs.pc)), register_get(vcpu, CORE(sp_el1)), register_get(vcpu, CORE(regs.sp)),
               register_get(vcpu, CORE(regs.pstate)));
    for (unsigned i = 0; i < 28; i += 4)
        log_detail("x%-2u=%016" PRIx64 " x%-2u=%016" PRIx64 " x%-2u=%016" PRIx64 " x%-2u=%016" PRIx64, i,
                   register_get(vcpu, CORE(regs.regs[i])), i + 1, register_get(vcpu, CORE(regs.regs[i + 1])), i + 2,
                   register_get(vcpu, CORE(regs.regs[i + 2])), i + 3, register_get(vcpu, CORE(regs.regs[i + 3])));
    log_detail("x28=%016" PRIx64 " x29=%016" PRIx64 " x30=%016" PRIx64 " elr_el1=%016" PRIx64,
               register_get(vcpu, CORE(regs.regs[28])), register_get(vcpu, CORE(regs.regs[29])),
               register_get(vcpu, CORE(regs.regs[30])), register_get(vcpu, CORE(elr_el1)));
    log_detail("esr_el1=%08" PRIx64 " far_el1=%016" PRIx64 " sctlr_el1=%08" PRIx64 " ttbr0_el1=%016" PRIx64,
               register_get(vcpu, ARM64_SYS_REG(3, 0, 5, 2, 0)), register_get(vcpu, ARM64_SYS_REG(3, 0, 6, 0, 0)),
               register_get(vcpu, ARM64_SYS_REG(3, 0, 1, 0, 0)), register_get(vcpu, ARM64_SYS_REG(3, 0, 2, 0, 0)));
}
