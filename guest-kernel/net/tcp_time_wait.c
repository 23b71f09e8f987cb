/* SPDX-License-Identifier: Apache-2.0 */
/* tcp_time_wait.c - what a closed connection leaves for a minute: its port is in use, as bind(2) can see. */
#include "core/clock.h"
#include "mm/kmalloc.h"
#include "net/tcp.h"

#define TIME_WAIT_NS 60000000000ull
#define ENDED_AT_ONCE 64u  /* by one interrupt, as programs decide how many there are; */
#define NEXT_NS 1000000ull /* so long after it the next goes on */

static struct list all; /* the oldest first */
static unsigned count;
static struct timer timer; /* for the first */

unsigned tcp_time_wait_count(void)
{
    return count;
}

struct tcp_time_wait *tcp_time_wait_of(struct inet_use *use)
{
    return container_of(use, struct tcp_time_wait, use);
}

static void end(struct tcp_time_wait *wait)
{
    list_remove(&wait->all);
    inet_port_leave(&wait->use);
    kfree(wait);
    count--;
}

static struct tcp_time_wait *first(void)
{
    return all.next == NULL || list_is_empty(&all) ? NULL : container_of(all.next, struct tcp_time_wait, all);
}

static void expired(struct timer *of)
{
    uint64_t now_ns = clock_monotonic_ns();

    for (unsigned ended = 0; ended < ENDED_AT_ONCE && first() != NULL && first()->deadline_ns <= now_ns; ended++)
        end(first());
    if (first() != NULL)
        timer_set(of, first()->deadline_ns > now_ns ? first()->deadline_ns : now_ns + NEXT_NS);
}

void tcp_time_wait_begin(struct tcp_socket *tcp)
{
    const struct socket *socket = tcp_socket_of(tcp);
    struct tcp_time_wait *wait;

    if (count >= (unsigned)inet_settings.time_wait_most || tcp->inet.use.port == NULL)
        return;
    wait = kmalloc(sizeof(*wait));
    if (wait == NULL)
        return;
    wait->use.local = tcp->inet.use.local;
    wait->use.peer = tcp->inet.use.peer;
    wait->use.reuse_address = socket->reuse_address;
    wait->use.reuse_port = socket->reuse_port;
    wait->use.v6_only = tcp->inet.options.v6_only;
    wait->use.user = tcp->inet.use.user;
    wait->deadline_ns = clock_monotonic_ns() + TIME_WAIT_NS;
    if (tcp->inet.port_is_bound) {
        /* The socket keeps the port that bind(2) gave it. */
        inet_tuple_remove(&tcp->inet.use);
        inet_port_share(&wait->use, &tcp->inet.use);
        inet_tuple_add(&tcp_table, &wait->use);
    } else {
        inet_port_hand_over(&tcp->inet.use, &wait->use);
    }
    if (all.next == NULL)
        list_init(&all);
    list_insert(&all, &wait->all);
    count++;
    timer.expired = expired;
    if (!timer.is_set)
        timer_set(&timer, wait->deadline_ns);
}

void tcp_time_wait_end(void)
{
    timer_cancel(&timer);
    while (first() != NULL)
        end(first());
}
