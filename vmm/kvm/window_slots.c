/* SPDX-License-Identifier: Apache-2.0 */
/* window_slots.c - see window_slots.h. */
#include "vmm/kvm/window_slots.h"

#include <string.h>

/* What KVM can't do to a page of the window it does as to a device: it reads one that has gone (a KVM that emulates the
 * instruction), or writes to one that is only to be read. */
static void no_page_read(void *owner, uint64_t offset, void *data, unsigned size)
{
    const struct window *window = owner;

    memset(data, 0, size);
    virtio_fs_fault_at(window->shares, window->gpa + offset);
}

static void no_page_write(void *owner, uint64_t offset, const void *data, unsigned size)
{
    const struct window *window = owner;

    (void)data, (void)size;
    virtio_fs_fault_at(window->shares, window->gpa + offset);
}

static const struct bus_ops no_page_ops = {.read = no_page_read, .write = no_page_write};

static bool on_fault(void *owner, const uint64_t *gpa, uint64_t *mark)
{
    const struct window *window = owner;

    if (gpa != NULL && virtio_fs_fault_at(window->shares, *gpa))
        return true;
    return virtio_fs_fault(window->shares, mark);
}

int window_connect(struct window *window, struct device *shares, const struct dax_place *place, struct vm *vm)
{
    const struct bus_window no_page = {place->gpa, place->bytes, &no_page_ops, window};

    if (shares == NULL || place->bytes == 0)
        return 0;
    *window = (struct window){.shares = shares, .gpa = place->gpa};
    vm->on_fault = on_fault;
    vm->on_fault_owner = window;
    return bus_insert(&vm->mmio, &no_page);
}
