/* SPDX-License-Identifier: Apache-2.0 */
/* vm.c - see vm.h. */
#include "vmm/kvm/vm.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/clock.h"
#include "vmm/log.h"

/* A kernel's variables are brought into memory at once, if they are few: it will touch most of them, and each page
 * costs an exit then. On a KVM with shadow page tables more than that: it maps the neighbours of a page along with it
 * only if they are there. A segment of which nothing is in the file has tables that are touched here and there
 * (guest-kernel/lib/large_table.h). */
#define POPULATE_MAX (1ull << 20)

/* Memory that is shared with another process is copied to, as a guest may have a device reach any of it: Linux uses
 * what it began with for other things later. Our kernel's code, constants and initialized variables stay what they are,
 * and no queue or buffer is among them. */
static bool is_mapped(const struct plan *plan, const struct plan_image *image)
{
    return !plan->shared_memory || (image->file == PLAN_FILE_KERNEL && !plan->bare);
}

static bool has_variables(const struct plan_image *image)
{
    return image->file != PLAN_FILE_NONE && image->file_size != 0 && image->mem_size > image->file_size &&
           image->mem_size <= POPULATE_MAX;
}

/* A page of shared memory costs the host three times what one of other memory does, and the guest's first touch of it
 * as much again; so there the variables, with the frames around them that our kernel takes first, are one large page,
 * which costs what 130 small ones do. It can have no page of a file in it. */
static int image_place(const struct plan *plan, const struct plan_image *image, struct mem *mem,
                       const struct vm_services *services)
{
    int fd = image->file == PLAN_FILE_INITRD ? services->initrd_fd : services->kernel_fd;
    bool is_large = has_variables(image) && mem_populate_large(mem, image->gpa, image->mem_size);
    uint64_t mapped = 0;

    if (!is_large && image->file != PLAN_FILE_NONE && is_mapped(plan, image))
        mapped = mem_map_file(mem, image->gpa, fd, image->file_offset, image->file_size);
    if (!is_large && has_variables(image))
        mem_populate(mem, image->gpa, image->mem_size);
    return mem_write(mem, image->gpa + mapped, (const uint8_t *)image->data + mapped, image->file_size - mapped);
}

/* The pages of its file are in the guest, and not read here again: they stay the host's cache without being this
 * process's. Newer Linux maps large pieces of a file where one byte is read, up to all of a kernel. */
static void image_leave(const struct plan_image *image)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), at = (uintptr_t)image->data & ~(page - 1);
    size_t size = (uintptr_t)image->data + image->file_size - at;

    if (image->file != PLAN_FILE_NONE)
        madvise((void *)at, size, MADV_DONTNEED);
}

static int images_place(const struct plan *plan, struct mem *mem, const struct vm_services *services)
{
    for (unsigned i = 0; i < plan->image_count; i++) {
        int error = image_place(plan, &plan->image[i], mem, services);
        if (error != 0) {
            log_error("%s doesn't fit in the guest's memory", plan->image[i].name);
            return error;
        }
    }
    for (unsigned i = 0; i < plan->image_count; i++)
        image_leave(&plan->image[i]);
    return 0;
}

static int device_add(struct vm *vm, const struct vm_services *services, const struct plan_device *planned)
{
    struct device_env env = {
        .mem = &vm->mem,
        .loop = vm->loop,
        .irq = {.fd = -1, .owner = services->backend, .irq = planned->window.irq},
        .window = planned->window,
        .services = &services->device,
        .vm = services->backend,
    };
    const void *args = services->device_args(services->backend, planned);

    if (args == NULL)
        return 0;
    struct device **device = &vm->device[vm->device_count];

    if (planned->window.irq != 0)
        env.irq.raise = services->raise_irq;
    int error = planned->type->create(&env, args, device);
    if (error != 0)
        return error;
    vm->device_count++;
    struct bus_window window = {planned->window.base, planned->window.size, &(*device)->ops->io, *device};
    return bus_insert(planned->window.space == DEVICE_PIO ? &vm->pio : &vm->mmio, &window);
}

int vm_create(const struct plan *plan, const struct vm_services *services, struct vm *vm)
{
    memset(vm, 0, sizeof(*vm));
    pthread_mutex_init(&vm->end_lock, NULL);
    vm->reset_is_end = plan->linux_guest;
    vm->fault_is_reset = plan->fault_is_reset;
    timeline_phase(services->timeline, "memory");
    int error = plan->shared_memory ? mem_init_shared(&vm->mem, plan->memory, plan->memory_count)
                                    : mem_init(&vm->mem, plan->memory, plan->memory_count);
    if (error != 0) {
        log_error("the guest's memory can't be mapped: %s; try a smaller --memory", strerror(-error));
        return error;
    }
    error = loop_create(&vm->loop);
    if (error == 0)
        error = images_place(plan, &vm->mem, services);
    timeline_phase(services->timeline, "devices");
    for (unsigned i = 0; error == 0 && i < plan->device_count; i++) {
        error = device_add(vm, services, &plan->device[i]);
        if (error != 0)
            log_error("the device %s can't be set up: %s", plan->device[i].type->name, strerror(-error));
    }
    if (error != 0)
        vm_destroy(vm);
    return error;
}

void vm_finish(struct vm *vm)
{
    for (unsigned i = 0; i < vm->device_count; i++)
        vm->device[i]->ops->destroy(vm->device[i]);
    vm->device_count = 0;
}

void vm_destroy(struct vm *vm)
{
    vm_finish(vm);
    loop_destroy(vm->loop);
    vm->loop = NULL;
    mem_fini(&vm->mem);
    pthread_mutex_destroy(&vm->end_lock);
}

/* True if it is the first end. */
static bool vm_end(struct vm *vm, const struct vm_end *end)
{
    pthread_mutex_lock(&vm->end_lock);
    bool first = vm->end.kind == VM_RUNNING;
    if (first)
        vm->end = *end;
    atomic_store(&vm->has_ended, true);
    pthread_mutex_unlock(&vm->end_lock);
    if (vm->kick != NULL)
        vm->kick(vm->kick_owner);
    return first;
}

void vm_power_off(struct vm *vm, int status, const char *how)
{
    struct vm_end end = {.kind = VM_POWERED_OFF, .status = status};

    if (vm_end(vm, &end) && how != NULL)
        log_detail("the guest shut down: %s, status %d", how, status);
}

void vm_fail(struct vm *vm, const char *fmt, ...)
{
    struct vm_end end = {.kind = VM_FAILED};
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(end.text, sizeof(end.text), fmt, ap);
    va_end(ap);
    vm_end(vm, &end);
}

void vm_stop(struct vm *vm)
{
    struct vm_end end = {.kind = VM_STOPPED};

    vm_end(vm, &end);
}

void vm_ask_to_stop(struct vm *vm, uint64_t by_ns)
{
    atomic_store(&vm->asked_ns, by_ns);
}

bool vm_has_ended(struct vm *vm)
{
    if (atomic_load(&vm->has_ended))
        return true;
    uint64_t asked_ns = atomic_load(&vm->asked_ns);
    if (asked_ns == 0 || clock_ns(CLOCK_MONOTONIC) < asked_ns)
        return false;
    vm_stop(vm);
    return true;
}

bool vm_has_failed(struct vm *vm)
{
    pthread_mutex_lock(&vm->end_lock);
    bool failed = vm->end.kind == VM_FAILED;
    pthread_mutex_unlock(&vm->end_lock);
    return failed;
}
