/* SPDX-License-Identifier: Apache-2.0 */
/* omagic.c - a program in one segment that may be written and executed (ld -N): its instructions store into their own
 * page. Without a C library, which would look for program headers that such a segment doesn't hold. Ends with 6. */
#include <sys/syscall.h>

#include "isa.h"

static volatile int counter = 3;

void _start(void)
{
    for (int i = 0; i < 3; i++)
        counter++;
    isa_syscall(SYS_exit_group, counter, 0);
}
