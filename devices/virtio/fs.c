/* SPDX-License-Identifier: Apache-2.0 */
/* fs.c - virtio-fs (virtio 1.2, 5.11): a file system of the host's, which another process serves. */
#include <errno.h>
#include <string.h>

#include "devices/device.h"
#include "devices/virtio/vhost_user.h"

#define FS_DEVICE_ID 26u
#define FS_QUEUES 2u /* 5.11.2: that of high priority, and one of requests */

struct fs_config { /* 5.11.4 */
    char tag[36];  /* not NUL-terminated when full */
    uint32_t request_queues;
};
_Static_assert(sizeof(struct fs_config) == 40, "5.11.4");

static int fs_create(const struct device_env *env, const void *args, struct device **out)
{
    const struct virtio_fs_args *a = args;
    struct fs_config config = {.request_queues = FS_QUEUES - 1};
    size_t length = strlen(a->tag);

    if (length == 0 || length > sizeof(config.tag))
        return -EINVAL;
    memcpy(config.tag, a->tag, length);
    const struct vhost_user_args user = {.name = "the shared folders",
                                         .socket = a->socket,
                                         .device_id = FS_DEVICE_ID,
                                         .queues = FS_QUEUES,
                                         .config = &config,
                                         .config_size = sizeof(config)};
    return vhost_user_create(env, &user, out);
}

const struct device_type device_virtio_fs = {
    .name = "virtio-fs",
    .compatible = "virtio,mmio\0",
    .node_name = "virtio_mmio",
    .create = fs_create,
};
