/* SPDX-License-Identifier: Apache-2.0 */
/*
 * riscv64.c - KVM on RISC-V: registers at the entry, the PLIC. KVM has most of an SBI itself (riscv64_sbi.h).
 *
 * KVM's own interrupt controller is an AIA, which the host has to have; where it hasn't, the PLIC is ours and drives
 * each vCPU's external interrupt.
 */
#include "kvmarch/kvmarch.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "devices/irqchip/plic.h"
#include "kvmarch/riscv64_sbi.h"
#include "kvmarch/riscv64_sbi_print.h"
#include "kvmarch/riscv64_isa.h"
#include "kvmarch/riscv64_sbi.h"
#include "vmm/kvm/bus.h"
#include "vmm/kvm/vcpu.h"
#include "vmm/kvm/vm.h"
#include "vmm/log.h"

/* As the machine has it: boot/machine_riscv64.c. */
#define PLIC_GPA 0x0c000000u
#define IRQCHIP_AIA 1u
#define APLIC_GPA 0x0d000000u
#define IMSIC_GPA 0x28000000u
#define IMSIC_SIZE 0x1000u
#define AIA_IRQS 63u

/* Of Linux 6.5 and later (asm/kvm.h): older headers lack them. */
#define DEV_TYPE_AIA 11u
enum { AIA_GRP_CONFIG, AIA_GRP_ADDR, AIA_GRP_CTRL };
enum { AIA_CONFIG_IDS = 1, AIA_CONFIG_SRCS = 2, AIA_CONFIG_HART_BITS = 5 };
enum { AIA_ADDR_APLIC, AIA_ADDR_IMSIC };
enum { AIA_CTRL_INIT };

/* Of Linux 6.7 and later. */
#define REG_SBI_DBCN (KVM_REG_RISCV | KVM_REG_SIZE_U64 | 0x08 << KVM_REG_RISCV_TYPE_SHIFT | 9)

#define REG(type, name) (KVM_REG_RISCV | KVM_REG_SIZE_U64 | KVM_REG_RISCV_##type | KVM_REG_RISCV_##type##_REG(name))

const uint16_t kvmarch_elf_machine = EM_RISCV;
const char *const kvmarch_power_off_call = "a shutdown by SBI"; /* SRST, or legacy */

const char *kvmarch_describe(void)
{
    return "hardware KVM: the H extension";
}

const char *kvmarch_linux_obstacle(void)
{
    return NULL;
}

unsigned long kvmarch_vm_type(int kvm_fd)
{
    (void)kvm_fd;
    return 0;
}

int kvmarch_vm_init(int vm_fd)
{
    (void)vm_fd;
    return 0;
}

/* ---- interrupts ---- */

struct kvmarch_irqchip {
    int vm_fd, aia_fd; /* aia_fd < 0: there is a PLIC */
    struct plic plic;
    const struct vcpu *cpu; /* [count], once they are there */
    unsigned count;
};

static void signal_hart(void *owner, unsigned hart, bool on)
{
    struct kvmarch_irqchip *chip = owner;
    struct kvm_interrupt interrupt = {.irq = on ? KVM_INTERRUPT_SET : KVM_INTERRUPT_UNSET};

    if (hart < chip->count)
        ioctl(chip->cpu[hart].fd, KVM_INTERRUPT, &interrupt); /* can't fail with these two */
}

const unsigned kvmarch_irqchip_other = IRQCHIP_AIA;

static int aia_create(int vm_fd, uint32_t flags)
{
    struct kvm_create_device device = {.type = DEV_TYPE_AIA, .flags = flags};

    if (ioctl(vm_fd, KVM_CREATE_DEVICE, &device) < 0)
        return -errno;
    return flags & KVM_CREATE_DEVICE_TEST ? 0 : (int)device.fd;
}

static int plic_create(struct kvmarch_irqchip *chip, struct bus *mmio)
{
    const struct bus_window window = {PLIC_GPA, PLIC_SIZE, &plic_bus_ops, &chip->plic};

    return bus_insert(mmio, &window);
}

int kvmarch_irqchip_create(int vm_fd, unsigned version, struct bus *mmio, struct kvmarch_irqchip **out)
{
    if (version != IRQCHIP_AIA && aia_create(vm_fd, KVM_CREATE_DEVICE_TEST) == 0)
        return -ENODEV;
    struct kvmarch_irqchip *chip = calloc(1, sizeof(*chip));

    if (chip == NULL)
        return -ENOMEM;
    chip->vm_fd = vm_fd;
    chip->aia_fd = version == IRQCHIP_AIA ? aia_create(vm_fd, 0) : -1;
    plic_init(&chip->plic, signal_hart, chip);
    int error = version != IRQCHIP_AIA ? plic_create(chip, mmio) : chip->aia_fd < 0 ? chip->aia_fd : 0;
    if (error != 0) {
        kvmarch_irqchip_destroy(chip);
        return error;
    }
    *out = chip;
    return 0;
}

