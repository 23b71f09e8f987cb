/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vhost_user.h - a virtio device whose queues another process serves: the front end of the vhost-user protocol. Here
 * are its registers and its interrupt; the guest's notifications go straight to the server where the VM can do that,
 * and the server's interrupts come by the loop.
 *
 * A server that is gone, hangs or breaks the protocol makes the device need a reset, which never succeeds then; lvmm
 * says so in one line.
 */
#ifndef LVMM_DEVICES_VIRTIO_VHOST_USER_H
#define LVMM_DEVICES_VIRTIO_VHOST_USER_H

#include "devices/device.h"

#define VHOST_USER_QUEUES 8u
#define VHOST_USER_CONFIG_BYTES 64u

struct vhost_user_args {
    const char *name;          /* for messages; must live as long as the device */
    int socket;                /* the server's; owned by the caller, who closes it after the device */
    uint32_t device_id;        /* 5 */
    unsigned queues;           /* 1 to VHOST_USER_QUEUES */
    uint64_t features;         /* of the type; those that the server has as well are offered */
    const void *config;        /* copied */
    size_t config_size;        /* at most VHOST_USER_CONFIG_BYTES */
    struct dax_window *window; /* the device's, once it is there; NULL: none */
};

/* env->mem is shared memory, env->loop is there. 0; -EINVAL; -ENOMEM; -ENOTSUP: the server can't do what is needed; or
 * the error that the link to it had. */
int vhost_user_create(const struct device_env *env, const struct vhost_user_args *args, struct device **out);

/* virtio_fs_fault's and virtio_fs_fault_at's. */
bool vhost_user_fault(struct device *device, uint64_t *mark);
bool vhost_user_fault_at(struct device *device, uint64_t gpa);

#endif
