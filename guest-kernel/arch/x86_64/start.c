/* SPDX-License-Identifier: Apache-2.0 */
/* start.c - the first C code: finds the device tree, the only module of the PVH start info. */
#include "arch/arch.h"
#include "core/boot.h"
#include "core/log.h"
#include "lib/fdt.h"
#include "lib/string.h"
#include "mm/init.h"
#include "mm/page.h"

#include "fpu.h"
#include "layout.h"
#include "x86.h"

struct start_info { /* Xen, public/arch-x86/hvm/start_info.h; integers are little-endian */
    uint32_t magic, version, flags, module_count;
    uint64_t modules, command_line, rsdp;
};
#define START_MAGIC 0x336ec578

/* Behind the gate a fault takes as long as to clear some dozens of pages: the first brings 16, as of a file. */
#define GATED_FAULT_STEP 4u

struct module {
    uint64_t address, size, command_line, reserved;
};

extern char kernel_end[];

/* Whether `word` stands on the command line, which is --append's. */
static bool has_word(const char *line, const char *word)
{
    size_t length = strlen(word);

    while (*line != 0) {
        while (*line == ' ')
            line++;
        if (strncmp(line, word, length) == 0 && (line[length] == ' ' || line[length] == 0))
            return true;
        while (*line != 0 && *line != ' ')
            line++;
    }
    return false;
}

_Noreturn void start(uint32_t start_info, uint32_t mode);
_Noreturn void start(uint32_t start_info, uint32_t mode)
{
    const struct start_info *info = phys_to_virt(start_info);
    const struct module *module;

    if (mode == START_GATED && info->command_line != 0 && has_word(phys_to_virt(info->command_line), "gate=off"))
        gate_call(GATE_OP_LEAVE, start_info, 0, 0, 0); /* and comes here again */
    cpu_init(mode);
    if (info->magic != START_MAGIC || info->module_count < 1)
        panic("no PVH start info with a device tree");
    module = phys_to_virt(info->modules);
    kernel_main(module->address, module->size, (paddr_t)kernel_end - KERNEL_BASE);
}

void arch_init(const struct fdt *fdt)
{
    platform_init(fdt);
    apic_init(fdt);
    clock_start();
    fpu_enable();
    if (cpu_is_gated)
        fault_first_step = GATED_FAULT_STEP;
    log_info("x86_64: %s", cpu_is_gated      ? "soft KVM: the kernel runs at CPL 3, behind the gate"
                           : cpu_is_emulated ? "soft KVM: the kernel runs at CPL 0, which KVM emulates (gate=off)"
                                             : "the kernel runs at CPL 0");
}
