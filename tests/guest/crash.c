/* SPDX-License-Identifier: Apache-2.0 */
/* crash.c - dies of a fault: 128 + 11. */
#include "show.h"

int main(void)
{
    volatile int *volatile nowhere = NULL;

    printf("before\n");
    fflush(stdout);
    *nowhere = 1;
    printf("after\n");
    return 0;
}
