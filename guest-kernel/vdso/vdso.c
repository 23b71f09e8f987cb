/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vdso.c - the clock calls as a program runs them itself (vdso(7)): a small shared library that exec maps into every
 * process, with the kernel's data in the page in front of it. What it can't answer it asks the kernel.
 *
 * arch/<isa>/vdso/ has the rest: counter.h reads the counter and makes system calls, symbols.map says which of these
 * functions the ISA has, and their version, as Linux names them there.
 */
#include "vdso/counter.h" /* VDSO_NAME, vdso_counter, vdso_syscall */

#include <stdbool.h>
#include <stddef.h>

#include "abi/time.h"
#include "isa.h"
#include "lib/types.h"
#include "vdso/data.h"

enum {
#define SYSCALL(name, x86_64, generic, i386, handler, ...) NR_##name = ISA_SYSCALL_NUMBER(x86_64, generic),
#define SYSCALL_I386(name, number, handler, ...)
#include "abi/syscalls.def"
#undef SYSCALL_I386
#undef SYSCALL
};

/* Called by nobody here: a libc looks them up by name. */
int VDSO_NAME(clock_gettime)(int clock, struct timespec_user *out);
int VDSO_NAME(clock_getres)(int clock, struct timespec_user *out);
int VDSO_NAME(gettimeofday)(struct timeval_user *out, struct timezone_user *zone);
int64_t VDSO_NAME(time)(int64_t *out);
int VDSO_NAME(getcpu)(unsigned *cpu, unsigned *node, void *unused);

/* sys/time.c: clock_read says the same. */
#define REALTIME_CLOCKS (1u << CLOCK_REALTIME | 1u << CLOCK_REALTIME_COARSE | 1u << CLOCK_TAI)
#define MONOTONIC_CLOCKS \
    (1u << CLOCK_MONOTONIC | 1u << CLOCK_MONOTONIC_RAW | 1u << CLOCK_MONOTONIC_COARSE | 1u << CLOCK_BOOTTIME)

extern const char __ehdr_start[] __attribute__((visibility("hidden"))); /* the linker's: where the image begins */

static const struct vdso_data *data(void)
{
    return (const struct vdso_data *)((uintptr_t)__ehdr_start - PAGE_SIZE); /* NOLINT(performance-no-int-to-ptr) */
}

static bool clock_is_ours(int clock)
{
    return (unsigned)clock < 32 && ((REALTIME_CLOCKS | MONOTONIC_CLOCKS) >> clock & 1);
}

/* False: the kernel hasn't measured the counter yet. */
static bool clock_read(int clock, uint64_t *ns)
{
    const struct vdso_data *now = data();
    uint64_t ns_per_tick = __atomic_load_n(&now->ns_per_tick, __ATOMIC_ACQUIRE);

    *ns = vdso_ticks_ns(vdso_counter() - now->counter_base, ns_per_tick);
    if (REALTIME_CLOCKS >> clock & 1)
        *ns += now->realtime_ns;
    return ns_per_tick;
}

int VDSO_NAME(clock_gettime)(int clock, struct timespec_user *out)
{
    uint64_t ns;

    if (!clock_is_ours(clock) || !clock_read(clock, &ns))
        return (int)vdso_syscall(NR_clock_gettime, clock, (long)out, 0);
    out->sec = (int64_t)(ns / NS_PER_SEC);
    out->nsec = (int64_t)(ns % NS_PER_SEC);
    return 0;
}

int VDSO_NAME(clock_getres)(int clock, struct timespec_user *out)
{
    return (int)vdso_syscall(NR_clock_getres, clock, (long)out, 0);
}

int VDSO_NAME(gettimeofday)(struct timeval_user *out, struct timezone_user *zone)
{
    uint64_t ns;

    if (!clock_read(CLOCK_REALTIME, &ns))
        return (int)vdso_syscall(NR_gettimeofday, (long)out, (long)zone, 0);
    if (out != NULL)
        *out = (struct timeval_user){(int64_t)(ns / NS_PER_SEC), (int64_t)(ns % NS_PER_SEC / 1000)};
    if (zone != NULL)
        *zone = (struct timezone_user){0};
    return 0;
}

int64_t VDSO_NAME(time)(int64_t *out)
{
    uint64_t ns;

    if (!clock_read(CLOCK_REALTIME, &ns))
        return vdso_syscall(NR_time, (long)out, 0, 0);
    if (out != NULL)
        *out = (int64_t)(ns / NS_PER_SEC);
    return (int64_t)(ns / NS_PER_SEC);
}

int VDSO_NAME(getcpu)(unsigned *cpu, unsigned *node, void *unused)
{
    if (data()->shows_cpu) {
        if (cpu != NULL)
            *cpu = vdso_cpu();
        if (node != NULL)
            *node = 0;
        return 0;
    }
    return (int)vdso_syscall(NR_getcpu, (long)cpu, (long)node, (long)unused);
}
