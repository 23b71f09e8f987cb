/* SPDX-License-Identifier: Apache-2.0 */
/* echo.c - reads standard input to its end: how much it was, and what. */
#include <stdint.h>

#include "show.h"

int main(void)
{
    static unsigned char block[3000];
    uint32_t sum = 2166136261u;
    long total = 0, got;

    while ((got = read(0, block, sizeof(block))) > 0) {
        for (long i = 0; i < got; i++)
            sum = (sum ^ block[i]) * 16777619u;
        total += got;
    }
    show("the last read", got);
    printf("%ld bytes, %08x\n", total, (unsigned)sum);
    show("and again", read(0, block, 1));
    return 0;
}
