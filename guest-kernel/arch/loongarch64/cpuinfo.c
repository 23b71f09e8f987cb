/* SPDX-License-Identifier: Apache-2.0 */
/* cpuinfo.c - what /proc/cpuinfo says, from CPUCFG (LoongArch Reference Manual vol. 1, 2.2.10.5). */
#include "arch/arch.h"
#include "lib/names.h"
#include "lib/printf.h"

#include "cpu.h"

#define FEATURES_MAX 256
#define SERIES_MASK 0xf000u

/* Linux's names for the bits of AT_HWCAP (arch/loongarch/kernel/proc.c). */
static const char hwcap[] = "cpucfg lam ual fpu lsx lasx crc32 complex crypto lvz lbt_x86 lbt_arm lbt_mips ptw lspw";

static const char *model_of(uint32_t id)
{
    switch (id & SERIES_MASK) {
    case 0xc000:
        return "Loongson-3A5000";
    case 0xd000:
        return "Loongson-3A6000";
    default:
        return "Loongson-64bit";
    }
}

int arch_cpu_print(unsigned number, char *buf, size_t size)
{
    char features[FEATURES_MAX] = "";
    uint32_t id = cpucfg(0), addresses = cpucfg(1);

    names_append(features, sizeof(features), hwcap, arch_hwcap(1));
    return snprintf(buf, size,
                    "system type\t\t: generic-loongson-machine\n\nprocessor\t\t: %u\npackage\t\t\t: 0\ncore\t\t\t: 0\n"
                    "global_id\t\t: 0\nCPU Family\t\t: Loongson-64bit\nModel Name\t\t: %s\nCPU Revision\t\t: 0x%02x\n"
                    "FPU Revision\t\t: 0x%02x\nAddress Sizes\t\t: %u bits physical, %u bits virtual\n"
                    "ISA\t\t\t: loongarch32 loongarch64\nFeatures\t\t:%s\nHardware Watchpoint\t: no\n\n",
                    number, model_of(id), id & 0xff, cpucfg(2) >> 3 & 7, (addresses >> 4 & 0xff) + 1,
                    (addresses >> 12 & 0xff) + 1, features);
}
