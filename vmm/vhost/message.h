/* SPDX-License-Identifier: Apache-2.0 */
/* message.h - takes messages of vhost-user off a socket, and sends answers. It never waits. */
#ifndef LVMM_VHOST_MESSAGE_H
#define LVMM_VHOST_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "vmm/vhost/protocol.h"

struct vhost_message {
    struct vhost_user_header header;
    union vhost_user_payload payload; /* zero behind header.size */
    int fd[VHOST_REGIONS_MAX];
    unsigned fds;  /* this structure's, until somebody takes them out */
    uint32_t have; /* bytes that have come, header included */
};

/* Nothing has come yet. */
void vhost_message_init(struct vhost_message *message);
/* Closes descriptors that nobody took. The next message is empty. */
void vhost_message_clear(struct vhost_message *message);

/* Reads on. 1: the message is complete; 0: there is no more for now; -EPIPE: the other end is closed; -EPROTO: this is
 * no message; -errno. */
int vhost_message_read(struct vhost_message *message, int socket);

/* Answers a message with `size` bytes. 0; -EPIPE: nobody takes it, or not at once. */
int vhost_message_answer(const struct vhost_message *message, int socket, const void *payload, uint32_t size);

#endif
