/* SPDX-License-Identifier: Apache-2.0 */
/* outside.c - see outside.h. */
#include "net/outside.h"

#include "abi/errno.h"
#include "core/clock.h"
#include "core/wait.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "mm/page.h"
#include "net/inet.h"

#define END_NS 5000000000ull
#define NS_PER_MS 1000000ull
#define COUNTED_MOST 1024u
#define PACE_NS 1000000000ull /* who takes none for so long has ended, or is stopped */
#define GROWN_PART 16u        /* of all memory, at most: rooms that have grown */
#define ERROR_MOST 133u       /* Linux's last number for programs, EHWPOISON */

const struct lvmm_net_config *outside_config;

static struct {
    const struct outside_link *link;
    struct outside **socket; /* by number; [0] isn't used. NULL: the link isn't started */
    uint32_t count;          /* of numbers */
    uint32_t next;           /* where the search for a free one goes on */
    uint32_t used, closing;
    uint32_t kept;    /* for connections that may come */
    uint32_t grown;   /* that have the large room */
    uint32_t counted; /* frames of outside_frame_count that the device has not read yet */
    struct wait_queue pace;
    bool failed;
} all;

void outside_begin(const struct outside_link *link, const struct lvmm_net_config *config)
{
    all.link = link;
    inet_settings.ping_group_least = 0; /* as distributions have it, and containers */
    inet_settings.ping_group_most = INT32_MAX;
    all.count = config->sockets < LVMM_NET_SOCKETS_MAX ? config->sockets : LVMM_NET_SOCKETS_MAX;
    outside_config = config;
}

bool outside_has_failed(void)
{
    return all.failed;
}

bool outside_is_published(uint8_t protocol, uint16_t port)
{
    const struct lvmm_net_config *config = outside_config;

    for (unsigned i = 0; config != NULL && i < config->published_count && i < LVMM_NET_PUBLISHED_MAX; i++)
        if (config->published[i].port == port && config->published[i].protocol == protocol)
            return true;
    return false;
}

/* ---- numbers ---- */

static int start(void)
{
    int error;

    if (all.failed)
        return -ENETDOWN;
    if (all.socket != NULL)
        return 0;
    all.socket = kmalloc_array(all.count + 1, sizeof(all.socket[0]));
    if (all.socket == NULL)
        return -ENOMEM;
    error = all.link->start();
    if (error != 0) {
        kfree(all.socket);
        all.socket = NULL;
    }
    return error;
}

/* Both sides are done with it: CLOSED has come, and the device has given all of its frames back. */
static void forget(struct outside *outside)
{
    all.socket[outside->number] = NULL;
    all.used--;
    kfree(outside);
}

static void tell_end(struct outside *outside)
{
    if (outside->end == NULL)
        return;
    outside->end->has_come = true;
    wait_wake_all(&outside->end->queue, 0);
    outside->end = NULL;
}

static void close_was_sent(struct outside_frame *frame)
{
    struct outside *outside = container_of(frame, struct outside, close);

    outside->close_is_sent = true;
    if (outside->is_closed)
        forget(outside);
}

static void frame_is_kept(struct outside_frame *frame)
{
    (void)frame;
}

static void credit_was_sent(struct outside_frame *frame)
{
    container_of(frame, struct outside, credit)->credit_is_sent = false;
}

static int make(uint64_t credit, uint64_t room, struct outside **out)
{
    struct outside *outside;
    int error = start();

    if (error != 0)
        return error;
    if (all.used == all.count)
        return -ENOBUFS;
    outside = kmalloc(sizeof(*outside));
    if (outside == NULL)
        return -ENOMEM;
    do {
        all.next = all.next % all.count + 1;
    } while (all.socket[all.next] != NULL);
    all.socket[all.next] = outside;
    all.used++;
    outside->number = all.next;
    outside->may_send = credit;
    outside->room = outside->told = room;
    outside->close.sent = close_was_sent;
    outside->shutdown.sent = frame_is_kept;
    outside->credit.sent = credit_was_sent;
    list_init(&outside->kept);
    *out = outside;
    return 0;
}

static void stop_keeping(struct outside *outside)
{
    if (outside->listener == NULL)
        return;
    list_remove(&outside->kept);
    outside->listener->kept_count--;
    all.kept--;
    outside->listener = NULL;
    list_init(&outside->kept);
}

