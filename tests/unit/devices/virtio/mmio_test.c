/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/virtio/mmio.c devices/virtio/queue.c vmm/kvm/mem.c vmm/loop.c vmm/process.c devices/irqline.c
// sources: vmm/log.c vmm/sandbox/*.c vmm/syscall_names.c
/* mmio_test.c - the transport's registers in every state, with a device that only counts. */
#include "devices/virtio/mmio.h"

#include <endian.h>
#include <stdlib.h>

#include "boot/abi.h"
#include "boot/abi_dax.h"
#include "tests/unit/devices/virtio/driver.h"

struct counter {
    struct virtio_device virtio; /* first */
    struct virtqueue queue[2];
    uint64_t config;
    unsigned notified[2], stopped, resets;
};

static void counter_notify(struct virtio_device *dev, unsigned index)
{
    struct counter *counter = (struct counter *)dev;
    struct queue_chain chain;

    counter->notified[index]++;
    while (virtio_pop(dev, &counter->queue[index], &chain))
        queue_push(&counter->queue[index], chain.head, 0);
    virtio_interrupt(dev, &counter->queue[index]);
}

static void counter_stop(struct virtio_device *dev, unsigned index)
{
    (void)index;
    ((struct counter *)dev)->stopped++;
}

static void counter_reset(struct virtio_device *dev)
{
    ((struct counter *)dev)->resets++;
}

static void counter_destroy(struct virtio_device *dev)
{
    virtio_fini(dev);
    free(dev);
}

/* One region, of number 1. */
static bool counter_region(struct virtio_device *dev, uint32_t number, uint64_t *base, uint64_t *bytes)
{
    (void)dev;
    *base = UINT64_C(0x112345000);
    *bytes = UINT64_C(0x2fedcb000);
    return number == 1;
}

static uint32_t counter_own_read(struct virtio_device *dev, uint64_t reg)
{
    (void)dev;
    return 7 + (uint32_t)reg;
}

static const struct virtio_device_ops counter_ops = {
    .region = counter_region,
    .own_read = counter_own_read,
    .device_id = 42,
    .notify = counter_notify,
    .queue_stop = counter_stop,
    .reset = counter_reset,
    .destroy = counter_destroy,
};

static struct driver d;
static struct counter *counter;

static void setup(void)
{
    struct virtio_init init = {.ops = &counter_ops, .features = 0x5, .queue_count = 2};

    driver_init(&d);
    counter = calloc(1, sizeof(*counter));
    counter->config = 0x8877665544332211;
    init.config = &counter->config;
    init.config_size = sizeof(counter->config);
    init.queue = counter->queue;
    virtio_init(&counter->virtio, &d.env, &init);
    d.dev = &counter->virtio.device;
}

static void teardown(void)
{
    driver_fini(&d);
}

START_TEST(identity_and_features)
{
    ck_assert_uint_eq(reg_get(&d, 0x00), 0x74726976);
    ck_assert_uint_eq(reg_get(&d, 0x04), 2);
    ck_assert_uint_eq(reg_get(&d, 0x08), 42);
    ck_assert_uint_eq(reg_get(&d, 0x10), 0x30000005);
    reg_set(&d, 0x14, 1);
    ck_assert_uint_eq(reg_get(&d, 0x10), 1);
    reg_set(&d, 0x14, 2);
    ck_assert_uint_eq(reg_get(&d, 0x10), 0);
    ck_assert_uint_eq(reg_get(&d, 0x34), QUEUE_SIZE_MAX);
    reg_set(&d, 0x30, 2);
    ck_assert_uint_eq(reg_get(&d, 0x34), 0);
    for (uint32_t reg = 0xb0; reg <= 0xbc; reg += 4)
        ck_assert_uint_eq(reg_get(&d, reg), UINT32_MAX);
    reg_set(&d, 0xac, 1);
    ck_assert_uint_eq(reg_get(&d, 0xb0), 0xfedcb000);
    ck_assert_uint_eq(reg_get(&d, 0xb4), 2);
    ck_assert_uint_eq(reg_get(&d, 0xb8), 0x12345000);
    ck_assert_uint_eq(reg_get(&d, 0xbc), 1);
    reg_set(&d, 0xac, UINT32_MAX);
    ck_assert_uint_eq(reg_get(&d, 0xb8), UINT32_MAX);
    ck_assert_uint_eq(reg_get(&d, LVMM_MMIO_GONE_COUNT), 7 + LVMM_MMIO_GONE_COUNT);
    ck_assert_uint_eq(reg_get(&d, LVMM_MMIO_GONE_FIRST), 7 + LVMM_MMIO_GONE_FIRST);
    ck_assert_uint_eq(reg_get(&d, 0xd8), 0);
    ck_assert_uint_eq(reg_get(&d, 0xfc), 0);
}
END_TEST

