/* SPDX-License-Identifier: Apache-2.0 */
/* unix_queue.c - the packets of local sockets: their memory, who is charged, and the queues that they wait in. */
#include "abi/errno.h"
#include "abi/poll.h"
#include "core/clock.h"
#include "core/wait.h"
#include "core/pid.h"
#include "mm/kmalloc.h"
#include "mm/page.h"
#include "net/unix.h"

#define WRITABLE (POLLOUT | POLLWRNORM | POLLWRBAND)
#define PAGE_ROOM ((uint32_t)(PAGE_SIZE - sizeof(struct unix_packet)))
#define PACKETS_AT_ONCE 256u /* that are purged until others have a turn */
#define SMALL_MOST 1024u     /* bytes of a message that kmalloc has room for, rather than a page */

/* ---- memory ---- */

static struct unix_packet *page_packet(struct unix_packet *packet)
{
    if (packet == NULL) {
        struct page *page = page_alloc_dirty();

        if (page == NULL)
            return NULL;
        packet = page_data(page);
    }
    *packet = (struct unix_packet){.room = PAGE_ROOM, .in_page = true};
    return packet;
}

struct unix_packet *unix_packet_page(struct unix_socket *receiver)
{
    struct unix_packet *spare = receiver->spare;

    receiver->spare = NULL;
    return page_packet(spare);
}

/* Of one packet; a page is kept for the receiver's next one. */
static void memory_free(struct unix_packet *packet, struct unix_socket *receiver)
{
    if (!packet->in_page)
        kfree(packet);
    else if (receiver != NULL && receiver->spare == NULL && !receiver->dead)
        receiver->spare = packet;
    else
        page_put(page_of(virt_to_phys(packet)));
}

struct unix_packet *unix_packet_create(uint32_t size)
{
    struct unix_packet *packet, **at;

    if (size <= SMALL_MOST) {
        packet = kmalloc(sizeof(*packet) + size);
        if (packet != NULL)
            packet->room = size;
        return packet;
    }
    packet = page_packet(NULL);
    if (packet == NULL)
        return NULL;
    at = &packet->rest;
    for (uint32_t done = PAGE_ROOM; done < size; done += PAGE_ROOM) {
        *at = page_packet(NULL);
        if (*at == NULL) {
            unix_packet_free(packet, NULL);
            return NULL;
        }
        at = &(*at)->rest;
    }
    return packet;
}

/* ---- who is charged ---- */

#define HEADER 256u /* Linux's struct sk_buff, and what stands behind its bytes */
#define TRAILER 320u
#define WHOLE_MOST 16384u

uint32_t unix_charge_of(uint32_t size)
{
    uint32_t bytes = ((size + 63) & ~63u) + TRAILER, block = 512;

    if (bytes > WHOLE_MOST)
        return HEADER + ((bytes + 4095) & ~4095u);
    while (block < bytes)
        block *= 2;
    return HEADER + block;
}

/* As Linux tells of room whenever something was received, if there is enough. */
static void uncharge(struct unix_socket *sender, uint32_t charge)
{
    sender->charge -= charge;
    if (!sender->dead && unix_is_writable(sender))
        socket_changed(&sender->socket, WRITABLE);
    unix_put(sender);
}

void unix_packet_free(struct unix_packet *packet, struct unix_socket *receiver)
{
    struct unix_socket *sender = packet->sender;
    struct control_files *files = packet->files;
    uint32_t charge = packet->charge;

    if (files != NULL)
        unix_rights_end(files);
    while (packet != NULL) {
        struct unix_packet *rest = packet->rest;

        pid_drop(packet->pid);
        memory_free(packet, receiver);
        packet = rest;
    }
    if (sender != NULL)
        uncharge(sender, charge);
    if (files != NULL)
        control_files_put(files);
}

int unix_wait_to_send(struct unix_socket *unix_socket, uint64_t deadline_ns)
{
    struct socket *socket = &unix_socket->socket;
    int error = 0;

    for (;;) {
        if (socket->error != 0)
            return socket_take_error(socket);
        if (socket->write_shut)
            return -EPIPE;
        if (unix_may_send_more(unix_socket))
            return 0;
        if (error != 0)
            return error;
        error = deadline_ns == 0 ? -EAGAIN : socket_wait(socket, WRITABLE, deadline_ns);
    }
}

/* ---- queues ---- */

void unix_packet_send(struct unix_packet *packet, struct unix_socket *sender, struct unix_socket *receiver)
{
    unix_get(sender);
    packet->sender = sender;
    sender->charge += packet->charge;
    if (receiver->socket.timestamp || receiver->socket.timestamp_ns)
        packet->time_ns = clock_realtime_ns();
    packet->next = NULL;
    if (receiver->last != NULL)
        receiver->last->next = packet;
    else
        receiver->first = packet;
    receiver->last = packet;
    receiver->count++;
}

/* There is room again for those who have found the queue full. */
static void tell_senders(struct unix_socket *receiver)
{
    const struct list *head = &receiver->senders;

    wait_wake_all(&receiver->room, POLLOUT);
    if (!receiver->room_awaited)
        return;
    receiver->room_awaited = false;
    for (struct list *at = head->next, *next; at != head; at = next) {
        struct unix_socket *sender = container_of(at, struct unix_socket, of_peer);

        next = at->next;
        if (unix_is_writable(sender))
            socket_changed(&sender->socket, WRITABLE);
    }
}

void unix_packet_take(struct unix_socket *receiver, struct unix_packet *before)
{
    struct unix_packet *packet = before != NULL ? before->next : receiver->first;

    if (receiver == unix_rights_walked)
        unix_rights_changes++;
    if (before != NULL)
        before->next = packet->next;
    else
        receiver->first = packet->next;
    if (receiver->last == packet)
        receiver->last = before;
    if (receiver->urgent == packet)
        receiver->urgent = NULL;
    receiver->count--;
    if ((receiver->room.first != NULL || receiver->room_awaited) && !unix_queue_is_full(receiver))
        tell_senders(receiver);
}

void unix_queue_purge(struct unix_socket *receiver)
{
    static unsigned done; /* of all queues: many may be purged in a row */
    struct unix_packet *packet;

    for (;;) {
        if (++done % PACKETS_AT_ONCE == 0)
            (void)wait_loop_ends(true);
        unix_read_wait(receiver); /* MSG_PEEK may look at one, each time that this has waited */
        packet = receiver->first;
        if (packet == NULL)
            return;
        unix_packet_take(receiver, NULL);
        unix_packet_free(packet, receiver);
    }
}

void unix_read_wait(struct unix_socket *receiver)
{
    while (receiver->reading)
        (void)wait_on(&receiver->reading_end, WAIT_FOREVER, 0);
}

void unix_read_begin(struct unix_socket *receiver)
{
    unix_read_wait(receiver);
    receiver->reading = true;
}

void unix_read_end(struct unix_socket *receiver)
{
    receiver->reading = false;
    wait_wake_all(&receiver->reading_end, 0);
}
