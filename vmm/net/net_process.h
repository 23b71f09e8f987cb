/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net_process.h - the process that is a guest's network (helper.h): a device's queues, served by vhost-user on a socket
 * (vmm/vhost/server.h; boot/abi_net.h says what device it is).
 *
 * What the host has to do with it is set up before: ports are bound, names are looked up, files are read. The process
 * is then forked, early, before there is anything of a guest; it keeps its end of the socket, the ports and the log,
 * and locks itself in (vmm/sandbox/sandbox.h): of system calls that name something it has those of the Internet's
 * sockets alone. It ends when the other end of the socket is closed, or with us.
 */
#ifndef LVMM_NET_PROCESS_H
#define LVMM_NET_PROCESS_H

#include <sys/types.h>

#include "boot/abi_net.h"
#include "vmm/net/net_log.h"
#include "vmm/net/policy.h"
#include "vmm/net/publish.h"
#include "vmm/net/resolver.h"
#include "vmm/sandbox/sandbox.h"

#define NET_PROCESS_QUEUES 3u

struct net_setup {
    struct net_policy policy;
    struct net_publish port[LVMM_NET_PUBLISHED_MAX];
    unsigned port_count;
    struct net_resolver_config resolver;
    int log_fd;                  /* -1: none */
    struct noted *noted;         /* of what there was; NULL: nothing is wanted */
    struct lvmm_net_config told; /* by net_setup_tell */
};

/* Is there anything to do: something that can be reached, or a port? */
bool net_setup_is_wanted(const struct net_setup *setup);
/* Binds the ports, reads what the resolver needs, and looks up the names of rules. 0, or -errno after a message. Ports
 * that were bound so far stay so: net_setup_close. */
int net_setup_open(struct net_setup *setup);
/* Closes the ports that are bound. The log is the caller's. */
void net_setup_close(struct net_setup *setup);
/* What the guest is told by LVMM_PROP_NET, in its byte order, little-endian. */
void net_setup_tell(const struct net_setup *setup, struct lvmm_net_config *out);

/*
 * To be called by a thread that lasts until our process ends, while it is the only one. What setup has stays the
 * caller's, who closes it afterwards. *socket: the front end's end, the caller's; *pid is the caller's to wait for.
 * What the process can't have, it says on stderr, and ends: the socket shows it. 0 or -errno.
 */
int net_process_start(const struct net_setup *setup, enum sandbox_level level, int *socket, pid_t *pid);

#endif
