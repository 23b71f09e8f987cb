/* SPDX-License-Identifier: Apache-2.0 */
/* cpuinfo.c - what /proc/cpuinfo says, from AT_HWCAP and the main identification register. */
#include "arch/arch.h"
#include "lib/names.h"
#include "lib/printf.h"

#include "aarch64.h"

#define FEATURES_MAX 1024

/* Linux's names for the bits of AT_HWCAP and AT_HWCAP2 (arch/arm64/kernel/cpuinfo.c). */
static const char hwcap[] =
    "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm jscvt fcma lrcpc "
    "dcpop sha3 sm3 sm4 asimddp sha512 sve asimdfhm dit uscat ilrcpc flagm ssbs sb paca pacg";
static const char hwcap2[] =
    "dcpodp sve2 sveaes svepmull svebitperm svesha3 svesm4 flagm2 frint svei8mm svef32mm svef64mm "
    "svebf16 i8mm bf16 dgh rng bti mte ecv afp rpres mte3 sme smei16i64 smef64f64 smei8i32 "
    "smef16f32 smeb16f32 smef32f32 smefa64 wfxt ebf16";

int arch_cpu_print(unsigned number, char *buf, size_t size)
{
    char features[FEATURES_MAX] = "";
    uint64_t midr = sysreg_read(midr_el1), hz = sysreg_read(cntfrq_el0) & UINT32_MAX;

    names_append(features, sizeof(features), hwcap, arch_hwcap(1));
    names_append(features, sizeof(features), hwcap2, arch_hwcap(2));
    /* BogoMIPS: two for each tick of the counter, as Linux has it. */
    return snprintf(buf, size,
                    "processor\t: %u\nBogoMIPS\t: %lu.%02lu\nFeatures\t:%s\nCPU implementer\t: 0x%02x\n"
                    "CPU architecture: 8\nCPU variant\t: 0x%x\nCPU part\t: 0x%03x\nCPU revision\t: %u\n\n",
                    number, (unsigned long)(2 * hz / 1000000), (unsigned long)(2 * hz / 10000 % 100), features,
                    (unsigned)(midr >> 24 & 0xff), (unsigned)(midr >> 20 & 0xf), (unsigned)(midr >> 4 & 0xfff),
                    (unsigned)(midr & 0xf));
}
