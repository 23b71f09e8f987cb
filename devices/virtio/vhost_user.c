/* SPDX-License-Identifier: Apache-2.0 */
/* vhost_user.c - see vhost_user.h. */
#include "devices/virtio/vhost_user.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "boot/abi_dax.h"
#include "devices/virtio/dax_window.h"
#include "devices/virtio/mmio.h"
#include "devices/virtio/vhost_link.h"
#include "vmm/log.h"

#define RING_FEATURES (VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX)
#define PROTOCOL_FEATURES (UINT64_C(1) << VHOST_F_PROTOCOL_FEATURES)

struct vhost_queue {
    int kick;               /* the driver has something */
    struct loop_watch call; /* the server has */
    bool runs;              /* the server serves it */
    struct vhost_user *user;
};

struct vhost_user {
    struct virtio_device virtio; /* first */
    struct virtio_device_ops ops;
    const char *name;
    struct vhost_link link;
    struct dax_window *window; /* NULL: none */
    struct loop_watch gone;    /* the socket's other end is closed */
    bool has_protocol;         /* the server has protocol features */
    bool reported;
    uint8_t config[VHOST_USER_CONFIG_BYTES];
    struct virtqueue ring[VHOST_USER_QUEUES];
    struct vhost_queue queue[VHOST_USER_QUEUES];
};

/* ---- the server's end ---- */

/* Lock held. Once, and not where it is ours to end. */
static void fail(struct vhost_user *user, int error)
{
    user->link.broken = true;
    if (!user->reported && !virtio_has_ended(&user->virtio))
        log_error("%s: the serving process %s; the guest gets input/output errors", user->name,
                  error == -EPIPE       ? "has ended"
                  : error == -ETIMEDOUT ? "doesn't answer"
                                        : "doesn't do what it is asked");
    user->reported = true;
    virtio_need_reset(&user->virtio);
}

static void on_gone(void *owner, uint32_t events)
{
    struct vhost_user *user = owner;

    if ((events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) == 0)
        return;
    loop_remove(user->virtio.env.loop, &user->gone);
    user->gone.fd = -1;
    pthread_mutex_lock(&user->virtio.lock);
    fail(user, -EPIPE);
    pthread_mutex_unlock(&user->virtio.lock);
}

/* ---- queues ---- */

static void signal_event(int fd)
{
    const uint64_t one = 1;

    (void)(write(fd, &one, sizeof(one)) == 0); /* full: it is signalled already */
}

/* Who has the lock may wait for the server, which may wait for this thread to map something (dax_window.h). Then we are
 * called again. */
static void on_call(void *owner, uint32_t events)
{
    struct vhost_queue *queue = owner;

    (void)events;
    if (pthread_mutex_trylock(&queue->user->virtio.lock) != 0) {
        signal_event(queue->call.fd);
        return;
    }
    virtio_interrupt_used(&queue->user->virtio);
    pthread_mutex_unlock(&queue->user->virtio.lock);
}

static int send_state(struct vhost_user *user, enum vhost_request request, unsigned index, uint32_t number, bool told)
{
    const struct vhost_user_state state = {.index = index, .num = number};

    return vhost_link_send(&user->link, request, &state, sizeof(state), NULL, 0, told);
}

static int send_fd(struct vhost_user *user, enum vhost_request request, unsigned index, int fd)
{
    const uint64_t number = index;

    return vhost_link_send(&user->link, request, &number, sizeof(number), &fd, 1, false);
}

/* The ring's parts are whole in memory, and aligned: queue_start has looked. */
static int send_addresses(struct vhost_user *user, unsigned index)
{
    const struct virtqueue *ring = &user->ring[index];
    const struct mem *mem = user->virtio.env.mem;
    const struct vhost_user_addr addr = {
        .index = index,
        .desc = (uintptr_t)mem_at(mem, ring->desc_gpa, 1),
        .avail = (uintptr_t)mem_at(mem, ring->driver_gpa, 1),
        .used = (uintptr_t)mem_at(mem, ring->device_gpa, 1),
    };

    return vhost_link_send(&user->link, VHOST_SET_VRING_ADDR, &addr, sizeof(addr), NULL, 0, true);
}

