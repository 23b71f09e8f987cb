/* SPDX-License-Identifier: Apache-2.0 */
/*
 * share_server.h - the process that gives a guest its shared folders: a virtio-fs device's queues, served by vhost-user
 * on a socket (vmm/vhost/server.h), whose requests (fuse.h) reach the host's files through a tree (tree.h).
 *
 * It is forked early, before there is anything of a guest, and has the shares' descriptors and its end of the socket;
 * the rest it closes, and then locks itself in (vmm/sandbox/sandbox.h). It ends when the other end of the socket is
 * closed, or with us. A guest that breaks it has the rights of this process, which are over the shares alone.
 */
#ifndef LVMM_SHARE_SHARE_SERVER_H
#define LVMM_SHARE_SHARE_SERVER_H

#include <sys/types.h>

#include "vmm/noted.h"
#include "vmm/sandbox/sandbox.h"
#include "vmm/share/tree.h"

#define SHARE_SERVER_QUEUES 2u /* FUSE_FORGET's and one for all other requests (virtio 1.2, 5.11.2) */

/*
 * To be called by a thread that lasts until our process ends, while it is the only one. The shares' descriptors stay
 * the caller's, who may close them afterwards. *socket: the front end's end, the caller's; *pid is for
 * share_server_finish. noted: what is refused, and at the end what cow shares have changed; NULL: nothing is. What the
 * process can't have, it says on stderr, and ends: the socket shows it. 0 or -errno.
 */
int share_server_start(const struct share *shares, unsigned count, enum sandbox_level level, struct noted *noted,
                       int *socket, pid_t *pid);

/* The socket's other ends are closed: waits until the process has ended. That a signal ended it is said with --verbose:
 * who had the other end has told of its end already. pid 0: nothing. */
void share_server_finish(pid_t pid);

#endif
