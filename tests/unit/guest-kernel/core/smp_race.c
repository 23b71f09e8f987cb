/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smp_race.c - what CPUs do without the kernel lock, or to get it, with a thread of the host for each, under
 * ThreadSanitizer: the lock, with its halts and kicks, where a CPU is, TLB shootdown with fewer ASIDs than spaces, and
 * interrupts of those that wait.
 *
 * What stands for hardware orders nothing: interrupts and a device's memory are relaxed atomics; of page tables, what
 * an entry leads to is there before it. All else is plain, so that the sanitizer tells of each order that the kernel
 * doesn't see to. A kick that is lost hangs.
 */
// sources: guest-kernel/core/news.c guest-kernel/core/klock.c guest-kernel/core/kick.c guest-kernel/core/smp.c
// guest-kernel/core/shootdown.c sources: guest-kernel/core/irq.c guest-kernel/core/asid.c
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
/* The kernel has its own of these names. */
#undef SCHED_OTHER
#undef SCHED_FIFO
#undef SCHED_RR
#undef SCHED_BATCH
#undef SCHED_IDLE
#undef SCHED_DEADLINE
#undef SCHED_RESET_ON_FORK

#include "arch/arch.h"
#include "core/cpu.h"
#include "core/irq.h"
#include "core/kick.h"
#include "core/klock.h"
#include "core/shootdown.h"
#include "core/smp.h"
#include "lib/fdt.h"
#include "mm/kmalloc.h"
#include "core/log.h"
#include "mm/mapping.h"

#define CPUS 4u
#define ROUNDS 3000u
#define SPACES 3u
#define ASIDS 2u
#define FRAMES 8u
#define WORDS 16u
#define POISON 0x5a5a5a5au
#define DEVICE_IRQ 5u
#define KICK 63u

struct cpu *cpus[ARCH_CPUS_MAX];
unsigned cpu_count;
bool cpu_is_one_of_many = true;

static struct cpu all[CPUS];
static _Thread_local struct cpu *self;
static struct space spaces[SPACES];

/* ---- hardware ---- */

static uint64_t pending[CPUS]; /* interrupts, a bit each */

static void interrupt(unsigned number, unsigned bit)
{
    __atomic_fetch_or(&pending[number], 1ull << bit, __ATOMIC_RELAXED);
}

static bool interrupt_is_pending(void)
{
    return __atomic_load_n(&pending[self->number], __ATOMIC_RELAXED) != 0;
}

static unsigned interrupt_take(void)
{
    uint64_t bits = __atomic_load_n(&pending[self->number], __ATOMIC_RELAXED);
    unsigned bit = (unsigned)__builtin_ctzll(bits);

    __atomic_fetch_and(&pending[self->number], ~(1ull << bit), __ATOMIC_RELAXED);
    return bit == KICK ? ARCH_IRQ_NONE : bit;
}

unsigned arch_wait_for_interrupt(void)
{
    while (!interrupt_is_pending())
        sched_yield();
    return interrupt_take();
}

void arch_cpu_kick(unsigned number)
{
    interrupt(number, KICK);
}

void arch_cpu_relax(void)
{
    sched_yield();
}

void arch_code_sync(void)
{
}

struct thread *arch_current(void)
{
    return &self->boot_thread;
}

/* Frames, of which each space maps one, and what each CPU remembers of that by ASID. */
struct frame {
    uint32_t word[WORDS];
};

unsigned arch_asids = ASIDS;

static struct frame frames[FRAMES], *entries[SPACES];
static unsigned is_free[FRAMES]; /* of the kernel, which has filled it with POISON */
static _Thread_local struct frame *remembered[ASIDS + 1];

void arch_tlb_flush_all(void)
{
    remembered[self->asids.current] = NULL;
}

static struct frame *translate(void)
{
    struct frame **frame = &remembered[self->asids.current];

    if (*frame == NULL)
        *frame = __atomic_load_n(&entries[self->active - spaces], __ATOMIC_ACQUIRE);
    return *frame;
}

/* A device that does what it is asked for, and interrupts the first CPU. */
static unsigned asked, done;
static bool device_stops;

