/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/pflash.c devices/pflash_cfi.c vmm/file_io.c vmm/log.c
/* pflash_test.c - command sequences as drivers send them, with what a flash answers; the mapping of the array. */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "devices/device.h"

#define BASE 0xffc00000u
#define WINDOW (4u << 20)
#define SECTOR (256u << 10)

static struct device *dev;
static int fd;
static const void *mapped; /* what the guest reads directly */
static uint64_t mapped_size;
static unsigned maps;
static int map_result;

static int test_map_rom(void *vm, uint64_t gpa, uint64_t size, void *host)
{
    (void)vm;
    ck_assert_uint_eq(gpa, BASE);
    if (map_result < 0)
        return map_result;
    mapped = host;
    mapped_size = size;
    maps += host != NULL;
    return 0;
}

static const struct device_services services = {.map_rom = test_map_rom};

static int create(uint64_t window, uint64_t size, bool read_only)
{
    struct device_env env = {.window = {.base = BASE, .size = window}, .services = &services};
    struct pflash_args args = {.fd = fd, .size = size, .read_only = read_only, .name = "test.img"};

    return device_pflash.create(&env, &args, &dev);
}

static void start(uint64_t size, bool read_only)
{
    uint8_t page[4096];

    memset(page, 0xff, sizeof(page));
    fd = memfd_create("flash", 0);
    for (uint64_t at = 0; at < size; at += sizeof(page))
        ck_assert_int_gt(pwrite(fd, page, size - at < sizeof(page) ? size - at : sizeof(page), (off_t)at), 0);
    ck_assert_int_eq(pwrite(fd, "pfld", 4, 0), 4);
    ck_assert_int_eq(create(WINDOW, size, read_only), 0);
}

static void stop(void)
{
    dev->ops->destroy(dev);
    ck_assert_ptr_null(mapped);
    close(fd);
}

static uint64_t get(uint64_t offset, unsigned size)
{
    uint64_t value = 0;

    dev->ops->io.read(dev, offset, &value, size);
    return value;
}

static void put(uint64_t offset, uint64_t value, unsigned size)
{
    dev->ops->io.write(dev, offset, &value, size);
}

static uint32_t stored(uint64_t offset)
{
    uint32_t value = 0;

    ck_assert_int_eq(pread(fd, &value, 4, (off_t)offset), 4);
    return value;
}

START_TEST(array_is_mapped_on_first_access)
{
    start(WINDOW, false);
    ck_assert_ptr_null(mapped);
    ck_assert_uint_eq(get(0, 4), 0x646c6670);
    ck_assert_ptr_nonnull(mapped);
    ck_assert_uint_eq(mapped_size, WINDOW);
    ck_assert_mem_eq(mapped, "pfld\xff", 5);
    get(4, 1);
    ck_assert_uint_eq(maps, 1);
    put(0, 0x70, 1);
    ck_assert_ptr_null(mapped);
    ck_assert_uint_eq(get(0, 4), 0x00800080);
    put(0, 0xff, 1);
    ck_assert_ptr_null(mapped); /* not before somebody reads */
    ck_assert_uint_eq(get(2, 2), 0x646c);
    ck_assert_ptr_nonnull(mapped);
    ck_assert_uint_eq(maps, 2);
    stop();
}
END_TEST

START_TEST(works_without_a_mapping)
{
    map_result = -ENOTSUP;
    start(WINDOW, false);
    ck_assert_uint_eq(get(0, 4), 0x646c6670);
    ck_assert_uint_eq(get(0, 8), 0xffffffff646c6670);
    ck_assert_ptr_null(mapped);
    stop();
}
END_TEST

START_TEST(image_shorter_than_the_window)
{
    start(SECTOR + 4096 + 100, false);
    ck_assert_uint_eq(get(0, 4), 0x646c6670);
    ck_assert_uint_eq(mapped_size, SECTOR + 4096); /* whole pages */
    ck_assert_uint_eq(get(SECTOR + 4096 + 98, 4), 0xffffffff);
    ck_assert_uint_eq(get(WINDOW - 4, 4), 0xffffffff);
    put(WINDOW - 4, 0x40, 4); /* nothing there to program */
    put(WINDOW - 4, 0x12345678, 4);
    ck_assert_uint_eq(get(0, 1), 0x90);
    put(0, 0x50, 4);
    put(WINDOW - 4, 0x20, 4); /* but it is erased */
    put(WINDOW - 4, 0xd0, 4);
    ck_assert_uint_eq(get(0, 1), 0x80);
    put(SECTOR, 0x20, 4); /* and so is the sector with the end in it */
    put(SECTOR, 0xd0, 4);
    ck_assert_uint_eq(get(0, 1), 0x80);
    ck_assert_int_eq(lseek(fd, 0, SEEK_END), SECTOR + 4096 + 100);
    stop();
}
END_TEST

