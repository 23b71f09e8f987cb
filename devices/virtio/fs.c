/* SPDX-License-Identifier: Apache-2.0 */
/* fs.c - virtio-fs (virtio 1.2, 5.11): a file system of the host's, which another process serves. */
#include <errno.h>
#include <string.h>

#include "devices/device.h"
#include "devices/virtio/dax_window.h"
#include "devices/virtio/vhost_user.h"

#define FS_DEVICE_ID 26u
#define FS_QUEUES 2u /* 5.11.2: that of high priority, and one of requests */

struct fs_config { /* 5.11.4 */
    char tag[36];  /* not NUL-terminated when full */
    uint32_t request_queues;
};
_Static_assert(sizeof(struct fs_config) == 40, "5.11.4");

static int make_window(const struct device_env *env, const struct virtio_fs_args *args, struct dax_window **out)
{
    const struct dax_place *place = &args->window;
    int error = env->services != NULL && env->services->map_window != NULL && env->services->map_rom != NULL
                    ? dax_window_create(place, args->window_socket, env->loop, out)
                    : -ENOTSUP;

    if (error != 0)
        return error;
    error = dax_window_place(*out, env->services, env->vm);
    if (error != 0)
        dax_window_destroy(*out, false);
    return error;
}

static int fs_create(const struct device_env *env, const void *args, struct device **out)
{
    const struct virtio_fs_args *a = args;
    struct fs_config config = {.request_queues = FS_QUEUES - 1};
    size_t length = strlen(a->tag);
    struct dax_window *window = NULL;

    if (length == 0 || length > sizeof(config.tag))
        return -EINVAL;
    memcpy(config.tag, a->tag, length);
    if (a->window.bytes != 0) {
        int error = make_window(env, a, &window);
        if (error != 0)
            return error;
    }
    const struct vhost_user_args user = {.name = "the shared folders",
                                         .socket = a->socket,
                                         .device_id = FS_DEVICE_ID,
                                         .queues = FS_QUEUES,
                                         .config = &config,
                                         .config_size = sizeof(config),
                                         .window = window};
    int error = vhost_user_create(env, &user, out);
    if (error != 0)
        dax_window_destroy(window, false);
    else if (a->self != NULL)
        *a->self = *out;
    return error;
}

bool virtio_fs_fault(struct device *device, uint64_t *mark)
{
    return vhost_user_fault(device, mark);
}

bool virtio_fs_fault_at(struct device *device, uint64_t gpa)
{
    return vhost_user_fault_at(device, gpa);
}

const struct device_type device_virtio_fs = {
    .name = "virtio-fs",
    .compatible = "virtio,mmio\0",
    .node_name = "virtio_mmio",
    .create = fs_create,
};