static void *device(void *arg)
{
    for (unsigned served = 0; !__atomic_load_n(&device_stops, __ATOMIC_RELAXED); sched_yield())
        if (__atomic_load_n(&asked, __ATOMIC_RELAXED) != served) {
            __atomic_store_n(&done, ++served, __ATOMIC_SEQ_CST);
            interrupt(0, DEVICE_IRQ);
        }
    return arg;
}

/* ---- the kernel around it ---- */

static unsigned dispatched, leaves;

bool timers_run(bool fired)
{
    (void)fired;
    return false;
}

int arch_irq_enable(unsigned irq)
{
    (void)irq;
    return 0;
}

static void device_handler(void *arg)
{
    (void)arg;
    dispatched++;
}

void sched_leaves(struct cpu *cpu)
{
    (void)cpu;
    leaves++;
}

/* Of the start, which isn't tested here. */
void sched_cpu_init(struct cpu *cpu)
{
    (void)cpu;
}

_Noreturn void sched_idle(void)
{
    abort();
}

_Noreturn void arch_cpu_park(void)
{
    abort();
}

void arch_set_current(struct thread *thread)
{
    (void)thread;
}

uint64_t arch_clock_ns(void)
{
    return 0;
}

int arch_cpu_start(unsigned number, uint32_t hwid)
{
    (void)number, (void)hwid;
    return -1;
}

bool arch_cpu_is_this(uint32_t hwid)
{
    (void)hwid;
    return true;
}

bool fdt_find(const struct fdt *fdt, const char *path, struct fdt_node *node)
{
    (void)fdt, (void)path, (void)node;
    return false;
}

bool fdt_next(const struct fdt *fdt, struct fdt_node *node)
{
    (void)fdt, (void)node;
    return false;
}

bool fdt_cell_named(const struct fdt *fdt, const struct fdt_node *node, const char *name, size_t name_size, unsigned n,
                    uint32_t *out)
{
    (void)fdt, (void)node, (void)name, (void)name_size, (void)n, (void)out;
    return false;
}

void *kmalloc(size_t size)
{
    (void)size;
    return NULL;
}

void kfree(void *ptr)
{
    (void)ptr;
}

void log_error(const char *format, ...)
{
    (void)format;
}

void log_info(const char *format, ...)
{
    (void)format;
}

_Noreturn void panic(const char *format, ...)
{
    (void)format;
    abort();
}

/* ---- what CPUs do ---- */

static unsigned in_kernel, running, halted, wrong; /* with the kernel lock */

static uint32_t random_next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

/* As residence_enter_space. */
static void switch_space(struct space *space)
{
    bool forget;

    if (self->active == space)
        return;
    self->active = space;
    asid_use(&self->asids, &space->arch, self->number, &forget);
    if (forget)
        arch_tlb_flush_all();
}

/* The space, which may be another CPU's or nobody's, gets another frame; the old one is the kernel's at once. */
static void remap(struct space *space)
{
    struct frame **entry = &entries[space - spaces], *old = *entry, *new = NULL;

    for (unsigned i = 0; i < FRAMES && new == NULL; i++)
        if (is_free[i]) {
            new = &frames[i];
            is_free[i] = false;
        }
    for (unsigned i = 0; i < WORDS; i++) {
        wrong += new->word[i] != POISON;
        new->word[i] = 0;
    }
    /* isa_pte_page orders that, by a fence, of which the sanitizer knows nothing. */
    __atomic_store_n(entry, new, __ATOMIC_RELEASE);
    if (shootdown(&space->arch))
        arch_tlb_flush_all();
    for (unsigned i = 0; i < WORDS; i++)
        old->word[i] = POISON;
    is_free[old - frames] = true;
}

/* As wait_in_place (core/wait.c). */
static void device_use(void)
{
    unsigned number = __atomic_load_n(&asked, __ATOMIC_RELAXED) + 1;

    irq_set_in_place(true);
    __atomic_store_n(&asked, number, __ATOMIC_RELAXED);
    while (__atomic_load_n(&done, __ATOMIC_RELAXED) != number)
        irq_dispatch(arch_wait_for_interrupt());
    irq_set_in_place(false);
}