START_TEST(widths)
{
    uint8_t bytes[8];

    memset(bytes, 0xee, sizeof(bytes));
    d.dev->ops->io.read(d.dev, 0, bytes, 1);
    ck_assert_uint_eq(bytes[0], 0);
    d.dev->ops->io.read(d.dev, 2, bytes, 4);
    ck_assert_uint_eq(bytes[0], 0);
    d.dev->ops->io.write(d.dev, 0x70, "\1\0", 2);
    ck_assert_uint_eq(reg_get(&d, 0x70), 0);
    /* Configuration: any width; zero behind its end. */
    d.dev->ops->io.read(d.dev, 0x103, bytes, 1);
    ck_assert_uint_eq(bytes[0], 0x44);
    d.dev->ops->io.read(d.dev, 0x104, bytes, 8);
    ck_assert_uint_eq(bytes[3], 0x88);
    ck_assert_uint_eq(bytes[4], 0);
    ck_assert_uint_eq(reg_get(&d, 0x1fc), 0);
    reg_set(&d, 0x100, 0);
    ck_assert_uint_eq(reg_get(&d, 0x100), 0x44332211);
}
END_TEST

START_TEST(features_that_were_not_offered)
{
    reg_set(&d, 0x70, 3);
    reg_set(&d, 0x20, 2);
    reg_set(&d, 0x24, 1);
    reg_set(&d, 0x20, 1);
    reg_set(&d, 0x70, 11);
    ck_assert_uint_eq(reg_get(&d, 0x70), 3);
    reg_set(&d, 0x24, 0);
    reg_set(&d, 0x20, 4);
    reg_set(&d, 0x70, 11);
    ck_assert_uint_eq(reg_get(&d, 0x70), 11);
    reg_set(&d, 0x20, 0); /* too late */
    ck_assert(virtio_has_feature(&counter->virtio, 4));
}
END_TEST

START_TEST(version_1_is_a_must)
{
    reg_set(&d, 0x70, 11);
    ck_assert_uint_eq(reg_get(&d, 0x70), 3);
    reg_set(&d, 0x70, 7); /* DRIVER_OK without FEATURES_OK */
    ck_assert_uint_eq(reg_get(&d, 0x70), 3);
}
END_TEST

START_TEST(status_bits_are_not_cleared)
{
    driver_features(&d, F_VERSION_1);
    reg_set(&d, 0x70, 3);
    ck_assert_uint_eq(reg_get(&d, 0x70), 11);
    reg_set(&d, 0x70, 0);
    ck_assert_uint_eq(reg_get(&d, 0x70), 0);
    ck_assert_uint_eq(counter->resets, 2);
}
END_TEST

START_TEST(queue_needs_features_first)
{
    reg_set(&d, 0x80, 0x1000);
    reg_set(&d, 0x44, 1);
    ck_assert_uint_eq(reg_get(&d, 0x44), 0);
    driver_features(&d, F_VERSION_1);
    reg_set(&d, 0x30, 7);
    reg_set(&d, 0x44, 1); /* no such queue */
    ck_assert_uint_eq(reg_get(&d, 0x44), 0);
}
END_TEST

START_TEST(bad_queue_address_needs_a_reset)
{
    driver_features(&d, F_VERSION_1);
    reg_set(&d, 0x84, 0x80000000);
    reg_set(&d, 0x44, 1);
    ck_assert_uint_eq(reg_get(&d, 0x44), 0);
    ck_assert_uint_eq(reg_get(&d, 0x70), 11 | 64);
    reg_set(&d, 0x70, 0);
    driver_features(&d, F_VERSION_1);
    driver_ring(&d, 1, 16);
}
END_TEST

START_TEST(a_queue_in_use_is_not_changed)
{
    driver_features(&d, F_VERSION_1);
    driver_ring(&d, 0, 16);
    reg_set(&d, 0x38, 32);
    reg_set(&d, 0x80, 0x123000);
    ck_assert_uint_eq(counter->queue[0].size, 16);
    ck_assert_uint_eq(counter->queue[0].desc_gpa, RING_GPA(0));
    reg_set(&d, 0x44, 2); /* neither 0 nor 1 */
    ck_assert_uint_eq(reg_get(&d, 0x44), 1);
    reg_set(&d, 0x44, 0);
    ck_assert_uint_eq(counter->stopped, 1);
    reg_set(&d, 0x38, 33); /* not a power of two */
    ck_assert_uint_eq(counter->queue[0].size, 16);
    reg_set(&d, 0x38, 2 * QUEUE_SIZE_MAX);
    ck_assert_uint_eq(counter->queue[0].size, 16);
}
END_TEST

