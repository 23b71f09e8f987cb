/* SPDX-License-Identifier: Apache-2.0 */
/* virtqueue_test.c - start-up and the driver's side of a virtqueue, against a device that may lie. */
// sources: guest-kernel/core/news.c guest-kernel/drv/virtqueue.c guest-kernel/drv/virtio.c
// tests/unit/guest-kernel/drv/fake.c
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "fake.h"
#include "mm/kmalloc.h"

static struct virtqueue *queue;
static uint8_t memory[8][64];

static void start(uint16_t size)
{
    fake_init(VIRTIO_F_INDIRECT_DESC);
    ck_assert_int_eq(virtio_negotiate(&fake.dev, VIRTIO_F_INDIRECT_DESC), 0);
    ck_assert_int_eq(virtqueue_create(&fake.dev, 0, size, &queue), 0);
    ck_assert_int_eq(virtio_configure(&fake.dev), 0);
    virtio_start(&fake.dev);
}

static void stop(void)
{
    kfree(queue->desc);
    kfree(queue);
}

static int submit(unsigned readable, unsigned writable, struct virtq_desc *table, void *token)
{
    struct virtq_chain chain;
    unsigned i;

    virtq_chain_begin(&chain, queue, table);
    for (i = 0; i < readable + writable; i++)
        virtq_chain_add(&chain, (uintptr_t)memory[i], 64, i >= readable);
    return virtq_chain_submit(&chain, token);
}

START_TEST(negotiation)
{
    fake_init(VIRTIO_F_INDIRECT_DESC | 0x20);
    ck_assert_int_eq(virtio_negotiate(&fake.dev, 0x30), 0);
    ck_assert_uint_eq(fake.dev.features, VIRTIO_F_VERSION_1 | 0x20);
    ck_assert_int_eq(virtio_configure(&fake.dev), 0);
    ck_assert_uint_eq(fake.status, 11);
    virtio_start(&fake.dev);
    ck_assert_uint_eq(fake.status, 15);

    fake_init(0);
    fake.dev.offered = 0x20; /* a legacy device */
    ck_assert_int_eq(virtio_negotiate(&fake.dev, 0x20), -ENODEV);
    ck_assert(fake.status & VIRTIO_FAILED);

    fake_init(0);
    fake.refuse_features = true;
    ck_assert_int_eq(virtio_negotiate(&fake.dev, 0), 0);
    ck_assert_int_eq(virtio_configure(&fake.dev), -ENODEV);
    ck_assert(fake.status & VIRTIO_FAILED);
}
END_TEST

START_TEST(a_queue_is_as_long_as_the_device_allows)
{
    fake_init(0);
    ck_assert_int_eq(virtio_negotiate(&fake.dev, 0), 0);
    fake.queue_max = 6;
    ck_assert_int_eq(virtqueue_create(&fake.dev, 1, 16, &queue), 0);
    ck_assert_int_eq(virtio_configure(&fake.dev), 0);
    ck_assert_uint_eq(queue->size, 4);
    ck_assert_uint_eq(queue->free_count, 4);
    ck_assert_uint_eq(fake.queue[1].size, 4);
    stop();
    fake_init(0);
    fake.queue_max = 0;
    ck_assert_int_eq(virtio_negotiate(&fake.dev, 0), 0);
    ck_assert_int_eq(virtqueue_create(&fake.dev, 1, 16, &queue), 0);
    ck_assert_int_eq(virtio_configure(&fake.dev), -ENOENT);
    ck_assert(fake.status & VIRTIO_FAILED);
    stop();
}
END_TEST

START_TEST(a_chain_goes_and_comes_back)
{
    struct fake_buffer buffer;
    uint32_t written;

    start(8);
    ck_assert_int_eq(submit(2, 1, NULL, memory), 0);
    ck_assert(!fake_take(0, &buffer)); /* not before the kick */
    virtqueue_kick(queue);
    ck_assert_uint_eq(fake.notified, 1);
    ck_assert(fake_take(0, &buffer));
    ck_assert_uint_eq(buffer.count, 3);
    ck_assert_uint_eq(buffer.readable_bytes, 128);
    ck_assert_uint_eq(buffer.writable_bytes, 64);
    ck_assert_ptr_eq(buffer.part[2].data, memory[2]);
    ck_assert(!virtqueue_has_used(queue));
    ck_assert_ptr_null(virtqueue_take(queue, &written));
    fake_use(0, buffer.head, 10);
    ck_assert(virtqueue_has_used(queue));
    ck_assert_ptr_eq(virtqueue_take(queue, &written), memory);
    ck_assert_uint_eq(written, 10);
    ck_assert(!virtqueue_has_used(queue));
    ck_assert_uint_eq(queue->free_count, 8);
    ck_assert_uint_eq(queue->outstanding, 0);
    stop();
}
END_TEST

