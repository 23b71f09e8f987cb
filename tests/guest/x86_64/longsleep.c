/* SPDX-License-Identifier: Apache-2.0 */
/* longsleep.c - a sleep that is longer than the CPU's timer reaches at once (2^32 ns), while nobody sets it earlier. */
#define _GNU_SOURCE
#include <time.h>

#include "../show.h"

int main(void)
{
    struct timespec begin, end, left = {5, 0};

    clock_gettime(CLOCK_MONOTONIC, &begin);
    show("nanosleep", nanosleep(&left, NULL));
    clock_gettime(CLOCK_MONOTONIC, &end);
    show_bool("as long as that",
              (end.tv_sec - begin.tv_sec) * 1000000000ll + end.tv_nsec - begin.tv_nsec >= 5000000000ll);
    return 0;
}
