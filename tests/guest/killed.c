/* SPDX-License-Identifier: Apache-2.0 */
/* killed.c - dies of a signal: 128 + 15. */
#include <signal.h>

#include "show.h"

int main(void)
{
    printf("before\n");
    fflush(stdout);
    raise(SIGTERM);
    printf("after\n");
    return 0;
}
