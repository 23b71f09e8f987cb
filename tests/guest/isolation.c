/* SPDX-License-Identifier: Apache-2.0 */
/*
 * isolation.c - what is not the program's: reading, writing and running at addresses in the kernel's half, and asking
 * the kernel for something in other ways than by its system calls. All of it must end in a signal.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "isa.h"
#include "show.h"

static sigjmp_buf back;

static void caught(int signal)
{
    siglongjmp(back, signal);
}

enum how { READ, WRITE, RUN };
static const char *const how_names[] = {"read", "write", "run"};

static void touch(volatile char *address, enum how how)
{
    switch (how) {
    case READ:
        (void)*address;
        break;
    case WRITE:
        *address = 0;
        break;
    case RUN:
        ((void (*)(void))(uintptr_t)address)();
        break;
    }
}

static void try_all(const char *name, uint64_t first, uint64_t step, unsigned count)
{
    for (enum how how = READ; how <= RUN; how++) {
        volatile unsigned segv = 0, other = 0;
        for (volatile unsigned i = 0; i < count; i++) {
            int signal = sigsetjmp(back, 1);
            if (signal == 0) {
                touch((volatile char *)(uintptr_t)(first + i * step), how);
                other++;
            } else if (signal == SIGSEGV) {
                segv++;
            } else {
                other++;
            }
        }
        printf("%s %s: %u SIGSEGV, %u others\n", how_names[how], name, segv, other);
    }
}

/* The kernel checks the addresses that it is given as well. */
static void by_system_call(uint64_t address)
{
    int fds = open("/dev/zero", O_RDWR);

    printf("read to it: %s\n", syscall(SYS_read, fds, address, 8) < 0 ? error_name(errno) : "done");
    printf("write from it: %s\n", syscall(SYS_write, 1, address, 8) < 0 ? error_name(errno) : "done");
    printf("map it: %s\n",
           syscall(SYS_mmap, address, 4096, PROT_READ, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) < 0
               ? error_name(errno)
               : "done");
    printf("unmap it: %s\n", syscall(SYS_munmap, address, 4096) < 0 ? error_name(errno) : "done");
    close(fds);
}

static void by_breakpoint(void)
{
    for (volatile uint64_t request = 0; request < 8; request++) {
        int signal = sigsetjmp(back, 1);
        if (signal == 0) {
            isa_breakpoint(request);
            printf("breakpoint: nothing\n");
        } else if (signal != SIGTRAP) {
            printf("breakpoint: signal %d\n", signal);
        }
    }
}

static void by_instruction(void)
{
    for (volatile unsigned which = 0; which < ISA_PRIVILEGED; which++) {
        int signal = sigsetjmp(back, 1);
        if (signal == 0)
            isa_privileged(which);
        printf("privileged instruction %u: %s\n", which, signal == ISA_PRIVILEGED_SIGNAL ? "the signal" : "other");
    }
}

int main(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP};
    struct sigaction action = {.sa_handler = caught};

    for (unsigned i = 0; i < 4; i++)
        sigaction(signals[i], &action, NULL);
    try_all("the null page", 0, 512, 8);
    try_all("the kernel's image", ISA_KERNEL_TEXT, 4096, 64);
    try_all("its data", ISA_KERNEL_DATA, 65536, 32);
    try_all("the map of memory", ISA_KERNEL_MAP, 1 << 21, 16);
    try_all("the gate", ISA_KERNEL_GATE, 512, 24);
    by_system_call(ISA_KERNEL_DATA);
    by_system_call(ISA_KERNEL_MAP + 0x200000);
    by_breakpoint();
    by_instruction();
    return 0;
}
