/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/disk/partition.c
/* partition_test.c - partition tables, good and hostile. */
#include "vmm/disk/partition.h"

#include <check.h>
#include <stdlib.h>

#include "tests/unit/vmm/disk/tables.h"

static struct tables_disk disk;
static struct partition found;
static char why[400];

static void setup(void)
{
    memset(&disk, 0, sizeof(disk));
    disk.size_bytes = sizeof(disk.bytes);
}

static int find(unsigned number)
{
    size_t size = disk.size_bytes < 4096 ? disk.size_bytes : 4096;
    uint8_t *start = malloc(size);
    int result = tables_find(&disk, number, &found, why, sizeof(why), start, size);

    free(start);
    return result;
}

static void finds(unsigned number, unsigned is, uint64_t first, uint64_t count)
{
    ck_assert_msg(find(number) == 1, "not found: %s", why);
    ck_assert_str_eq(why, "");
    ck_assert_uint_eq(found.number, is);
    ck_assert_uint_eq(found.offset, first * TABLES_SECTOR);
    ck_assert_uint_eq(found.size_bytes, count * TABLES_SECTOR);
}

static void refuses(unsigned number, int error, const char *part)
{
    ck_assert_int_eq(find(number), error);
    ck_assert_msg(strstr(why, part) != NULL, "\"%s\" isn't in \"%s\"", part, why);
}

START_TEST(no_table)
{
    ck_assert_int_eq(find(PARTITION_LINUX), 0);
    ck_assert_str_eq(why, "");
    refuses(1, -ENOENT, "has no partition table");
    disk.bytes[510] = 0x55;
    disk.bytes[511] = 0xaa; /* and no entry */
    ck_assert_int_eq(find(PARTITION_LINUX), 0);
    ck_assert_str_eq(why, "");
    disk.size_bytes = 512;
    ck_assert_int_eq(find(PARTITION_LINUX), 0);
    memset(disk.bytes, 0x77, 510); /* noise that ends in the right way */
    ck_assert_int_eq(find(PARTITION_LINUX), 0);
    ck_assert_str_eq(why, "");
}
END_TEST

/* mkfs.fat's boot sector, whose code lies where a table would. */
START_TEST(file_systems)
{
    tables_mbr(&disk, 0, 0, 0x83, 64, 64);
    finds(PARTITION_LINUX, 1, 64, 64);
    memcpy(disk.bytes, "\xeb\x58\x90mkfs.fat\0\x02\x01\x20\0\x02\0\0\0\x02\xf8", 22);
    ck_assert_int_eq(find(PARTITION_LINUX), 0);
    ck_assert_str_eq(why, "");
    memcpy(disk.bytes, "\xeb\x63\x90\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22); /* GRUB's, in front of a table */
    finds(PARTITION_LINUX, 1, 64, 64);
    memcpy(disk.bytes,
           "\xeb\x76\x90"
           "EXFAT   ",
           11);
    ck_assert_int_eq(find(PARTITION_LINUX), 0);
    memcpy(disk.bytes, "\xeb\x52\x90NTFS    ", 11);
    ck_assert_int_eq(find(PARTITION_LINUX), 0);
    finds(1, 1, 64, 64);    /* what was there before the table, and whose start was left alone */
    disk.bytes[446] = 0x20; /* as code would have */
    refuses(1, -ENOENT, "has no partition table");
}
END_TEST

START_TEST(mbr)
{
    tables_mbr(&disk, 0, 0, 0x0c, 8, 8);
    tables_mbr(&disk, 0, 2, 0x83, 100, 50);
    tables_mbr(&disk, 0, 3, 0x83, 16, 84);
    finds(PARTITION_LINUX, 3, 100, 50);
    finds(1, 1, 8, 8);
    finds(4, 4, 16, 84);
    refuses(2, -ENOENT, "has no partition 2; there are: 1 (4 KiB), 3 (25 KiB, Linux), 4 (42 KiB, Linux)");
    ck_assert_uint_eq(disk.reads, 0);
    disk.bytes[446 + 32 + 4] = disk.bytes[446 + 48 + 4] = 0x07;
    refuses(PARTITION_LINUX, 0, "has no Linux partition; there are: 1 (4 KiB), 3 (25 KiB), 4 (42 KiB)");
}
END_TEST

START_TEST(mbr_outside)
{
    static const uint32_t bad[][2] = {{0, 8},          {256, 1},       {255, 2}, {1, 256}, {UINT32_MAX, UINT32_MAX},
                                      {8, UINT32_MAX}, {UINT32_MAX, 1}};

    tables_mbr(&disk, 0, 1, 0x0c, 1, 1);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        tables_mbr(&disk, 0, 0, 0x83, bad[i][0], bad[i][1]);
        refuses(PARTITION_LINUX, -EINVAL, "partition 1 isn't within the disk");
    }
    tables_mbr(&disk, 0, 0, 0x83, 2, 254);
    finds(PARTITION_LINUX, 1, 2, 254);
}
END_TEST

