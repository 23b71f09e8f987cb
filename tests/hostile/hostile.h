/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostile.h - a bare guest that misuses every device of its machine, by a mode that it is asked for or at random. A new
 * device is one file here with its struct hostile_device, and a line in main.c's table.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One way to misuse a device. */
struct hostile_mode {
    const char *name;
    void (*run)(void);
    /* How the run must end: an exit status, "timeout" (the guest goes on for ever), or "any" (by itself, or ended). */
    const char *ends;
    bool with_note; /* only as a kernel that carries lvmm's note: it has the console's ports */
};

struct hostile_device {
    const char *name;
    void (*step)(void);               /* one random thing; NULL: none */
    const struct hostile_mode *modes; /* ended by a mode without a name; NULL: none */
};

extern const struct hostile_device hostile_blk, hostile_console, hostile_cpu, hostile_exit, hostile_irqchip,
    hostile_memory, hostile_pflash, hostile_serial;

/* Memory that the guest uses for rings and for what they point to; its own image is below. */
#define ARENA 0x1000000ull
#define DATA 0x2000000ull
#define DATA_BYTES 0x4000000u

/* ---- machine ---- */

static inline void out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void out16(uint16_t port, uint16_t value)
{
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline void out32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t in8(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

/* Instructions that KVM's emulator knows, whatever the compiler would like. */
static inline void write32(uint64_t address, uint32_t value)
{
    __asm__ volatile("movl %0, (%1)" : : "r"(value), "r"(address) : "memory");
}

static inline uint32_t read32(uint64_t address)
{
    uint32_t value;

    __asm__ volatile("movl (%1), %0" : "=r"(value) : "r"(address) : "memory");
    return value;
}

static inline void barrier(void)
{
    __asm__ volatile("" : : : "memory");
}

/* An access of 1 << size_log2 bytes, at any address. */
void access_any(uint64_t address, unsigned size_log2, bool write, uint64_t value);

_Noreturn void power_off(uint8_t status);
_Noreturn void spin(void); /* for ever, with interrupts off */
void print(const char *text);
/* How many CPUs the machine was given, as the command line has it. */
extern unsigned given_cpus;

/* Says that what is to be ended from outside is under way. */
void print_going(void);

/* ---- chance ---- */

uint64_t chance(void);              /* any value */
uint32_t chance_of(uint32_t count); /* 0 .. count - 1 */
uint64_t chance_number(void);       /* rather one at which something ends */

/* Called by start.S: on the first CPU, on the second one, at an exception. */
_Noreturn void hostile_main(const void *start_info);
_Noreturn void hostile_second(void);
_Noreturn void hostile_exception(void);

#endif
