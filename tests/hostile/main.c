/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - the hostile guest: reads its command line and does what that says.
 *
 *   list               prints the modes, one a line: NAME ENDS NOTE (hostile.h)
 *   mode=NAME          misuses a device in that way
 *   seed=N steps=N     misuses devices at random so many times, then ends with status 42
 *   cpus=2             a second CPU does so at the same time
 *   given=N            the machine has so many CPUs
 */
#include "hostile.h"

#include "lib/string.h"

static const struct hostile_device *const devices[] = {
    &hostile_blk,     &hostile_console, &hostile_cpu,    &hostile_exit,
    &hostile_irqchip, &hostile_memory,  &hostile_pflash, &hostile_serial,
};
#define DEVICES (sizeof(devices) / sizeof(devices[0]))

#define STATUS_DONE 42
#define STATUS_EXCEPTION 99
#define STATUS_NO_SUCH_MODE 98

unsigned given_cpus = 1;

static uint64_t seed = 1, steps;
static bool wants_list, two_cpus;
static char mode[32];

/* ---- chance ---- */

/* xorshift64, of each CPU by its own state: the stack tells them apart. */
uint64_t chance(void)
{
    static uint64_t state[2];
    extern char second_stack[];
    uint64_t here;
    uint64_t *s = &state[(uintptr_t)&here >= (uintptr_t)second_stack];

    if (*s == 0)
        *s = (seed + (uint64_t)(s - state) * 7919) * 0x9e3779b97f4a7c15ull | 1;
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

uint32_t chance_of(uint32_t count)
{
    return (uint32_t)((chance() >> 24) % count);
}

uint64_t chance_number(void)
{
    static const uint64_t ends[] = {0,          1,          127,        128,        255,         256,
                                    0xfff,      0x1000,     0x7fff,     0x8000,     0xffff,      0x10000,
                                    0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff, 0x100000000, ~0ull};

    return chance_of(3) == 0 ? chance() : ends[chance_of(sizeof(ends) / sizeof(ends[0]))] - chance_of(2);
}

/* ---- the machine ---- */

void access_any(uint64_t address, unsigned size_log2, bool write, uint64_t value)
{
    switch (size_log2 & 3) {
    case 0:
        if (write)
            __asm__ volatile("movb %b0, (%1)" : : "r"(value), "r"(address) : "memory");
        else
            __asm__ volatile("movb (%1), %b0" : "+r"(value) : "r"(address) : "memory");
        break;
    case 1:
        if (write)
            __asm__ volatile("movw %w0, (%1)" : : "r"(value), "r"(address) : "memory");
        else
            __asm__ volatile("movw (%1), %w0" : "+r"(value) : "r"(address) : "memory");
        break;
    case 2:
        if (write)
            __asm__ volatile("movl %k0, (%1)" : : "r"(value), "r"(address) : "memory");
        else
            __asm__ volatile("movl (%1), %k0" : "+r"(value) : "r"(address) : "memory");
        break;
    default:
        if (write)
            __asm__ volatile("movq %0, (%1)" : : "r"(value), "r"(address) : "memory");
        else
            __asm__ volatile("movq (%1), %0" : "+r"(value) : "r"(address) : "memory");
        break;
    }
}

_Noreturn void power_off(uint8_t status)
{
    out8(0x501, status);
    for (;;)
        __asm__ volatile("cli; hlt");
}

_Noreturn void spin(void)
{
    __asm__ volatile("cli");
    for (;;)
        barrier();
}

void print(const char *text)
{
    while (*text != '\0')
        out8(0x3f8, (uint8_t)*text++);
}

void print_going(void)
{
    print("going\n");
}

struct gate { /* SDM volume 3, 6.14.1 */
    uint16_t low, selector, type, middle;
    uint32_t high, reserved;
};

static void catch_exceptions(void)
{
    static struct gate gates[256];
    extern char exception_entry[];
    uint64_t entry = (uintptr_t)exception_entry;
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) idt = {sizeof(gates) - 1, (uintptr_t)gates};

    for (unsigned i = 0; i < 256; i++)
        gates[i] = (struct gate){(uint16_t)entry, 8, 0x8e00, (uint16_t)(entry >> 16), (uint32_t)(entry >> 32), 0};
    __asm__ volatile("lidt %0" : : "m"(idt));
}