START_TEST(notifications)
{
    struct ring ring;

    driver_features(&d, F_VERSION_1);
    ring = driver_ring(&d, 1, 16);
    ring_add(&d, &ring, 0, DATA_GPA, 16, false);
    ring_kick(&d, &ring); /* before DRIVER_OK */
    ck_assert_uint_eq(counter->notified[1], 0);
    ck_assert_int_eq(ring_take(&d, &ring, NULL), -1);
    driver_ok(&d); /* serves it */
    ck_assert_uint_eq(counter->notified[1], 1);
    ck_assert_int_eq(ring_take(&d, &ring, NULL), 0);
    ck_assert(driver_interrupted(&d));
    ck_assert_uint_eq(reg_get(&d, 0x60), 1);
    reg_set(&d, 0x64, 1);
    ck_assert_uint_eq(reg_get(&d, 0x60), 0);

    reg_set(&d, 0x50, 0); /* not ready */
    reg_set(&d, 0x50, 2);
    reg_set(&d, 0x50, UINT32_MAX);
    ck_assert_uint_eq(counter->notified[0], 0);
    reg_set(&d, 0x70, 15 | 128); /* the driver gave up */
    ring_kick(&d, &ring);
    ck_assert_uint_eq(counter->notified[1], 1);
}
END_TEST

START_TEST(a_bad_ring_stops_the_device)
{
    struct ring ring;

    driver_features(&d, F_VERSION_1);
    ring = driver_ring(&d, 0, 16);
    driver_ok(&d);
    ring_add(&d, &ring, 0, DRIVER_MEMORY, 16, false);
    ring_kick(&d, &ring);
    ck_assert_uint_eq(reg_get(&d, 0x70), 15 | 64);
    ck_assert_uint_eq(reg_get(&d, 0x60), 2);
    ck_assert(driver_interrupted(&d));
    ring_kick(&d, &ring);
    ck_assert_uint_eq(counter->notified[0], 1);
    reg_set(&d, 0x70, 0);
    ck_assert_uint_eq(reg_get(&d, 0x70), 0);
    ck_assert_uint_eq(reg_get(&d, 0x60), 0);
    ck_assert(!counter->queue[0].ready);
}
END_TEST

START_TEST(a_change_is_told_in_memory)
{
    struct ring ring;
    uint32_t word = 7;

    mem_write(&d.mem, DATA_GPA, &word, sizeof(word));
    driver_features(&d, F_VERSION_1);
    reg_set(&d, LVMM_MMIO_CAUSE_LOW, DATA_GPA);
    ring = driver_ring(&d, 0, 16);
    driver_ok(&d);
    ring_add(&d, &ring, 0, DATA_GPA + 16, 16, false);
    ring_kick(&d, &ring);
    ck_assert_int_eq(mem_read(&d.mem, DATA_GPA, &word, sizeof(word)), 0);
    ck_assert_uint_eq(word, 7); /* only of changes */
    ring_add(&d, &ring, 0, DRIVER_MEMORY, 16, false);
    ring_kick(&d, &ring);
    ck_assert_int_eq(mem_read(&d.mem, DATA_GPA, &word, sizeof(word)), 0);
    ck_assert_uint_eq(le32toh(word), 1);
    ck_assert_uint_eq(reg_get(&d, 0x60) & 2, 2);
}
END_TEST

/* Of what isn't in memory, isn't aligned, or was forgotten by a reset. */
START_TEST(a_change_is_told_nowhere)
{
    static const uint64_t words[] = {DRIVER_MEMORY, DRIVER_MEMORY - 2, DATA_GPA + 2, UINT64_MAX - 3, 0};

    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        uint32_t before = 7, after;

        mem_write(&d.mem, DATA_GPA, &before, sizeof(before));
        reg_set(&d, 0x70, 0);
        driver_features(&d, F_VERSION_1);
        struct ring ring = driver_ring(&d, 0, 16);
        reg_set(&d, LVMM_MMIO_CAUSE_HIGH, (uint32_t)(words[i] >> 32));
        reg_set(&d, LVMM_MMIO_CAUSE_LOW, (uint32_t)words[i]);
        driver_ok(&d);
        ring_add(&d, &ring, 0, DRIVER_MEMORY, 16, false);
        ring_kick(&d, &ring);
        ck_assert(driver_interrupted(&d));
        mem_read(&d.mem, DATA_GPA, &after, sizeof(after));
        ck_assert_uint_eq(after, before);
    }
}
END_TEST

