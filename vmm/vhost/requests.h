/* SPDX-License-Identifier: Apache-2.0 */
/* requests.h - does what a message of vhost-user asks for. */
#ifndef LVMM_VHOST_REQUESTS_H
#define LVMM_VHOST_REQUESTS_H

#include "vmm/vhost/state.h"

/* Does what server->message asks for, and answers where an answer is wanted. 0; -errno: the front end can't know that
 * it failed, or doesn't take answers. */
int vhost_request(struct vhost_server *server);

#endif