START_TEST(an_indirect_chain_takes_one_descriptor)
{
    static struct virtq_desc table[8];
    struct fake_buffer buffer;

    start(2);
    memset(table, 0xff, sizeof(table)); /* whatever was there before */
    ck_assert_int_eq(submit(3, 4, table, memory), 0);
    ck_assert_uint_eq(queue->free_count, 1);
    virtqueue_kick(queue);
    ck_assert(fake_take(0, &buffer));
    ck_assert_uint_eq(buffer.count, 7);
    ck_assert_uint_eq(buffer.readable_bytes, 3 * 64);
    fake_use(0, buffer.head, 4 * 64);
    ck_assert_ptr_eq(virtqueue_take(queue, NULL), memory);
    stop();
}
END_TEST

START_TEST(a_full_queue_refuses_and_forgets_nothing)
{
    struct fake_buffer buffer;

    start(4);
    ck_assert_int_eq(submit(2, 1, NULL, memory[0]), 0);
    ck_assert_int_eq(submit(1, 1, NULL, memory[1]), -ENOSPC);
    ck_assert_uint_eq(queue->free_count, 1);
    ck_assert_int_eq(submit(1, 0, NULL, memory[2]), 0);
    ck_assert_int_eq(submit(1, 0, NULL, memory[3]), -ENOSPC);
    virtqueue_kick(queue);
    ck_assert_uint_eq(fake.notified, 1);
    ck_assert(fake_take(0, &buffer));
    ck_assert_uint_eq(buffer.count, 3);
    fake_use(0, buffer.head, 0);
    ck_assert(fake_take(0, &buffer));
    ck_assert_uint_eq(buffer.count, 1);
    fake_use(0, buffer.head, 0);
    ck_assert_ptr_eq(virtqueue_take(queue, NULL), memory[0]);
    ck_assert_ptr_eq(virtqueue_take(queue, NULL), memory[2]);
    ck_assert_int_eq(submit(2, 2, NULL, memory[4]), 0);
    stop();
}
END_TEST

/* Random traffic, out of order, far beyond the wrap of the 16-bit indices. */
START_TEST(a_long_life)
{
    struct fake_buffer held[8];
    unsigned held_count = 0, submitted = 0, taken = 0, i;

    start(8);
    srand(1);
    for (i = 0; i < 150000; i++) {
        unsigned readable = (unsigned)rand() % 3, writable = (unsigned)rand() % 3;

        if (readable + writable != 0 && submit(readable, writable, NULL, memory[readable]) == 0) {
            submitted++;
            virtqueue_kick(queue);
        }
        while (held_count < 8 && fake_take(0, &held[held_count]))
            held_count++;
        if (held_count != 0 && rand() % 2 != 0) {
            unsigned pick = (unsigned)rand() % held_count;

            fake_use(0, held[pick].head, held[pick].writable_bytes);
            held[pick] = held[--held_count];
        }
        while (virtqueue_take(queue, NULL) != NULL)
            taken++;
        ck_assert_uint_eq(queue->outstanding, held_count);
        ck_assert_uint_eq(submitted - taken, held_count);
    }
    ck_assert_uint_gt(submitted, 70000);
    ck_assert(!fake.dev.broken);
    stop();
}
END_TEST

/* ---- a device that lies ---- */

