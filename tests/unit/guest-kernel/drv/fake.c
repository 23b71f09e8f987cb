/* SPDX-License-Identifier: Apache-2.0 */
/* fake.c - see fake.h. */
#include "fake.h"

#include <check.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "core/log.h"
#include "core/sched.h"
#include "core/wait.h"
#include "mm/kmalloc.h"
#include "mm/page.h"

struct fake fake;
bool (*fake_before_sleep)(void);
bool fake_signal_pending;
unsigned fake_errors;

/* ---- kernel services ---- */

/* What a driver keeps for the machine's life is no leak: it can be reached from here. */
static void *kept[1024];

static void *keep(void *ptr)
{
    unsigned i;

    for (i = 0; kept[i] != NULL; i++)
        ck_assert_uint_lt(i, 1023);
    return kept[i] = ptr;
}

/* Tests that count objects have their own. */
__attribute__((weak)) void *kmalloc(size_t size)
{
    ck_assert_uint_le(size, PAGE_SIZE);
    return keep(calloc(1, size));
}

__attribute__((weak)) void kfree(void *ptr)
{
    unsigned i;

    for (i = 0; ptr != NULL && kept[i] != ptr; i++)
        ck_assert_uint_lt(i, 1023);
    if (ptr != NULL)
        kept[i] = NULL;
    free(ptr);
}

paddr_t virt_to_phys(const void *va)
{
    return (uintptr_t)va;
}

struct page *page_alloc(void)
{
    struct page *page = keep(calloc(1, sizeof(*page)));

    page->refs = 1;
    page->owner = aligned_alloc(PAGE_SIZE, PAGE_SIZE);
    memset(page->owner, 0, PAGE_SIZE);
    return page;
}

struct page *page_alloc_dirty(void)
{
    struct page *page = page_alloc();

    memset(page->owner, 0xdd, PAGE_SIZE);
    return page;
}

void *page_data(const struct page *page)
{
    return page->owner;
}

paddr_t page_phys(const struct page *page)
{
    return (uintptr_t)page->owner;
}

void log_error(const char *fmt, ...)
{
    (void)fmt;
    fake_errors++;
}

void log_info(const char *fmt, ...)
{
    (void)fmt;
}

/* Sleeps as the kernel does: the device gets its chance, and only after an interrupt the condition is looked at again.
 * A driver that nothing will wake fails the test. */
int wait_in_place(bool (*done)(void *arg), void *arg, uint64_t deadline_ns, bool interruptible)
{
    unsigned turns = 0;

    while (!done(arg)) {
        unsigned interrupts = fake.interrupts_taken;

        if (interruptible && fake_signal_pending)
            return -EINTR;
        if (fake_before_sleep != NULL && fake_before_sleep())
            continue;
        while (fake.interrupts_taken == interrupts) {
            if (fake.on_idle == NULL || ++turns == 1000) {
                ck_assert_msg(deadline_ns != WAIT_FOREVER, "the driver sleeps for ever");
                return -ETIMEDOUT;
            }
            fake.idled++;
            fake.on_idle(&fake);
        }
    }
    return 0;
}

void wait_add(struct wait_queue *queue, struct waiter *waiter)
{
    waiter->queue = queue;
    waiter->next = queue->first;
    queue->first = waiter;
}

void wait_remove(struct waiter *waiter)
{
    if (waiter->queue == NULL)
        return;

    struct waiter **at = &waiter->queue->first;

    while (*at != waiter)
        at = &(*at)->next;
    *at = waiter->next;
    waiter->queue = NULL;
}

unsigned wait_wake(struct wait_queue *queue, uint32_t events, unsigned most)
{
    struct waiter *next;
    unsigned count = 0;

    for (struct waiter *waiter = queue->first; waiter != NULL && count < most; waiter = next) {
        next = waiter->next;
        if (waiter->wake == NULL)
            wait_remove(waiter);
        else if (!waiter->wake(waiter, events))
            continue;
        count++;
    }
    return count;
}

static bool woken;

bool sched_wake(struct thread *thread)
{
    (void)thread;
    return woken = true;
}

static bool was_woken(void *arg)
{
    (void)arg;
    return woken;
}

int sched_sleep(uint64_t deadline_ns, unsigned how)
{
    woken = false;
    return wait_in_place(was_woken, NULL, deadline_ns, how & WAIT_INTERRUPTIBLE);
}

static bool is_woken(void *arg)
{
    const struct waiter *waiter = arg;

    return waiter->queue == NULL;
}

/* An interrupt that wakes nobody doesn't end it; time passes by turns. */
int wait_on(struct wait_queue *queue, uint64_t deadline_ns, unsigned how)
{
    struct waiter waiter = {0};
    int error = 0;

    if ((how & WAIT_INTERRUPTIBLE) && fake_signal_pending)
        return -EINTR;
    if (fake_before_sleep != NULL && fake_before_sleep())
        return 0;
    if (deadline_ns != WAIT_FOREVER && ++fake.timed_waits == 1000) /* who is woken for nothing again and again */
        return -ETIMEDOUT;
    wait_add(queue, &waiter);
    error = wait_in_place(is_woken, &waiter, deadline_ns, how & WAIT_INTERRUPTIBLE);
    if (waiter.queue != NULL)
        wait_remove(&waiter);
    return error;
}

