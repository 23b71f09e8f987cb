/* SPDX-License-Identifier: Apache-2.0 */
/* net_process.c - see net_process.h: the device's queues, and the process around the helper. */
#include "vmm/net/net_process.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vmm/log.h"
#include "vmm/net/helper.h"
#include "vmm/sandbox/lists.h"
#include "vmm/vhost/server.h"

#define FRAMES_A_TURN 64u
#define SHORT_BUFFERS_A_TURN 16u
#define BUFFERS_HELD 16u

struct server {
    struct vhost_server *vhost;
    struct net_helper *helper;
    struct net_policy policy;
    struct net_log log;
    struct noted *noted; /* NULL: nothing is */
    /* Buffers of the guest's that were taken, and what it has sent in place: in the order of the rings. */
    struct queue_chain held[BUFFERS_HELD];
    unsigned held_first, held_count;
    uint16_t placed[FRAMES_A_TURN];
    unsigned placed_count;
    bool sockets_ready; /* of the host, some */
    uint64_t magic;     /* the configuration space */
    uint8_t frame[sizeof(struct lvmm_net_frame) + LVMM_NET_PAYLOAD_MAX];
};

/* ---- to the guest ---- */

static struct queue_chain *held(struct server *server, unsigned i)
{
    return &server->held[(server->held_first + i) % BUFFERS_HELD];
}

/* One more than are held: false, there is none. */
static bool take_buffer(struct server *server)
{
    struct queue_chain *chain = held(server, server->held_count);

    for (unsigned i = 0; i < SHORT_BUFFERS_A_TURN; i++) {
        if (vhost_queue_pop(server->vhost, LVMM_NET_TO_GUEST, chain) <= 0)
            return false;
        if (chain->writable_bytes >= LVMM_NET_BUFFER_MIN) {
            server->held_count++;
            return true;
        }
        vhost_queue_push(server->vhost, LVMM_NET_TO_GUEST, chain->head, 0);
    }
    return false;
}

/* The first that is held goes to the guest, with so many bytes. */
static void give_buffer(struct server *server, uint32_t written)
{
    vhost_queue_push(server->vhost, LVMM_NET_TO_GUEST, held(server, 0)->head, written);
    server->held_first = (server->held_first + 1) % BUFFERS_HELD;
    server->held_count--;
}

static size_t room(void *owner)
{
    struct server *server = owner;

    return server->held_count != 0 || take_buffer(server) ? held(server, 0)->writable_bytes : 0;
}

/* Buffers that are one piece. */
static unsigned places(void *owner, struct iovec *place, unsigned most, size_t bytes)
{
    const size_t head = sizeof(struct lvmm_net_frame);
    struct server *server = owner;
    unsigned count = 0;

    while (count < most && count < BUFFERS_HELD && bytes > 0) {
        if (count == server->held_count && !take_buffer(server))
            break;
        const struct queue_chain *chain = held(server, count);
        const struct iovec *piece = &chain->iov[chain->readable];
        if (chain->writable != 1)
            break;
        place[count] = (struct iovec){(uint8_t *)piece->iov_base + head, piece->iov_len - head};
        bytes -= bytes < place[count].iov_len ? bytes : place[count].iov_len;
        count++;
    }
    return count;
}

struct writer {
    const struct iovec *iov;
    size_t at; /* in it */
};

static void put(struct writer *writer, const void *bytes, size_t size)
{
    while (size > 0) {
        size_t left = writer->iov->iov_len - writer->at, part = size < left ? size : left;

        memcpy((uint8_t *)writer->iov->iov_base + writer->at, bytes, part);
        bytes = (const uint8_t *)bytes + part;
        size -= part;
        writer->at += part;
        if (writer->at == writer->iov->iov_len) {
            writer->iov++;
            writer->at = 0;
        }
    }
}

static bool is_data(uint8_t type)
{
    return type == LVMM_NET_DATA || type == LVMM_NET_DATAGRAM;
}

/* To the first buffer, of which the guest may change what is there before: nothing is read of it. */
static struct writer put_head(struct server *server, const struct lvmm_net_frame *frame)
{
    const struct lvmm_net_frame head = {.type = frame->type,
                                        .flags = frame->flags,
                                        .error = htole16(frame->error),
                                        .socket = htole32(frame->socket),
                                        .size = htole32(frame->size),
                                        .value = htole32(frame->value),
                                        .credit = htole64(frame->credit)};
    const struct queue_chain *chain = held(server, 0);
    struct writer writer = {.iov = chain->iov + chain->readable};

