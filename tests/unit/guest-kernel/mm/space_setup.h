/* SPDX-License-Identifier: Apache-2.0 */
/* space_setup.h - an address space on real page tables in a small arena, and a file to be mapped. Each test that
 * includes it counts the pages afterwards: all have to come back. */
#ifndef TESTS_UNIT_GUEST_KERNEL_MM_SPACE_SETUP_H
#define TESTS_UNIT_GUEST_KERNEL_MM_SPACE_SETUP_H

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "core/wait.h"
#include "mm/area.h"
#include "mm/init.h"
#include "mm/kmalloc.h"
#include "mm/page.h"
#include "mm/pagetable.h"
#include "mm/shared.h"
#include "mm/space.h"
#include "mm/turns.h"

#define ARENA (8ul << 20)
#define RW (PROT_READ | PROT_WRITE)
#define ALL (PROT_READ | PROT_WRITE | PROT_EXEC)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define AT 0x400000ul

/* ---- what mm needs of the kernel ---- */

static unsigned char *arena;

void *phys_to_virt(paddr_t pa)
{
    ck_assert_uint_lt(pa, ARENA);
    return arena + pa;
}

paddr_t virt_to_phys(const void *va)
{
    return (paddr_t)((const unsigned char *)va - arena);
}

void arch_map_memory(paddr_t gib, paddr_t table)
{
    (void)gib;
    (void)table;
}

int arch_space_init(struct arch_space *space)
{
    struct page *page = page_alloc();

    space->root = page != NULL ? page_phys(page) : 0;
    return page != NULL ? 0 : -ENOMEM;
}

void arch_tlb_flush_page(uaddr_t va)
{
    (void)va;
}

void arch_tlb_flush_all(void)
{
}

void panic(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    abort();
}

/* ---- others, who come in where a long change gives way ---- */

static unsigned ways, waits;
static void (*on_way)(void);

bool wait_loop_ends(bool fatal)
{
    ck_assert(fatal);
    ways++;
    if (on_way != NULL)
        on_way();
    return false;
}

/* What was waited for has ended. */
int wait_on(struct wait_queue *queue, uint64_t deadline_ns, unsigned how)
{
    struct space *in = (struct space *)((char *)queue - offsetof(struct space, unchanged));

    ck_assert_uint_eq(deadline_ns, WAIT_FOREVER);
    ck_assert_uint_eq(how, 0);
    waits++;
    in->changer = NULL;
    return 0;
}

unsigned wait_wake(struct wait_queue *queue, uint32_t events, unsigned most)
{
    (void)queue, (void)events, (void)most;
    return 0;
}

/* ---- a file of four pages, each filled with its number ---- */

static struct page *file_page[4];
static int file_refs;

static inline int object_page(struct vm_object *object, uint64_t index, int will_write, struct page **out)
{
    (void)object;
    (void)will_write;
    if (index >= 4)
        return -ENXIO;
    if (file_page[index] == NULL) {
        file_page[index] = page_alloc();
        memset(page_data(file_page[index]), (int)index + 1, PAGE_SIZE);
    }
    page_get(file_page[index]);
    *out = file_page[index];
    return 0;
}

static inline struct page *object_find(struct vm_object *object, uint64_t index)
{
    (void)object;
    if (index >= 4 || file_page[index] == NULL)
        return NULL;
    page_get(file_page[index]);
    return file_page[index];
}

static inline void object_get(struct vm_object *object)
{
    (void)object;
    file_refs++;
}

static inline void object_put(struct vm_object *object)
{
    (void)object;
    file_refs--;
}

static const struct vm_object_ops object_ops = {
    .page = object_page, .find = object_find, .get = object_get, .put = object_put};
static struct vm_object file = {.ops = &object_ops};

/* ---- helpers ---- */

static struct space *space;
static uint64_t free_before;

static inline void setup(void)
{
    struct memory_map map = {
        .ram = {{0, ARENA}}, .ram_count = 1, .kernel_end = 0x100000, .reserved = {0x200000, 0x201000}};

    arena = aligned_alloc(PAGE_SIZE, ARENA); /* kmalloc looks where a page ends */
    memset(arena, 0, ARENA);
    page_init(&map);
    kfree(kmalloc(sizeof(struct area))); /* the pages of the size classes stay with kmalloc */
    kfree(kmalloc(sizeof(struct space)));
    free_before = page_free_count();
    space = space_create();
    ck_assert_ptr_nonnull(space);
}

static inline void teardown(void)
{
    space_put(space);
    for (unsigned i = 0; i < 4; i++)
        if (file_page[i] != NULL)
            page_put(file_page[i]);
    ck_assert_int_eq(file_refs, 0);
    ck_assert_uint_eq(page_free_count(), free_before);
    free(arena);
}

static inline int map_at(uaddr_t addr, uint64_t pages, unsigned prot, unsigned flags, struct vm_object *object)
{
    return space_map(space, &addr, pages * PAGE_SIZE, prot, ALL, flags | MAP_FIXED, object, 0);
}

static inline unsigned areas(void)
{
    unsigned count = 0;
    uint64_t bytes = 0, data = 0, locked = 0;

    for (const struct area *area = area_first(space, 0); area != NULL; area = area_next(area)) {
        uint64_t size = area->grows ? 0 : area->end - area->start;
        bytes += size;
        data += (area->prot & PROT_WRITE) && !area->shared ? size : 0;
        locked += area->locked != 0 ? size : 0;
        count++;
    }
    ck_assert_uint_eq(count, space->area_count);
    ck_assert_uint_eq(space->locked_bytes, locked);
    ck_assert_uint_eq(space_mapped(space, 0, ISA_USER_TOP, false), bytes);
    ck_assert_uint_eq(space_mapped(space, 0, ISA_USER_TOP, true), data);
    return count;
}

static inline unsigned char *byte_at(uaddr_t va, unsigned access)
{
    ck_assert_int_eq(space_fault(space, va, access), 0);
    uint64_t *pte = pagetable_find(&space->arch, va);
    ck_assert(isa_pte_allows(*pte, access));
    return (unsigned char *)phys_to_virt(isa_pte_address(*pte)) + (va & PAGE_MASK);
}

#endif