static int aia_set(const struct kvmarch_irqchip *chip, uint32_t group, uint64_t attribute, const void *value)
{
    struct kvm_device_attr attr = {.group = group, .attr = attribute, .addr = (uintptr_t)value};

    return ioctl(chip->aia_fd, KVM_SET_DEVICE_ATTR, &attr) < 0 ? -errno : 0;
}

static int aia_configure(const struct kvmarch_irqchip *chip, uint64_t what, uint32_t value)
{
    return aia_set(chip, AIA_GRP_CONFIG, what, &value);
}

static int aia_place(const struct kvmarch_irqchip *chip, uint64_t what, uint64_t gpa)
{
    return aia_set(chip, AIA_GRP_ADDR, what, &gpa);
}

/* The mode stays as KVM has it: in hardware where that is possible. */
static int aia_connect(const struct kvmarch_irqchip *chip)
{
    uint32_t hart_bits = 0;

    while (1u << hart_bits < chip->count)
        hart_bits++;
    int error = aia_configure(chip, AIA_CONFIG_IDS, AIA_IRQS);
    if (error == 0)
        error = aia_configure(chip, AIA_CONFIG_SRCS, AIA_IRQS);
    if (error == 0)
        error = aia_configure(chip, AIA_CONFIG_HART_BITS, hart_bits);
    if (error == 0)
        error = aia_place(chip, AIA_ADDR_APLIC, APLIC_GPA);
    for (unsigned i = 0; error == 0 && i < chip->count; i++)
        error = aia_place(chip, AIA_ADDR_IMSIC + i, IMSIC_GPA + i * IMSIC_SIZE);
    return error != 0 ? error : aia_set(chip, AIA_GRP_CTRL, AIA_CTRL_INIT, NULL);
}

int kvmarch_irqchip_connect(struct kvmarch_irqchip *chip, const struct vcpu *cpu, unsigned count)
{
    chip->cpu = cpu;
    chip->count = count;
    return chip->aia_fd < 0 ? 0 : aia_connect(chip);
}

void kvmarch_irqchip_destroy(struct kvmarch_irqchip *chip)
{
    if (chip == NULL)
        return;
    if (chip->aia_fd >= 0)
        close(chip->aia_fd);
    plic_fini(&chip->plic);
    free(chip);
}

/* On the AIA a pulse: the guest is told of edges (boot/machine_riscv64.c). */
void kvmarch_irq_raise(struct kvmarch_irqchip *chip, uint32_t irq)
{
    struct kvm_irq_level line = {.irq = irq, .level = 1};

    if (chip->aia_fd < 0) {
        plic_raise(&chip->plic, irq);
        return;
    }
    ioctl(chip->vm_fd, KVM_IRQ_LINE, &line);
    line.level = 0;
    ioctl(chip->vm_fd, KVM_IRQ_LINE, &line);
}

/* ---- vCPUs ---- */

static int reg_get(const struct vcpu *vcpu, uint64_t id, uint64_t *value)
{
    struct kvm_one_reg reg = {.id = id, .addr = (uintptr_t)value};

    return ioctl(vcpu->fd, KVM_GET_ONE_REG, &reg) < 0 ? -errno : 0;
}

static int reg_set(const struct vcpu *vcpu, uint64_t id, uint64_t value)
{
    struct kvm_one_reg reg = {.id = id, .addr = (uintptr_t)&value};

    return ioctl(vcpu->fd, KVM_SET_ONE_REG, &reg) < 0 ? -errno : 0;
}

static bool serve_sbi(struct vcpu *vcpu)
{
    struct kvm_run *run = vcpu->run;
    struct sbi_call call = {.extension = run->riscv_sbi.extension_id, .function = run->riscv_sbi.function_id};

    if (run->exit_reason != KVM_EXIT_RISCV_SBI)
        return false;
    for (unsigned i = 0; i < 6; i++)
        call.args[i] = run->riscv_sbi.args[i];
    riscv64_sbi_print(&call);
    riscv64_sbi_serve(&call, &vcpu->vm->mem, &vcpu->vm->console);
    run->riscv_sbi.ret[0] = call.ret[0];
    run->riscv_sbi.ret[1] = call.ret[1];
    return true;
}

