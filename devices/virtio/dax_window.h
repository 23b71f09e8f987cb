/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dax_window.h - the window of a virtio-fs device in which the guest has pages of the host's files (boot/abi_dax.h):
 * what is mapped where, at the word of the server of shared folders (vmm/share/window_link.h), and what becomes of
 * pages whose file has got shorter.
 *
 * Nothing of lvmm's own ever looks into the window: an access behind a file's end would be a SIGBUS. It isn't part of
 * the guest's memory (struct mem), so that no buffer or ring of a device can be there. KVM's accesses for the guest
 * just fail then.
 *
 * Its own lock guards it; nothing else is locked with it held. Requests are served on the loop's thread, without the
 * device's lock: the server may be waited for with that held.
 */
#ifndef LVMM_DEVICES_VIRTIO_DAX_WINDOW_H
#define LVMM_DEVICES_VIRTIO_DAX_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/device.h"

struct dax_window;

/* What a vCPU that couldn't have a page is to do. */
enum dax_fault {
    DAX_FAULT_OTHER, /* it isn't for a file's end: no use in trying again */
    DAX_FAULT_AGAIN,
    DAX_FAULT_TELL, /* the guest is to be told (dax_window_gone_count), then it may try again */
};

/* Reserves the addresses, and watches the socket. place, loop and socket: as of virtio_fs_args. 0 or -errno. */
int dax_window_create(const struct dax_place *place, int socket, struct loop *loop, struct dax_window **out);
/* The loop and the vCPUs have stopped. process_ends: soon, and what is mapped goes with it, at once; taken away now,
 * KVM would look for each page of it. NULL: nothing. */
void dax_window_destroy(struct dax_window *window, bool process_ends);

/* `tell` is called on the loop's thread, with nothing locked, where the guest is to be told of something gone. False:
 * not now, try again soon. Before the loop runs. */
void dax_window_set_tell(struct dax_window *window, bool (*tell)(void *owner), void *owner);

/* Gives the guest what is only read of it, and what may be written once something is to be there. Before a vCPU runs;
 * services: for as long as the window is. 0 or -errno. */
int dax_window_place(struct dax_window *window, const struct device_services *services, void *vm);

/* The regions that a driver sees: false if there is none of this number. */
bool dax_window_region(const struct dax_window *window, uint32_t number, uint64_t *base, uint64_t *bytes);

/* The registers LVMM_MMIO_GONE_COUNT and LVMM_MMIO_GONE_FIRST. */
uint32_t dax_window_gone_count(struct dax_window *window);
uint32_t dax_window_gone_first(struct dax_window *window);

/* KVM couldn't give a vCPU the page that it touched. Puts zeros where files have ended. *mark: 0 at first, kept for the
 * vCPU until it has run again. Any thread. */
enum dax_fault dax_window_fault(struct dax_window *window, uint64_t *mark);
/* The same where KVM tells the guest-physical address. False: its file hasn't ended before that. */
bool dax_window_fault_at(struct dax_window *window, uint64_t gpa);

#endif
