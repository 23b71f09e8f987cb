/* SPDX-License-Identifier: Apache-2.0 */
/* segment.c - thread pointers: set_thread_area, get_thread_area, and what a segment register then reaches. */
#include "bare.h"

ENTRY("main");

static struct desc {
    unsigned entry;
    const void *base;
    unsigned limit, flags;
} desc;
static const long words[] = {0x1111, 0x2222, 0x3333};
enum { DATA = 0x51, READ_ONLY = 0x59, NOTHING = 0x28, CODE = 0x55, BITS_16 = 0x50, NOT_PRESENT = 0x71 };

static long set(unsigned entry, const void *base, unsigned flags)
{
    desc = (struct desc){entry, base, flags == NOTHING ? 0 : 0xfffff, flags};
    return CALL(NR_set_thread_area, P(&desc));
}

static long gs_at(unsigned offset)
{
    long value;

    __asm__ volatile("mov %%gs:(%1), %0" : "=r"(value) : "r"(offset));
    return value;
}

static void gs_load(unsigned selector)
{
    __asm__ volatile("mov %w0, %%gs" ::"r"(selector));
}

static unsigned gs_selector(void)
{
    unsigned selector;

    __asm__ volatile("mov %%gs, %0" : "=r"(selector));
    return selector & 0xffff;
}

void program(long *stack)
{
    struct desc got = {0, 0, 0, 0};
    unsigned first;

    (void)stack;
    show("the first", set(-1u, words, DATA));
    first = desc.entry;
    show("its entry", (long)first);
    gs_load(first * 8 + 3);
    show("word 0", gs_at(0));
    show("word 1", gs_at(4));
    show("still after a call", gs_at(8));
    show("selector", (long)gs_selector());
    show("another base", set(first, words + 1, DATA));
    show("word 0", gs_at(0));
    got.entry = first;
    show("get", CALL(NR_get_thread_area, P(&got)));
    show_bool("base", got.base == words + 1);
    show("limit", (long)got.limit);
    show("flags", (long)(got.flags & 0x7f));
    show("the second", set(-1u, words, READ_ONLY));
    show("its entry", (long)desc.entry);
    show("the third", set(-1u, words, DATA));
    show("no fourth", set(-1u, words, DATA));
    show("the second goes", set(first + 1, 0, NOTHING));
    show("and comes", set(-1u, words, DATA));
    show("its entry", (long)desc.entry);
    show("code", set(first, words, CODE));
    show("16 bits", set(first, words, BITS_16));
    show("not present", set(first, words, NOT_PRESENT));
    show("too low", set(first - 1, words, DATA));
    show("too high", set(first + 3, words, DATA));
    show("get too high", (got.entry = first + 3, CALL(NR_get_thread_area, P(&got))));
    show("no structure", CALL(NR_set_thread_area, 16));
    show("arch_prctl has no bases here", CALL(NR_arch_prctl, 0x1002, 0));
    /* The stack by a descriptor of its own, which then goes. */
    set(first + 2, 0, DATA);
    __asm__ volatile("mov %w0, %%ss" ::"r"((first + 2) * 8 + 3));
    show("a stack of its own", 0);
    set(first + 2, words, DATA | 2 << 1); /* taken for code, so refused: nothing changes */
    show("still there", 0);
    set(first + 2, 0, NOTHING);
    show("too late", 0);
    leave(0);
}
