/* SPDX-License-Identifier: Apache-2.0 */
/* virtio_blk_test.c - the disk driver against a disk made of memory, fast and slow, plain and full of limits. */
// sources: guest-kernel/core/news.c guest-kernel/drv/virtio_blk.c guest-kernel/drv/virtqueue.c
// guest-kernel/drv/virtio.c sources: guest-kernel/vfs/blk.c tests/unit/guest-kernel/drv/fake.c
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "drv/virtio_blk.h"
#include "fake.h"

#define SECTORS 256u

/* No test here asks for times. */
uint64_t clock_monotonic_ns(void)
{
    return 0;
}

#define F_SIZE_MAX (1u << 1)
#define F_SEG_MAX (1u << 2)
#define F_RO (1u << 5)
#define F_FLUSH (1u << 9)

static uint8_t platter[SECTORS * 512], memory[64 * 1024] __attribute__((aligned(4096)));
static unsigned requests, flushes, most_parts, most_part_bytes;
static uint8_t next_status;

static void serve(struct fake *device)
{
    struct fake_buffer b;

    (void)device;
    while (fake_take(0, &b)) {
        uint32_t type, bytes, done = 0;
        uint64_t sector;
        unsigned i;

        ck_assert_uint_eq(b.part[0].size, 16);
        ck_assert(!b.part[0].writable);
        ck_assert_uint_eq(b.part[b.count - 1].size, 1);
        ck_assert(b.part[b.count - 1].writable);
        memcpy(&type, b.part[0].data, 4);
        memcpy(&sector, b.part[0].data + 8, 8);
        bytes = type == 0 ? b.writable_bytes - 1 : b.readable_bytes - 16;
        ck_assert_uint_eq(bytes % 512, 0);
        ck_assert_uint_le(sector * 512 + bytes, sizeof(platter));
        for (i = 1; i + 1 < b.count; i++) {
            ck_assert_int_eq(b.part[i].writable, type == 0);
            if (type == 0)
                memcpy(b.part[i].data, platter + sector * 512 + done, b.part[i].size);
            else
                memcpy(platter + sector * 512 + done, b.part[i].data, b.part[i].size);
            done += b.part[i].size;
            if (b.part[i].size > most_part_bytes)
                most_part_bytes = b.part[i].size;
        }
        if (b.count - 2 > most_parts)
            most_parts = b.count - 2;
        requests++;
        flushes += type == 4;
        *b.part[b.count - 1].data = next_status;
        fake_use(0, b.head, type == 0 ? b.writable_bytes : 1);
    }
    fake_interrupt(0);
}

static void serve_now(struct fake *device, uint16_t queue)
{
    ck_assert_uint_eq(queue, 0);
    serve(device);
}

static struct blk_device *disk_start(uint64_t features, bool fast)
{
    struct blk_device *disk = NULL;
    unsigned i;

    fake_init(features);
    fake.config[0] = SECTORS;
    fake.config[2] = 1536 + 17; /* SIZE_MAX */
    fake.config[3] = 3;         /* SEG_MAX */
    if (fast)
        fake.on_notify = serve_now;
    else
        fake.on_idle = serve;
    requests = flushes = most_parts = most_part_bytes = 0;
    next_status = 0;
    for (i = 0; i < sizeof(platter); i++)
        platter[i] = (uint8_t)(i * 7 + i / 512);
    memset(memory, 0, sizeof(memory));
    ck_assert_int_eq(virtio_blk_create(&fake.dev, 2, &disk), 0);
    return disk;
}

static unsigned segments_make(struct blk_segment *segment, unsigned count)
{
    unsigned i, total = 0;

    for (i = 0; i < count; i++) { /* 1, 2, 3, 4 sectors in turn, each at a place of its own */
        segment[i].addr = (uintptr_t)memory + i * 2048;
        segment[i].size = 512 * (i % 4 + 1);
        total += segment[i].size;
    }
    return total;
}

static void compare(const struct blk_segment *segment, unsigned count, uint64_t sector)
{
    const uint8_t *at = platter + sector * 512;
    unsigned i;

    for (i = 0; i < count; i++) {
        ck_assert_mem_eq((void *)(uintptr_t)segment[i].addr, at, segment[i].size);
        at += segment[i].size;
    }
}

