/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/kvm/mem.c
/* mem_test.c - guest memory: bounds, ranges, wrapping addresses. */
#include "vmm/kvm/mem.h"

#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct mem_range two[] = {{0x1000, 0x3000}, {0x100000000, 0x2000}};

START_TEST(access_stays_in_one_range)
{
    struct mem mem;
    uint8_t bytes[16] = {1, 2, 3};

    ck_assert_int_eq(mem_init(&mem, two, 2), 0);
    ck_assert_ptr_eq(mem_at(&mem, 0x1000, 0x3000), mem.host[0]);
    ck_assert_ptr_eq(mem_at(&mem, 0x100001fff, 1), mem.host[1] + 0x1fff);
    ck_assert_ptr_null(mem_at(&mem, 0xfff, 1));
    ck_assert_ptr_null(mem_at(&mem, 0xfff, 2));
    ck_assert_ptr_null(mem_at(&mem, 0x1000, 0x3001));
    ck_assert_ptr_null(mem_at(&mem, 0x3fff, 2));
    ck_assert_ptr_null(mem_at(&mem, 0x4000, 1));
    ck_assert_ptr_null(mem_at(&mem, 0x100002000, 0));
    ck_assert_ptr_null(mem_at(&mem, UINT64_MAX, 2));
    ck_assert_ptr_null(mem_at(&mem, 0x1000, SIZE_MAX));

    ck_assert_int_eq(mem_write(&mem, 0x3ff0, bytes, 16), 0);
    ck_assert_int_eq(mem_write(&mem, 0x3ff1, bytes, 16), -EFAULT);
    memset(bytes, 0, sizeof(bytes));
    ck_assert_int_eq(mem_read(&mem, 0x3ff0, bytes, 16), 0);
    ck_assert_int_eq(bytes[2], 3);
    ck_assert_int_eq(mem_read(&mem, 0x0, bytes, 16), -EFAULT);
    mem_fini(&mem);
    ck_assert_ptr_null(mem_at(&mem, 0x1000, 1));
}
END_TEST

START_TEST(bad_ranges_are_refused)
{
    static const struct mem_range bad[][2] = {
        {{0, 0}, {0x10000, 0x1000}},                 /* empty */
        {{0x800, 0x1000}, {0x10000, 0x1000}},        /* not aligned */
        {{0, 0x1800}, {0x10000, 0x1000}},            /* nor this */
        {{0, 0x2000}, {0x1000, 0x1000}},             /* overlap */
        {{0x1000, 0x1000}, {0, 0x2000}},             /* the other way round */
        {{UINT64_MAX - 0xfff, 0x2000}, {0, 0x1000}}, /* wraps */
    };
    struct mem mem;

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_int_eq(mem_init(&mem, bad[i], 2), -EINVAL);
    ck_assert_int_eq(mem_init(&mem, two, 0), -EINVAL);
    ck_assert_int_eq(mem_init(&mem, two, MEM_RANGES + 1), -EINVAL);
}
END_TEST