START_TEST(an_id_that_is_not_outstanding_breaks_the_device)
{
    static const uint16_t ids[] = {1, 7, 8, 0xffff};
    struct fake_buffer buffer;
    unsigned i;

    for (i = 0; i < 4; i++) {
        start(8);
        ck_assert_int_eq(submit(1, 1, NULL, memory), 0); /* descriptors 0 and 1: 1 is no head */
        virtqueue_kick(queue);
        ck_assert(fake_take(0, &buffer));
        fake_use(0, ids[i], 0);
        ck_assert_ptr_null(virtqueue_take(queue, NULL));
        ck_assert(fake.dev.broken);
        ck_assert(virtqueue_has_used(queue)); /* who waits for it wakes up */
        ck_assert_ptr_null(virtqueue_take(queue, NULL));
        ck_assert_uint_eq(fake_errors, 1);
        stop();
    }
}
END_TEST

START_TEST(a_chain_used_twice_breaks_the_device)
{
    struct fake_buffer buffer;

    start(8);
    ck_assert_int_eq(submit(1, 0, NULL, memory), 0);
    virtqueue_kick(queue);
    ck_assert(fake_take(0, &buffer));
    fake_use(0, buffer.head, 0);
    fake_use(0, buffer.head, 0);
    ck_assert_ptr_nonnull(virtqueue_take(queue, NULL));
    ck_assert_ptr_null(virtqueue_take(queue, NULL));
    ck_assert(fake.dev.broken);
    stop();
}
END_TEST

START_TEST(a_length_beyond_the_buffer_breaks_the_device)
{
    struct fake_buffer buffer;

    start(8);
    ck_assert_int_eq(submit(1, 2, NULL, memory), 0);
    virtqueue_kick(queue);
    ck_assert(fake_take(0, &buffer));
    fake_use(0, buffer.head, 129);
    ck_assert_ptr_null(virtqueue_take(queue, NULL));
    ck_assert(fake.dev.broken);
    stop();
}
END_TEST

/* ---- notifications both ways ---- */

START_TEST(a_device_that_wants_no_notification_gets_none)
{
    start(8);
    fake.queue[0].used[0] = VIRTQ_USED_NO_NOTIFY;
    ck_assert_int_eq(submit(1, 0, NULL, memory), 0);
    virtqueue_kick(queue);
    ck_assert_uint_eq(fake.notified, 0);
    fake.queue[0].used[0] = 0;
    virtqueue_kick(queue); /* of nothing new */
    ck_assert_uint_eq(fake.notified, 0);
    ck_assert_int_eq(submit(1, 0, NULL, memory), 0);
    virtqueue_kick(queue);
    ck_assert_uint_eq(fake.notified, 1);
    stop();
}
END_TEST

static void start_counting(void)
{
    fake_init(VIRTIO_F_EVENT_IDX);
    fake.queue_max = 4;
    ck_assert_int_eq(virtio_negotiate(&fake.dev, VIRTIO_F_EVENT_IDX), 0);
    ck_assert_int_eq(virtqueue_create(&fake.dev, 0, 8, &queue), 0);
    ck_assert_int_eq(virtio_configure(&fake.dev), 0);
    virtio_start(&fake.dev);
    ck_assert_uint_eq(queue->size, 4); /* shorter than the driver wanted: both event words have moved */
}

/* The device says at which chain it wants to hear of more, and over 65536 chains the indices wrap. */
START_TEST(a_device_is_notified_where_it_wants)
{
    struct fake_buffer buffer;
    unsigned expected = 0;

    start_counting();
    for (unsigned round = 0; round < 33000; round++) {
        fake_avail_event(0, (uint16_t)(2 * round + (round % 3 == 2 ? 2 : round % 3)));
        ck_assert_int_eq(submit(1, 0, NULL, memory), 0);
        ck_assert_int_eq(submit(1, 0, NULL, memory), 0);
        virtqueue_kick(queue);
        expected += round % 3 != 2; /* its place is among the two, or right after them */
        ck_assert_uint_eq(fake.notified, expected);
        while (fake_take(0, &buffer))
            fake_use(0, buffer.head, 0);
        while (virtqueue_take(queue, NULL) != NULL)
            ;
    }
    stop();
}
END_TEST

