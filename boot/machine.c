/* SPDX-License-Identifier: Apache-2.0 */
/* machine.c - the one list of machines. */
#include "boot/machine.h"

#include <stddef.h>
#include <string.h>

const struct machine *const machines[] = {
    &machine_x86_64, &machine_aarch64, &machine_riscv64, &machine_loongarch64, NULL,
};

const struct machine *machine_by_isa(const char *name)
{
    for (unsigned i = 0; machines[i] != NULL; i++)
        if (strcmp(machines[i]->isa, name) == 0 || strcmp(machines[i]->debian_name, name) == 0)
            return machines[i];
    return NULL;
}

const struct machine *machine_for_qemu(const struct machine *machine, bool pflash)
{
    return pflash && machine->qemu_flash != NULL ? machine->qemu_flash : machine;
}

const struct machine *machine_by_elf(uint16_t elf_machine)
{
    for (unsigned i = 0; machines[i] != NULL; i++)
        if (machines[i]->elf_machine == elf_machine)
            return machines[i];
    return NULL;
}
