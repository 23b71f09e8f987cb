/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counter.c - prints how fast this host's CPU counts (TSC), in kHz; nothing where that isn't constant. QEMU's guests on
 * TCG have the same counter, and are told.
 */
#include <cpuid.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

#define INVARIANT_TSC (1u << 8) /* of CPUID 0x80000007, EDX */
#define TRIES 8                 /* this program may lose the CPU between two clocks; the nearest pair counts */

struct clocks {
    uint64_t tsc;
    int64_t ns;
};

static int64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static struct clocks clocks_read(void)
{
    struct clocks clocks = {0};
    uint64_t least = UINT64_MAX;

    for (int i = 0; i < TRIES; i++) {
        uint64_t before = __rdtsc();
        int64_t ns = now_ns();
        uint64_t after = __rdtsc();

        if (after - before < least) {
            least = after - before;
            clocks = (struct clocks){before + least / 2, ns};
        }
    }
    return clocks;
}

int main(void)
{
    const struct timespec pause = {.tv_nsec = 100000000};
    unsigned a, b, c, d;

    if (__get_cpuid(0x80000007, &a, &b, &c, &d) == 0 || (d & INVARIANT_TSC) == 0)
        return 0;
    struct clocks first = clocks_read();

    nanosleep(&pause, NULL);
    struct clocks last = clocks_read();

    printf("%llu\n", (unsigned long long)(last.tsc - first.tsc) * 1000000 / (unsigned long long)(last.ns - first.ns));
    return 0;
}
