/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net_service.h - the process that is a run's network (net_process.h), from its start to its end, as lvmm sees it.
 * Backends start it before there is a guest, and end it when the guest has ended.
 */
#ifndef LVMM_NET_SERVICE_H
#define LVMM_NET_SERVICE_H

#include "vmm/child.h"
#include "vmm/net/net_process.h"

struct net_service {
    int socket; /* our end, for the device that it serves; -1: there is none, or it was given away */
    struct child child;
};

/* None yet. */
void net_service_init(struct net_service *service);
/* Starts it; setup NULL: there is nothing to start. What setup has stays the caller's, too. To be called by a thread
 * that lasts until our process ends, while it is the only one. 0, or -errno after a message. */
int net_service_start(struct net_service *service, const struct net_setup *setup, enum sandbox_level level);
/* Nobody uses the socket any more: closes it, and waits for the process's end, for a bounded time; then it is killed.
 */
void net_service_end(struct net_service *service);

#endif