START_TEST(identification)
{
    start(WINDOW, false);
    put(0x55 * 4, 0x00980098, 4);
    ck_assert_uint_eq(get(0x10 * 4, 4), 0x00510051); /* Q R Y */
    ck_assert_uint_eq(get(0x11 * 4, 2), 'R');
    ck_assert_uint_eq(get(0x12 * 4 + 2, 1), 'Y');
    ck_assert_uint_eq(get(0x12 * 4 + 1, 1), 0);
    ck_assert_uint_eq(get(0x13 * 4, 1), 1);  /* command set */
    ck_assert_uint_eq(get(0x27 * 4, 1), 21); /* 2 MiB a chip */
    ck_assert_uint_eq(get(0x2a * 4, 1), 10); /* write buffer of 1 KiB a chip */
    ck_assert_uint_eq(get(0x2d * 4, 1), WINDOW / SECTOR - 1);
    ck_assert_uint_eq(get(0x2f * 4, 1) | get(0x30 * 4, 1) << 8, SECTOR / 2 / 256);
    ck_assert_uint_eq(get(0x31 * 4, 1), 'P');
    ck_assert_uint_eq(get(0x40 * 4, 4), 0); /* behind the table */
    ck_assert_uint_eq(get(WINDOW - 4, 4), 0);
    put(0, 0x00900090, 4);
    ck_assert_uint_eq(get(0, 4), 0x00890089);
    ck_assert_uint_eq(get(4, 4), 0x00180018);
    put(0, 0x00ff00ff, 4);
    ck_assert_uint_eq(get(0, 4), 0x646c6670);
    stop();
}
END_TEST

START_TEST(program_and_erase)
{
    start(WINDOW, false);
    put(SECTOR + 8, 0x00400040, 4);
    put(SECTOR + 8, 0x12345678, 4);
    ck_assert_uint_eq(get(SECTOR + 8, 4), 0x00800080);
    ck_assert_uint_eq(stored(SECTOR + 8), 0x12345678);
    put(SECTOR + 8, 0x10, 4); /* ones don't come back */
    put(SECTOR + 8, 0xffff00ff, 4);
    ck_assert_uint_eq(stored(SECTOR + 8), 0x12340078);
    put(0, 0xff, 4);
    ck_assert_uint_eq(get(SECTOR + 8, 4), 0x12340078);

    put(2 * SECTOR - 4, 0x00200020, 4);
    put(2 * SECTOR - 4, 0x00d000d0, 4);
    ck_assert_uint_eq(get(0, 4), 0x00800080);
    ck_assert_uint_eq(stored(SECTOR + 8), 0xffffffff);
    ck_assert_uint_eq(stored(0), 0x646c6670); /* the sector before is as it was */
    stop();
}
END_TEST

START_TEST(buffered_write)
{
    start(WINDOW, false);
    put(SECTOR, 0x00e800e8, 4);
    ck_assert_uint_eq(get(SECTOR, 4), 0x00800080);
    put(SECTOR, 0x00030003, 4); /* four words */
    for (uint32_t i = 0; i < 4; i++)
        put(SECTOR + 16 + 4 * i, 0x1000 + i, 4);
    ck_assert_uint_eq(stored(SECTOR + 16), 0xffffffff); /* not yet */
    put(SECTOR, 0x00d000d0, 4);
    ck_assert_uint_eq(get(SECTOR, 4), 0x00800080);
    for (uint32_t i = 0; i < 4; i++)
        ck_assert_uint_eq(stored(SECTOR + 16 + 4 * i), 0x1000 + i);
    ck_assert_uint_eq(stored(SECTOR + 12), 0xffffffff);
    ck_assert_uint_eq(stored(SECTOR + 32), 0xffffffff);
    stop();
}
END_TEST

START_TEST(wrong_sequences)
{
    start(WINDOW, false);
    put(0, 0x20, 4); /* erase, not confirmed */
    put(0, 0xff, 4);
    ck_assert_uint_eq(get(0, 1), 0xb0);
    ck_assert_uint_eq(stored(0), 0x646c6670);
    put(0, 0x50, 4);
    put(0, 0x70, 4);
    ck_assert_uint_eq(get(0, 1), 0x80);

    put(0, 0xe8, 4); /* a buffer larger than ours */
    put(0, 512, 4);
    ck_assert_uint_eq(get(0, 1), 0xb0);
    put(0, 0x50, 4);

    put(0, 0xe8, 4); /* words of two blocks */
    put(0, 1, 4);
    put(2044, 0, 4);
    put(2048, 0, 4);
    put(0, 0xd0, 4);
    ck_assert_uint_eq(get(0, 1), 0xb0);
    ck_assert_uint_eq(stored(2044), 0xffffffff);
    put(0, 0x50, 4);

    put(0, 0xe8, 4); /* not confirmed */
    put(0, 0, 4);
    put(8, 0, 4);
    put(0, 0xff, 4);
    ck_assert_uint_eq(get(0, 1), 0xb0);
    ck_assert_uint_eq(stored(8), 0xffffffff);
    put(0, 0x50, 4);

    put(0, 0x60, 4); /* unlock: succeeds without effect */
    put(0, 0xd0, 4);
    ck_assert_uint_eq(get(0, 1), 0x80);
    put(0, 0x60, 4);
    put(0, 0x55, 4);
    ck_assert_uint_eq(get(0, 1), 0xb0);
    stop();
}
END_TEST