START_TEST(mbr_overlaps)
{
    static const uint32_t beside[][2] = {{1, 9}, {20, 236}, {20, UINT32_MAX}, {UINT32_MAX, UINT32_MAX}},
                          over[][2] = {{1, 10}, {19, 1}, {10, 10}, {12, 2}, {5, 100}, {1, UINT32_MAX}};

    tables_mbr(&disk, 0, 0, 0x83, 10, 10);
    for (unsigned i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
        tables_mbr(&disk, 0, 1, 0x07, beside[i][0], beside[i][1]);
        finds(PARTITION_LINUX, 1, 10, 10);
    }
    for (unsigned i = 0; i < sizeof(over) / sizeof(over[0]); i++) {
        tables_mbr(&disk, 0, 1, 0x07, over[i][0], over[i][1]);
        refuses(PARTITION_LINUX, -EINVAL, "its partitions 1 and 2 overlap");
    }
}
END_TEST

START_TEST(logical)
{
    tables_mbr(&disk, 0, 0, 0x07, 8, 8);
    tables_mbr(&disk, 0, 1, 0x05, 32, 200);
    tables_mbr(&disk, 32, 0, 0x07, 1, 10);
    tables_mbr(&disk, 32, 1, 0x05, 20, 40);
    tables_mbr(&disk, 52, 0, 0x83, 2, 30);
    tables_mbr(&disk, 52, 1, 0x05, 100, 40);
    tables_mbr(&disk, 132, 0, 0x83, 2, 30);
    finds(PARTITION_LINUX, 6, 54, 30);
    finds(5, 5, 33, 10);
    finds(7, 7, 134, 30);
    refuses(2, -ENOENT, "has no partition 2;");
    tables_mbr(&disk, 132, 1, 0x05, 20, 40); /* back */
    refuses(7, -EINVAL, "go round in a circle");
    tables_mbr(&disk, 132, 1, 0x05, 100, 40); /* itself */
    refuses(7, -EINVAL, "go round in a circle");
    tables_mbr(&disk, 132, 1, 0x0f, 0x7fffffff, 40);
    refuses(7, -EINVAL, "goes on behind its end");
    tables_mbr(&disk, 132, 1, 0x85, 110, 40); /* to what is no link */
    finds(7, 7, 134, 30);
    refuses(8, -ENOENT, "has no partition 8");
    tables_mbr(&disk, 132, 1, 0, 0, 0);
    tables_mbr(&disk, 132, 0, 0x83, UINT32_MAX, UINT32_MAX);
    refuses(7, -EINVAL, "partition 7 isn't within the disk");
}
END_TEST

/* The numbers are Linux's, whatever the tool that made them. */
START_TEST(logical_in_other_ways)
{
    tables_mbr(&disk, 0, 0, 0x83, 8, 8);
    tables_mbr(&disk, 0, 1, 0x05, 32, 200); /* that has nothing yet */
    finds(PARTITION_LINUX, 1, 8, 8);
    refuses(5, -ENOENT, "has no partition 5");
    tables_mbr(&disk, 32, 1, 0x05, 100, 40); /* a link without a partition, as when the first was deleted */
    tables_mbr(&disk, 132, 0, 0x0c, 2, 30);
    tables_mbr(&disk, 132, 1, 0x05, 20, 40); /* back to the front, as when there was room again */
    tables_mbr(&disk, 52, 0, 0x05, 150, 20); /* the next one before its own */
    tables_mbr(&disk, 52, 1, 0x83, 2, 30);
    tables_mbr(&disk, 182, 0, 0, 1, 1); /* of type 0, with a size */
    tables_mbr(&disk, 182, 1, 0x83, 2, 3);
    tables_mbr(&disk, 182, 2, 0x83, 5, 5);
    tables_mbr(&disk, 182, 3, 0x83, 5, 16); /* goes on behind what the link is about */
    finds(5, 5, 134, 30);
    finds(6, 6, 54, 30);
    refuses(7, -ENOENT, "has no partition 7");
    finds(8, 8, 184, 3);
    finds(9, 9, 187, 5);
    refuses(10, -ENOENT, "has no partition 10");
    tables_mbr(&disk, 0, 2, 0x0f, 240, 10); /* another extended one */
    tables_mbr(&disk, 240, 0, 0x83, 1, 2);
    finds(10, 10, 241, 2);
}
END_TEST

/* As long a chain as there is room for, or longer. */
START_TEST(a_long_chain)
{
    tables_mbr(&disk, 0, 0, 0x05, 1, 255);
    for (unsigned at = 1; at < TABLES_SECTORS - 1; at++) {
        tables_mbr(&disk, at, 0, 0x83, 1, 1);
        tables_mbr(&disk, at, 1, 0x05, at, 1);
    }
    refuses(5, -EINVAL, "more than 128 partitions");
    for (unsigned at = 1; at < TABLES_SECTORS - 1; at++)
        tables_mbr(&disk, at, 0, 0, 0, 0);
    refuses(5, -EINVAL, "more than 128 partitions");
}
END_TEST