static int start_queue(struct vhost_user *user, unsigned index)
{
    struct vhost_queue *queue = &user->queue[index];
    int error = send_state(user, VHOST_SET_VRING_NUM, index, user->ring[index].size, false);

    error = error != 0 ? error : send_state(user, VHOST_SET_VRING_BASE, index, 0, false);
    error = error != 0 ? error : send_addresses(user, index);
    error = error != 0 ? error : send_fd(user, VHOST_SET_VRING_CALL, index, queue->call.fd);
    error = error != 0 ? error : send_fd(user, VHOST_SET_VRING_KICK, index, queue->kick);
    if (error == 0 && user->has_protocol)
        error = send_state(user, VHOST_SET_VRING_ENABLE, index, 1, true);
    queue->runs = error == 0;
    return error;
}

static void kick(struct vhost_user *user, unsigned index)
{
    signal_event(user->queue[index].kick);
}

/* What the driver made available before counts from now on. */
static void user_start(struct virtio_device *dev)
{
    struct vhost_user *user = (struct vhost_user *)dev;
    const uint64_t features = dev->driver_features | (user->has_protocol ? PROTOCOL_FEATURES : 0);
    int error = vhost_link_send(&user->link, VHOST_SET_FEATURES, &features, sizeof(features), NULL, 0, false);

    for (unsigned i = 0; error == 0 && i < dev->queue_count; i++)
        if (user->ring[i].ready)
            error = start_queue(user, i);
    if (error != 0) {
        fail(user, error);
        return;
    }
    for (unsigned i = 0; i < dev->queue_count; i++)
        if (user->queue[i].runs)
            kick(user, i);
}

static void user_notify(struct virtio_device *dev, unsigned index)
{
    kick((struct vhost_user *)dev, index);
}

/* The server's answer says that it leaves the ring and its buffers alone. One that gives none is no longer trusted with
 * anything, but has the memory still: a reason to end the guest only for who doesn't trust lvmm itself. */
static void user_queue_stop(struct virtio_device *dev, unsigned index)
{
    struct vhost_user *user = (struct vhost_user *)dev;
    struct vhost_user_state state = {.index = index};

    if (!user->queue[index].runs)
        return;
    user->queue[index].runs = false;
    int error = user->link.broken
                    ? 0
                    : vhost_link_ask(&user->link, VHOST_GET_VRING_BASE, &state, sizeof(state), &state, sizeof(state));
    if (error != 0)
        fail(user, error);
}

/* ---- the window ---- */

static bool user_region(struct virtio_device *dev, uint32_t number, uint64_t *base, uint64_t *bytes)
{
    const struct vhost_user *user = (struct vhost_user *)dev;

    return user->window != NULL && dax_window_region(user->window, number, base, bytes);
}

static uint32_t user_own_read(struct virtio_device *dev, uint64_t reg)
{
    const struct vhost_user *user = (struct vhost_user *)dev;

    if (user->window == NULL)
        return 0;
    return reg == LVMM_MMIO_GONE_COUNT ? dax_window_gone_count(user->window) : dax_window_gone_first(user->window);
}

static void interrupt_gone(struct vhost_user *user)
{
    pthread_mutex_lock(&user->virtio.lock);
    virtio_interrupt_config(&user->virtio);
    pthread_mutex_unlock(&user->virtio.lock);
}

bool vhost_user_fault(struct device *device, uint64_t *mark)
{
    struct vhost_user *user = (struct vhost_user *)device;
    enum dax_fault fault = user->window != NULL ? dax_window_fault(user->window, mark) : DAX_FAULT_OTHER;

    if (fault == DAX_FAULT_TELL)
        interrupt_gone(user);
    return fault != DAX_FAULT_OTHER;
}

