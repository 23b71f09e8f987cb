/* SPDX-License-Identifier: Apache-2.0 */
/* blockedfault.c - a fault whose signal is blocked ends the program, handler or not: 128 + 11. */
#include <signal.h>

#include "show.h"

static char *volatile nowhere = (char *)8;

static void handler(int signal)
{
    printf("handler of %d\n", signal);
    _exit(1);
}

int main(void)
{
    sigset_t set;

    signal(SIGSEGV, handler);
    sigemptyset(&set);
    sigaddset(&set, SIGSEGV);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGSEGV);
    printf("one that was sent waits\n");
    fflush(stdout);
    *nowhere = 1;
    printf("not reached\n");
    return 0;
}
