/* SPDX-License-Identifier: Apache-2.0 */
/* state.h - what a server of vmm/vhost knows: for its own files alone. */
#ifndef LVMM_VHOST_STATE_H
#define LVMM_VHOST_STATE_H

#include "vmm/vhost/memory.h"
#include "vmm/vhost/message.h"
#include "vmm/vhost/server.h"

/* Memory tables that were replaced while the owner had chains of theirs. */
#define VHOST_OLD_MAX 4u

struct vhost_queue {
    struct virtqueue ring; /* ready: the queue runs, unless it is disabled */
    struct vhost_user_addr addr;
    bool has_addr, enabled;
    bool again;            /* the owner is to be called, whatever epoll says */
    bool told;             /* of a broken ring, the front end was told */
    uint16_t next;         /* where to start */
    unsigned held;         /* chains that the owner has */
    int kick, call, error; /* -1: none */
};

struct vhost_server {
    struct vhost_device device;
    int socket, epoll;
    int more; /* an eventfd: readable while a queue is to be called again */
    bool more_set;
    void (*other)(void *owner);  /* the owner's, of a descriptor of its own */
    uint64_t features, protocol; /* that the front end has accepted */
    struct vhost_message message;
    struct vhost_memory *memory; /* NULL: none yet */
    struct vhost_memory *old[VHOST_OLD_MAX];
    unsigned old_count;
    struct vhost_queue queue[VHOST_QUEUES_MAX];
};

#endif