bool vhost_user_fault_at(struct device *device, uint64_t gpa)
{
    struct vhost_user *user = (struct vhost_user *)device;

    if (user->window == NULL || !dax_window_fault_at(user->window, gpa))
        return false;
    interrupt_gone(user);
    return true;
}

/* Something in the window has gone. */
static bool tell_gone(void *owner)
{
    struct vhost_user *user = owner;

    if (pthread_mutex_trylock(&user->virtio.lock) != 0)
        return false;
    virtio_interrupt_config(&user->virtio);
    pthread_mutex_unlock(&user->virtio.lock);
    return true;
}

/* ---- set-up ---- */

/* What both have. 0 or -errno. */
static int agree(struct vhost_user *user, uint64_t *features)
{
    uint64_t protocol = 0;
    int error = vhost_link_send(&user->link, VHOST_SET_OWNER, NULL, 0, NULL, 0, false);

    if (error == 0)
        error = vhost_link_ask(&user->link, VHOST_GET_FEATURES, NULL, 0, features, sizeof(*features));
    if (error != 0)
        return error;
    user->has_protocol = (*features & PROTOCOL_FEATURES) != 0;
    if (!user->has_protocol)
        return 0;
    error = vhost_link_ask(&user->link, VHOST_GET_PROTOCOL_FEATURES, NULL, 0, &protocol, sizeof(protocol));
    if (error != 0)
        return error;
    protocol &= UINT64_C(1) << VHOST_PROTOCOL_REPLY_ACK | UINT64_C(1) << VHOST_PROTOCOL_MQ;
    error = vhost_link_send(&user->link, VHOST_SET_PROTOCOL_FEATURES, &protocol, sizeof(protocol), NULL, 0, false);
    user->link.acknowledges = (protocol & UINT64_C(1) << VHOST_PROTOCOL_REPLY_ACK) != 0;
    return error;
}

static void add_region(struct vhost_user_memory *table, const struct mem *mem, unsigned range, gpa_t from, gpa_t to)
{
    const uint64_t before = from - mem->range[range].base;

    if (from < to)
        table->region[table->count++] = (struct vhost_user_region){.gpa = from,
                                                                   .size = to - from,
                                                                   .user = (uintptr_t)mem->host[range] + before,
                                                                   .offset = mem->offset[range] + before};
}

/* What is apart next, from `from` on; NULL: nothing below `to`. */
static const struct mem_range *next_apart(const struct mem *mem, gpa_t from, gpa_t to)
{
    const struct mem_range *next = NULL;

    for (unsigned i = 0; i < mem->apart_count; i++) {
        const struct mem_range *apart = &mem->apart[i];
        if (apart->base >= from && apart->base < to && (next == NULL || apart->base < next->base))
            next = apart;
    }
    return next;
}

/* Without what is apart, which the server would see otherwise than the guest: so a ring or buffer there is refused like
 * one outside of the memory, instead of having wrong contents. */
static int send_memory(struct vhost_user *user)
{
    const struct mem *mem = user->virtio.env.mem;
    struct vhost_user_memory table = {.count = 0};
    int fds[MEM_RANGES + MEM_APART];

    for (unsigned i = 0; i < mem->count; i++) {
        gpa_t from = mem->range[i].base;
        const gpa_t to = from + mem->range[i].size;
        const struct mem_range *apart;

        while ((apart = next_apart(mem, from, to)) != NULL) {
            add_region(&table, mem, i, from, apart->base);
            from = apart->base + apart->size;
        }
        add_region(&table, mem, i, from, to);
    }
    for (unsigned i = 0; i < table.count; i++)
        fds[i] = mem->fd;
    uint32_t size = (uint32_t)(offsetof(struct vhost_user_memory, region) + table.count * sizeof(table.region[0]));
    return vhost_link_send(&user->link, VHOST_SET_MEM_TABLE, &table, size, fds, table.count, true);
}
_Static_assert(MEM_RANGES + MEM_APART <= VHOST_REGIONS_MAX, "the table has room for all parts");

/* A doorbell spares the guest's notifications the way through here; where there can be none they come to user_notify.
 */
