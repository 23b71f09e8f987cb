/* SPDX-License-Identifier: Apache-2.0 */
/* requests.c - see requests.h. A table has what each message is to look like; nothing else is let through. */
#include "vmm/vhost/requests.h"

#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/vhost/queues.h"

#define BIT(n) (UINT64_C(1) << (n))
#define RING_FEATURES (BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_RING_F_INDIRECT_DESC) | BIT(VIRTIO_RING_F_EVENT_IDX))

/* Handlers return this when they have answered themselves. */
#define ANSWERED 1

static uint64_t features_offered(const struct vhost_server *server)
{
    return server->device.features | RING_FEATURES | BIT(VHOST_F_PROTOCOL_FEATURES);
}

static uint64_t protocol_offered(const struct vhost_server *server)
{
    return BIT(VHOST_PROTOCOL_MQ) | BIT(VHOST_PROTOCOL_REPLY_ACK) |
           (server->device.config_size != 0 ? BIT(VHOST_PROTOCOL_CONFIG) : 0);
}

static int answer(struct vhost_server *server, const void *payload, uint32_t size)
{
    int error = vhost_message_answer(&server->message, server->socket, payload, size);

    return error != 0 ? error : ANSWERED;
}

static int answer_number(struct vhost_server *server, uint64_t number)
{
    return answer(server, &number, sizeof(number));
}

/* The queue that a message is about, or NULL. */
static struct vhost_queue *queue_at(struct vhost_server *server, uint32_t index)
{
    return index < server->device.queues ? &server->queue[index] : NULL;
}

/* The only descriptor of the message, which is the caller's from now on, or -1. */
static int take_fd(struct vhost_message *message)
{
    int fd = message->fds == 1 ? message->fd[0] : -1;

    if (fd >= 0)
        message->fds = 0;
    return fd;
}

static int get_features(struct vhost_server *server)
{
    return answer_number(server, features_offered(server));
}

/* Without protocol features, which would tell of it, queues are enabled from the start. */
static int set_features(struct vhost_server *server)
{
    uint64_t features = server->message.payload.number;

    if ((features & ~features_offered(server)) != 0)
        return -EINVAL;
    server->features = features;
    for (unsigned i = 0; i < server->device.queues; i++)
        if (!(features & BIT(VHOST_F_PROTOCOL_FEATURES)))
            server->queue[i].enabled = server->queue[i].again = true;
    return 0;
}

static int set_owner(struct vhost_server *server)
{
    (void)server;
    return 0;
}

static int reset_owner(struct vhost_server *server)
{
    for (unsigned i = 0; i < server->device.queues; i++) {
        vhost_queue_stop(server, i);
        server->queue[i].enabled = false;
        server->queue[i].next = 0;
    }
    return 0;
}

static int set_mem_table(struct vhost_server *server)
{
    const struct vhost_message *message = &server->message;
    const struct vhost_user_memory *table = &message->payload.memory;

    if (table->count > VHOST_REGIONS_MAX || message->fds != table->count ||
        message->header.size != offsetof(struct vhost_user_memory, region) + table->count * sizeof(table->region[0]))
        return -EINVAL;
    struct vhost_memory *memory = malloc(sizeof(*memory));
    if (memory == NULL)
        return -ENOMEM;
    int error = vhost_memory_init(memory, table, message->fd);
    if (error != 0) {
        free(memory);
        return error;
    }
    return vhost_queues_move(server, memory);
}

static int set_vring_num(struct vhost_server *server)
{
    const struct vhost_user_state *state = &server->message.payload.state;
    struct vhost_queue *queue = queue_at(server, state->index);

    if (queue == NULL || queue->ring.ready || state->num == 0 || state->num > QUEUE_SIZE_ANY ||
        (state->num & (state->num - 1)) != 0)
        return -EINVAL;
    queue->ring.size = (uint16_t)state->num;
    return 0;
}

static int set_vring_addr(struct vhost_server *server)
{
    const struct vhost_user_addr *addr = &server->message.payload.addr;
    struct vhost_queue *queue = queue_at(server, addr->index);

    if (queue == NULL || queue->ring.ready || addr->flags != 0)
        return -EINVAL;
    queue->addr = *addr;
    queue->has_addr = true;
    return 0;
}

static int set_vring_base(struct vhost_server *server)
{
    const struct vhost_user_state *state = &server->message.payload.state;
    struct vhost_queue *queue = queue_at(server, state->index);

    if (queue == NULL || queue->ring.ready || state->num > UINT16_MAX)
        return -EINVAL;
    queue->next = (uint16_t)state->num;
    return 0;
}

static int get_vring_base(struct vhost_server *server)
{
    struct vhost_user_state state = server->message.payload.state;
    struct vhost_queue *queue = queue_at(server, state.index);

    if (queue == NULL)
        return -EINVAL;
    vhost_queue_stop(server, state.index);
    state.num = queue->next;
    return answer(server, &state, sizeof(state));
}

/* The queue that a message with a descriptor is about; *fd: the descriptor, the caller's, or -1 where there is to be
 * none. NULL: the message is no good. */
static struct vhost_queue *queue_and_fd(struct vhost_server *server, int *fd)
{
    uint64_t number = server->message.payload.number;
    struct vhost_queue *queue = queue_at(server, number & VHOST_QUEUE_MASK);

    if (queue == NULL || (number & ~(uint64_t)(VHOST_QUEUE_MASK | VHOST_NO_FD)) != 0 ||
        server->message.fds != (number & VHOST_NO_FD ? 0u : 1u))
        return NULL;
    *fd = take_fd(&server->message);
    return queue;
}

