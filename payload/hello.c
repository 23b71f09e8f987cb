/* SPDX-License-Identifier: Apache-2.0 */
/* hello.c - the demo's program. */
#include <stdio.h>

int main(void)
{
    puts("Hello, UserApp!\n"); /* and a blank line */
    return 0;
}
