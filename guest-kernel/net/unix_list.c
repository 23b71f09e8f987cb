/* SPDX-License-Identifier: Apache-2.0 */
/* unix_list.c - see unix_list.h. */
#include "net/unix_list.h"

#include "core/wait.h"
#include "net/socket_tuning.h"
#include "net/unix.h"

#define FLAG_LISTENS 0x10000u /* Linux's __SO_ACCEPTCON */
enum { STATE_UNCONNECTED = 1, STATE_CONNECTING = 2, STATE_CONNECTED = 3, STATE_DISCONNECTING = 4 };
#define FAMILY_SIZE 2u
#define SOCKETS_AT_ONCE 64u /* that are told of, until others have a turn */

static uint64_t inode_of(const struct unix_socket *of)
{
    return of->socket.file != NULL ? of->socket.file->inode->number : 0;
}

static struct unix_entry entry_of(struct unix_socket *of)
{
    bool connected = of->state == UNIX_CONNECTED;
    struct unix_entry entry = {
        .refs = of->refs,
        .flags = of->state == UNIX_LISTENS ? FLAG_LISTENS : 0,
        .type = of->socket.type,
        .state = connected ? STATE_CONNECTING : STATE_DISCONNECTING,
        .inode = inode_of(of),
        .peer_inode = of->peer != NULL ? inode_of(of->peer) : 0,
        .cookie = socket_cookie(&of->socket),
        .unread = of->state == UNIX_LISTENS ? of->callers_count : unix_unread(of),
        .unsent = of->state == UNIX_LISTENS ? of->backlog : of->charge,
        .has_peer = of->peer != NULL,
        .read_shut = of->socket.read_shut,
        .write_shut = of->socket.write_shut,
    };

    if (of->socket.file != NULL)
        entry.state = connected ? STATE_CONNECTED : STATE_UNCONNECTED;
    if (of->name != NULL) {
        entry.name = (const char *)of->name->bytes + FAMILY_SIZE;
        entry.name_size = of->name->size - FAMILY_SIZE;
        if (entry.name[0] != 0)
            entry.name_size--; /* its NUL */
    }
    return entry;
}

void unix_list(void (*tell)(void *arg, const struct unix_entry *entry), void *arg)
{
    size_t most = unix_all_count; /* more may come, again and again */

    for (struct list *at = unix_all.next, *next; at != &unix_all && most-- != 0; at = next) {
        struct unix_socket *of = container_of(at, struct unix_socket, all);
        struct unix_entry entry = entry_of(of);

        unix_get(of);  /* it stays, whoever waits */
        if (!of->dead) /* else it is only waited for by what it has sent */
            tell(arg, &entry);
        if (most % SOCKETS_AT_ONCE == 0)
            (void)wait_loop_ends(true);
        next = at->next;
        unix_put(of);
    }
}
