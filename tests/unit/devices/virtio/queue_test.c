/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/virtio/queue.c vmm/kvm/mem.c
/* queue_test.c - split virtqueues as a hostile driver makes them, and as a good one does. */
#include "devices/virtio/queue.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#define MEMORY 0x4000000u /* large enough for a chain of more than 4 GiB */
#define DESC 0x1000u
#define AVAIL 0x2000u
#define USED 0x3000u
#define TABLE 0x4000u /* an indirect one */
#define DATA 0x10000u
#define SIZE 8u

enum { NEXT = 1, WRITE = 2, INDIRECT = 4 };

struct test_desc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags, next;
};

static struct mem mem;
static struct virtqueue queue;
static struct queue_chain chain;
static uint16_t avail_idx;

static void setup(void)
{
    static const struct mem_range range = {0, MEMORY};

    ck_assert_int_eq(mem_init(&mem, &range, 1), 0);
    memset(&queue, 0, sizeof(queue));
    queue = (struct virtqueue){.mem = &mem, .desc_gpa = DESC, .driver_gpa = AVAIL, .device_gpa = USED, .size = SIZE};
    ck_assert_int_eq(queue_start(&queue), 0);
    avail_idx = 0;
}

static void teardown(void)
{
    mem_fini(&mem);
}

static void put16(gpa_t gpa, uint16_t value)
{
    ck_assert_int_eq(mem_write(&mem, gpa, &value, 2), 0);
}

static uint16_t get16(gpa_t gpa)
{
    uint16_t value;

    ck_assert_int_eq(mem_read(&mem, gpa, &value, 2), 0);
    return value;
}

static void desc(gpa_t table, unsigned at, uint64_t addr, uint32_t len, uint16_t flags, uint16_t next)
{
    struct test_desc d = {addr, len, flags, next};

    ck_assert_int_eq(mem_write(&mem, table + at * sizeof(d), &d, sizeof(d)), 0);
}

static void offer(uint16_t head)
{
    put16(AVAIL + 4 + 2 * (avail_idx % SIZE), head);
    put16(AVAIL + 2, ++avail_idx);
}

/* A bad ring: the queue says so now and from now on, and writes nothing. */
static void expect_broken(void)
{
    ck_assert_int_eq(queue_pop(&queue, &chain), -EINVAL);
    ck_assert_int_eq(queue_pop(&queue, &chain), -EINVAL);
    ck_assert_int_eq(queue_pending(&queue), -EINVAL);
    queue_push(&queue, 0, 1);
    ck_assert_uint_eq(get16(USED + 2), 0);
    ck_assert(!queue_should_interrupt(&queue));
}

START_TEST(a_chain_is_taken_and_given_back)
{
    uint32_t elem[2];

    ck_assert_int_eq(queue_pop(&queue, &chain), 0);
    desc(DESC, 3, DATA, 16, NEXT, 5);
    desc(DESC, 5, DATA + 0x100, 512, NEXT | WRITE, 0);
    desc(DESC, 0, DATA + 0x400, 1, WRITE, 7);
    offer(3);
    ck_assert_int_eq(queue_pending(&queue), 1);
    ck_assert_int_eq(queue_pop(&queue, &chain), 1);
    ck_assert_uint_eq(chain.head, 3);
    ck_assert_uint_eq(chain.readable, 1);
    ck_assert_uint_eq(chain.writable, 2);
    ck_assert_uint_eq(chain.readable_bytes, 16);
    ck_assert_uint_eq(chain.writable_bytes, 513);
    ck_assert_ptr_eq(chain.iov[1].iov_base, mem_at(&mem, DATA + 0x100, 1));
    ck_assert_int_eq(queue_pop(&queue, &chain), 0);
    ck_assert(!queue_should_interrupt(&queue));
    queue_push(&queue, 3, 513);
    ck_assert_uint_eq(get16(USED + 2), 1);
    mem_read(&mem, USED + 4, elem, sizeof(elem));
    ck_assert_uint_eq(elem[0], 3);
    ck_assert_uint_eq(elem[1], 513);
    ck_assert(queue_should_interrupt(&queue));
    ck_assert(!queue_should_interrupt(&queue));
}
END_TEST

START_TEST(indices_wrap)
{
    desc(DESC, 1, DATA, 4, 0, 0);
    for (unsigned i = 0; i < 70000; i++) {
        offer(1);
        ck_assert_int_eq(queue_pop(&queue, &chain), 1);
        queue_push(&queue, 1, i);
    }
    ck_assert_uint_eq(get16(USED + 2), (uint16_t)70000);
}
END_TEST