/* The listener's end: those that it has had no connection for. */
static void forget_kept(struct outside *listener)
{
    struct list *at = listener->kept.next;

    while (at != &listener->kept) {
        struct outside *kept = container_of(at, struct outside, kept);

        at = at->next;
        forget(kept);
    }
    list_init(&listener->kept);
    all.kept -= listener->kept_count;
    listener->kept_count = 0;
}

/* ---- to the host ---- */

struct outside_frame *outside_frame_make(uint8_t type, uint32_t size)
{
    struct outside_frame *frame = kmalloc(sizeof(*frame) + size);

    if (frame == NULL)
        return NULL;
    frame->head.type = type;
    frame->head.size = size;
    frame->payload = size != 0 ? outside_frame_bytes(frame) : NULL;
    return frame;
}

static void counted_was_sent(struct outside_frame *frame)
{
    kfree(frame);
    all.counted--;
    if (all.counted < COUNTED_MOST)
        wait_wake_all(&all.pace, 0);
}

void outside_frame_count(struct outside_frame *frame)
{
    frame->sent = counted_was_sent;
    all.counted++;
}

void outside_pace(void)
{
    uint64_t deadline_ns = clock_monotonic_ns() + PACE_NS;
    int error = 0;

    while (all.counted >= COUNTED_MOST && error == 0)
        error = wait_on(&all.pace, deadline_ns, WAIT_KILLABLE);
}

void outside_send(struct outside *outside, struct outside_frame *frame)
{
    frame->head.socket = outside->number;
    if (frame->head.type != LVMM_NET_ACCEPT) /* whose credit is the other one's */
        frame->head.credit = outside->told = outside->room;
    if (frame->head.type == LVMM_NET_DATA || frame->head.type == LVMM_NET_DATAGRAM)
        outside->sent += frame->head.size;
    all.link->send(frame);
}

void outside_kick(void)
{
    if (all.link != NULL && !all.failed)
        all.link->kick();
}

int outside_open(uint32_t value, uint64_t credit, uint64_t room, struct outside **out)
{
    struct outside_frame *frame = outside_frame_make(LVMM_NET_OPEN, 0);
    int error = frame == NULL ? -ENOMEM : make(credit, room, out);

    if (error != 0) {
        kfree(frame);
        return error;
    }
    frame->head.value = value;
    outside_send(*out, frame);
    return 0;
}

int outside_keep(struct outside *listener, uint64_t credit, uint64_t room)
{
    struct outside_frame *frame;
    struct outside *kept;
    int error;

    if (all.kept >= all.count / 2 && listener->kept_count != 0)
        return -ENOBUFS; /* the rest is for those that connect */
    frame = outside_frame_make(LVMM_NET_ACCEPT, 0);
    error = frame == NULL ? -ENOMEM : make(credit, room, &kept);
    if (error != 0) {
        kfree(frame);
        return error;
    }
    kept->listener = listener;
    list_insert(&listener->kept, &kept->kept);
    listener->kept_count++;
    all.kept++;
    frame->head.value = kept->number;
    frame->head.credit = room;
    outside_send(listener, frame);
    return 0;
}

void outside_shutdown(struct outside *outside)
{
    outside->shutdown.head = (struct lvmm_net_frame){.type = LVMM_NET_SHUTDOWN, .value = 1};
    outside_send(outside, &outside->shutdown);
    outside_kick();
}

/* Its own frame, or another if the device still has that one: what isn't told now may never be, as the other side may
 * wait for just this. */
static struct outside_frame *credit_frame(struct outside *outside)
{
    if (outside->credit_is_sent)
        outside_kick(); /* which takes back what the device is done with */
    if (outside->credit_is_sent)
        return outside_frame_make(LVMM_NET_CREDIT, 0);
    outside->credit_is_sent = true;
    outside->credit.head = (struct lvmm_net_frame){.type = LVMM_NET_CREDIT};
    return &outside->credit;
}

bool outside_grow(struct outside *outside)
{
    uint64_t most = (page_total_count() << PAGE_SHIFT) / GROWN_PART / OUTSIDE_ROOM_GROWN;

    if (!outside->has_grown && all.grown < most) {
        outside->has_grown = true;
        all.grown++;
    }
    return outside->has_grown;
}