START_TEST(what_the_disk_is)
{
    struct blk_device *disk = disk_start(F_RO, true);

    ck_assert_str_eq(disk->name, "vdc");
    ck_assert_uint_eq(disk->sectors, SECTORS);
    ck_assert(disk->read_only);
    disk = disk_start(0, true);
    ck_assert(!disk->read_only);
}
END_TEST

/* Every mix of features, with a device that answers at once and one that takes its time. */
START_TEST(reads_and_writes)
{
    static const uint64_t mixes[] = {0, VIRTIO_F_INDIRECT_DESC, F_SEG_MAX, F_SIZE_MAX,
                                     VIRTIO_F_INDIRECT_DESC | F_SEG_MAX | F_SIZE_MAX};
    uint64_t mix = mixes[_i / 2];
    struct blk_device *disk = disk_start(mix, _i % 2);
    struct blk_segment segment[32];
    unsigned total = segments_make(segment, 32), i;

    ck_assert_int_eq(blk_transfer(disk, false, 5, segment, 32), 0);
    compare(segment, 32, 5);
    for (i = 0; i < sizeof(memory); i++)
        memory[i] = (uint8_t)(i * 3 + i / 2048);
    ck_assert_int_eq(blk_transfer(disk, true, 100, segment, 32), 0);
    compare(segment, 32, 100);
    ck_assert_uint_eq(platter[(100 + total / 512) * 512], (uint8_t)((100 + total / 512) * 512 * 7 + 100 + total / 512));
    if (mix & F_SEG_MAX)
        ck_assert_uint_eq(most_parts, 3);
    if (mix & F_SIZE_MAX)
        ck_assert_uint_eq(most_part_bytes, 1536);
    if (mix == 0 || mix == VIRTIO_F_INDIRECT_DESC)
        ck_assert_uint_eq(requests, 2);
    ck_assert_int_eq(fake.irq_enabled, !(_i % 2)); /* the fast one never needs an interrupt */
    ck_assert(!fake.dev.broken);
}
END_TEST

START_TEST(the_longest_list_of_segments)
{
    static const uint64_t mixes[] = {0, VIRTIO_F_INDIRECT_DESC};
    struct blk_device *disk = disk_start(mixes[_i], true);
    struct blk_segment segment[BLK_SEGMENTS_MAX];
    unsigned i;

    for (i = 0; i < BLK_SEGMENTS_MAX; i++)
        segment[i] = (struct blk_segment){(uintptr_t)memory + i * 1024, 1024};
    ck_assert_int_eq(blk_transfer(disk, false, 0, segment, BLK_SEGMENTS_MAX), 0);
    compare(segment, BLK_SEGMENTS_MAX, 0);
    ck_assert_uint_eq(requests, _i == 0 ? 2 : 1); /* 64 descriptors hold 62 segments */
}
END_TEST

START_TEST(errors_come_through)
{
    struct blk_device *disk = disk_start(VIRTIO_F_INDIRECT_DESC | F_FLUSH, true);
    struct blk_segment segment = {(uintptr_t)memory, 512};

    next_status = 1;
    ck_assert_int_eq(blk_transfer(disk, false, 0, &segment, 1), -EIO);
    ck_assert_int_eq(blk_flush(disk), -EIO);
    next_status = 0xff; /* it never said */
    ck_assert_int_eq(blk_transfer(disk, false, 0, &segment, 1), -EIO);
    next_status = 0;
    ck_assert_int_eq(blk_transfer(disk, false, 0, &segment, 1), 0);
}
END_TEST

START_TEST(flush_only_where_it_means_something)
{
    struct blk_device *disk = disk_start(0, true);

    ck_assert_int_eq(blk_flush(disk), 0);
    ck_assert_uint_eq(flushes, 0);
    disk = disk_start(F_FLUSH, true);
    ck_assert_int_eq(blk_flush(disk), 0);
    ck_assert_uint_eq(flushes, 1);
}
END_TEST

static void serve_the_patient(struct fake *device)
{
    if (device->relaxed % 160 == 0)
        serve(device);
}

/* A disk that soon answers is looked at until then: no interrupt, nobody sleeps. */
START_TEST(first_requests_are_looked_for)
{
    struct blk_device *disk = disk_start(VIRTIO_F_INDIRECT_DESC, false);
    struct blk_segment segment = {(uintptr_t)memory, 512};

    fake.on_idle = NULL;
    fake.on_relax = serve_the_patient;
    for (unsigned i = 1; i <= 4; i++) {
        ck_assert_int_eq(blk_transfer(disk, false, i, &segment, 1), 0);
        compare(&segment, 1, i);
        ck_assert_uint_eq(fake.relaxed, 160 * i);
    }
    ck_assert(!fake.irq_enabled);
}
END_TEST

