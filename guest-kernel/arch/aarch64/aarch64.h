/* SPDX-License-Identifier: Apache-2.0 */
/* aarch64.h - what the files of this folder share: instructions, per-CPU state, and each other's functions. */
#ifndef GK_ARCH_AARCH64_AARCH64_H
#define GK_ARCH_AARCH64_AARCH64_H

#include "arch/arch.h"
#include "layout.h"

struct fdt;
struct thread;

#define STRING_OF(name) #name
#define STRING(name) STRING_OF(name)
#define sysreg_read(name)                                         \
    ({                                                            \
        uint64_t value_;                                          \
        __asm__ volatile("mrs %0, " STRING(name) : "=r"(value_)); \
        value_;                                                   \
    })
#define sysreg_write(name, value) __asm__ volatile("msr " STRING(name) ", %0" ::"r"((uint64_t)(value)) : "memory")

static inline void isb(void)
{
    __asm__ volatile("isb" ::: "memory");
}

/* Per-CPU state: TPIDR_EL1 is the current thread, CONTEXTIDR_EL1, which nothing else asks for, the CPU's number. */
static inline unsigned cpu_number(void)
{
    return (unsigned)sysreg_read(contextidr_el1);
}

/* cpu.c, by a CPU's number: PANIC_STACK_SIZE bytes for its last words, and above them, but for the first CPU, its
 * stack; CPU_MEMORY_SIZE in all. */
extern char *cpu_memory[ARCH_CPUS_MAX];

/* Device registers, which the direct map shows uncached. In assembly, as a compiler may take an instruction that also
 * changes the address: those a hypervisor can't carry out, as the CPU doesn't describe them (Arm ARM, ESR_EL2.ISV). */
static inline uint32_t mmio_read(const char *reg)
{
    uint32_t value;

    __asm__ volatile("ldr %w0, [%1]" : "=r"(value) : "r"(reg));
    return value;
}

static inline uint8_t mmio_read8(const char *reg)
{
    uint32_t value;

    __asm__ volatile("ldrb %w0, [%1]" : "=r"(value) : "r"(reg));
    return (uint8_t)value;
}

static inline void mmio_write(char *reg, uint32_t value)
{
    __asm__ volatile("str %w0, [%1]" ::"r"(value), "r"(reg));
}

static inline void mmio_write8(char *reg, uint8_t value)
{
    __asm__ volatile("strb %w0, [%1]" ::"r"((uint32_t)value), "r"(reg));
}

static inline void mmio_write64(char *reg, uint64_t value)
{
    __asm__ volatile("str %0, [%1]" ::"r"(value), "r"(reg));
}

/* ESR_EL1 (Arm ARM, D17.2.37) */
#define ESR_EC(esr) ((unsigned)((esr) >> 26) & 0x3f)
enum esr_class {
    EC_UNKNOWN = 0x00,
    EC_WFX = 0x01,
    EC_FP = 0x07,
    EC_BTI = 0x0d,
    EC_ILLEGAL_STATE = 0x0e,
    EC_SVC = 0x15,
    EC_SYSTEM_REGISTER = 0x18,
    EC_SVE = 0x19,
    EC_PAC = 0x1c,
    EC_INSTRUCTION_ABORT = 0x20,
    EC_PC_ALIGNMENT = 0x22,
    EC_DATA_ABORT = 0x24,
    EC_SP_ALIGNMENT = 0x26,
    EC_FP_EXCEPTION = 0x2c,
    EC_BREAKPOINT = 0x30,
    EC_STEP = 0x32,
    EC_WATCHPOINT = 0x34,
    EC_BRK = 0x3c,
};

/* trap.S: runs the user context; see arch_user_run. */
extern char user_enter[], vectors[];
/* boot.S: where a CPU begins that PSCI starts, with its number. */
extern char secondary_entry[];

/* cpu.c: per-CPU state and control registers of this CPU. */
void cpu_init(unsigned number);
/* hwcap.c: carries out the program's MRS of an identification register, as Linux does (HWCAP_CPUID). False: it is none.
 * Wants no lock. */
bool hwcap_emulate_mrs(struct trap_frame *frame);

/* fpu.S: the 32 vector registers, 16 bytes each. */
#define FPU_REGISTERS_SIZE 512
void fpu_save(void *registers);
void fpu_load(const void *registers);
void fpu_clear(void);
/* FPSR and FPCR by number: their names want an assembler that knows of vector registers. */
#define FPSR s3_3_c4_c4_1
#define FPCR s3_3_c4_c4_0

/* signal.c: the vector registers and their control as a program or a handler finds them: zero. */
void fpu_reset(void);

/* gic.c */
void gic_init(const struct fdt *fdt);
void gic_cpu_init(void); /* this CPU's part */
/* Takes an interrupt that is pending: its input, or ARCH_IRQ_NONE. False: there was none. */
bool gic_acknowledge(unsigned *irq);

/* clock.c */
void clock_start(void);
void clock_on_timer(void); /* its interrupt */

/* platform.c */
void platform_init(const struct fdt *fdt);

/* psci.c: call psci_init first. */
void psci_init(const struct fdt *fdt);
int64_t psci_call(uint32_t function, uint64_t a1, uint64_t a2, uint64_t a3);

#endif
