/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake.h - a virtio device made of memory, for tests of drivers: the transport's operations and the device's side of
 * the rings, written from the specification and not from the driver. Also stands in for the kernel services drivers
 * use.
 */
#ifndef TESTS_DRV_FAKE_H
#define TESTS_DRV_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drv/virtio.h"

#define FAKE_QUEUES 16u
#define FAKE_DESCRIPTORS 80u

struct fake_queue {
    uint16_t size; /* 0: not set up */
    struct virtq_desc *desc;
    volatile uint16_t *avail, *used;
    uint16_t seen, done; /* available elements taken, used elements given */
    uint16_t told;       /* used elements at the last thought of an interrupt */
};

struct fake_buffer { /* a chain as the device sees it */
    uint16_t head;
    unsigned count;
    struct {
        uint8_t *data;
        uint32_t size;
        bool writable;
    } part[FAKE_DESCRIPTORS];
    uint32_t readable_bytes, writable_bytes;
};

struct fake {
    struct virtio_device dev;
    uint32_t config[16];
    uint16_t queue_max;
    bool refuse_features;
    uint8_t status;
    struct fake_queue queue[FAKE_QUEUES];
    unsigned notified, interrupts_taken;
    bool irq_enabled;
    uint32_t cause;
    void (*on_notify)(struct fake *fake, uint16_t queue); /* a device that answers at once */
    void (*on_idle)(struct fake *fake);                   /* the driver sleeps: the device may do something */
    unsigned idled;
    void (*on_relax)(struct fake *fake); /* the driver looks again and again: likewise */
    unsigned relaxed;
    unsigned timed_waits; /* that have begun */
};

/* The one device of a test, fresh. */
extern struct fake fake;
void fake_init(uint64_t offered);

/* The device's next chain, or false. Fails the test if the chain is not well-formed. */
bool fake_take(uint16_t queue, struct fake_buffer *out);
void fake_use(uint16_t queue, uint16_t head, uint32_t written);
void fake_avail_event(uint16_t queue, uint16_t at); /* where the device wants to be notified next */
/* Does the driver want an interrupt for this queue? Then raises it. */
void fake_interrupt(uint16_t queue);

/* Copy out of and into a chain's readable and writable parts; bytes copied. */
size_t fake_copy_out(const struct fake_buffer *buffer, void *dst, size_t size);
size_t fake_copy_in(const struct fake_buffer *buffer, const void *src, size_t size);

extern bool (*fake_before_sleep)(void); /* core/wait.h's wait_before_sleep */
extern bool fake_signal_pending;        /* an interruptible wait ends with -EINTR */
extern unsigned fake_errors;            /* messages to log_error */

#endif
