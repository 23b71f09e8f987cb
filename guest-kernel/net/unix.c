/* SPDX-License-Identifier: Apache-2.0 */
/* unix.c - local sockets from their making to their end. */
#include "net/unix.h"

#include "abi/errno.h"
#include "abi/poll.h"
#include "core/wait.h"
#include "mm/kmalloc.h"
#include "mm/page.h"
#include "net/settings.h"
#include "vfs/mount.h"

#define READABLE (POLLIN | POLLRDNORM)
#define WRITABLE (POLLOUT | POLLWRNORM | POLLWRBAND)
#define CALLERS_AT_ONCE 64u

int unix_create(const struct socket_ops *ops, unsigned type, struct unix_socket **out)
{
    struct unix_socket *made = kmalloc(sizeof(*made));

    if (made == NULL)
        return -ENOMEM;
    socket_init(&made->socket, ops, AF_UNIX, type, 0);
    made->socket.receive_size = (uint32_t)socket_receive_default;
    made->socket.takes_files = true;
    made->refs = 1;
    made->backlog = (uint32_t)unix_datagrams_most;
    list_init(&made->senders);
    list_init(&made->of_peer);
    list_init(&made->flying);
    list_insert(&unix_all, &made->all);
    unix_all_count++;
    *out = made;
    return 0;
}

/* ---- the end ---- */

/* The peer learns of it: an error, if something that it has sent is lost. */
static void leave_peer(struct unix_socket *unix_socket, bool unaccepted)
{
    struct unix_socket *peer = unix_socket->peer;
    const struct unix_packet *unread = unix_socket->first;

    if (unread != NULL && unread->start == unread->end && unix_socket->socket.type == SOCK_STREAM)
        unread = unread->next; /* what was urgent, and has been read */
    if (peer != NULL && unix_is_connected_kind(unix_socket)) {
        peer->socket.read_shut = peer->socket.write_shut = true;
        if (unread != NULL || unaccepted)
            peer->socket.error = -ECONNRESET;
        socket_changed(&peer->socket, READABLE | WRITABLE | POLLHUP | POLLRDHUP | POLLERR);
    }
}

/* Nobody has accepted them, and nobody will. Where many wait, others have a turn. */
static void end_callers(struct unix_socket *unix_socket)
{
    struct unix_socket *caller;
    unsigned done = 0;

    while ((caller = unix_socket->callers) != NULL) {
        unix_socket->callers = caller->next_caller;
        unix_end(caller, true);
        if (++done % CALLERS_AT_ONCE == 0)
            (void)wait_loop_ends(true);
    }
    unix_socket->callers_count = 0;
}

/* Those who have it as their peer find that out when they send: so they can, by now. */
static void leave_senders(struct unix_socket *unix_socket)
{
    const struct list *head = &unix_socket->senders;

    for (struct list *at = head->next, *next; at != head; at = next) {
        next = at->next;
        socket_changed(&container_of(at, struct unix_socket, of_peer)->socket, WRITABLE);
    }
}

void unix_end(struct unix_socket *unix_socket, bool unaccepted)
{
    struct path path = unix_socket->path;

    unix_rights_changes++;
    unix_name_forget(unix_socket);
    unix_socket->path = (struct path){0};
    unix_socket->dead = true;
    unix_socket->socket.read_shut = unix_socket->socket.write_shut = true;
    wait_wake_all(&unix_socket->room, 0);
    leave_peer(unix_socket, unaccepted);
    leave_senders(unix_socket);
    unix_socket->state = UNIX_CLOSED;
    unix_set_peer(unix_socket, NULL);
    end_callers(unix_socket);
    unix_queue_purge(unix_socket);
    if (unix_socket->spare != NULL)
        page_put(page_of(virt_to_phys(unix_socket->spare)));
    unix_socket->spare = NULL;
    if (path.mount != NULL)
        path_put(&path);
    unix_put(unix_socket);
}