void outside_make_room(struct outside *outside, uint64_t room, uint64_t worth)
{
    struct outside_frame *frame;

    if (room > outside->room)
        outside->room = room;
    if (outside->room - outside->told < worth || outside->room == outside->told)
        return;
    frame = credit_frame(outside);
    if (frame == NULL)
        return;
    outside_send(outside, frame);
    outside_kick();
}

void outside_close(struct outside *outside, uint8_t flags, uint32_t value)
{
    outside->ops = NULL;
    outside->owner = NULL;
    all.grown -= outside->has_grown;
    outside->has_grown = false;
    if (!all.failed)
        all.closing++;
    outside->close.head = (struct lvmm_net_frame){.type = LVMM_NET_CLOSE, .flags = flags, .value = value};
    outside_send(outside, &outside->close);
    outside_kick();
}

void outside_close_lingering(struct outside *outside, uint32_t milliseconds)
{
    uint64_t deadline_ns = clock_monotonic_ns() + milliseconds * NS_PER_MS;
    struct outside_end end = {.has_come = all.failed};
    int error = 0;

    /* Until it has come, or below. */
    outside->end = &end; /* cppcheck-suppress autoVariables */
    outside_close(outside, LVMM_NET_LINGER, milliseconds);
    while (!end.has_come && error == 0)
        error = wait_on(&end.queue, deadline_ns, WAIT_INTERRUPTIBLE);
    if (!end.has_come)
        outside->end = NULL;
}

/* ---- from the host ---- */

static void came_accepted(struct outside *outside, const struct lvmm_net_frame *head, const uint8_t *payload)
{
    struct outside *listener = outside->listener;
    struct lvmm_net_names names;

    stop_keeping(outside);
    if (head->size < sizeof(names) || listener->ops == NULL) {
        outside_close(outside, LVMM_NET_RESET, 0);
        return;
    }
    memcpy(&names, payload, sizeof(names));
    listener->ops->accepted(listener, outside, &names);
}

/* Programs get a number that they know. */
static void check_error(struct lvmm_net_frame *head)
{
    if (head->error > ERROR_MOST || (head->type == LVMM_NET_ERROR && head->error == 0))
        head->error = EPROTO;
}

bool outside_came(struct lvmm_net_frame *head, const uint8_t *payload)
{
    struct outside *outside = head->socket <= all.count ? all.socket[head->socket] : NULL;

    if (outside == NULL)
        return false;
    check_error(head);
    if (head->credit > outside->may_send)
        outside->may_send = head->credit;
    if (head->type == LVMM_NET_DATA || head->type == LVMM_NET_DATAGRAM) {
        outside->received += head->size;
        if (outside->received > outside->told)
            return false;
    }
    if (head->type == LVMM_NET_CLOSED) {
        if (outside->close.head.type == 0 || outside->is_closed)
            return false;
        all.closing--;
        forget_kept(outside);
        tell_end(outside);
        outside->is_closed = true;
        if (outside->close_is_sent)
            forget(outside);
    } else if (outside->listener != NULL) {
        if (head->type != LVMM_NET_ACCEPTED)
            return false;
        came_accepted(outside, head, payload);
    } else if (outside->ops != NULL) {
        outside->ops->came(outside, head, payload);
    }
    return true;
}

void outside_fail(void)
{
    const struct lvmm_net_frame head = {.type = LVMM_NET_ERROR, .error = ENETDOWN};

    if (all.failed)
        return;
    all.failed = true;
    for (uint32_t i = 1; all.socket != NULL && i <= all.count; i++) {
        struct outside *outside = all.socket[i];

        if (outside != NULL)
            tell_end(outside);
        if (outside != NULL && outside->ops != NULL)
            outside->ops->came(outside, &head, NULL);
    }
    all.closing = 0; /* nobody will say that they are closed */
}

/* ---- the end ---- */

static bool all_are_closed(void *arg)
{
    (void)arg;
    return all.closing == 0;
}

void outside_end(void)
{
    if (all.socket == NULL)
        return;
    (void)wait_in_place(all_are_closed, NULL, clock_monotonic_ns() + END_NS, false);
    all.failed = true;
    all.link->stop();
    for (uint32_t i = 1; i <= all.count; i++)
        kfree(all.socket[i]);
    kfree(all.socket);
    all.socket = NULL;
    all.used = all.closing = all.kept = 0;
}