/* One that takes its time is waited for, and not looked for a second time. */
START_TEST(looks_come_to_an_end)
{
    struct blk_device *disk = disk_start(VIRTIO_F_INDIRECT_DESC, false);
    struct blk_segment segment = {(uintptr_t)memory, 512};

    ck_assert_int_eq(blk_transfer(disk, false, 1, &segment, 1), 0);
    compare(&segment, 1, 1);
    ck_assert_uint_eq(fake.idled, 1);
    ck_assert_uint_eq(fake.relaxed, 768);
    ck_assert_int_eq(blk_transfer(disk, false, 2, &segment, 1), 0);
    compare(&segment, 1, 2);
    ck_assert_uint_eq(fake.idled, 2);
    ck_assert_uint_eq(fake.relaxed, 768);
}
END_TEST

/* ---- many at a time ---- */

#define MANY 200u

static struct {
    struct blk_request request;
    struct blk_segment segment;
    unsigned ended; /* as which; 0: not yet */
} many[MANY];
static unsigned ended;
static uint64_t bad_sector; /* reads of it fail */

static void count_end(struct blk_request *request)
{
    for (unsigned i = 0; i < MANY; i++) {
        if (request != &many[i].request)
            continue;
        ck_assert(request->ended);
        ck_assert_uint_eq(many[i].ended, 0);
        many[i].ended = ++ended;
    }
}

static bool enough_ended(void *arg)
{
    return ended >= *(unsigned *)arg;
}

/* Request i reads sector i to a place of its own. */
static void start_many(struct blk_device *disk, unsigned count)
{
    ended = 0;
    memset(many, 0, sizeof(many));
    memset(memory, 0, sizeof(memory));
    for (unsigned i = 0; i < count; i++) {
        many[i].segment = (struct blk_segment){(uintptr_t)memory + i % 128 * 512, 512};
        many[i].request = (struct blk_request){
            .op = BLK_READ, .count = 1, .sector = i, .segments = &many[i].segment, .done = count_end};
        blk_start(disk, &many[i].request);
    }
}

/* All that the driver has made available, last one first; the status tells of the bad sector. */
static void serve_backwards(struct fake *device)
{
    static struct fake_buffer b[64];
    unsigned count = 0;

    (void)device;
    while (count < 64 && fake_take(0, &b[count]))
        count++;
    while (count-- != 0) {
        uint64_t sector;

        memcpy(&sector, b[count].part[0].data + 8, 8);
        memcpy(b[count].part[1].data, platter + sector * 512, 512);
        *b[count].part[2].data = sector == bad_sector;
        fake_use(0, b[count].head, 513);
        requests++;
    }
    fake_interrupt(0);
}

static const uint64_t many_mixes[] = {0, VIRTIO_F_INDIRECT_DESC, VIRTIO_F_EVENT_IDX,
                                      VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX};

/* More than the ring holds, out of order, with an error in the middle: each gets its own result and data. */
START_TEST(many_at_a_time)
{
    struct blk_device *disk = disk_start(many_mixes[_i], false);
    unsigned all = 100;

    fake.on_idle = serve_backwards;
    bad_sector = 41;
    start_many(disk, all);
    ck_assert_uint_eq(fake.notified, 0);
    ck_assert_uint_eq(ended, 0);
    blk_kick(disk);
    ck_assert_uint_eq(fake.notified, 1);
    ck_assert_int_eq(blk_wait(disk, enough_ended, &all, all, UINT64_MAX, false), 0);
    ck_assert_uint_eq(ended, all);
    for (unsigned i = 0; i < all; i++) {
        ck_assert_int_eq(many[i].request.result, i == bad_sector ? -EIO : 0);
        if (i != bad_sector)
            ck_assert_mem_eq(memory + i * 512, platter + i * 512, 512);
    }
    ck_assert_uint_gt(many[0].ended, many[1].ended);
    ck_assert_uint_eq(requests, all);
    ck_assert(!fake.dev.broken);
}
END_TEST

