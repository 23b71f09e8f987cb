/* SPDX-License-Identifier: Apache-2.0 */
/* threads.c - each thread and each process has segment descriptors of its own, whoever ran in between. */
#include "bare.h"

ENTRY("main");

#define CLONE_OF_A_THREAD 0x00010f00 /* VM, FS, FILES, SIGHAND, THREAD */
#define CLONE_SETTLS 0x00080000

enum { DATA = 0x51, ROUNDS = 100 };

static struct desc {
    unsigned entry;
    const void *base;
    unsigned limit, flags;
} desc;
static const long words[] = {0x1111, 0x2222, 0x3333};
static volatile unsigned arrived, left, wrong;
static long stack[1024];

static long gs_word(void)
{
    long value;

    __asm__ volatile("mov %%gs:(%1), %0" : "=r"(value) : "r"(0));
    return value;
}

static unsigned selectors(void)
{
    unsigned ds, es, gs;

    __asm__ volatile("mov %%ds, %0\n\tmov %%es, %1\n\tmov %%gs, %2" : "=r"(ds), "=r"(es), "=r"(gs));
    return (ds ^ es) << 16 | (gs & 0xffff);
}

/* How often another word was there than the thread's own. */
static unsigned yields(long own, unsigned gs)
{
    unsigned others = 0;

    for (unsigned i = 0; i < ROUNDS; i++) {
        CALL(NR_sched_yield);
        others += gs_word() != own || selectors() != gs;
        if (i % 2 != 0) { /* by the descriptor; before it was what the register had kept */
            __asm__ volatile("mov %w0, %%gs" ::"r"(gs & 0xffff));
            others += gs_word() != own;
        }
    }
    return others;
}

static void thread(void)
{
    arrived++;
    wrong = yields(words[1], desc.entry * 8 + 3);
    left++;
    CALL(NR_exit, 0);
}

/* clone(2) with a thread that begins at `entry` on a stack of its own. */
static long clone(unsigned flags, long *top, const struct desc *tls, void (*entry)(void))
{
    long result;

    *--top = P(entry);
    __asm__ volatile("int $0x80\n\t"
                     "test %%eax, %%eax\n\t"
                     "jnz 1f\n\t"
                     "ret\n"
                     "1:"
                     : "=a"(result)
                     : "a"(NR_clone), "b"(flags), "c"(top), "d"(0), "S"(tls), "D"(0)
                     : "memory");
    return result;
}

static void process(unsigned gs)
{
    enum { READ_WRITE = 3, SHARED_ANONYMOUS = 0x21 };
    volatile long *result = (volatile long *)CALL(NR_mmap2, 0, 4096, READ_WRITE, SHARED_ANONYMOUS, -1, 0);

    if (CALL(NR_fork) == 0) {
        unsigned bad = gs_word() != words[0] || selectors() != gs;
        struct desc own = desc;

        own.base = words + 2;
        bad += CALL(NR_set_thread_area, P(&own)) != 0;
        *result = 1 + (long)(bad + yields(words[2], gs));
        leave(0);
    }
    show("a parent keeps what it has", (long)yields(words[0], gs));
    while (*result == 0)
        CALL(NR_sched_yield);
    show("and the child", *result - 1);
}

void program(long *start)
{
    struct desc other = {0, words + 1, 0xfffff, DATA};
    unsigned gs;

    (void)start;
    desc = (struct desc){-1u, words, 0xfffff, DATA};
    show("set", CALL(NR_set_thread_area, P(&desc)));
    gs = desc.entry * 8 + 3;
    __asm__ volatile("mov %w0, %%gs" ::"r"(gs));
    show("no structure", clone(CLONE_OF_A_THREAD | CLONE_SETTLS, stack + 1024, (const void *)16, thread));
    other.entry = -1u;
    show("no free entry is looked for", clone(CLONE_OF_A_THREAD | CLONE_SETTLS, stack + 1024, &other, thread));
    other.entry = desc.entry;
    show_bool("a thread", clone(CLONE_OF_A_THREAD | CLONE_SETTLS, stack + 1024, &other, thread) > 0);
    while (arrived == 0)
        CALL(NR_sched_yield);
    show("other words", (long)yields(words[0], gs));
    while (left == 0)
        CALL(NR_sched_yield);
    show("and the thread's", (long)wrong);
    process(gs);
    leave(0);
}