/* What is mapped already becomes a part of the memory, unless it isn't whole pages, or there is something already. */
START_TEST(mapped_ranges_are_added)
{
    static const struct mem_range bad[] = {{0x4000, 0},      {0x4000, 0x1800}, {0x4800, 0x1000},
                                           {0x5000, 0x1000}, {0x4000, 0x3000}, {UINT64_MAX - 0xfff, 0x2000}};
    struct mem mem = {.count = 0};
    char *pages = mmap(NULL, 0x9000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    ck_assert_ptr_ne(pages, MAP_FAILED);
    ck_assert_int_eq(mem_add(&mem, &(struct mem_range){0x5000, 0x1000}, pages + 1), -EINVAL);
    ck_assert_int_eq(mem_add(&mem, &(struct mem_range){0x5000, 0x1000}, pages), 0);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_int_eq(mem_add(&mem, &bad[i], pages + 0x1000), -EINVAL);
    for (unsigned i = 1; i < MEM_RANGES_SHARED; i++)
        ck_assert_int_eq(mem_add(&mem, &(struct mem_range){0x5000 + 0x1000 * i, 0x1000}, pages + 0x1000 * i), 0);
    ck_assert_int_eq(mem_add(&mem, &(struct mem_range){0, 0x1000}, pages + 0x8000), -ENOSPC);
    ck_assert_ptr_eq(mem_at(&mem, 0xc123, 1), pages + 0x7123);
    ck_assert_ptr_null(mem_at(&mem, 0xd000, 1));
    mem_fini(&mem);
    ck_assert_int_eq(munmap(pages + 0x8000, 0x1000), 0);
}
END_TEST

/* Whole pages are mapped, privately; what is aligned otherwise is left to the caller to copy. */
START_TEST(a_file_is_mapped)
{
    int fd = memfd_create("kernel", 0);
    struct mem mem;
    uint8_t byte = 0;

    ck_assert_int_eq(ftruncate(fd, 0x3000), 0);
    ck_assert_int_eq(pwrite(fd, "k", 1, 0x1000), 1);
    ck_assert_int_eq(mem_init(&mem, two, 2), 0);
    ck_assert_uint_eq(mem_map_file(&mem, 0x2000, fd, 0x1000, 0x1234), 0x1000);
    ck_assert_int_eq(mem_read(&mem, 0x2000, &byte, 1), 0);
    ck_assert_uint_eq(byte, 'k');
    ck_assert_int_eq(mem_write(&mem, 0x2000, "w", 1), 0);
    ck_assert_int_eq(pread(fd, &byte, 1, 0x1000), 1);
    ck_assert_uint_eq(byte, 'k');
    ck_assert_int_eq(mem_read(&mem, 0x3000, &byte, 1), 0);
    ck_assert_uint_eq(byte, 0);
    ck_assert_uint_eq(mem_map_file(&mem, 0x2800, fd, 0x1000, 0x1000), 0);
    ck_assert_uint_eq(mem_map_file(&mem, 0x2000, fd, 0x1800, 0x1000), 0);
    ck_assert_uint_eq(mem_map_file(&mem, 0x2000, fd, 0x1000, 0xfff), 0);
    ck_assert_uint_eq(mem_map_file(&mem, 0x3000, fd, 0x1000, 0x2000), 0);
    ck_assert_uint_eq(mem_map_file(&mem, 0x2000, -1, 0x1000, 0x1000), 0);
    ck_assert_int_eq(mem_read(&mem, 0x2000, &byte, 1), 0);
    mem_fini(&mem);
    close(fd);
}
END_TEST

/* Shared memory of which some is mapped: the other process goes on to see what was there. */
START_TEST(some_is_not_shared)
{
    static const struct mem_range range = {0, 0x4000};
    int file = memfd_create("kernel", 0);
    struct mem mem;

    ck_assert_int_eq(ftruncate(file, 0x2000), 0);
    ck_assert_int_eq(pwrite(file, "k", 1, 0x1000), 1);
    ck_assert_int_eq(mem_init_shared(&mem, &range, 1), 0);
    char *other = mmap(NULL, 0x4000, PROT_READ | PROT_WRITE, MAP_SHARED, mem.fd, 0);
    ck_assert_ptr_ne(other, MAP_FAILED);
    memset(other, 's', 0x4000);
    ck_assert_uint_eq(mem_map_file(&mem, 0x2000, file, 0x1000, 0x1000), 0x1000);
    ck_assert_int_eq(*(char *)mem_at(&mem, 0x1fff, 1), 's');
    ck_assert_int_eq(*(char *)mem_at(&mem, 0x2000, 1), 'k');
    ck_assert_int_eq(*(char *)mem_at(&mem, 0x3000, 1), 's');
    *(char *)mem_at(&mem, 0x2000, 1) = 'w';
    ck_assert_int_eq(other[0x2000], 's');
    ck_assert_uint_eq(mem.apart_count, 1);
    ck_assert_uint_eq(mem.apart[0].base, 0x2000);
    ck_assert_uint_eq(mem.apart[0].size, 0x1000);
    for (unsigned i = 1; i < MEM_APART; i++)
        ck_assert_uint_eq(mem_map_file(&mem, 0x2000, file, 0x1000, 0x1000), 0x1000);
    ck_assert_uint_eq(mem_map_file(&mem, 0x3000, file, 0x1000, 0x1000), 0); /* more can't be told apart */
    munmap(other, 0x4000);
    mem_fini(&mem);
    close(file);
}
END_TEST

static bool is_resident(const struct mem *mem, gpa_t gpa)
{
    unsigned char there = 0;

    ck_assert_int_eq(mincore(mem_at(mem, gpa, 0x1000), 0x1000, &there), 0);
    return there & 1;
}

/* Who has the descriptor sees the same bytes, and can't take them away. */
START_TEST(memory_is_shared)
{
    static const struct mem_range large[] = {{0, 4 << 20}, {0x100000000, 0x2000}};
    struct mem mem;

    ck_assert_int_eq(mem_init_shared(&mem, large, 2), 0);
    ck_assert_uint_eq(mem.offset[1], 4 << 20);
    char *other = mmap(NULL, (4 << 20) + 0x2000, PROT_READ | PROT_WRITE, MAP_SHARED, mem.fd, 0);
    ck_assert_ptr_ne(other, MAP_FAILED);
    ck_assert_int_eq(mem_write(&mem, (4 << 20) - 3, "abc", 3), 0);
    ck_assert_int_eq(mem_write(&mem, 0x100001ffc, "defg", 4), 0);
    ck_assert_mem_eq(other + (4 << 20) - 3, "abc", 3);
    ck_assert_mem_eq(other + (4 << 20) + 0x1ffc, "defg", 4);
    other[0x1000] = 'x';
    ck_assert_int_eq(*(char *)mem_at(&mem, 0x1000, 1), 'x');
    ck_assert_int_eq(ftruncate(mem.fd, 0x1000), -1);
    ck_assert_int_eq(errno, EPERM);
    munmap(other, (4 << 20) + 0x2000);
    int fd = mem.fd;
    mem_fini(&mem);
    ck_assert_int_eq(close(fd), -1);
    ck_assert_int_eq(mem_init_shared(&mem, two, 0), -EINVAL);
    static const struct mem_range overlap[] = {{0, 0x2000}, {0x1000, 0x1000}};
    ck_assert_int_eq(mem_init_shared(&mem, overlap, 2), -EINVAL);
}
END_TEST

START_TEST(pages_are_brought_in)
{
    struct mem mem;
    uint8_t byte = 1;

    ck_assert_int_eq(mem_init(&mem, two, 2), 0);
    ck_assert(!is_resident(&mem, 0x2000));
    mem_populate(&mem, 0x2800, 0x1000); /* parts of two pages */
    ck_assert(!is_resident(&mem, 0x1000));
    ck_assert(is_resident(&mem, 0x2000) && is_resident(&mem, 0x3000));
    ck_assert_int_eq(mem_read(&mem, 0x2800, &byte, 1), 0);
    ck_assert_uint_eq(byte, 0);
    mem_populate(&mem, 0x1000, UINT64_MAX); /* more than there is: nothing happens */
    mem_fini(&mem);
}
END_TEST

/* Also where the host makes none, what is there stays. */
START_TEST(a_large_page_is_made)
{
    static const struct mem_range range = {0, 6 << 20};
    struct mem mem;
    uint8_t byte = 0;

    ck_assert_int_eq(mem_init(&mem, &range, 1), 0);
    ck_assert(!mem_populate_large(&mem, 0x200000, 0x1000)); /* it isn't shared */
    mem_fini(&mem);
    ck_assert_int_eq(mem_init_shared(&mem, &range, 1), 0);
    ck_assert_int_eq(mem_write(&mem, 0x2ff000, "x", 1), 0);
    ck_assert(!mem_populate_large(&mem, 0x3ff000, 0x2000)); /* a part of the next one */
    ck_assert(!mem_populate_large(&mem, 0x200000, 0));
    ck_assert(!mem_populate_large(&mem, 6 << 20, 0x1000)); /* no memory */
    ck_assert(!mem_populate_large(&mem, 0x200000, UINT64_MAX));
    ck_assert(!is_resident(&mem, 0x3ff000));
    bool made = mem_populate_large(&mem, 0x210000, 0x1000);
    ck_assert(is_resident(&mem, 0x3ff000) == made && is_resident(&mem, 0x201000) == made);
    ck_assert(!is_resident(&mem, 0x1ff000) && !is_resident(&mem, 0x400000));
    ck_assert_int_eq(mem_read(&mem, 0x2ff000, &byte, 1), 0);
    ck_assert_uint_eq(byte, 'x');
    ck_assert_int_eq(mem_read(&mem, 0x200000, &byte, 1), 0);
    ck_assert_uint_eq(byte, 0);
    mem_fini(&mem);
}
END_TEST

/* A file's page stays the file's: nothing is written to it, and nothing brought in around it. */
START_TEST(a_file_is_in_no_large_page)
{
    static const struct mem_range range = {0, 6 << 20};
    int file = memfd_create("kernel", 0);
    struct mem mem;

    ck_assert_int_eq(ftruncate(file, 0x1000), 0);
    ck_assert_int_eq(mem_init_shared(&mem, &range, 1), 0);
    ck_assert_uint_eq(mem_map_file(&mem, 0x200000, file, 0, 0x1000), 0x1000);
    ck_assert(!mem_populate_large(&mem, 0x210000, 0x1000));
    ck_assert_int_eq(pwrite(file, "k", 1, 0), 1);
    ck_assert_int_eq(*(char *)mem_at(&mem, 0x200000, 1), 'k'); /* no copy was made of it */
    ck_assert(!is_resident(&mem, 0x201000) && !is_resident(&mem, 0x3ff000));
    mem_fini(&mem);
    close(file);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/mem");
    TCase *tc = tcase_create("mem");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, access_stays_in_one_range);
    tcase_add_test(tc, bad_ranges_are_refused);
    tcase_add_test(tc, mapped_ranges_are_added);
    tcase_add_test(tc, a_file_is_mapped);
    tcase_add_test(tc, memory_is_shared);
    tcase_add_test(tc, some_is_not_shared);
    tcase_add_test(tc, pages_are_brought_in);
    tcase_add_test(tc, a_large_page_is_made);
    tcase_add_test(tc, a_file_is_in_no_large_page);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
