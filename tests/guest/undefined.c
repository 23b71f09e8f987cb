/* SPDX-License-Identifier: Apache-2.0 */
/* undefined.c - dies of an illegal instruction: 128 + 4 (x86), or of a breakpoint where __builtin_trap is one. */
#include "show.h"

int main(void)
{
    printf("before\n");
    fflush(stdout);
    __builtin_trap();
}