/* 32 requests: one notification, and with a device that counts one interrupt. */
START_TEST(a_batch_is_one_notification_and_one_interrupt)
{
    struct blk_device *disk = disk_start(many_mixes[1 + 2 * _i], false);
    unsigned all = 32, before;

    fake.on_idle = serve_backwards;
    bad_sector = SECTORS;
    for (unsigned round = 0; round < 3; round++) {
        start_many(disk, all);
        blk_kick(disk);
        ck_assert_uint_eq(fake.notified, round + 1);
        before = fake.interrupts_taken;
        ck_assert_int_eq(blk_wait(disk, enough_ended, &all, all, UINT64_MAX, false), 0);
        ck_assert_uint_le(fake.interrupts_taken - before, round ? 1 : 2); /* to begin with what may have been missed */
        fake_avail_event(0, fake.queue[0].seen);
    }
}
END_TEST

static void serve_one(struct fake *device)
{
    struct fake_buffer b;

    (void)device;
    if (!fake_take(0, &b))
        return;
    *b.part[2].data = 0;
    fake_use(0, b.head, 513);
    fake_interrupt(0);
}

/* A device that counts says nothing before as many are done as are wanted. */
START_TEST(the_interrupt_comes_when_enough_is_done)
{
    struct blk_device *disk = disk_start(VIRTIO_F_EVENT_IDX | VIRTIO_F_INDIRECT_DESC, false);
    unsigned want = 1, before;

    fake.on_idle = serve_one;
    start_many(disk, 32);
    blk_kick(disk);
    ck_assert_int_eq(blk_wait(disk, enough_ended, &want, want, UINT64_MAX, false), 0);
    ck_assert_uint_eq(ended, 1);
    before = fake.interrupts_taken;
    want = 21;
    ck_assert_int_eq(blk_wait(disk, enough_ended, &want, 20, UINT64_MAX, false), 0);
    ck_assert_uint_eq(ended, 21);
    ck_assert_uint_eq(fake.interrupts_taken - before, 1);
    before = fake.interrupts_taken;
    while (fake.queue[0].done < 32)
        serve_one(&fake);
    ck_assert_uint_eq(fake.interrupts_taken, before); /* nobody waits */
    blk_poll(disk);
    ck_assert_uint_eq(ended, 32);
}
END_TEST

/* A request that is in several parts ends when all of them are back, and after an error no more are sent. */
START_TEST(parts_of_a_request)
{
    struct blk_device *disk = disk_start(VIRTIO_F_INDIRECT_DESC | F_SEG_MAX, false);
    struct blk_segment segment[30];
    unsigned total = segments_make(segment, 30);
    struct blk_request request = {.op = BLK_READ, .count = 30, .segments = segment};

    blk_start(disk, &request);
    ck_assert_int_eq(blk_finish(disk, &request), 0);
    segments_make(segment, 30);
    compare(segment, 30, 0);
    ck_assert_uint_eq(requests, 10);
    ck_assert_uint_gt(total, 0);
    fake.queue_max = 4;
    disk = disk_start(F_SEG_MAX, true);
    next_status = 1;
    request = (struct blk_request){.op = BLK_READ, .count = 30, .segments = segment};
    blk_start(disk, &request);
    ck_assert_int_eq(blk_finish(disk, &request), -EIO);
    ck_assert_uint_le(requests, 12);
    next_status = 0;
    request = (struct blk_request){.op = BLK_READ, .count = 1, .segments = segment};
    blk_start(disk, &request);
    ck_assert_int_eq(blk_finish(disk, &request), 0);
}
END_TEST

static unsigned hostile_way;

/* Finishes some requests, then lies. */
static void serve_and_lie(struct fake *device)
{
    struct fake_buffer b, last = {0};
    unsigned n = 0;

    (void)device;
    while (n++ < 5 && fake_take(0, &b)) {
        *b.part[2].data = 0;
        fake_use(0, b.head, 513);
        last = b;
    }
    if (hostile_way == 0)
        fake_use(0, last.head, 513); /* a second time */
    else if (hostile_way == 1)
        fake_use(0, 64, 1); /* beyond the ring */
    else if (hostile_way == 2)
        fake_use(0, 0xffff, 1);
    else if (fake_take(0, &b))
        fake_use(0, b.head, 514); /* more than there is room for */
    if (fake.irq_enabled)         /* whether the driver wants to know or not */
        virtio_interrupt(&fake.dev);
}

