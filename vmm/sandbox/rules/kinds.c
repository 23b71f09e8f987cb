/* SPDX-License-Identifier: Apache-2.0 */
/* kinds.c - which kind of thread or process has which sets. */
#include "vmm/sandbox/rules/rules.h"

#define SETS(...) ((const struct rule *const[]){__VA_ARGS__, NULL})

const struct list lists[] = {
    /* The first thread is the first vCPU's, makes the others, and ends the run. They can have no more than it has. A
     * server of a device gets its descriptors when the guest's driver starts, which is on a vCPU's thread. */
    {"kvm",
     SETS(set_vcpu, set_kvm, set_basic, set_threads, set_streams, set_terminal, set_loop, set_timers, set_disk,
          set_uring, set_children, set_passing),
     NULL},
    /* A vCPU's exit may be the first to need the event loop's thread. */
    {"vcpu",
     SETS(set_vcpu, set_kvm, set_basic, set_threads, set_streams, set_terminal, set_loop, set_timers, set_disk,
          set_uring, set_passing),
     SETS(set_children)},
    /* Devices' work runs there too, but no vCPU does. Output to a socket is sent by messages (devices/hoststream.h). */
    {"loop",
     SETS(set_kvm, set_basic, set_streams, set_terminal, set_loop, set_timers, set_disk, set_uring, set_passing),
     SETS(set_vcpu, set_threads, set_children)},
    {"tcg", SETS(set_basic, set_streams, set_terminal, set_loop, set_timers, set_disk, set_children), NULL},
    {"gdb", SETS(set_basic, set_streams, set_terminal, set_loop, set_timers, set_disk, set_children, set_removing),
     NULL},
    {"file", SETS(set_basic, set_streams, set_disk, set_passing), NULL},
    {"disk", SETS(set_basic, set_streams, set_disk), NULL},
    {"share", SETS(set_basic, set_streams, set_loop, set_disk, set_passing, set_removing, set_shares), NULL},
    {"net", SETS(set_basic, set_streams, set_loop, set_passing, set_net), NULL},
    {NULL, NULL, NULL},
};