    if (server->noted != NULL && is_data(frame->type))
        atomic_fetch_add(&server->noted->net.bytes_in, frame->size);
    put(&writer, &head, sizeof(head));
    return writer;
}

static void send_frame(void *owner, const struct lvmm_net_frame *frame, const void *first, size_t first_size,
                       const void *rest)
{
    struct server *server = owner;
    struct writer writer = put_head(server, frame);

    put(&writer, first, first_size);
    put(&writer, rest, frame->size - first_size);
    give_buffer(server, (uint32_t)sizeof(*frame) + frame->size);
}

static void send_placed(void *owner, const struct lvmm_net_frame *frame)
{
    struct server *server = owner;

    (void)put_head(server, frame);
    give_buffer(server, (uint32_t)sizeof(*frame) + frame->size);
}

/* ---- from the guest ---- */

static void note_sent(struct server *server, uint8_t type, size_t payload)
{
    if (server->noted != NULL && is_data(type))
        atomic_fetch_add(&server->noted->net.bytes_out, payload);
}

/* The payload of DATA is sent from where it is, if header and payload are a piece each. False: it isn't such a frame.
 */
static bool take_placed(struct server *server, const struct queue_chain *chain)
{
    struct lvmm_net_frame head;

    if (chain->readable != 2 || chain->iov[0].iov_len != sizeof(head))
        return false;
    memcpy(&head, chain->iov[0].iov_base, sizeof(head));
    __atomic_signal_fence(__ATOMIC_SEQ_CST); /* what is checked is the copy, never the guest's memory again */
    if (head.type != LVMM_NET_DATA || head.size != chain->iov[1].iov_len)
        return false;
    note_sent(server, head.type, head.size);
    net_helper_data(server->helper, &head, chain->iov[1].iov_base);
    return true;
}

static void take_copied(struct server *server, const struct queue_chain *chain)
{
    size_t size = 0;

    if (chain->readable_bytes > sizeof(server->frame))
        return;
    for (unsigned i = 0; i < chain->readable; i++) {
        memcpy(server->frame + size, chain->iov[i].iov_base, chain->iov[i].iov_len);
        size += chain->iov[i].iov_len;
    }
    if (size > sizeof(struct lvmm_net_frame))
        note_sent(server, server->frame[offsetof(struct lvmm_net_frame, type)], size - sizeof(struct lvmm_net_frame));
    net_helper_frame(server->helper, server->frame, size);
}

/* What was sent from the guest's memory is its own again. */
static void give_back(struct server *server)
{
    net_helper_flush(server->helper);
    for (unsigned i = 0; i < server->placed_count; i++)
        vhost_queue_push(server->vhost, LVMM_NET_TO_HOST, server->placed[i], 0);
    server->placed_count = 0;
}

/* True: there may be more. */
static bool take_frames(struct server *server)
{
    struct queue_chain chain;

    for (unsigned i = 0; i < FRAMES_A_TURN; i++) {
        if (vhost_queue_pop(server->vhost, LVMM_NET_TO_HOST, &chain) <= 0)
            return false;
        if (!take_placed(server, &chain))
            take_copied(server, &chain);
        server->placed[server->placed_count++] = chain.head;
    }
    return true;
}

static bool serve_queue(void *owner, unsigned queue)
{
    struct server *server = owner;

    if (queue == LVMM_NET_TO_GUEST)
        net_helper_room(server->helper);
    if (queue != LVMM_NET_TO_HOST)
        return false;
    bool more = take_frames(server);
    give_back(server);
    return more;
}

/* A driver that ends, or begins anew, knows of no socket. */
static void queue_stopped(void *owner, unsigned queue)
{
    struct server *server = owner;

    while (queue == LVMM_NET_TO_GUEST && server->held_count != 0)
        give_buffer(server, 0);
    net_helper_reset(server->helper);
}

/* ---- the process ---- */

