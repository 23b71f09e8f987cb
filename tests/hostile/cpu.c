/* SPDX-License-Identifier: Apache-2.0 */
/* cpu.c - what the hostile guest's CPU does without a device: stops, spins, crashes. */
#include "hostile.h"

static void spin_mode(void)
{
    print_going();
    spin();
}

static void halt(void)
{
    print_going();
    for (;;)
        __asm__ volatile("cli; hlt");
}

static void triple_fault(void)
{
    static const struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) none = {0, 0};

    __asm__ volatile("lidt %0; ud2" : : "m"(none));
}

/* Where nothing answers: the bytes of a hole are all ones, which is no instruction. */
static void jump_to_nowhere(void)
{
    ((void (*)(void))0xd0000000)();
}

static void jump_to_a_device(void)
{
    ((void (*)(void))0xfeb00000)();
}

struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};

static struct cpuid cpuid(uint32_t leaf, uint32_t index)
{
    struct cpuid r;

    __asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(index));
    return r;
}

/* Not misuse: what this CPU is told of itself is about the machine, not about the host CPU that was asked. */
static void identity(void)
{
    struct cpuid one = cpuid(1, 0);
    uint32_t leaves = cpuid(0, 0).eax, extended = cpuid(0x80000000, 0).eax;
    uint32_t count = one.ebx >> 16 & 0xff, bits = given_cpus > 1; /* that number one or two CPUs */

    if (!(one.ecx & 1u << 31) || one.ebx >> 24 != 0 || count != given_cpus)
        power_off(1);
    if (leaves >= 0xb && (cpuid(0xb, 0).edx != 0 || (cpuid(0xb, 1).ebx != 0 && cpuid(0xb, 1).ebx != count)))
        power_off(2);
    if (leaves >= 4 && (cpuid(4, 0).eax & 0x1f) != 0 && cpuid(4, 0).eax >> 26 != bits)
        power_off(3);
    if (extended >= 0x8000001e && (cpuid(0x8000001e, 0).eax != 0 || (cpuid(0x8000001e, 0).ebx & 0xff) != 0))
        power_off(4);
    power_off(0);
}

static const struct hostile_mode modes[] = {
    {"cpu-identity", identity, "0", false},
    {"cpu-spin", spin_mode, "timeout", false},
    {"cpu-halt", halt, "timeout", false},
    {"cpu-triple-fault", triple_fault, "125", false},
    {"cpu-jump-to-nowhere", jump_to_nowhere, "any", false},
    {"cpu-jump-to-a-device", jump_to_a_device, "any", false},
    {0},
};

const struct hostile_device hostile_cpu = {"cpu", NULL, modes};
