/* SPDX-License-Identifier: Apache-2.0 */
/* tcp_orphan.c - sockets whose programs have closed them, until the other side has, too, or for tcp_fin_timeout. */
#include "core/clock.h"
#include "net/tcp.h"

#define SECOND 1000000000ull

static struct list orphans; /* tcp_socket.link */
static unsigned count;

unsigned tcp_orphan_count(void)
{
    return count;
}

void tcp_orphan_end(struct tcp_socket *tcp)
{
    struct tcp_socket *peer = tcp->peer;

    if (peer != NULL)
        peer->peer = NULL;
    list_remove(&tcp->link);
    count--;
    tcp_free(tcp);
}

static void timed_out(struct timer *timer)
{
    tcp_orphan_end(container_of(timer, struct tcp_socket, timer));
}

void tcp_orphan_begin(struct tcp_socket *tcp)
{
    int seconds = tcp->settings.linger2 != 0 ? tcp->settings.linger2 : inet_settings.fin_timeout;

    if (orphans.next == NULL)
        list_init(&orphans);
    tcp->is_orphan = true;
    tcp->inet.socket.file = NULL;
    tcp->timer.expired = timed_out;
    list_insert(&orphans, &tcp->link);
    count++;
    if (count > (unsigned)inet_settings.orphans_most)
        tcp_orphan_end(tcp);
    else
        timer_set(&tcp->timer, clock_monotonic_ns() + (uint64_t)seconds * SECOND);
}

void tcp_orphans_end(void)
{
    while (orphans.next != NULL && !list_is_empty(&orphans))
        tcp_orphan_end(container_of(orphans.next, struct tcp_socket, link));
}