START_TEST(gpt)
{
    tables_gpt(&disk, 0, 0, 40, 49);
    tables_gpt(&disk, 3, 1, 100, 149);
    tables_gpt(&disk, 127, 1, 60, 69);
    tables_gpt_seal(&disk);
    finds(PARTITION_LINUX, 4, 100, 50);
    finds(128, 128, 60, 10);
    finds(1, 1, 40, 10);
    refuses(2, -ENOENT, "(GPT) has no partition 2; there are: 1 (5 KiB), 4 (25 KiB, Linux), 128 (5 KiB, Linux)");
    refuses(129, -ENOENT, "has no partition 129");
}
END_TEST

START_TEST(gpt_by_its_copy)
{
    tables_gpt(&disk, 3, 1, 100, 149);
    tables_gpt_seal(&disk);
    disk.bytes[1024 + 5] ^= 1; /* an entry that wasn't used */
    finds(PARTITION_LINUX, 4, 100, 50);
    memset(disk.bytes + 512, 0, 512);
    finds(PARTITION_LINUX, 4, 100, 50);
    disk.bytes[1024 + 5] ^= 1;
    disk.bytes[(TABLES_SECTORS - 1) * 512 + 40] ^= 1;
    refuses(PARTITION_LINUX, -EINVAL, "(GPT) is damaged: it has no header");
    tables_gpt_header(&disk, 1, 2);
    finds(PARTITION_LINUX, 4, 100, 50);
}
END_TEST

/* Each with a checksum that is right. */
static void put_header(unsigned at, uint64_t value, unsigned size)
{
    uint8_t *header = disk.bytes + 512;

    tables_gpt_header(&disk, 1, 2);
    tables_put(header + at, value, size);
    tables_put(header + 16, 0, 4);
    tables_put(header + 16, tables_crc(header, 92), 4);
}

START_TEST(gpt_hostile_headers)
{
    tables_gpt(&disk, 0, 1, 100, 149);
    tables_gpt_seal(&disk);
    memset(disk.bytes + (TABLES_SECTORS - 1) * 512, 0, 512); /* no copy */
    finds(PARTITION_LINUX, 1, 100, 50);
    put_header(12, 91, 4);
    refuses(PARTITION_LINUX, -EINVAL, "the size of its header");
    put_header(12, 513, 4);
    refuses(PARTITION_LINUX, -EINVAL, "the size of its header");
    put_header(12, UINT32_MAX, 4);
    refuses(PARTITION_LINUX, -EINVAL, "the size of its header");
    put_header(24, 2, 8);
    refuses(PARTITION_LINUX, -EINVAL, "the checksum of its header");
    put_header(84, 64, 4);
    refuses(PARTITION_LINUX, -EINVAL, "the size of its entries");
    put_header(84, UINT32_MAX - 7, 4);
    refuses(PARTITION_LINUX, -EINVAL, "the size of its entries");
    put_header(80, 0, 4);
    refuses(PARTITION_LINUX, -EINVAL, "the size of its entries");
    put_header(80, UINT32_MAX, 4);
    refuses(PARTITION_LINUX, -EINVAL, "the size of its entries");
    put_header(72, 250, 8);
    refuses(PARTITION_LINUX, -EINVAL, "goes on behind its end");
    put_header(72, UINT64_MAX, 8);
    refuses(PARTITION_LINUX, -EINVAL, "goes on behind its end");
    put_header(72, UINT64_MAX / 512 + 3, 8);
    refuses(PARTITION_LINUX, -EINVAL, "goes on behind its end");
    put_header(88, 1, 4);
    refuses(PARTITION_LINUX, -EINVAL, "the checksum of its entries");
    disk.size_bytes = 1024;
    refuses(PARTITION_LINUX, -EINVAL, "(GPT)");
    disk.size_bytes = 512;
    refuses(PARTITION_LINUX, -EINVAL, "(GPT)");
}
END_TEST

START_TEST(gpt_hostile_entries)
{
    static const uint64_t bad[][2] = {{0, 10},         {100, 99},
                                      {100, 256},      {256, 256},
                                      {0, UINT64_MAX}, {UINT64_MAX, UINT64_MAX},
                                      {UINT64_MAX, 0}, {UINT64_C(1) << 55, UINT64_MAX}};

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        tables_gpt(&disk, 0, 1, bad[i][0], bad[i][1]);
        tables_gpt_seal(&disk);
        refuses(PARTITION_LINUX, -EINVAL, "partition 1 isn't within the disk");
    }
    tables_gpt(&disk, 0, 1, 100, 149);
    tables_gpt(&disk, 1, 0, 149, UINT64_MAX);
    tables_gpt_seal(&disk);
    refuses(1, -EINVAL, "its partitions 1 and 2 overlap");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("partition");
    TCase *tc = tcase_create("partition");
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, no_table);
    tcase_add_test(tc, file_systems);
    tcase_add_test(tc, mbr);
    tcase_add_test(tc, mbr_outside);
    tcase_add_test(tc, mbr_overlaps);
    tcase_add_test(tc, logical);
    tcase_add_test(tc, logical_in_other_ways);
    tcase_add_test(tc, a_long_chain);
    tcase_add_test(tc, gpt);
    tcase_add_test(tc, gpt_by_its_copy);
    tcase_add_test(tc, gpt_hostile_headers);
    tcase_add_test(tc, gpt_hostile_entries);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