void arch_cpu_relax(void)
{
    fake.relaxed++;
    if (fake.on_relax != NULL)
        fake.on_relax(&fake);
}

struct thread *arch_current(void)
{
    static uint64_t thread;

    return (struct thread *)&thread;
}

/* ---- the transport ---- */

/* Writes take effect at once. What is read is not there before the flush. */
static struct {
    uint32_t *out, value;
} posted[64];
static unsigned posted_count;

static void post_read(uint32_t *out, uint32_t value)
{
    ck_assert_uint_lt(posted_count, 64);
    posted[posted_count].out = out;
    posted[posted_count++].value = value;
}

static void flush(struct virtio_device *dev)
{
    unsigned i;

    (void)dev;
    for (i = 0; i < posted_count; i++)
        *posted[i].out = posted[i].value;
    posted_count = 0;
}

static void set_features(struct virtio_device *dev, uint64_t accepted)
{
    (void)dev;
    ck_assert_uint_eq(fake.status, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER);
    ck_assert_msg((accepted & ~dev->offered) == 0, "a feature that was not offered");
}

static void set_status(struct virtio_device *dev, uint8_t value)
{
    (void)dev;
    ck_assert_msg(!value || (value & fake.status) == fake.status, "a bit of the status was cleared (section 2.1.1)");
    fake.status = value;
    if (value == 0)
        memset(fake.queue, 0, sizeof(fake.queue));
}

static void read_status(struct virtio_device *dev, uint32_t *out)
{
    (void)dev;
    post_read(out, fake.refuse_features ? fake.status & (uint8_t)~VIRTIO_FEATURES_OK : fake.status);
}

static void queue_enable(struct virtio_device *dev, const struct virtqueue *queue, uint32_t *max)
{
    struct fake_queue *q = &fake.queue[queue->index];

    (void)dev;
    ck_assert_msg(!(fake.status & VIRTIO_DRIVER_OK), "queues are set up before DRIVER_OK");
    ck_assert_uint_eq(q->size, 0);
    post_read(max, queue->index < FAKE_QUEUES ? fake.queue_max : 0);
    ck_assert_uint_ne(queue->size, 0);
    ck_assert_uint_eq(queue->size & (queue->size - 1), 0);
    ck_assert_uint_eq((uintptr_t)queue->desc % 16, 0);
    ck_assert_uint_eq((uintptr_t)queue->avail % 2, 0);
    ck_assert_uint_eq((uintptr_t)queue->used % 4, 0);
    q->size = queue->size;
    q->desc = queue->desc;
    q->avail = (volatile uint16_t *)queue->avail;
    q->used = (volatile uint16_t *)queue->used;
}

static void queue_disable(struct virtio_device *dev, const struct virtqueue *queue)
{
    (void)dev;
    ck_assert_uint_ne(fake.queue[queue->index].size, 0);
    fake.queue[queue->index].size = 0;
}

static void notify(struct virtio_device *dev, uint16_t index)
{
    ck_assert_msg(fake.status & VIRTIO_DRIVER_OK, "notified before DRIVER_OK");
    ck_assert_uint_ne(fake.queue[index].size, 0);
    ck_assert_uint_le(fake.queue[index].size, fake.queue_max);
    flush(dev);
    fake.notified++;
    if (fake.on_notify != NULL)
        fake.on_notify(&fake, index);
}

static uint32_t interrupt_take(struct virtio_device *dev)
{
    uint32_t cause = fake.cause;

    (void)dev;
    fake.cause = 0;
    fake.interrupts_taken++;
    return cause;
}

static void config(struct virtio_device *dev, unsigned offset, uint32_t *out)
{
    (void)dev;
    post_read(out, fake.config[offset / 4]);
}

static int interrupt_enable(struct virtio_device *dev)
{
    (void)dev;
    ck_assert(!fake.irq_enabled);
    fake.irq_enabled = true;
    return 0;
}

static const struct virtio_transport transport = {
    .set_features = set_features,
    .set_status = set_status,
    .read_status = read_status,
    .queue_enable = queue_enable,
    .queue_disable = queue_disable,
    .config = config,
    .flush = flush,
    .notify = notify,
    .interrupt_take = interrupt_take,
    .interrupt_enable = interrupt_enable,
};

void fake_init(uint64_t offered)
{
    memset(&fake, 0, sizeof(fake));
    posted_count = 0;
    fake.dev.transport = &transport;
    fake.dev.offered = offered | VIRTIO_F_VERSION_1;
    fake.dev.status = fake.status = VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER;
    fake.queue_max = 256;
    fake_signal_pending = false;
    fake_errors = 0;
}

/* ---- the device's side of a ring ---- */

