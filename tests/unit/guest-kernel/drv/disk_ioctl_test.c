/* SPDX-License-Identifier: Apache-2.0 */
/* disk_ioctl_test.c - a disk's answers to ioctl(2), by who may and who may not. */
// sources: guest-kernel/drv/disk_ioctl.c guest-kernel/vfs/blk.c guest-kernel/vfs/permission.c
// sources: tests/unit/guest-kernel/stubs.c tests/unit/guest-kernel/disk.c
#include <check.h>
#include <string.h>

#include "../stubs.h"
#include "abi/errno.h"
#include "core/thread.h"
#include "drv/disk_ioctl.h"

#define SECTORS 1000u

static uint8_t platter[SECTORS * SECTOR_SIZE];
static struct process process;
static struct thread thread = {.process = &process};

struct thread *arch_current(void)
{
    return &thread;
}

static struct blk_device *disk_new(struct stub_disk *disk, bool read_only)
{
    cred_init_root(&thread.cred);
    memset(platter, 0xaa, sizeof(platter));
    *disk = (struct stub_disk){.bytes = platter, .size = sizeof(platter)};
    return stub_disk_open(disk, read_only);
}

static int64_t ask(struct blk_device *dev, unsigned request, const void *arg)
{
    return disk_ioctl_answer(dev, true, request, (uintptr_t)arg);
}

START_TEST(questions)
{
    struct stub_disk disk;
    struct blk_device *dev = disk_new(&disk, true);
    static const struct {
        unsigned request;
        int value;
    } ints[] = {{0x125e, 1}, {0x1268, 512}, {0x127b, 512}, {0x1278, 512},
                {0x1279, 0}, {0x127a, 0},   {0x127c, 0},   {0x80081270, 4096}};
    uint64_t value = ~0ull;
    uint16_t small = 7;
    uint8_t geometry[16];
    static const uint8_t nothing[12];

    for (size_t i = 0; i < sizeof(ints) / sizeof(ints[0]); i++) {
        int got = -7;

        ck_assert_int_eq(ask(dev, ints[i].request, &got), 0);
        ck_assert_int_eq(got, ints[i].value);
    }
    ck_assert_int_eq(ask(dev, 0x1260, &value), 0); /* BLKGETSIZE */
    ck_assert_uint_eq(value, SECTORS);
    ck_assert_int_eq(ask(dev, 0x80081272, &value), 0); /* BLKGETSIZE64 */
    ck_assert_uint_eq(value, sizeof(platter));
    ck_assert_int_eq(ask(dev, 0x1263, &value), 0); /* BLKRAGET */
    ck_assert_uint_eq(value, 256);
    ck_assert_int_eq(ask(dev, 0x127e, &small), 0); /* BLKROTATIONAL */
    ck_assert_uint_eq(small, 0);
    memset(geometry, 0xff, sizeof(geometry));
    ck_assert_int_eq(ask(dev, 0x301, geometry), 0);           /* HDIO_GETGEO */
    ck_assert_mem_eq(geometry + 4, nothing, sizeof(nothing)); /* what lies between its members, too */
    ck_assert_uint_eq(geometry[0], 64);
    ck_assert_uint_eq(geometry[1], 32);
    ck_assert_int_eq(ask(dev, 0x301, NULL), -EINVAL);
    ck_assert_int_eq(ask(dev, 0x5401, &value), -ENOTTY);
}
END_TEST

#ifdef ISA_HAS_I386
START_TEST(questions_of_32_bit_programs)
{
    struct stub_disk disk;
    struct blk_device *dev = disk_new(&disk, false);
    uint32_t words[4] = {7, 7, 7, 7};

    thread.call_is_32bit = true;
    ck_assert_int_eq(ask(dev, 0x1260, words), 0); /* BLKGETSIZE */
    ck_assert_uint_eq(words[0], SECTORS);
    ck_assert_uint_eq(words[1], 7);
    ck_assert_int_eq(ask(dev, 0x80041272, words), 0); /* BLKGETSIZE64 */
    ck_assert_uint_eq(words[0], sizeof(platter));
    ck_assert_uint_eq(words[1], 0);
    ck_assert_int_eq(ask(dev, 0x80041270, words), 0); /* BLKBSZGET */
    ck_assert_uint_eq(words[0], 4096);
    ck_assert_int_eq(ask(dev, 0x40041271, words), 0); /* BLKBSZSET */
    ck_assert_int_eq(ask(dev, 0x301, words), 0);      /* HDIO_GETGEO */
    ck_assert_uint_eq(words[1], 0);
    ck_assert_uint_eq(words[2], 7);
    thread.call_is_32bit = false;
    ck_assert_int_eq(ask(dev, 0x80041270, words), -ENOTTY);
}
END_TEST
#endif

