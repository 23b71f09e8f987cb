/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/kvm/bus.c
/* bus_test.c - device windows: overlaps are refused, an access lands in the window that holds all of it. */
#include "vmm/kvm/bus.h"

#include <check.h>
#include <errno.h>
#include <string.h>

static uint64_t last_offset;

static void test_read(void *owner, uint64_t offset, void *data, unsigned size)
{
    last_offset = offset;
    memset(data, *(const int *)owner, size);
}

static void test_write(void *owner, uint64_t offset, const void *data, unsigned size)
{
    (void)size;
    last_offset = offset;
    *(int *)owner = *(const uint8_t *)data;
}

static const struct bus_ops ops = {.read = test_read, .write = test_write};

static int insert(struct bus *bus, uint64_t base, uint64_t size, int *owner)
{
    struct bus_window window = {.base = base, .size = size, .ops = &ops, .owner = owner};

    return bus_insert(bus, &window);
}

START_TEST(overlaps_are_refused)
{
    struct bus bus = {.count = 0};
    int owner = 0;

    ck_assert_int_eq(insert(&bus, 0x1000, 0x200, &owner), 0);
    ck_assert_int_eq(insert(&bus, 0x1200, 0x200, &owner), 0);
    ck_assert_int_eq(insert(&bus, 0xe00, 0x200, &owner), 0);
    ck_assert_int_eq(insert(&bus, 0x1100, 0x10, &owner), -EEXIST);
    ck_assert_int_eq(insert(&bus, 0x11ff, 2, &owner), -EEXIST);
    ck_assert_int_eq(insert(&bus, 0xdff, 2, &owner), -EEXIST);
    ck_assert_int_eq(insert(&bus, 0, UINT64_MAX, &owner), -EEXIST);
    ck_assert_int_eq(insert(&bus, 0x5000, 0, &owner), -EINVAL);
    ck_assert_int_eq(insert(&bus, UINT64_MAX, 2, &owner), -EINVAL);
    ck_assert_int_eq(insert(&bus, UINT64_MAX, 1, &owner), 0);
    ck_assert_uint_eq(bus.count, 4);
    for (unsigned i = 1; i < bus.count; i++)
        ck_assert(bus.window[i - 1].base < bus.window[i].base);
}
END_TEST

START_TEST(the_bus_fills_up)
{
    struct bus bus = {.count = 0};
    int owner = 0;

    for (unsigned i = 0; i < BUS_WINDOWS; i++)
        ck_assert_int_eq(insert(&bus, (BUS_WINDOWS - i) * 0x1000u, 0x1000, &owner), 0);
    ck_assert_int_eq(insert(&bus, 0x1000000, 1, &owner), -ENOSPC);
}
END_TEST

START_TEST(accesses_find_their_window)
{
    struct bus bus = {.count = 0};
    int a = 0x11, b = 0x22;
    uint8_t data[8];

    insert(&bus, 0x1000, 0x10, &a);
    insert(&bus, 0x2000, 0x10, &b);
    ck_assert(bus_read(&bus, 0x1008, data, 8));
    ck_assert_int_eq(data[7], 0x11);
    ck_assert_uint_eq(last_offset, 8);
    ck_assert(bus_read(&bus, 0x2000, data, 1));
    ck_assert_int_eq(data[0], 0x22);
    ck_assert(bus_write(&bus, 0x200f, "\x33", 1));
    ck_assert_int_eq(b, 0x33);
    ck_assert_uint_eq(last_offset, 0xf);

    memset(data, 0, sizeof(data));
    ck_assert(!bus_read(&bus, 0x100d, data, 4)); /* leaves the window */
    ck_assert_int_eq(data[3], 0xff);
    ck_assert_int_eq(data[4], 0);
    ck_assert(!bus_read(&bus, 0xfff, data, 1));
    ck_assert(!bus_read(&bus, 0x1800, data, 1));
    ck_assert(!bus_read(&bus, UINT64_MAX, data, 8));
    ck_assert(!bus_write(&bus, 0x1010, data, 1));
    ck_assert(!bus_write(&bus, 0x1000, data, 3));
    ck_assert(!bus_write(&bus, 0x1000, data, 0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/bus");
    TCase *tc = tcase_create("bus");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, overlaps_are_refused);
    tcase_add_test(tc, the_bus_fills_up);
    tcase_add_test(tc, accesses_find_their_window);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
