/* SPDX-License-Identifier: Apache-2.0 */
/* filling.c - writes to standard output until that fails, or ten times (with two arguments: without end); how it has
 * failed is said on stderr. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    const struct timespec pause = {.tv_nsec = 20000000};

    (void)argv;
    for (int i = 0; i < 10 || argc > 2; i++) {
        if (write(STDOUT_FILENO, "some output\n", 12) != 12) {
            fprintf(stderr, "write: %s\n", strerror(errno));
            return 3;
        }
        if (argc <= 2)
            nanosleep(&pause, NULL);
    }
    return 0;
}
