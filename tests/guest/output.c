/* SPDX-License-Identifier: Apache-2.0 */
/* output.c - much output, in pieces of all sizes, with all byte values. */
#include "show.h"

int main(void)
{
    static unsigned char block[70000];

    for (unsigned i = 0; i < sizeof(block); i++)
        block[i] = (unsigned char)(i * 31 + i / 256);
    for (size_t size = 1; size <= sizeof(block); size = size * 3 + 1)
        for (size_t done = 0; done < size;) {
            long step = write(1, block + done, size - done);
            if (step <= 0)
                return 1;
            done += (size_t)step;
        }
    return 0;
}
