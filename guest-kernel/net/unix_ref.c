/* SPDX-License-Identifier: Apache-2.0 */
/* unix_ref.c - who refers to a local socket, and whom it tells its peer of. */
#include "core/pid.h"
#include "core/process.h"
#include "mm/kmalloc.h"
#include "net/unix.h"

struct list unix_all = {&unix_all, &unix_all};
size_t unix_all_count;

void unix_put(struct unix_socket *unix_socket)
{
    if (--unix_socket->refs != 0)
        return;
    list_remove(&unix_socket->all);
    unix_all_count--;
    unix_name_put(unix_socket->name);
    cred_groups_put(unix_socket->peer_groups);
    pid_drop(unix_socket->peer_pid);
    socket_end(&unix_socket->socket);
    kfree(unix_socket);
}

void unix_set_peer(struct unix_socket *unix_socket, struct unix_socket *peer)
{
    struct unix_socket *was = unix_socket->peer;

    if (peer != NULL)
        unix_get(peer);
    unix_socket->peer = peer;
    list_remove(&unix_socket->of_peer);
    if (peer != NULL && unix_socket->socket.type == SOCK_DGRAM)
        list_insert(&peer->senders, &unix_socket->of_peer);
    if (was != NULL)
        unix_put(was);
}

static void peer_pid_set(struct unix_socket *to, struct pid *pid)
{
    if (pid != NULL)
        pid_hold(pid);
    pid_drop(to->peer_pid);
    to->peer_pid = pid;
}

void unix_introduce(struct unix_socket *to)
{
    cred_groups_put(to->peer_groups);
    to->peer_identity = socket_identity_now(false);
    peer_pid_set(to, current_thread()->process != NULL ? current_process()->id : NULL);
    to->peer_groups = current_thread()->cred.groups;
    cred_groups_get(to->peer_groups);
}

void unix_introduce_as(struct unix_socket *to, const struct unix_socket *other)
{
    cred_groups_put(to->peer_groups);
    to->peer_identity = other->peer_identity;
    peer_pid_set(to, other->peer_pid);
    to->peer_groups = other->peer_groups;
    cred_groups_get(to->peer_groups);
}

uint32_t unix_unread(const struct unix_socket *unix_socket)
{
    uint64_t bytes = 0;

    for (const struct unix_packet *packet = unix_socket->first; packet != NULL; packet = packet->next) {
        for (const struct unix_packet *part = packet; part != NULL; part = part->rest)
            bytes += part->end - part->start;
        if (unix_socket->socket.type == SOCK_DGRAM)
            break;
    }
    return bytes < INT32_MAX ? (uint32_t)bytes : INT32_MAX;
}
