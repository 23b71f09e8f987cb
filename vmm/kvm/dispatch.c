/* SPDX-License-Identifier: Apache-2.0 */
/* dispatch.c - one table: an exit's kind, its name, what to do. */
#include "vmm/kvm/dispatch.h"

#include <inttypes.h>

#include "vmm/kvm/vm.h"
#include "vmm/log.h"

const char *const exit_names[EXIT_KINDS] = {
    [EXIT_MMIO_READ] = "MMIO read",       [EXIT_MMIO_WRITE] = "MMIO write",
    [EXIT_PIO_READ] = "port read",        [EXIT_PIO_WRITE] = "port write",
    [EXIT_INTERRUPTED] = "interrupted",   [EXIT_HALT] = "halt",
    [EXIT_SHUTDOWN] = "shutdown",         [EXIT_RESET] = "reset",
    [EXIT_POWER_OFF] = "power off",       [EXIT_INTERNAL_ERROR] = "internal error",
    [EXIT_ENTRY_FAILED] = "entry failed", [EXIT_OWN] = "firmware call",
    [EXIT_UNKNOWN] = "unknown",
};

/* False: that ends the VM. */
static bool no_device(struct vm *vm, const struct vm_exit *exit)
{
    if (!vm->ends_at_unmapped && !log_is_verbose())
        return true;
    uint64_t pc = exit->pc != NULL ? exit->pc(exit->vcpu) : 0;
    if (vm->ends_at_unmapped)
        vm_fail(vm, "--unmapped end: %s of %u bytes at 0x%" PRIx64 ", where nothing is; pc=0x%" PRIx64,
                exit_names[exit->kind], exit->size, exit->address, pc);
    else
        log_detail("%s of %u bytes at 0x%" PRIx64 ": no device is there; pc=0x%" PRIx64, exit_names[exit->kind],
                   exit->size, exit->address, pc);
    return !vm->ends_at_unmapped;
}

static bool mmio_read(struct vm *vm, const struct vm_exit *exit)
{
    return bus_read(&vm->mmio, exit->address, exit->data, exit->size) || no_device(vm, exit);
}

static bool mmio_write(struct vm *vm, const struct vm_exit *exit)
{
    if (!bus_write(&vm->mmio, exit->address, exit->data, exit->size) && !no_device(vm, exit))
        return false;
    return !vm_has_ended(vm);
}

/* Ports that are absent are not named: a PC's firmware and kernels probe many. */
static bool pio_read(struct vm *vm, const struct vm_exit *exit)
{
    for (unsigned i = 0; i < exit->count; i++)
        bus_read(&vm->pio, exit->address, (char *)exit->data + i * exit->size, exit->size);
    return true;
}

static bool pio_write(struct vm *vm, const struct vm_exit *exit)
{
    for (unsigned i = 0; i < exit->count; i++)
        bus_write(&vm->pio, exit->address, (const char *)exit->data + i * exit->size, exit->size);
    return !vm_has_ended(vm);
}

static bool interrupted(struct vm *vm, const struct vm_exit *exit)
{
    (void)exit;
    if (vm->on_interrupted != NULL)
        vm->on_interrupted(vm->on_interrupted_owner);
    return !vm_has_ended(vm);
}

/* The guest has called its firmware to power off: SBI says with `reason` whether after a failure, PSCI can't. */
static bool power_off(struct vm *vm, const struct vm_exit *exit)
{
    vm_power_off(vm, exit->reason != 0, exit->text);
    return false;
}

static bool shutdown(struct vm *vm, const struct vm_exit *exit)
{
    if (exit->text == NULL && vm->fault_is_reset)
        vm_power_off(vm, 0, "a triple fault, as reboot=t says");
    else
        vm_fail(vm, "%s", exit->text != NULL ? exit->text : "the guest crashed: triple fault");
    return false;
}

/* The same: a Linux that reboots has done its work, for there is nothing to boot again. */
static bool reset(struct vm *vm, const struct vm_exit *exit)
{
    (void)exit;
    if (vm->reset_is_end)
        vm_power_off(vm, 0, "a reset");
    else
        vm_fail(vm, "the guest reset itself");
    return false;
}

static bool failed(struct vm *vm, const struct vm_exit *exit)
{
    if (exit->text != NULL)
        vm_fail(vm, "the guest can't go on: %s", exit->text);
    else
        vm_fail(vm, "the guest can't go on: %s, reason %" PRIu64, exit_names[exit->kind], exit->reason);
    return false;
}

static bool (*const handlers[EXIT_KINDS])(struct vm *vm, const struct vm_exit *exit) = {
    [EXIT_MMIO_READ] = mmio_read,
    [EXIT_MMIO_WRITE] = mmio_write,
    [EXIT_PIO_READ] = pio_read,
    [EXIT_PIO_WRITE] = pio_write,
    [EXIT_INTERRUPTED] = interrupted,
    [EXIT_HALT] = failed, /* with the interrupt controller in the kernel, a halt doesn't come out here */
    [EXIT_SHUTDOWN] = shutdown,
    [EXIT_RESET] = reset,
    [EXIT_POWER_OFF] = power_off,
    [EXIT_INTERNAL_ERROR] = failed,
    [EXIT_ENTRY_FAILED] = failed,
    [EXIT_OWN] = failed, /* vcpu.c serves them */
    [EXIT_UNKNOWN] = failed,
};

bool exit_dispatch(struct vm *vm, const struct vm_exit *exit)
{
    return handlers[exit->kind](vm, exit);
}
