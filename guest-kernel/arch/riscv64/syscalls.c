/* SPDX-License-Identifier: Apache-2.0 */
/* syscalls.c - the system calls that only riscv64 has (Linux, Documentation/arch/riscv/hwprobe.rst). */
#include "abi/errno.h"
#include "core/cpu.h"
#include "mm/usercopy.h"
#include "sys/syscall.h"
#include "sys/user.h"

#include "riscv.h"

#define FLUSH_ICACHE_LOCAL 1u

/* Local: this hart alone, and any other one before the thread that calls runs there (core/ sees to that). */
int64_t sys_riscv_flush_icache(const uint64_t arg[6])
{
    if (arg[2] & ~(uint64_t)FLUSH_ICACHE_LOCAL)
        return -EINVAL;
    if (arg[2] & FLUSH_ICACHE_LOCAL)
        arch_code_sync();
    else
        isa_code_publish(&current_thread()->process->space->arch);
    return 0;
}

struct hwprobe_pair {
    int64_t key;
    uint64_t value;
};

enum hwprobe_key { KEY_VENDOR, KEY_ARCHITECTURE, KEY_IMPLEMENTATION, KEY_BASE_BEHAVIOR, KEY_EXTENSIONS, KEY_SPEED };
enum { BASE_BEHAVIOR_IMA = 1 };
enum { EXTENSIONS_FD = 1, EXTENSIONS_C = 2, EXTENSIONS_V = 4 };

static uint64_t extensions(void)
{
    uint64_t letters = arch_hwcap(1);

    return (letters & 1u << ('d' - 'a') ? EXTENSIONS_FD : 0) | (letters & 1u << ('c' - 'a') ? EXTENSIONS_C : 0) |
           (letters & 1u << ('v' - 'a') ? EXTENSIONS_V : 0);
}

static void pair_fill(struct hwprobe_pair *pair)
{
    switch (pair->key) {
    case KEY_VENDOR:
        pair->value = sbi_machine(SBI_VENDOR);
        break;
    case KEY_ARCHITECTURE:
        pair->value = sbi_machine(SBI_ARCHITECTURE);
        break;
    case KEY_IMPLEMENTATION:
        pair->value = sbi_machine(SBI_IMPLEMENTATION);
        break;
    case KEY_BASE_BEHAVIOR:
        pair->value = BASE_BEHAVIOR_IMA;
        break;
    case KEY_EXTENSIONS:
        pair->value = extensions();
        break;
    case KEY_SPEED: /* of misaligned accesses: unknown */
        pair->value = 0;
        break;
    default:
        *pair = (struct hwprobe_pair){.key = -1};
    }
}

/* Which CPUs are asked about: all are the same, but there has to be one of those that run, which have the numbers from
 * 0 on. */
static int cpus_check(uint64_t size, uaddr_t address)
{
    uint64_t mask = 0;

    if (size == 0 && address == 0)
        return 0;
    if (copy_from_user(&mask, address, size < sizeof(mask) ? size : sizeof(mask)) != 0)
        return -EFAULT;
    return mask & ((1ull << cpu_count) - 1) ? 0 : -EINVAL;
}

int64_t sys_riscv_hwprobe(const uint64_t arg[6])
{
    struct hwprobe_pair pair;

    if (arg[4] != 0)
        return -EINVAL;
    int error = cpus_check(arg[2], arg[3]);
    for (uint64_t i = 0; i < arg[1] && error == 0; i++) {
        uaddr_t at = arg[0] + i * sizeof(pair);
        if (user_get(pair.key, at))
            return -EFAULT;
        pair_fill(&pair);
        error = user_put(at, pair);
    }
    return error;
}
