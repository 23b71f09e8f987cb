/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protocol.h - messages of vhost-user: a front end, which has a virtio device's registers, asks a back end, which
 * serves its queues, over a Unix stream socket. Numbers are little-endian; descriptors come beside a message.
 */
#ifndef LVMM_VHOST_PROTOCOL_H
#define LVMM_VHOST_PROTOCOL_H

#include <stdint.h>

/* Requests, as far as they are known here. Their payload is a uint64_t, or as said. */
enum vhost_request {
    VHOST_GET_FEATURES = 1,           /* answered by a uint64_t */
    VHOST_SET_FEATURES = 2,           /* */
    VHOST_SET_OWNER = 3,              /* none */
    VHOST_RESET_OWNER = 4,            /* none */
    VHOST_SET_MEM_TABLE = 5,          /* vhost_user_memory, as long as its regions; a descriptor for each */
    VHOST_SET_VRING_NUM = 8,          /* vhost_user_state */
    VHOST_SET_VRING_ADDR = 9,         /* vhost_user_addr */
    VHOST_SET_VRING_BASE = 10,        /* vhost_user_state */
    VHOST_GET_VRING_BASE = 11,        /* vhost_user_state, answered by one; the queue stops */
    VHOST_SET_VRING_KICK = 12,        /* the queue's number and VHOST_NO_FD; else a descriptor; the queue starts */
    VHOST_SET_VRING_CALL = 13,        /* the same */
    VHOST_SET_VRING_ERR = 14,         /* the same */
    VHOST_GET_PROTOCOL_FEATURES = 15, /* answered by a uint64_t */
    VHOST_SET_PROTOCOL_FEATURES = 16, /* */
    VHOST_GET_QUEUE_NUM = 17,         /* answered by a uint64_t */
    VHOST_SET_VRING_ENABLE = 18,      /* vhost_user_state */
    VHOST_GET_CONFIG = 24,            /* vhost_user_config, answered by one */
    VHOST_SET_CONFIG = 25,            /* vhost_user_config */
};

struct vhost_user_header {
    uint32_t request;
    uint32_t flags;
    uint32_t size; /* of the payload */
};

#define VHOST_VERSION_MASK 3u
#define VHOST_VERSION 1u
#define VHOST_REPLY (1u << 2)
#define VHOST_NEED_REPLY (1u << 3) /* with VHOST_PROTOCOL_REPLY_ACK: answered by 0, or another number if it failed */

#define VHOST_F_PROTOCOL_FEATURES 30 /* beside the device's features: there are protocol features */

enum { VHOST_PROTOCOL_MQ = 0, VHOST_PROTOCOL_REPLY_ACK = 3, VHOST_PROTOCOL_CONFIG = 9 };

#define VHOST_QUEUE_MASK 0xffu
#define VHOST_NO_FD (1u << 8)

struct vhost_user_state {
    uint32_t index, num;
};

struct vhost_user_addr { /* addresses are the front end's own */
    uint32_t index, flags;
    uint64_t desc, used, avail, log;
};

struct vhost_user_region { /* `size` bytes from `offset` on of its descriptor's file */
    uint64_t gpa, size;
    uint64_t user; /* where the front end has it */
    uint64_t offset;
};

#define VHOST_REGIONS_MAX 8u

struct vhost_user_memory {
    uint32_t count, padding;
    struct vhost_user_region region[VHOST_REGIONS_MAX];
};

struct vhost_user_config {
    uint32_t offset, size, flags;
    uint8_t bytes[256];
};

#define VHOST_CONFIG_HEADER 12u

union vhost_user_payload {
    uint64_t number;
    struct vhost_user_state state;
    struct vhost_user_addr addr;
    struct vhost_user_memory memory;
    struct vhost_user_config config;
};

#endif
