/* SPDX-License-Identifier: Apache-2.0 */
/* cpuinfo.c - what /proc/cpuinfo says. */
#include "arch/arch.h"
#include "lib/printf.h"

int arch_cpu_print(char *buf, size_t size)
{
    return snprintf(buf, size, "processor\t: 0\n");
}
