/* SPDX-License-Identifier: Apache-2.0 */
/* gkernel.h - what an ISA gives to gkernel: a new one adds <isa>.S and <isa>.c. */
#ifndef GKERNEL_H
#define GKERNEL_H

#include <stdint.h>

extern const char *const machine_isa;
/* The platform's flash: the window that the machine reads from reset on. */
extern const uint64_t machine_pflash_base;

/* The device tree, from what the entry protocol handed over; NULL if there is none. */
const void *machine_device_tree(uint64_t boot_arg);
void machine_put_char(char c);
/* Ends the VM with this exit status. */
_Noreturn void machine_power_off(uint8_t status);

/* Called by <isa>.S with a stack, memory mapped one to one and the boot protocol's argument. */
_Noreturn void gkernel_main(uint64_t boot_arg);

#endif
