/* SPDX-License-Identifier: Apache-2.0 */
/* server.c - for the benchmark: a server that has nothing to do. It says that it is ready, and waits. */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    puts("ready");
    fflush(stdout);
    for (;;)
        pause();
}
