/* SPDX-License-Identifier: Apache-2.0 */
/* window_test.c - frames that are a device's: their struct pages come as they are used, and none is ever given out. */
// sources: guest-kernel/mm/page.c guest-kernel/mm/window.c tests/unit/guest-kernel/one_cpu.c
#include <check.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/arch.h"
#include "core/log.h"
#include "mm/init.h"
#include "mm/page.h"
#include "mm/window.h"

#define GIB (1ul << 30)
#define MEMORY (8ul << 20)
#define BASE (5 * GIB - (4ul << 20)) /* so that it lies in two GiBs */
#define SIZE (64ul << 20)
#define TABLE (PAGE_TABLE_FRAMES << PAGE_SHIFT)

/* ---- what page.c and window.c need: memory from 0 on ---- */

static _Alignas(1 << 16) unsigned char memory[MEMORY];
static paddr_t mapped[8];
static unsigned mapped_count;

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
    ck_assert_uint_lt(table, MEMORY);
    mapped[mapped_count++] = gib;
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

    memset(memory, 0, sizeof(memory));
    page_init(&map);
}

/* ---- */

START_TEST(a_frame_has_a_struct_page_once_it_is_used)
{
    paddr_t at = BASE + TABLE + 5 * PAGE_SIZE;

    ck_assert(window_open(BASE, SIZE));
    ck_assert_ptr_null(page_of(at));
    ck_assert_int_eq(window_prepare(BASE + TABLE, TABLE / 2), 0);
    ck_assert_ptr_null(page_of(BASE));
    ck_assert_ptr_null(page_of(BASE + 2 * TABLE));
    struct page *page = page_of(at);
    ck_assert_ptr_nonnull(page);
    ck_assert_uint_eq(page_phys(page), at);
    ck_assert_uint_eq(page->refs, 1);
    ck_assert_uint_eq(page->flags, PAGE_WINDOW);
    for (paddr_t pa = BASE + TABLE; pa < BASE + 2 * TABLE; pa += PAGE_SIZE)
        ck_assert_uint_eq(page_phys(page_of(pa)), pa);
}
END_TEST

START_TEST(what_is_used_again_costs_nothing)
{
    uint64_t free;

    ck_assert(window_open(BASE, SIZE));
    ck_assert_int_eq(window_prepare(BASE, 2 * TABLE), 0);
    free = page_free_count();
    ck_assert_int_eq(window_prepare(BASE + TABLE, TABLE), 0);
    ck_assert_uint_eq(page_free_count(), free);
}
END_TEST

START_TEST(each_gib_is_mapped_once)
{
    ck_assert(window_open(BASE, SIZE));
    ck_assert_int_eq(window_prepare(BASE, TABLE), 0);
    ck_assert_uint_eq(mapped_count, 1);
    ck_assert_uint_eq(mapped[0], 4 * GIB);
    ck_assert_int_eq(window_prepare(BASE + (4ul << 20) - TABLE, 2 * TABLE), 0);
    ck_assert_uint_eq(mapped_count, 2);
    ck_assert_uint_eq(mapped[1], 5 * GIB);
}
END_TEST

START_TEST(frames_of_a_window_are_never_given_out)
{
    struct page *page;
    uint64_t total = page_total_count();

    ck_assert(window_open(BASE, SIZE));
    ck_assert_int_eq(window_prepare(BASE, TABLE), 0);
    page = page_of(BASE);
    page_get(page);
    page_put(page);
    ck_assert_uint_eq(page_total_count(), total);
    while ((page = page_alloc()) != NULL)
        ck_assert_uint_lt(page_phys(page), MEMORY);
}
END_TEST

START_TEST(struct_pages_have_a_share_of_memory)
{
    uint64_t tables = 0;
    int error = 0;

    ck_assert(window_open(BASE, SIZE));
    for (paddr_t at = BASE; at < BASE + SIZE && error == 0; at += TABLE, tables++)
        error = window_prepare(at, TABLE);
    ck_assert_int_eq(error, -ENOMEM);
    ck_assert_uint_eq(tables - 1, page_total_count() / 64);
}
END_TEST

START_TEST(no_memory_is_an_error)
{
    ck_assert(window_open(BASE, SIZE));
    while (page_alloc() != NULL)
        ;
    ck_assert_int_eq(window_prepare(BASE, TABLE), -ENOMEM);
    ck_assert_ptr_null(page_of(BASE));
}
END_TEST

START_TEST(what_can_be_no_window_is_refused)
{
    ck_assert(!window_open(BASE, 0));
    ck_assert(!window_open(BASE + 1, SIZE));
    ck_assert(!window_open(BASE, SIZE + 1));
    ck_assert(!window_open(MEMORY - PAGE_SIZE, SIZE));
    ck_assert(!window_open(BASE, 64 * GIB));
    ck_assert(!window_open(ISA_RAM_TOP - PAGE_SIZE, SIZE));
    ck_assert(!window_open(UINT64_MAX - PAGE_SIZE + 1, 2 * PAGE_SIZE));
    ck_assert(window_open(BASE, SIZE));
    ck_assert(!window_open(BASE + 8 * GIB, SIZE)); /* a second one */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("window");
    TCase *tests = tcase_create("window");

    tcase_add_checked_fixture(tests, start, NULL);
    tcase_add_test(tests, a_frame_has_a_struct_page_once_it_is_used);
    tcase_add_test(tests, what_is_used_again_costs_nothing);
    tcase_add_test(tests, each_gib_is_mapped_once);
    tcase_add_test(tests, frames_of_a_window_are_never_given_out);
    tcase_add_test(tests, struct_pages_have_a_share_of_memory);
    tcase_add_test(tests, no_memory_is_an_error);
    tcase_add_test(tests, what_can_be_no_window_is_refused);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