_Noreturn void hostile_exception(void)
{
    power_off(STATUS_EXCEPTION);
}

/* ---- what is asked for ---- */

static uint64_t number(const char *text)
{
    uint64_t value = 0;

    while (*text >= '0' && *text <= '9')
        value = value * 10 + (uint64_t)(*text++ - '0');
    return value;
}

static void take_word(const char *word, size_t size)
{
    if (strncmp(word, "seed=", 5) == 0)
        seed = number(word + 5);
    else if (strncmp(word, "steps=", 6) == 0)
        steps = number(word + 6);
    else if (strncmp(word, "given=", 6) == 0)
        given_cpus = (unsigned)number(word + 6);
    else if (strncmp(word, "cpus=2", 6) == 0)
        two_cpus = true;
    else if (strncmp(word, "list", 4) == 0)
        wants_list = true;
    else if (strncmp(word, "mode=", 5) == 0 && size - 5 < sizeof(mode))
        memcpy(mode, word + 5, size - 5);
}

static void take_command_line(const char *text)
{
    while (*text != '\0') {
        size_t size = 0;

        while (text[size] != '\0' && text[size] != ' ')
            size++;
        take_word(text, size);
        text += size;
        while (*text == ' ')
            text++;
    }
}

static const struct hostile_mode *find_mode(const char *name)
{
    for (unsigned i = 0; i < DEVICES; i++)
        for (const struct hostile_mode *m = devices[i]->modes; m != NULL && m->name != NULL; m++)
            if (strcmp(m->name, name) == 0)
                return m;
    return NULL;
}

static void list(void)
{
    for (unsigned i = 0; i < DEVICES; i++) {
        for (const struct hostile_mode *m = devices[i]->modes; m != NULL && m->name != NULL; m++) {
            print(m->name);
            print(" ");
            print(m->ends);
            print(m->with_note ? " note\n" : " bare\n");
        }
    }
    power_off(0);
}

static void do_steps(void)
{
    for (uint64_t i = 0; i < steps; i++) {
        const struct hostile_device *device = devices[chance_of(DEVICES)];

        if (device->step != NULL)
            device->step();
    }
}

/* ---- the second CPU ---- */

#define TRAMPOLINE 0x8000u
#define LAPIC 0xfee00000ull

/* SDM volume 3, 9.4.4: INIT, then the start-up interrupt with the page number. */
static void start_second(void)
{
    extern char trampoline[], trampoline_end[];

    memcpy((void *)TRAMPOLINE, trampoline, (size_t)(trampoline_end - trampoline));
    write32(LAPIC + 0xf0, 0x1ff);
    write32(LAPIC + 0x310, 1u << 24);
    write32(LAPIC + 0x300, 0x4500);
    write32(LAPIC + 0x310, 1u << 24);
    write32(LAPIC + 0x300, 0x4600 | TRAMPOLINE >> 12);
}

_Noreturn void hostile_second(void)
{
    catch_exceptions();
    do_steps();
    for (;;)
        __asm__ volatile("cli; hlt");
}

struct start_info { /* Xen, "x86/HVM direct boot ABI" */
    uint32_t magic, version, flags, module_count;
    uint64_t modules, cmdline;
};

_Noreturn void hostile_main(const void *start_info)
{
    const struct start_info *info = start_info;

    take_command_line((const char *)info->cmdline);
    if (wants_list)
        list();
    catch_exceptions();
    if (two_cpus)
        start_second();
    if (mode[0] != '\0') {
        const struct hostile_mode *m = find_mode(mode);

        if (m == NULL)
            power_off(STATUS_NO_SUCH_MODE);
        m->run();
    }
    do_steps();
    power_off(STATUS_DONE);
}