#define LIST_HEAD offsetof(struct lvmm_mmio_list, access)

/* Puts a list at `gpa` as far as there is memory, and has it carried out. */
static void list_give(uint64_t gpa, const struct lvmm_mmio_list *list)
{
    size_t size = sizeof(*list), room = gpa < DRIVER_MEMORY ? DRIVER_MEMORY - gpa : 0;

    mem_write(&d.mem, gpa, list, size < room ? size : room);
    reg_set(&d, LVMM_MMIO_LIST_HIGH, (uint32_t)(gpa >> 32));
    reg_set(&d, LVMM_MMIO_LIST_LOW, (uint32_t)gpa);
}

START_TEST(a_list_is_carried_out_in_order)
{
    struct lvmm_mmio_list list = {
        .count = 7,
        .access = {{0x14, 1, 1}, {0x10, 0, 0}, {0x14, 1, 0}, {0x10, 0, 0}, {0x70, 1, 3}, {0x70, 0, 9}, {0x104, 0, 0}}};

    ck_assert_uint_eq(reg_get(&d, 0x0c), LVMM_MMIO_VENDOR);
    list_give(DATA_GPA, &list);
    ck_assert_int_eq(mem_read(&d.mem, DATA_GPA, &list, sizeof(list)), 0);
    ck_assert_uint_eq(list.access[1].value, 1);
    ck_assert_uint_eq(list.access[3].value, 0x30000005);
    ck_assert_uint_eq(list.access[4].value, 3);
    ck_assert_uint_eq(list.access[5].value, 3);
    ck_assert_uint_eq(list.access[6].value, 0x88776655);
    ck_assert_uint_eq(reg_get(&d, 0x70), 3);
}
END_TEST

START_TEST(a_bad_list_has_no_effect)
{
    struct lvmm_mmio_list list = {.count = LVMM_MMIO_LIST_MAX + 1, .access = {{0x70, 1, 1}}};

    list_give(DATA_GPA, &list);
    list.count = 2; /* the second access is behind the memory's end */
    list_give(DRIVER_MEMORY - LIST_HEAD - sizeof(list.access[0]), &list);
    list.count = 0;
    list_give(DRIVER_MEMORY - LIST_HEAD, &list);
    list.count = 1;
    list_give(DRIVER_MEMORY - 4, &list);
    list_give(DRIVER_MEMORY + 0x1000, &list);
    list_give(UINT64_MAX - 3, &list);
    mem_write(&d.mem, DATA_GPA, &list, sizeof(list));
    reg_set(&d, LVMM_MMIO_LIST_HIGH, 1);
    reg_set(&d, LVMM_MMIO_LIST_LOW, DATA_GPA);
    ck_assert_uint_eq(reg_get(&d, 0x70), 0);
}
END_TEST

START_TEST(a_list_may_name_anything)
{
    /* Itself, a misaligned register, one behind the window; then one that counts. */
    const struct lvmm_mmio_list list = {
        .count = 5,
        .access = {{LVMM_MMIO_LIST_LOW, 1, DATA_GPA}, {0x71, 1, 1}, {0xfffc, 1, 1}, {0xfffc, 0, 1}, {0x70, 1, 1}}};
    struct lvmm_mmio_list after;

    list_give(DATA_GPA, &list);
    ck_assert_uint_eq(reg_get(&d, 0x70), 1);
    ck_assert_int_eq(mem_read(&d.mem, DATA_GPA, &after, sizeof(after)), 0);
    ck_assert_uint_eq(after.access[3].value, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devices/virtio/mmio");
    TCase *tc = tcase_create("mmio");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, identity_and_features);
    tcase_add_test(tc, widths);
    tcase_add_test(tc, features_that_were_not_offered);
    tcase_add_test(tc, version_1_is_a_must);
    tcase_add_test(tc, status_bits_are_not_cleared);
    tcase_add_test(tc, queue_needs_features_first);
    tcase_add_test(tc, bad_queue_address_needs_a_reset);
    tcase_add_test(tc, a_queue_in_use_is_not_changed);
    tcase_add_test(tc, notifications);
    tcase_add_test(tc, a_bad_ring_stops_the_device);
    tcase_add_test(tc, a_change_is_told_in_memory);
    tcase_add_test(tc, a_change_is_told_nowhere);
    tcase_add_test(tc, a_list_is_carried_out_in_order);
    tcase_add_test(tc, a_bad_list_has_no_effect);
    tcase_add_test(tc, a_list_may_name_anything);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
