/* SPDX-License-Identifier: Apache-2.0 */
/* page_test.c - page frames: taken, given back, counted, and none left. */
// sources: guest-kernel/mm/page.c tests/unit/guest-kernel/one_cpu.c
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/arch.h"
#include "core/log.h"
#include "mm/init.h"
#include "mm/page.h"

#define MEMORY (2ul << 20)
#define FRAMES (MEMORY / PAGE_SIZE)
#define ORDER 2u
#define BLOCK (1u << ORDER)

/* ---- what page.c needs: memory from 0 on, of which the kernel has taken the first 64 KiB ---- */

static _Alignas(1 << 16) unsigned char memory[MEMORY];

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

    memset(memory, 0, sizeof(memory));
    page_init(&map);
}

/* ---- */

static struct page *taken[FRAMES];
static unsigned count;

static void take_all(void)
{
    struct page *page;

    for (count = 0; (page = page_alloc_dirty()) != NULL; count++)
        taken[count] = page;
    ck_assert_uint_eq(page_free_count(), 0);
}

static uint64_t put_one(uint64_t pages)
{
    (void)pages;
    if (count == 0)
        return 0;
    page_put(taken[--count]);
    return 1;
}

static const unsigned char zeros[PAGE_SIZE << ORDER];

static void check_block(const struct page *first, bool is_zero)
{
    unsigned char *bytes = page_data(first);

    ck_assert_uint_eq(page_phys(first) % (PAGE_SIZE << ORDER), 0);
    for (unsigned i = 0; i < BLOCK; i++) {
        ck_assert_uint_eq(first[i].refs, 1);
        ck_assert_ptr_null(first[i].owner);
    }
    ck_assert(!is_zero || !memcmp(bytes, zeros, sizeof(zeros)));
    memset(bytes, 0xff, PAGE_SIZE << ORDER);
}

START_TEST(blocks_come_back)
{
    uint64_t free = page_free_count();

    for (unsigned i = 0; i < 2 * FRAMES / BLOCK; i++) {
        struct page *block = page_alloc_order(ORDER);
        ck_assert_ptr_nonnull(block);
        check_block(block, true);
        page_put_order(block, ORDER);
        ck_assert_uint_eq(page_free_count(), free);
    }
}
END_TEST

START_TEST(blocks_put_frame_by_frame_come_back)
{
    for (unsigned i = 0; i < 2 * FRAMES / BLOCK; i++) {
        struct page *block = page_alloc_order_dirty(ORDER);
        ck_assert_ptr_nonnull(block);
        check_block(block, false);
        for (unsigned n = 0; n < BLOCK; n++)
            page_put(block + n);
    }
}
END_TEST

START_TEST(frames_become_blocks)
{
    unsigned blocks = 0;

    take_all();
    ck_assert_ptr_null(page_alloc_order(ORDER));
    for (unsigned i = 0; i < count; i += 2) /* every other one: no two in a row */
        page_put(taken[i]);
    ck_assert_ptr_null(page_alloc_order(1));
    for (unsigned i = 1; i < count; i += 2)
        page_put(taken[i]);
    ck_assert_uint_eq(page_free_count(), count);
    for (struct page *block; (block = page_alloc_order(ORDER)) != NULL; blocks++)
        check_block(block, true);
    ck_assert_uint_ge(blocks * BLOCK + 2 * BLOCK, count);
    ck_assert_uint_eq(page_free_count(), count - blocks * BLOCK);
}
END_TEST

START_TEST(blocks_become_frames)
{
    struct page *page;
    unsigned n = 0;

    take_all();
    for (unsigned i = 0; i < count; i++)
        page_put(taken[i]);
    page_put_order(page_alloc_order(ORDER), ORDER);
    for (; (page = page_alloc()) != NULL; n++) {
        unsigned char *bytes = page_data(page);
        ck_assert_uint_eq(page->flags, 0);
        ck_assert(!bytes[0] && !bytes[PAGE_SIZE - 1]);
    }
    ck_assert_uint_eq(n, count);
}
END_TEST

START_TEST(reclaims_until_there_is_a_block)
{
    take_all();
    page_set_reclaim(put_one);
    struct page *block = page_alloc_order(ORDER);
    ck_assert_ptr_nonnull(block);
    check_block(block, true);
    page_set_reclaim(NULL);
}
END_TEST

START_TEST(a_shared_frame_stays)
{
    struct page *block = page_alloc_order(ORDER);

    page_get(block + 1);
    page_put_order(block, ORDER);
    ck_assert_uint_eq(block[0].refs, 0);
    ck_assert_uint_eq(block[1].refs, 1);
    uint64_t free = page_free_count();
    page_put(block + 1);
    ck_assert_uint_eq(page_free_count(), free + 1);
}
END_TEST

