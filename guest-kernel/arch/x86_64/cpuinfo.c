/* SPDX-License-Identifier: Apache-2.0 */
/* cpuinfo.c - what /proc/cpuinfo says, from CPUID (Intel SDM vol. 2A). */
#include "arch/arch.h"
#include "core/cpu.h"
#include "lib/names.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/keys.h"

#include "x86.h"

#define FLAGS_MAX 1536
#define EXTENDED 0x80000000u
#define FSGSBASE 1u               /* the kernel leaves it off */
#define PROTECTION_KEYS (3u << 3) /* pku, ospke */

/* Linux's names for the bits of CPUID's words, in its order; those that it doesn't show have none. */
static const char leaf1_edx[] =
    "fpu vme de pse tsc msr pae mce cx8 apic - sep mtrr pge mca cmov pat pse36 pn clflush - dts "
    "acpi mmx fxsr sse sse2 ss ht tm ia64 pbe";
static const char extended1_edx[] =
    "- - - - - - - - - - - syscall - - - - - - - mp nx - mmxext - - fxsr_opt pdpe1gb rdtscp "
    "- lm 3dnowext 3dnow";
static const char leaf1_ecx[] =
    "pni pclmulqdq dtes64 monitor ds_cpl vmx smx est tm2 ssse3 cid sdbg fma cx16 xtpr pdcm - pcid "
    "dca sse4_1 sse4_2 x2apic movbe popcnt tsc_deadline_timer aes xsave - avx f16c rdrand "
    "hypervisor";
static const char extended1_ecx[] =
    "lahf_lm cmp_legacy svm extapic cr8_legacy abm sse4a misalignsse 3dnowprefetch osvw ibs "
    "xop skinit wdt - lwp fma4 tce";
static const char leaf7_ebx[] =
    "fsgsbase tsc_adjust sgx bmi1 hle avx2 - smep bmi2 erms invpcid rtm cqm - mpx rdt_a avx512f "
    "avx512dq rdseed adx smap avx512ifma - clflushopt clwb intel_pt avx512pf avx512er avx512cd "
    "sha_ni avx512bw avx512vl";
static const char leaf7_ecx[] = "- avx512vbmi umip pku ospke waitpkg avx512_vbmi2 - gfni vaes vpclmulqdq avx512_vnni "
                                "avx512_bitalg tme avx512_vpopcntdq - la57 - - - - - rdpid";

static void flags_collect(char flags[FLAGS_MAX])
{
    struct cpuid one = cpuid(1, 0), seven = cpuid(0, 0).eax >= 7 ? cpuid(7, 0) : (struct cpuid){0};
    struct cpuid more = cpuid(EXTENDED, 0).eax > EXTENDED ? cpuid(EXTENDED + 1, 0) : (struct cpuid){0};

    flags[0] = 0;
    names_append(flags, FLAGS_MAX, leaf1_edx, one.edx);
    names_append(flags, FLAGS_MAX, extended1_edx, more.edx);
    names_append(flags, FLAGS_MAX, leaf1_ecx, one.ecx);
    names_append(flags, FLAGS_MAX, extended1_ecx, more.ecx);
    names_append(flags, FLAGS_MAX, leaf7_ebx, seven.ebx & ~FSGSBASE);
    names_append(flags, FLAGS_MAX, leaf7_ecx, keys_count != 0 ? seven.ecx : seven.ecx & ~PROTECTION_KEYS);
}

/* "GenuineIntel" and the like; and the name of the model, of which spaces at the front are left out. */
static void vendor_read(char vendor[13])
{
    struct cpuid zero = cpuid(0, 0);

    memcpy(vendor, &zero.ebx, 4);
    memcpy(vendor + 4, &zero.edx, 4);
    memcpy(vendor + 8, &zero.ecx, 4);
    vendor[12] = 0;
}

static const char *model_read(char name[49])
{
    name[0] = name[48] = 0;
    for (unsigned i = 0; cpuid(EXTENDED, 0).eax >= EXTENDED + 4 && i < 3; i++) {
        struct cpuid part = cpuid(EXTENDED + 2 + i, 0);

        memcpy(name + 16 * (size_t)i, &part, sizeof(part));
    }
    while (*name == ' ')
        name++;
    return *name != 0 ? name : "unknown";
}

int arch_cpu_print(unsigned number, char *buf, size_t size)
{
    char flags[FLAGS_MAX], vendor[13], name[49];
    uint32_t id = cpuid(1, 0).eax, family = id >> 8 & 0xf, model = id >> 4 & 0xf;
    struct cpuid sizes =
        cpuid(EXTENDED, 0).eax >= EXTENDED + 8 ? cpuid(EXTENDED + 8, 0) : (struct cpuid){.eax = 0x3028};

    if (family == 6 || family == 15)
        model |= (id >> 16 & 0xf) << 4;
    if (family == 15)
        family += id >> 20 & 0xff;
    vendor_read(vendor);
    flags_collect(flags);
    return snprintf(
        buf, size,
        "processor\t: %u\nvendor_id\t: %s\ncpu family\t: %u\nmodel\t\t: %u\nmodel name\t: %s\nstepping\t: %u\n"
        "physical id\t: 0\nsiblings\t: %u\ncore id\t\t: %u\ncpu cores\t: %u\napicid\t\t: %u\n"
        "initial apicid\t: %u\nfpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: %u\nwp\t\t: yes\n"
        "flags\t\t:%s\nbugs\t\t:\nclflush size\t: %u\ncache_alignment\t: %u\n"
        "address sizes\t: %u bits physical, %u bits virtual\npower management:\n\n",
        number, vendor, family, model, model_read(name), id & 0xf, cpu_count, number, cpu_count, number, number,
        cpuid(0, 0).eax, flags, (cpuid(1, 0).ebx >> 8 & 0xff) * 8, (cpuid(1, 0).ebx >> 8 & 0xff) * 8, sizes.eax & 0xff,
        sizes.eax >> 8 & 0xff);
}
