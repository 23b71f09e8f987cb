/* SPDX-License-Identifier: Apache-2.0 */
/* kmalloc_test.c - kernel objects of all sizes: zero, apart from one another, given back. */
// sources: guest-kernel/mm/kmalloc.c guest-kernel/mm/page.c tests/unit/guest-kernel/one_cpu.c
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/arch.h"
#include "core/log.h"
#include "mm/init.h"
#include "mm/kmalloc.h"
#include "mm/page.h"

#define MEMORY (8ul << 20)

/* Memory from 0 on, of which the kernel has taken the first 64 KiB. */
static _Alignas(1 << 19) unsigned char memory[MEMORY];

void *phys_to_virt(paddr_t pa)
{
    ck_assert_uint_lt(pa, MEMORY);
    return memory + pa;
}

paddr_t virt_to_phys(const void *va)
{
    return (paddr_t)((const unsigned char *)va - memory);
}

void arch_map_memory(paddr_t gib, paddr_t table)
{
    ck_abort_msg("the first GiB is mapped: %lx %lx", (unsigned long)gib, (unsigned long)table);
}

_Noreturn void panic(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    abort();
}

static void start(void)
{
    struct memory_map map = {.ram = {{0, MEMORY}}, .ram_count = 1, .kernel_end = 1 << 16};

    page_init(&map);
}

static bool is_all(const unsigned char *bytes, unsigned char value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != value)
            return false;
    return true;
}

START_TEST(objects_of_all_sizes)
{
    for (unsigned round = 0; round < 3; round++) {
        unsigned char *object[64];
        unsigned count = 0;

        for (size_t size = 1; size <= KMALLOC_MAX; size = size * 3 / 2 + 1) {
            object[count] = kmalloc(size);
            ck_assert_ptr_nonnull(object[count]);
            ck_assert_uint_eq((uintptr_t)object[count] % 16, 0);
            ck_assert(is_all(object[count], 0, size));
            memset(object[count], (int)count, size);
            count++;
        }
        unsigned n = 0;
        for (size_t size = 1; size <= KMALLOC_MAX; size = size * 3 / 2 + 1, n++) {
            ck_assert(is_all(object[n], (unsigned char)n, size));
            kfree(object[n]);
        }
    }
}
END_TEST

START_TEST(large_ones_go_back)
{
    kfree(kmalloc(KMALLOC_MAX)); /* what lies in front of it is free then */
    uint64_t free = page_free_count();
    void *object = kmalloc(PAGE_SIZE + 1);

    ck_assert_uint_eq(page_free_count(), free - 2);
    kfree(object);
    ck_assert_uint_eq(page_free_count(), free);
    object = kmalloc(KMALLOC_MAX);
    ck_assert_uint_eq(page_free_count(), free - KMALLOC_MAX / PAGE_SIZE);
    kfree(object);
    ck_assert_uint_eq(page_free_count(), free);
}
END_TEST

START_TEST(what_cant_be_had)
{
    void *object[64];
    unsigned count = 0;

    ck_assert_ptr_null(kmalloc(KMALLOC_MAX + 1));
    ck_assert_ptr_null(kmalloc(SIZE_MAX));
    ck_assert_ptr_null(kmalloc_array(SIZE_MAX / 8 + 1, 8));
    ck_assert_ptr_null(kmalloc_array(1ul << 32, 1ul << 32));
    while ((object[count] = kmalloc(KMALLOC_MAX)) != NULL)
        count++;
    ck_assert_uint_gt(count, 8);
    while (count != 0)
        kfree(object[--count]);
    kfree(NULL);
    object[0] = kmalloc_array(100, 1000);
    ck_assert_ptr_nonnull(object[0]);
    kfree(object[0]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kmalloc");
    TCase *tests = tcase_create("kmalloc");

    tcase_add_checked_fixture(tests, start, NULL);
    tcase_add_test(tests, objects_of_all_sizes);
    tcase_add_test(tests, large_ones_go_back);
    tcase_add_test(tests, what_cant_be_had);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
