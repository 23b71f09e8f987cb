/* SPDX-License-Identifier: Apache-2.0 */
/* illegal.c - an instruction that isn't one, in a 32-bit program: SIGILL. */
#include "bare.h"

ENTRY("main");

void program(long *stack)
{
    (void)stack;
    print("before\n");
    __asm__ volatile("ud2");
    leave(0);
}
