/* SPDX-License-Identifier: Apache-2.0 */
/* psci.c - calls of the firmware below, by the instruction that the device tree names. */
#include "lib/fdt.h"
#include "lib/string.h"

#include "aarch64.h"

static bool psci_is_by_smc; /* else by hvc; set once at boot */

void psci_init(const struct fdt *fdt)
{
    struct fdt_node node;
    uint32_t size;
    const char *method;

    if (!fdt_find(fdt, "/psci", &node))
        return;
    method = fdt_property(fdt, &node, "method", &size);
    psci_is_by_smc = method != NULL && size == 4 && memcmp(method, "smc", 4) == 0;
}

/* SMC Calling Convention (DEN 0028), PSCI (DEN 0022) */
int64_t psci_call(uint32_t function, uint64_t a1, uint64_t a2, uint64_t a3)
{
    register uint64_t x0 __asm__("x0") = function;
    register uint64_t x1 __asm__("x1") = a1;
    register uint64_t x2 __asm__("x2") = a2;
    register uint64_t x3 __asm__("x3") = a3;

#define FIRMWARE_CALL(instruction)                                                                               \
    __asm__ volatile(instruction                                                                                 \
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", \
                       "x12", "x13", "x14", "x15", "x16", "x17", "memory")
    if (psci_is_by_smc)
        FIRMWARE_CALL(".inst 0xd4000003"); /* smc #0 */
    else
        FIRMWARE_CALL("hvc #0");
    return (int64_t)x0;
}