/* Given to those who want them so first, and to the others when there is nothing else. */
START_TEST(zero_frames_are_as_free_as_others)
{
    struct page *zero, *other;

    take_all();
    zero = taken[0];
    other = taken[1];
    memset(page_data(zero), 0, PAGE_SIZE);
    zero->flags = 5;
    page_put_zero(zero);
    ck_assert_uint_eq(page_free_count(), 1);
    page_put(other);
    ck_assert_ptr_eq(page_alloc(), zero);
    ck_assert_uint_eq(zero->flags, 0);
    ck_assert_uint_eq(zero->refs, 1);
    page_put_zero(zero);
    ck_assert_ptr_eq(page_alloc_dirty(), other);
    ck_assert_ptr_eq(page_alloc_dirty(), zero);
    ck_assert_ptr_null(page_alloc());
    for (unsigned i = 0; i < count; i++) {
        memset(page_data(taken[i]), 0, PAGE_SIZE);
        page_put_zero(taken[i]);
    }
    ck_assert_ptr_nonnull(page_alloc_order(ORDER));
}
END_TEST

START_TEST(too_large_an_order_is_refused)
{
    ck_assert_ptr_null(page_alloc_order(20));
}
END_TEST

/* What is free within the kernel's image comes first, though the table of frames and what follows lies higher. */
START_TEST(spare_memory_comes_first)
{
    struct memory_map map = {.ram = {{0, MEMORY}}, .ram_count = 1, .kernel_end = 1 << 16, .spare = {1 << 14, 3 << 14}};

    memset(memory, 0, sizeof(memory));
    page_init(&map);
    for (paddr_t at = 1 << 14; at < 3 << 14; at += PAGE_SIZE)
        ck_assert_uint_eq(page_phys(page_alloc()), at);
    ck_assert_uint_ge(page_phys(page_alloc()), map.kernel_end);
}
END_TEST

/* ---- memory that is kept back at boot and given later ---- */

#define ARCHIVE_START (1u << 20)
#define ARCHIVE_END (ARCHIVE_START + 64 * PAGE_SIZE)

static void start_with_archive(paddr_t tree)
{
    struct memory_map map = {.ram = {{0, MEMORY}},
                             .ram_count = 1,
                             .kernel_end = 1 << 16,
                             .reserved = {tree, tree + PAGE_SIZE},
                             .archive = {ARCHIVE_START, ARCHIVE_END}};

    memset(memory, 0, sizeof(memory));
    memset(memory + ARCHIVE_START, 0xa5, ARCHIVE_END - ARCHIVE_START);
    page_init(&map);
}

static bool is_archive(const struct page *page)
{
    return page_phys(page) >= ARCHIVE_START && page_phys(page) < ARCHIVE_END;
}

/* Before it is given nobody gets it; then it comes last, and is cleared for who wants zeros. */
START_TEST(given_memory_comes_last)
{
    static const paddr_t trees[] = {1 << 18, ARCHIVE_END + 5 * PAGE_SIZE};
    struct page *page;
    uint64_t total;
    unsigned before = 0, after = 0;

    start_with_archive(trees[_i]);
    total = page_total_count();
    ck_assert_uint_eq(page_free_count(), total);
    for (; before < total - 10; before++) {
        page = page_alloc();
        ck_assert(!is_archive(page) && page_phys(page) != trees[_i]);
        ck_assert_mem_eq(page_data(page), zeros, PAGE_SIZE);
    }
    page_give(ARCHIVE_START, ARCHIVE_START + 16 * PAGE_SIZE);
    page_give(ARCHIVE_START + 16 * PAGE_SIZE, ARCHIVE_END);
    ck_assert_uint_eq(page_total_count(), total + 64);
    ck_assert_uint_eq(page_free_count(), 10 + 64);
    for (; (page = page_alloc()) != NULL; after++) {
        ck_assert_int_eq(is_archive(page), after >= 10);
        ck_assert_mem_eq(page_data(page), zeros, PAGE_SIZE);
    }
    ck_assert_uint_eq(after, 10 + 64);
}
END_TEST

/* When all other memory is used up. */
START_TEST(given_memory_to_who_waits_for_it)
{
    struct page *block;
    unsigned frames = 0;

    start_with_archive(1 << 18);
    take_all();
    page_give(ARCHIVE_START, ARCHIVE_START + PAGE_SIZE);
    block = page_alloc();
    ck_assert(is_archive(block));
    ck_assert_mem_eq(page_data(block), zeros, PAGE_SIZE);
    ck_assert_ptr_null(page_alloc());
    page_give(ARCHIVE_START + PAGE_SIZE, ARCHIVE_END);
    while ((block = page_alloc_order(ORDER)) != NULL) {
        ck_assert(is_archive(block));
        check_block(block, true);
        frames += BLOCK;
    }
    ck_assert_uint_ge(frames, 64 - 2 * BLOCK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("page");
    TCase *tests = tcase_create("page"), *given = tcase_create("given");

    tcase_add_checked_fixture(tests, start, NULL);
    tcase_add_test(tests, blocks_come_back);
    tcase_add_test(tests, blocks_put_frame_by_frame_come_back);
    tcase_add_test(tests, frames_become_blocks);
    tcase_add_test(tests, blocks_become_frames);
    tcase_add_test(tests, reclaims_until_there_is_a_block);
    tcase_add_test(tests, a_shared_frame_stays);
    tcase_add_test(tests, zero_frames_are_as_free_as_others);
    tcase_add_test(tests, too_large_an_order_is_refused);
    tcase_add_test(given, spare_memory_comes_first);
    tcase_add_loop_test(given, given_memory_comes_last, 0, 2);
    tcase_add_test(given, given_memory_to_who_waits_for_it);
    suite_add_tcase(suite, given);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