START_TEST(read_only)
{
    start(WINDOW, true);
    put(4, 0x40, 4);
    put(4, 0, 4);
    ck_assert_uint_eq(get(0, 1), 0x92);
    put(0, 0x50, 4);
    put(0, 0x20, 4);
    put(0, 0xd0, 4);
    ck_assert_uint_eq(get(0, 1), 0xa2);
    put(0, 0x50, 4);
    put(0, 0xe8, 4);
    put(0, 0, 4);
    put(4, 0, 4);
    put(0, 0xd0, 4);
    ck_assert_uint_eq(get(0, 1), 0x92);
    ck_assert_uint_eq(stored(0), 0x646c6670);
    ck_assert_uint_eq(stored(4), 0xffffffff);
    stop();
}
END_TEST

START_TEST(sizes)
{
    fd = memfd_create("flash", 0);
    ck_assert_int_eq(create(4096, 100, false), 0); /* the smallest window: one sector */
    dev->ops->destroy(dev);
    ck_assert_int_eq(create(WINDOW, 0, false), -EINVAL);
    ck_assert_int_eq(create(WINDOW, WINDOW + 1, false), -EINVAL);
    ck_assert_int_eq(create(WINDOW + 512, WINDOW, false), -EINVAL);
    ck_assert_int_eq(create(2048, 2048, false), -EINVAL);
    ck_assert_int_eq(create(8192, 1, false), 0);
    put(0, 0x98, 4);
    ck_assert_uint_eq(get(0x2f * 4, 1), 4096 / 2 / 256);
    stop();
}
END_TEST

/* Another CPU's access to the flash, while this one's is under way: it waits. */
static atomic_bool over, other_is_done;
static bool other_writes;

static void *access_meanwhile(void *unused)
{
    if (other_writes)
        put(0, 0xff, 4);
    else
        get(0x100, 4);
    atomic_store(&other_is_done, true);
    return unused;
}

static pthread_t other;

static int map_while_another_comes(void *vm, uint64_t gpa, uint64_t size, void *host)
{
    bool is_first = !atomic_exchange(&over, true);

    if (is_first) {
        ck_assert_int_eq(pthread_create(&other, NULL, access_meanwhile, NULL), 0);
        usleep(20000); /* it would be done by then */
        ck_assert(!atomic_load(&other_is_done));
    }
    return test_map_rom(vm, gpa, size, host);
}

/* _i & 1: this CPU writes, which takes the mapping away; else it reads, which makes it. _i & 2: the other writes. */
START_TEST(one_access_at_a_time)
{
    struct device_services slow = {.map_rom = map_while_another_comes};
    struct device_env env = {.window = {.base = BASE, .size = WINDOW}, .services = &slow};
    struct pflash_args args = {.size = 4 * SECTOR, .name = "test.img"};

    args.fd = fd = memfd_create("flash", 0);
    ck_assert_int_eq(ftruncate(fd, 4 * SECTOR), 0);
    ck_assert_int_eq(device_pflash.create(&env, &args, &dev), 0);
    other_writes = (_i & 2) != 0;
    atomic_store(&other_is_done, false);
    atomic_store(&over, false);
    if (_i & 1) {
        atomic_store(&over, true);
        get(0, 4);
        atomic_store(&over, false);
        put(0, 0x70, 4);
    } else {
        get(0, 4);
    }
    pthread_join(other, NULL);
    ck_assert(atomic_load(&other_is_done));
    stop();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devices/pflash");
    TCase *tc = tcase_create("pflash");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, array_is_mapped_on_first_access);
    tcase_add_test(tc, works_without_a_mapping);
    tcase_add_test(tc, image_shorter_than_the_window);
    tcase_add_test(tc, identification);
    tcase_add_test(tc, program_and_erase);
    tcase_add_test(tc, buffered_write);
    tcase_add_test(tc, wrong_sequences);
    tcase_add_test(tc, read_only);
    tcase_add_test(tc, sizes);
    tcase_add_loop_test(tc, one_access_at_a_time, 0, 4);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
