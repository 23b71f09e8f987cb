/* SPDX-License-Identifier: Apache-2.0 */
/* smp.c - the other CPUs. */
#include "abi/errno.h"
#include "arch/arch.h"

/* INIT and SIPI are not sent yet: the machine's other CPUs stay where reset left them. */
int arch_cpu_start(unsigned number, uint32_t hwid)
{
    (void)number;
    (void)hwid;
    return -ENOSYS;
}

bool arch_cpu_is_this(uint32_t hwid)
{
    return hwid == 0; /* only the boot CPU runs, and its local APIC has number 0 */
}

_Noreturn void arch_cpu_park(void)
{
    for (;;)
        __asm__ volatile("cli; hlt");
}
