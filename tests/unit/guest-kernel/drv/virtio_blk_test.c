/* SPDX-License-Identifier: Apache-2.0 */
/* virtio_blk_test.c - the disk driver against a disk made of memory, fast and slow, plain and full of limits. */
// sources: guest-kernel/drv/virtio_blk.c guest-kernel/drv/virtqueue.c guest-kernel/drv/virtio.c
// sources: tests/unit/guest-kernel/drv/fake.c
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "drv/virtio_blk.h"
#include "fake.h"

#define SECTORS 256u
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

    ck_assert_int_eq(disk->ops->transfer(disk, false, 5, segment, 32), 0);
    compare(segment, 32, 5);
    for (i = 0; i < sizeof(memory); i++)
        memory[i] = (uint8_t)(i * 3 + i / 2048);
    ck_assert_int_eq(disk->ops->transfer(disk, true, 100, segment, 32), 0);
    compare(segment, 32, 100);
    ck_assert_uint_eq(platter[(100 + total / 512) * 512], (uint8_t)((100 + total / 512) * 512 * 7 + 100 + total / 512));
    if (mix & F_SEG_MAX)
        ck_assert_uint_eq(most_parts, 3);
    if (mix & F_SIZE_MAX)
        ck_assert_uint_eq(most_part_bytes, 1536);
    if (!mix || mix == VIRTIO_F_INDIRECT_DESC)
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
    ck_assert_int_eq(disk->ops->transfer(disk, false, 0, segment, BLK_SEGMENTS_MAX), 0);
    compare(segment, BLK_SEGMENTS_MAX, 0);
    ck_assert_uint_eq(requests, _i == 0 ? 2 : 1); /* 64 descriptors hold 62 segments */
}
END_TEST

START_TEST(errors_come_through)
{
    struct blk_device *disk = disk_start(VIRTIO_F_INDIRECT_DESC | F_FLUSH, true);
    struct blk_segment segment = {(uintptr_t)memory, 512};

    next_status = 1;
    ck_assert_int_eq(disk->ops->transfer(disk, false, 0, &segment, 1), -EIO);
    ck_assert_int_eq(disk->ops->flush(disk), -EIO);
    next_status = 0xff; /* it never said */
    ck_assert_int_eq(disk->ops->transfer(disk, false, 0, &segment, 1), -EIO);
    next_status = 0;
    ck_assert_int_eq(disk->ops->transfer(disk, false, 0, &segment, 1), 0);
}
END_TEST

START_TEST(flush_only_where_it_means_something)
{
    struct blk_device *disk = disk_start(0, true);

    ck_assert_int_eq(disk->ops->flush(disk), 0);
    ck_assert_uint_eq(flushes, 0);
    disk = disk_start(F_FLUSH, true);
    ck_assert_int_eq(disk->ops->flush(disk), 0);
    ck_assert_uint_eq(flushes, 1);
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
    ck_assert_int_eq(disk->ops->transfer(disk, false, 0, &segment, 1), -EIO);
    ck_assert_uint_eq(fake.notified, 1);
    ck_assert_int_eq(disk->ops->transfer(disk, false, 0, &segment, 1), -EIO);
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
    tcase_add_test(tests, a_broken_device_is_left_alone);
    tcase_add_test(tests, unusable_limits_are_refused);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