/* Another run of the ring goes on where the first one ended, whatever the queue itself knew. */
START_TEST(a_run_is_resumed)
{
    struct virtqueue again = {.mem = &mem, .desc_gpa = DESC, .driver_gpa = AVAIL, .device_gpa = USED, .size = SIZE};

    desc(DESC, 1, DATA, 4, 0, 0);
    desc(DESC, 2, DATA, 8, 0, 0);
    for (unsigned i = 0; i < 3; i++) {
        offer(1);
        ck_assert_int_eq(queue_pop(&queue, &chain), 1);
        queue_push(&queue, 1, 0);
    }
    offer(2);
    ck_assert_int_eq(queue_resume(&again, 3), 0);
    ck_assert(!queue_should_interrupt(&again));
    ck_assert_int_eq(queue_pop(&again, &chain), 1);
    ck_assert_uint_eq(chain.head, 2);
    queue_push(&again, 2, 0);
    ck_assert_uint_eq(get16(USED + 2), 4);
    ck_assert(queue_should_interrupt(&again));
    ck_assert_int_eq(queue_pop(&again, &chain), 0);
    again.size = 3;
    ck_assert_int_eq(queue_resume(&again, 3), -EINVAL);
}
END_TEST

START_TEST(a_full_ring_is_fine)
{
    for (uint16_t i = 0; i < SIZE; i++) {
        desc(DESC, i, DATA, 4, 0, 0);
        offer(i);
    }
    for (unsigned i = 0; i < SIZE; i++)
        ck_assert_int_eq(queue_pop(&queue, &chain), 1);
    ck_assert_int_eq(queue_pop(&queue, &chain), 0);
}
END_TEST

START_TEST(too_many_available)
{
    put16(AVAIL + 2, SIZE + 1);
    expect_broken();
    queue_stop(&queue);
    ck_assert_int_eq(queue_pop(&queue, &chain), 0);
    put16(AVAIL + 2, 0);
    ck_assert_int_eq(queue_start(&queue), 0);
    put16(AVAIL + 2, 0xffff); /* backwards */
    expect_broken();
}
END_TEST

START_TEST(head_outside)
{
    offer(SIZE);
    expect_broken();
}
END_TEST

START_TEST(next_outside)
{
    desc(DESC, 0, DATA, 4, NEXT, 0x8000);
    offer(0);
    expect_broken();
}
END_TEST

START_TEST(loop_of_descriptors)
{
    desc(DESC, 0, DATA, 4, NEXT, 1);
    desc(DESC, 1, DATA, 4, NEXT, 0);
    offer(0);
    expect_broken();
}
END_TEST

START_TEST(readable_after_writable)
{
    desc(DESC, 0, DATA, 4, NEXT | WRITE, 1);
    desc(DESC, 1, DATA, 4, 0, 0);
    offer(0);
    expect_broken();
}
END_TEST

static const struct {
    uint64_t addr;
    uint32_t len;
} bad_buffers[] = {
    {MEMORY, 1}, {MEMORY - 1, 2},    {UINT64_MAX, 1},          {UINT64_MAX - 3, 8},
    {DATA, 0},   {DATA, UINT32_MAX}, {0x8000000000000000, 16},
};

START_TEST(buffer_outside_memory)
{
    desc(DESC, 0, bad_buffers[_i].addr, bad_buffers[_i].len, 0, 0);
    offer(0);
    expect_broken();
}
END_TEST

START_TEST(indirect_table)
{
    queue.indirect = true;
    /* A direct descriptor first, then the table (2.7.5.3.2), whose order of entries is by `next`. */
    desc(DESC, 0, DATA, 4, NEXT, 2);
    desc(DESC, 2, TABLE, 3 * 16, INDIRECT, 0);
    desc(TABLE, 0, DATA + 16, 8, NEXT, 2);
    desc(TABLE, 2, DATA + 32, 12, WRITE, 0);
    offer(0);
    ck_assert_int_eq(queue_pop(&queue, &chain), 1);
    ck_assert_uint_eq(chain.readable_bytes, 12);
    ck_assert_uint_eq(chain.writable_bytes, 12);
    ck_assert_uint_eq(chain.readable, 2);
}
END_TEST

START_TEST(indirect_longer_than_the_queue)
{
    unsigned count = _i != 0 ? QUEUE_CHAIN_MAX + 1 : QUEUE_CHAIN_MAX;

    queue.indirect = true;
    desc(DESC, 0, TABLE, count * 16, INDIRECT, 0);
    for (unsigned i = 0; i < count; i++)
        desc(TABLE, i, DATA, 4, i + 1 < count ? NEXT : 0, (uint16_t)(i + 1));
    offer(0);
    if (_i != 0) {
        expect_broken();
    } else {
        ck_assert_int_eq(queue_pop(&queue, &chain), 1);
        ck_assert_uint_eq(chain.readable, QUEUE_CHAIN_MAX);
    }
}
END_TEST

static const struct {
    uint64_t addr;
    uint32_t len;
    uint16_t flags;
} bad_tables[] = {
    {TABLE, 16, INDIRECT | NEXT}, /* both */
    {TABLE, 0, INDIRECT},         /* empty */
    {TABLE, 24, INDIRECT},        /* not whole */
    {MEMORY - 16, 32, INDIRECT},  /* leaves memory */
    {UINT64_MAX - 15, 32, INDIRECT},
    {DESC, 16, INDIRECT},          /* a table that refers to a table */
    {TABLE + 0x800, 16, INDIRECT}, /* an entry of length 0 */
    {TABLE, 32, INDIRECT},         /* a loop */
    {TABLE, 0xfffffff0, INDIRECT}, /* huge */
};

