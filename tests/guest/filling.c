/* SPDX-License-Identifier: Apache-2.0 */
/* filling.c - writes to standard output until that fails, or ten times; how it has failed is said on stderr. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
    const struct timespec pause = {.tv_nsec = 20000000};

    for (int i = 0; i < 10; i++) {
        if (write(STDOUT_FILENO, "some output\n", 12) != 12) {
            fprintf(stderr, "write: %s\n", strerror(errno));
            return 3;
        }
        nanosleep(&pause, NULL);
    }
    return 0;
}
