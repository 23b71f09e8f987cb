/* SPDX-License-Identifier: Apache-2.0 */
/*
 * driver.h - the driver's side of virtio-mmio for tests: a machine of some guest memory and one device, driven through
 * its registers only. Each ring has its three parts and its buffers at fixed places.
 */
#ifndef LVMM_TESTS_DRIVER_H
#define LVMM_TESTS_DRIVER_H

#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "devices/device.h"

#define DRIVER_MEMORY 0x200000u
#define WINDOW_BASE 0xfeb00000u

/* Ring n: descriptors, available ring and used ring on a page each. */
#define RING_GPA(n) (0x10000u + (n) * 0x4000u)
#define RING_AVAIL 0x1000u
#define RING_USED 0x2000u
/* Free for buffers. */
#define DATA_GPA 0x100000u

#define F_INDIRECT (UINT64_C(1) << 28)
#define F_EVENT_IDX (UINT64_C(1) << 29)
#define F_VERSION_1 (UINT64_C(1) << 32)

enum { DESC_NEXT = 1, DESC_WRITE = 2, DESC_INDIRECT = 4 };

struct test_desc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags, next;
};

struct ring {
    unsigned index;
    uint16_t size, avail, used; /* used: the next entry that the driver looks at */
};

struct driver {
    struct mem mem;
    struct loop *loop;
    struct device *dev;
    struct device_env env;
    struct device_services services;
    int irq_fd;
    pthread_t thread;
};

static inline void driver_init(struct driver *d)
{
    static const struct mem_range range = {0, DRIVER_MEMORY};

    memset(d, 0, sizeof(*d));
    ck_assert_int_eq(mem_init(&d->mem, &range, 1), 0);
    ck_assert_int_eq(loop_create(&d->loop), 0);
    d->irq_fd = eventfd(0, EFD_NONBLOCK);
    d->env = (struct device_env){.mem = &d->mem,
                                 .loop = d->loop,
                                 .irq = {d->irq_fd},
                                 .window = {.base = WINDOW_BASE, .size = 0x200},
                                 .services = &d->services,
                                 .vm = d};
}

static inline void driver_fini(struct driver *d)
{
    d->dev->ops->destroy(d->dev);
    loop_destroy(d->loop);
    mem_fini(&d->mem);
    close(d->irq_fd);
}

static inline void *driver_loop(void *loop)
{
    ck_assert_int_eq(loop_run(loop), 0);
    return NULL;
}

static inline void driver_start_loop(struct driver *d)
{
    ck_assert_int_eq(pthread_create(&d->thread, NULL, driver_loop, d->loop), 0);
}

static inline void driver_stop_loop(struct driver *d)
{
    loop_stop(d->loop);
    pthread_join(d->thread, NULL);
}

static inline uint32_t reg_get(struct driver *d, uint64_t offset)
{
    uint32_t value;

    d->dev->ops->io.read(d->dev, offset, &value, sizeof(value));
    return value;
}

static inline void reg_set(struct driver *d, uint64_t offset, uint32_t value)
{
    d->dev->ops->io.write(d->dev, offset, &value, sizeof(value));
}

/* True once for each time that the device interrupted since the last call. */
static inline bool driver_interrupted(struct driver *d)
{
    uint64_t count;

    return read(d->irq_fd, &count, sizeof(count)) > 0;
}

static inline void driver_features(struct driver *d, uint64_t features)
{
    reg_set(d, 0x70, 0);
    reg_set(d, 0x70, 1);
    reg_set(d, 0x70, 3);
    reg_set(d, 0x24, 0);
    reg_set(d, 0x20, (uint32_t)features);
    reg_set(d, 0x24, 1);
    reg_set(d, 0x20, (uint32_t)(features >> 32));
    reg_set(d, 0x70, 11);
    ck_assert_uint_eq(reg_get(d, 0x70), 11);
}

static inline void driver_ok(struct driver *d)
{
    reg_set(d, 0x70, 15);
    ck_assert_uint_eq(reg_get(d, 0x70), 15);
}

static inline struct ring driver_ring(struct driver *d, unsigned index, uint16_t size)
{
    uint32_t gpa = RING_GPA(index);

    memset(mem_at(&d->mem, gpa, 0x4000), 0, 0x4000);
    reg_set(d, 0x30, index);
    reg_set(d, 0x38, size);
    reg_set(d, 0x80, gpa);
    reg_set(d, 0x84, 0);
    reg_set(d, 0x90, gpa + RING_AVAIL);
    reg_set(d, 0x94, 0);
    reg_set(d, 0xa0, gpa + RING_USED);
    reg_set(d, 0xa4, 0);
    reg_set(d, 0x44, 1);
    ck_assert_uint_eq(reg_get(d, 0x44), 1);
    return (struct ring){.index = index, .size = size};
}

static inline void put_desc(struct driver *d, gpa_t table, unsigned at, uint64_t addr, uint32_t len, unsigned flags,
                            unsigned next)
{
    struct test_desc desc = {addr, len, (uint16_t)flags, (uint16_t)next};

    ck_assert_int_eq(mem_write(&d->mem, table + at * sizeof(desc), &desc, sizeof(desc)), 0);
}

static inline uint16_t get_u16(struct driver *d, gpa_t gpa)
{
    return __atomic_load_n((uint16_t *)mem_at(&d->mem, gpa, 2), __ATOMIC_ACQUIRE);
}

static inline void put_u16(struct driver *d, gpa_t gpa, uint16_t value)
{
    __atomic_store_n((uint16_t *)mem_at(&d->mem, gpa, 2), value, __ATOMIC_RELEASE);
}

/* Makes the chain that starts at descriptor `head` available. */
static inline void ring_offer(struct driver *d, struct ring *ring, uint16_t head)
{
    gpa_t avail = RING_GPA(ring->index) + RING_AVAIL;

    put_u16(d, avail + 4 + 2 * (ring->avail % ring->size), head);
    put_u16(d, avail + 2, ++ring->avail);
}

static inline void ring_kick(struct driver *d, const struct ring *ring)
{
    reg_set(d, 0x50, ring->index);
}

/* One buffer as a chain of its own, in descriptor `at`. */
static inline void ring_add(struct driver *d, struct ring *ring, uint16_t at, uint64_t addr, uint32_t len, bool write)
{
    put_desc(d, RING_GPA(ring->index), at, addr, len, write ? DESC_WRITE : 0, 0);
    ring_offer(d, ring, at);
}

/* Takes the next used element: its length, or -1 if there is none. */
static inline int64_t ring_take(struct driver *d, struct ring *ring, uint32_t *id)
{
    gpa_t used = RING_GPA(ring->index) + RING_USED;
    uint32_t elem[2];

    if (get_u16(d, used + 2) == ring->used)
        return -1;
    mem_read(&d->mem, used + 4 + 8u * (ring->used % ring->size), elem, sizeof(elem));
    ring->used++;
    if (id != NULL)
        *id = elem[0];
    return elem[1];
}

/* The same, after a while at most: for what another thread does. */
static inline int64_t ring_wait(struct driver *d, struct ring *ring, uint32_t *id)
{
    for (unsigned i = 0; i < 5000; i++) {
        int64_t len = ring_take(d, ring, id);

        if (len >= 0)
            return len;
        usleep(1000);
    }
    return -1;
}

#endif