START_TEST(bad_indirect_table)
{
    queue.indirect = true;
    desc(TABLE, 0, DATA, 4, NEXT, 1);
    desc(TABLE, 1, DATA, 4, NEXT, 0);
    desc(DESC, 0, bad_tables[_i].addr, bad_tables[_i].len, bad_tables[_i].flags, 0);
    offer(0);
    expect_broken();
}
END_TEST

START_TEST(indirect_without_the_feature)
{
    desc(DESC, 0, TABLE, 16, INDIRECT, 0);
    desc(TABLE, 0, DATA, 4, 0, 0);
    offer(0);
    expect_broken();
}
END_TEST

START_TEST(four_gib_in_all)
{
    queue.indirect = true;
    desc(DESC, 0, TABLE, QUEUE_CHAIN_MAX * 16, INDIRECT, 0);
    for (unsigned i = 0; i < QUEUE_CHAIN_MAX; i++)
        desc(TABLE, i, 0, MEMORY, i + 1 < QUEUE_CHAIN_MAX ? NEXT | WRITE : WRITE, (uint16_t)(i + 1));
    offer(0);
    expect_broken();
}
END_TEST

START_TEST(no_interrupt_flag)
{
    put16(AVAIL, 1);
    queue_push(&queue, 0, 0);
    ck_assert(!queue_should_interrupt(&queue));
    put16(AVAIL, 0);
    queue_push(&queue, 0, 0);
    ck_assert(queue_should_interrupt(&queue));
}
END_TEST

START_TEST(event_idx)
{
    const gpa_t used_event = AVAIL + 4 + 2 * SIZE, avail_event = USED + 4 + 8 * SIZE;

    queue.event_idx = true;
    desc(DESC, 0, DATA, 4, 0, 0);
    offer(0);
    put16(avail_event, 0x7777);
    ck_assert_int_eq(queue_pop(&queue, &chain), 1);
    ck_assert_uint_eq(get16(avail_event), 0x7777); /* not asked for yet */
    ck_assert_int_eq(queue_pop(&queue, &chain), 0);
    ck_assert_uint_eq(get16(avail_event), 1);

    put16(used_event, 1); /* interrupt when the second is used */
    queue_push(&queue, 0, 0);
    ck_assert(!queue_should_interrupt(&queue));
    queue_push(&queue, 0, 0);
    ck_assert(queue_should_interrupt(&queue));
    ck_assert(!queue_should_interrupt(&queue));
    put16(used_event, 3);
    for (unsigned i = 0; i < 3; i++) /* passes over the event */
        queue_push(&queue, 0, 0);
    ck_assert(queue_should_interrupt(&queue));
}
END_TEST

static const struct {
    gpa_t desc, avail, used;
    uint16_t size;
} bad_rings[] = {
    {DESC + 8, AVAIL, USED, SIZE},           {DESC, AVAIL + 1, USED, SIZE},   {DESC, AVAIL, USED + 2, SIZE},
    {MEMORY - 64, AVAIL, USED, SIZE},        {DESC, MEMORY - 20, USED, SIZE}, {DESC, AVAIL, MEMORY - 68, SIZE},
    {UINT64_MAX - 15, AVAIL, USED, SIZE},    {DESC, AVAIL, USED, 0},          {DESC, AVAIL, USED, 12},
    {DESC, AVAIL, USED, 2 * QUEUE_SIZE_ANY},
};

START_TEST(bad_ring_addresses)
{
    queue.desc_gpa = bad_rings[_i].desc;
    queue.driver_gpa = bad_rings[_i].avail;
    queue.device_gpa = bad_rings[_i].used;
    queue.size = bad_rings[_i].size;
    ck_assert_int_eq(queue_start(&queue), -EINVAL);
    ck_assert_int_eq(queue_pop(&queue, &chain), 0);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

int main(void)
{
    Suite *suite = suite_create("devices/virtio/queue");
    TCase *tc = tcase_create("queue");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_chain_is_taken_and_given_back);
    tcase_add_test(tc, indices_wrap);
    tcase_add_test(tc, a_run_is_resumed);
    tcase_add_test(tc, a_full_ring_is_fine);
    tcase_add_test(tc, too_many_available);
    tcase_add_test(tc, head_outside);
    tcase_add_test(tc, next_outside);
    tcase_add_test(tc, loop_of_descriptors);
    tcase_add_test(tc, readable_after_writable);
    tcase_add_loop_test(tc, buffer_outside_memory, 0, COUNT(bad_buffers));
    tcase_add_test(tc, indirect_table);
    tcase_add_loop_test(tc, indirect_longer_than_the_queue, 0, 2);
    tcase_add_loop_test(tc, bad_indirect_table, 0, COUNT(bad_tables));
    tcase_add_test(tc, indirect_without_the_feature);
    tcase_add_test(tc, four_gib_in_all);
    tcase_add_test(tc, no_interrupt_flag);
    tcase_add_test(tc, event_idx);
    tcase_add_loop_test(tc, bad_ring_addresses, 0, COUNT(bad_rings));
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