static void buffer_add(struct fake_buffer *out, const struct virtq_desc *desc)
{
    bool writable = desc->flags & VIRTQ_DESC_WRITE;

    ck_assert_uint_lt(out->count, FAKE_DESCRIPTORS);
    ck_assert_msg(desc->length > 0, "an empty descriptor");
    ck_assert_msg(writable || !out->writable_bytes, "readable after writable (section 2.7.4.2)");
    out->part[out->count].data = (uint8_t *)(uintptr_t)desc->addr;
    out->part[out->count].size = desc->length;
    out->part[out->count++].writable = writable;
    *(writable ? &out->writable_bytes : &out->readable_bytes) += desc->length;
}

static void chain_read(const struct virtq_desc *table, unsigned size, unsigned at, struct fake_buffer *out)
{
    unsigned n;

    for (n = 0;; n++) {
        ck_assert_msg(at < size && n < size, "a chain that leaves its table or loops");
        ck_assert(!(table[at].flags & VIRTQ_DESC_INDIRECT));
        buffer_add(out, &table[at]);
        if (!(table[at].flags & VIRTQ_DESC_NEXT))
            return;
        at = table[at].next;
    }
}

bool fake_take(uint16_t queue, struct fake_buffer *out)
{
    struct fake_queue *q = &fake.queue[queue];
    const struct virtq_desc *desc;

    memset(out, 0, sizeof(*out));
    if (q->size == 0 || q->avail[1] == q->seen)
        return false;
    ck_assert_uint_le((uint16_t)(q->avail[1] - q->done), q->size);
    out->head = q->avail[2 + q->seen++ % q->size];
    ck_assert_uint_lt(out->head, q->size);
    desc = &q->desc[out->head];
    if (desc->flags & VIRTQ_DESC_INDIRECT) {
        ck_assert_msg(fake.dev.features & VIRTIO_F_INDIRECT_DESC, "indirect descriptors were not negotiated");
        ck_assert(!(desc->flags & (VIRTQ_DESC_NEXT | VIRTQ_DESC_WRITE)));
        ck_assert_uint_eq(desc->length % sizeof(*desc), 0);
        chain_read((const struct virtq_desc *)(uintptr_t)desc->addr, desc->length / (unsigned)sizeof(*desc), 0, out);
    } else {
        chain_read(q->desc, q->size, out->head, out);
    }
    return true;
}

void fake_use(uint16_t queue, uint16_t head, uint32_t written)
{
    struct fake_queue *q = &fake.queue[queue];
    volatile uint32_t *element = (volatile uint32_t *)(q->used + 2 + 4 * (q->done % q->size));

    element[0] = head;
    element[1] = written;
    q->used[1] = ++q->done;
}

/* Section 2.7.10: the driver tells us of a chain at this place and not of those before. */
void fake_avail_event(uint16_t queue, uint16_t at)
{
    struct fake_queue *q = &fake.queue[queue];

    q->used[2 + 4 * q->size] = at;
}

/* Section 2.7.7: has `used_event` been passed since the last time that somebody asked? */
static bool used_event_passed(struct fake_queue *q)
{
    uint16_t event = q->avail[2 + q->size], old = q->told;

    ck_assert_uint_eq(q->avail[0], 0);
    q->told = q->done;
    return (uint16_t)(q->done - event - 1) < (uint16_t)(q->done - old);
}

void fake_interrupt(uint16_t queue)
{
    bool edge = fake.cause == 0; /* a line that is up already gives none */

    if (fake.queue[queue].size == 0)
        return;
    if (fake.dev.features & VIRTIO_F_EVENT_IDX ? !used_event_passed(&fake.queue[queue])
                                               : fake.queue[queue].avail[0] & VIRTQ_AVAIL_NO_INTERRUPT)
        return;
    fake.cause |= VIRTIO_INTERRUPT_USED;
    if (fake.irq_enabled && edge)
        virtio_interrupt(&fake.dev);
}

size_t fake_copy_out(const struct fake_buffer *buffer, void *dst, size_t size)
{
    size_t total = 0;
    unsigned i;

    for (i = 0; i < buffer->count && total < size; i++) {
        size_t n = size - total < buffer->part[i].size ? size - total : buffer->part[i].size;

        if (buffer->part[i].writable)
            break;
        memcpy((uint8_t *)dst + total, buffer->part[i].data, n);
        total += n;
    }
    return total;
}

size_t fake_copy_in(const struct fake_buffer *buffer, const void *src, size_t size)
{
    size_t total = 0;
    unsigned i;

    for (i = 0; i < buffer->count && total < size; i++) {
        size_t n = size - total < buffer->part[i].size ? size - total : buffer->part[i].size;

        if (!buffer->part[i].writable)
            continue;
        memcpy(buffer->part[i].data, (const uint8_t *)src + total, n);
        total += n;
    }
    return total;
}

/* Nobody else runs, and no signal comes. */
__attribute__((weak)) void sched_yield(void)
{
}

__attribute__((weak)) bool wait_loop_ends(bool fatal)
{
    (void)fatal;
    return false;
}
