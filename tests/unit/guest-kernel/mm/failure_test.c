/* SPDX-License-Identifier: Apache-2.0 */
/*
 * failure_test.c - each call that changes mappings, with its first, second ... allocation failing: then it fails as a
 * whole, and nothing is other than before.
 */
// sources: guest-kernel/mm/space.c guest-kernel/mm/fault.c guest-kernel/mm/area.c guest-kernel/mm/remap.c
// sources: guest-kernel/mm/turns.c
// sources: guest-kernel/mm/pagetable.c guest-kernel/lib/tree.c tests/unit/guest-kernel/stubs.c
// sources: tests/unit/guest-kernel/one_cpu.c
#include <check.h>
#include <string.h>

#include "../stubs.h"
#include "abi/errno.h"
#include "mm/area.h"
#include "mm/page.h"
#include "mm/space.h"
#include "mm/pagetable.h"

#define RW (PROT_READ | PROT_WRITE)
#define ALL (RW | PROT_EXEC)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define TABLE (PAGE_SIZE << ISA_PT_SHIFT) /* what one table of pages covers */
#define AT (64 * TABLE)
#define PAGES 24u

int arch_space_init(struct arch_space *arch)
{
    struct page *page = page_alloc();

    arch->root = page != NULL ? page_phys(page) : 0;
    return page != NULL ? 0 : -ENOMEM;
}

void arch_tlb_flush_page(uaddr_t va)
{
    (void)va;
}

void arch_tlb_flush_all(void)
{
}

/* ---- what a program sees of its memory ---- */

static struct space *space;

struct view {
    struct {
        uaddr_t start, end;
        unsigned prot;
    } area[64];
    unsigned areas;
    uint64_t entry[PAGES], resident;
    uaddr_t brk;
};

/* Of page n of the mapping that setup makes: they lie in three tables. */
static uaddr_t page_at(unsigned n)
{
    return AT + n / 8 * TABLE + n % 8 * PAGE_SIZE;
}

static void look(struct view *view)
{
    memset(view, 0, sizeof(*view));
    for (const struct area *area = area_first(space, 0); area != NULL; area = area_next(area)) {
        view->area[view->areas].start = area->start;
        view->area[view->areas].end = area->end;
        view->area[view->areas++].prot = area->prot;
    }
    for (unsigned i = 0; i < PAGES; i++) {
        const uint64_t *entry = pagetable_find(&space->arch, page_at(i));
        view->entry[i] = entry != NULL ? *entry : 0;
    }
    view->resident = space->resident_pages;
    view->brk = space->brk;
}

static void map_at(uaddr_t addr, uint64_t length, unsigned prot)
{
    ck_assert_int_eq(space_map(space, &addr, length, prot, ALL, ANON | MAP_FIXED, NULL, 0), 0);
}

static unsigned char *byte_of(uaddr_t va)
{
    ck_assert_int_eq(space_fault(space, va, ACCESS_READ), 0);
    return (unsigned char *)phys_to_virt(isa_pte_address(*pagetable_find(&space->arch, va)));
}

static void setup(void)
{
    space = space_create();
    ck_assert_ptr_nonnull(space);
    map_at(AT, 3 * TABLE, RW);
    for (unsigned i = 0; i < PAGES; i++) {
        ck_assert_int_eq(space_fault(space, page_at(i), ACCESS_WRITE), 0);
        *byte_of(page_at(i)) = (unsigned char)(i + 1);
    }
    map_at(AT + 8 * TABLE, 3 * TABLE, PROT_READ); /* in the way */
    space->brk_start = space->brk = AT + 16 * TABLE;
    ck_assert_uint_eq(space_brk(space, space->brk + 8 * PAGE_SIZE), space->brk_start + 8 * PAGE_SIZE);
}

static void teardown(void)
{
    stub_fail_at = 0;
    space_put(space);
    ck_assert_uint_eq(stub_pages_used, 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
}

/* ---- the calls: each changes something, and needs memory for it ---- */

static int do_map(void)
{
    uaddr_t addr = 0;

    return space_map(space, &addr, 3 * PAGE_SIZE, RW, ALL, ANON, NULL, 0);
}

static int do_map_fixed(void)
{
    uaddr_t addr = AT + PAGE_SIZE;

    return space_map(space, &addr, PAGE_SIZE, PROT_READ, ALL, ANON | MAP_FIXED, NULL, 0);
}

static int do_unmap(void)
{
    return space_unmap(space, AT + PAGE_SIZE, TABLE);
}

static int do_protect(void)
{
    return space_protect(space, AT + PAGE_SIZE, TABLE, PROT_READ);
}

static int do_break_up(void)
{
    uaddr_t want = space->brk + 5 * PAGE_SIZE;

    return space_brk(space, want) == want ? 0 : -ENOMEM;
}

static int do_break_down(void)
{
    uaddr_t want = space->brk - 2 * PAGE_SIZE;

    return space_brk(space, want) == want ? 0 : -ENOMEM;
}

static int check_moved(int error, uaddr_t to)
{
    for (unsigned i = 0; i < PAGES && error == 0; i++)
        ck_assert_uint_eq(*byte_of(page_at(i) - AT + to), i + 1);
    return error;
}

static int do_remap(void)
{
    uaddr_t addr = AT;
    int error = space_remap(space, &addr, 3 * TABLE, 9 * TABLE, REMAP_MAYMOVE, 0);

    return check_moved(error, addr);
}

static int do_remap_fixed(void)
{
    uaddr_t addr = AT, to = AT + 8 * TABLE;
    int error = space_remap(space, &addr, 3 * TABLE, 2 * TABLE + TABLE / 2, REMAP_MAYMOVE | REMAP_FIXED, to);

    return check_moved(error, to);
}

static int do_remap_out_of_the_middle(void)
{
    uaddr_t addr = AT + PAGE_SIZE, to = AT + 9 * TABLE;

    return space_remap(space, &addr, TABLE, TABLE, REMAP_MAYMOVE | REMAP_FIXED, to);
}

static int do_remap_shrink(void)
{
    uaddr_t addr = AT;

    return space_remap(space, &addr, 3 * TABLE - PAGE_SIZE, TABLE, 0, 0);
}

static int (*const calls[])(void) = {
    do_map,          do_map_fixed,   do_unmap,
    do_protect,      do_break_up,    do_break_down,
    do_remap,        do_remap_fixed, do_remap_out_of_the_middle,
    do_remap_shrink,
};

START_TEST(a_failed_allocation_changes_nothing)
{
    struct view before, after;
    int error = -ENOMEM;
    uint64_t n;

    for (n = 1; error != 0; n++) {
        look(&before);
        stub_fail_at = n;
        error = calls[_i]();
        bool is_over = stub_fail_at != 0; /* it needs fewer than n */
        stub_fail_at = 0;
        look(&after);
        ck_assert_int_eq(error, is_over ? 0 : -ENOMEM);
        ck_assert_int_eq(memcmp(&before, &after, sizeof(before)) == 0, !is_over);
    }
    ck_assert(n > 2 || calls[_i] == do_break_down);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("failure");
    TCase *tcase = tcase_create("failure");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_failed_allocation_changes_nothing, 0, sizeof(calls) / sizeof(calls[0]));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
