/* SPDX-License-Identifier: Apache-2.0 */
/*
 * helper.h - the host's side of a guest's network: it has the sockets, and does with them what frames say
 * (boot/abi_net.h). One thread uses it. It waits for nothing and nobody but in net_helper_run.
 *
 * Frames are hostile. What they make it hold is bounded: a socket of the host and a small structure for each of the
 * guest's numbers, NET_POOL bytes for what can't be sent at once, one question per query (resolver.h).
 */
#ifndef LVMM_NET_HELPER_H
#define LVMM_NET_HELPER_H

#include "vmm/net/helper_config.h"
#include "vmm/net/link.h"

struct net_helper;

/* config: copied, what it points to stays in use. 0 or -errno. */
int net_helper_create(const struct net_helper_config *config, const struct net_link *link, struct net_helper **out);
/* Resets all connections that the guest has left open. NULL: nothing. */
void net_helper_destroy(struct net_helper *helper);

/* Readable when net_helper_run has something to do. */
int net_helper_fd(const struct net_helper *helper);
/* There is more to do or to tell than one run did, though nothing may become readable for it. */
bool net_helper_is_busy(const struct net_helper *helper);
/* Waits for at most timeout_ms, as epoll_wait(2) has it, and does what is to be done. 0 or -errno. */
int net_helper_run(struct net_helper *helper, int timeout_ms);

/* A frame has come from the guest: a copy, of `size` bytes with its header. */
void net_helper_frame(struct net_helper *helper, const void *bytes, size_t size);
/* The same of a DATA frame whose payload of head->size bytes is in the guest's memory still, and stays there until
 * net_helper_flush: what such bytes are is nobody's concern here. */
void net_helper_data(struct net_helper *helper, const struct lvmm_net_frame *head, const uint8_t *payload);
/* What net_helper_data has been given is sent, or kept. */
void net_helper_flush(struct net_helper *helper);
/* Sends what there is to send, as far as the link has room: when it has some again, and after frames. */
void net_helper_room(struct net_helper *helper);
/* The device is reset: all connections as well, and the guest's numbers are unused. */
void net_helper_reset(struct net_helper *helper);

#endif
