/* SPDX-License-Identifier: Apache-2.0 */
/* cpuinfo.c - what /proc/cpuinfo says, from what the device tree and the SBI tell of the hart. */
#include "arch/arch.h"
#include "lib/printf.h"

#include "riscv.h"

/* The letters in the order of the specification ("ISA Extension Naming Conventions"). */
static void letters_print(char text[16], uint64_t hwcap)
{
    static const char order[] = "imafdcv";
    unsigned used = 0;

    for (const char *letter = order; *letter != 0; letter++)
        if (hwcap & 1ull << (*letter - 'a'))
            text[used++] = *letter;
    text[used] = 0;
}

int arch_cpu_print(unsigned number, char *buf, size_t size)
{
    char letters[16];

    letters_print(letters, arch_hwcap(1));
    return snprintf(buf, size,
                    "processor\t: %u\nhart\t\t: %u\nisa\t\t: rv64%s\nmmu\t\t: sv39\nmvendorid\t: 0x%lx\n"
                    "marchid\t\t: 0x%lx\nmimpid\t\t: 0x%lx\nhart isa\t: rv64%s\n\n",
                    number, percpus[number].hart, letters, (unsigned long)sbi_machine(SBI_VENDOR),
                    (unsigned long)sbi_machine(SBI_ARCHITECTURE), (unsigned long)sbi_machine(SBI_IMPLEMENTATION),
                    letters);
}