static int server_init(struct server *server, const struct net_setup *setup, int socket)
{
    struct lvmm_net_config told;
    struct net_helper_config config = {.policy = &server->policy,
                                       .ports = setup->port,
                                       .port_count = setup->port_count,
                                       .resolver = net_policy_is_open(&setup->policy) ? &setup->resolver : NULL,
                                       .log = &server->log};
    const struct net_link link = {room, send_frame, places, send_placed, server};
    struct vhost_device device = {.queues = NET_PROCESS_QUEUES,
                                  .config = &server->magic,
                                  .config_size = sizeof(server->magic),
                                  .ready = serve_queue,
                                  .stopped = queue_stopped,
                                  .owner = server};

    server->magic = htole64(LVMM_NET_MAGIC);
    server->policy = setup->policy;
    net_log_init(&server->log, setup->log_fd);
    server->noted = setup->noted;
    if (setup->noted != NULL)
        net_log_note_denials(&server->log, &setup->noted->net.denials);
    net_setup_tell(setup, &told);
    config.sockets = le32toh(told.sockets);
    memcpy(config.gateway4.bytes, told.gateway4, sizeof(told.gateway4));
    memcpy(config.gateway6.bytes, told.gateway6, sizeof(told.gateway6));
    memcpy(config.dns4.bytes, told.dns4, sizeof(told.dns4));
    int error = net_helper_create(&config, &link, &server->helper);
    return error != 0 ? error : vhost_server_create(&device, socket, &server->vhost);
}

/* Its descriptor is an epoll's, which is told once of events: those that are left are net_helper_is_busy's. */
static void sockets_ready(void *owner)
{
    ((struct server *)owner)->sockets_ready = true;
}

/* Until the other end is closed: 0, or -errno. */
static int server_run(struct server *server)
{
    int error = vhost_server_watch(server->vhost, net_helper_fd(server->helper), sockets_ready);

    while (error == 0) {
        bool is_busy = net_helper_is_busy(server->helper);

        server->sockets_ready = is_busy;
        error = vhost_server_run(server->vhost, is_busy ? 0 : -1);
        if (error == 0 && server->sockets_ready)
            error = net_helper_run(server->helper, 0);
        else
            net_helper_room(server->helper);
        vhost_queue_interrupt(server->vhost, LVMM_NET_TO_GUEST);
    }
    net_helper_destroy(server->helper);
    return error == -EPIPE ? 0 : error;
}

/* stdin and stdout lead nowhere, stderr takes what has to be said. */
static int keep_descriptors(const struct net_setup *setup, int socket)
{
    int kept[LVMM_NET_PUBLISHED_MAX + 2], nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    unsigned n = 0;

    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(nothing, STDOUT_FILENO) < 0)
        return -errno;
    kept[n++] = socket;
    kept[n++] = setup->log_fd;
    for (unsigned i = 0; i < setup->port_count; i++)
        kept[n++] = setup->port[i].fd;
    sandbox_close_others(kept, n);
    return 0;
}

/* What this host lacks ends the process, which says what that is. */
static void lock_in(enum sandbox_level level)
{
    const struct sandbox sandbox = {.level = level, .list = &sandbox_list_net, .calls_out = true};
    struct sandbox_held held;
    char why[256];

    if (sandbox_enter(&sandbox, &held, why, sizeof(why)) == 0)
        return;
    log_error("network: %s", why);
    _exit(1);
}

static void raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* All signals are blocked: those that a terminal sends to all of its job are for lvmm. */
static _Noreturn void serve(const struct net_setup *setup, enum sandbox_level level, int socket, pid_t parent)
{
    static struct server server; /* of a process of its own */

    prctl(PR_SET_NAME, "lvmm-net");
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
        _exit(1);
    raise_limit();
    int error = keep_descriptors(setup, socket);
    if (error == 0)
        error = server_init(&server, setup, socket);
    if (error != 0) {
        log_error("network: %s", strerror(-error));
        _exit(1);
    }
    lock_in(level);
    error = server_run(&server);
    if (error != 0)
        log_error("network: the device isn't used as the process that serves it expects: %s", strerror(-error));
    _exit(error != 0);
}

/* ---- ours ---- */

int net_process_start(const struct net_setup *setup, enum sandbox_level level, int *socket, pid_t *pid)
{
    pid_t parent = getpid();
    sigset_t all, old;
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    *pid = fork();
    if (*pid == 0)
        serve(setup, level, ends[1], parent);
    int error = *pid < 0 ? -errno : 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    close(ends[1]);
    if (error == 0) {
        *socket = ends[0];
        return 0;
    }
    *pid = 0;
    close(ends[0]);
    return error;
}
