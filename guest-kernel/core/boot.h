/* SPDX-License-Identifier: Apache-2.0 */
/* boot.h - the way from arch/ into the kernel, and what the parts are told on it. */
#ifndef GK_CORE_BOOT_H
#define GK_CORE_BOOT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/types.h"

/* Called by arch/<isa>'s entry code on the boot stack, interrupts off, with the device tree's address and the most it
 * may take, and the physical end of the kernel's image. */
_Noreturn void kernel_main(paddr_t fdt, size_t fdt_size_max, paddr_t kernel_end);

/* The realtime clock: ns since 1970 at the moment from which arch_clock_ns counts. Call once, before clock_*. */
void clock_init(uint64_t realtime_ns);

#endif