/* No interrupts while they are off, one for as many as were asked for. */
START_TEST(a_device_interrupts_when_enough_is_done)
{
    struct fake_buffer buffer;

    start_counting();
    ck_assert_int_eq(virtio_interrupts(&fake.dev), 0);
    for (unsigned round = 0; round < 16500; round++) {
        unsigned before = fake.interrupts_taken, want = round % 4;

        for (unsigned i = 0; i < 4; i++)
            ck_assert_int_eq(submit(1, 0, NULL, memory), 0);
        virtqueue_kick(queue);
        if (want != 0)
            virtqueue_interrupt_after(queue, (uint16_t)want);
        else
            virtqueue_set_interrupts(queue, false);
        for (unsigned i = 1; i <= 4; i++) {
            fake_take(0, &buffer);
            fake_use(0, buffer.head, 0);
            fake_interrupt(0);
            ck_assert_uint_eq(fake.interrupts_taken - before, want && i >= want);
            while (virtqueue_take(queue, NULL) != NULL)
                ;
            if (want != 0 && i >= want)
                virtqueue_set_interrupts(queue, false);
        }
    }
    stop();
}
END_TEST

START_TEST(chains_of_a_device_that_was_reset_come_back)
{
    start(4);
    ck_assert_ptr_null(virtqueue_forget(queue));
    ck_assert_int_eq(submit(1, 1, NULL, memory[0]), 0);
    ck_assert_int_eq(submit(1, 0, NULL, memory[1]), 0);
    ck_assert_ptr_eq(virtqueue_forget(queue), memory[0]);
    ck_assert_ptr_eq(virtqueue_forget(queue), memory[1]);
    ck_assert_ptr_null(virtqueue_forget(queue));
    stop();
}
END_TEST

static bool used(void *arg)
{
    return virtqueue_has_used(arg);
}

static void answer(struct fake *device)
{
    struct fake_buffer buffer;

    (void)device;
    if (fake_take(0, &buffer))
        fake_use(0, buffer.head, 0);
    fake_interrupt(0);
}

START_TEST(interrupts_are_on_while_someone_waits)
{
    start(8);
    ck_assert_uint_eq(fake.queue[0].avail[0], VIRTQ_AVAIL_NO_INTERRUPT);
    ck_assert_int_eq(submit(1, 0, NULL, memory), 0);
    virtqueue_kick(queue);
    fake.on_idle = answer;
    ck_assert_int_eq(virtio_wait(queue, used, queue), 0);
    ck_assert(fake.irq_enabled);
    ck_assert_uint_eq(fake.interrupts_taken, 2); /* the one look at enabling, and the real one */
    ck_assert_uint_eq(fake.queue[0].avail[0], VIRTQ_AVAIL_NO_INTERRUPT);
    ck_assert_ptr_nonnull(virtqueue_take(queue, NULL));
    stop();
}
END_TEST

START_TEST(a_device_that_is_done_is_not_waited_for)
{
    start(8);
    ck_assert_int_eq(submit(1, 0, NULL, memory), 0);
    virtqueue_kick(queue);
    answer(&fake);
    ck_assert_int_eq(virtio_wait(queue, used, queue), 0);
    ck_assert(!fake.irq_enabled);
    ck_assert_uint_eq(fake.interrupts_taken, 0);
    stop();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guest-kernel/drv/virtqueue");
    TCase *tests = tcase_create("queue");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, negotiation);
    tcase_add_test(tests, a_queue_is_as_long_as_the_device_allows);
    tcase_add_test(tests, a_chain_goes_and_comes_back);
    tcase_add_test(tests, an_indirect_chain_takes_one_descriptor);
    tcase_add_test(tests, a_full_queue_refuses_and_forgets_nothing);
    tcase_add_test(tests, a_long_life);
    tcase_add_test(tests, an_id_that_is_not_outstanding_breaks_the_device);
    tcase_add_test(tests, a_chain_used_twice_breaks_the_device);
    tcase_add_test(tests, a_length_beyond_the_buffer_breaks_the_device);
    tcase_add_test(tests, a_device_that_wants_no_notification_gets_none);
    tcase_add_test(tests, a_device_is_notified_where_it_wants);
    tcase_add_test(tests, a_device_interrupts_when_enough_is_done);
    tcase_add_test(tests, chains_of_a_device_that_was_reset_come_back);
    tcase_add_test(tests, interrupts_are_on_while_someone_waits);
    tcase_add_test(tests, a_device_that_is_done_is_not_waited_for);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
