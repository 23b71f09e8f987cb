/* SPDX-License-Identifier: Apache-2.0 */
/* exitcode.c - ends with a status of its own; exit handlers run, buffers are written. */
#include "show.h"

static void last(void)
{
    printf("the exit handler\n");
}

int main(void)
{
    atexit(last);
    printf("leaving\n");
    exit(0x1007); /* the low eight bits count */
}
