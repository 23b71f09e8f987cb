/* SPDX-License-Identifier: Apache-2.0 */
/* stack.c - the stack grows to megabytes, by steps and by leaps. */
#include "show.h"

static unsigned sum(int depth)
{
    volatile unsigned char room[1000];

    for (unsigned i = 0; i < sizeof(room); i++)
        room[i] = (unsigned char)(depth + (int)i);
    unsigned below = depth != 0 ? sum(depth - 1) : 0;
    return below + room[depth % 1000] + room[999];
}

static int leap(void)
{
    volatile char room[6 << 20];

    room[0] = 1; /* the far end first */
    room[sizeof(room) - 1] = 2;
    return room[0] + room[sizeof(room) - 1] + room[3 << 20] * 0;
}

int main(void)
{
    printf("%u\n", sum(5000));
    printf("%d\n", leap());
    return 0;
}
