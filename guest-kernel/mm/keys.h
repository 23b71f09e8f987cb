/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.h - protection keys (pkeys(7)): a page has one of a few, and each thread has a register, which a program changes
 * without a system call, of what it is denied of the pages with each. Who isn't the thread itself, as a tracer, is
 * denied nothing. The register is among a thread's vector registers; the kernel runs with that of the thread that it
 * serves, and its own map has no keys.
 */
#ifndef GK_MM_KEYS_H
#define GK_MM_KEYS_H

#include <stdbool.h>

#include "arch/arch.h"

enum { KEY_DENIES_ACCESS = 1, KEY_DENIES_WRITE = 2 }; /* Linux's PKEY_DISABLE_* */

#ifdef ISA_HAS_KEYS

extern unsigned keys_count; /* 0: the CPU has none */

/* Whether the running thread's register lets it read, or write, a page that has `key`. Nothing denies it to execute. */
static inline bool key_allows(unsigned key, unsigned access)
{
    if (__builtin_expect(keys_count == 0, true) != 0)
        return true;
    unsigned denied = isa_keys_read() >> 2 * key;
    return (access & ACCESS_EXEC) ||
           !(denied & (access & ACCESS_WRITE ? KEY_DENIES_ACCESS | KEY_DENIES_WRITE : KEY_DENIES_ACCESS));
}

static inline unsigned key_of_entry(uint64_t pte)
{
    return isa_pte_key(pte);
}

/* The running thread is denied that of the pages with `key`, KEY_DENIES_*. Where there are keys. */
static inline void key_deny(unsigned key, unsigned denied)
{
    uint32_t others = isa_keys_read() & ~((uint32_t)3 << 2 * key);

    isa_keys_write(others | denied << 2 * key);
}

/* The running thread is denied nothing, as the kernel writes what isn't the thread's to be denied, until keys_resume
 * with what this gives. */
static inline uint32_t keys_suspend(void)
{
    uint32_t rights = keys_count != 0 ? isa_keys_read() : 0;

    if (keys_count != 0)
        isa_keys_write(0);
    return rights;
}

static inline void keys_resume(uint32_t rights)
{
    if (keys_count != 0)
        isa_keys_write(rights);
}

#else

enum { keys_count = 0 };

static inline bool key_allows(unsigned key, unsigned access)
{
    (void)key;
    (void)access;
    return true;
}

static inline unsigned key_of_entry(uint64_t pte)
{
    (void)pte;
    return 0;
}

static inline void key_deny(unsigned key, unsigned denied)
{
    (void)key;
    (void)denied;
}

static inline uint32_t keys_suspend(void)
{
    return 0;
}

static inline void keys_resume(uint32_t rights)
{
    (void)rights;
}

#endif

#endif
