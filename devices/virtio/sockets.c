/* SPDX-License-Identifier: Apache-2.0 */
/* sockets.c - the device that a guest's network is behind (boot/abi_net.h), which another process serves. */
#include <endian.h>

#include "boot/abi_net.h"
#include "devices/device.h"
#include "devices/virtio/vhost_user.h"

#define SOCKETS_QUEUES 2u /* LVMM_NET_TO_GUEST and LVMM_NET_TO_HOST */

static int sockets_create(const struct device_env *env, const void *args, struct device **out)
{
    const struct virtio_sockets_args *a = args;
    const uint64_t config = htole64(LVMM_NET_MAGIC);
    const struct vhost_user_args user = {.name = "the network",
                                         .socket = a->socket,
                                         .device_id = LVMM_NET_DEVICE,
                                         .queues = SOCKETS_QUEUES,
                                         .config = &config,
                                         .config_size = sizeof(config)};
    return vhost_user_create(env, &user, out);
}

const struct device_type device_virtio_sockets = {
    .name = "virtio-sockets",
    .compatible = "virtio,mmio\0",
    .node_name = "virtio_mmio",
    .create = sockets_create,
};
