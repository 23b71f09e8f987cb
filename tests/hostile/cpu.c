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

static const struct hostile_mode modes[] = {
    {"cpu-spin", spin_mode, "timeout", false},
    {"cpu-halt", halt, "timeout", false},
    {"cpu-triple-fault", triple_fault, "125", false},
    {"cpu-jump-to-nowhere", jump_to_nowhere, "any", false},
    {"cpu-jump-to-a-device", jump_to_a_device, "any", false},
    {0},
};

const struct hostile_device hostile_cpu = {"cpu", NULL, modes};