/* As wait_loop_ends (core/wait.c) lets others in. */
static void let_in(void)
{
    in_kernel--;
    klock_give(self);
    arch_cpu_relax();
    klock_take(self);
    irq_dispatch_kept(self);
    in_kernel++;
}

/* Somebody stays, to kick the others. */
static void halt(void)
{
    if (running - halted < 2)
        return;
    halted++;
    in_kernel--;
    klock_halt();
    in_kernel++;
    halted--;
}

static void kernel(uint32_t *state)
{
    wrong += ++in_kernel != 1;
    switch (random_next(state) % 8) {
    case 0:
    case 1:
        remap(&spaces[random_next(state) % SPACES]);
        break;
    case 2:
        device_use();
        break;
    case 3:
        halt();
        break;
    case 4:
        kick_cpu(&all[random_next(state) % CPUS]);
        break;
    case 5:
        let_in();
        break;
    case 6:
        switch_space(&spaces[random_next(state) % SPACES]);
        break;
    default:
        break;
    }
    wrong += in_kernel-- != 1;
}

static void user(uint32_t *state)
{
    for (unsigned n = random_next(state) % 64; n != 0 && !interrupt_is_pending(); n--)
        translate()->word[self->number]++;
}

/* Sees what the kernel's code leaves, none of which runs meanwhile, and changes only what is its own. */
static unsigned share(void)
{
    unsigned strange = 0;

    if (!klock_try_share(self))
        return 0;
    strange = (in_kernel != 0) + is_free[entries[0] - frames];
    self->locking.shares++;
    klock_unshare(self);
    return strange;
}

static void *cpu_main(void *arg)
{
    uint32_t state = 1;
    unsigned strange = 0;

    self = arg;
    state += self->number;
    if (self->number != 0)
        klock_take(self);
    switch_space(&spaces[0]);
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned irq = ARCH_IRQ_NONE;
        kernel(&state);
        smp_leave_kernel();
        for (unsigned n = random_next(&state) % 4; n != 0; n--)
            strange += share();
        user(&state);
        if (interrupt_is_pending())
            irq = interrupt_take();
        smp_enter_kernel();
        irq_dispatch(irq);
    }
    running--;
    wrong += strange;
    for (unsigned i = 0; i < CPUS; i++)
        kick_cpu(&all[i]);
    /* The first one takes the device's interrupts as long as there are others. */
    while (self->number == 0 && running != 0)
        klock_halt();
    klock_give(self);
    return NULL;
}

START_TEST(cpus_race)
{
    pthread_t threads[CPUS], device_thread;
    uint64_t shared = 0;

    cpu_count = running = CPUS;
    for (unsigned i = 0; i < SPACES; i++) {
        spaces[i].arch.id = i + 1;
        entries[i] = &frames[i];
    }
    for (unsigned i = SPACES; i < FRAMES; i++) {
        is_free[i] = true;
        for (unsigned word = 0; word < WORDS; word++)
            frames[i].word[word] = POISON;
    }
    for (unsigned i = 0; i < CPUS; i++) {
        all[i].number = i;
        all[i].boot_thread.sched.cpu = cpus[i] = &all[i];
    }
    ck_assert_int_eq(irq_register(DEVICE_IRQ, device_handler, NULL), 0);
    ck_assert_int_eq(pthread_create(&device_thread, NULL, device, NULL), 0);
    for (unsigned i = 0; i < CPUS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, cpu_main, &all[i]), 0);
    for (unsigned i = 0; i < CPUS; i++)
        pthread_join(threads[i], NULL);
    __atomic_store_n(&device_stops, true, __ATOMIC_RELAXED);
    pthread_join(device_thread, NULL);
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_eq(in_kernel, 0);
    ck_assert_uint_ne(dispatched, 0);
    ck_assert_uint_ge(leaves, CPUS * ROUNDS);
    for (unsigned i = 0; i < CPUS; i++)
        shared += all[i].locking.shares;
    ck_assert_uint_ne(shared, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("smp_race");
    TCase *tcase = tcase_create("cpus");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, cpus_race);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
