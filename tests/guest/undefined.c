/* SPDX-License-Identifier: Apache-2.0 */
/* undefined.c - dies of an illegal instruction: 128 + 4. */
#include "isa.h"
#include "show.h"

int main(void)
{
    printf("before\n");
    fflush(stdout);
    isa_undefined();
    printf("after\n");
    return 0;
}