static int open_queue(struct vhost_user *user, unsigned index)
{
    struct vhost_queue *queue = &user->queue[index];
    const struct device_env *env = &user->virtio.env;

    queue->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    queue->call.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (queue->kick < 0 || queue->call.fd < 0)
        return -errno;
    if (env->services != NULL && env->services->doorbell != NULL)
        (void)env->services->doorbell(env->vm, env->window.base + VIRTIO_MMIO_QUEUE_NOTIFY, index, queue->kick);
    return loop_add(env->loop, &queue->call, EPOLLIN | EPOLLET); /* its count is never read: each write is an edge */
}

static void close_queue(struct vhost_user *user, unsigned index)
{
    struct vhost_queue *queue = &user->queue[index];

    if (queue->call.fd >= 0) {
        loop_remove(user->virtio.env.loop, &queue->call);
        close(queue->call.fd);
    }
    if (queue->kick >= 0)
        close(queue->kick);
}

static void user_destroy(struct virtio_device *dev)
{
    struct vhost_user *user = (struct vhost_user *)dev;

    if (user->gone.fd >= 0)
        loop_remove(dev->env.loop, &user->gone);
    for (unsigned i = 0; i < dev->queue_count; i++)
        close_queue(user, i);
    dax_window_destroy(user->window, virtio_has_ended(dev));
    virtio_fini(dev);
    free(user);
}

static void user_init(struct vhost_user *user, const struct device_env *env, const struct vhost_user_args *args)
{
    struct virtio_init init = {.ops = &user->ops,
                               .features = args->features,
                               .config = user->config,
                               .config_size = args->config_size,
                               .queue = user->ring,
                               .queue_count = args->queues};

    memcpy(user->config, args->config, args->config_size);
    user->ops = (struct virtio_device_ops){.device_id = args->device_id,
                                           .start = user_start,
                                           .notify = user_notify,
                                           .queue_stop = user_queue_stop,
                                           .region = user_region,
                                           .own_read = user_own_read,
                                           .destroy = user_destroy};
    user->name = args->name;
    user->link = (struct vhost_link){.socket = args->socket, .patience_ms = VHOST_LINK_BEGIN_MS};
    user->gone = (struct loop_watch){.fd = -1, .ready = on_gone, .owner = user};
    for (unsigned i = 0; i < args->queues; i++)
        user->queue[i] = (struct vhost_queue){
            .kick = -1, .call = {.fd = -1, .ready = on_call, .owner = &user->queue[i]}, .user = user};
    virtio_init(&user->virtio, env, &init);
}

/* All that can fail. */
static int user_open(struct vhost_user *user)
{
    uint64_t features = 0;
    int error = agree(user, &features);

    if (error == 0 && (features & VIRTIO_F_VERSION_1) == 0)
        error = -ENOTSUP;
    user->virtio.features &= features;
    if (error == 0)
        error = send_memory(user);
    for (unsigned i = 0; error == 0 && i < user->virtio.queue_count; i++)
        error = open_queue(user, i);
    if (error == 0) {
        user->gone.fd = user->link.socket;
        error = loop_add(user->virtio.env.loop, &user->gone, EPOLLRDHUP);
        if (error != 0)
            user->gone.fd = -1;
    }
    return error;
}

int vhost_user_create(const struct device_env *env, const struct vhost_user_args *args, struct device **out)
{
    if (args->queues == 0 || args->queues > VHOST_USER_QUEUES || args->config_size > VHOST_USER_CONFIG_BYTES ||
        env->loop == NULL || !env->mem->shared)
        return -EINVAL;
    struct vhost_user *user = calloc(1, sizeof(*user));
    if (user == NULL)
        return -ENOMEM;
    user_init(user, env, args);
    int error = user_open(user);
    if (error != 0) {
        user_destroy(&user->virtio);
        return error;
    }
    user->link.patience_ms = VHOST_LINK_MS;
    user->window = args->window;
    if (args->window != NULL)
        dax_window_set_tell(args->window, tell_gone, user);
    *out = &user->virtio.device;
    return 0;
}
