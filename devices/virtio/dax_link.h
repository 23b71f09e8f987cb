/* SPDX-License-Identifier: Apache-2.0 */
/* dax_link.h - takes requests of the server of shared folders off its socket (vmm/share/window_link.h). It never waits.
 */
#ifndef LVMM_DEVICES_VIRTIO_DAX_LINK_H
#define LVMM_DEVICES_VIRTIO_DAX_LINK_H

#include "vmm/share/window_link.h"

/* 1: there is a request; *fd: its descriptor, the caller's, or -1. 0: there is none now. -EPIPE: the other end is
 * closed; -EPROTO: this is no request; -errno. */
int dax_link_take(int socket, struct window_request *request, int *fd);
/* Answers it. That nobody takes the answer shows with the next request. */
void dax_link_answer(int socket, int error);

#endif