START_TEST(changes)
{
    struct stub_disk disk;
    struct blk_device *dev = disk_new(&disk, false);
    const int zero = 0, one = 1, size = 1024, odd = 1000;
    const uint64_t range[2] = {0, 512};

    ck_assert_int_eq(ask(dev, 0x1261, NULL), 0); /* BLKFLSBUF */
    ck_assert_int_eq(ask(dev, 0x125d, &zero), 0);
    ck_assert_int_eq(ask(dev, 0x125d, &one), -EPERM);
    ck_assert_int_eq(ask(dev, 0x40081271, &size), 0);
    ck_assert_int_eq(ask(dev, 0x40081271, &odd), -EINVAL);
    ck_assert_int_eq(ask(dev, 0x40081271, NULL), -EINVAL);
    ck_assert_int_eq(ask(dev, 0x125f, NULL), 0);
    ck_assert_int_eq(ask(dev, 0x1277, range), -EOPNOTSUPP);
    ck_assert_int_eq(ask(dev, 0x127d, range), -EOPNOTSUPP);
    thread.cred.effective = 0;
    static const unsigned guarded[] = {0x1261, 0x125d, 0x40081271, 0x125f, 0x1262, 0x1264};
    for (size_t i = 0; i < sizeof(guarded) / sizeof(guarded[0]); i++)
        ck_assert_int_eq(ask(dev, guarded[i], &size), -EACCES);
}
END_TEST

START_TEST(zeroes)
{
    struct stub_disk disk;
    struct blk_device *dev = disk_new(&disk, false), *other;
    static const uint64_t wrong[][2] = {
        {1, 512}, {0, 511}, {0, 0}, {0, sizeof(platter) + 512}, {sizeof(platter), 512}, {~511ull, 1024}};
    uint64_t range[2] = {512, sizeof(platter) - 1024};
    size_t wrong_bytes = 0;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        ck_assert_int_eq(ask(dev, 0x127f, wrong[i]), -EINVAL);
    ck_assert_int_eq(disk_ioctl_answer(dev, false, 0x127f, (uintptr_t)range), -EBADF);
    ck_assert_uint_eq(disk.writes, 0);
    stub_loop_ends = true; /* a signal that ends the process */
    ck_assert_int_eq(ask(dev, 0x127f, range), -EINTR);
    ck_assert_uint_eq(disk.writes, 1);
    stub_loop_ends = false;
    ck_assert_int_eq(ask(dev, 0x127f, range), 0);
    for (size_t i = 0; i < sizeof(platter); i++)
        wrong_bytes += platter[i] != (i < 512 || i >= sizeof(platter) - 512 ? 0xaa : 0);
    ck_assert_uint_eq(wrong_bytes, 0);
    other = disk_new(&disk, true);
    ck_assert_int_eq(ask(other, 0x127f, range), -EPERM);
    ck_assert_uint_eq(stub_pages_used, 0);
}
END_TEST

/* A disk that takes discards, and zeroes that aren't sent: nothing is written. */
START_TEST(clears)
{
    struct stub_disk disk;
    struct blk_device *dev = disk_new(&disk, false);
    static const uint64_t wrong[][2] = {
        {1, 512}, {0, 511}, {0, 0}, {0, sizeof(platter) + 512}, {sizeof(platter), 512}, {~511ull, 1024}};
    uint64_t range[2] = {512, 2048};

    disk.clears = true;
    dev = stub_disk_open(&disk, false);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        ck_assert_int_eq(ask(dev, 0x1277, wrong[i]), -EINVAL);
        ck_assert_int_eq(ask(dev, 0x127f, wrong[i]), -EINVAL);
    }
    ck_assert_int_eq(disk_ioctl_answer(dev, false, 0x1277, (uintptr_t)range), -EBADF);
    ck_assert_int_eq(disk_ioctl_answer(dev, false, 0x127d, (uintptr_t)range), -EBADF);
    ck_assert_int_eq(ask(dev, 0x127d, range), -EOPNOTSUPP);
    ck_assert_uint_eq(disk.discards + disk.zeroes, 0);
    ck_assert_int_eq(ask(dev, 0x1277, range), 0);
    ck_assert_uint_eq(disk.discards, 1);
    ck_assert_uint_eq(disk.discarded, 4);
    ck_assert_uint_eq(platter[511], 0xaa);
    ck_assert_uint_eq(platter[512], 0xdd);
    ck_assert_uint_eq(platter[2559], 0xdd);
    ck_assert_uint_eq(platter[2560], 0xaa);
    ck_assert_int_eq(ask(dev, 0x127f, range), 0);
    ck_assert_uint_eq(disk.zeroes, 1);
    ck_assert_uint_eq(disk.writes, 0);
    ck_assert_uint_eq(platter[511], 0xaa);
    ck_assert_uint_eq(platter[512], 0);
    ck_assert_uint_eq(platter[2559], 0);
    disk.fail_after = 1;
    ck_assert_int_eq(ask(dev, 0x1277, range), -EIO);
    ck_assert_int_eq(ask(dev, 0x127f, range), -EIO);
    ck_assert_uint_eq(disk.writes, 0);
    disk.fail_after = 0;
    dev = stub_disk_open(&disk, true);
    ck_assert_int_eq(ask(dev, 0x1277, range), -EPERM);
    ck_assert_int_eq(ask(dev, 0x127f, range), -EPERM);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("disk_ioctl");
    TCase *tc = tcase_create("disk_ioctl");

    tcase_add_test(tc, questions);
#ifdef ISA_HAS_I386
    tcase_add_test(tc, questions_of_32_bit_programs);
#endif
    tcase_add_test(tc, changes);
    tcase_add_test(tc, zeroes);
    tcase_add_test(tc, clears);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
