/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heap.c - a program that lives on malloc, timed by itself: blocks of many sizes are got and filled, and freed in
 * another order, a few times over. It prints "heap NS".
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BLOCKS 4000u
#define ROUNDS 5
#define LARGEST 40000u
#define STRIDE 1999u /* a prime */

static void *block[BLOCKS];

static int64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int main(void)
{
    int64_t start = now_ns();
    uint32_t x = 1;

    for (int round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < BLOCKS; i++) {
            x = x * 1664525 + 1013904223; /* Knuth's and Lewis's generator */
            size_t size = 1 + (x >> 16) % LARGEST;
            block[i] = malloc(size);
            if (block[i] == NULL)
                return 1;
            memset(block[i], (int)i, size);
        }
        for (unsigned i = 0; i < BLOCKS; i++)
            free(block[i * STRIDE % BLOCKS]);
    }
    printf("heap %lld\n", (long long)(now_ns() - start));
    return 0;
}
