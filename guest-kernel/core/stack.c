/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stack.c - kernel stacks. Those that are free wait to be taken again: the mapping of one is never undone, so no TLB
 * has to forget it. The list of them needs the lock of who calls.
 */
#include "core/stack.h"

#include <stddef.h>
#include <stdint.h>

#include "arch/arch.h"
#include "core/cpu.h"
#include "core/log.h"
#include "mm/check.h"
#include "mm/page.h"

struct free_stack {
    void *next;
};

static void *free_stacks;

#ifdef ISA_STACKS

#define SLOT_SIZE (2ull * STACK_SIZE) /* the lower half isn't mapped */
#define SLOTS ((1u << 30) / SLOT_SIZE)

static unsigned slots_used;

/* This CPU writes to a stack that another one may have mapped; who runs on it later comes by residence.c's arrive. */
static void stack_sync(void)
{
    if (cpu_is_one_of_many)
        ISA_STACKS_SYNC();
}

/* A slot whose pages can't all be had keeps those that it has, for the next try. */
static void *stack_create(void)
{
    static unsigned mapped; /* of the next slot's bytes */
    uint64_t stack = ISA_STACKS + slots_used * SLOT_SIZE + STACK_SIZE;

    for (; slots_used < SLOTS && mapped < STACK_SIZE; mapped += PAGE_SIZE) {
        struct page *page = page_alloc_dirty();
        if (page == NULL)
            return NULL;
        if (arch_stack_map(stack + mapped, page_phys(page)) != 0) {
            page_put(page);
            return NULL;
        }
    }
    if (slots_used == SLOTS)
        return NULL;
    slots_used++;
    mapped = 0;
    return (void *)stack; /* NOLINT(performance-no-int-to-ptr) */
}

void stack_check(const void *stack)
{
    (void)stack;
}

#else

#define STACK_ORDER (14 - PAGE_SHIFT)
_Static_assert(STACK_SIZE == PAGE_SIZE << STACK_ORDER, "a stack is so many pages");

#define CANARY 0x6b7261746e616e65ull
#define CANARIES 32 /* at its lower end: more than one, as a call writes to some of its frame alone */

static void stack_sync(void)
{
}

static void *stack_create(void)
{
    struct page *page = page_alloc_order_dirty(STACK_ORDER);

    if (page == NULL)
        return NULL;
    uint64_t *stack = page_data(page);
    for (unsigned i = 0; i < CANARIES; i++)
        stack[i] = CANARY;
    return stack;
}

void stack_check(const void *stack)
{
    uint64_t depth = (uint64_t)stack + STACK_SIZE - (uint64_t)__builtin_frame_address(0), differs = 0;

    if (stack == NULL)
        return;
    for (unsigned i = 0; i < CANARIES; i++)
        differs |= ((const uint64_t *)stack)[i] ^ CANARY;
    if (differs != 0 || depth > STACK_SIZE)
        panic("a kernel stack at %lx has overflowed: %lu bytes are in use", (unsigned long)stack, (unsigned long)depth);
}

#endif

/* At its upper end, where memory is in use anyway. */
static struct free_stack *link_of(void *stack)
{
    return (struct free_stack *)(void *)((char *)stack + STACK_SIZE) - 1;
}

void *stack_alloc(void)
{
    void *stack = free_stacks;
    uint64_t before;

    if (stack == NULL) {
        before = page_free_count();
        stack = stack_create();
        for (; before > page_free_count(); before--) /* tables, too */
            check_count_kept();
        return stack;
    }
    stack_sync();
    free_stacks = link_of(stack)->next;
    return stack;
}

void stack_free(void *stack)
{
    link_of(stack)->next = free_stacks;
    free_stacks = stack;
}
