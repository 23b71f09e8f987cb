/* SPDX-License-Identifier: Apache-2.0 */
/*
 * area_test.c - the tree of areas against a model: an array that says of each page what is mapped there. After each of
 * many random calls both say the same, the tree is in order and balanced, and it finds the room that the model has.
 */
// sources: guest-kernel/mm/space.c guest-kernel/mm/area.c guest-kernel/mm/pagetable.c guest-kernel/lib/tree.c
// sources: guest-kernel/mm/turns.c
// sources: tests/unit/guest-kernel/stubs.c
// sources: tests/unit/guest-kernel/one_cpu.c
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../stubs.h"
#include "abi/errno.h"
#include "lib/list.h"
#include "mm/area.h"
#include "mm/page.h"
#include "mm/space.h"

#define PAGES 600u
#define BASE (1ul << 32)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define ALL (PROT_READ | PROT_WRITE | PROT_EXEC)
#define STEPS 4000

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

static struct space *space;
static unsigned char model[PAGES]; /* 0: nothing, or the protection plus 1 */

static uaddr_t page_at(unsigned n)
{
    return BASE + n * PAGE_SIZE;
}

static struct area *area_of(struct tree_node *node)
{
    return node != NULL ? container_of(node, struct area, node) : NULL;
}

/* Checks a subtree; its height. */
static uint32_t check_subtree(const struct area *area, uint64_t *gap_max)
{
    uint32_t height[2] = {0, 0};

    *gap_max = area->gap;
    for (unsigned side = 0; side < 2; side++) {
        const struct area *child = area_of(area->node.child[side]);
        uint64_t gap;
        if (child == NULL)
            continue;
        ck_assert_ptr_eq(child->node.parent, &area->node);
        ck_assert_int_eq(child->start > area->start, side);
        height[side] = check_subtree(child, &gap);
        if (gap > *gap_max)
            *gap_max = gap;
        ck_assert_uint_ge(area->gap_max, child->gap_max);
    }
    ck_assert_uint_le(height[0], height[1] + 1);
    ck_assert_uint_le(height[1], height[0] + 1);
    ck_assert_uint_eq(area->node.height, 1 + (height[0] > height[1] ? height[0] : height[1]));
    ck_assert_uint_ge(area->gap_max, *gap_max);
    return area->node.height;
}

static void check_all(void)
{
    unsigned count = 0, page = 0;
    uaddr_t before = 0;
    uint64_t gap;

    if (space->areas.root != NULL)
        check_subtree(area_of(space->areas.root), &gap);
    for (const struct area *area = area_first(space, 0); area != NULL; area = area_next(area), count++) {
        ck_assert_uint_eq(area->gap, area->start - before);
        ck_assert_uint_lt(area->start, area->end);
        for (; page_at(page) < area->start; page++)
            ck_assert_uint_eq(model[page], 0);
        for (; page_at(page) < area->end; page++)
            ck_assert_uint_eq(model[page], area->prot + 1);
        if (before == area->start) /* or they were to be one */
            ck_assert_uint_ne(model[(before - BASE) / PAGE_SIZE - 1], area->prot + 1);
        before = area->end;
    }
    for (; page < PAGES; page++)
        ck_assert_uint_eq(model[page], 0);
    ck_assert_uint_eq(count, space->area_count);
}

/* The highest room for `count` pages below page `high`. */
static uaddr_t model_gap(unsigned count, unsigned high)
{
    unsigned run = 0;

    for (unsigned at = high; at-- > 0;) {
        run = model[at] != 0 ? 0 : run + 1;
        if (run == count)
            return page_at(at);
    }
    return 0;
}

static void step(void)
{
    unsigned first = (unsigned)rand() % PAGES, most = rand() % 8 != 0 ? 6 : 60, count = 1 + (unsigned)rand() % most;
    unsigned prot = (unsigned)rand() % 3;
    uaddr_t addr = page_at(first);
    uint64_t length;
    int error;

    if (count > PAGES - first)
        count = PAGES - first;
    length = count * PAGE_SIZE;
    switch (rand() % 4) {
    case 0:
        ck_assert_int_eq(space_map(space, &addr, length, prot, ALL, ANON | MAP_FIXED, NULL, 0), 0);
        memset(model + first, (int)prot + 1, count);
        break;
    case 1:
        ck_assert_int_eq(space_unmap(space, addr, length), 0);
        memset(model + first, 0, count);
        break;
    case 2:
        error = space_protect(space, addr, length, prot);
        for (unsigned i = first; i < first + count && model[i] != 0; i++)
            model[i] = (unsigned char)(prot + 1);
        ck_assert_int_eq(error, memchr(model + first, 0, count) != NULL ? -ENOMEM : 0);
        break;
    default:
        ck_assert_uint_eq(gap_find(space, length, BASE, page_at(first)), model_gap(count, first));
    }
}

START_TEST(tree_and_model_agree)
{
    srand((unsigned)_i + 1);
    for (unsigned i = 0; i < STEPS; i++) {
        step();
        if (i % 8 == 0)
            check_all();
    }
    check_all();
}
END_TEST

/* What an access costs doesn't grow with the number of areas. */
START_TEST(many_areas_make_no_tall_tree)
{
    for (unsigned i = 0; i <= (unsigned)space_areas_max; i++) { /* one more is let in, as on Linux */
        uaddr_t addr = BASE + 2 * i * PAGE_SIZE;
        ck_assert_int_eq(space_map(space, &addr, PAGE_SIZE, 0, ALL, ANON | MAP_FIXED, NULL, 0), 0);
    }
    ck_assert_uint_eq(space->area_count, (unsigned)space_areas_max + 1);
    ck_assert_uint_le(area_of(space->areas.root)->node.height, 23); /* 1.44 log2 */
    uaddr_t addr = 0;
    ck_assert_int_eq(space_map(space, &addr, PAGE_SIZE, 0, ALL, ANON, NULL, 0), -ENOMEM); /* as vm.max_map_count */
    ck_assert_int_eq(space_unmap(space, BASE, PAGE_SIZE), 0);
    ck_assert_int_eq(space_map(space, &addr, PAGE_SIZE, 0, ALL, ANON, NULL, 0), 0);
}
END_TEST

static void setup(void)
{
    space = space_create();
    ck_assert_ptr_nonnull(space);
    memset(model, 0, sizeof(model));
}

static void teardown(void)
{
    space_put(space);
    ck_assert_uint_eq(stub_pages_used, 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
}

int main(void)
{
    Suite *suite = suite_create("area");
    TCase *tcase = tcase_create("area");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, tree_and_model_agree, 0, 3);
    tcase_add_test(tcase, many_areas_make_no_tall_tree);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
