/* SPDX-License-Identifier: Apache-2.0 */
/* serve.c - see server.h: waits for messages and for queues, and gives each its turn. */
#include "vmm/vhost/server.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vmm/vhost/queues.h"
#include "vmm/vhost/requests.h"

/* What epoll tells of, beside queues' numbers. */
enum { EVENT_SOCKET = VHOST_QUEUES_MAX, EVENT_MORE, EVENT_OTHER, EVENTS };

/* Messages that are done before queues have their turn. */
#define MESSAGES_A_TURN 16u

static int watch(const struct vhost_server *server, int fd, uint32_t what)
{
    /* The owner's other descriptor may stay readable, until it has a use for what is there. */
    struct epoll_event event = {.events = what == EVENT_OTHER ? EPOLLIN | EPOLLET : EPOLLIN, .data.u32 = what};

    return epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int server_init(struct vhost_server *server)
{
    vhost_message_init(&server->message);
    vhost_queues_init(server);
    server->more = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (server->epoll < 0 || server->more < 0)
        return -errno;
    int error = watch(server, server->socket, EVENT_SOCKET);
    return error != 0 ? error : watch(server, server->more, EVENT_MORE);
}

static bool device_ok(const struct vhost_device *device)
{
    return device->queues >= 1 && device->queues <= VHOST_QUEUES_MAX && device->config_size <= VHOST_CONFIG_MAX &&
           device->ready != NULL;
}

int vhost_server_create(const struct vhost_device *device, int socket, struct vhost_server **out)
{
    struct vhost_server *server = device_ok(device) ? calloc(1, sizeof(*server)) : NULL;

    if (server == NULL) {
        close(socket);
        return device_ok(device) ? -ENOMEM : -EINVAL;
    }
    server->device = *device;
    server->socket = socket;
    int error = server_init(server);
    if (error != 0)
        vhost_server_destroy(server);
    else
        *out = server;
    return error;
}

void vhost_server_destroy(struct vhost_server *server)
{
    if (server == NULL)
        return;
    vhost_message_clear(&server->message);
    vhost_queues_fini(server);
    if (server->epoll >= 0)
        close(server->epoll);
    if (server->more >= 0)
        close(server->more);
    close(server->socket);
    free(server);
}

int vhost_server_watch(struct vhost_server *server, int fd, void (*ready)(void *owner))
{
    server->other = ready;
    return watch(server, fd, EVENT_OTHER);
}

int vhost_server_fd(const struct vhost_server *server)
{
    return server->epoll;
}

uint64_t vhost_server_features(const struct vhost_server *server)
{
    return server->features;
}

static int take_messages(struct vhost_server *server)
{
    for (unsigned i = 0; i < MESSAGES_A_TURN; i++) {
        int result = vhost_message_read(&server->message, server->socket);

        if (result <= 0)
            return result;
        result = vhost_request(server);
        vhost_message_clear(&server->message);
        if (result != 0)
            return result;
    }
    return 0;
}

/* True: a queue is to be called again. */
static bool serve_queues(struct vhost_server *server)
{
    bool more = false;

    for (unsigned i = 0; i < server->device.queues; i++) {
        struct vhost_queue *queue = &server->queue[i];

        if (!queue->again || !vhost_queue_runs(server, i))
            continue;
        queue->again = server->device.ready(server->device.owner, i);
        vhost_queue_interrupt(server, i);
        more = more || queue->again;
    }
    return more;
}

/* For an owner that waits for our descriptor. */
static void set_more(struct vhost_server *server, bool more)
{
    uint64_t count = 1;

    if (more && !server->more_set)
        server->more_set = write(server->more, &count, sizeof(count)) == sizeof(count);
    else if (!more && server->more_set)
        server->more_set = read(server->more, &count, sizeof(count)) != sizeof(count);
}

int vhost_server_run(struct vhost_server *server, int timeout_ms)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(server->epoll, events, EVENTS, timeout_ms);

    if (count < 0)
        return errno == EINTR ? 0 : -errno;
    for (int i = 0; i < count; i++) {
        uint32_t what = events[i].data.u32;
        int error = what == EVENT_SOCKET ? take_messages(server) : 0;

        if (error != 0)
            return error;
        if (what < VHOST_QUEUES_MAX)
            server->queue[what].again = true;
        if (what == EVENT_OTHER)
            server->other(server->device.owner);
    }
    set_more(server, serve_queues(server));
    return 0;
}
