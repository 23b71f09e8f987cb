/* SPDX-License-Identifier: Apache-2.0 */
/* device_args.h - what a plan's devices are connected to in a run of our own devices: files, streams, the result. */
#ifndef LVMM_DEVICE_ARGS_H
#define LVMM_DEVICE_ARGS_H

#include <pthread.h>

#include "devices/hoststream.h"
#include "vmm/backend.h"
#include "vmm/escape.h"
#include "vmm/kvm/guest_ports.h"
#include "vmm/kvm/vm.h"
#include "vmm/serial_output.h"

struct device_args {
    const struct backend_job *job;
    struct guest_ports ports;
    pthread_mutex_t serial_lock; /* of what follows: the serial port and the firmware write on any vCPU's thread */
    struct serial_output serial;
    pthread_mutex_t input_lock;
    struct hoststream input; /* stdin, for the firmware's console */
    struct escape input_escape;
    int share_socket;        /* of the server of shared folders; -1: none */
    int share_window_socket; /* of the same, for files' pages in the guest; -1: none */
    struct device *shares;   /* the device of shared folders, once it is there */
    int net_socket;          /* of the network; -1: none */
    union {                  /* of the device that is being created */
        struct virtio_console_args console;
        struct virtio_blk_args blk;
        struct serial_args serial;
        struct pflash_args pflash;
        struct virtio_fs_args fs;
        struct virtio_sockets_args sockets;
    } of;
};

/* Connects the ports and the serial port with our streams. `job` and `vm` must live as long as `args`; the VM need not
 * exist yet. */
void device_args_init(struct device_args *args, const struct backend_job *job, struct vm *vm);

/* Opens what they still open by name: the process is about to be locked in. */
void device_args_open(struct device_args *args);

/* Those of a device, valid until the next call. */
const void *device_args_get(struct device_args *args, const struct plan_device *device);

/* The console of the firmware of a bare guest: stdout, as the serial port's output, and stdin. `args` outlives it. */
void device_args_console(struct device_args *args, struct vm_console *console);

#endif
