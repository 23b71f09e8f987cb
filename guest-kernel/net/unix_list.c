/* SPDX-License-Identifier: Apache-2.0 */
/* unix_list.c - see unix_list.h. */
#include "net/unix_list.h"

#include "net/unix.h"

#define FLAG_LISTENS 0x10000u /* Linux's __SO_ACCEPTCON */
enum { STATE_UNCONNECTED = 1, STATE_CONNECTING = 2, STATE_CONNECTED = 3, STATE_DISCONNECTING = 4 };
#define FAMILY_SIZE 2u

static struct unix_entry entry_of(const struct unix_socket *of)
{
    bool connected = of->state == UNIX_CONNECTED;
    struct unix_entry entry = {
        .refs = of->refs,
        .flags = of->state == UNIX_LISTENS ? FLAG_LISTENS : 0,
        .type = of->socket.type,
        .state = connected ? STATE_CONNECTING : STATE_DISCONNECTING,
    };

    if (of->socket.file != NULL) {
        entry.state = connected ? STATE_CONNECTED : STATE_UNCONNECTED;
        entry.inode = of->socket.file->inode->number;
    }
    if (of->name != NULL) {
        entry.name = (const char *)of->name->bytes + FAMILY_SIZE;
        entry.name_size = of->name->size - FAMILY_SIZE;
        if (entry.name[0] != 0)
            entry.name_size--; /* its NUL */
    }
    return entry;
}

size_t unix_list_count(void)
{
    size_t count = 0;

    for (const struct list *at = unix_all.next; at != &unix_all; at = at->next)
        count++;
    return count;
}

void unix_list(void (*tell)(void *arg, const struct unix_entry *entry), void *arg)
{
    for (struct list *at = unix_all.next; at != &unix_all; at = at->next) {
        const struct unix_socket *of = container_of(at, struct unix_socket, all);
        struct unix_entry entry;

        if (of->dead) /* it is only waited for by what it has sent */
            continue;
        entry = entry_of(of);
        tell(arg, &entry);
    }
}