/* KVM has all but the first vCPU wait until the guest starts them. */
int kvmarch_vcpu_init(int kvm_fd, struct vcpu *vcpu, unsigned index, unsigned count)
{
    (void)kvm_fd, (void)index, (void)count;
    vcpu->serve_own = serve_sbi;
    if (vcpu->vm != NULL && vcpu->vm->console.write != NULL)
        reg_set(vcpu, REG_SBI_DBCN, 1); /* or, with an older KVM, the guest does without */
    return 0;
}

/* S-mode, satp 0, as KVM makes them; a0 = hart, a1 = device tree. */
int kvmarch_vcpu_enter(struct vcpu *vcpu, const struct plan_entry *entry)
{
    int error = reg_set(vcpu, REG(CORE, regs.pc), entry->pc);

    if (error == 0)
        error = reg_set(vcpu, REG(CORE, regs.a0), 0);
    return error != 0 ? error : reg_set(vcpu, REG(CORE, regs.a1), entry->arg);
}

int kvmarch_timebase(const struct vcpu *vcpu, uint32_t *hz)
{
    uint64_t frequency;
    int error = reg_get(vcpu, REG(TIMER, frequency), &frequency);

    if (error == 0 && frequency > UINT32_MAX)
        error = -EOVERFLOW;
    if (error == 0)
        *hz = (uint32_t)frequency;
    return error;
}

int kvmarch_cpu_isa(const struct vcpu *vcpu, char *text, size_t size)
{
    return riscv64_isa_describe(vcpu, text, size);
}

const uint64_t kvmarch_probe_mmio = 0x04000000; /* QEMU's platform bus, which is empty */

const void *kvmarch_probe_code(size_t *size)
{
    static const uint32_t code[] = {
        0x05a00293, /* li t0, 0x5a */
        0x00558023, /* sb t0, 0(a1) */
        0x0000006f, /* j . */
    };

    *size = sizeof(code);
    return code;
}

void kvmarch_probe_gone(const void *host, size_t size)
{
    (void)host, (void)size; /* caches are coherent, always */
}

/* ---- what went wrong ---- */

uint64_t kvmarch_pc(const struct vcpu *vcpu)
{
    uint64_t pc = 0;

    reg_get(vcpu, REG(CORE, regs.pc), &pc);
    return pc;
}

void kvmarch_explain(struct vcpu *vcpu, char *text, size_t size)
{
    snprintf(text, size, "KVM failed (internal error %u) at 0x%" PRIx64, vcpu->run->internal.suberror,
             kvmarch_pc(vcpu));
}

/* Four registers a line. */
static void print_line(const struct vcpu *vcpu, const char *const name[4], const uint64_t id[4])
{
    uint64_t value[4] = {0};

    for (unsigned i = 0; i < 4; i++)
        if (reg_get(vcpu, id[i], &value[i]) != 0)
            return;
    log_detail("%-7s=%016" PRIx64 " %-7s=%016" PRIx64 " %-7s=%016" PRIx64 " %-7s=%016" PRIx64, name[0], value[0],
               name[1], value[1], name[2], value[2], name[3], value[3]);
}

#define LINE(type, a, b, c, d)                                     \
    {                                                              \
        {#a, #b, #c, #d},                                          \
        {                                                          \
            REG(type, a), REG(type, b), REG(type, c), REG(type, d) \
        }                                                          \
    }

void kvmarch_print(struct vcpu *vcpu)
{
    static const struct {
        const char *name[4];
        uint64_t id[4];
    } line[] = {
        LINE(CORE, regs.pc, regs.ra, regs.sp, regs.gp),
        LINE(CORE, regs.tp, regs.t0, regs.t1, regs.t2),
        LINE(CORE, regs.s0, regs.s1, regs.a0, regs.a1),
        LINE(CORE, regs.a2, regs.a3, regs.a4, regs.a5),
        LINE(CORE, regs.a6, regs.a7, regs.s2, regs.s3),
        LINE(CORE, regs.s4, regs.s5, regs.s6, regs.s7),
        LINE(CORE, regs.s8, regs.s9, regs.s10, regs.s11),
        LINE(CORE, regs.t3, regs.t4, regs.t5, regs.t6),
        LINE(CSR, sstatus, sie, sip, satp),
        LINE(CSR, stvec, sepc, scause, stval),
    };

    for (unsigned i = 0; i < sizeof(line) / sizeof(line[0]); i++)
        print_line(vcpu, line[i].name, line[i].id);
}
