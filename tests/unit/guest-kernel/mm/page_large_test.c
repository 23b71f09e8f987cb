/* SPDX-License-Identifier: Apache-2.0 */
/* page_large_test.c - the table of frames where it is larger than what is mapped at first. */
// sources: guest-kernel/mm/page.c tests/unit/guest-kernel/one_cpu.c
#include <check.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "arch/arch.h"
#include "core/log.h"
#include "mm/init.h"
#include "mm/page.h"

#define GIB (1ul << 30)
#define LOW (3 * GIB)         /* memory as x86_64 has it: a hole below 4 GiB */
#define KERNEL_END 0x800000ul /* with 253 GiB the table then ends where the first GiB does */

static unsigned char *memory; /* reserved, not touched */
static paddr_t mapped_end;    /* what the kernel may touch */
static paddr_t tables[8];
static unsigned table_count;
static jmp_buf panicked;
static char message[256];

void *phys_to_virt(paddr_t pa)
{
    ck_assert_uint_lt(pa, mapped_end);
    return memory + pa;
}

paddr_t virt_to_phys(const void *va)
{
    return (paddr_t)((const unsigned char *)va - memory);
}

void arch_map_memory(paddr_t gib, paddr_t table)
{
    ck_assert_uint_eq(gib, mapped_end);
    ck_assert_uint_lt(table + PAGE_SIZE, mapped_end); /* it can be written */
    ck_assert_uint_ge(table, KERNEL_END);
    memset(memory + table, 0xff, PAGE_SIZE);
    tables[table_count++] = table;
    mapped_end = gib + GIB;
}

_Noreturn void panic(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(message, sizeof(message), fmt, ap);
    va_end(ap);
    longjmp(panicked, 1);
}

static void start(uint64_t gibs, paddr_t tree)
{
    struct memory_map map = {.ram = {{0, LOW}, {4 * GIB, (gibs + 1) * GIB}},
                             .ram_count = 2,
                             .kernel_end = KERNEL_END - 100,
                             .reserved = {tree, tree + PAGE_SIZE}};

    memory = mmap(NULL, LOW, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ck_assert_ptr_ne(memory, MAP_FAILED);
    mapped_end = GIB;
    page_init(&map);
}

START_TEST(the_table_reaches_as_far_as_it_must)
{
    static const struct {
        uint64_t gibs;
        unsigned more; /* GiBs that are mapped for the table */
    } sizes[] = {{4, 0}, {64, 0}, {252, 0}, {253, 1}, {256, 1}, {511, 2}};
    uint64_t frames = (sizes[_i].gibs + 1) * (GIB / PAGE_SIZE);

    start(sizes[_i].gibs, 0x100000);
    ck_assert_uint_eq(table_count, sizes[_i].more);
    struct page *page = page_alloc();
    paddr_t table_end = KERNEL_END + table_count * PAGE_SIZE + frames * sizeof(struct page);
    ck_assert_uint_eq(page_phys(page), table_end);
    ck_assert_ptr_eq(page_of(page_phys(page)), page);
    unsigned char *bytes = page_data(page);
    ck_assert(!bytes[0] && !bytes[PAGE_SIZE - 1]);
    for (unsigned i = 0; i < table_count; i++)
        ck_assert_uint_eq(tables[i], KERNEL_END + i * PAGE_SIZE);
    ck_assert_uint_eq(page_total_count(), (sizes[_i].gibs * GIB - table_end) / PAGE_SIZE);
    page_put(page);
}
END_TEST

START_TEST(too_much_is_told)
{
    static const uint64_t gibs[] = {512, 800, 1ul << 33, (1ul << 34) - 4}; /* the last ends at 0, or so */

    if (setjmp(panicked) == 0) {
        start(gibs[_i], 0x100000);
        ck_abort_msg("it didn't panic");
    }
    ck_assert_ptr_nonnull(strstr(message, "up to 8000000000 can be mapped"));
    ck_assert_uint_eq(table_count, 0);
}
END_TEST

START_TEST(the_device_tree_is_not_written_over)
{
    if (setjmp(panicked) == 0) {
        start(256, 0x10000000);
        ck_abort_msg("it didn't panic");
    }
    ck_assert_ptr_nonnull(strstr(message, "doesn't fit behind the kernel"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("page, large");
    TCase *tcase = tcase_create("page, large");

    tcase_add_loop_test(tcase, the_table_reaches_as_far_as_it_must, 0, 6);
    tcase_add_loop_test(tcase, too_much_is_told, 0, 4);
    tcase_add_test(tcase, the_device_tree_is_not_written_over);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