/* Without a descriptor the ring would have to be polled: not here. */
static int set_vring_kick(struct vhost_server *server)
{
    int fd;
    struct vhost_queue *queue = queue_and_fd(server, &fd);

    if (queue == NULL || fd < 0)
        return -EINVAL;
    return vhost_queue_start(server, (unsigned)(queue - server->queue), fd);
}

static void put_fd(int *place, int fd)
{
    if (*place >= 0)
        close(*place);
    *place = fd;
}

/* What was told by the descriptor before may not have been seen: once more by the new one does no harm. */
static int set_vring_call(struct vhost_server *server)
{
    const uint64_t one = 1;
    int fd;
    struct vhost_queue *queue = queue_and_fd(server, &fd);

    if (queue == NULL)
        return -EINVAL;
    put_fd(&queue->call, fd);
    if (fd >= 0 && queue->ring.ready && write(fd, &one, sizeof(one)) < 0)
        return -errno;
    return 0;
}

static int set_vring_err(struct vhost_server *server)
{
    int fd;
    struct vhost_queue *queue = queue_and_fd(server, &fd);

    if (queue == NULL)
        return -EINVAL;
    put_fd(&queue->error, fd);
    return 0;
}

static int get_protocol_features(struct vhost_server *server)
{
    return answer_number(server, protocol_offered(server));
}

static int set_protocol_features(struct vhost_server *server)
{
    uint64_t features = server->message.payload.number;

    if ((features & ~protocol_offered(server)) != 0)
        return -EINVAL;
    server->protocol = features;
    return 0;
}

static int get_queue_num(struct vhost_server *server)
{
    return answer_number(server, server->device.queues);
}

static int set_vring_enable(struct vhost_server *server)
{
    const struct vhost_user_state *state = &server->message.payload.state;
    struct vhost_queue *queue = queue_at(server, state->index);

    if (queue == NULL || state->num > 1)
        return -EINVAL;
    queue->enabled = queue->again = state->num == 1;
    return 0;
}

/* Size 0 in the answer says that there is no such configuration. */
static int get_config(struct vhost_server *server)
{
    struct vhost_user_config config = server->message.payload.config;
    const struct vhost_device *device = &server->device;

    if (server->message.header.size < VHOST_CONFIG_HEADER || config.size > sizeof(config.bytes))
        return -EINVAL;
    memset(config.bytes, 0, sizeof(config.bytes));
    if (config.offset > device->config_size || config.size > device->config_size - config.offset)
        config.size = 0;
    else
        memcpy(config.bytes, (const uint8_t *)device->config + config.offset, config.size);
    return answer(server, &config, config.size != 0 ? VHOST_CONFIG_HEADER + config.size : 0);
}

static int set_config(struct vhost_server *server)
{
    (void)server;
    return -EPERM;
}

#define ANY_SIZE UINT32_MAX

static const struct row {
    uint32_t size; /* of the payload */
    bool has_fds;  /* descriptors may come with it */
    int (*handle)(struct vhost_server *server);
} rows[] = {
    [VHOST_GET_FEATURES] = {0, false, get_features},
    [VHOST_SET_FEATURES] = {sizeof(uint64_t), false, set_features},
    [VHOST_SET_OWNER] = {0, false, set_owner},
    [VHOST_RESET_OWNER] = {0, false, reset_owner},
    [VHOST_SET_MEM_TABLE] = {ANY_SIZE, true, set_mem_table},
    [VHOST_SET_VRING_NUM] = {sizeof(struct vhost_user_state), false, set_vring_num},
    [VHOST_SET_VRING_ADDR] = {sizeof(struct vhost_user_addr), false, set_vring_addr},
    [VHOST_SET_VRING_BASE] = {sizeof(struct vhost_user_state), false, set_vring_base},
    [VHOST_GET_VRING_BASE] = {sizeof(struct vhost_user_state), false, get_vring_base},
    [VHOST_SET_VRING_KICK] = {sizeof(uint64_t), true, set_vring_kick},
    [VHOST_SET_VRING_CALL] = {sizeof(uint64_t), true, set_vring_call},
    [VHOST_SET_VRING_ERR] = {sizeof(uint64_t), true, set_vring_err},
    [VHOST_GET_PROTOCOL_FEATURES] = {0, false, get_protocol_features},
    [VHOST_SET_PROTOCOL_FEATURES] = {sizeof(uint64_t), false, set_protocol_features},
    [VHOST_GET_QUEUE_NUM] = {0, false, get_queue_num},
    [VHOST_SET_VRING_ENABLE] = {sizeof(struct vhost_user_state), false, set_vring_enable},
    [VHOST_GET_CONFIG] = {ANY_SIZE, false, get_config},
    [VHOST_SET_CONFIG] = {ANY_SIZE, false, set_config},
};

static int handle(struct vhost_server *server)
{
    const struct vhost_message *message = &server->message;
    uint32_t request = message->header.request;

    if (request >= sizeof(rows) / sizeof(rows[0]) || rows[request].handle == NULL)
        return -EOPNOTSUPP;
    const struct row *row = &rows[request];
    if ((row->size != ANY_SIZE && row->size != message->header.size) || (message->fds != 0 && !row->has_fds))
        return -EINVAL;
    return row->handle(server);
}

int vhost_request(struct vhost_server *server)
{
    int result = handle(server);

    if (result == ANSWERED)
        return 0;
    if (!(server->message.header.flags & VHOST_NEED_REPLY) || !(server->protocol & BIT(VHOST_PROTOCOL_REPLY_ACK)))
        return result;
    result = answer_number(server, result != 0);
    return result < 0 ? result : 0;
}
