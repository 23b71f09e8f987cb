/* SPDX-License-Identifier: Apache-2.0 */
/* readers.c - several processes read one standard input at once: each byte goes to one of them, and none waits in vain.
 */
#define _GNU_SOURCE
#include "family.h"

enum { READERS = 3 };

int main(void)
{
    struct shared *shared = shared_make();
    pid_t pid[READERS];
    int total = 0, sum = 0;

    for (int i = 0; i < READERS; i++) {
        pid[i] = branch();
        if (pid[i] == 0) {
            unsigned char bytes[7];
            ssize_t n;

            /* The first takes one byte and is content. */
            while ((n = read(STDIN_FILENO, bytes, (size_t)i * 3 + 1)) > 0) {
                atomic_fetch_add(&shared->value[0], (int)n);
                for (ssize_t at = 0; at < n; at++)
                    atomic_fetch_add(&shared->value[1], bytes[at]);
                if (i == 0)
                    leave(0);
            }
            leave(n == 0 ? 0 : 1);
        }
    }
    for (int i = 0; i < READERS; i++)
        reap("a reader", pid[i]);
    total = atomic_load(&shared->value[0]);
    sum = atomic_load(&shared->value[1]);
    printf("%d bytes, sum %d\n", total, sum);
    return 0;
}
