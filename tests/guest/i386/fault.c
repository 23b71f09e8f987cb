/* SPDX-License-Identifier: Apache-2.0 */
/* fault.c - a 32-bit program that reads where nothing is: SIGSEGV ends it, as the status tells. */
#include "bare.h"

ENTRY("main");

void program(long *stack)
{
    (void)stack;
    print("before\n");
    show("nothing is there", *(volatile long *)0x1000);
    leave(0);
}