/* All of them end, each once; the device is reset first, since it could still write to their memory. */
START_TEST(a_hostile_device_ends_all_requests)
{
    struct blk_device *disk = disk_start(many_mixes[_i / 4], false);
    unsigned all = 100, good = 0;

    hostile_way = _i % 4;
    fake.on_idle = serve_and_lie;
    start_many(disk, all);
    blk_kick(disk);
    ck_assert_int_eq(blk_wait(disk, enough_ended, &all, all, UINT64_MAX, false), 0);
    ck_assert_uint_eq(ended, all);
    for (unsigned i = 0; i < all; i++)
        good += many[i].request.result == 0;
    ck_assert_uint_eq(good, 5);
    ck_assert(fake.dev.broken);
    ck_assert_uint_eq(fake.status, 0);
    start_many(disk, 1);
    ck_assert_uint_eq(ended, 1);
    ck_assert_int_eq(many[0].request.result, -EIO);
}
END_TEST

START_TEST(impossible_requests_end_at_once)
{
    struct blk_device *disk = disk_start(F_RO, true);
    struct blk_segment segment = {(uintptr_t)memory, 512};
    static const struct blk_request bad[] = {
        {.op = BLK_READ, .count = 0, .sector = 0},
        {.op = BLK_READ, .count = 1, .sector = SECTORS},
        {.op = BLK_READ, .count = 1, .sector = UINT64_MAX},
        {.op = BLK_WRITE, .count = 1, .sector = 0},
    };

    for (unsigned i = 0; i < 4; i++) {
        struct blk_request request = bad[i];

        request.segments = &segment;
        blk_start(disk, &request);
        ck_assert(request.ended);
        ck_assert_int_eq(request.result, i == 3 ? -EROFS : -EINVAL);
    }
    segment.size = 100;
    ck_assert_int_eq(blk_transfer(disk, false, 0, &segment, 1), -EINVAL);
    ck_assert_uint_eq(requests, 0);
}
END_TEST

static void lie(struct fake *device, uint16_t queue)
{
    struct fake_buffer b;

    (void)device;
    fake_take(queue, &b);
    fake_use(queue, 3, 0);
}

START_TEST(a_broken_device_is_left_alone)
{
    struct blk_device *disk = disk_start(0, true);
    struct blk_segment segment = {(uintptr_t)memory, 512};

    fake.on_notify = lie;
    ck_assert_int_eq(blk_transfer(disk, false, 0, &segment, 1), -EIO);
    ck_assert_uint_eq(fake.notified, 1);
    ck_assert_int_eq(blk_transfer(disk, false, 0, &segment, 1), -EIO);
    ck_assert_uint_eq(fake.notified, 1);
}
END_TEST

START_TEST(unusable_limits_are_refused)
{
    struct blk_device *disk;

    fake_init(F_SIZE_MAX);
    fake.config[2] = 511;
    ck_assert_int_eq(virtio_blk_create(&fake.dev, 0, &disk), -ENODEV);
    ck_assert(fake.status & VIRTIO_FAILED);
    fake_init(F_SEG_MAX);
    ck_assert_int_eq(virtio_blk_create(&fake.dev, 0, &disk), -ENODEV);
    fake_init(0);
    fake.queue_max = 2; /* no room for data */
    ck_assert_int_eq(virtio_blk_create(&fake.dev, 0, &disk), -ENODEV);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guest-kernel/drv/virtio_blk");
    TCase *tests = tcase_create("disk");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tests, what_the_disk_is);
    tcase_add_loop_test(tests, reads_and_writes, 0, 10);
    tcase_add_loop_test(tests, the_longest_list_of_segments, 0, 2);
    tcase_add_test(tests, errors_come_through);
    tcase_add_test(tests, flush_only_where_it_means_something);
    tcase_add_test(tests, first_requests_are_looked_for);
    tcase_add_test(tests, looks_come_to_an_end);
    tcase_add_test(tests, a_broken_device_is_left_alone);
    tcase_add_test(tests, unusable_limits_are_refused);
    tcase_add_loop_test(tests, many_at_a_time, 0, 4);
    tcase_add_loop_test(tests, a_batch_is_one_notification_and_one_interrupt, 0, 2);
    tcase_add_test(tests, the_interrupt_comes_when_enough_is_done);
    tcase_add_test(tests, parts_of_a_request);
    tcase_add_loop_test(tests, a_hostile_device_ends_all_requests, 0, 16);
    tcase_add_test(tests, impossible_requests_end_at_once);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
