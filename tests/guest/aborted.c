/* SPDX-License-Identifier: Apache-2.0 */
/* aborted.c - dies of abort(): 128 + 6, although SIGABRT is blocked. */
#include <signal.h>

#include "show.h"

int main(void)
{
    sigset_t set;

    sigfillset(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
    printf("before\n");
    fflush(stdout);
    abort();
}
