/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guest_ports.h - what the ports of the guest's console are connected to on KVM: our streams, and on the control port
 * the guest's records and ours.
 */
#ifndef LVMM_GUEST_PORTS_H
#define LVMM_GUEST_PORTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "vmm/backend.h"
#include "vmm/control.h"
#include "vmm/host_records.h"
#include "vmm/kvm/vm.h"
#include "vmm/panic_watch.h"
#include "vmm/ports.h"

struct guest_ports {
    const struct backend_job *job;
    struct vm *vm;                /* ends by what the guest says on the control port, and by Ctrl-A x */
    struct control control;       /* of the thread that handles the control port's notification */
    struct backend_result result; /* what the guest's records say */
    struct host_records records;
    struct port_fds fds[LVMM_PORT_COUNT];
    struct virtio_console_port ports[LVMM_PORT_COUNT];
    struct device *console; /* NULL: the machine has none */
    struct device *serial;  /* of Linux; NULL: it doesn't have our terminal */
    /* The guest wants to hear when there is something on stdin: a watch of its own, as the device's is for reading. */
    pthread_mutex_t lock; /* guards `watched`. Innermost but the loop's */
    struct loop_watch input;
    bool watched;
    struct loop_watch terminal;
    /* Of the guest's system calls. */
    atomic_uint traces; /* STOP_TRACE_SIGNALs that the guest was told of */
    atomic_bool ends;   /* the run is to end, and the guest is to be asked before */
    atomic_bool asked;  /* it was */
    struct loop_watch patience;
    pthread_mutex_t panic_lock; /* innermost */
    struct panic_watch panic;   /* of Linux's consoles, all of them; under panic_lock, or when no vCPU runs any more */
};

/* Before the VM exists: watches nothing yet. `job` and `vm` must live as long as `ports`. */
void guest_ports_init(struct guest_ports *ports, const struct backend_job *job, struct vm *vm);
/* Watches the terminal for job control and its size, if there is one. The VM exists. 0 or -errno. */
int guest_ports_start(struct guest_ports *ports);
/* The run is to end: the guest is asked for its last system calls first. From a signal handler; then the first vCPU has
 * to be kicked, and the VM to stop by itself after TRACER_ANSWER_NS (vm_ask_to_stop). */
void guest_ports_ask(struct guest_ports *ports);
/* STOP_TRACE_SIGNAL has come, or guest_ports_ask was called: tells the guest. On a vCPU's thread. */
void guest_ports_interrupted(void *owner);
/* The loop has stopped. */
void guest_ports_fini(struct guest_ports *ports);

/* The key after the terminal's escape key. */
void guest_ports_escape(struct guest_ports *ports, uint8_t next);
/* What Linux writes to a console. Any thread. */
void guest_ports_watch(struct guest_ports *ports, const char *bytes, size_t size);

/* Fills the console's arguments; `ports` and what it points to must stay. */
void guest_ports_args(struct guest_ports *ports, struct virtio_console_args *args);

#endif
