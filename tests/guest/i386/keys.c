/* SPDX-License-Identifier: Apache-2.0 */
/* keys.c - a protection key of a 32-bit program's page: what its handler is told of, begins with and leaves. Where the
 * CPU has no keys each line says that nothing was wrong. */
#include "bare.h"

ENTRY("main");

enum { NR_pkey_mprotect = 380, NR_pkey_alloc = 381, SIGSEGV = 11, SA_SIGINFO = 4, SA_RESTORER = 0x04000000 };
enum { PROT_RW = 3, MAP_PRIVATE_ANONYMOUS = 0x22, SIZE = 4096, PKUERR = 4, DENIES_ACCESS = 1 };
enum { EIP = 14 };
#define DEFAULT 0x55555554u

struct __attribute__((packed)) action {
    uint32_t handler, flags, restorer;
    uint64_t mask;
};
struct ucontext {
    uint32_t flags, link, stack[3], context[22], mask[2];
};
struct info {
    int32_t signal, error, code;
    uint32_t address, pad, key;
};

void restore_rt(void);
__asm__("restore_rt: mov $173, %eax\n\tint $0x80\n");
void load(volatile const char *at); /* whose only instruction that faults is of two bytes */
__asm__("load: mov 4(%esp), %eax\n\tmov (%eax), %al\n\tret\n");

static struct info told;
static uint32_t in_handler;

static uint32_t rights(void)
{
    uint32_t low, high;

    __asm__ volatile("rdpkru" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static void on_fault(int signal, const struct info *info, struct ucontext *ucontext)
{
    (void)signal;
    told = *info;
    in_handler = rights();
    ucontext->context[EIP] += 2;
}

void program(long *stack)
{
    const struct action action = {(uint32_t)P(on_fault), SA_SIGINFO | SA_RESTORER, (uint32_t)P(restore_rt), 0};
    long key = CALL(NR_pkey_alloc, 0, 0), page = CALL(NR_mmap2, 0, SIZE, PROT_RW, MAP_PRIVATE_ANONYMOUS, -1, 0);
    uint32_t denied = (DEFAULT & ~(3u << 2 * (key & 15))) | (uint32_t)DENIES_ACCESS << 2 * (key & 15);

    (void)stack;
    CALL(NR_rt_sigaction, SIGSEGV, P(&action), 0, 8);
    if (key > 0) {
        CALL(NR_pkey_mprotect, page, SIZE, PROT_RW, key);
        __asm__ volatile("wrpkru" ::"a"(denied), "c"(0), "d"(0) : "memory");
        load((volatile const char *)(uintptr_t)page);
    }
    show_bool("what was denied", key <= 0 || (told.code == PKUERR && told.address == (uint32_t)page));
    show_bool("by which key", key <= 0 || told.key == (uint32_t)key);
    show_bool("a handler's rights", key <= 0 || in_handler == DEFAULT);
    show_bool("come back", key <= 0 || rights() == denied);
    leave(0);
}
